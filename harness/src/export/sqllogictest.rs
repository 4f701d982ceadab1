//! sqllogictest text (<https://www.sqlite.org/sqllogictest/doc/trunk/about.wiki>), as sqllogictest-rs reads it.

use seqcheck_engine::Cell;

use super::{ExportError, Item, comments, event, sessions};
use crate::trace::{Action, ExpectedReply, Progress};

pub(super) fn write(header: &[String], items: &[Item<'_>]) -> Result<String, ExportError> {
    let mut text = comments(header, "#");
    let are_several = sessions(items.iter().map(|item| item.step)).len() > 1;
    for item in items {
        let sql = match &item.step.action {
            Action::Query { sql, copy_data } if copy_data.is_empty() => sql,
            Action::Query { .. } => return item.refuse("sqllogictest has no way to send the data of COPY"),
            other => return item.refuse(format!("sqllogictest has no way to say {}", event(other))),
        };
        if sql.lines().any(|line| line.trim().is_empty() || line == "----") {
            return item.refuse("an empty line would end the record in the middle of the SQL; remove it");
        }
        let reply = match &item.expected.progress {
            Progress::Reply(reply) => reply,
            Progress::Waits => {
                return item.refuse("sqllogictest has no way to say that a step waits; export --to isolation can");
            }
            Progress::OneOf(_) => {
                return item.refuse("sqllogictest has no way to say that any of several answers will do");
            }
            Progress::Anything => {
                return item
                    .refuse("neither the file nor the model says what this answers; write down what it expects");
            }
        };
        if !text.is_empty() {
            text.push('\n');
        }
        if are_several {
            text.push_str(&format!("connection {}\n", item.step.session));
        }
        text.push_str(&record(sql, reply));
    }
    Ok(text)
}

fn record(sql: &str, reply: &ExpectedReply) -> String {
    if let Some(error) = &reply.error {
        let first_line = error.message.lines().next().unwrap_or_default();
        return format!("statement error {}\n{sql}\n", escaped(first_line));
    }
    let rows: Vec<&Vec<Cell>> = reply.results.iter().filter_map(|result| result.rows.as_ref()).flatten().collect();
    let returns_rows = reply.results.iter().any(|result| result.rows.is_some());
    let width = rows.first().map_or(0, |row| row.len());
    if !returns_rows || (width == 0 && !rows.is_empty()) {
        return format!("statement ok\n{sql}\n");
    }
    let types: String = (0..width.max(1)).map(|column| column_type(&rows, column)).collect();
    let mut text = format!("query {types}\n{sql}\n----\n");
    for row in rows {
        let cells: Vec<String> = row.iter().map(cell).collect();
        text.push_str(&cells.join(" "));
        text.push('\n');
    }
    text
}

/// `I` where all values are integers, `T` otherwise.
fn column_type(rows: &[&Vec<Cell>], column: usize) -> char {
    let is_integer = |row: &&Vec<Cell>| matches!(row.get(column), Some(Cell::Integer(_) | Cell::Null));
    if !rows.is_empty() && rows.iter().all(is_integer) { 'I' } else { 'T' }
}

fn cell(cell: &Cell) -> String {
    match cell.text() {
        None => "NULL".to_owned(),
        Some(text) if text.is_empty() => "(empty)".to_owned(),
        Some(text) => text.into_owned(),
    }
}

/// Text as a regular expression that matches it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if r"\.+*?()|[]{}^$".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}
