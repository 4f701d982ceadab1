//! What a history consists of.

use std::str::FromStr;

/// What many connections asked of sequences, and what came back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// The sequences, as they are when the run begins.
    pub sequences: Vec<Sequence>,
    /// The calls. Those of one session are in the order in which it made them.
    pub records: Vec<Record>,
}

/// A sequence at the beginning of a run: nobody has called it yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// Its name, for people.
    pub name: String,
    /// Its options.
    pub definition: Definition,
}

/// The options of a sequence (manual, CREATE SEQUENCE).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    /// INCREMENT; not 0.
    pub increment: i64,
    /// MINVALUE.
    pub min: i64,
    /// MAXVALUE.
    pub max: i64,
    /// START.
    pub start: i64,
    /// CACHE; at least 1.
    pub cache: i64,
    /// CYCLE.
    pub cycle: bool,
}

impl Default for Definition {
    /// As in a plain `CREATE SEQUENCE`.
    fn default() -> Definition {
        Definition { increment: 1, min: 1, max: i64::MAX, start: 1, cache: 1, cycle: false }
    }
}

/// One call of one session, or a crash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The session, from 1; 0 for a crash. A session that reconnects may keep its number.
    pub session: u32,
    /// The index of the sequence in [`History::sequences`]; 0 where the call is about none.
    pub sequence: u32,
    /// When the call was sent, in nanoseconds.
    pub start: u64,
    /// When its answer came, or from when on it can have no effect any more, in nanoseconds.
    pub end: u64,
    /// What was asked, and what came back.
    pub call: Call,
    /// The explicit transaction that it was a part of.
    pub transaction: Option<Box<Transaction>>,
}

/// What was asked, and what came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// `nextval`, once.
    Nextval(Nextval),
    /// `setval`.
    Setval {
        /// The new value.
        value: i64,
        /// Whether the next value is the one after it.
        is_called: bool,
        /// What is known of its effect.
        outcome: Outcome,
    },
    /// `ALTER SEQUENCE`.
    Alter(Box<Alter>),
    /// The session begins.
    Connect,
    /// The session ends, or drops everything that it has cached.
    Disconnect,
    /// The server crashes and recovers.
    Crash,
}

/// What a call of `nextval` gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nextval {
    /// A value.
    Value(i64),
    /// The error that the limit is reached, SQLSTATE 2200H.
    Limit,
    /// Another error, which may have come after a value was drawn.
    Failed(ErrorCode),
    /// The answer never came.
    Unknown,
}

/// What is known of the effect of a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    #[default]
    Done,
    /// It failed and did nothing.
    Failed(ErrorCode),
    /// The answer never came.
    Unknown,
}

/// The options of an `ALTER SEQUENCE` that were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Alter {
    /// RESTART WITH.
    pub restart: Option<i64>,
    /// INCREMENT.
    pub increment: Option<i64>,
    /// MINVALUE.
    pub min: Option<i64>,
    /// MAXVALUE.
    pub max: Option<i64>,
    /// CACHE.
    pub cache: Option<i64>,
    /// CYCLE or NO CYCLE.
    pub cycle: Option<bool>,
    /// What is known of its effect.
    pub outcome: Outcome,
}

/// An SQLSTATE, five digits and capital letters (manual, appendix A).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode([u8; 5]);

impl ErrorCode {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XX000")
    }
}

impl FromStr for ErrorCode {
    type Err = String;

    fn from_str(text: &str) -> Result<ErrorCode, String> {
        let bytes: [u8; 5] = text.as_bytes().try_into().unwrap_or_default();
        match bytes.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) {
            true => Ok(ErrorCode(bytes)),
            false => Err(format!("\"{text}\" is no SQLSTATE: expected five digits and capital letters")),
        }
    }
}

/// How an explicit transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transaction {
    /// What became of it.
    pub end: TransactionEnd,
    /// When the answer to its last statement came, in nanoseconds.
    pub at: u64,
}

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionEnd {
    /// It is committed.
    Committed,
    /// It is rolled back.
    RolledBack,
    /// The answer to its last statement never came.
    Unknown,
}

impl Alter {
    /// The definition after this change of `before`.
    pub(super) fn apply(&self, before: Definition) -> Definition {
        Definition {
            increment: self.increment.unwrap_or(before.increment),
            min: self.min.unwrap_or(before.min),
            max: self.max.unwrap_or(before.max),
            start: before.start,
            cache: self.cache.unwrap_or(before.cache),
            cycle: self.cycle.unwrap_or(before.cycle),
        }
    }

    /// The definition after this change of whatever was before, when the options given decide it.
    pub(super) fn complete(&self) -> Option<Definition> {
        Some(Definition {
            increment: self.increment?,
            min: self.min?,
            max: self.max?,
            start: self.restart?,
            cache: self.cache?,
            cycle: self.cycle?,
        })
    }

    /// Whether the definition stays as it is.
    pub(super) fn keeps_definition(&self) -> bool {
        self.increment.is_none()
            && self.min.is_none()
            && self.max.is_none()
            && self.cache.is_none()
            && self.cycle.is_none()
    }
}

impl Record {
    /// Whether what the call logged is flushed: its transaction is known to be committed.
    pub(super) fn is_committed(&self) -> bool {
        self.transaction.as_ref().is_none_or(|transaction| transaction.end == TransactionEnd::Committed)
    }
}
