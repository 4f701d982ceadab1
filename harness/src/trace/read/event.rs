//! Reading events, such as `\connect alice`.

use super::line::Line;
use crate::trace::Action;
use crate::trace::error::ParseError;

const EVENTS: &str = "`\\connect`, `\\connect ROLE`, `\\disconnect`, `\\cancel`, `\\checkpoint`, `\\crash`, \
                      `\\restart`, `\\standby` or `\\promote`";

/// What people may write for an event, and what they mean.
const OTHER_NAMES: [(&str, &str); 9] = [
    ("c", "connect"),
    ("reconnect", "connect"),
    ("q", "disconnect"),
    ("quit", "disconnect"),
    ("exit", "disconnect"),
    ("close", "disconnect"),
    ("interrupt", "cancel"),
    ("kill", "crash"),
    ("reboot", "restart"),
];

/// Reads the event at a place in the line, where its backslash stands.
pub(super) fn read(line: &Line<'_>, place: usize) -> Result<Action, ParseError> {
    let text = &line.text[place + 1..];
    let (word, argument) = text.split_at(text.find([' ', '\t']).unwrap_or(text.len()));
    let argument_place = line.text.len() - argument.trim_start_matches([' ', '\t']).len();
    let action = match word {
        "connect" => return Ok(Action::Connect { role: role(line, argument_place)? }),
        "disconnect" => Action::Disconnect,
        "cancel" => Action::Cancel,
        "checkpoint" => Action::Checkpoint,
        "crash" => Action::Crash,
        "restart" => Action::Restart,
        "standby" => Action::Standby,
        "promote" => Action::Promote,
        _ => return Err(unknown(line, place, word)),
    };
    if !argument.is_empty() {
        return Err(line.unexpected(argument_place, format!("nothing after `\\{word}`")));
    }
    Ok(action)
}

/// Reads the role of `\connect`, which ends the line.
fn role(line: &Line<'_>, place: usize) -> Result<Option<String>, ParseError> {
    let text = &line.text[place..];
    if text.is_empty() {
        return Ok(None);
    }
    if text.starts_with('"') {
        return line.closing_string(place).map(Some);
    }
    match text.find([' ', '\t']) {
        None => Ok(Some(text.to_owned())),
        Some(end) => Err(line
            .unexpected(place + end, "the end of the line after the role")
            .help("write a role with blanks in its name as a JSON string, such as `\\connect \"the boss\"`")),
    }
}

/// The error for a word that is no event.
fn unknown(line: &Line<'_>, place: usize, word: &str) -> ParseError {
    let error = line.error(place, format!("the unknown event `\\{word}`"), EVENTS);
    let known = ["connect", "disconnect", "cancel", "checkpoint", "crash", "restart", "standby", "promote"];
    let lower = word.to_ascii_lowercase();
    let other = OTHER_NAMES.iter().find(|(name, _)| *name == lower).map(|(_, meant)| *meant);
    match other.or_else(|| known.into_iter().find(|name| edits(name, &lower) <= 2)) {
        Some(name) => error.help(format!("did you mean `\\{name}`?")),
        None => error.help("SQL that starts with a backslash is a JSON string, such as `S1:\"\\\\x\"`"),
    }
}

/// How many letters must be put in, left out or replaced to make one word the other.
fn edits(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (number, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], number + 1);
        for (column, counterpart) in other.chars().enumerate() {
            let replaced = diagonal + usize::from(letter != counterpart);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}
