//! Errors that end the command.

use std::fmt;
use std::path::Path;

use super::exit;
use crate::report::style::BAD;

/// What went wrong, for people, and the exit code that says whose fault it is.
#[derive(Debug)]
pub(super) struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// Wrong usage or input.
    pub(super) fn input(message: impl fmt::Display) -> Failure {
        Failure { code: exit::USAGE, message: message.to_string() }
    }

    /// A server, the network or the file system failed.
    pub(super) fn infrastructure(message: impl fmt::Display) -> Failure {
        Failure { code: exit::INFRASTRUCTURE, message: message.to_string() }
    }

    /// A file that cannot be written.
    pub(super) fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
        Failure::input(format!("cannot write {}: {error}; choose another place", path.display()))
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn code(&self) -> u8 {
        self.code
    }

    pub(super) fn print(&self) {
        anstream::eprintln!("{BAD}error:{BAD:#} {}", self.message);
    }
}
