//! Roles belong to a whole server: one trace at a time may make some, and they go with it.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::session::Session;
use super::{Postgres, reset};
use crate::implementation::Infrastructure;
use crate::server::Endpoint;
use crate::server::cleanup::{self, Registration};
use crate::sql::quoted_identifier;

/// How long dropping roles may take when the process is ending.
const ENDING_LIMIT: Duration = Duration::from_secs(5);

/// The servers on which a trace of this process has claimed roles.
static CLAIMED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
static RELEASED: Condvar = Condvar::new();

/// A server whose roles belong to one trace.
pub(super) struct Claim {
    server: String,
    /// The roles that the trace may make.
    names: Vec<String>,
    /// Drops them from a server that stays, should they still be there at the end.
    leftovers: Option<Leftovers>,
}

/// Roles on a server that stays.
struct Leftovers {
    endpoint: Endpoint,
    _registration: Option<Registration>,
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some(leftovers) = self.leftovers.take() {
            drop_when_ending(&leftovers.endpoint, &self.names);
        }
        CLAIMED.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.server);
        RELEASED.notify_all();
    }
}

impl Postgres {
    /// Waits until no other trace of this process has roles on the server. Tells which of the roles exists already, and
    /// so is somebody else's.
    ///
    /// The role that the sessions log in as is in nobody's way: making it fails, and it cannot drop itself.
    pub(super) fn claim(&mut self, names: &[String]) -> Result<Option<String>, Infrastructure> {
        let names: Vec<String> = names.iter().filter(|name| **name != self.endpoint.user).cloned().collect();
        let server = self.endpoint.with_database("").to_string();
        let claimed = CLAIMED.lock().unwrap_or_else(PoisonError::into_inner);
        RELEASED
            .wait_while(claimed, |claimed| claimed.contains(&server))
            .unwrap_or_else(PoisonError::into_inner)
            .insert(server.clone());
        let mut claim = Claim { server, names: names.clone(), leftovers: None };
        if names.is_empty() {
            self.claim = Some(claim);
            return Ok(None);
        }
        let taken = match self.baseline.is_some() {
            true => {
                let query = format!("SELECT rolname FROM pg_roles WHERE rolname IN ({}) LIMIT 1", listed(&names));
                let found = self.control(|control, deadline| reset::table(control.query(&query, deadline)?))?;
                found.first().map(|row| reset::text(row, 0))
            }
            false => self.control(|control, deadline| first_taken(control, &names, deadline))?,
        };
        if taken.is_some() {
            return Ok(taken);
        }
        if self.settings.outlives_run {
            let (endpoint, names) = (self.endpoint.clone(), claim.names.clone());
            let task = move || drop_when_ending(&endpoint, &names);
            let registration = cleanup::register(task).ok();
            claim.leftovers = Some(Leftovers { endpoint: self.endpoint.clone(), _registration: registration });
        }
        self.claim = Some(claim);
        Ok(None)
    }

    /// Drops the roles that the trace made, ends what it prepared, and lets the next trace have its turn.
    pub(super) fn release(&mut self) -> Result<(), Infrastructure> {
        // Given back also when this fails: others wait for their turn.
        let Some(mut claim) = self.claim.take() else { return Ok(()) };
        let names: Vec<String> = claim.names.clone();
        if self.baseline.is_some() {
            // Whatever the trace left open may hold what is to be dropped, or still be about to prepare.
            self.refresh_sessions()?;
            self.control(reset::end_prepared)?;
            if !names.is_empty() {
                let find = format!("SELECT quote_ident(rolname) FROM pg_roles WHERE rolname IN ({})", listed(&names));
                self.control(|control, deadline| drop_roles(control, &find, deadline))?;
            }
        } else if !names.is_empty() {
            self.make_anew()?;
            self.drop_left_roles(&names)?;
        }
        claim.leftovers = None;
        Ok(())
    }
}

/// The first of some roles that exists, where the catalogues cannot be asked: whether it can be taken on tells.
fn first_taken(control: &mut Session, names: &[String], deadline: Instant) -> Result<Option<String>, Infrastructure> {
    for name in names.iter().filter(|name| !is_reserved(name)) {
        let reply = control.query(&format!("SET ROLE {}", quoted_identifier(name)), deadline)?;
        // The SQLSTATE of a role that does not exist.
        if reply.error.as_ref().is_some_and(|error| ["22023", "42704"].contains(&error.sqlstate.code())) {
            continue;
        }
        reset::table(reply)?;
        reset::table(control.query("RESET ROLE", deadline)?)?;
        return Ok(Some(name.clone()));
    }
    Ok(None)
}

/// Whether nobody can have made a role of that name (manual, "CREATE ROLE").
pub(super) fn is_reserved(name: &str) -> bool {
    matches!(name, "none" | "public") || name.starts_with("pg_")
}

fn drop_roles(control: &mut Session, find: &str, deadline: Instant) -> Result<(), Infrastructure> {
    let found = reset::table(control.query(find, deadline)?)?;
    let names: Vec<String> = found.iter().map(|row| reset::text(row, 0)).collect();
    if names.is_empty() {
        return Ok(());
    }
    let mut statements: String = names.iter().map(|name| dropping(name)).collect();
    statements += &format!("DROP ROLE {}", names.join(", "));
    reset::table(control.query(&statements, deadline)?).map(|_| ())
}

/// Drops what a role owns, in the database that holds all of it.
fn dropping(name: &str) -> String {
    // Not several roles in one statement: PostgreSQL stumbles over default privileges that one has granted to another.
    format!("DROP OWNED BY {name} CASCADE;")
}

/// Names as a list of SQL string constants.
fn listed(names: &[String]) -> String {
    names.iter().map(|name| reset::quote(name)).collect::<Vec<_>>().join(", ")
}

/// What is left to do when a signal ends the process: the trace's sessions may be anywhere, so they are ended first.
fn drop_when_ending(endpoint: &Endpoint, names: &[String]) {
    let (server, listed) =
        (endpoint.clone(), names.iter().map(|name| quoted_identifier(name)).collect::<Vec<_>>().join(", "));
    let (endpoint, names) = (endpoint.clone(), names.to_vec());
    let worker = std::thread::spawn(move || {
        let Ok(mut client) = endpoint.connect() else { return false };
        let _ = client.batch_execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        for name in names {
            let quoted = quoted_identifier(&name);
            // One that the trace has not made, or has dropped, is no reason to stop.
            let _ = client.batch_execute(&(dropping(&quoted) + "DROP ROLE " + &quoted));
        }
        true
    });
    let begun = Instant::now();
    while !worker.is_finished() && begun.elapsed() < ENDING_LIMIT {
        std::thread::sleep(Duration::from_millis(10));
    }
    if !worker.is_finished() || !worker.join().unwrap_or_default() {
        eprintln!(
            "seqcheck: roles of a trace may be left on {server}; drop them with their database: DROP ROLE IF EXISTS {listed}"
        );
    }
}
