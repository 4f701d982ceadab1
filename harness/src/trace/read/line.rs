//! Lines of a trace file, and errors that point into them.

use crate::trace::error::ParseError;
use crate::trace::quote::unquote;

/// One line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// Counted from 1.
    pub(super) number: usize,
    /// Without trailing blanks.
    pub(super) text: &'a str,
    /// With trailing blanks, without the line end.
    pub(super) raw: &'a str,
}

impl<'a> Line<'a> {
    fn new(number: usize, raw: &'a str) -> Line<'a> {
        let raw = raw.strip_suffix('\r').unwrap_or(raw);
        Line { number, text: raw.trim_end_matches([' ', '\t', '\r']), raw }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether it says what a step answers.
    pub(super) fn is_indented(&self) -> bool {
        self.text.starts_with([' ', '\t'])
    }

    /// An error at a place of this line, in bytes from its start.
    pub(super) fn error(&self, place: usize, found: impl Into<Box<str>>, expected: impl Into<Box<str>>) -> ParseError {
        let before = self.raw.char_indices().take_while(|(start, _)| *start < place).count();
        ParseError {
            file: None,
            line: self.number,
            column: before + 1,
            found: found.into(),
            expected: expected.into(),
            help: None,
            source: self.text.into(),
        }
    }

    /// An error at a place of this line where the rest of the line, from the next word on, is what was found.
    pub(super) fn unexpected(&self, place: usize, expected: impl Into<Box<str>>) -> ParseError {
        let rest = self.text.get(place..).unwrap_or_default();
        let place = place + (rest.len() - rest.trim_start_matches([' ', '\t']).len());
        self.error(place, found(self.text.get(place..).unwrap_or_default()), expected)
    }

    /// Reads a JSON string that ends the line.
    pub(super) fn closing_string(&self, place: usize) -> Result<String, ParseError> {
        let (value, length) = self.json_string(place)?;
        let end = place + length;
        if end < self.text.len() {
            return Err(self
                .unexpected(end, "the end of the line after the closing quote")
                .help("a quote directly after the mark opens a JSON string; put a space between for plain text"));
        }
        Ok(value)
    }

    /// Reads a JSON string: its value, and its length in bytes.
    pub(super) fn json_string(&self, place: usize) -> Result<(String, usize), ParseError> {
        unquote(&self.text[place..]).map_err(|(offset, reason)| {
            self.error(place + offset, format!("a bad JSON string ({reason})"), "a string such as \"two\\nlines\"")
        })
    }
}

/// Text as an error message shows what was found: quoted, and not long.
pub(super) fn found(text: &str) -> String {
    const LONGEST: usize = 30;
    let mut shown = String::new();
    for character in text.chars().take(LONGEST) {
        if character.is_control() { shown.extend(character.escape_default()) } else { shown.push(character) }
    }
    match text.chars().nth(LONGEST) {
        None if text.is_empty() => "the end of the line".to_owned(),
        None => format!("`{shown}`"),
        Some(_) => format!("`{shown}…`"),
    }
}

/// The lines of a file, read one after the other.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    lines: std::iter::Peekable<std::iter::Enumerate<std::str::Split<'a, char>>>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Lines<'a> {
        Lines { lines: text.split('\n').enumerate().peekable() }
    }

    pub(super) fn peek(&mut self) -> Option<Line<'a>> {
        self.lines.peek().map(|(index, raw)| Line::new(index + 1, raw))
    }

    /// The next line, when it is as wanted.
    pub(super) fn next_if(&mut self, wanted: impl FnOnce(&Line<'a>) -> bool) -> Option<Line<'a>> {
        let line = self.peek().filter(wanted)?;
        self.lines.next();
        Some(line)
    }
}
