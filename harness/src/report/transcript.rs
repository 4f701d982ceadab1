//! Transcripts: a trace as the people at its sessions' terminals would see it.
//!
//! ```text
//! S1=> SELECT nextval('serial');
//!  nextval
//! ---------
//!      101
//! (1 row)
//! ```
//!
//! Tables, tags and messages look as in psql with `\set VERBOSITY verbose`, less what names the server's source files.

use std::fmt::Write as _;

use seqcheck_engine::{Cell, Message, Reply, Rows};

use crate::expectation::{Side, observed};
use crate::lockstep::Run;
use crate::trace::{Action, Observed, Step};

/// The transcript of `steps`, a trace file's steps that were run, as one side of `run` answered them.
///
/// A step that this side did not run says so; one that waits says so too, and its reply stands below the step that ended
/// the wait.
pub fn transcript(steps: &[&Step], run: &Run, side: Side) -> String {
    let mut text = String::new();
    for (index, (step, observed)) in steps.iter().zip(observed(steps, run, side)).enumerate() {
        if index > 0 {
            text.push('\n');
        }
        for comment in &step.comments {
            line(&mut text, format!("-- {comment}").trim_end());
        }
        write_action(&mut text, step);
        match &observed.progress {
            Observed::Reply(reply) => write_reply(&mut text, reply),
            Observed::Waits => line(&mut text, "(waits)"),
            Observed::NotRun if matches!(step.action, Action::Query { .. }) => line(&mut text, "(not run)"),
            Observed::NotRun => {}
        }
        for (session, reply) in &observed.resumed {
            line(&mut text, &format!("\n({session} goes on)"));
            write_reply(&mut text, reply);
        }
    }
    text
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// What was typed, behind the session's prompt.
fn write_action(text: &mut String, step: &Step) {
    let session = &step.session;
    match &step.action {
        Action::Query { sql, copy_data } => {
            let mut prompt = "=>";
            for part in format!("{sql};").lines() {
                line(text, format!("{session}{prompt} {part}").trim_end());
                prompt = "->";
            }
            if !copy_data.is_empty() {
                copy_data.iter().for_each(|data| line(text, data));
                line(text, "\\.");
            }
        }
        Action::Connect { role: None } => line(text, &format!("({session} connects)")),
        Action::Connect { role: Some(role) } => line(text, &format!("({session} connects as {role})")),
        Action::Disconnect => line(text, &format!("({session} disconnects)")),
        Action::Cancel => line(text, &format!("({session}'s statement is cancelled)")),
        Action::Checkpoint => line(text, "(checkpoint)"),
        Action::Crash => line(text, "(crash)"),
        Action::Restart => line(text, "(restart)"),
        Action::Standby => line(text, &format!("({session} connects to the standby)")),
        Action::Promote => line(text, "(the standby is promoted)"),
    }
}

/// Writes a reply: messages first, as they arrive before the results that they belong to.
fn write_reply(text: &mut String, reply: &Reply) {
    for notice in &reply.notices {
        write_message(text, notice);
    }
    for result in &reply.results {
        if let Some(rows) = &result.rows {
            write_rows(text, rows);
        }
        // psql keeps the tags of plain queries to itself.
        if result.rows.is_none() || !result.tag.starts_with("SELECT") && result.tag != "SHOW" {
            line(text, &result.tag);
        }
    }
    if let Some(error) = &reply.error {
        write_message(text, error);
    }
}

fn write_message(text: &mut String, message: &Message) {
    line(text, &format!("{}:  {}: {}", message.severity.word(), message.sqlstate, message.message));
    if let Some(detail) = &message.detail {
        line(text, &format!("DETAIL:  {detail}"));
    }
    if let Some(hint) = &message.hint {
        line(text, &format!("HINT:  {hint}"));
    }
}

/// One column, laid out.
struct Column {
    width: usize,
    /// Numbers stand at the right.
    is_numeric: bool,
}

fn write_rows(text: &mut String, rows: &Rows) {
    let columns: Vec<Column> = rows
        .columns
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let cells = || rows.iter().map(|row| &row[index]);
            let widest = cells().map(|cell| width(&shown(cell))).max().unwrap_or(0);
            let is_numeric = cells().any(|cell| matches!(cell, Cell::Integer(_)))
                && cells().all(|cell| matches!(cell, Cell::Integer(_) | Cell::Null));
            Column { width: widest.max(width(name)), is_numeric }
        })
        .collect();
    let titles: Vec<String> =
        rows.columns.iter().zip(&columns).map(|(name, column)| centred(name, column.width)).collect();
    line(text, titles.join("|").trim_end());
    let rules: Vec<String> = columns.iter().map(|column| "-".repeat(column.width + 2)).collect();
    line(text, &rules.join("+"));
    for row in rows.iter() {
        let cells: Vec<String> = row.iter().zip(&columns).map(|(cell, column)| padded(cell, column)).collect();
        line(text, cells.join("|").trim_end());
    }
    let plural = if rows.count == 1 { "" } else { "s" };
    let _ = writeln!(text, "({} row{plural})", rows.count);
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// A cell's text. NULL is named, to tell it from an empty text.
fn shown(cell: &Cell) -> String {
    cell.text().map_or_else(|| "NULL".to_owned(), |text| text.into_owned())
}

fn centred(name: &str, room: usize) -> String {
    let free = room - width(name);
    format!(" {}{name}{} ", " ".repeat(free / 2), " ".repeat(free - free / 2))
}

fn padded(cell: &Cell, column: &Column) -> String {
    let text = shown(cell);
    let blanks = " ".repeat(column.width - width(&text));
    match column.is_numeric {
        true => format!(" {blanks}{text} "),
        false => format!(" {text}{blanks} "),
    }
}
