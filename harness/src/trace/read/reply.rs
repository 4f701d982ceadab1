//! Reading what one statement or session answers: rows, messages, tags.

use std::borrow::Cow;

use seqcheck_engine::{Cell, Message, Severity, SqlState};

use super::cells;
use super::line::Line;
use crate::trace::error::ParseError;
use crate::trace::expectation::{ExpectedReply, ExpectedResult};
use crate::trace::quote::Kind;

/// A reply as far as it is read.
#[derive(Debug, Default)]
pub(super) struct ReplyReader {
    /// The results before the last separator.
    results: Vec<ExpectedResult>,
    /// The result below it.
    open: ExpectedResult,
    notices: Vec<Message>,
    error: Option<Message>,
    /// The text that a further indented line would continue.
    continues: Option<Field>,
    /// Whether a message was read last, so that DETAIL and HINT may follow.
    after_message: bool,
    /// Whether the last message was the error.
    after_error: bool,
    /// Whether the reply is `(anything)`.
    is_anything: bool,
    /// Whether the open result is `(no rows)`.
    is_empty: bool,
    has_lines: bool,
}

/// A text of the message that was read last.
#[derive(Debug, Clone, Copy)]
enum Field {
    Message,
    Detail,
    Hint,
}

impl ReplyReader {
    /// Whether a line was read.
    pub(super) fn has_lines(&self) -> bool {
        self.has_lines
    }

    /// Whether a line that is further indented continues a text.
    pub(super) fn may_continue(&self) -> bool {
        self.continues.is_some()
    }

    /// Takes a line that continues a text.
    pub(super) fn continue_text(&mut self, text: &str) {
        let field = self.continues;
        let Some(message) = self.last_message() else { return };
        let continued = match field {
            Some(Field::Message) => Some(message.message.to_mut()),
            Some(Field::Detail) => message.detail.as_mut(),
            Some(Field::Hint) => message.hint.as_mut().map(Cow::to_mut),
            None => None,
        };
        if let Some(continued) = continued {
            continued.push('\n');
            continued.push_str(text);
        }
    }

    /// The message that was read last.
    fn last_message(&mut self) -> Option<&mut Message> {
        if self.after_error { self.error.as_mut() } else { self.notices.last_mut() }
    }

    /// Takes a line, given where its text starts and what kind of line it is.
    pub(super) fn line(&mut self, line: &Line<'_>, place: usize, kind: Kind<'_>) -> Result<(), ParseError> {
        if self.is_anything || (kind == Kind::Anything && self.has_lines) {
            return Err(line.unexpected(place, "nothing beside `(anything)`"));
        }
        self.has_lines = true;
        self.continues = None;
        let was_after_message = std::mem::take(&mut self.after_message);
        match kind {
            Kind::Anything => self.is_anything = true,
            Kind::Separator if self.error.is_some() => return Err(after_error(line, place)),
            Kind::Separator => {
                let result = self.close(line, place)?;
                self.results.push(result);
            }
            Kind::Message(severity) => self.message(line, place, severity)?,
            Kind::Detail | Kind::Hint if !was_after_message => {
                return Err(line.unexpected(place, "an ERROR or NOTICE line above DETAIL and HINT"));
            }
            Kind::Detail => self.field(line, place + "DETAIL:".len(), Field::Detail)?,
            Kind::Hint => self.field(line, place + "HINT:".len(), Field::Hint)?,
            _ if self.error.is_some() => return Err(after_error(line, place)),
            Kind::Columns => {
                if self.open.columns.is_some() || self.open.rows.is_some() || self.open.tag.is_some() {
                    return Err(line.unexpected(place, "`columns:` once, before the rows and the tag"));
                }
                self.open.columns = Some(column_names(line, place + "columns:".len())?);
            }
            Kind::Tag => {
                if self.open.tag.is_some() {
                    return Err(line.unexpected(place, "`tag:` once for each statement").help(SEPARATE));
                }
                let (tag, _) = text(line, place + "tag:".len())?;
                self.open.tag = Some(tag);
            }
            Kind::NoRows => {
                if self.open.rows.is_some() {
                    return Err(line.unexpected(place, "either rows or `(no rows)`").help(SEPARATE));
                }
                self.is_empty = true;
                self.open.rows = Some(Vec::new());
            }
            Kind::EmptyRow => self.row(line, place, Vec::new())?,
            Kind::Row => self.row(line, place, cells::read(line, place)?)?,
            Kind::Guard | Kind::Waits | Kind::Or | Kind::Resumes(_) | Kind::Mistake(_) => {
                return Err(line.unexpected(place, "a row, a message, or a tag"));
            }
        }
        Ok(())
    }

    /// Ends the open result.
    fn close(&mut self, line: &Line<'_>, place: usize) -> Result<ExpectedResult, ParseError> {
        self.is_empty = false;
        let result = std::mem::take(&mut self.open);
        if result.columns.is_some() && result.rows.is_none() {
            return Err(line.error(place, "columns without rows", "rows, or `(no rows)`"));
        }
        Ok(result)
    }

    fn row(&mut self, line: &Line<'_>, place: usize, cells: Vec<Cell>) -> Result<(), ParseError> {
        if self.is_empty {
            return Err(line.unexpected(place, "either rows or `(no rows)`").help(SEPARATE));
        }
        if self.open.tag.is_some() {
            return Err(line.unexpected(place, "the rows before the tag").help(SEPARATE));
        }
        let above = self.open.rows.as_ref().and_then(|rows| rows.last()).map(Vec::len);
        let width = above.or(self.open.columns.as_ref().map(Vec::len));
        if let Some(width) = width.filter(|width| *width != cells.len()) {
            let found = format!("a row of {}", plural(cells.len(), "cell"));
            return Err(line.error(place, found, format!("{} as above", plural(width, "cell"))).help(SEPARATE));
        }
        self.open.rows.get_or_insert_default().push(cells);
        Ok(())
    }

    /// Takes a message, whose severity stands at a place.
    fn message(&mut self, line: &Line<'_>, place: usize, severity: Severity) -> Result<(), ParseError> {
        let code_place = place + severity.word().len() + 1;
        let after_word = line.text.get(code_place - 1..).unwrap_or_default();
        let code = line.text.get(code_place..code_place + 5).and_then(SqlState::parse);
        let Some(sqlstate) = code.filter(|_| after_word.starts_with(' ')) else {
            return Err(line
                .unexpected(code_place - 1, "an SQLSTATE, which is five digits or upper-case letters")
                .help("write `ERROR 42P01: text`; a value that starts with such a word is written as a JSON string"));
        };
        let colon = code_place + 5;
        if !line.text[colon..].starts_with(':') {
            return Err(line.unexpected(colon, "a colon after the SQLSTATE"));
        }
        let (text, is_open) = text(line, colon + 1)?;
        let message = Message { severity, sqlstate, message: Cow::Owned(text), detail: None, hint: None };
        self.after_error = matches!(severity, Severity::Error | Severity::Fatal | Severity::Panic);
        if !self.after_error {
            self.notices.push(message);
        } else if self.error.is_none() {
            let open = std::mem::take(&mut self.open);
            if open != ExpectedResult::default() {
                return Err(line
                    .unexpected(place, "`;` between the result of a statement and the error of the next")
                    .help("a statement that fails gives no rows"));
            }
            self.error = Some(message);
        } else {
            return Err(line.unexpected(place, "one error, which ends the reply"));
        }
        self.after_message = true;
        self.continues = is_open.then_some(Field::Message);
        Ok(())
    }

    /// Takes the detail or hint of the last message, whose text starts at a place.
    fn field(&mut self, line: &Line<'_>, place: usize, field: Field) -> Result<(), ParseError> {
        let (text, is_open) = text(line, place)?;
        self.after_message = true;
        self.continues = is_open.then_some(field);
        let Some(message) = self.last_message() else { return Ok(()) };
        let is_second = match field {
            Field::Detail => message.detail.replace(text).is_some(),
            Field::Hint => message.hint.replace(Cow::Owned(text)).is_some(),
            Field::Message => false,
        };
        if is_second {
            return Err(line
                .error(place, "a second such line for one message", "at most one DETAIL and one HINT")
                .help("further lines of the same text are indented by four more spaces"));
        }
        Ok(())
    }

    /// The reply, `None` for `(anything)`. `last` is its last line.
    pub(super) fn finish(mut self, last: &Line<'_>) -> Result<Option<ExpectedReply>, ParseError> {
        if self.is_anything {
            return Ok(None);
        }
        let place = last.text.len() - last.text.trim_start().len();
        let open = self.close(last, place)?;
        if self.error.is_none() {
            self.results.push(open);
        }
        let reply = ExpectedReply { results: self.results, notices: self.notices, error: self.error };
        Ok(Some(if reply.results.len() > 1 { reply } else { reply.simplified() }))
    }
}

const SEPARATE: &str = "`;` alone on a line separates the results of several statements";

fn after_error(line: &Line<'_>, place: usize) -> ParseError {
    line.unexpected(place, "nothing but notices after the error, which ends the reply")
}

/// Reads the text of a message or tag from behind its label on, and tells whether more lines may follow.
fn text(line: &Line<'_>, place: usize) -> Result<(String, bool), ParseError> {
    let rest = &line.text[place..];
    match rest.chars().next() {
        None => Ok((String::new(), true)),
        Some(' ') => Ok((rest[1..].to_owned(), true)),
        Some('"') => Ok((line.closing_string(place)?, false)),
        Some(_) => Err(line.unexpected(place, "a space after the colon")),
    }
}

/// Reads the names of columns from a place in the line on.
fn column_names(line: &Line<'_>, place: usize) -> Result<Vec<String>, ParseError> {
    if line.text[place..].is_empty() {
        return Ok(Vec::new());
    }
    let names = cells::read(line, place)?;
    let names: Option<Vec<String>> = names.iter().map(|name| name.text().map(Cow::into_owned)).collect();
    names.ok_or_else(|| {
        line.unexpected(place, "names of columns").help("write a column named NULL as a JSON string, \"NULL\"")
    })
}

/// A number with its noun.
fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
