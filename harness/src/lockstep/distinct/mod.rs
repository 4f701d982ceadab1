//! Judging values where a system promises only that they are distinct, within bounds and on stride.
//!
//! Such a system may give out the values of a sequence in any order, within one session too, and lose some. So no value
//! is predicted. What is kept instead is which values there have been, and it is forgotten where a statement makes it
//! uncertain: it must never be the judge who is wrong.

mod shape;

use std::collections::{BTreeMap, BTreeSet};

use seqcheck_engine::statement::{Expression, Number, Query, RelationKind, SequenceOption};
use seqcheck_engine::{Cell, Reply, Rows, SequenceSummary, Statement};

use crate::compare::{self, Difference, Field, Level};
use shape::{Column, Shape, name_of, number_of, sequence_of, shape};

/// SQLSTATEs that come on one side only for reasons that nobody promises anything about.
const OPEN: [(&str, &str); 2] = [
    ("2200H", "whether a sequence is used up depends on the order of its values"),
    ("40001", "whether transactions conflict depends on what goes on at the same time"),
];

/// Schema and name of a sequence.
type Key = (String, String);

/// What an implementation has given out so far.
#[derive(Debug, Default)]
pub(super) struct Values {
    given: BTreeMap<Key, Given>,
    /// What `currval` must show, by session.
    current: BTreeMap<(usize, Key), i64>,
    /// Whether the statement under way calls `setval` beside whatever else it calls.
    is_setting: bool,
}

/// What one sequence has given out.
#[derive(Debug)]
struct Given {
    values: BTreeSet<i64>,
    /// Whether a value that comes again is wrong.
    is_distinct: bool,
    /// Values from which the others are whole increments away; `None` when that is uncertain.
    bases: Option<Vec<i64>>,
    /// Whether each value must lie beyond the one before: CACHE has never been other than 1.
    is_ordered: bool,
    newest: Option<i64>,
}

impl Given {
    fn nothing(sequence: &SequenceSummary) -> Given {
        Given {
            values: BTreeSet::new(),
            is_distinct: true,
            // The model may be some increments further, and has begun where the implementation has.
            bases: Some(vec![sequence.start, sequence.last_value]),
            is_ordered: sequence.cache == 1,
            newest: None,
        }
    }

    /// Forgets everything: anything may come now.
    fn doubt(&mut self) {
        *self = Given { values: BTreeSet::new(), is_distinct: false, bases: None, is_ordered: false, newest: None };
    }

    /// The sequence goes on from elsewhere; sessions may have values left from before.
    fn go_to(&mut self, value: i64) {
        self.is_distinct = false;
        self.newest = None;
        self.bases.iter_mut().for_each(|bases| bases.push(value));
    }
}

/// What a comparison came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// These parts differ; none when the two agree.
    Compared(Vec<Difference>),
    /// The two differ in what nobody promises, for the reason given, and so may everything after it.
    Open(&'static str),
}

impl Values {
    /// Compares the two replies to a session's query. `sequences` are those that the session sees by now.
    pub(super) fn judge(
        &mut self,
        session: usize,
        statements: &[Statement],
        sequences: &[SequenceSummary],
        (predicted, actual): (&Reply, &Reply),
    ) -> Judgement {
        for (code, reason) in OPEN {
            let has_it = |reply: &Reply| reply.error.as_ref().is_some_and(|error| error.sqlstate.code() == code);
            if has_it(predicted) != has_it(actual) {
                return Judgement::Open(reason);
            }
        }
        let mut differences = compare::replies(Level::Distinct, predicted, actual);
        for (index, statement) in statements.iter().enumerate() {
            let has_run = actual.results.len() > index;
            self.is_setting = mentions_setval(statement);
            if has_run {
                // What one part of a statement sets, another may show.
                self.follow(session, statement, sequences);
            }
            let rows = |reply: &Reply| reply.results.get(index).and_then(|result| result.rows.clone());
            if let (Some(predicted), Some(actual)) = (rows(predicted), rows(actual)) {
                self.judge_rows(session, index, &shape(statement), sequences, (&predicted, &actual), &mut differences);
            }
            if has_run && self.is_setting {
                self.current.retain(|(other, _), _| *other != session);
                self.follow(session, statement, sequences);
            }
            if !has_run {
                self.follow_failure(session, statement);
                break;
            }
        }
        Judgement::Compared(differences)
    }

    fn judge_rows(
        &mut self,
        session: usize,
        result: usize,
        shape: &Shape,
        sequences: &[SequenceSummary],
        (predicted, actual): (&Rows, &Rows),
        differences: &mut Vec<Difference>,
    ) {
        let mut differ = |expected: String, actual: String| {
            differences.push(Difference { field: Field::Rows, result: Some(result), expected, actual });
        };
        if predicted.columns.len() != actual.columns.len() {
            return differ(format!("{} columns", predicted.columns.len()), actual.columns.len().to_string());
        }
        if shape.is_count_known && predicted.count != actual.count {
            return differ(format!("{} rows", predicted.count), actual.count.to_string());
        }
        if shape.columns.len() != actual.columns.len() {
            // Something that is not understood may have taken values.
            self.current.retain(|(other, _), _| *other != session);
            return;
        }
        let known = |rows: &Rows| {
            let of_row = |row: &[Cell]| -> Vec<Cell> {
                let cells = row.iter().zip(&shape.columns);
                cells.filter(|(_, column)| **column == Column::Known).map(|(cell, _)| cell.clone()).collect()
            };
            let mut known: Vec<Vec<Cell>> = rows.iter().map(of_row).collect();
            known.sort();
            known
        };
        if shape.is_count_known && known(predicted) != known(actual) {
            return differ(format!("{:?}", known(predicted)), format!("{:?}", known(actual)));
        }
        for row in actual.iter() {
            for (cell, column) in row.iter().zip(&shape.columns) {
                let wrong = match column {
                    Column::Known | Column::Open => None,
                    Column::Next(name) => self.take(session, name, cell, sequences),
                    Column::Current(name) => self.look_at_current(session, name, cell, sequences),
                };
                if let Some(expected) = wrong {
                    differ(expected, format!("{cell:?}"));
                }
            }
        }
    }

    /// Notes a value that `nextval` gave; returns what it should have been when it cannot be right.
    fn take(&mut self, session: usize, name: &str, cell: &Cell, sequences: &[SequenceSummary]) -> Option<String> {
        let Some((key, sequence)) = find(name, sequences) else {
            // Whichever it is, the session has had a new value of it.
            self.current.retain(|(other, _), _| *other != session);
            return None;
        };
        let Cell::Integer(value) = *cell else { return Some("a whole number".to_owned()) };
        self.current.insert((session, key.clone()), value);
        let given = self.given.entry(key).or_insert_with(|| Given::nothing(sequence));
        if given.bases.is_some() && (value < sequence.minimum || value > sequence.maximum) {
            return Some(format!("a value from {} to {}", sequence.minimum, sequence.maximum));
        }
        let mut bases = given.bases.clone().unwrap_or_default();
        if sequence.cycle {
            bases.push(if sequence.increment > 0 { sequence.minimum } else { sequence.maximum });
        }
        let step = i128::from(sequence.increment);
        let is_on_stride = |base: &i64| step != 0 && (i128::from(value) - i128::from(*base)) % step == 0;
        if given.bases.is_some() && !bases.iter().any(is_on_stride) {
            return Some(format!("a value that is whole increments of {step} away from {bases:?}"));
        }
        let is_first = given.values.insert(value);
        if !is_first && given.is_distinct && !sequence.cycle {
            return Some("a value that has not been given out before".to_owned());
        }
        if given.is_ordered && !sequence.cycle {
            let newest = given.newest.replace(value).filter(|_| !self.is_setting);
            let is_beyond = |newest: i64| (value > newest) == (sequence.increment > 0) && value != newest;
            if let Some(newest) = newest
                && !is_beyond(newest)
            {
                return Some(format!("a value beyond {newest}, since CACHE is 1"));
            }
        }
        None
    }

    fn look_at_current(
        &self,
        session: usize,
        name: &str,
        cell: &Cell,
        sequences: &[SequenceSummary],
    ) -> Option<String> {
        let (key, _) = find(name, sequences)?;
        let current = *self.current.get(&(session, key))?;
        (*cell != Cell::Integer(current)).then(|| format!("{current}, which nextval has given to this session"))
    }

    /// Notes what a statement that has succeeded changes about what may come.
    fn follow(&mut self, session: usize, statement: &Statement, sequences: &[SequenceSummary]) {
        match statement {
            Statement::CreateSequence(_) | Statement::CreateTable(_) | Statement::Comment(_) => {}
            Statement::Transaction(_) | Statement::SetParameter(_) | Statement::Show(_) => {}
            Statement::Query(query) => self.follow_query(session, query, sequences),
            Statement::AlterSequence(alter) => match find_named(&alter.name.parts, sequences) {
                Some((key, sequence)) => self.follow_options(key, sequence, &alter.options),
                None => self.doubt_all(),
            },
            Statement::DropRelation(drop) if drop.kind == RelationKind::Sequence => {
                for name in &drop.names {
                    let last = name.parts.last().map_or("", |last| last.name());
                    self.given.retain(|(_, name), _| name != last);
                    self.current.retain(|(_, (_, name)), _| name != last);
                }
            }
            // An identity column, or a default, takes values that nobody gets to see.
            Statement::Insert(_) | Statement::Copy(_) | Statement::Update(_) => {
                self.current.retain(|(other, _), _| *other != session);
            }
            Statement::Delete(_) => {}
            _ => self.doubt_all(),
        }
    }

    /// Notes what a statement that has failed may have changed all the same.
    fn follow_failure(&mut self, session: usize, statement: &Statement) {
        self.current.retain(|(other, _), _| *other != session);
        if mentions_setval(statement) {
            self.doubt_all();
        }
    }

    fn follow_query(&mut self, session: usize, query: &Query, sequences: &[SequenceSummary]) {
        let is_plain = |expression: &Expression| !mentions_setval(expression);
        if let Query::Select(select) = query
            && select.filter.as_ref().is_none_or(is_plain)
        {
            for item in &select.items {
                match &item.expression {
                    Expression::Call(call) if name_of(call) == "setval" => {
                        let value = call.arguments.get(1).and_then(number_of);
                        let found = sequence_of(call).and_then(|name| find(&name, sequences));
                        let (Some(value), Some((key, sequence))) = (value, found) else { return self.doubt_all() };
                        self.current.remove(&(session, key.clone()));
                        self.given.entry(key).or_insert_with(|| Given::nothing(sequence)).go_to(value);
                    }
                    other if is_plain(other) => {}
                    _ => return self.doubt_all(),
                }
            }
            return;
        }
        if mentions_setval(query) {
            self.doubt_all();
        }
    }

    fn follow_options(&mut self, key: Key, sequence: &SequenceSummary, options: &[SequenceOption]) {
        let given = self.given.entry(key).or_insert_with(|| Given::nothing(sequence));
        let number = |number: &Number| number.0.parse::<i64>().ok();
        for option in options {
            match option {
                SequenceOption::Restart(value) => match value.as_ref().map_or(Some(sequence.start), number) {
                    Some(value) => given.go_to(value),
                    None => given.doubt(),
                },
                SequenceOption::OwnedBy(_) | SequenceOption::Start(_) => {}
                SequenceOption::Cache(_) => given.is_ordered = false,
                // Where a sequence that has cycled goes on depends on bounds that may have been others.
                _ => given.doubt(),
            }
        }
    }

    fn doubt_all(&mut self) {
        self.given.values_mut().for_each(Given::doubt);
        self.current.clear();
    }
}

/// Whether `setval` stands anywhere in something, taken from its debug form, so that nothing is overlooked.
fn mentions_setval(something: &impl std::fmt::Debug) -> bool {
    format!("{something:?}").contains("setval")
}

/// The sequence that a text names, as a `regclass` would.
fn find<'s>(text: &str, sequences: &'s [SequenceSummary]) -> Option<(Key, &'s SequenceSummary)> {
    let parts: Vec<String> = text
        .split('.')
        .map(str::trim)
        .map(|part| match part.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(quoted) => quoted.to_owned(),
            None => part.to_lowercase(),
        })
        .collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    find_parts(&parts, sequences)
}

fn find_named<'s>(
    parts: &[seqcheck_engine::statement::Identifier],
    sequences: &'s [SequenceSummary],
) -> Option<(Key, &'s SequenceSummary)> {
    let parts: Vec<&str> = parts.iter().map(|part| part.name()).collect();
    find_parts(&parts, sequences)
}

/// A name without a schema is taken to mean the only sequence of that name; of several, nobody here says which.
fn find_parts<'s>(parts: &[&str], sequences: &'s [SequenceSummary]) -> Option<(Key, &'s SequenceSummary)> {
    let (name, schema) = match parts {
        [name] => (name, None),
        [schema, name] => (name, Some(schema)),
        _ => return None,
    };
    let mut found = sequences
        .iter()
        .filter(|sequence| *sequence.name == **name && schema.is_none_or(|schema| *sequence.schema == **schema));
    match (found.next(), found.next()) {
        (Some(only), None) => Some(((only.schema.to_string(), only.name.to_string()), only)),
        _ => None,
    }
}
