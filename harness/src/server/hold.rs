//! One run at a time on a server that somebody else runs.
//!
//! Roles, checkpoints and prepared transactions belong to a whole server: what one run does about them would show in the
//! replies to another, as divergences that are none. So each run holds an advisory lock (manual, "Advisory Locks") while it
//! lasts. Such locks belong to a database, but `pg_locks` lists those of all.

use std::fmt;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use postgres::{Client, Error, SimpleQueryMessage};

use super::endpoint::Endpoint;
use super::error::{ServerError, with_causes};

const KEY: i64 = i64::from_be_bytes(*b"seqcheck");

/// How long the server may take to notice that the run before this one has ended.
pub(super) const AFTERGLOW: Duration = Duration::from_secs(1);

const PAUSE: Duration = Duration::from_millis(50);

/// The lock, until this is dropped.
pub(super) struct Hold {
    // Only to be kept: the session that ends gives the lock back.
    _session: Mutex<Client>,
}

impl fmt::Debug for Hold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Hold").finish_non_exhaustive()
    }
}

impl Hold {
    /// Takes the lock. Nothing where there are no such locks, as there are none of the model's own server: there each run
    /// is on its own.
    pub(super) fn take(endpoint: &Endpoint, limit: Duration) -> Result<Option<Hold>, ServerError> {
        let mut session = endpoint.connect_within(limit)?;
        let failed = |error: &Error| ServerError::Refused {
            address: endpoint.to_string(),
            statement: "SELECT pg_try_advisory_lock".to_owned(),
            reason: with_causes(error),
        };
        let name = format!("SET application_name = 'seqcheck run (process {})'", std::process::id());
        // Neither is needed: the first is for whoever is refused, the second for servers that end idle sessions.
        for statement in [name.as_str(), "SET idle_session_timeout = 0"] {
            let _ = session.batch_execute(statement);
        }
        let begun = Instant::now();
        loop {
            let is_ours = match try_to_lock(&mut session) {
                Ok(is_ours) => is_ours,
                Err(error) if error.as_db_error().is_some() => return Ok(None),
                Err(error) => return Err(failed(&error)),
            };
            let other = other_holder(&mut session);
            match other {
                None if is_ours => return Ok(Some(Hold { _session: Mutex::new(session) })),
                Some((process, holder)) if begun.elapsed() >= AFTERGLOW => {
                    return Err(ServerError::InUse { address: endpoint.to_string(), holder, process });
                }
                None if begun.elapsed() >= AFTERGLOW => {
                    let holder = "a session that cannot be seen".to_owned();
                    return Err(ServerError::InUse { address: endpoint.to_string(), holder, process: 0 });
                }
                _ => {}
            }
            if is_ours {
                // Of two that wait for each other in different databases, neither would ever begin.
                let _ = session.batch_execute(&format!("SELECT pg_advisory_unlock({KEY})"));
            }
            thread::sleep(PAUSE);
        }
    }
}

/// The process on the server that holds the lock in any database, and words for it.
fn other_holder(session: &mut Client) -> Option<(i32, String)> {
    let (high, low) = (KEY >> 32, KEY & 0xffff_ffff);
    let query = format!(
        "SELECT pid, format('process %s of user \"%s\" in database \"%s\", application_name \"%s\"',
                            pid, usename, datname, application_name)
         FROM pg_locks JOIN pg_stat_activity USING (pid)
         WHERE locktype = 'advisory' AND granted AND classid = '{high}'::oid AND objid = '{low}'::oid AND objsubid = 1
               AND pid <> pg_backend_pid()
         LIMIT 1"
    );
    let messages = session.simple_query(&query).ok()?;
    messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some((row.get(0)?.parse().ok()?, row.get(1)?.to_owned())),
        _ => None,
    })
}

/// Whether the lock is free, and this session's from now on.
fn try_to_lock(session: &mut Client) -> Result<bool, Error> {
    let messages = session.simple_query(&format!("SELECT pg_try_advisory_lock({KEY})"))?;
    Ok(messages.iter().any(|message| matches!(message, SimpleQueryMessage::Row(row) if row.get(0) == Some("t"))))
}
