//! A database that speaks PostgreSQL's wire protocol.
//!
//! The simple query protocol is spoken directly, since client libraries hide command tags and error fields. All values
//! come in text format. Encrypted connections are not supported.

mod anew;
mod authentication;
mod checkpoint;
mod connection;
mod decode;
mod numbers;
mod open;
mod plain;
mod power;
mod reset;
mod roles;
mod session;
mod slot;
mod standby;
mod stream;
mod suspicion;
mod tls;

use super::{Implementation, Infrastructure, Received, Request, not_able, session_name};
use crate::server::Endpoint;
use connection::{Connection, OpenError};
use open::{class, open_control, open_patiently, refused};
pub use power::Power;
use reset::Baseline;
use seqcheck_engine::{Dialect, Major, Message, Reply};
use session::Session;
use slot::Slot;
use standby::Standby;
pub use standby::StandbyServer;
use std::time::{Duration, Instant};
use suspicion::may_make_temporary;

/// How to treat a server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long to wait for anything but replies to a trace's steps: opening and closing sessions, sending, resetting.
    pub patience: Duration,
    /// Whether the server is somebody's and stays when the run ends, so that a trace's roles must go even when a signal
    /// ends the process.
    pub outlives_run: bool,
    /// Another database of the server, from which this one can be dropped and made anew.
    ///
    /// A server whose catalogues cannot be asked what a trace has left behind needs one: there each trace gets a new
    /// database.
    pub maintenance: Option<Endpoint>,
    /// Whose SQL the server speaks. Of Aurora DSQL nothing is asked but plain statements, and its database must be empty.
    pub dialect: Dialect,
}

impl Default for Settings {
    /// 30 seconds, a PostgreSQL that goes with the run, and no other database.
    fn default() -> Settings {
        Settings {
            patience: Duration::from_secs(30),
            outlives_run: false,
            maintenance: None,
            dialect: Dialect::PostgreSql,
        }
    }
}

/// A server, reached over the wire protocol, with one database for itself.
///
/// [`reset`](Implementation::reset) **drops everything in that database**.
pub struct Postgres {
    endpoint: Endpoint,
    settings: Settings,
    name: String,
    /// The server's setting of that name.
    max_prepared_transactions: u32,
    /// Why the server refuses its user checkpoints.
    checkpoint_refusal: Option<String>,
    /// What a reset goes back to; none where a reset makes the database anew.
    baseline: Option<Baseline>,
    control: Option<Session>,
    /// The session in the other database.
    maintenance: Option<Session>,
    slots: Vec<Option<Slot>>,
    /// Whether the server takes the session parameters that make replies comparable.
    takes_parameters: bool,
    power: Option<Box<dyn Power>>,
    /// The standby that the trace under way has made.
    standby: Option<Standby>,
    /// That the server's roles belong to the trace under way.
    claim: Option<roles::Claim>,
    /// What traces leave in a database where only plain statements can be counted on.
    leftovers: Option<plain::Leftovers>,
}

impl Postgres {
    /// Connects to `endpoint`, and remembers its schema `public` as what a reset goes back to.
    ///
    /// # Errors
    ///
    /// When no session can be opened, or its user may not read the catalogues.
    pub fn open(endpoint: Endpoint, settings: Settings) -> Result<Postgres, Infrastructure> {
        let deadline = Instant::now() + settings.patience;
        let mut control = open_control(&endpoint, settings.patience)?;
        let version = reset::table(control.query("SHOW server_version", deadline)?)?;
        let version = version.first().map(|row| reset::text(row, 0)).unwrap_or_default();
        let (mut room, mut baseline, mut leftovers, mut checkpoint_refusal) = (0, None, None, None);
        if settings.dialect == Dialect::AuroraDsql {
            leftovers = Some(plain::Leftovers::of(&endpoint, &mut control, deadline)?);
        } else {
            let shown = reset::table(control.query("SHOW max_prepared_transactions", deadline)?)?;
            room = shown.first().and_then(|row| reset::text(row, 0).parse().ok()).unwrap_or_default();
            baseline = Baseline::read(&mut control, deadline, settings.maintenance.is_none())?;
            if let Some(baseline) = &baseline {
                baseline.install(&mut control, deadline)?;
            }
            checkpoint_refusal = checkpoint::refusal(&mut control, &endpoint.user, deadline)?;
        }
        Ok(Postgres {
            endpoint,
            name: format!("{} {version}", settings.dialect.product()),
            takes_parameters: settings.dialect == Dialect::PostgreSql,
            settings,
            max_prepared_transactions: room,
            checkpoint_refusal,
            baseline,
            control: Some(control),
            maintenance: None,
            slots: Vec::new(),
            power: None,
            standby: None,
            claim: None,
            leftovers,
        })
    }

    /// Lets steps that crash or restart the server work, if there is somebody who can. Every other connection to the
    /// server is lost by these, too.
    pub fn with_power(mut self, power: Option<impl Power + 'static>) -> Postgres {
        self.power = power.map(|power| Box::new(power) as Box<dyn Power>);
        self
    }

    /// The settings of a model that stands beside this server: its database, user and room for prepared transactions, and no quirks.
    pub fn model_settings(&self, major: Major) -> seqcheck_engine::Settings {
        seqcheck_engine::Settings {
            database: self.endpoint.database.clone(),
            user: self.endpoint.user.clone(),
            dialect: self.settings.dialect,
            max_prepared_transactions: self.max_prepared_transactions,
            ..crate::sql::settings(major)
        }
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.settings.patience
    }

    /// Runs `work` on the control session, which is opened when there is none, and given up when `work` fails.
    ///
    /// A session that was kept may have died meanwhile, in a crash for example, so `work` may be run twice.
    fn control<T>(
        &mut self,
        work: impl Fn(&mut Session, Instant) -> Result<T, Infrastructure>,
    ) -> Result<T, Infrastructure> {
        let deadline = self.deadline();
        if let Some(mut control) = self.control.take() {
            match work(&mut control, deadline) {
                Err(Infrastructure::Lost { .. } | Infrastructure::Server { .. }) => {}
                Err(error) => return Err(error),
                Ok(result) => {
                    self.control = Some(control);
                    return Ok(result);
                }
            }
        }
        let mut control = open_control(&self.endpoint, self.settings.patience)?;
        if let Some(baseline) = &self.baseline {
            baseline.install(&mut control, deadline)?;
        }
        let result = work(&mut control, deadline)?;
        self.control = Some(control);
        Ok(result)
    }

    /// Opens a connection for a session, without the parameters when the server takes only plain connections.
    fn open_session(&mut self, session: usize, role: Option<&str>) -> Result<Connection, OpenError> {
        let user = role.unwrap_or(&self.endpoint.user).to_owned();
        let who = session_name(session);
        let application = format!("seqcheck {who}");
        let parameters = [
            ("application_name", application.as_str()),
            ("TimeZone", "UTC"),
            ("statement_timeout", "0"),
            ("lock_timeout", "0"),
            // Messages are compared, so they must not be translated. Only superusers may set this.
            ("lc_messages", "C"),
            // Nor this. Only the session that is to find a deadlock looks for one.
            ("deadlock_timeout", NEVER),
        ];
        if self.takes_parameters {
            match open_patiently(&self.endpoint, &user, &parameters, &who, self.settings.patience) {
                // A user without the right, or a proxy that knows only some parameters.
                Err(OpenError::Refused(message)) if ["42", "08", "22"].contains(&class(&message)) => {
                    if role.is_none() {
                        self.takes_parameters = false;
                    }
                }
                other => return other,
            }
        }
        open_patiently(&self.endpoint, &user, &parameters[..1], &who, self.settings.patience)
    }

    fn open_slot(&mut self, session: usize) -> Option<&mut Slot> {
        self.slots.get_mut(session)?.as_mut().filter(|slot| slot.open)
    }

    fn session(&mut self, session: usize) -> Result<&mut Session, Infrastructure> {
        match self.open_slot(session) {
            Some(slot) => Ok(&mut slot.session),
            None => Err(Infrastructure::Lost { who: session_name(session), reason: "it is not open".into() }),
        }
    }
}

/// A `deadlock_timeout` within which no reply is awaited.
const NEVER: &str = "1h";
/// A `deadlock_timeout` for the session that is to find a deadlock.
const SOON: &str = "10ms";

/// Whether a request changes when its session looks for deadlocks.
fn sets_deadlock_timeout(sql: &str) -> bool {
    sql.to_ascii_lowercase().contains("deadlock_timeout")
}

/// Whether a server refuses a connection because it wants to be shown who asks (`pg_hba.conf`), whatever the role may do.
fn is_about_identity(message: &Message) -> bool {
    match message.sqlstate.code() {
        "28P01" => true,
        // The same code says that the role is missing, or may not log in.
        "28000" => !message.message.starts_with("role "),
        _ => false,
    }
}

impl Implementation for Postgres {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn reset(&mut self) -> Result<(), Infrastructure> {
        self.standby = None;
        self.release()?;
        if self.leftovers.is_some() {
            return self.clean_plainly();
        }
        if self.baseline.is_none() {
            return self.make_anew();
        }
        self.refresh_sessions()?;
        self.control(reset::clean)
    }

    fn claim_roles(&mut self, names: &[String]) -> Result<Option<String>, Infrastructure> {
        self.claim(names)
    }

    fn release_roles(&mut self) -> Result<(), Infrastructure> {
        self.release()
    }

    fn connect(&mut self, session: usize, role: Option<&str>) -> Result<Reply, Infrastructure> {
        self.disconnect(session)?;
        if self.slots.len() <= session {
            self.slots.resize_with(session + 1, || None);
        }
        if role.is_none()
            && let Some(slot) = &mut self.slots[session]
        {
            slot.open = true;
            slot.has_own_timeout = false;
            return Ok(Reply::default());
        }
        match self.open_session(session, role) {
            Ok(connection) => {
                let kept = self.slots[session].replace(Slot {
                    session: Session::new(connection),
                    open: true,
                    reusable: role.is_none(),
                    has_own_timeout: false,
                });
                kept.map_or(Ok(()), |kept| self.end(kept.session))?;
                Ok(Reply::default())
            }
            Err(OpenError::Refused(message)) if role.is_some() && is_about_identity(&message) => {
                Err(not_able(self.name.clone(), "let a role in by its name alone; trust connections in pg_hba.conf"))
            }
            Err(OpenError::Refused(message)) if role.is_some() && ["28", "42"].contains(&class(&message)) => {
                Ok(Reply { error: Some(message), ..Reply::default() })
            }
            Err(OpenError::Refused(message)) => Err(refused(&self.endpoint, &message)),
            Err(OpenError::Infrastructure(error)) => Err(error),
        }
    }

    fn disconnect(&mut self, session: usize) -> Result<(), Infrastructure> {
        if self.open_slot(session).is_none() {
            return Ok(());
        }
        match self.slots[session].take() {
            Some(slot) => self.end(slot.session),
            None => Ok(()),
        }
    }

    fn send(&mut self, session: usize, request: Request<'_>) -> Result<(), Infrastructure> {
        self.session(session)?.send(request)?;
        if sets_deadlock_timeout(request.sql)
            && let Some(slot) = self.open_slot(session)
        {
            slot.has_own_timeout = true;
        }
        // A server process that has once made its temporary schema keeps it, and answers differently to names in it:
        // such a connection cannot pass for a new one.
        if let Some(Some(slot)) = self.slots.get_mut(session)
            && may_make_temporary(request.sql)
        {
            slot.reusable = false;
        }
        Ok(())
    }

    fn flush(&mut self, session: usize) -> Result<(), Infrastructure> {
        self.session(session)?.flush()
    }

    fn receive(&mut self, session: usize, deadline: Instant) -> Result<Received, Infrastructure> {
        let result = self.session(session)?.receive(deadline);
        if result.is_err() {
            self.slots[session] = None;
        }
        result
    }

    fn is_waiting(&mut self, session: usize) -> Result<Option<Vec<usize>>, Infrastructure> {
        let waiting = self.session(session)?;
        waiting.flush()?;
        let process = waiting.process_id();
        if self.settings.dialect == Dialect::AuroraDsql {
            // Nobody waits there, and nobody can be asked.
            return Ok(None);
        }
        let query = format!("SELECT pg_blocking_pids({process})");
        let blockers = self.control(|control, deadline| reset::table(control.query(&query, deadline)?))?;
        let array = blockers.first().map(|row| reset::text(row, 0)).unwrap_or_default();
        let blockers: Vec<i64> =
            array.trim_matches(['{', '}']).split(',').filter_map(|process| process.parse().ok()).collect();
        let ours: Vec<usize> = (0..self.slots.len())
            .filter(|&number| {
                self.slots[number]
                    .as_ref()
                    .is_some_and(|slot| slot.open && blockers.contains(&i64::from(slot.session.process_id())))
            })
            .collect();
        // The manual, "System Information Functions", gives prepared transactions the process number zero.
        Ok((!ours.is_empty() || blockers.contains(&0)).then_some(ours))
    }

    fn expect_wait(&mut self, session: usize, finds_deadlock: bool) -> Result<(), Infrastructure> {
        let deadline = self.deadline();
        let Some(slot) = self.open_slot(session) else { return Ok(()) };
        if !finds_deadlock && !slot.has_own_timeout {
            return Ok(());
        }
        let scope = if slot.session.in_transaction() { "LOCAL" } else { "SESSION" };
        let timeout = if finds_deadlock { SOON } else { NEVER };
        let reply = slot.session.query(&format!("SET {scope} deadlock_timeout = '{timeout}'"), deadline)?;
        slot.has_own_timeout = true;
        match reply.error {
            None => Ok(()),
            Some(_) => {
                Err(not_able(self.name.clone(), "find a deadlock in time: only superusers set deadlock_timeout"))
            }
        }
    }

    fn cancel(&mut self, session: usize) -> Result<(), Infrastructure> {
        let endpoint = self.endpoint.clone();
        let patience = self.settings.patience;
        let running = self.session(session)?;
        running.flush()?;
        running.cancel(&endpoint, patience)
    }

    fn checkpoint(&mut self) -> Result<(), Infrastructure> {
        self.run_checkpoint()
    }

    fn refuses_checkpoints(&self) -> Option<&str> {
        self.checkpoint_refusal.as_deref()
    }

    fn crash(&mut self) -> Result<(), Infrastructure> {
        let result = self.power.as_mut().map(|power| power.crash());
        self.after_power("crash", result)
    }

    fn restart(&mut self) -> Result<(), Infrastructure> {
        let result = self.power.as_mut().map(|power| power.restart());
        self.after_power("restart", result)
    }

    fn catch_up(&mut self) -> Result<(), Infrastructure> {
        self.let_standby_catch_up()
    }

    fn promote(&mut self) -> Result<(), Infrastructure> {
        self.promote_standby()
    }

    fn standby(&mut self) -> Option<&mut dyn Implementation> {
        self.standby.as_mut().map(|standby| standby.server() as &mut dyn Implementation)
    }
}

impl Drop for Postgres {
    /// Says goodbye, so that the server's log is not full of lost connections.
    fn drop(&mut self) {
        let kept = self.slots.drain(..).flatten().map(|slot| slot.session);
        for session in kept.chain(self.control.take()).chain(self.maintenance.take()) {
            if session.is_idle() {
                // A server that hangs must not hold up the end of the run: the message always fits the socket's buffer.
                session.into_connection().say_goodbye();
            }
        }
    }
}
