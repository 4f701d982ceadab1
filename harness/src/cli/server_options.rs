//! The options that choose a server, which all subcommands share.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use seqcheck_engine::{Dialect, Quirk, QuirkSet};

use crate::report::shell_word;
use crate::server::{Endpoint, Kind, Server, ServerError, Shutdown, Wanted, obtain};

use super::failure::Failure;

/// Which server to judge.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub(super) struct ServerOptions {
    /// Where to get the server: auto takes the first that works of a given address, programs on this machine, a
    /// container and npm packages.
    #[arg(long, value_name = "KIND", default_value = "auto", help_heading = "Server",
          value_parser = ["auto", "url", "local", "container", "npm"])]
    server: String,

    /// The address of a running server, such as postgres://user@localhost/postgres; the environment's SEQCHECK_URL
    /// stands in. Its databases stay untouched, but roles that traces make are dropped. Add ?sslmode=verify-full for TLS.
    #[arg(long, value_name = "URL", help_heading = "Server")]
    url: Option<String>,

    /// The folder of the PostgreSQL programs to start, such as /usr/lib/postgresql/15/bin.
    #[arg(long, value_name = "DIR", help_heading = "Server")]
    bindir: Option<PathBuf>,

    /// The major versions to run, 13 to 18, separated by commas; any one by default.
    #[arg(long, value_name = "MAJORS", value_delimiter = ',', help_heading = "Server",
          value_parser = clap::value_parser!(u8).range(13..=18))]
    postgres: Vec<u8>,
}

impl ServerOptions {
    /// The servers to get, one after the other; each may take so long for anything but a start.
    pub(super) fn wanted(&self, time_out: Duration) -> Result<Vec<Wanted>, Failure> {
        let kind: Kind = self.server.parse().map_err(Failure::input)?;
        if self.url.is_some() && !matches!(kind, Kind::Auto | Kind::Url) {
            return Err(Failure::input(format!(
                "--url names a running server, --server {kind} another; give one of them"
            )));
        }
        if self.bindir.is_some() && (self.url.is_some() || !matches!(kind, Kind::Auto | Kind::Local)) {
            return Err(Failure::input("--bindir goes with --server local; leave out the other choice of server"));
        }
        let one = |major| Wanted {
            kind,
            url: self.url.clone(),
            bindir: self.bindir.clone(),
            major,
            start_limit: None,
            time_out: Some(time_out),
        };
        let mut majors: Vec<u8> = Vec::new();
        for major in &self.postgres {
            if !majors.contains(major) {
                majors.push(*major);
            }
        }
        Ok(match majors.as_slice() {
            [] => vec![one(None)],
            majors => majors.iter().map(|major| one(Some(*major))).collect(),
        })
    }

    /// Whether any of the options is given.
    pub(super) fn is_chosen(&self) -> bool {
        self.server != "auto" || self.url.is_some() || self.bindir.is_some() || !self.postgres.is_empty()
    }

    /// Whether more than one server is asked for.
    pub(super) fn asks_for_several(&self) -> bool {
        self.postgres.len() > 1
    }

    /// The only major version asked for, if exactly one was.
    pub(super) fn single_major(&self) -> Option<u8> {
        match self.postgres.as_slice() {
            [major] => Some(*major),
            _ => None,
        }
    }

    /// The options as they would be written to choose this server again.
    pub(super) fn to_arguments(&self, major: Option<u8>) -> String {
        let mut text = String::new();
        if self.server != "auto" {
            text.push_str(&format!(" --server {}", self.server));
        }
        if let Some(bindir) = &self.bindir {
            text.push_str(&format!(" --bindir {}", shell_word(&bindir.display().to_string())));
        }
        match &self.url {
            // An address may hold a password, which must not show in a log.
            Some(url) => {
                let shown = url.parse::<Endpoint>().map_or_else(|_| "URL".to_owned(), |endpoint| endpoint.to_string());
                text.push_str(&format!(" --url {}", shell_word(&shown)));
            }
            None => text.extend(major.map(|major| format!(" --postgres {major}"))),
        }
        text
    }
}

/// Reads the name of a dialect.
pub(super) fn parse_dialect(name: &str) -> Result<Dialect, String> {
    Dialect::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = Dialect::ALL.iter().map(|dialect| dialect.name()).collect();
        format!("there is no such dialect; known are {}", known.join(", "))
    })
}

/// The option as it would be written to choose this dialect again.
pub(super) fn dialect_arguments(dialect: Dialect) -> String {
    match dialect {
        Dialect::PostgreSql => String::new(),
        other => format!(" --dialect {other}"),
    }
}

/// Reads the name of a fault to plant.
pub(super) fn parse_quirk(name: &str) -> Result<Quirk, String> {
    Quirk::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = Quirk::ALL.iter().map(|quirk| quirk.name()).collect();
        format!("there is no such quirk; known are {}", known.join(", "))
    })
}

/// The faults to plant, as the engine takes them.
pub(super) fn quirk_set(quirks: &[Quirk]) -> QuirkSet {
    quirks.iter().fold(QuirkSet::NONE, |set, quirk| set.with(*quirk))
}

/// The options as they would be written to plant these faults again.
pub(super) fn quirk_arguments(quirks: &[Quirk]) -> String {
    quirks.iter().map(|quirk| format!(" --quirk {}", quirk.name())).collect()
}

/// Gets a server, with the command's errors.
pub(super) fn get_server(wanted: &Wanted, shutdown: &Shutdown) -> Result<Server, Failure> {
    get_server_of(Dialect::PostgreSql, wanted, shutdown)
}

/// The same for a server that speaks this dialect.
pub(super) fn get_server_of(dialect: Dialect, wanted: &Wanted, shutdown: &Shutdown) -> Result<Server, Failure> {
    let reserved = obtain(wanted, shutdown).and_then(|mut server| server.reserve().map(|()| server));
    let server = reserved.map_err(|error| {
        shutdown.let_signal_win();
        match error {
            ServerError::NoUrl
            | ServerError::BadUrl(_)
            | ServerError::BadCertificates { .. }
            | ServerError::InUse { .. } => Failure::input(error),
            other => Failure::infrastructure(other),
        }
    })?;
    // Aurora DSQL lets nobody be a superuser.
    if !server.is_superuser() && dialect.is_observed() {
        anstream::eprintln!(
            "note: user \"{}\" is no superuser, and the model answers as to one: what the server refuses for want of \
             privileges (42501) shows as a divergence, and what needs a CHECKPOINT is left out unless the user has \
             pg_checkpoint; log in as a superuser for a full check",
            server.endpoint().user
        );
    }
    Ok(server)
}

/// Installs the signal handler that stops servers before the process ends.
pub(super) fn on_signals() -> Result<Shutdown, Failure> {
    Shutdown::on_signals().map_err(|error| Failure::infrastructure(format!("cannot handle signals: {error}")))
}
