//! Identifiers and dotted names.

use std::fmt;
use std::sync::Arc;

/// The length to which PostgreSQL truncates identifiers, in bytes: `NAMEDATALEN - 1`
/// (manual, "Identifiers and Key Words").
pub const IDENTIFIER_BYTES: usize = 63;

/// An SQL identifier after case folding and unquoting, but before truncation to [`IDENTIFIER_BYTES`].
///
/// Never empty when it comes from SQL text: PostgreSQL refuses a zero-length delimited identifier as a syntax error.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identifier(Arc<str>);

impl Identifier {
    /// Takes `text` as the identifier's exact characters: nothing is folded.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Identifier(text.into())
    }

    /// The identifier as written, untruncated.
    pub fn written(&self) -> &str {
        &self.0
    }

    /// The name that PostgreSQL uses: at most [`IDENTIFIER_BYTES`] bytes, cut between characters.
    pub fn name(&self) -> &str {
        truncate(&self.0)
    }

    /// Whether PostgreSQL cuts this identifier, and so raises notice 42622.
    pub fn is_truncated(&self) -> bool {
        self.0.len() > IDENTIFIER_BYTES
    }
}

/// Cuts `text` to at most [`IDENTIFIER_BYTES`] bytes without splitting a character.
pub(crate) fn truncate(text: &str) -> &str {
    &text[..text.floor_char_boundary(IDENTIFIER_BYTES)]
}

impl fmt::Debug for Identifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl From<&str> for Identifier {
    fn from(text: &str) -> Self {
        Identifier::new(text)
    }
}

/// A dotted name such as `s`, `public.s` or `database.public.s`, with at least one part.
///
/// More than three parts are representable, since refusing them is the server's task.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObjectName {
    /// The parts, from left to right.
    pub parts: Vec<Identifier>,
}

impl ObjectName {
    /// A name without a schema.
    pub fn bare(name: impl Into<Identifier>) -> Self {
        ObjectName { parts: vec![name.into()] }
    }

    /// A name with a schema.
    pub fn qualified(schema: impl Into<Identifier>, name: impl Into<Identifier>) -> Self {
        ObjectName { parts: vec![schema.into(), name.into()] }
    }
}
