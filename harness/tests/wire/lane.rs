//! A database for each test, and what tests ask it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use seqcheck::implementation::postgres::{Postgres, Settings};
use seqcheck::server::Endpoint;
use seqcheck::{Implementation, Infrastructure, Received, Request};
use seqcheck_engine::{Cell, Reply};

use crate::started::Server;

/// A database for one test.
pub(crate) struct Lane {
    pub(crate) server: Arc<Server>,
    pub(crate) database: String,
}

impl Lane {
    pub(crate) fn new(server: Arc<Server>, name: &str) -> Result<Lane, Infrastructure> {
        let mut maintenance = Postgres::open(server.endpoint("postgres"), Settings::default())?;
        maintenance.connect(0, None)?;
        // Databases are copied from a template that nobody else may use meanwhile, and tests run side by side.
        succeeds(&mut maintenance, 0, "SELECT pg_advisory_lock(1)")?;
        let owner = if name.contains("ordinary") { "ordinary" } else { "postgres" };
        succeeds(&mut maintenance, 0, &format!("CREATE DATABASE {name} OWNER {owner}"))?;
        Ok(Lane { server, database: name.to_owned() })
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        self.server.endpoint(&self.database)
    }

    /// Opens the database, with two sessions.
    pub(crate) fn open(&self) -> Result<Postgres, Infrastructure> {
        let mut postgres = Postgres::open(self.endpoint(), Settings::default())?;
        postgres.reset()?;
        postgres.connect(0, None)?;
        postgres.connect(1, None)?;
        Ok(postgres)
    }
}

pub(crate) fn request(sql: &str) -> Request<'_> {
    Request { sql, copy_data: &[] }
}

pub(crate) fn receive(postgres: &mut Postgres, session: usize) -> Result<Reply, Infrastructure> {
    match postgres.receive(session, Instant::now() + Duration::from_secs(20))? {
        Received::Done(reply) => Ok(reply),
        Received::Pending => panic!("session {session} gave no reply"),
    }
}

pub(crate) fn ask(postgres: &mut Postgres, session: usize, sql: &str) -> Result<Reply, Infrastructure> {
    postgres.send(session, request(sql))?;
    receive(postgres, session)
}

/// Runs a query that must succeed; gives the cells of its last result.
pub(crate) fn succeeds(postgres: &mut Postgres, session: usize, sql: &str) -> Result<Vec<Cell>, Infrastructure> {
    let reply = ask(postgres, session, sql)?;
    assert_eq!(reply.error, None, "{sql}");
    Ok(reply.results.into_iter().next_back().and_then(|result| result.rows).unwrap_or_default().cells)
}

/// Runs a query that must fail; gives the SQLSTATE.
pub(crate) fn fails(postgres: &mut Postgres, session: usize, sql: &str) -> Result<String, Infrastructure> {
    let reply = ask(postgres, session, sql)?;
    Ok(reply.error.unwrap_or_else(|| panic!("{sql} succeeded")).sqlstate.to_string())
}

/// Whom a session waits for, which it must do soon.
pub(crate) fn blockers(postgres: &mut Postgres, session: usize) -> Result<Vec<usize>, Infrastructure> {
    let started = Instant::now();
    loop {
        if let Some(blockers) = postgres.is_waiting(session)? {
            return Ok(blockers);
        }
        assert!(started.elapsed() < Duration::from_secs(10), "the session never waits");
    }
}

pub(crate) fn integers(values: &[i64]) -> Vec<Cell> {
    values.iter().copied().map(Cell::Integer).collect()
}

/// Users for the tests of authentication; made before any test, so that no reset takes them for leftovers.
pub(crate) fn prepare_users(server: &Server) -> Result<(), Infrastructure> {
    let mut postgres = Postgres::open(server.endpoint("postgres"), Settings::default())?;
    postgres.connect(0, None)?;
    for sql in [
        "SET password_encryption = 'md5'",
        "CREATE ROLE hashed LOGIN PASSWORD 'secret'",
        "SET password_encryption = 'scram-sha-256'",
        "CREATE ROLE scrambled LOGIN PASSWORD 'sécret'",
        "CREATE ROLE clear LOGIN PASSWORD 'secret'",
        "CREATE ROLE ordinary LOGIN",
        "CREATE ROLE nobody_in NOLOGIN",
    ] {
        succeeds(&mut postgres, 0, sql)?;
    }
    Ok(())
}
