//! Reading one step: its SQL or event, its COPY data, and what it answers.

use super::line::{Line, Lines};
use super::{event, expectation};
use crate::trace::error::ParseError;
use crate::trace::{Action, Step};

/// Reads the step whose first line is `head`, the next of `lines`.
pub(super) fn read(lines: &mut Lines<'_>, head: &Line<'_>) -> Result<Step, ParseError> {
    lines.next_if(|_| true);
    let name_end = head.text.find(':').unwrap_or(head.text.len());
    let (session, rest) = head.text.split_at(name_end);
    let start = name_end + 1;
    let rest = rest.get(1..).unwrap_or_default();
    let action = if rest.trim_start_matches([' ', '\t']).starts_with('\\') {
        event::read(head, start + (rest.len() - rest.trim_start_matches([' ', '\t']).len()))?
    } else {
        query(lines, head, session, start)?
    };
    let mut step = Step::new(session, action);
    step.line = head.number;
    step.expectations = expectation::read_all(lines)?;
    Ok(step)
}

/// Reads a query: its SQL, from a place in the first line on, and its data.
fn query(lines: &mut Lines<'_>, head: &Line<'_>, session: &str, start: usize) -> Result<Action, ParseError> {
    let mut sql = sql_line(head, start)?;
    let mut is_quoted = head.text[start..].starts_with('"');
    let continuation = format!("{session}|");
    while let Some(line) = lines.next_if(|line| line.text.starts_with(&continuation)) {
        sql.push('\n');
        sql += &sql_line(&line, continuation.len())?;
        is_quoted = true;
    }
    if sql.is_empty() && !is_quoted {
        return Err(head
            .unexpected(start, "SQL after the colon")
            .help(format!("write the empty query as `{session}: ;`, or as `{session}:\"\"`")));
    }
    let data_mark = format!("{session}<");
    let mut copy_data = Vec::new();
    while let Some(line) = lines.next_if(|line| line.raw.starts_with(&data_mark)) {
        if copy_data.is_empty() && !reads_data(&sql) {
            return Err(line
                .error(0, "COPY data", "COPY … FROM STDIN as the step above")
                .help(format!("only such a statement reads data; `{session}| ` adds a line of SQL")));
        }
        copy_data.push(data_line(&line, data_mark.len())?);
    }
    if let Some(line) = lines.peek() {
        reject_other_session(&line, session)?;
    }
    Ok(Action::Query { sql, copy_data })
}

/// One line of SQL, from behind its mark on.
fn sql_line(line: &Line<'_>, start: usize) -> Result<String, ParseError> {
    let rest = &line.text[start..];
    if rest.starts_with('"') {
        return line.closing_string(start);
    }
    Ok(rest.strip_prefix(' ').unwrap_or(rest).to_owned())
}

/// One line of COPY data, from behind its mark on.
fn data_line(line: &Line<'_>, start: usize) -> Result<String, ParseError> {
    let rest = &line.raw[start..];
    match rest.chars().next() {
        None => Ok(String::new()),
        Some(' ') => Ok(rest[1..].to_owned()),
        Some('"') => line.closing_string(start),
        Some(_) => Err(line.unexpected(start, "one space before the data").help("the space is not part of the data")),
    }
}

/// Whether some statement of the text may be COPY FROM STDIN. The server decides; this catches data below other steps.
fn reads_data(sql: &str) -> bool {
    let sql = sql.to_ascii_lowercase();
    sql.contains("copy") && sql.contains("stdin")
}

/// Refuses a line that goes on with the step of another session.
fn reject_other_session(line: &Line<'_>, session: &str) -> Result<(), ParseError> {
    let end = line.text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let (name, rest) = line.text.split_at(end.unwrap_or(line.text.len()));
    if rest.starts_with(['|', '<']) && !name.is_empty() && name != session {
        let mark = &rest[..1];
        return Err(line.error(0, format!("`{name}{mark}` below a step of {session}"), format!("`{session}{mark}`")));
    }
    Ok(())
}
