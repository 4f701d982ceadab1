//! A database for one lane, dropped when done.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use postgres::Client;
use postgres::error::SqlState;
use seqcheck_engine::Dialect;

use super::cleanup::{self, Registration};
use super::endpoint::Endpoint;
use super::error::{ServerError, with_causes};
use super::{Server, within};

/// How long a server may take to make or drop a database.
const LIMIT: Duration = Duration::from_secs(30);

/// The same for dropping one from a server that is deleted next, with everything in it.
const THROWAWAY_LIMIT: Duration = Duration::from_secs(3);

/// A database made for this run. Dropping this value drops the database, connections to it included.
#[derive(Debug)]
pub struct ScratchDatabase {
    endpoint: Endpoint,
    server: Endpoint,
    /// Whether the server is deleted after the run anyway, so that a database left in it harms nobody.
    throwaway: bool,
    _registration: Registration,
}

impl ScratchDatabase {
    /// Where to connect for this database.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The database's name, `seqcheck_<process>_<random>_<number>`.
    pub fn name(&self) -> &str {
        &self.endpoint.database
    }
}

/// Creates an empty database, a copy of `template0`.
///
/// Creating and dropping a database can make the server checkpoint (manual, CREATE DATABASE, strategy `FILE_COPY`, the
/// only one before PostgreSQL 15), which changes the `log_cnt` that sequences of other databases show next. So do both
/// while no trace runs.
///
/// # Errors
///
/// [`ServerError::MayNotCreateDatabases`] when the login lacks that right, [`ServerError::Connect`] when the server
/// does not answer, [`ServerError::Refused`] when it refuses for another reason.
pub fn create_database(server: &Server) -> Result<ScratchDatabase, ServerError> {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    // Names must differ between machines that share a server, and its process numbers do not.
    static RUN: Mutex<Option<u32>> = Mutex::new(None);
    let run = *RUN.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| fastrand::u32(..));
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("seqcheck_{}_{run:08x}_{number}", std::process::id());

    let control = server.endpoint().clone();
    let registration = cleanup::register({
        let (control, name) = (control.clone(), name.clone());
        move || drop(drop_database(&control, &name, THROWAWAY_LIMIT))
    })?;
    let statement = format!("CREATE DATABASE {name} TEMPLATE template0");
    run_within(LIMIT, &control, statement)?;
    Ok(ScratchDatabase {
        endpoint: control.with_database(name),
        server: control,
        throwaway: server.is_managed(),
        _registration: registration,
    })
}

impl Drop for ScratchDatabase {
    fn drop(&mut self) {
        let limit = if self.throwaway { THROWAWAY_LIMIT } else { LIMIT };
        if let Err(error) = drop_database(&self.server, self.name(), limit)
            && !self.throwaway
        {
            eprintln!("seqcheck: the database {} is left on {}: {error}", self.name(), self.server);
        }
    }
}

/// A database to run traces in.
#[derive(Debug)]
pub enum TraceDatabase {
    /// One that was made for that.
    Scratch(ScratchDatabase),
    /// The one that the server's address names, where no other can be made.
    Given(Endpoint),
}

impl TraceDatabase {
    /// Gets a database for traces of a dialect. Aurora DSQL has one database, in which traces make do with what there is.
    ///
    /// # Errors
    ///
    /// As [`create_database`].
    pub fn get(server: &Server, dialect: Dialect) -> Result<TraceDatabase, ServerError> {
        match has_one_database(server, dialect) {
            true => Ok(TraceDatabase::Given(server.endpoint().clone())),
            false => create_database(server).map(TraceDatabase::Scratch),
        }
    }

    /// Where to connect for this database.
    pub fn endpoint(&self) -> &Endpoint {
        match self {
            TraceDatabase::Scratch(database) => database.endpoint(),
            TraceDatabase::Given(endpoint) => endpoint,
        }
    }
}

/// Whether all lanes would share a database.
pub(crate) fn has_one_database(server: &Server, dialect: Dialect) -> bool {
    dialect == Dialect::AuroraDsql && !server.is_managed()
}

/// Over a connection of its own: the one that created the database may have been lost in a crash.
fn drop_database(server: &Endpoint, name: &str, limit: Duration) -> Result<(), ServerError> {
    run_within(limit, server, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
}

fn run_within(limit: Duration, server: &Endpoint, statement: String) -> Result<(), ServerError> {
    let control = server.clone();
    within(limit, server, move || run_statement(&mut control.connect()?, &control, &statement))
}

fn run_statement(client: &mut Client, server: &Endpoint, statement: &str) -> Result<(), ServerError> {
    client.batch_execute(statement).map_err(|error| {
        if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) {
            return ServerError::MayNotCreateDatabases { user: server.user.clone(), address: server.to_string() };
        }
        ServerError::Refused {
            address: server.to_string(),
            statement: statement.to_owned(),
            reason: with_causes(&error),
        }
    })
}
