//! Two replies next to each other.

use postgres::types::Type;
use seqcheck_engine::{Cell, Reply, Rows};

use crate::lockstep::Observed;
use crate::trace::{Detail, ExpectedReply};

/// The lines of what one side did, as a trace file would have them.
pub fn lines(observed: Option<&Observed>) -> Vec<String> {
    let Some(observed) = observed else { return vec!["(nothing)".to_owned()] };
    let mut lines = Vec::new();
    lines.extend(observed.failed.as_ref().map(|what| format!("({what})")));
    if observed.waits {
        lines.push("waits".to_owned());
    }
    if let Some(reply) = observed.any_reply() {
        if observed.waits {
            lines.push("later:".to_owned());
        }
        lines.extend(reply_lines(reply));
    }
    lines
}

/// The lines that a trace file would expect; none for silent success.
pub fn plain_lines(observed: Option<&Observed>) -> Vec<String> {
    let Some(observed) = observed else { return Vec::new() };
    let mut lines = Vec::new();
    if observed.waits {
        lines.push("waits".to_owned());
    }
    if let Some(reply) = observed.any_reply() {
        let text = ExpectedReply::from_reply(reply, Detail::Plain).to_string();
        lines.extend(text.lines().map(str::to_owned));
    }
    lines
}

fn reply_lines(reply: &Reply) -> Vec<String> {
    let text = ExpectedReply::from_reply(reply, Detail::Full).to_string();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    match lines.is_empty() {
        true => vec!["(success)".to_owned()],
        false => lines,
    }
}

/// What the model, under a title of its own, and the server did, as columns of together at most `width` characters where
/// that is possible; lines that differ are marked.
pub fn observed(title: &str, model: Option<&Observed>, server: Option<&Observed>, width: usize) -> Vec<String> {
    let (mut left, mut right) = (lines(model), lines(server));
    if let (Some(expected), Some(actual)) = (reply_of(model), reply_of(server)) {
        let pairs = expected.results.iter().zip(&actual.results);
        let rows = pairs.filter_map(|(one, other)| Some((one.rows.as_ref()?, other.rows.as_ref()?)));
        for (expected, actual) in rows.filter(|(one, other)| differ(one, other)) {
            left.push(types_line(expected));
            right.push(types_line(actual));
        }
    }
    columns(title, &left, "server", &right, width)
}

fn reply_of(observed: Option<&Observed>) -> Option<&Reply> {
    observed.and_then(Observed::any_reply)
}

/// Whether the columns of two results have other types. Trace files do not tell of these, so they are shown only then.
fn differ(one: &Rows, other: &Rows) -> bool {
    !one.types.is_empty() && !other.types.is_empty() && one.types != other.types
}

fn types_line(rows: &Rows) -> String {
    let name = |oid: &u32| Type::from_oid(*oid).map_or_else(|| oid.to_string(), |known| known.name().to_owned());
    format!("types: {}", rows.types.iter().map(name).collect::<Vec<_>>().join(" | "))
}

/// Two blocks of lines as columns under titles; lines that differ are marked.
fn columns(left_title: &str, left: &[String], right_title: &str, right: &[String], width: usize) -> Vec<String> {
    let half = (width.saturating_sub(6) / 2).max(20);
    let longest = left.iter().map(|line| line.chars().count()).max().unwrap_or(0).max(left_title.chars().count());
    let other = right.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    if longest > half || longest + other + 5 > width {
        return stacked(left_title, left, right_title, right);
    }
    let pad = |text: &str| format!("{text}{}", " ".repeat(longest - text.chars().count().min(longest)));
    let mut rows = vec![format!("  {} │ {right_title}", pad(left_title))];
    for index in 0..left.len().max(right.len()) {
        let (a, b) = (left.get(index).map_or("", String::as_str), right.get(index).map_or("", String::as_str));
        let mark = if agree(a, b) { ' ' } else { '≠' };
        rows.push(format!("{mark} {} │ {b}", pad(a)).trim_end().to_owned());
    }
    rows
}

/// Two blocks of lines, one below the other, for lines too long to stand side by side.
fn stacked(left_title: &str, left: &[String], right_title: &str, right: &[String]) -> Vec<String> {
    let mut rows = vec![format!("  {left_title}")];
    let marked = |line: &str, is_met: bool| format!("{}   {line}", if is_met { ' ' } else { '≠' });
    rows.extend(left.iter().map(|line| marked(line, right.iter().any(|other| agree(line, other)))));
    rows.push(format!("  {right_title}"));
    rows.extend(right.iter().map(|line| marked(line, left.iter().any(|other| agree(other, line)))));
    rows
}

/// Whether two lines say the same: a value that nobody can predict agrees with any other.
fn agree(left: &str, right: &str) -> bool {
    let (left, right) = (left.split(" | "), right.split(" | "));
    left.clone().count() == right.clone().count()
        && left.zip(right).all(|(one, other)| one == Cell::ANY || one == other)
}
