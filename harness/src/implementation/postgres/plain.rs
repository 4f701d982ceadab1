//! A clean slate with plain statements alone: for servers that cannot make databases, discard what a session knows, or
//! change more than one definition at once, as Aurora DSQL.
//!
//! Each trace gets new connections. What it has made is dropped afterwards, one thing after the other.

use std::time::{Duration, Instant};

use super::open::open_control;
use super::session::Session;
use super::{Postgres, reset};
use crate::implementation::Infrastructure;
use crate::server::Endpoint;
use crate::server::cleanup::{self, Registration};
use crate::sql::quoted_identifier;

/// How long dropping may take when the process is ending.
const ENDING_LIMIT: Duration = Duration::from_secs(20);

/// Relations outside the system's schemas, in an order in which they can be dropped, then the schemas.
const LEFTOVERS: &str = "
SELECT n.nspname, c.relname, c.relkind FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT LIKE 'pg_%' AND n.nspname NOT IN ('information_schema', 'sys') AND c.relkind IN ('r', 'v', 'S')";
const SCHEMAS: &str = "
SELECT nspname FROM pg_catalog.pg_namespace
WHERE nspname NOT LIKE 'pg_%' AND nspname NOT IN ('information_schema', 'sys', 'public')";

/// Sees to it that what traces make goes, however the run ends.
pub(super) struct Leftovers {
    endpoint: Endpoint,
    _registration: Option<Registration>,
}

impl Leftovers {
    /// Takes over a database that must be empty, since whatever is in it will be dropped.
    pub(super) fn of(
        endpoint: &Endpoint,
        control: &mut Session,
        deadline: Instant,
    ) -> Result<Leftovers, Infrastructure> {
        if let Some(first) = drops(control, deadline)?.first() {
            let reason = format!(
                "it is not empty ({first} would be due); traces would drop what is there, so give them a database of \
                 their own"
            );
            return Err(Infrastructure::Reset { reason });
        }
        let ending = endpoint.clone();
        let registration = cleanup::register(move || drop_when_ending(&ending)).ok();
        Ok(Leftovers { endpoint: endpoint.clone(), _registration: registration })
    }
}

impl Drop for Leftovers {
    fn drop(&mut self) {
        drop_when_ending(&self.endpoint);
    }
}

fn drop_when_ending(endpoint: &Endpoint) {
    let dropped =
        open_control(endpoint, ENDING_LIMIT).and_then(|mut control| clean(&mut control, Instant::now() + ENDING_LIMIT));
    if let Err(error) = dropped {
        eprintln!("seqcheck: relations that traces have made may be left on {endpoint}: {error}");
    }
}

impl Postgres {
    /// Closes all sessions, and drops what they have made.
    pub(super) fn clean_plainly(&mut self) -> Result<(), Infrastructure> {
        for slot in std::mem::take(&mut self.slots).into_iter().flatten() {
            self.end(slot.session)?;
        }
        self.control(clean)
    }
}

/// Drops everything. What depends on something else goes after that, in a later round.
fn clean(control: &mut Session, deadline: Instant) -> Result<(), Infrastructure> {
    let mut refused = String::new();
    loop {
        let drops = drops(control, deadline)?;
        if drops.is_empty() {
            return Ok(());
        }
        let mut is_any_done = false;
        for drop in drops {
            match control.query(&drop, deadline)?.error {
                None => is_any_done = true,
                Some(error) => refused = format!("{drop}: {}: {}", error.sqlstate, error.message),
            }
        }
        if !is_any_done {
            return Err(Infrastructure::Reset { reason: refused });
        }
    }
}

/// The statements that drop what there is.
fn drops(control: &mut Session, deadline: Instant) -> Result<Vec<String>, Infrastructure> {
    let rows = reset::table(control.query(LEFTOVERS, deadline)?)?;
    let mut drops: Vec<(u8, String)> = rows
        .iter()
        .map(|row| {
            let name =
                format!("{}.{}", quoted_identifier(&reset::text(row, 0)), quoted_identifier(&reset::text(row, 1)));
            match reset::text(row, 2).as_str() {
                "v" => (0, format!("DROP VIEW IF EXISTS {name}")),
                "r" => (1, format!("DROP TABLE IF EXISTS {name}")),
                _ => (2, format!("DROP SEQUENCE IF EXISTS {name}")),
            }
        })
        .collect();
    drops.sort();
    let schemas = reset::table(control.query(SCHEMAS, deadline)?)?;
    drops.extend(
        schemas.iter().map(|row| (3, format!("DROP SCHEMA IF EXISTS {}", quoted_identifier(&reset::text(row, 0))))),
    );
    Ok(drops.into_iter().map(|(_, drop)| drop).collect())
}
