//! What is wrong with a trace file, and where.

use std::fmt;
use std::path::{Path, PathBuf};

/// How many characters of a source line are shown on each side of an error.
const EXCERPT: usize = 90;

/// A line of a trace file that is not well formed.
///
/// [`Display`](fmt::Display) gives `file:line:column: found …, expected …`, the line with a mark below, and advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// The file, when the text came from one.
    pub file: Option<Box<Path>>,
    /// The line, counted from 1.
    pub line: usize,
    /// The character in the line, counted from 1.
    pub column: usize,
    /// What stands there.
    pub found: Box<str>,
    /// What should stand there.
    pub expected: Box<str>,
    /// How to repair it, when the mistake is a known one.
    pub help: Option<Box<str>>,
    /// The whole line.
    pub source: Box<str>,
}

impl ParseError {
    /// The same error with advice on how to repair it.
    pub(super) fn help(mut self, help: impl Into<Box<str>>) -> ParseError {
        self.help = Some(help.into());
        self
    }

    /// The same error, found in this file.
    pub fn in_file(mut self, file: impl AsRef<Path>) -> ParseError {
        self.file = Some(file.as_ref().into());
        self
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ParseError { line, column, found, expected, .. } = self;
        match &self.file {
            Some(file) => write!(formatter, "{}:{line}:{column}: ", file.display())?,
            None => write!(formatter, "line {line}, column {column}: ")?,
        }
        writeln!(formatter, "found {found}, expected {expected}")?;
        let margin = line.to_string().len();
        let (source, mark) = excerpt(&self.source, column.saturating_sub(1));
        writeln!(formatter, "{line} | {source}")?;
        write!(formatter, "{:margin$} | {mark}^", "")?;
        match &self.help {
            Some(help) => write!(formatter, "\n{:margin$} = help: {help}", ""),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ParseError {}

/// The part of a line around a character, safe to print, and the space to put before a mark below that character.
fn excerpt(source: &str, position: usize) -> (String, String) {
    // A tab stays a tab in both lines, so that the mark is right however wide the terminal shows it.
    let printable = |character: char| match character {
        '\t' => '\t',
        character if character.is_control() => char::REPLACEMENT_CHARACTER,
        character => character,
    };
    let start = position.saturating_sub(EXCERPT);
    let mut shown: String = source.chars().skip(start).take(2 * EXCERPT).map(printable).collect();
    let mut mark: String =
        shown.chars().take(position - start).map(|character| if character == '\t' { '\t' } else { ' ' }).collect();
    if start > 0 {
        shown.insert(0, '…');
        mark.insert(0, ' ');
    }
    if source.chars().count() > start + 2 * EXCERPT {
        shown.push('…');
    }
    (shown, mark)
}

/// Why a trace file could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// The operating system did not give its content.
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Its content is not well formed, or not UTF-8.
    Parse(ParseError),
}

impl fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Io { path, error } => write!(formatter, "cannot read {}: {error}", path.display()),
            ReadError::Parse(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ReadError::Io { error, .. } => Some(error),
            ReadError::Parse(_) => None,
        }
    }
}
