//! Writing trace files.

use std::fmt;

use seqcheck_engine::{Cell, Message};

use super::expectation::{Expectation, ExpectedOutcome, ExpectedReply, Progress};
use super::guard::GuardLine;
use super::quote::{CELL_SEPARATOR, cell, message_shows_itself, quoted, row, shows_itself};
use super::{Action, Step, Trace};

/// What each level of indentation is written as.
const INDENT: &str = "    ";

impl fmt::Display for Trace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        comments(formatter, &self.header)?;
        guards(formatter, &self.guards)?;
        let has_head = !self.header.is_empty() || !self.guards.is_empty();
        for (position, step) in self.steps.iter().enumerate() {
            // Without an empty line, comments above the first step would be the header, and guards below a header the step's.
            let is_apart = if position == 0 { has_head || !step.comments.is_empty() } else { step.blank_before };
            if is_apart {
                writeln!(formatter)?;
            }
            step.fmt(formatter)?;
        }
        if !self.footer.is_empty() {
            writeln!(formatter)?;
            comments(formatter, &self.footer)?;
        }
        Ok(())
    }
}

/// The step's lines, as they stand in a file.
impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        comments(formatter, &self.comments)?;
        guards(formatter, &self.guards)?;
        action(formatter, &self.session, &self.action)?;
        for line in expectation_lines(&self.expectations) {
            writeln!(formatter, "{INDENT}{line}")?;
        }
        Ok(())
    }
}

/// The lines of what a step answers, as in a file but not indented, without a line end after the last.
impl fmt::Display for ExpectedOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&outcome_lines(self).join("\n"))
    }
}

/// The lines of the reply, as in a file but not indented, without a line end after the last.
impl fmt::Display for ExpectedReply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&reply_lines(self).join("\n"))
    }
}

fn comments(formatter: &mut fmt::Formatter<'_>, comments: &[String]) -> fmt::Result {
    for line in comments.iter().flat_map(|comment| comment.split('\n')) {
        writeln!(formatter, "{}", format!("# {line}").trim_end_matches([' ', '\t', '\r']))?;
    }
    Ok(())
}

fn guards(formatter: &mut fmt::Formatter<'_>, guards: &[super::Guard]) -> fmt::Result {
    if guards.is_empty() { Ok(()) } else { writeln!(formatter, "{}", GuardLine(guards)) }
}

fn action(formatter: &mut fmt::Formatter<'_>, session: &str, action: &Action) -> fmt::Result {
    match action {
        Action::Query { sql, copy_data } => {
            for (number, line) in sql.split('\n').enumerate() {
                // Unquoted, these would read as an event, and as a step whose SQL was forgotten.
                let misleads =
                    number == 0 && (line.trim_start_matches([' ', '\t']).starts_with('\\') || sql.is_empty());
                let mark = if number == 0 { ':' } else { '|' };
                marked(formatter, session, mark, line, misleads)?;
            }
            copy_data.iter().try_for_each(|line| marked(formatter, session, '<', line, false))
        }
        Action::Connect { role: None } => writeln!(formatter, "{session}: \\connect"),
        Action::Connect { role: Some(role) } => {
            let is_word = !role.is_empty()
                && !role.starts_with('"')
                && !role.contains(|letter: char| letter.is_whitespace() || letter.is_control());
            let role = if is_word { role.clone() } else { quoted(role) };
            writeln!(formatter, "{session}: \\connect {role}")
        }
        Action::Disconnect => writeln!(formatter, "{session}: \\disconnect"),
        Action::Cancel => writeln!(formatter, "{session}: \\cancel"),
        Action::Standby => writeln!(formatter, "{session}: \\standby"),
        Action::Promote => writeln!(formatter, "{session}: \\promote"),
        Action::Checkpoint => writeln!(formatter, "{session}: \\checkpoint"),
        Action::Crash => writeln!(formatter, "{session}: \\crash"),
        Action::Restart => writeln!(formatter, "{session}: \\restart"),
    }
}

/// Writes a line of SQL or data behind its mark, as a JSON string when it cannot show itself.
fn marked(formatter: &mut fmt::Formatter<'_>, session: &str, mark: char, line: &str, must_quote: bool) -> fmt::Result {
    if must_quote || !shows_itself(line) {
        writeln!(formatter, "{session}{mark}{}", quoted(line))
    } else if line.is_empty() {
        writeln!(formatter, "{session}{mark}")
    } else {
        writeln!(formatter, "{session}{mark} {line}")
    }
}

/// The lines of all expectations of a step, without the indentation that they share.
fn expectation_lines(expectations: &[Expectation]) -> Vec<String> {
    match expectations {
        [] => vec!["(anything)".to_owned()],
        [only] if only.guards.is_empty() => outcome_lines(&only.outcome),
        several => several
            .iter()
            .flat_map(|each| std::iter::once(GuardLine(&each.guards).to_string()).chain(outcome_lines(&each.outcome)))
            .collect(),
    }
}

/// The lines of what a step answers, without the indentation that they share.
pub(super) fn outcome_lines(outcome: &ExpectedOutcome) -> Vec<String> {
    let mut lines = match &outcome.progress {
        Progress::Anything => vec!["(anything)".to_owned()],
        Progress::Waits => vec!["waits".to_owned()],
        Progress::Reply(reply) => reply_lines(reply),
        Progress::OneOf(replies) => {
            let replies: Vec<Vec<String>> = replies.iter().map(reply_lines).collect();
            replies.join(&"or".to_owned())
        }
    };
    for resumed in &outcome.resumed {
        lines.push(format!("{} resumes", resumed.session));
        let reply = resumed.reply.as_ref().map_or_else(|| vec!["(anything)".to_owned()], reply_lines);
        lines.extend(reply.iter().map(|line| format!("{INDENT}{line}")));
    }
    lines
}

fn reply_lines(reply: &ExpectedReply) -> Vec<String> {
    let mut lines = Vec::new();
    for notice in &reply.notices {
        message_lines(&mut lines, notice);
    }
    for (position, result) in reply.results.iter().enumerate() {
        if position > 0 {
            lines.push(";".to_owned());
        }
        if let Some(columns) = &result.columns {
            lines.push(columns_line(columns));
        }
        match &result.rows {
            None => {}
            Some(rows) if rows.is_empty() => lines.push("(no rows)".to_owned()),
            Some(rows) => lines.extend(rows.iter().map(|cells| row(cells))),
        }
        match &result.tag {
            Some(tag) if tag.contains('\n') => lines.push(format!("tag:{}", quoted(tag))),
            Some(tag) => text_lines(&mut lines, "tag:", tag),
            None => {}
        }
    }
    if let Some(error) = &reply.error {
        if !reply.results.is_empty() {
            lines.push(";".to_owned());
        }
        message_lines(&mut lines, error);
    }
    lines
}

fn columns_line(columns: &[String]) -> String {
    let names: Vec<Cell> = columns.iter().map(|name| Cell::from_text(name)).collect();
    let names: Vec<_> = names.iter().map(cell).collect();
    let blank = if names.is_empty() { "" } else { " " };
    format!("columns:{blank}{}", names.join(CELL_SEPARATOR))
}

fn message_lines(lines: &mut Vec<String>, message: &Message) {
    let label = format!("{} {}:", message.severity.word(), message.sqlstate);
    text_lines(lines, &label, &message.message);
    if let Some(detail) = &message.detail {
        text_lines(lines, "DETAIL:", detail);
    }
    if let Some(hint) = &message.hint {
        text_lines(lines, "HINT:", hint);
    }
}

/// Writes text behind its label, its further lines indented below.
fn text_lines(lines: &mut Vec<String>, label: &str, text: &str) {
    if !message_shows_itself(text) {
        lines.push(format!("{label}{}", quoted(text)));
        return;
    }
    for (number, line) in text.split('\n').enumerate() {
        lines.push(match (number, line) {
            (0, "") => label.to_owned(),
            (0, _) => format!("{label} {line}"),
            _ => format!("{INDENT}{line}"),
        });
    }
}
