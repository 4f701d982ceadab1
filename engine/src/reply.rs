//! What a statement gave: rows, command tag, notices, or an error.
//!
//! Replies of the engine and of a server are the same type, so that comparing them is plain equality.

use std::borrow::Cow;
use std::fmt;

/// One value of a result row in PostgreSQL's text format.
///
/// Canonical: text that is exactly how a bigint is written is always [`Cell::Integer`], so equal text means equal cells.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cell {
    /// SQL NULL.
    Null,
    /// Text that is the canonical decimal form of a 64-bit integer.
    Integer(i64),
    /// Any other text.
    Text(Box<str>),
    /// A value that nobody can predict, such as the time: NULL or any text. Servers do not give it.
    Any,
}

impl Cell {
    /// The cell that holds `text`.
    pub fn from_text(text: &str) -> Cell {
        match text.parse::<i64>() {
            Ok(value) if is_canonical_integer(text) => Cell::Integer(value),
            _ => Cell::Text(text.into()),
        }
    }

    /// The text, or `None` for NULL.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Cell::Null => None,
            Cell::Integer(value) => Some(Cow::Owned(value.to_string())),
            Cell::Text(text) => Some(Cow::Borrowed(text)),
            Cell::Any => Some(Cow::Borrowed(Cell::ANY)),
        }
    }

    /// How [`Cell::Any`] is written.
    pub const ANY: &'static str = "(any)";

    /// Whether both may be the same value.
    pub fn matches(&self, other: &Cell) -> bool {
        self == other || *self == Cell::Any || *other == Cell::Any
    }
}

/// Whether text that parses as an integer is also how that integer is printed: no plus sign, no leading zero, no `-0`.
fn is_canonical_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits == "0" && text == "0" || digits.starts_with(|first: char| ('1'..='9').contains(&first))
}

impl fmt::Debug for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            None => formatter.write_str("NULL"),
            Some(text) if *self == Cell::Any => formatter.write_str(&text),
            Some(text) => fmt::Debug::fmt(&text, formatter),
        }
    }
}

/// The rows of a result: a table stored row after row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rows {
    /// The columns' names, one for each column.
    pub columns: Vec<Cow<'static, str>>,
    /// All rows' cells, `columns.len()` for each row.
    pub cells: Vec<Cell>,
    /// Number of rows, which the cells cannot tell when there are no columns.
    pub count: usize,
    /// The columns' types as OIDs of `pg_type`, one for each column; empty when nobody has said.
    pub types: Vec<u32>,
    /// Whether PostgreSQL leaves the order of the rows open, so that they compare as a multiset.
    pub unordered: bool,
}

impl Rows {
    /// The rows, each as a slice of cells.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[Cell]> {
        let width = self.columns.len();
        (0..self.count).map(move |row| &self.cells[row * width..(row + 1) * width])
    }
}

/// How one statement ended when it succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementResult {
    /// The rows, `None` for a statement that returns none by nature, such as CREATE SEQUENCE.
    pub rows: Option<Rows>,
    /// The command tag, such as `SELECT 1`.
    pub tag: Cow<'static, str>,
}

/// How grave a notice or error is, as the server's untranslated severity field says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is PostgreSQL's severity of its name")]
pub enum Severity {
    Debug,
    Log,
    Info,
    Notice,
    Warning,
    Error,
    Fatal,
    Panic,
}

impl Severity {
    /// PostgreSQL's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Debug => "DEBUG",
            Severity::Log => "LOG",
            Severity::Info => "INFO",
            Severity::Notice => "NOTICE",
            Severity::Warning => "WARNING",
            Severity::Error => "ERROR",
            Severity::Fatal => "FATAL",
            Severity::Panic => "PANIC",
        }
    }

    /// The severity that PostgreSQL's untranslated `word` means.
    pub fn from_word(word: &str) -> Option<Severity> {
        [
            Severity::Debug,
            Severity::Log,
            Severity::Info,
            Severity::Notice,
            Severity::Warning,
            Severity::Error,
            Severity::Fatal,
            Severity::Panic,
        ]
        .into_iter()
        .find(|severity| severity.word() == word)
    }
}

/// Five characters that classify an error or notice (manual, Appendix A "PostgreSQL Error Codes").
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SqlState([u8; 5]);

impl SqlState {
    /// Takes a code from the source text of the program.
    ///
    /// # Panics
    ///
    /// When `code` is not five bytes long; in a constant that is a compile-time error.
    pub const fn new(code: &str) -> SqlState {
        match code.as_bytes() {
            [a, b, c, d, e] => SqlState([*a, *b, *c, *d, *e]),
            _ => panic!("an SQLSTATE has five characters"),
        }
    }

    /// Reads a code: five ASCII digits or upper-case letters.
    pub fn parse(code: &str) -> Option<SqlState> {
        let bytes: [u8; 5] = code.as_bytes().try_into().ok()?;
        bytes.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()).then_some(SqlState(bytes))
    }

    /// The five characters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("?????")
    }
}

impl fmt::Display for SqlState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl fmt::Debug for SqlState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// An error, warning or notice with the fields that are compared
/// (manual, "Error and Notice Message Fields").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// How grave it is.
    pub severity: Severity,
    /// Its SQLSTATE.
    pub sqlstate: SqlState,
    /// The primary message.
    pub message: Cow<'static, str>,
    /// DETAIL, when given; may span lines.
    pub detail: Option<String>,
    /// HINT, when given; may span lines.
    pub hint: Option<Cow<'static, str>>,
}

/// Everything that one simple query gave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// One result for each statement that succeeded, in order.
    pub results: Vec<StatementResult>,
    /// Notices and warnings in order of arrival.
    pub notices: Vec<Message>,
    /// The error that ended the query.
    pub error: Option<Message>,
}
