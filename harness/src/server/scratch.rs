//! A database for one lane, dropped when done.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use postgres::Client;
use postgres::error::SqlState;
use seqcheck_engine::Dialect;

use super::allowance::Allowance;
use super::cleanup::{self, Registration};
use super::creation::Creation;
use super::endpoint::Endpoint;
use super::error::{ServerError, with_causes};
use super::{Server, within};

/// A database made for this run. Dropping this value drops the database, connections to it included.
#[derive(Debug)]
pub struct ScratchDatabase {
    endpoint: Endpoint,
    disposal: Arc<Disposal>,
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
    let disposal = Arc::new(Disposal {
        server: control.clone(),
        name: name.clone(),
        throwaway: server.is_managed(),
        creation: Arc::default(),
        allowance: server.allowance.clone(),
    });
    let registration = cleanup::register({
        let disposal = Arc::clone(&disposal);
        move || disposal.run()
    })?;
    let create = {
        let (control, creation, limit) = (control.clone(), disposal.creation.clone(), server.patience);
        let statement = format!("CREATE DATABASE {name} TEMPLATE template0");
        move || {
            let mut client = control.connect_within(limit)?;
            creation.begin(client.cancel_token(), &control.encryption)?;
            let result = run_statement(&mut client, &control, &statement);
            creation.end();
            result
        }
    };
    match within(server.patience, &control, create) {
        Ok(()) => {
            disposal.allowance.restore();
            Ok(ScratchDatabase { endpoint: control.with_database(name), disposal, _registration: registration })
        }
        Err(error) => {
            if let ServerError::NoAnswer { .. } = error {
                disposal.run();
            }
            Err(error)
        }
    }
}

impl Drop for ScratchDatabase {
    fn drop(&mut self) {
        self.disposal.run();
    }
}

/// How to be rid of a database, whether or not it exists yet.
#[derive(Debug)]
struct Disposal {
    server: Endpoint,
    name: String,
    /// Whether the server is deleted after the run anyway, so that a database left in it harms nobody.
    throwaway: bool,
    creation: Arc<Creation>,
    allowance: Allowance,
}

impl Disposal {
    /// Drops the database, connections to it included, or says that it may be left.
    fn run(&self) {
        let begun = Instant::now();
        let limit = self.allowance.left();
        // One whose making is under way would come into being right after it has not been found.
        let is_over = self.creation.stop(limit);
        let left = limit.saturating_sub(begun.elapsed());
        let dropped = match is_over {
            true => drop_database(&self.server, &self.name, left),
            false => Err(ServerError::NoAnswer { address: self.server.to_string(), after: limit }),
        };
        let Err(error) = dropped else { return };
        let why = match error {
            ServerError::NoAnswer { .. } => {
                self.allowance.spend(begun.elapsed());
                "it gives no answer".to_owned()
            }
            other => other.to_string(),
        };
        if !self.throwaway {
            let Disposal { server, name, .. } = self;
            eprintln!(
                "seqcheck: the database {name} may be left on {server} ({why}); drop it: DROP DATABASE IF EXISTS {name}"
            );
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
    let control = server.clone();
    let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    within(limit, server, move || run_statement(&mut control.connect_within(limit)?, &control, &statement))
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
