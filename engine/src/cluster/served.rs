//! What a server needs that runs on the model: the extended query protocol and cancelling.

use super::{Cluster, Outcome, Progress, SessionId};
use crate::clause::{Clause, ClauseSet};
use crate::error::{error_message, sqlstate};
use crate::execute::{Execution, milliseconds, result_columns};
use crate::reply::Message;
use crate::session::{Part, Prepared, Session};
use crate::statement::Statement;

/// What a server says about itself; of PostgreSQL nobody can predict it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The parameter `server_version`, which begins with the major version.
    pub version: String,
}

/// What a session has asked the server to do to another one (manual, "Server Signaling Functions").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// `pg_cancel_backend`: cancel what the process of this number is doing.
    Cancel(i32),
    /// `pg_terminate_backend`: end its session.
    Terminate(i32),
}

/// A session's process.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pub(crate) number: i32,
    pub(crate) session: SessionId,
    /// The sessions it waits for.
    pub(crate) blockers: Vec<SessionId>,
}

/// What a prepared statement takes and gives (manual, "Message Formats").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// The parameters' types, as OIDs of `pg_type`.
    pub parameters: Vec<u32>,
    /// The columns of the result with their types; `None` for a statement that gives no rows by nature.
    pub columns: Option<Vec<(String, u32)>>,
}

impl Description {
    fn of(prepared: &Prepared) -> Description {
        Description {
            parameters: prepared.types.iter().map(|one| one.wire_number()).collect(),
            columns: result_columns(prepared).map(|columns| {
                columns.iter().map(|(name, column_type)| (name.to_string(), column_type.wire_number())).collect()
            }),
        }
    }
}

/// All of these leave the transaction around them open, until [`Cluster::end_parts`] ends it. They panic when the session
/// is closed or waits, as [`Cluster::step`] does.
impl Cluster {
    /// Runs some statements of a simple query, of which more follow.
    pub fn step_part(&mut self, session: SessionId, statements: &[Statement]) -> Outcome {
        self.part(session, Part::Statements(statements.to_vec()))
    }

    /// Prepares a statement under a name; the empty name is that of the unnamed statement, which is replaced. `types` are
    /// those of its first parameters, as OIDs; zero leaves a type to the parameter's use.
    pub fn parse(&mut self, session: SessionId, name: &str, statement: &Statement, types: &[u32]) -> Outcome {
        let (name, statement, types) = (name.into(), statement.clone(), types.to_vec());
        self.part(session, Part::Prepare { name, statement, types })
    }

    /// Makes a portal of a prepared statement and its parameters' values in text format; `None` is NULL.
    pub fn bind(&mut self, session: SessionId, portal: &str, statement: &str, values: Vec<Option<String>>) -> Outcome {
        self.part(session, Part::Bind { portal: portal.into(), statement: statement.into(), values })
    }

    /// Runs a portal to its end; `copy_data` are the lines for a `COPY … FROM STDIN`.
    pub fn execute(&mut self, session: SessionId, portal: &str, copy_data: &[String]) -> Outcome {
        self.part(session, Part::Execute { portal: portal.into(), copy_data: copy_data.to_vec() })
    }

    /// Commits what has run in parts, unless a transaction block is open.
    pub fn end_parts(&mut self, session: SessionId) -> Outcome {
        self.run(session, |execution| execution.end_parts())
    }

    fn part(&mut self, session: SessionId, part: Part) -> Outcome {
        self.run(session, |execution| execution.run_part(part))
    }

    /// Fails what a session is doing, be it waiting or between two parts, with this error: the statement that waits ends
    /// with it, and the transaction is aborted.
    pub fn interrupt(&mut self, session: SessionId, message: Message) -> Outcome {
        let mut outcome = Outcome::new(Progress::Done(Default::default()));
        if let Some(interrupted) = self.sessions.get_mut(session.0 as usize).and_then(Option::as_mut) {
            let mut execution = Execution::new(&mut self.shared, interrupted, &mut outcome.clauses);
            outcome.progress = execution.interrupt(message);
            self.wake(&mut outcome);
        }
        outcome
    }

    /// Cancels what a session is doing (manual, "Canceling Requests in Progress"): the statement that waits ends with an
    /// error, and its reply is the first of those that come with the step. A session that does not wait has replied
    /// already, and notices nothing.
    pub fn cancel(&mut self, session: SessionId) -> Outcome {
        if !self.is_waiting(session) {
            return Outcome::new(Progress::Done(Default::default()));
        }
        let canceled = error_message(sqlstate::QUERY_CANCELED, "canceling statement due to user request");
        let mut outcome = self.interrupt(session, canceled);
        if let Progress::Done(reply) = std::mem::replace(&mut outcome.progress, Progress::Done(Default::default())) {
            outcome.woken.insert(0, (session, reply));
        }
        outcome.clauses.insert(Clause::CancelEndsStatement);
        outcome
    }

    /// What a prepared statement is and looks like; `None` when there is none of that name.
    pub fn prepared(&self, session: SessionId, name: &str) -> Option<(&Statement, Description)> {
        let prepared = self.session(session)?.prepared.get(name)?;
        Some((&prepared.statement, Description::of(prepared)))
    }

    /// What a portal is and looks like; `None` when there is none of that name.
    pub fn portal(&self, session: SessionId, name: &str) -> Option<(&Statement, Description)> {
        let portal = self.session(session)?.portals.get(name)?;
        Some((&portal.prepared.statement, Description::of(&portal.prepared)))
    }

    /// Forgets a prepared statement, if there is one of that name.
    pub fn close_prepared(&mut self, session: SessionId, name: &str) {
        if let Some(session) = self.sessions.get_mut(session.0 as usize).and_then(Option::as_mut) {
            std::rc::Rc::make_mut(&mut session.prepared).remove(name);
        }
    }

    /// Forgets a portal, if there is one of that name.
    pub fn close_portal(&mut self, session: SessionId, name: &str) {
        if let Some(session) = self.sessions.get_mut(session.0 as usize).and_then(Option::as_mut) {
            session.portals.remove(name);
        }
    }

    /// Gives a session the number of the server process behind it.
    pub fn set_process(&mut self, session: SessionId, process: i32) {
        if let Some(session) = self.sessions.get_mut(session.0 as usize).and_then(Option::as_mut) {
            session.process = Some(process);
        }
    }

    /// Makes a session's parameters what RESET goes back to: those that came with the connection.
    pub fn keep_parameters(&mut self, session: SessionId) {
        if let Some(session) = self.sessions.get_mut(session.0 as usize).and_then(Option::as_mut) {
            session.startup = session.parameters.clone();
        }
    }

    /// How long a statement of a session may wait, in milliseconds, and the error that ends it then: what
    /// `statement_timeout` and `lock_timeout` say. `None` when it may wait for ever.
    pub fn wait_limit(&self, session: SessionId) -> Option<(u32, Message)> {
        let parameters = &self.session(session)?.parameters;
        let of_statement = parameters.other("statement_timeout").and_then(milliseconds).unwrap_or_default();
        let of_lock = parameters.lock_timeout.value;
        let limits = [
            (of_lock, sqlstate::LOCK_NOT_AVAILABLE, "canceling statement due to lock timeout"),
            (of_statement, sqlstate::QUERY_CANCELED, "canceling statement due to statement timeout"),
        ];
        let (limit, code, text) =
            limits.into_iter().filter(|(limit, ..)| *limit > 0).min_by_key(|(limit, ..)| *limit)?;
        Some((limit, error_message(code, text)))
    }

    /// A parameter's value, `None` for one that the model does not know.
    pub fn parameter(&mut self, session: SessionId, name: &str) -> Option<String> {
        let session = self.sessions.get_mut(session.0 as usize)?.as_mut()?;
        let mut clauses = ClauseSet::default();
        let execution = Execution::new(&mut self.shared, session, &mut clauses);
        execution.parameter(name).ok().map(|(_, value)| value)
    }

    /// Takes what sessions have asked the server to do, in order.
    pub fn take_signals(&mut self) -> Vec<Signal> {
        std::mem::take(&mut self.shared.signals)
    }

    /// Lets functions of the next step look at the server's processes.
    pub(super) fn note_processes(&mut self) {
        if self.shared.settings.host.is_none() {
            return;
        }
        let process = |session: &Session| {
            let blockers = self.shared.locks.blockers_of(session.id);
            Some(Process { number: session.process?, session: session.id, blockers })
        };
        self.shared.processes = self.sessions.iter().flatten().filter_map(|session| process(session)).collect();
    }

    fn session(&self, session: SessionId) -> Option<&Session> {
        self.sessions.get(session.0 as usize)?.as_deref()
    }
}
