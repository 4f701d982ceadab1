//! A divergence in one sentence, to be understood at a glance.

use seqcheck_engine::{Cell, Message, Reply, Rows};

use crate::compare::{Difference, Field};
use crate::lockstep::Observed;

/// The longest value or message that is quoted in a sentence, in characters.
const LONGEST: usize = 60;

/// What the server did, and what it should have done, as the predicate of a sentence about the diverging step: `returns 7
/// instead of 6`. Of several differences the one that says most.
pub(super) fn predicate(differences: &[Difference], model: Option<&Observed>, server: Option<&Observed>) -> String {
    let of = |field: Field| differences.iter().find(|difference| difference.field == field);
    if let Some(failure) = of(Field::Failure).or(of(Field::Silence)) {
        return format!("makes the server fail: {}", failure.actual);
    }
    if let Some(waiting) = of(Field::Waiting) {
        return format!("gives {} instead of {}", waiting.actual, waiting.expected);
    }
    if let Some(stored) = of(Field::Stored) {
        return format!("leaves {} instead of {}", stored.actual, stored.expected);
    }
    if of(Field::Expectation).is_some() {
        return "does what the model predicts, but not what the corpus expects".to_owned();
    }
    let (model, server) = (model.and_then(Observed::any_reply), server.and_then(Observed::any_reply));
    let error = |reply: Option<&Reply>| reply.and_then(|reply| reply.error.clone());
    match (error(model), error(server)) {
        (Some(expected), Some(actual)) => between_errors(differences, &expected, &actual),
        (None, Some(actual)) => format!("fails with {} instead of succeeding", quoted(&actual)),
        (Some(expected), None) => format!("succeeds instead of failing with {}", quoted(&expected)),
        (None, None) => between_results(differences, model, server),
    }
}

fn between_errors(differences: &[Difference], expected: &Message, actual: &Message) -> String {
    let of = |field: Field| differences.iter().find(|difference| difference.field == field);
    if of(Field::SqlState).is_some() {
        return format!("fails with {} instead of {}", quoted(actual), quoted(expected));
    }
    let code = expected.sqlstate;
    let part =
        [(Field::Message, "message"), (Field::Detail, "DETAIL"), (Field::Hint, "HINT"), (Field::Severity, "severity")]
            .into_iter()
            .find_map(|(field, name)| Some((of(field)?, name)));
    match part {
        Some((difference, name)) => {
            let (expected, actual) = (short(&difference.expected), short(&difference.actual));
            format!("fails with {code}, but with the {name} {actual} instead of {expected}")
        }
        None => format!("fails with {code} as it should, but differs before: {}", names(differences)),
    }
}

fn between_results(differences: &[Difference], model: Option<&Reply>, server: Option<&Reply>) -> String {
    let Some(first) = differences.first() else { return "differs".to_owned() };
    let instead = |what: &str| format!("{what} {} instead of {}", short(&first.actual), short(&first.expected));
    match first.field {
        Field::Rows => {
            let rows = |reply: Option<&Reply>| reply?.results.get(first.result?)?.rows.as_ref().and_then(only_value);
            match (rows(model), rows(server)) {
                (Some(expected), Some(actual)) => format!("returns {actual} instead of {expected}"),
                _ => instead("returns"),
            }
        }
        Field::Results => format!("gives {} results instead of {}", first.actual, first.expected),
        Field::Tag => instead("is answered with"),
        Field::Notices => instead("comes with the notice"),
        Field::Columns => instead("returns columns called"),
        Field::Types => instead("returns columns of the types"),
        _ => instead("gives"),
    }
}

/// The value of one row of one column.
fn only_value(rows: &Rows) -> Option<String> {
    match (rows.count, rows.iter().next()) {
        (1, Some([cell])) => Some(match cell {
            Cell::Null => "NULL".to_owned(),
            cell => short(&cell.text().unwrap_or_default()),
        }),
        _ => None,
    }
}

/// An error's code and message.
fn quoted(error: &Message) -> String {
    format!("{} ({})", error.sqlstate, short(&error.message))
}

fn names(differences: &[Difference]) -> String {
    let names: Vec<&str> = differences.iter().map(|difference| difference.field.name()).collect();
    names.join(", ")
}

/// Text on one line, cut where it gets long.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}
