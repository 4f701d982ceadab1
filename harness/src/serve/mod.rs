//! The engine behind the PostgreSQL wire protocol.
//!
//! Everything runs on one thread: connections are tasks that take turns, the engine is theirs together, and a session
//! whose statement waits gets its reply from the one that wakes it. Messages are read and written by the `pgwire` crate;
//! what they do to a session is decided here and in the engine.

mod bind;
mod chance;
mod connection;
mod copy;
mod databases;
mod encode;
mod extended;
mod outcome;
mod simple;
mod startup;
mod state;

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use seqcheck_engine::{Dialect, Major};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::LocalSet;

use connection::Connection;
use state::State;

/// How long connections may take to say goodbye when the server stops.
const GOODBYE: Duration = Duration::from_secs(1);

/// A server that runs on the model.
///
/// It begins with one database, `postgres`, whose superuser is `postgres`. Whoever connects is believed to be who they
/// say, as with the server's method `trust`. Each database is a model of its own, roles included.
pub struct Server {
    runtime: Runtime,
    listener: TcpListener,
    state: Rc<RefCell<State>>,
    stop: (watch::Sender<bool>, watch::Receiver<bool>),
}

/// Stops a [`Server`] from another thread.
#[derive(Debug, Clone)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// Asks the server to end all sessions and to return from [`Server::run`].
    pub fn stop(&self) {
        let _ = self.0.send(true);
    }
}

impl Server {
    /// Takes an address to listen on; port 0 is any that is free.
    ///
    /// # Errors
    ///
    /// The operating system's, when the address cannot be had.
    pub fn bind(address: SocketAddr, major: Major) -> io::Result<Server> {
        Server::bind_as(address, major, Dialect::PostgreSql)
    }

    /// The same for a server that speaks this dialect.
    ///
    /// # Errors
    ///
    /// As [`Server::bind`].
    pub fn bind_as(address: SocketAddr, major: Major, dialect: Dialect) -> io::Result<Server> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        let listener = runtime.block_on(async {
            let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
            // A server that was stopped a moment ago must not keep its port from the next one.
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            socket.listen(128)
        })?;
        let state = Rc::new(RefCell::new(State::new(major, dialect)));
        Ok(Server { runtime, listener, state, stop: watch::channel(false) })
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// The operating system's.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// What it calls itself: the parameter `server_version`.
    pub fn version(&self) -> String {
        self.state.borrow().version().to_owned()
    }

    /// The means to stop it.
    pub fn stop(&self) -> Stop {
        Stop(self.stop.0.clone())
    }

    /// Serves until it is stopped.
    ///
    /// # Errors
    ///
    /// The operating system's, when no more connections can be accepted.
    pub fn run(self) -> io::Result<()> {
        let Server { runtime, listener, state, stop: (_sender, mut stopped) } = self;
        LocalSet::new().block_on(&runtime, async {
            let result = loop {
                tokio::select! {
                    accepted = listener.accept() => match accepted {
                        Ok((stream, _)) => {
                            let connection = Connection::new(stream, Rc::clone(&state));
                            tokio::task::spawn_local(connection.serve());
                        }
                        // One client that is gone again is no reason to stop.
                        Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                        Err(error) => break Err(error),
                    },
                    _ = stopped.wait_for(|stopped| *stopped) => break Ok(()),
                }
            };
            state.borrow_mut().end_all();
            let deadline = Instant::now() + GOODBYE;
            while !state.borrow().is_empty() && Instant::now() < deadline {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            result
        })
    }
}
