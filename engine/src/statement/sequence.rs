//! CREATE SEQUENCE and ALTER SEQUENCE with an option list.

use super::{ObjectName, TypeName};

/// How long a relation lives and whether it is written to the log (manual, "CREATE SEQUENCE", Parameters).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Persistence {
    /// Written to the write-ahead log.
    #[default]
    Permanent,
    /// `UNLOGGED`.
    Unlogged,
    /// `TEMPORARY`.
    Temporary,
}

/// A number in an option list: optional minus sign, then an SQL numeric constant, exactly as its digits were written.
///
/// It may be out of the range of bigint, or have a fraction: both are errors that the engine reports.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Number(pub String);

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Number(value.to_string())
    }
}

/// One item of a sequence's option list (manual, "CREATE SEQUENCE" and "ALTER SEQUENCE", Parameters).
///
/// Options may come in any order and, since refusing that is the server's task, more than once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SequenceOption {
    /// `AS type`.
    As(TypeName),
    /// `INCREMENT [BY] n`.
    Increment(Number),
    /// `MINVALUE n`.
    MinValue(Number),
    /// `NO MINVALUE`.
    NoMinValue,
    /// `MAXVALUE n`.
    MaxValue(Number),
    /// `NO MAXVALUE`.
    NoMaxValue,
    /// `START [WITH] n`.
    Start(Number),
    /// `RESTART [[WITH] n]`.
    Restart(Option<Number>),
    /// `CACHE n`.
    Cache(Number),
    /// `CYCLE`.
    Cycle,
    /// `NO CYCLE`.
    NoCycle,
    /// `OWNED BY table.column`, or `OWNED BY NONE` as the single part `none`.
    OwnedBy(ObjectName),
    /// `SEQUENCE NAME name`, which the grammar takes everywhere but only identity columns accept.
    SequenceName(ObjectName),
}

/// `CREATE [[GLOBAL] TEMPORARY|UNLOGGED] SEQUENCE [IF NOT EXISTS] name option …`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CreateSequence {
    /// TEMPORARY, UNLOGGED or neither.
    pub persistence: Persistence,
    /// Whether GLOBAL was written before TEMPORARY: it changes nothing but draws a warning (manual, "CREATE TABLE",
    /// Compatibility, "Temporary Tables").
    pub is_global: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// The sequence's name.
    pub name: ObjectName,
    /// The options in the order written.
    pub options: Vec<SequenceOption>,
}

/// `ALTER SEQUENCE [IF EXISTS] name option …`, with at least one option.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AlterSequence {
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// The sequence's name.
    pub name: ObjectName,
    /// The options in the order written.
    pub options: Vec<SequenceOption>,
}
