//! Servers on the model, each on a thread of its own.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::JoinHandle;

use seqcheck::serve::{Server, Stop};
use seqcheck::server::Endpoint;
use seqcheck_engine::{Dialect, Major};

/// A server that stops when it is dropped.
pub(crate) struct Served {
    address: SocketAddr,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    pub(crate) fn start(major: u8) -> Served {
        Served::start_as(Major::new(major).expect("the model knows the major"), Dialect::PostgreSql)
    }

    pub(crate) fn start_as(major: Major, dialect: Dialect) -> Served {
        let (sender, receiver) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let server = Server::bind_as("127.0.0.1:0".parse().unwrap(), major, dialect).expect("a port is free");
            sender.send((server.address().unwrap(), server.stop())).unwrap();
            server.run().expect("it serves");
        });
        let (address, stop) = receiver.recv().expect("it listens");
        Served { address, stop, thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@{}/postgres", self.address)
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        self.url().parse().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the server panicked");
        }
    }
}
