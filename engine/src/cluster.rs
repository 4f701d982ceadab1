//! The one door to the model: sessions, steps, checkpoints.

mod crash;
mod disconnect;
mod order;
mod served;
mod standby;
mod summary;
mod wake;

pub use crash::{StoredSequence, Survivor};

use std::rc::Rc;

use crate::catalog::{BOOTSTRAP_ROLE, Catalog, CommitNumber, Oid, StorageId, TableRow, View};
use crate::clause::ClauseSet;
use crate::copy_on_write::CopyOnWrite;
use crate::dialect::{Dialect, Major};
use crate::error::sqlstate;
use crate::execute::Execution;
use crate::lock::{Found, LockTable};
use crate::quirk::{Quirk, QuirkSet};
use crate::reply::{Message, Reply, Severity};
use crate::sequence::{Pages, WriteAheadLog};
use crate::session::Session;
use crate::statement::Statement;
use crate::transaction::{Block, PreparedTransaction};

pub(crate) use served::Process;
pub use served::{Description, Host, Signal};
pub use summary::{ColumnSummary, SequenceSummary, TableSummary};

/// What to model.
#[derive(Debug, Clone)]
pub struct Settings {
    /// PostgreSQL's major version.
    pub major: Major,
    /// Whose SQL it is.
    pub dialect: Dialect,
    /// Faults to plant; none for PostgreSQL itself.
    pub quirks: QuirkSet,
    /// The database's name: a qualified name may begin with it.
    pub database: String,
    /// The superuser's name: `$user` in the search path, the owner in views.
    pub user: String,
    /// The server that runs on the model, if one does: what it says about itself.
    pub host: Option<Host>,
    /// The server's `max_prepared_transactions`; 0 disables PREPARE TRANSACTION.
    pub max_prepared_transactions: u32,
    /// Who reads the texts that statements make and run, as EXECUTE of PL/pgSQL does; without a reader they are outside the
    /// model.
    pub reader: Option<Reader>,
}

/// Makes statements of SQL text, or tells what in it is outside the model, a syntax error included.
pub type Reader = fn(&str) -> Result<Vec<Statement>, String>;

impl Settings {
    /// PostgreSQL of this major version, database and superuser both called `postgres`, with room for 20 prepared
    /// transactions.
    pub fn new(major: Major) -> Settings {
        Settings {
            major,
            dialect: Dialect::PostgreSql,
            quirks: QuirkSet::NONE,
            database: "postgres".into(),
            user: "postgres".into(),
            max_prepared_transactions: 20,
            host: None,
            reader: None,
        }
    }
}

/// One connection, until it is closed: a number in order of opening, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u32);

/// A session that there never is.
pub(crate) const NOBODY: SessionId = SessionId(u32::MAX);

/// How far a step came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It finished with this reply.
    Done(Reply),
    /// It waits for locks that these sessions hold. Its reply comes with the step that wakes it.
    Waits {
        /// Sessions that must let go first.
        blockers: Vec<SessionId>,
    },
    /// A statement is outside the model, for the reason given. The whole query was not run: nothing has changed.
    Unsupported(String),
}

/// What a step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How far the step itself came.
    pub progress: Progress,
    /// Sessions whose waiting ended with this step, with their replies, in order.
    pub woken: Vec<(SessionId, Reply)>,
    /// Sessions that went on with this step and came to wait for something else, in order. One of them may have been woken
    /// after all.
    pub wait_again: Vec<SessionId>,
    /// The clauses that the step exercised.
    pub clauses: ClauseSet,
    /// Whether a circle of waiting sessions closed with this step. The step's own session has found it, which is how it
    /// goes wherever more than `deadlock_timeout` passes between steps.
    pub found_deadlock: bool,
    /// Why the model cannot follow from here on: a query that this step woke has turned out to be outside the model.
    pub lost: Option<String>,
}

impl Outcome {
    /// A step that came this far, and has done nothing else.
    pub fn new(progress: Progress) -> Outcome {
        Outcome {
            progress,
            woken: Vec::new(),
            wait_again: Vec::new(),
            clauses: ClauseSet::default(),
            found_deadlock: false,
            lost: None,
        }
    }
}

/// Whether a session is in a transaction block, as the wire protocol tells after each query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionStatus {
    /// Outside a block.
    Idle,
    /// In a block.
    InTransaction,
    /// In a block that an error has aborted.
    Failed,
}

/// What all sessions share.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) catalog: CopyOnWrite<Catalog>,
    pub(crate) pages: Pages,
    pub(crate) log: WriteAheadLog,
    pub(crate) locks: LockTable,
    /// The number of the newest commit.
    pub(crate) commits: CommitNumber,
    /// The newest commit that changed roles or anybody's privileges.
    pub(crate) privileges_changed: CommitNumber,
    /// The prepared transactions.
    pub(crate) prepared: Vec<PreparedTransaction>,
    /// How many transactions have ever been prepared.
    pub(crate) preparations: u32,
    /// How many open transactions hold a snapshot that may need deleted rows.
    pub(crate) snapshots: usize,
    /// The numbers of the serializable transactions that are open or prepared.
    pub(crate) serializable: Vec<u64>,
    /// How many serializable transactions have ever taken a snapshot.
    pub(crate) serializable_begun: u64,
    /// Whether a crash has left temporary relations in the catalogs.
    pub(crate) has_orphans: bool,
    /// The server's processes, as of the beginning of the step.
    pub(crate) processes: Vec<Process>,
    /// The names that statements had made before they came to wait. They are there again when these statements begin
    /// anew; what stands here counts while the session waits.
    pub(crate) interrupted_names: Vec<(SessionId, Oid, Rc<str>)>,
    /// The rows that statements had stored or deleted before they came to wait, likewise.
    pub(crate) interrupted_rows: Vec<(SessionId, StorageId, TableRow)>,
    /// What its functions have asked for.
    pub(crate) signals: Vec<Signal>,
    /// Whether this is a standby that replays another server's log.
    pub(crate) in_recovery: bool,
    /// Whether sessions other than the one that acts are in transaction blocks. Only dialects that care are told.
    pub(crate) others_in_blocks: bool,
}

/// A PostgreSQL cluster with one database, in memory.
///
/// ```
/// use seqcheck_engine::{Cluster, Major, Progress, Settings, statement::*};
///
/// let mut cluster = Cluster::new(Settings::new(Major::NEWEST));
/// let session = cluster.connect();
/// let create = Statement::CreateSequence(CreateSequence {
///     persistence: Persistence::Permanent,
///     is_global: false,
///     if_not_exists: false,
///     name: ObjectName::bare("s"),
///     options: vec![SequenceOption::Start(Number::from(101))],
/// });
/// let outcome = cluster.step(session, &[create]);
/// let Progress::Done(reply) = outcome.progress else { panic!("CREATE SEQUENCE does not wait here") };
/// assert_eq!(reply.results[0].tag, "CREATE SEQUENCE");
/// ```
#[derive(Debug, Clone)]
pub struct Cluster {
    shared: Shared,
    sessions: Vec<Option<CopyOnWrite<Session>>>,
    /// The server that replays this one's log.
    standby: Option<Box<Cluster>>,
    /// What it takes to follow the last step in other orders, when nobody decides the order.
    undecided: Option<Box<order::Undecided>>,
}

impl Cluster {
    /// An empty database with one superuser.
    pub fn new(settings: Settings) -> Cluster {
        let catalog = Catalog::new(&settings.user, settings.major);
        let locks = LockTable::new(settings.quirks);
        Cluster {
            shared: Shared {
                settings,
                catalog: CopyOnWrite::new(catalog),
                pages: Pages::default(),
                log: WriteAheadLog::default(),
                locks,
                commits: 0,
                privileges_changed: 0,
                prepared: Vec::new(),
                preparations: 0,
                snapshots: 0,
                serializable: Vec::new(),
                serializable_begun: 0,
                interrupted_names: Vec::new(),
                interrupted_rows: Vec::new(),
                has_orphans: false,
                processes: Vec::new(),
                signals: Vec::new(),
                in_recovery: false,
                others_in_blocks: false,
            },
            sessions: Vec::new(),
            standby: None,
            undecided: None,
        }
    }

    /// Opens a session as the superuser.
    pub fn connect(&mut self) -> SessionId {
        self.open(BOOTSTRAP_ROLE)
    }

    /// Opens a session as the role of that name (manual, "Client Authentication": as the server's method `trust`).
    ///
    /// # Errors
    ///
    /// The server's refusal, when there is no such role or it may not log in.
    pub fn connect_as(&mut self, role: &str) -> Result<SessionId, Message> {
        // A session that has not begun any transaction sees what is committed.
        let view = View { session: SessionId(self.sessions.len() as u32), until: CommitNumber::MAX };
        let refused = |reason: String| Message {
            severity: Severity::Fatal,
            sqlstate: sqlstate::INVALID_AUTHORIZATION,
            message: reason.into(),
            detail: None,
            hint: None,
        };
        match self.shared.catalog.role_named(role, view) {
            None => Err(refused(format!("role \"{role}\" does not exist"))),
            Some(found) if !found.may_log_in => Err(refused(format!("role \"{role}\" is not permitted to log in"))),
            Some(found) => {
                let oid = found.oid;
                Ok(self.open(oid))
            }
        }
    }

    fn open(&mut self, role: Oid) -> SessionId {
        let id = SessionId(self.sessions.len() as u32);
        self.sessions.push(Some(CopyOnWrite::new(Session::new(id, role))));
        id
    }

    /// Runs one simple query, which may hold several statements; none at all is the empty query.
    ///
    /// # Panics
    ///
    /// When the session is closed, or waits for a lock: neither can take a query in PostgreSQL either.
    pub fn step(&mut self, session: SessionId, statements: &[Statement]) -> Outcome {
        self.run(session, |execution| execution.simple_query(statements))
    }

    /// Fails a query that did not get past the parser: the open transaction, if any, is aborted.
    ///
    /// # Panics
    ///
    /// As [`Cluster::step`].
    pub fn fail(&mut self, session: SessionId, message: Message) -> Outcome {
        self.run(session, |execution| execution.fail_before_execution(message))
    }

    /// Whether a session waits for a lock.
    pub fn is_waiting(&self, session: SessionId) -> bool {
        self.sessions.get(session.0 as usize).and_then(Option::as_ref).is_some_and(|session| session.pending.is_some())
    }

    /// Runs a checkpoint, after which the next `nextval` of each sequence logs again.
    pub fn checkpoint(&mut self) {
        self.shared.log.checkpoint(&mut self.shared.pages);
    }

    /// The identifiers of the prepared transactions, in the order in which they were prepared.
    pub fn prepared_transactions(&self) -> impl Iterator<Item = &str> {
        self.shared.prepared.iter().map(|prepared| &*prepared.identifier)
    }

    /// Where a session stands in its transaction.
    pub fn transaction_status(&self, session: SessionId) -> TransactionStatus {
        let block = self
            .sessions
            .get(session.0 as usize)
            .and_then(Option::as_ref)
            .map_or(Block::None, |session| session.transaction.block);
        match block {
            Block::None | Block::Implicit => TransactionStatus::Idle,
            Block::Open => TransactionStatus::InTransaction,
            Block::Failed => TransactionStatus::Failed,
        }
    }

    fn take(&mut self, session: SessionId) -> Option<CopyOnWrite<Session>> {
        self.sessions.get_mut(session.0 as usize)?.take()
    }

    fn run(&mut self, id: SessionId, query: impl FnOnce(&mut Execution<'_>) -> Progress) -> Outcome {
        assert!(!self.is_waiting(id), "a waiting session takes no query");
        self.undecided = None;
        let mut clauses = ClauseSet::default();
        self.note_processes();
        // That a wait is outside the model comes out once the query has had its effects.
        let others_wait = self.sessions.iter().flatten().any(|session| session.pending.is_some());
        let may_time_out = self.sessions[id.0 as usize].as_ref().is_some_and(|session| session.has_lock_timeout());
        let waits_for_nobody = self.shared.settings.dialect == Dialect::AuroraDsql;
        if waits_for_nobody {
            let mut others = self.sessions.iter().flatten().filter(|other| other.id != id);
            self.shared.others_in_blocks = others.any(|other| other.transaction.block != Block::None);
        }
        let before =
            (others_wait || may_time_out || waits_for_nobody).then(|| (self.shared.clone(), self.sessions.clone()));
        let session = self.sessions[id.0 as usize].as_mut().expect("the session is open");
        let mut execution = Execution::new(&mut self.shared, session, &mut clauses);
        let mut progress = query(&mut execution);
        let mut found_deadlock = execution.found_deadlock;
        if let Progress::Waits { .. } = progress {
            // A server has a clock of its own.
            let is_served = execution.shared.settings.host.is_some();
            let timeout = if is_served { 0 } else { execution.session.parameters.lock_timeout.value };
            let found = match execution.deviates(Quirk::DeadlockUnseen) {
                true => Found::Nothing,
                false => execution.shared.locks.find_deadlock(id),
            };
            match found {
                Found::Nothing if timeout == 0 => {}
                Found::Nothing => progress = execution.time_out(timeout),
                _ if timeout != 0 => {
                    progress = Progress::Unsupported("a deadlock of a session that has a lock_timeout".to_owned());
                }
                Found::Ambiguous => {
                    progress = Progress::Unsupported("a deadlock that can be found in several ways".to_owned());
                }
                Found::Resolved => found_deadlock = true,
                Found::Deadlock(deadlock) => {
                    found_deadlock = true;
                    progress = execution.fail_waiting(&deadlock);
                }
            }
        }
        if let Progress::Waits { .. } = progress
            && waits_for_nobody
        {
            let reason = "a conflict between transactions, which Aurora DSQL finds when they commit";
            progress = Progress::Unsupported(reason.to_owned());
        }
        if found_deadlock && !execution.is_superuser() {
            let reason = "a deadlock that a role finds which may not set deadlock_timeout";
            progress = Progress::Unsupported(reason.to_owned());
        }
        if let Progress::Unsupported(_) = progress
            && let Some(before) = before
        {
            (self.shared, self.sessions) = before;
            return Outcome::new(progress);
        }
        let mut outcome = Outcome { clauses, found_deadlock, ..Outcome::new(progress) };
        if !matches!(outcome.progress, Progress::Unsupported(_)) {
            self.wake(&mut outcome);
        }
        outcome
    }
}
