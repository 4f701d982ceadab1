//! Why SQL text gives no statement, and where.

use std::fmt;

/// Why [`super::parse`] gives no statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqlError {
    /// PostgreSQL refuses the text as a syntax error (SQLSTATE 42601).
    Syntax {
        /// Where PostgreSQL's parser stops, in bytes from the start of the text.
        offset: usize,
        /// The token at which it stops; `None` at the end of the text.
        near: Option<String>,
        /// PostgreSQL's message as predicted, such as `syntax error at or near "x"`.
        message: String,
    },
    /// The text is valid SQL, as far as can be told, that the model does not cover.
    Unsupported {
        /// Where it stands, in bytes from the start of the text.
        offset: usize,
        /// Its name, such as `CREATE FUNCTION` or `WINDOW clause`.
        what: String,
    },
}

impl SqlError {
    /// A syntax error at a token, or at the end of the text.
    pub(super) fn syntax(offset: usize, near: Option<&str>) -> SqlError {
        SqlError::lexical("syntax error", offset, near)
    }

    /// An error of the lexer or parser with the start of its message.
    pub(super) fn lexical(problem: &str, offset: usize, near: Option<&str>) -> SqlError {
        let message = match near {
            Some(token) => format!("{problem} at or near \"{token}\""),
            None => format!("{problem} at end of input"),
        };
        SqlError::Syntax { offset, near: near.map(str::to_owned), message }
    }

    /// A syntax error that the parser's own checks report, in words of their own.
    pub(super) fn refused(offset: usize, message: String) -> SqlError {
        SqlError::Syntax { offset, near: None, message }
    }

    /// Something outside the model.
    pub(super) fn unsupported(offset: usize, what: impl Into<String>) -> SqlError {
        SqlError::Unsupported { offset, what: what.into() }
    }

    /// Where the problem stands, in bytes from the start of the text.
    pub fn offset(&self) -> usize {
        match self {
            SqlError::Syntax { offset, .. } | SqlError::Unsupported { offset, .. } => *offset,
        }
    }

    /// The same error at another place.
    pub(super) fn at(mut self, new_offset: usize) -> SqlError {
        match &mut self {
            SqlError::Syntax { offset, .. } | SqlError::Unsupported { offset, .. } => *offset = new_offset,
        }
        self
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SqlError::Syntax { message, .. } => formatter.write_str(message),
            SqlError::Unsupported { what, .. } => write!(formatter, "{what} is outside the model"),
        }
    }
}

impl std::error::Error for SqlError {}

/// A place in a text as people count: both from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Location {
    /// Where byte `offset` of `text` is; an offset past the end, or inside a character, counts as the next place that exists.
    pub fn of(text: &str, offset: usize) -> Location {
        let before = &text[..text.ceil_char_boundary(offset.min(text.len()))];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Location {
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}
