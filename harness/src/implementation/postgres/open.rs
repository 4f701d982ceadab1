//! Opening connections, and what a server says when it refuses one.

use super::connection::{Connection, OpenError};
use super::session::Session;
use crate::implementation::Infrastructure;
use crate::server::Endpoint;
use seqcheck_engine::Message;
use std::time::{Duration, Instant};

/// Opens a connection; waits while the server starts up.
pub(super) fn open_patiently(
    endpoint: &Endpoint,
    user: &str,
    parameters: &[(&str, &str)],
    who: &str,
    patience: Duration,
) -> Result<Connection, OpenError> {
    let deadline = Instant::now() + patience;
    loop {
        match Connection::open(endpoint, user, parameters, who.to_owned(), patience) {
            Err(OpenError::Refused(message)) if message.sqlstate.code() == "57P03" && Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(20));
            }
            other => return other,
        }
    }
}

/// Opens the session through which the others are watched and the database is cleaned.
pub(super) fn open_control(endpoint: &Endpoint, patience: Duration) -> Result<Session, Infrastructure> {
    let parameters = [
        ("application_name", "seqcheck control"),
        ("search_path", "pg_catalog"),
        // Dropping a schema would otherwise list what it held.
        ("client_min_messages", "error"),
    ];
    let who = "the control session";
    let mut opened = open_patiently(endpoint, &endpoint.user, &parameters, who, patience);
    if let Err(OpenError::Refused(message)) = &opened
        && ["08", "0A", "22", "42"].contains(&class(message))
    {
        // A server that knows only some parameters.
        opened = open_patiently(endpoint, &endpoint.user, &parameters[..1], who, patience);
    }
    match opened {
        Ok(connection) => Ok(Session::new(connection)),
        Err(OpenError::Infrastructure(error)) => Err(error),
        Err(OpenError::Refused(message)) => Err(refused(endpoint, &message)),
    }
}

/// The error for a connection that the server refuses although it must not.
pub(super) fn refused(endpoint: &Endpoint, message: &Message) -> Infrastructure {
    Infrastructure::Connect {
        target: endpoint.to_string(),
        reason: format!("{}: {}", message.sqlstate, message.message),
    }
}

/// The first two characters of an SQLSTATE.
pub(super) fn class(message: &Message) -> &str {
    message.sqlstate.code().get(..2).unwrap_or_default()
}
