//! Trace files: plain SQL of several sessions with what each step must answer, as a regression test and as a document.
//!
//! ```text
//! # setval drops the caller's cached block and nobody else's.
//! # clause: setval.drops-own-block cache.block-is-per-session
//!
//! S1: CREATE SEQUENCE s CACHE 100
//! S1: SELECT nextval('s')
//!     1
//! S1: SELECT nextval('x')
//!     ERROR 42P01: relation "x" does not exist
//! ```
//!
//! The format, line by line:
//!
//! - `# text` is a comment. The first block of comments is the header; its `key: value` lines say which clauses the file
//!   covers and where it comes from. A block after an empty line that stands directly above the first step is that
//!   step's. Every other comment belongs to the step below it.
//! - `@postgres >= 15 and < 17` limits what follows to some major versions: the whole file when an empty line follows and
//!   no step precedes, otherwise the step directly below.
//! - `S1: SQL` is a step of session S1, one simple query. `S1| SQL` adds a line to the query, `S1< data` a line of COPY
//!   data, which is taken as it is, trailing blanks included.
//! - `S1: \connect ROLE`, `\disconnect`, `\cancel`, `\checkpoint`, `\crash`, `\restart`, `\standby` and
//!   `\promote` are events.
//! - Lines indented by four spaces say what the step above answers; see [`Expectation`]. None: it succeeds, and gives no
//!   rows and no notices. `or` stands between answers of which each is right.
//! - Empty lines separate groups of steps. Trailing blanks mean nothing. Lines end with a line feed, optionally after a
//!   carriage return; the file is UTF-8, optionally with a byte order mark.
//!
//! Text that a line cannot show, such as trailing blanks or control characters, is a JSON string. In rows a JSON string
//! may stand for any cell; elsewhere the opening quote directly follows the mark, without a space: `S1:"SELECT 1 "`,
//! `S1|"…"`, `S1<"…"`, `ERROR 42601:"…"`, `DETAIL:"…"`.

mod bless;
mod diff;
mod error;
mod expectation;
mod guard;
mod observed;
mod quote;
mod read;
mod write;

use std::path::Path;

use seqcheck_engine::Dialect;

pub use bless::BlessError;
pub use error::{ParseError, ReadError};
pub use expectation::{Detail, Expectation, ExpectedOutcome, ExpectedReply, ExpectedResult, Progress, Resumed};
pub use guard::{Comparison, Guard};
pub use observed::{Mismatch, Observed, ObservedStep};

/// A list of steps, with what each is expected to answer.
///
/// [`Display`](std::fmt::Display) writes it as a file, and [`Trace::parse`] reads that back as an equal trace, apart from
/// [`Step::line`] and what has no form of its own in the file: comments lose trailing blanks, a step without expectations
/// reads as one that expects [`Progress::Anything`], and a single result that says nothing as no result.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// The comment lines at the head, without `# `.
    pub header: Vec<String>,
    /// The majors that the file applies to: those that all guards admit.
    pub guards: Vec<Guard>,
    /// The steps in order.
    pub steps: Vec<Step>,
    /// The comment lines after the last step, without `# `. Only a trace with steps has them.
    pub footer: Vec<String>,
}

/// What one session does, and what it is expected to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Whether an empty line precedes, which groups steps. The first step needs none.
    pub blank_before: bool,
    /// The comment lines above it, without `# `.
    pub comments: Vec<String>,
    /// The majors that the step is for; on others it is left out.
    pub guards: Vec<Guard>,
    /// The session's name: an ASCII letter, then ASCII letters, digits and underscores; by habit `S` and a number.
    pub session: String,
    /// What it does.
    pub action: Action,
    /// What it answers: the first whose guards admit the major counts. See [`Step::expected_for`].
    pub expectations: Vec<Expectation>,
    /// The line of the file where the step starts, counted from 1; 0 when it comes from no file.
    pub line: usize,
    /// Why it cannot be run, where that is known before: what a psql script does may be up to psql. A trace file has no
    /// such steps.
    pub left_out: Option<String>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Sends a simple query.
    Query {
        /// The SQL text, which may hold several statements and span lines.
        sql: String,
        /// The lines of data for COPY FROM STDIN, without line ends.
        copy_data: Vec<String>,
    },
    /// Opens the session anew, closing it first when it is open.
    Connect {
        /// The role to connect as; the session's usual one when `None`.
        role: Option<String>,
    },
    /// Closes the session.
    Disconnect,
    /// Cancels the statement that the session is running, as a client does that gives up on it.
    Cancel,
    /// Makes the server write a checkpoint.
    Checkpoint,
    /// Kills the server as a power failure would, and starts it again.
    Crash,
    /// Stops the server in good order, and starts it again.
    Restart,
    /// Opens the session anew, on a standby of the server that has replayed everything.
    Standby,
    /// Lets the standby, once it has replayed everything, become a server of its own.
    Promote,
}

impl Trace {
    /// Reads a trace from the text of a file.
    ///
    /// # Errors
    ///
    /// The first line that is not well formed, with what was expected there.
    pub fn parse(text: &str) -> Result<Trace, ParseError> {
        read::trace(text)
    }

    /// Reads a trace from a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is not UTF-8, or is not well formed.
    pub fn read(path: impl AsRef<Path>) -> Result<Trace, ReadError> {
        read::file(path.as_ref())
    }

    /// Reads the bytes of a trace file; `path` is for messages.
    ///
    /// # Errors
    ///
    /// As [`Trace::read`], but for the file system.
    pub fn parse_bytes(bytes: &[u8], path: &Path) -> Result<Trace, ReadError> {
        read::bytes(bytes, path)
    }

    /// The values of the header's `key: value` lines with this key, in order.
    ///
    /// Keys in use: `clause`, the ids of the clauses that the trace shows; `dialect`, whose SQL it is; `from`, where the behaviour was reported or
    /// documented; `found-by`, the command or seed that found it.
    pub fn header_values<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.header.iter().filter_map(move |line| line.trim_start().strip_prefix(key)?.strip_prefix(':').map(str::trim))
    }

    /// The ids of the clauses that the trace shows, from all `clause:` lines of the header.
    pub fn clauses(&self) -> impl Iterator<Item = &str> {
        self.header_values("clause").flat_map(str::split_whitespace)
    }

    /// Whose SQL it is, from the `dialect:` line of the header; PostgreSQL's when there is none that is known.
    pub fn dialect(&self) -> Dialect {
        self.header_values("dialect").find_map(Dialect::from_name).unwrap_or_default()
    }

    /// Whether any step is said to answer something. Where none is, that steps answer nothing has not been said either.
    pub fn has_expectations(&self) -> bool {
        let nothing = Expectation::default();
        self.steps.iter().flat_map(|step| &step.expectations).any(|expectation| *expectation != nothing)
    }

    /// Whether the trace is for PostgreSQL of this major version.
    pub fn applies_to(&self, major: u8) -> bool {
        guard::admit(&self.guards, major)
    }
}

impl Step {
    /// A step that succeeds without rows and notices.
    pub fn new(session: impl Into<String>, action: Action) -> Step {
        Step {
            blank_before: false,
            comments: Vec::new(),
            guards: Vec::new(),
            session: session.into(),
            action,
            expectations: vec![Expectation::default()],
            line: 0,
            left_out: None,
        }
    }

    /// Whether the step is for PostgreSQL of this major version.
    pub fn applies_to(&self, major: u8) -> bool {
        guard::admit(&self.guards, major)
    }

    /// What the step is expected to answer on this major version; `None` when the file does not say.
    pub fn expected_for(&self, major: u8) -> Option<&ExpectedOutcome> {
        self.expectations
            .iter()
            .find(|expectation| guard::admit(&expectation.guards, major))
            .map(|expectation| &expectation.outcome)
    }
}

impl Action {
    /// A query without COPY data.
    pub fn query(sql: impl Into<String>) -> Action {
        Action::Query { sql: sql.into(), copy_data: Vec::new() }
    }
}
