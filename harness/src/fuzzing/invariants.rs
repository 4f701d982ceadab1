//! What holds of the engine whatever it is asked.

use std::collections::{BTreeMap, BTreeSet};

use seqcheck_engine::statement::{
    CreateSequence, Expression, Literal, Persistence, Query, Select, SelectItem, SequenceOption, Transaction,
};
use seqcheck_engine::{
    Cell, Cluster, Major, Message, Outcome, Progress, Reply, SequenceSummary, SessionId, Settings, Statement,
    TransactionStatus,
};

use super::read;
use super::text::render_and_parse;
use crate::lockstep::{Action, Connected, Reference, predict};

/// Runs a trace on the engine and watches: it never panics; last values, starts and caches keep to their bounds;
/// `nextval` gives each value once unless something but `nextval` touches the sequence, within the bounds and on the
/// stride; a failed statement and a rollback leave all definitions as they were; and statements keep to the law that their
/// text parses to them.
///
/// # Panics
///
/// When one of these does not hold.
pub fn engine_invariants(input: &[u8]) {
    let Some((_, prepared)) = read(input) else { return };
    for step in &prepared.steps {
        if let Action::Query { statements: Ok(statements), .. } = &step.action {
            statements.iter().for_each(render_and_parse);
        }
    }
    for major in [Major::OLDEST, Major::NEWEST] {
        predict(&prepared.steps, &mut Watched::new(crate::sql::settings(major)));
    }
}

/// The engine under watch.
struct Watched {
    cluster: Cluster,
    /// The sequences that only `nextval` has touched since their creation, with the values that each has given.
    untouched: BTreeMap<String, BTreeSet<i64>>,
    /// Whether a name may mean different sequences to different sessions.
    names_vary: bool,
    /// The definitions at the beginning of each session's transaction; gone once another session has acted.
    at_begin: BTreeMap<SessionId, Vec<SequenceSummary>>,
}

impl Watched {
    fn new(settings: Settings) -> Watched {
        Watched {
            cluster: Cluster::new(settings),
            untouched: BTreeMap::new(),
            names_vary: false,
            at_begin: BTreeMap::new(),
        }
    }

    /// The definitions that a session sees, without the values, which no rollback undoes.
    fn definitions(&self, session: SessionId) -> Vec<SequenceSummary> {
        let plain = |sequence| SequenceSummary { last_value: 0, is_called: false, ..sequence };
        self.cluster.sequences(session).into_iter().map(plain).collect()
    }

    fn check_bounds(&self, session: SessionId) {
        for sequence in self.cluster.sequences(session) {
            let SequenceSummary { minimum, maximum, start, increment, cache, last_value, .. } = sequence;
            assert!(minimum < maximum, "{sequence:?}");
            assert!((minimum..=maximum).contains(&last_value), "the last value is out of bounds: {sequence:?}");
            assert!((minimum..=maximum).contains(&start), "the start is out of bounds: {sequence:?}");
            assert!(increment != 0 && cache >= 1, "{sequence:?}");
        }
    }

    /// A rollback, and a failed statement of its own transaction, leave the definitions as they were.
    fn check_undone(&mut self, session: SessionId, statement: &Statement, reply: &Reply, before: &Before) {
        let status = self.cluster.transaction_status(session);
        if reply.error.is_some() && before.status == TransactionStatus::Idle && status == TransactionStatus::Idle {
            assert_eq!(self.definitions(session), before.definitions, "{statement:?} failed but changed something");
        }
        match statement {
            Statement::Transaction(Transaction::Begin(_) | Transaction::Start(_))
                if before.status == TransactionStatus::Idle && status == TransactionStatus::InTransaction =>
            {
                self.at_begin.insert(session, before.definitions.clone());
            }
            Statement::Transaction(Transaction::Rollback { .. }) => {
                if let Some(at_begin) = self.at_begin.remove(&session) {
                    assert_eq!(self.definitions(session), at_begin, "the rollback left something");
                }
            }
            _ if status == TransactionStatus::Idle => drop(self.at_begin.remove(&session)),
            _ => {}
        }
    }

    /// Values come once, within the bounds and on the stride.
    fn check_values(&mut self, session: SessionId, statements: &[Statement], reply: &Reply) {
        self.names_vary |= statements.iter().any(makes_names_vary);
        if self.names_vary {
            self.untouched.clear();
            return;
        }
        for (statement, result) in statements.iter().zip(&reply.results) {
            match statement {
                Statement::CreateSequence(create) if is_plain(create) => {
                    self.untouched.insert(create.name.parts[0].name().to_owned(), BTreeSet::new());
                }
                _ if !leaves_values(statement) => self.untouched.clear(),
                _ => {}
            }
            let (Some(name), Some(rows)) = (plain_call(statement, "nextval"), &result.rows) else { continue };
            if let (Some(Cell::Integer(value)), true) = (rows.cells.first(), self.untouched.contains_key(name)) {
                self.check_value(session, name, *value);
            }
        }
        if statements.len() > reply.results.len() {
            // The statement that failed may have called nextval before.
            let is_plain =
                statements.get(reply.results.len()).is_some_and(|failed| plain_call(failed, "nextval").is_some());
            if !is_plain {
                self.untouched.clear();
            }
        }
    }

    fn check_value(&mut self, session: SessionId, name: &str, value: i64) {
        let Some(sequence) = self.cluster.sequences(session).into_iter().find(|one| &*one.name == name) else { return };
        let Some(given) = self.untouched.get_mut(name) else { return };
        assert!((sequence.minimum..=sequence.maximum).contains(&value), "{value} is out of bounds: {sequence:?}");
        if sequence.cycle {
            return;
        }
        let distance = i128::from(value) - i128::from(sequence.start);
        assert_eq!(distance % i128::from(sequence.increment), 0, "{value} is off the stride: {sequence:?}");
        assert!(given.insert(value), "{value} is given twice: {sequence:?}");
    }
}

/// What was before a step.
struct Before {
    status: TransactionStatus,
    definitions: Vec<SequenceSummary>,
}

impl Reference for Watched {
    fn connect(&mut self, role: Option<&str>) -> Connected {
        Reference::connect(&mut self.cluster, role)
    }

    fn disconnect(&mut self, session: SessionId) -> Outcome {
        self.at_begin.clear();
        self.cluster.disconnect(session)
    }

    fn step(&mut self, session: SessionId, statements: &[Statement]) -> Outcome {
        let before =
            Before { status: self.cluster.transaction_status(session), definitions: self.definitions(session) };
        // What others do may show after a rollback.
        self.at_begin.retain(|other, _| *other == session);
        let outcome = self.cluster.step(session, statements);
        match &outcome.progress {
            Progress::Done(reply) => {
                self.check_bounds(session);
                match statements {
                    [statement] if outcome.woken.is_empty() => {
                        self.check_undone(session, statement, reply, &before);
                    }
                    _ => self.at_begin.clear(),
                }
                self.check_values(session, statements, reply);
            }
            Progress::Waits { .. } => {
                self.at_begin.clear();
                self.untouched.clear();
            }
            Progress::Unsupported(_) => {
                assert_eq!(self.definitions(session), before.definitions, "an unsupported statement was run");
            }
        }
        outcome
    }

    fn fail(&mut self, session: SessionId, message: Message) -> Outcome {
        self.cluster.fail(session, message)
    }

    fn cancel(&mut self, session: SessionId) -> Outcome {
        self.at_begin.clear();
        self.cluster.cancel(session)
    }

    fn checkpoint(&mut self) -> Result<(), String> {
        Reference::checkpoint(&mut self.cluster)
    }
}

/// The text argument of `SELECT function('text')`.
fn plain_call<'s>(statement: &'s Statement, function: &str) -> Option<&'s str> {
    let Statement::Query(Query::Select(select)) = statement else { return None };
    let [SelectItem { expression: Expression::Call(call), .. }] = select.items.as_slice() else { return None };
    let alone = Select { items: select.items.clone(), ..Select::default() };
    match (call.name.parts.as_slice(), call.arguments.as_slice()) {
        ([name], [Expression::Literal(Literal::String(text))]) if name.name() == function && **select == alone => {
            Some(text).filter(|text| text.chars().all(|letter| letter.is_ascii_lowercase())).map(String::as_str)
        }
        _ => None,
    }
}

/// Whether a sequence is new, everybody's, and begins with its start.
fn is_plain(create: &CreateSequence) -> bool {
    !create.if_not_exists
        && create.name.parts.len() == 1
        && create.persistence == Persistence::Permanent
        && !create.options.iter().any(|option| matches!(option, SequenceOption::Restart(_)))
}

/// Whether after a statement a name may mean different sequences to different sessions, or different ones in turn.
fn makes_names_vary(statement: &Statement) -> bool {
    match statement {
        Statement::CreateSequence(create) => create.persistence == Persistence::Temporary,
        Statement::SetParameter(_)
        | Statement::CreateSchema(_)
        | Statement::CreateTable(_)
        | Statement::CreateTableAs(_) => true,
        _ => false,
    }
}

/// Whether a statement gives out no values but through a plain `nextval`, and moves none.
fn leaves_values(statement: &Statement) -> bool {
    match statement {
        Statement::Transaction(transaction) => !matches!(
            transaction,
            Transaction::Rollback { .. } | Transaction::RollbackTo(_) | Transaction::RollbackPrepared(_)
        ),
        Statement::Show(_) | Statement::Comment(_) => true,
        Statement::Query(_) => ["nextval", "currval"].iter().any(|name| plain_call(statement, name).is_some()),
        _ => false,
    }
}
