//! Generated traces: plans first, then steps that are drawn while the engine tells what is alive.
//!
//! A plan decides which kinds of statement a trace draws on and how often (swarm testing: a trace without savepoints
//! has more room for caches), so that rare combinations come up as a matter of course. Every trace is legal: what fails
//! fails with an error that the engine predicts.

mod alter_table;
mod beginning;
mod catalog;
mod change;
mod constraint;
mod dialect;
mod event;
mod exhaustive;
mod look;
mod parameter;
mod plan;
mod prepared;
mod procedural;
mod query;
mod role;
mod schema;
mod sequence;
mod table;
mod transaction;
mod value;
mod view;
mod waiting;

use seqcheck_engine::statement::Transaction;
use seqcheck_engine::{
    Cluster, Dialect, Progress, SequenceSummary, SessionId, Settings, Statement, TableSummary, TransactionStatus,
};

use crate::choice::Choice;
pub use exhaustive::Exhaustive;
pub use plan::{Family, Plan};

/// One generated step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedStep {
    /// The session that acts, counted from 0; events of the whole server ignore it.
    pub session: usize,
    /// What it does.
    pub action: GeneratedAction,
}

/// What a generated step does. A session that is not open is opened by its next query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GeneratedAction {
    /// A simple query of these statements, at least one.
    Query(Vec<Statement>),
    /// Opens the session anew, closing it first when it is open.
    Connect,
    /// Closes the session.
    Disconnect,
    /// Cancels the statement for which the session waits.
    Cancel,
    /// Runs a checkpoint.
    Checkpoint,
    /// Ends the server without warning, and starts it again.
    Crash,
    /// Stops the server in an orderly way, and starts it again.
    Restart,
}

/// What generated traces may do to the server as a whole, beside what their sessions do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerEvents {
    /// Nothing: the server is shared.
    None,
    /// Checkpoints, in few traces.
    Checkpoints,
    /// Crashes, restarts and checkpoints, in each trace.
    Crashes,
}

/// How often a step that would wait, or that the model does not support, is replaced by another draw.
const REDRAWS: usize = 8;

/// Draws one trace.
///
/// `settings` says which PostgreSQL the trace is for, since some statements exist only in newer majors and because the
/// engine is asked which sequences there are. `events` says what may happen to the server.
pub fn generate(choice: &mut dyn Choice, settings: &Settings, events: ServerEvents) -> Vec<GeneratedStep> {
    let plan = Plan::draw(choice, events).within(settings.dialect);
    Generator::new(choice, settings, &plan).run()
}

/// A trace in the making.
struct Generator<'c> {
    choice: &'c mut dyn Choice,
    plan: &'c Plan,
    dialect: Dialect,
    cluster: Cluster,
    sessions: Vec<SessionId>,
    /// The session that draws, and what it sees.
    current: usize,
    visible: Vec<SequenceSummary>,
    tables: Vec<TableSummary>,
    /// The places among these of the sequence and the table that the trace is about at the moment.
    focus: usize,
    table_focus: usize,
    /// Whether a session has made a savepoint that it may go back to.
    savepoints: Vec<bool>,
    /// What a session has come to wait for last: another may ask for the same.
    awaited: Option<Statement>,
    /// Whether the last step has changed what looks would show.
    has_changed: bool,
    steps: Vec<GeneratedStep>,
}

impl<'c> Generator<'c> {
    fn new(choice: &'c mut dyn Choice, settings: &Settings, plan: &'c Plan) -> Self {
        let mut cluster = Cluster::new(settings.clone());
        let sessions: Vec<SessionId> = (0..plan.sessions).map(|_| cluster.connect()).collect();
        Generator {
            choice,
            plan,
            dialect: settings.dialect,
            cluster,
            savepoints: vec![false; sessions.len()],
            awaited: None,
            sessions,
            current: 0,
            visible: Vec::new(),
            tables: Vec::new(),
            focus: 0,
            table_focus: 0,
            has_changed: false,
            steps: Vec::new(),
        }
    }

    fn run(mut self) -> Vec<GeneratedStep> {
        self.begin();
        let end = self.steps.len() + self.plan.length;
        while self.steps.len() < end {
            let (times, of) = if self.plan.waits { (3, 5) } else { (1, 3) };
            if self.choice.chance(times, of) {
                self.current = self.choice.index(self.sessions.len());
            }
            if self.plan.waits && !self.prepare_for_waits() {
                break;
            }
            let action = match self.event() {
                Some(event) => event,
                None => match self.query() {
                    Some(statements) => GeneratedAction::Query(statements),
                    None => break,
                },
            };
            self.steps.push(GeneratedStep { session: self.current, action });
        }
        self.end_waits();
        if self.plan.crashes {
            // What has happened since the last crash is to be seen, too.
            let last = if self.cluster.crash().is_empty() { GeneratedAction::Restart } else { GeneratedAction::Crash };
            self.follow(&last);
            self.steps.push(GeneratedStep { session: self.current, action: last });
        }
        self.last_looks();
        self.steps
    }

    /// Notes what the current session sees.
    fn look_around(&mut self) {
        let session = self.sessions[self.current];
        self.visible = self.cluster.sequences(session);
        self.tables = self.cluster.tables(session);
        if self.has_changed {
            // What has changed comes last.
            self.focus = self.visible.len().saturating_sub(1);
            self.table_focus = self.tables.len().saturating_sub(1);
        }
    }

    /// Draws a query that the engine runs to its end, or in a trace about waiting one that waits.
    fn query(&mut self) -> Option<Vec<Statement>> {
        for _ in 0..REDRAWS {
            if self.plan.waits && !self.prepare_for_waits() {
                return None;
            }
            self.look_around();
            let count = if self.choice.chance(1, 40) { 2 + self.choice.index(2) } else { 1 };
            let mut statements: Vec<Statement> = (0..count).filter_map(|_| self.statement_of_dialect()).collect();
            if statements.is_empty() {
                continue;
            }
            self.move_towards_waits(&mut statements);
            leave_data_to_first_copy(&mut statements);
            let before = self.others_matter().then(|| self.cluster.clone());
            let outcome = self.cluster.step(self.sessions[self.current], &statements);
            match outcome.progress {
                _ if outcome.lost.is_some() && !self.follows_orders() => self.cluster = before?,
                Progress::Done(_) => {
                    self.has_changed = statements.iter().any(is_change);
                    return Some(statements);
                }
                Progress::Unsupported(_) => {}
                Progress::Waits { .. } if self.plan.waits && self.accepts_wait() => {
                    self.awaited = statements.last().cloned();
                    return Some(statements);
                }
                Progress::Waits { .. } => {
                    self.cluster = before?;
                    self.current = self.choice.index(self.sessions.len());
                }
            }
        }
        None
    }

    /// Whether the last step, of which the engine has lost track, is one that lockstep follows in every order. The trace
    /// goes on as if the likeliest had been it.
    fn follows_orders(&mut self) -> bool {
        !self.cluster.other_orders().is_empty()
    }

    /// Whether a step may have to wait for, or wake, others.
    fn others_matter(&self) -> bool {
        let has_prepared = self.cluster.prepared_transactions().next().is_some();
        has_prepared
            || self.sessions.iter().enumerate().any(|(index, session)| {
                let is_idle = self.cluster.transaction_status(*session) == TransactionStatus::Idle;
                index != self.current && (!is_idle || self.cluster.is_waiting(*session))
            })
    }

    /// A statement that the dialect has, if one is drawn soon enough.
    fn statement_of_dialect(&mut self) -> Option<Statement> {
        (0..REDRAWS).find_map(|_| {
            let statement = self.statement();
            self.within_dialect(statement)
        })
    }

    fn statement(&mut self) -> Statement {
        let status = self.cluster.transaction_status(self.sessions[self.current]);
        if status == TransactionStatus::Failed && self.choice.chance(2, 3) {
            return self.way_out();
        }
        if self.visible.is_empty() && self.choice.chance(1, 2) {
            return self.create_sequence();
        }
        self.savepoints[self.current] &= status != TransactionStatus::Idle;
        if self.savepoints[self.current] && self.choice.chance(1, if self.has_changed { 3 } else { 6 }) {
            self.savepoints[self.current] = self.choice.chance(1, 2);
            return Statement::Transaction(Transaction::RollbackTo(self.savepoint_name()));
        }
        // Most faults leave a wrong state behind, which is to be seen before something else hides it.
        if self.choice.chance(1, if self.has_changed { 2 } else { 6 })
            && let Some(look) = self.quick_look()
        {
            return look;
        }
        match self.plan.family(self.choice) {
            Family::Create => self.create_sequence(),
            Family::Alter => self.alter_sequence(),
            Family::Drop => self.drop_sequence(),
            Family::Move => self.move_relation(),
            Family::Call => self.sequence_call(),
            Family::Inspect => self.inspect(),
            Family::Transaction => self.transaction(status),
            Family::Discard => self.discard(),
            Family::Schema => self.schema(),
            Family::Table => self.table(),
            Family::Role => self.role(),
            Family::View => self.view(),
            Family::Prepared => self.prepared(),
        }
    }
}

/// Whether a statement may change what another shows, calls of functions and changes of rows aside.
fn is_change(statement: &Statement) -> bool {
    match statement {
        Statement::Query(_) | Statement::Show(_) | Statement::Insert(_) | Statement::Update(_) | Statement::Copy(_) => {
            false
        }
        Statement::Transaction(transaction) => matches!(
            transaction,
            Transaction::Commit { .. }
                | Transaction::Rollback { .. }
                | Transaction::RollbackTo(_)
                | Transaction::CommitPrepared(_)
                | Transaction::RollbackPrepared(_)
        ),
        _ => true,
    }
}

/// The lines that come with a query belong to its first COPY.
fn leave_data_to_first_copy(statements: &mut [Statement]) {
    let copies = statements.iter_mut().filter_map(|statement| match statement {
        Statement::Copy(copy) => Some(copy),
        _ => None,
    });
    copies.skip(1).for_each(|copy| copy.data.clear());
}
