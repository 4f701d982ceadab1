//! What belongs to one connection and dies with it.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::catalog::{CommitNumber, Oid, Relation, SearchPath, Slot, StorageId};
use crate::cluster::SessionId;
use crate::execute::StatementParameters;
use crate::query::{Type, Value};
use crate::reply::{Message, Reply};
use crate::sequence::SequenceCaches;
use crate::statement::{IsolationLevel, Statement};
use crate::transaction::Transaction;

/// A parameter's value now, and what it goes back to when the transaction ends (SET LOCAL).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) after_commit: T,
}

impl<T: Clone> Setting<T> {
    pub(crate) fn new(value: T) -> Setting<T> {
        Setting { after_commit: value.clone(), value }
    }

    pub(crate) fn set(&mut self, value: T, local: bool) {
        if !local {
            self.after_commit = value.clone();
        }
        self.value = value;
    }
}

/// The setting of a parameter that is only remembered.
pub(crate) type OtherSetting = Setting<Option<Rc<str>>>;

/// The run-time parameters that the model knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parameters {
    /// The role taken on by SET SESSION AUTHORIZATION.
    pub(crate) session_role: Setting<Option<Oid>>,
    /// The role taken on by SET ROLE.
    pub(crate) role: Setting<Option<Oid>>,
    /// `search_path`, each schema's name as given.
    pub(crate) search_path: Setting<Rc<[Rc<str>]>>,
    pub(crate) default_isolation: Setting<IsolationLevel>,
    pub(crate) default_read_only: Setting<bool>,
    pub(crate) default_deferrable: Setting<bool>,
    /// `lock_timeout` in milliseconds, 0 for none.
    pub(crate) lock_timeout: Setting<u32>,
    /// The parameters of `parameter` and customized ones that have been set, by their names in lower case; without a value
    /// the initial one holds.
    pub(crate) others: Rc<BTreeMap<Rc<str>, OtherSetting>>,
}

impl Default for Parameters {
    fn default() -> Self {
        Parameters {
            session_role: Setting::new(None),
            role: Setting::new(None),
            search_path: Setting::new(default_search_path()),
            default_isolation: Setting::new(IsolationLevel::ReadCommitted),
            default_read_only: Setting::new(false),
            default_deferrable: Setting::new(false),
            lock_timeout: Setting::new(0),
            others: Rc::default(),
        }
    }
}

/// The built-in default of `search_path`.
pub(crate) fn default_search_path() -> Rc<[Rc<str>]> {
    Rc::from([Rc::from("$user"), Rc::from("public")])
}

impl Parameters {
    /// The end of a transaction: SET LOCAL wears off.
    pub(crate) fn end_transaction(&mut self) {
        self.session_role.value = self.session_role.after_commit;
        self.role.value = self.role.after_commit;
        self.search_path.value = self.search_path.after_commit.clone();
        self.default_isolation.value = self.default_isolation.after_commit;
        self.default_read_only.value = self.default_read_only.after_commit;
        self.default_deferrable.value = self.default_deferrable.after_commit;
        self.lock_timeout.value = self.lock_timeout.after_commit;
        if self.others.values().any(|setting| setting.value != setting.after_commit) {
            for setting in Rc::make_mut(&mut self.others).values_mut() {
                setting.value = setting.after_commit.clone();
            }
        }
    }

    /// What a parameter other than the modelled ones has been set to.
    pub(crate) fn other(&self, name: &str) -> Option<&str> {
        self.others.get(name)?.value.as_deref()
    }
}

/// What another transaction has yet to decide on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// Whether there is a relation of this name in this schema.
    Relation(Oid, Rc<str>),
    /// Whether there is a schema of this name.
    Schema(Rc<str>),
    /// Whether a version of a row stays, which has the key of a new one.
    Row(StorageId, Slot),
}

/// A simple query that waits for a lock.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) statements: Vec<Statement>,
    /// The statement that waits; those before it have run.
    pub(crate) next: usize,
    /// What waits instead of a simple query.
    pub(crate) part: Option<Part>,
    /// What those have given.
    pub(crate) reply: Reply,
    /// The notices that the waiting statement has raised; it raises them again when it is resumed.
    pub(crate) notices: Vec<Message>,
}

/// What a name meant when a statement looked it up, as which the statement takes it to its end.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    pub(crate) text: Box<str>,
    pub(crate) oid: Oid,
    /// As it was then, for a prepared statement to be compared with.
    pub(crate) relation: Option<Rc<Relation>>,
}

/// A resolved search path with what it was resolved from.
#[derive(Debug, Clone)]
pub(crate) struct CachedPath {
    pub(crate) names: Rc<[Rc<str>]>,
    pub(crate) role: Oid,
    pub(crate) generation: u64,
    pub(crate) path: Rc<SearchPath>,
}

/// A prepared statement (manual, "PREPARE").
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) statement: Rc<Statement>,
    /// The types of its parameters.
    pub(crate) types: Vec<Type>,
    /// The columns of its result, which may never change.
    pub(crate) columns: Vec<(Rc<str>, Type)>,
    /// The relations that its names meant when it was analysed last, in the order of the lookups.
    pub(crate) relations: Vec<Rc<Relation>>,
    /// The search path at that time.
    pub(crate) search_path: Rc<[Rc<str>]>,
    /// How many times it has been executed.
    pub(crate) executions: u32,
}

/// A prepared statement with its values, ready to run (manual, "Extended Query").
#[derive(Debug, Clone)]
pub(crate) struct Portal {
    pub(crate) prepared: Prepared,
    /// The parameters' values; none for a statement that takes no parameters by nature.
    pub(crate) values: Option<StatementParameters>,
    /// Whether an error may be one of a plan that is kept for all values.
    pub(crate) may_share_plan: bool,
}

/// A message of the extended protocol, or a part of a simple query: what leaves the transaction around it open.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    /// Statements; more of the same query follows.
    Statements(Vec<Statement>),
    /// Parse.
    Prepare { name: Rc<str>, statement: Statement, types: Vec<u32> },
    /// Bind.
    Bind { portal: Rc<str>, statement: Rc<str>, values: Vec<Option<String>> },
    /// Execute, with the lines for a COPY.
    Execute { portal: Rc<str>, copy_data: Vec<String> },
}

/// A session's prepared statements by their names. A rollback leaves them as they are.
pub(crate) type PreparedTable = Rc<BTreeMap<Rc<str>, Prepared>>;

/// One connection.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    /// The role that it was opened as.
    pub(crate) authenticated: Oid,
    pub(crate) parameters: Rc<Parameters>,
    /// What RESET goes back to.
    pub(crate) startup: Rc<Parameters>,
    /// The number of the server process behind it, where there is one.
    pub(crate) process: Option<i32>,
    pub(crate) transaction: Transaction,
    pub(crate) caches: SequenceCaches,
    pub(crate) path: Option<CachedPath>,
    /// Whether the session has made its temporary schema, which the first temporary relation does.
    pub(crate) has_temporary_schema: bool,
    /// The newest commit whose changes of names the session has surely taken note of.
    pub(crate) names_known_until: CommitNumber,
    pub(crate) pending: Option<Pending>,
    /// What the statement at hand waits for a transaction to decide, or has done so.
    pub(crate) awaited: Option<Awaited>,
    pub(crate) prepared: PreparedTable,
    /// Portals by their names, until the transaction ends.
    pub(crate) portals: BTreeMap<Rc<str>, Portal>,
    pub(crate) progress: StatementProgress,
    /// Whether the statement at hand waits in the middle of its work: inside a sequence function, or for a key.
    pub(crate) waits_at_work: bool,
}

/// How far the statement at hand has come. One that waits for a lock begins anew when it goes on, and must come to the same
/// place by the same way.
#[derive(Debug, Clone, Default)]
pub(crate) struct StatementProgress {
    /// What came of looks at sequences and calls of their functions, which must not happen twice.
    pub(crate) journal: Vec<Value>,
    /// How much of the journal the statement has used up.
    pub(crate) position: usize,
    /// What was found under names that sequence functions were given.
    pub(crate) resolved: Vec<Resolved>,
    /// The sequences that it has found tables to own. It does not look again.
    pub(crate) owned: Vec<(Oid, Vec<Oid>)>,
    /// What it has told of objects that are dropped along: that comes before it waits for what they belong to.
    pub(crate) cascades: Vec<Message>,
    /// Whether it waits for the sequence that lastval tells of, which it has seen.
    pub(crate) awaits_last: bool,
    /// Where it had put rows before it came to wait, in its order: they go there again, whatever others have stored since.
    pub(crate) reserved: Vec<(StorageId, Slot)>,
    /// Whether it has waited in the middle of its work, before which it has shown that it may do it.
    pub(crate) is_allowed: bool,
    /// The newest commit that the statement sees, once it has waited in the middle of its work.
    pub(crate) snapshot: Option<CommitNumber>,
}

impl Session {
    /// Whether its waits for locks end after a time.
    pub(crate) fn has_lock_timeout(&self) -> bool {
        self.parameters.lock_timeout.value != 0
    }

    /// The role that the session acts for when it has taken on no other.
    pub(crate) fn user(&self) -> Oid {
        self.parameters.session_role.value.unwrap_or(self.authenticated)
    }

    pub(crate) fn new(id: SessionId, authenticated: Oid) -> Session {
        Session {
            id,
            authenticated,
            parameters: Rc::new(Parameters::default()),
            startup: Rc::new(Parameters::default()),
            process: None,
            transaction: Transaction::new(),
            caches: SequenceCaches::default(),
            path: None,
            has_temporary_schema: false,
            names_known_until: 0,
            pending: None,
            awaited: None,
            prepared: PreparedTable::default(),
            portals: BTreeMap::new(),
            progress: StatementProgress::default(),
            waits_at_work: false,
        }
    }
}
