//! Running statements: one file for each statement family.

mod alter_sequence;
mod block;
mod catalog;
mod comment;
mod common_table;
mod create_sequence;
mod data_type;
mod default_privilege;
mod drop;
mod function;
mod grant;
mod interrupted;
mod locking;
mod maintenance;
mod names;
mod owner;
mod parameter;
mod part;
mod portal;
mod prepared;
mod privilege;
mod procedural;
mod query;
mod read;
mod recovery;
mod relation;
mod role;
mod row_lock;
mod schema;
mod setting;
mod table;
mod transaction;
mod transaction_mode;
mod two_phase;
mod view;

pub(crate) use names::{MissingSchema, no_relation, no_schema};
pub(crate) use parameter::milliseconds;
pub(crate) use portal::result_columns;
pub(crate) use prepared::{Extent, StatementParameters};
pub(crate) use table::{no_column, scope_table};

use std::borrow::Cow;
use std::rc::Rc;

use crate::catalog::{CommitNumber, Oid, Privileges, Relation, StorageId, TableRow, View};
use crate::clause::{Clause, ClauseSet};
use crate::cluster::{Progress, Shared};
use crate::dialect::{Dialect, aurora_dsql};
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::lock::Target;
use crate::query::{KnownTable, Type, Value};
use crate::quirk::Quirk;
use crate::reply::{Message, Reply, Rows, StatementResult};
use crate::session::{Pending, Session};
use crate::statement::{Expression, FromItem, Maintenance, Query, SelectItem, Statement};
use crate::transaction::Block;
use common_table::{Changing, Touched};
use procedural::Variable;

/// One session's hands on the cluster while it runs a query.
pub(crate) struct Execution<'a> {
    pub(crate) shared: &'a mut Shared,
    pub(crate) session: &'a mut Session,
    pub(crate) clauses: &'a mut ClauseSet,
    reply: Reply,
    /// Whether the query has been refused a lock because of a deadlock.
    pub(crate) found_deadlock: bool,
    /// The notices of a statement that has to wait.
    interrupted_notices: Vec<Message>,
    /// What the query under way needs, as far as it has been analysed.
    pub(crate) needed: Vec<(Oid, Privileges)>,
    /// What sequence functions have given in the statement under way, for the quirks that compute it once.
    computed: Vec<(Oid, i64)>,
    /// The row that a query is computing, kept between rows for its memory.
    pub(crate) buffer: Vec<Value>,
    /// The values of subqueries that are computed once, as far as they have been needed.
    pub(crate) initial: Vec<Option<Value>>,
    /// How far queries are carried.
    pub(crate) extent: Extent,
    /// The parameters of the statement at hand.
    pub(crate) parameters: Option<StatementParameters>,
    /// The relations found by their names, while somebody wants to know.
    lookups: Option<Vec<Rc<Relation>>>,
    /// The tables that WITH has defined, the innermost last.
    pub(crate) known_tables: Vec<KnownTable>,
    /// The names that WITH has not defined yet, the next one last.
    pub(crate) coming_tables: Vec<Rc<str>>,
    /// The statements in WITH that change rows.
    changing: Vec<Changing>,
    /// The rows that RETURNING gives, while a statement in WITH runs.
    returned: Option<Vec<Vec<Value>>>,
    /// The sequences whose state the statement has read or changed so far.
    touched: Touched,
    /// The columns of the result of a query that was only analysed.
    described: Vec<(Rc<str>, Type)>,
    /// The rows of tables whose rows are being changed, as they were before.
    unchanged: Vec<(StorageId, Vec<TableRow>)>,
    /// Whether the query that is being analysed belongs to a utility statement.
    is_utility: bool,
    /// Whether what the statement at hand will see is settled, whatever it still waits for.
    has_sight: bool,
    /// Whether the statement locks rows of a table whose changes are logged.
    locks_logged_rows: bool,
    /// What its table holds of the row whose next key has to be waited for: the keys before that one.
    half_stored: Vec<(StorageId, TableRow)>,
    /// How many of the queries that are running, each inside the next, want only their first rows.
    pub(crate) limits: usize,
    /// How many rows of a table the statement has put there before it looked for a key of theirs.
    unkeyed: Option<(StorageId, usize)>,
    /// How often the statement has told of objects that are dropped along.
    cascades: usize,
    /// The variables of PL/pgSQL that are known, the innermost last.
    variables: Vec<Variable>,
    /// How many statements a block of PL/pgSQL has run.
    statements_run: usize,
    /// Whether a block of PL/pgSQL runs.
    is_in_block: bool,
    /// How many rounds its loops have begun.
    rounds: usize,
    /// How many relations its loops are reading.
    relations_in_use: usize,
    /// Whether the statement at hand holds variables.
    pub(crate) uses_variables: bool,
    /// How many rows the last statement of a block has had to do with; nothing when the model does not say.
    row_count: Option<u64>,
    /// The error that a handler of PL/pgSQL is at.
    handled: Option<Box<Message>>,
}

impl<'a> Execution<'a> {
    pub(crate) fn new(shared: &'a mut Shared, session: &'a mut Session, clauses: &'a mut ClauseSet) -> Self {
        Execution {
            shared,
            session,
            clauses,
            reply: Reply::default(),
            found_deadlock: false,
            interrupted_notices: Vec::new(),
            needed: Vec::new(),
            computed: Vec::new(),
            buffer: Vec::new(),
            initial: Vec::new(),
            extent: Extent::Run,
            parameters: None,
            lookups: None,
            known_tables: Vec::new(),
            coming_tables: Vec::new(),
            changing: Vec::new(),
            returned: None,
            touched: Touched::default(),
            described: Vec::new(),
            unchanged: Vec::new(),
            is_utility: false,
            has_sight: false,
            locks_logged_rows: false,
            half_stored: Vec::new(),
            limits: 0,
            unkeyed: None,
            cascades: 0,
            variables: Vec::new(),
            statements_run: 0,
            is_in_block: false,
            rounds: 0,
            relations_in_use: 0,
            uses_variables: false,
            row_count: None,
            handled: None,
        }
    }

    /// Runs a simple query from its first statement.
    pub(crate) fn simple_query(&mut self, statements: &[Statement]) -> Progress {
        for statement in statements {
            match self.read_statement(statement) {
                Err(Stop::Error(message)) => return self.fail_before_execution(*message),
                Err(Stop::Unsupported(reason)) => return Progress::Unsupported(reason),
                Err(Stop::Waits(_)) | Ok(()) => {}
            }
        }
        if !statements.iter().any(finds_out_late) && statements.len() < 2 {
            return self.run_from(statements, 0);
        }
        // That a statement is outside the model may come out after it, or others, have had effects that no rollback
        // takes back; the query as a whole must not leave any.
        let before = (self.shared.clone(), self.session.clone());
        let progress = self.run_from(statements, 0);
        if matches!(progress, Progress::Unsupported(_)) {
            (*self.shared, *self.session) = before;
        }
        progress
    }

    /// Goes on with a query that waited for a lock.
    pub(crate) fn resume(&mut self, pending: Pending) -> Progress {
        self.session.progress.position = 0;
        // With the lock that it has waited for, a session takes note of what others have changed.
        self.session.names_known_until = self.shared.commits;
        self.shared.locks.stop_waiting(self.session.id);
        self.reply = pending.reply;
        match pending.part {
            Some(part) => self.run_part(part),
            None => self.run_from(&pending.statements, pending.next),
        }
    }

    fn run_from(&mut self, statements: &[Statement], first: usize) -> Progress {
        for (index, statement) in statements.iter().enumerate().skip(first) {
            if index > first && self.has_let_others_go_on(&statements[index - 1]) {
                let reason = "a statement beside sessions that an earlier one of the same query has let go on";
                return Progress::Unsupported(reason.to_owned());
            }
            match self.run_statement(statement, index, statements.len()) {
                Ok(()) => {}
                Err(Stop::Error(message)) => {
                    self.reply.error = Some(*message);
                    break;
                }
                Err(Stop::Unsupported(reason)) => return Progress::Unsupported(reason),
                Err(Stop::Waits(blockers)) => {
                    self.session.pending = Some(Pending {
                        statements: statements.to_vec(),
                        next: index,
                        part: None,
                        reply: std::mem::take(&mut self.reply),
                        notices: std::mem::take(&mut self.interrupted_notices),
                    });
                    return Progress::Waits { blockers };
                }
            }
        }
        Progress::Done(std::mem::take(&mut self.reply))
    }

    /// Whether sessions go on already, although the query at hand is not over: `previous` was its last statement so far.
    fn has_let_others_go_on(&self, previous: &Statement) -> bool {
        let own = Target::Transaction(self.session.id);
        let locks = &self.shared.locks;
        // With AND CHAIN, and with savepoints, another one is in progress already.
        let is_over = is_exit(previous) || !self.session.transaction.in_progress();
        !locks.granted().is_empty()
            || is_over && locks.waiting_for_transactions().iter().any(|other| other.target == own)
    }

    /// Runs one of `count` statements of a simple query, with the transaction around it.
    fn run_statement(&mut self, statement: &Statement, index: usize, count: usize) -> Result<()> {
        let result = self.in_transaction(is_exit(statement), count > 1, |execution| execution.execute(statement))?;
        self.reply.results.push(result);
        match self.session.transaction.block {
            Block::None => self.commit_transaction(),
            Block::Implicit if index + 1 == count => {
                self.reach(Clause::ImplicitTransaction);
                self.commit_transaction();
            }
            _ => {}
        }
        Ok(())
    }

    /// Does a piece of work inside the transaction, which begins when there is none, and undoes it when it stops before
    /// its end. `implicit` tells that more belongs to the transaction, although nobody has said BEGIN.
    fn in_transaction<T>(
        &mut self,
        is_exit: bool,
        implicit: bool,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        if self.session.transaction.block == Block::Failed && !is_exit && !self.deviates(Quirk::FailedTransactionGoesOn)
        {
            self.reach(Clause::Aborted);
            return Err(error(
                sqlstate::IN_FAILED_SQL_TRANSACTION,
                "current transaction is aborted, commands ignored until end of transaction block",
            ));
        }
        let began = !self.session.transaction.in_progress();
        if began {
            self.begin_transaction();
        }
        if implicit && self.session.transaction.block == Block::None {
            self.session.transaction.block = Block::Implicit;
        }
        self.begin_statement();
        let mark = self.statement_mark();
        let notices = self.reply.notices.len();
        match work(self) {
            Ok(result) => {
                self.forget_progress();
                self.session.awaited = None;
                Ok(result)
            }
            Err(Stop::Error(message)) => {
                self.abort_statement();
                Err(Stop::Error(message))
            }
            Err(Stop::Waits(blockers)) => {
                match self.session.waits_at_work {
                    true => self.session.progress.is_allowed = true,
                    false => self.session.progress.resolved.clear(),
                }
                if self.session.waits_at_work || self.has_sight {
                    self.keep_sight();
                }
                self.interrupted_notices = self.reply.notices.split_off(notices);
                self.set_aside(&mark);
                Err(Stop::Waits(blockers))
            }
            Err(Stop::Unsupported(reason)) => {
                self.forget_progress();
                self.undo_statement(&mark);
                if !mark.has_snapshot {
                    self.give_back_snapshot();
                }
                self.shared.locks.truncate(mark.locks);
                self.shared.locks.stop_waiting(self.session.id);
                if began {
                    self.rollback_transaction();
                }
                Err(Stop::Unsupported(reason))
            }
        }
    }

    /// Forgets what the statement before has come to.
    fn begin_statement(&mut self) {
        self.session.waits_at_work = false;
        self.has_sight = false;
        self.locks_logged_rows = false;
        self.half_stored.clear();
        self.unkeyed = None;
        self.cascades = 0;
        self.needed.clear();
        self.computed.clear();
    }

    /// Fails a query that the parser refused.
    pub(crate) fn fail_before_execution(&mut self, message: Message) -> Progress {
        // Outside a block PostgreSQL has no transaction to abort yet; inside one a syntax error aborts it.
        if self.session.transaction.in_progress() {
            self.abort_after_error();
        }
        self.reply.error = Some(message);
        Progress::Done(std::mem::take(&mut self.reply))
    }

    fn execute(&mut self, statement: &Statement) -> Result<StatementResult> {
        self.check_own_role()?;
        self.check_dialect(statement)?;
        self.check_recovery(statement)?;
        match statement {
            Statement::Transaction(statement) => self.transaction_statement(statement),
            Statement::SetParameter(statement) => self.set_parameter(statement),
            Statement::Show(name) => self.show(name),
            Statement::Query(query) => self.query(query),
            // Who locks first sees what is committed by then, even in a transaction that keeps its snapshot.
            Statement::Lock(statement) => self.lock_tables(statement),
            Statement::Maintenance(statement @ Maintenance::Checkpoint) => self.maintenance(statement),
            other => {
                self.take_snapshot();
                match other {
                    Statement::CreateSequence(statement) => self.create_sequence(statement),
                    Statement::AlterSequence(statement) => self.alter_sequence(statement),
                    Statement::AlterRelation(statement) => self.alter_relation(statement),
                    Statement::DropRelation(statement) => self.drop_relations(statement),
                    Statement::Comment(statement) => self.comment(statement),
                    Statement::CreateSchema(statement) => self.create_schema(statement),
                    Statement::AlterSchema(statement) => self.alter_schema(statement),
                    Statement::DropSchema(statement) => self.drop_schemas(statement),
                    Statement::CreateEnumeration(statement) => self.create_enumeration(statement),
                    Statement::AlterType(statement) => self.alter_type(statement),
                    Statement::DropType(statement) => self.drop_types(statement),
                    Statement::CreateTable(statement) => self.create_table(statement),
                    Statement::CreateTableAs(statement) => self.create_table_as(statement),
                    Statement::With(statement) => self.with_statement(statement),
                    Statement::AlterTable(statement) => self.alter_table(statement),
                    Statement::RenameColumn(statement) => self.rename_column(statement),
                    Statement::RenameConstraint(statement) => self.rename_constraint(statement),
                    Statement::CreateView(statement) => self.create_view(statement),
                    Statement::CreateIndex(statement) => self.create_index(statement),
                    Statement::CreateRole(statement) => self.create_role(statement),
                    Statement::DropRole(statement) => self.drop_roles(statement),
                    Statement::Grant(statement) => self.grant(statement),
                    Statement::GrantRole(statement) => self.grant_role(statement),
                    Statement::DefaultPrivileges(statement) => self.alter_default_privileges(statement),
                    Statement::ReassignOwned(statement) => self.reassign_owned(statement),
                    Statement::DropOwned(statement) => self.drop_owned(statement),
                    Statement::Insert(statement) => self.insert(statement),
                    Statement::Update(statement) => self.update(statement),
                    Statement::Delete(statement) => self.delete(statement),
                    Statement::Truncate(statement) => self.truncate(statement),
                    Statement::Copy(statement) => self.copy(statement),
                    Statement::Discard(target) => self.discard(*target),
                    Statement::Prepare(statement) => self.prepare(statement),
                    Statement::Execute(statement) => self.execute_prepared(statement),
                    Statement::Explain(statement) => self.explain(statement),
                    Statement::Deallocate(statement) => self.deallocate(statement),
                    Statement::Maintenance(statement) => self.maintenance(statement),
                    Statement::Do(statement) => self.anonymous_block(statement),
                    Statement::Transaction(_)
                    | Statement::SetParameter(_)
                    | Statement::Show(_)
                    | Statement::Lock(_)
                    | Statement::Query(_) => unreachable!("matched above"),
                }
            }
        }
    }

    /// Keeps to what the dialect has of PostgreSQL's statements.
    fn check_dialect(&mut self, statement: &Statement) -> Result<()> {
        if self.shared.settings.dialect != Dialect::AuroraDsql {
            return Ok(());
        }
        aurora_dsql::check(statement, self.clauses)?;
        let is_alone = self.session.transaction.block == Block::None && !self.shared.others_in_blocks;
        // It takes one of them in a transaction, and lets it clash with transactions that run beside it (guide, "DDL and
        // distributed transactions").
        match statement.is_definition() && !is_alone {
            true => Err(unsupported("a change of definition in or beside a transaction block of Aurora DSQL")),
            false => Ok(()),
        }
    }

    /// Whether this fault is planted.
    pub(crate) fn deviates(&self, quirk: Quirk) -> bool {
        self.shared.settings.quirks.contains(quirk)
    }

    /// Notes that the step exercised a clause.
    pub(crate) fn reach(&mut self, clause: Clause) {
        self.clauses.insert(clause);
    }

    /// Sends a notice or warning, unless `client_min_messages` keeps it from the client.
    pub(crate) fn notice(&mut self, message: Message) {
        let level = self.session.parameters.other("client_min_messages");
        let is_kept_back = crate::parameter::suppresses(level.unwrap_or("notice"), message.severity);
        if !is_kept_back {
            self.reply.notices.push(message);
        }
    }

    /// What the session sees of the catalog: always the newest commits, as PostgreSQL's catalog snapshots do.
    pub(crate) fn catalog_view(&self) -> View {
        View { session: self.session.id, until: CommitNumber::MAX }
    }

    /// What the session's queries see: the transaction's snapshot under REPEATABLE READ and SERIALIZABLE, what a statement
    /// saw before it waited in the middle of its work, and the newest commits otherwise.
    pub(crate) fn query_view(&self) -> View {
        let snapshot = self.session.transaction.snapshot.or(self.session.progress.snapshot);
        View { session: self.session.id, until: snapshot.unwrap_or(CommitNumber::MAX) }
    }

    /// Refuses a command in a read-only transaction.
    pub(crate) fn prevent_if_read_only(&mut self, command: &str) -> Result<()> {
        if !self.session.transaction.characteristics.read_only {
            return Ok(());
        }
        self.reach(if self.shared.in_recovery { Clause::StandbyRefuses } else { Clause::ReadOnly });
        Err(error(sqlstate::READ_ONLY_SQL_TRANSACTION, format!("cannot execute {command} in a read-only transaction")))
    }
}

/// The statements that an aborted transaction still takes.
fn is_exit(statement: &Statement) -> bool {
    use crate::statement::Transaction::{Commit, Prepare, Rollback, RollbackTo};
    matches!(statement, Statement::Transaction(Commit { .. } | Rollback { .. } | RollbackTo(_) | Prepare(_)))
}

/// Whether a query reads columns of at most one relation, or calls at most one function, once, with constants: the bulk
/// of all steps, for which no copy of the state is worth its time. A second call may be outside the model after the
/// first has advanced a sequence.
fn is_plain(query: &Query) -> bool {
    let Query::Select(select) = query else { return false };
    let is_constant = |argument: &Expression| match argument {
        Expression::Literal(_) => true,
        Expression::Unary(_, operand) => matches!(**operand, Expression::Literal(_)),
        _ => false,
    };
    let is_plain_item = |item: &SelectItem| match &item.expression {
        Expression::Column(_) | Expression::Wildcard(_) | Expression::Literal(_) => true,
        Expression::Call(call) => !call.distinct && call.order_by.is_empty() && call.arguments.iter().all(is_constant),
        _ => false,
    };
    let calls = select.items.iter().filter(|item| matches!(item.expression, Expression::Call(_))).count();
    calls + select.from.len() <= 1
        && select.from.iter().all(|item| !matches!(item, FromItem::Subquery { .. } | FromItem::Join { .. }))
        && select.filter.is_none()
        && select.items.iter().all(is_plain_item)
}

/// The statements that may turn out to be outside the model after they have called sequence functions.
fn finds_out_late(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Insert(_)
            | Statement::Update(_)
            | Statement::Delete(_)
            | Statement::Copy(_)
            | Statement::AlterTable(_)
            | Statement::CreateTable(_)
            | Statement::CreateTableAs(_)
            | Statement::With(_)
            | Statement::Execute(_)
            | Statement::Explain(_)
            | Statement::Do(_)
    ) || matches!(statement, Statement::Query(query) if !is_plain(query))
}

/// The result of a statement that returns no rows.
fn done(tag: impl Into<Cow<'static, str>>) -> Result<StatementResult> {
    Ok(StatementResult { rows: None, tag: tag.into() })
}

/// The result of a statement that returns rows.
fn rows(rows: Rows, tag: impl Into<Cow<'static, str>>) -> Result<StatementResult> {
    Ok(StatementResult { rows: Some(rows), tag: tag.into() })
}

/// A string shared by catalog entries.
fn shared_str(text: &str) -> Rc<str> {
    Rc::from(text)
}
