//! Running a trace on the engine and on an implementation, step by step.
//!
//! The engine goes first: it knows whether a step finishes or waits, and whom it wakes, so that the implementation is
//! asked about its locks only where something is, or seems to be, waiting.
//!
//! Rules:
//!
//! - A step that is outside the model is recorded as such and **not sent**: if one side ran it, the two would no longer be
//!   in the same state, and every later difference would be noise.
//! - For the same reason a step of a session that still waits is not run on either side.
//! - Text that is not SQL is sent. Both sides must report a syntax error, compared by SQLSTATE alone.
//! - Consecutive steps of one session that the engine finishes are sent together, and their replies taken afterwards:
//!   nothing can come between them.
//! - A session that an implementation lets run where the engine waits, or the other way round, is a divergence; that the
//!   implementation waits is never concluded from silence, but asked.
//! - Sessions that one step wakes go on at the same time. Whatever comes of one order of theirs is right; each order is
//!   followed until the implementation has shown which it was ([`EveryOrder`]). What is outside that ends the judging.
//! - After a divergence the run ends, unless [`Options::go_on`] is set: the two sides may have different states.

mod distinct;
mod events;
mod orders;
mod power;
mod predict;
mod record;
pub(crate) mod reference;
mod roles;
mod runner;
mod standby;
mod step;
mod waiting;

pub use orders::EveryOrder;
pub use predict::predict;
pub use record::{Divergence, Observed, Run, StepRecord, Verdict};
pub use reference::{Connected, Reference};
pub(crate) use step::syntax_error;
pub use step::{Action, Refusal, Step};

use crate::compare::Level;
use crate::implementation::Implementation;
use seqcheck_engine::Dialect;
use std::time::Duration;

/// How to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// How much of each reply must be equal.
    pub level: Level,
    /// Whether to run the steps after a divergence, too.
    pub go_on: bool,
    /// How long a reply may take before the run ends as [`Infrastructure::TimedOut`](crate::Infrastructure::TimedOut).
    pub time_out: Duration,
    /// How long a reply may take before the implementation is asked whether the session waits.
    pub slow: Duration,
    /// The same for a step that the engine ends with a deadlock.
    ///
    /// A server looks for deadlocks only after a while (`deadlock_timeout`, 1 s by default), and waits until then.
    pub deadlock: Duration,
    /// The greatest number of steps that are sent together, at least 1; always 1 with [`go_on`](Self::go_on).
    pub pipeline: usize,
}

impl Default for Options {
    /// Everything is compared, a divergence ends the run, and a reply may take 30 s.
    fn default() -> Options {
        Options {
            level: Level::Full,
            go_on: false,
            time_out: Duration::from_secs(30),
            slow: Duration::from_millis(50),
            deadlock: Duration::from_secs(5),
            pipeline: 64,
        }
    }
}

impl Options {
    /// How to run traces of a dialect. What values a sequence of Aurora DSQL gives is not promised.
    pub fn of(dialect: Dialect, time_out: Duration) -> Options {
        let level = match dialect {
            Dialect::PostgreSql => Level::Full,
            Dialect::AuroraDsql => Level::Distinct,
        };
        Options { level, time_out, ..Options::default() }
    }
}

/// Runs `steps` on both sides, from a clean slate.
///
/// `reference` must be empty. A session is opened by its first step, as the database's owner, unless that is
/// [`Action::Connect`].
pub fn run(
    steps: &[Step],
    reference: &mut dyn Reference,
    implementation: &mut dyn Implementation,
    options: &Options,
) -> Run {
    runner::Runner::new(steps, reference, implementation, options).run()
}
