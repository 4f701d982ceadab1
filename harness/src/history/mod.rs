//! Histories: what many connections asked of sequences at the same time, and whether the answers are allowed.
//!
//! A [`History`] says of each call when it was sent, when its answer came, and what that was. [`check()`] decides whether
//! sequences that behave like PostgreSQL's can have given these answers, and names the calls that show otherwise.
//!
//! # The format
//!
//! A history is kept as JSON lines ([`History::read`], [`History::write`]). The sequences come first, as they are when
//! the run begins; `increment`, `minvalue`, `maxvalue`, `start`, `cache` and `cycle` may be left out where they are as
//! in a plain `CREATE SEQUENCE`:
//!
//! ```json
//! {"operation":"sequence","sequence":"s","cache":20}
//! ```
//!
//! Every other line is one call of one session. `start_ns` and `end_ns` are nanoseconds on a clock that never goes
//! back and that all sessions share. The lines of a session stand in the order of its calls, which never overlap; those
//! of different sessions may stand in any order.
//!
//! | operation | fields | meaning |
//! | --- | --- | --- |
//! | `nextval` | `sequence`, `value` | one call that gave one value |
//! | `setval` | `sequence`, `value`, `is_called` | |
//! | `alter` | `sequence`; any of `restart`, `increment`, `minvalue`, `maxvalue`, `cache`, `cycle` | `ALTER SEQUENCE` with these options |
//! | `connect` | | the session begins: it has no values cached |
//! | `disconnect` | | the session ends, or drops all that it has cached |
//! | `crash` | no `session` | the server crashed and recovered; its calls ended before, its new sessions connect after |
//!
//! A call that failed has `error`, an SQLSTATE, instead of a `value`. One whose answer never came has
//! `"unknown": true`; its `end_ns` says from when on it can have no effect any more. Calls of an explicit transaction
//! have `transaction` (`committed`, `rolled back` or `unknown`) and `transaction_end_ns`, the end of its last statement.
//!
//! # What is checked
//!
//! `setval`, `ALTER SEQUENCE` and crashes divide the history of a sequence into epochs. A call that overlaps such a
//! change may belong to either side; it is counted to one when only that side can have given its value, and left open
//! otherwise, so that there are no false alarms. Within an epoch
//!
//! - no value is given twice (unless the sequence cycled in between), and each is in bounds and on the stride;
//! - a block of CACHE values belongs to the session that fetched it, which uses it up before it fetches another;
//! - blocks are fetched in an order that agrees with real time: if one call ended before another began, its block comes
//!   before the other's. With CACHE 1 that makes the sequence a linearizable counter;
//! - nothing is skipped, except blocks that a call without an answer may have fetched, and up to 32 values in a crash
//!   (see [`Options::gaps_allowed`]);
//! - the limit is reported when it is reached, and not before.
//!
//! After a crash the sequence goes on behind the last value whose log record is known to have been flushed: a call that
//! wrote such a record and was committed has flushed it, and of any 33 values in a row (PostgreSQL writes 32 values
//! ahead) one has written a record. Only values behind that point may be given again.
//!
//! Sources: manual, CREATE SEQUENCE, ALTER SEQUENCE, section 9.17 "Sequence Manipulation Functions"; what is logged
//! ahead is observed, not documented.

mod check;
mod format;
mod record;
mod violation;

pub use check::{Options, Verdict, check};
pub use format::FormatError;
pub use record::{
    Alter, Call, Definition, ErrorCode, History, Nextval, Outcome, Record, Sequence, Transaction, TransactionEnd,
};
pub use violation::{Kind, Violation};
