//! `seqcheck serve`: the engine behind the PostgreSQL wire protocol.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::time::Duration;

use clap::Args;
use seqcheck_engine::{Dialect, Major};

use super::exit;
use super::failure::Failure;
use super::server_options::{on_signals, parse_dialect};
use crate::serve::Server;
use crate::server::cleanup;

/// How long sessions may take to end when the process is told to.
const ENDING_LIMIT: Duration = Duration::from_secs(2);

/// Arguments of `seqcheck serve`.
#[derive(Debug, Args)]
#[command(after_help = "\
psql, drivers and ORMs can talk to it. There is one database, postgres, whose superuser is postgres;
whoever connects is believed. CREATE DATABASE makes others, each with roles of its own.
Everything is in memory, and gone when the server stops (Ctrl-C).

A statement outside the model fails with SQLSTATE 0A000, and changes nothing.

Examples:
  seqcheck serve                                   on 127.0.0.1:5433, as the newest major
  seqcheck serve --listen 127.0.0.1:0              on any free port
  seqcheck serve --postgres 15
  seqcheck serve --dialect aurora-dsql
  psql -h 127.0.0.1 -p 5433 -U postgres -c \"SELECT version()\"
  seqcheck check --url postgres://postgres@127.0.0.1:5433/postgres")]
pub(super) struct Serve {
    /// Where to listen; port 0 is any that is free.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:5433", value_parser = parse_addresses)]
    listen: Addresses,

    /// The major version to behave as, 13 to 18 [default: 18].
    #[arg(long, value_name = "MAJOR", value_parser = clap::value_parser!(u8).range(13..=18))]
    postgres: Option<u8>,

    /// Whose SQL to speak: postgresql, or aurora-dsql as its documentation has it, which goes with major 16.
    #[arg(long, value_name = "NAME", default_value = "postgresql", value_parser = parse_dialect)]
    dialect: Dialect,
}

impl Serve {
    pub(super) fn run(self) -> Result<u8, Failure> {
        let major = self.postgres.and_then(Major::new);
        if let (Some(major), Some(only)) = (major, self.dialect.major())
            && major != only
        {
            return Err(Failure::input(format!(
                "{} goes with --postgres {only}; leave the option out",
                self.dialect.product()
            )));
        }
        let major = major.or(self.dialect.major()).unwrap_or(Major::NEWEST);
        let server = self.bind(major)?;
        let address = server.address().map_err(Failure::infrastructure)?;
        let shutdown = on_signals()?;
        let (ended, has_ended) = mpsc::channel();
        let stop = server.stop();
        let registration = cleanup::register(move || {
            stop.stop();
            let _ = has_ended.recv_timeout(ENDING_LIMIT);
        })
        .map_err(Failure::infrastructure)?;
        if !address.ip().is_loopback() {
            anstream::eprintln!("note: whoever reaches {address} is let in, without a password");
        }
        anstream::println!(
            "{} {} on {address}\n  psql -h {} -p {} -U postgres postgres\nCtrl-C stops it.",
            self.dialect.product(),
            server.version(),
            address.ip(),
            address.port()
        );
        let served = server.run().map_err(|error| Failure::infrastructure(format!("cannot go on serving: {error}")));
        let _ = ended.send(());
        // A signal decides how the process ends.
        shutdown.let_signal_win();
        drop(registration);
        served.map(|()| exit::CONFORMS)
    }

    fn bind(&self, major: Major) -> Result<Server, Failure> {
        let mut refused = String::new();
        for address in &self.listen.found {
            match Server::bind_as(*address, major, self.dialect) {
                Ok(server) => return Ok(server),
                Err(error) => refused = error.to_string(),
            }
        }
        Err(Failure::infrastructure(format!(
            "cannot listen on {}: {refused}; choose another address with --listen, such as 127.0.0.1:0",
            self.listen.given
        )))
    }
}

/// The addresses that a host has.
#[derive(Debug, Clone)]
struct Addresses {
    given: String,
    /// At least one.
    found: Vec<SocketAddr>,
}

fn parse_addresses(given: &str) -> Result<Addresses, String> {
    let wanted = "expected an address and a port, such as 127.0.0.1:5433 or localhost:5433";
    let found: Vec<SocketAddr> = given.to_socket_addrs().map_err(|error| format!("{error}; {wanted}"))?.collect();
    match found.is_empty() {
        true => Err(format!("the host has no address; {wanted}")),
        false => Ok(Addresses { given: given.to_owned(), found }),
    }
}
