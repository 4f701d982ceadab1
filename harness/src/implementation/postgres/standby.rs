//! A standby of a server, which traces see at moments when it has replayed everything (manual, "Hot Standby").
//!
//! In between it stands still: what the first server does meanwhile is sent to it, and replayed when it is told to.

use std::any::Any;
use std::fmt;
use std::time::{Duration, Instant};

use super::{Postgres, Settings, reset};
use crate::implementation::{Infrastructure, not_able};
use crate::server::Endpoint;

/// How long to pause between two questions how far the standby has come.
const PAUSE: Duration = Duration::from_millis(5);

/// A standby that runs until this is dropped.
pub struct StandbyServer {
    /// Where it listens, with the first server's databases.
    pub endpoint: Endpoint,
    /// What stops it when it is dropped.
    pub running: Box<dyn Any + Send>,
}

impl fmt::Debug for StandbyServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("StandbyServer").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// A standby with the sessions that a trace has there.
pub(super) struct Standby {
    // Its sessions say goodbye before it is stopped.
    postgres: Box<Postgres>,
    _server: StandbyServer,
}

impl Standby {
    pub(super) fn server(&mut self) -> &mut Postgres {
        &mut self.postgres
    }

    fn ask(&mut self, query: &str) -> Result<String, Infrastructure> {
        self.postgres.ask(query)
    }

    /// Waits until a query gives true.
    fn wait_until(&mut self, query: &str) -> Result<(), Infrastructure> {
        let patience = self.postgres.settings.patience;
        let begun = Instant::now();
        while self.ask(query)? != "t" {
            if begun.elapsed() >= patience {
                return Err(Infrastructure::TimedOut { who: "the standby".to_owned(), after: patience });
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }
}

impl Postgres {
    /// Sends everything written to the log so far to a standby, which is made if need be, and waits until it has replayed it.
    pub(super) fn let_standby_catch_up(&mut self) -> Result<(), Infrastructure> {
        let mut standby = match self.standby.take() {
            Some(standby) => standby,
            None => self.start_standby()?,
        };
        // Only what is on the disk is sent, and a commit takes along whatever was written before it.
        self.ask("SELECT pg_logical_emit_message(true, 'seqcheck', '')")?;
        let position = self.ask("SELECT pg_current_wal_flush_lsn()")?;
        standby.ask("SELECT pg_wal_replay_resume()")?;
        standby.wait_until(&format!("SELECT pg_last_wal_replay_lsn() >= '{position}'"))?;
        standby.ask("SELECT pg_wal_replay_pause()")?;
        self.standby = Some(standby);
        Ok(())
    }

    /// Makes the standby a server of its own, once it has caught up.
    pub(super) fn promote_standby(&mut self) -> Result<(), Infrastructure> {
        self.let_standby_catch_up()?;
        let Some(standby) = &mut self.standby else { return Ok(()) };
        standby.ask("SELECT pg_wal_replay_resume()")?;
        standby.ask("SELECT pg_promote()")?;
        // The process that has replayed asks for a checkpoint before it ends, and does not wait for it.
        standby.wait_until("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'startup')")?;
        standby.postgres.control(|control, deadline| reset::table(control.query("CHECKPOINT", deadline)?).map(|_| ()))
    }

    fn start_standby(&mut self) -> Result<Standby, Infrastructure> {
        let started = self.power.as_mut().map_or(Ok(None), |power| power.standby());
        let server = match started {
            Err(reason) => return Err(Infrastructure::Connect { target: "a standby".to_owned(), reason }),
            Ok(None) => {
                let what =
                    "have a standby here: only a server that seqcheck has started from programs of this machine is";
                return Err(not_able(self.name.clone(), what));
            }
            Ok(Some(server)) => server,
        };
        let endpoint = server.endpoint.with_database(self.endpoint.database.clone());
        let settings = Settings { maintenance: None, outlives_run: false, ..self.settings.clone() };
        let mut postgres = Postgres::open(endpoint, settings)?;
        postgres.name = format!("{}, a standby", postgres.name);
        Ok(Standby { postgres: Box::new(postgres), _server: server })
    }

    /// The one value that a query gives.
    fn ask(&mut self, query: &str) -> Result<String, Infrastructure> {
        let rows = self.control(|control, deadline| reset::table(control.query(query, deadline)?))?;
        Ok(rows.first().map(|row| reset::text(row, 0)).unwrap_or_default())
    }
}
