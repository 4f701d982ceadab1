//! What differs between the reply that the engine predicts and the one that an implementation gives.

use seqcheck_engine::{Cell, Message, Reply, Rows, Severity, SqlState, StatementResult};
use std::fmt;

/// How much of a reply must be equal.
///
/// Each level asks for more than the one above it. At every level an error must have the predicted SQLSTATE, or its class:
/// that both sides failed is not yet agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Level {
    /// Whether there is an error, and the class of its SQLSTATE; of the values that sequences give, that they are
    /// distinct, within bounds and on stride.
    ///
    /// What can be said of values comes from [`lockstep`](crate::lockstep), which knows those before.
    Distinct,
    /// The values of all rows, and the SQLSTATE of an error. Column names, command tags, notices and results without
    /// rows are free.
    Values,
    /// Everything but the texts of errors and notices: of a notice, the severity and SQLSTATE count.
    SqlState,
    /// Everything.
    #[default]
    Full,
}

/// A part of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// Whether the step waits for other sessions.
    Waiting,
    /// The number of results.
    Results,
    /// The names of columns.
    Columns,
    /// The types of columns.
    Types,
    /// The rows, or whether there are any by nature.
    Rows,
    /// The command tag.
    Tag,
    /// The notices, in order of arrival.
    Notices,
    /// The SQLSTATE of the error, or that there is one.
    SqlState,
    /// The severity of the error.
    Severity,
    /// The primary message of the error.
    Message,
    /// DETAIL of the error.
    Detail,
    /// HINT of the error.
    Hint,
    /// Whether there is a reply at all, where the server died or did not come back.
    Failure,
    /// Whether there is a reply at all, where nothing came.
    Silence,
    /// What is stored of a sequence after the server has crashed or been restarted.
    Stored,
    /// What the trace file expects, where both sides agree on something else.
    Expectation,
}

impl Field {
    /// The field's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Field::Waiting => "waiting",
            Field::Results => "number of results",
            Field::Columns => "columns",
            Field::Types => "column types",
            Field::Rows => "rows",
            Field::Tag => "tag",
            Field::Notices => "notices",
            Field::SqlState => "sqlstate",
            Field::Severity => "severity",
            Field::Message => "message",
            Field::Detail => "detail",
            Field::Hint => "hint",
            Field::Failure => "failure",
            Field::Silence => "silence",
            Field::Stored => "stored state",
            Field::Expectation => "expectation",
        }
    }
}

/// One part of a reply that is not as predicted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which part.
    pub field: Field,
    /// Which of the reply's results, counted from 0, when the part belongs to one.
    pub result: Option<usize>,
    /// The prediction, as text for people.
    pub expected: String,
    /// What came instead, as text for people.
    pub actual: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.field.name())?;
        if let Some(result) = self.result {
            write!(formatter, " of result {}", result + 1)?;
        }
        write!(formatter, ": expected {}, got {}", self.expected, self.actual)
    }
}

/// What makes two divergences the same one, so that a shrunk trace still shows what the long one showed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Signature {
    /// The kind of statement or event.
    pub kind: String,
    /// The parts that differ, in the order of [`Field`], each once.
    pub fields: Vec<Field>,
    /// The SQLSTATE that was predicted.
    pub expected: Option<SqlState>,
    /// The SQLSTATE that came.
    pub actual: Option<SqlState>,
}

impl Signature {
    /// The signature of `differences` in the reply to something of this `kind`.
    pub fn new(
        kind: impl Into<String>,
        differences: &[Difference],
        expected: Option<&Reply>,
        actual: Option<&Reply>,
    ) -> Signature {
        let mut fields: Vec<Field> = differences.iter().map(|difference| difference.field).collect();
        fields.sort_unstable();
        fields.dedup();
        let sqlstate = |reply: Option<&Reply>| Some(reply?.error.as_ref()?.sqlstate);
        Signature { kind: kind.into(), fields, expected: sqlstate(expected), actual: sqlstate(actual) }
    }
}

/// Compares two replies; nothing when they agree at `level`.
pub fn replies(level: Level, expected: &Reply, actual: &Reply) -> Vec<Difference> {
    let mut found = Vec::new();
    if expected == actual {
        return found;
    }
    compare_results(level, &expected.results, &actual.results, &mut found);
    if level > Level::Values {
        compare_notices(level, &expected.notices, &actual.notices, &mut found);
    }
    compare_errors(level, expected.error.as_ref(), actual.error.as_ref(), &mut found);
    found
}

fn compare_results(
    level: Level,
    expected: &[StatementResult],
    actual: &[StatementResult],
    found: &mut Vec<Difference>,
) {
    if level <= Level::Values {
        let rows = |results: &[StatementResult]| -> Vec<usize> {
            (0..results.len()).filter(|&index| results[index].rows.is_some()).collect()
        };
        let (expected_rows, actual_rows) = (rows(expected), rows(actual));
        push(found, Field::Results, None, &expected_rows.len(), &actual_rows.len(), usize::to_string);
        if level == Level::Distinct {
            return;
        }
        for (&index, &other) in expected_rows.iter().zip(&actual_rows) {
            compare_rows(index, expected[index].rows.as_ref(), actual[other].rows.as_ref(), found);
        }
        return;
    }
    push(found, Field::Results, None, &expected.len(), &actual.len(), usize::to_string);
    for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
        if let (Some(expected), Some(actual)) = (&expected.rows, &actual.rows) {
            push(found, Field::Columns, Some(index), &expected.columns, &actual.columns, |columns| columns.join(", "));
            // Not everybody who can be judged says which types its results have.
            if level == Level::Full && !expected.types.is_empty() && !actual.types.is_empty() {
                // 0 stands for a type whose number is the server's choice.
                let pairs = expected.types.iter().zip(&actual.types);
                let known: Vec<u32> = pairs.map(|(known, found)| if *known == 0 { *found } else { *known }).collect();
                push(found, Field::Types, Some(index), &known, &actual.types, |types| format!("{types:?}"));
            }
        }
        compare_rows(index, expected.rows.as_ref(), actual.rows.as_ref(), found);
        push(found, Field::Tag, Some(index), &expected.tag, &actual.tag, |tag| tag.to_string());
    }
}

fn compare_rows(result: usize, expected: Option<&Rows>, actual: Option<&Rows>, found: &mut Vec<Difference>) {
    let any_order = expected.is_some_and(|rows| rows.unordered) || actual.is_some_and(|rows| rows.unordered);
    let content = |rows: Option<&Rows>| {
        rows.map(|rows| {
            let mut content: Vec<Vec<Cell>> = rows.iter().map(<[Cell]>::to_vec).collect();
            if any_order {
                content.sort();
            }
            (rows.columns.len(), content)
        })
    };
    let are_alike = match (content(expected), content(actual)) {
        (Some((width, rows)), Some((other_width, others))) => {
            width == other_width && rows_match(&rows, others, any_order)
        }
        (expected, actual) => expected == actual,
    };
    if !are_alike {
        push(found, Field::Rows, Some(result), &expected, &actual, |rows| rows.map_or("none".into(), rows_text));
    }
}

/// Whether each row may be the one in its place, or in some place.
fn rows_match(expected: &[Vec<Cell>], mut actual: Vec<Vec<Cell>>, any_order: bool) -> bool {
    let matches = |row: &[Cell], other: &[Cell]| {
        row.len() == other.len() && row.iter().zip(other).all(|(cell, other)| cell.matches(other))
    };
    let is_open = |rows: &[Vec<Cell>]| rows.iter().flatten().any(|cell| *cell == Cell::Any);
    if !any_order || !(is_open(expected) || is_open(&actual)) {
        return expected.len() == actual.len() && expected.iter().zip(&actual).all(|(row, other)| matches(row, other));
    }
    expected.iter().all(|row| {
        let place = actual.iter().position(|other| matches(row, other));
        place.map(|place| actual.swap_remove(place)).is_some()
    }) && actual.is_empty()
}

/// Rows on one line; text is quoted, so that NULL and the text `NULL` look different.
fn rows_text(rows: &Rows) -> String {
    let rows: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells: Vec<String> = row.iter().map(|cell| format!("{cell:?}")).collect();
            format!("({})", cells.join(", "))
        })
        .collect();
    if rows.is_empty() { "no rows".into() } else { rows.join(" ") }
}

/// Compares notices. Those of severity DEBUG tell of a server's inner workings, which are nobody's contract.
fn compare_notices(level: Level, expected: &[Message], actual: &[Message], found: &mut Vec<Difference>) {
    let told = |notices: &[Message]| -> Vec<Message> {
        notices.iter().filter(|notice| notice.severity != Severity::Debug).cloned().collect()
    };
    let (expected, actual) = (&told(expected), &told(actual));
    let equal = expected.len() == actual.len()
        && expected.iter().zip(actual).all(|(expected, actual)| match level {
            Level::Full => expected == actual,
            _ => (expected.severity, expected.sqlstate) == (actual.severity, actual.sqlstate),
        });
    if !equal {
        let text = |notices: &[Message]| match notices {
            [] => "none".to_owned(),
            _ => notices.iter().map(message_text).collect::<Vec<_>>().join("; "),
        };
        let (expected, actual) = (text(expected), text(actual));
        found.push(Difference { field: Field::Notices, result: None, expected, actual });
    }
}

fn compare_errors(level: Level, expected: Option<&Message>, actual: Option<&Message>, found: &mut Vec<Difference>) {
    let (Some(wanted), Some(got)) = (expected, actual) else {
        let text = |error: Option<&Message>| error.map_or("no error".into(), message_text);
        push(found, Field::SqlState, None, &expected, &actual, |error| text(*error));
        return;
    };
    if level == Level::Distinct {
        let class = |message: &Message| message.sqlstate.code()[..2].to_owned();
        let text = |class: &String| format!("SQLSTATE class {class}");
        push(found, Field::SqlState, None, &class(wanted), &class(got), text);
        return;
    }
    push(found, Field::SqlState, None, &wanted.sqlstate, &got.sqlstate, SqlState::to_string);
    if level > Level::Values {
        push(found, Field::Severity, None, &wanted.severity, &got.severity, |severity| severity.word().to_owned());
    }
    if level == Level::Full {
        let quoted = |text: Option<&str>| text.map_or("none".to_owned(), |text| format!("{text:?}"));
        push(found, Field::Message, None, &wanted.message, &got.message, |text| quoted(Some(text)));
        push(found, Field::Detail, None, &wanted.detail, &got.detail, |text| quoted(text.as_deref()));
        push(found, Field::Hint, None, &wanted.hint, &got.hint, |text| quoted(text.as_deref()));
    }
}

fn message_text(message: &Message) -> String {
    let mut text = format!("{} {}: {}", message.severity.word(), message.sqlstate, message.message);
    for (word, part) in [("DETAIL", message.detail.as_deref()), ("HINT", message.hint.as_deref())] {
        if let Some(part) = part {
            text += &format!(" {word}: {part}");
        }
    }
    text
}

/// Notes a difference when the two are not equal.
fn push<T: PartialEq + ?Sized>(
    found: &mut Vec<Difference>,
    field: Field,
    result: Option<usize>,
    expected: &T,
    actual: &T,
    text: impl Fn(&T) -> String,
) {
    if expected != actual {
        found.push(Difference { field, result, expected: text(expected), actual: text(actual) });
    }
}
