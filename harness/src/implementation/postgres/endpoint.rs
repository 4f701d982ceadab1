//! Where a server listens.

use std::fmt;
use std::path::PathBuf;

/// How to reach a server's machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A host name or address.
    Tcp(String),
    /// The folder that holds the server's Unix-domain socket.
    Unix(PathBuf),
}

/// Everything that is needed to open a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The machine.
    pub host: Host,
    /// The port, which also names the Unix-domain socket.
    pub port: u16,
    /// The user.
    pub user: String,
    /// The password, when there is one.
    pub password: Option<String>,
    /// The database.
    pub database: String,
}

impl fmt::Display for Endpoint {
    /// Leaves the password out.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Endpoint { port, user, database, .. } = self;
        match &self.host {
            Host::Tcp(host) => write!(formatter, "{host}:{port}, database {database}, as {user}"),
            Host::Unix(folder) => {
                write!(formatter, "{}/.s.PGSQL.{port}, database {database}, as {user}", folder.display())
            }
        }
    }
}
