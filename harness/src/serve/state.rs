//! What all connections share: the databases with their engines, and the sessions by the numbers of their processes.

use std::collections::BTreeMap;
use std::rc::Rc;

use pgwire::messages::startup::SecretKey;
use seqcheck_engine::{
    Cluster, Dialect, Host, Major, Message, Outcome, Progress, Reply, SessionId, Settings, Signal, TransactionStatus,
};
use tokio::sync::{Notify, oneshot};

use super::outcome::{Answer, error, fatal, outside, sqlstate};

/// The database that is there from the beginning.
pub(super) const FIRST_DATABASE: &str = "postgres";
/// The superuser of every database.
const SUPERUSER: &str = "postgres";
/// The number of the first process.
const FIRST_PROCESS: i32 = 1001;

/// Everything but the sockets.
pub(super) struct State {
    major: Major,
    pub(super) dialect: Dialect,
    host: Host,
    pub(super) databases: BTreeMap<String, Cluster>,
    pub(super) processes: BTreeMap<i32, Process>,
    next_process: i32,
}

/// The server's side of a session.
pub(super) struct Process {
    pub(super) database: String,
    pub(super) session: SessionId,
    secret: SecretKey,
    /// Who gets the reply of the statement that waits.
    waiter: Option<oneshot::Sender<Reply>>,
    /// Rung when the session is to end.
    pub(super) end: Rc<Notify>,
}

impl State {
    pub(super) fn new(major: Major, dialect: Dialect) -> State {
        let host = Host { version: format!("{major}.0 (seqcheck {})", env!("CARGO_PKG_VERSION")) };
        let (databases, processes) = (BTreeMap::new(), BTreeMap::new());
        let mut state = State { major, dialect, host, databases, processes, next_process: FIRST_PROCESS };
        let first = state.new_database(FIRST_DATABASE);
        state.databases.insert(FIRST_DATABASE.to_owned(), first);
        state
    }

    pub(super) fn version(&self) -> &str {
        &self.host.version
    }

    pub(super) fn major(&self) -> Major {
        self.major
    }

    /// An empty database.
    pub(super) fn new_database(&self, name: &str) -> Cluster {
        Cluster::new(Settings {
            database: name.to_owned(),
            user: SUPERUSER.to_owned(),
            host: Some(self.host.clone()),
            dialect: self.dialect,
            ..crate::sql::settings(self.major)
        })
    }

    /// Opens a session; the key is what a cancel request must know.
    pub(super) fn open(&mut self, user: &str, database: &str) -> Result<(i32, SecretKey, Rc<Notify>), Message> {
        let Some(cluster) = self.databases.get_mut(database) else {
            // Who one is comes before where one goes.
            let first = self.databases.values_mut().next();
            let session = first.map(|cluster| cluster.connect_as(user).map(|session| cluster.disconnect(session)));
            if let Some(Err(refused)) = session {
                return Err(refused);
            }
            return Err(fatal(sqlstate::INVALID_CATALOG_NAME, format!("database \"{database}\" does not exist")));
        };
        let session = cluster.connect_as(user)?;
        let number = self.next_process;
        self.next_process += 1;
        cluster.set_process(session, number);
        let secret = SecretKey::I32(fastrand::i32(..));
        let end = Rc::new(Notify::new());
        let process = Process {
            database: database.to_owned(),
            session,
            secret: secret.clone(),
            waiter: None,
            end: Rc::clone(&end),
        };
        self.processes.insert(number, process);
        Ok((number, secret, end))
    }

    /// Closes a session, in the middle of whatever it does.
    pub(super) fn close(&mut self, number: i32) {
        let Some(process) = self.processes.remove(&number) else { return };
        if let Some(cluster) = self.databases.get_mut(&process.database) {
            let outcome = cluster.disconnect(process.session);
            self.hand_out(&process.database, outcome.woken);
        }
    }

    /// Looks at a session's engine.
    pub(super) fn with<T>(&mut self, number: i32, look: impl FnOnce(&mut Cluster, SessionId) -> T) -> Option<T> {
        let process = self.processes.get(&number)?;
        let cluster = self.databases.get_mut(&process.database)?;
        Some(look(cluster, process.session))
    }

    /// Runs a step of a session. What is outside the model fails as an error would.
    pub(super) fn run(&mut self, number: i32, step: impl FnOnce(&mut Cluster, SessionId) -> Outcome) -> Answer {
        let Some(outcome) = self.with(number, step) else { return Answer::Done(gone()) };
        let answer = match outcome.progress {
            Progress::Done(reply) => Answer::Done(reply),
            Progress::Waits { .. } => {
                let (sender, receiver) = oneshot::channel();
                if let Some(process) = self.processes.get_mut(&number) {
                    process.waiter = Some(sender);
                }
                Answer::Waits(receiver)
            }
            Progress::Unsupported(reason) => Answer::Done(self.fail(number, self.refusal(number, &reason))),
        };
        if let Some(database) = self.processes.get(&number).map(|process| process.database.clone()) {
            self.hand_out(&database, outcome.woken);
        }
        self.obey(number);
        answer
    }

    /// Fails what a session is doing, and gives the reply.
    pub(super) fn fail(&mut self, number: i32, message: Message) -> Reply {
        let Some(outcome) = self.with(number, |cluster, session| cluster.interrupt(session, message)) else {
            return gone();
        };
        let database = self.processes[&number].database.clone();
        self.hand_out(&database, outcome.woken);
        match outcome.progress {
            Progress::Done(reply) => reply,
            Progress::Waits { .. } | Progress::Unsupported(_) => Reply::default(),
        }
    }

    /// The error for what is outside the model; an aborted transaction refuses everything alike.
    pub(super) fn refusal(&self, number: i32, what: &str) -> Message {
        match self.transaction_status(number) {
            TransactionStatus::Failed => error(
                sqlstate::IN_FAILED_SQL_TRANSACTION,
                "current transaction is aborted, commands ignored until end of transaction block",
            ),
            _ => outside(what),
        }
    }

    /// Where a session stands in its transaction.
    pub(super) fn transaction_status(&self, number: i32) -> TransactionStatus {
        let status =
            |process: &Process| Some(self.databases.get(&process.database)?.transaction_status(process.session));
        self.processes.get(&number).and_then(status).unwrap_or(TransactionStatus::Idle)
    }

    /// Gives woken sessions their replies.
    fn hand_out(&mut self, database: &str, woken: Vec<(SessionId, Reply)>) {
        for (session, reply) in woken {
            let is_it = |process: &&mut Process| process.database == database && process.session == session;
            let waiter = self.processes.values_mut().find(is_it).and_then(|process| process.waiter.take());
            if let Some(waiter) = waiter {
                // Nobody is left to receive it when the connection has just ended.
                let _ = waiter.send(reply);
            }
        }
        self.hand_out_refusals(database);
    }

    /// A statement that turns out to be outside the model when it is woken has no reply of the engine's.
    fn hand_out_refusals(&mut self, database: &str) {
        let Some(cluster) = self.databases.get(database) else { return };
        let is_lost = |process: &Process| {
            process.database == database && process.waiter.is_some() && !cluster.is_waiting(process.session)
        };
        let lost = self.processes.iter().find(|(_, process)| is_lost(process)).map(|(number, _)| *number);
        if let Some(number) = lost
            && let Some(waiter) = self.processes.get_mut(&number).and_then(|process| process.waiter.take())
        {
            let message = self.refusal(number, "what this statement found after it had waited");
            let _ = waiter.send(self.fail(number, message));
        }
    }

    /// Does to other sessions what functions have asked for.
    fn obey(&mut self, number: i32) {
        for signal in self.with(number, |cluster, _| cluster.take_signals()).unwrap_or_default() {
            match signal {
                Signal::Cancel(other) => self.cancel(other),
                Signal::Terminate(other) => {
                    if let Some(process) = self.processes.get(&other) {
                        process.end.notify_one();
                    }
                }
            }
        }
    }

    /// A cancel request, which must know the session's key.
    pub(super) fn cancel_with(&mut self, number: i32, secret: &SecretKey) {
        if self.processes.get(&number).is_some_and(|process| process.secret == *secret) {
            self.cancel(number);
        }
    }

    /// Ends the statement that waits because it has waited for long enough.
    pub(super) fn give_up(&mut self, number: i32, message: Message) -> Reply {
        if let Some(process) = self.processes.get_mut(&number) {
            process.waiter = None;
        }
        self.fail(number, message)
    }

    /// Cancels the statement that waits; any other has its reply already.
    fn cancel(&mut self, number: i32) {
        if let Some(waiter) = self.processes.get_mut(&number).and_then(|process| process.waiter.take()) {
            let message = error(sqlstate::QUERY_CANCELED, "canceling statement due to user request");
            let _ = waiter.send(self.fail(number, message));
        }
    }

    /// Asks all sessions to end.
    pub(super) fn end_all(&self) {
        for process in self.processes.values() {
            process.end.notify_one();
        }
    }

    /// Whether there are no sessions.
    pub(super) fn is_empty(&self) -> bool {
        self.processes.is_empty()
    }
}

/// The reply to a session that has been ended meanwhile; its connection says so itself.
fn gone() -> Reply {
    Reply::default()
}
