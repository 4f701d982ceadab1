//! What the cargo-fuzz targets run.
//!
//! Each function takes an input as a fuzzer gives it, returns when all is well, and panics with an explanation when a
//! property does not hold. Inputs that are no traces are ignored. [`mutate`] makes new traces of old ones, so that the
//! fuzzer's corpus stays readable.

mod invariants;
mod mutation;
mod sides;
mod text;

pub use invariants::engine_invariants;
pub use mutation::mutate;
pub use sides::{Judge, quirk_diff};
pub use text::{sql_parser, trace_file};

use crate::lockstep::{Action, Step};
use crate::prepare::Prepared;
use crate::trace::Trace;

/// The longest input worth a run, in steps.
const LONGEST: usize = 60;

/// The trace that an input holds, if it holds one.
fn read(input: &[u8]) -> Option<(Trace, Prepared)> {
    let trace = Trace::parse(std::str::from_utf8(input).ok()?).ok()?;
    let prepared = Prepared::from_trace(&trace.steps);
    let is_short = (1..=LONGEST).contains(&prepared.steps.len());
    // Counting to a billion proves nothing.
    (is_short && prepared.steps.iter().all(is_quick)).then_some((trace, prepared))
}

/// Whether a step holds no number that makes a server count for long: as a cache's size, or in `generate_series`.
fn is_quick(step: &Step) -> bool {
    let Action::Query { sql, .. } = &step.action else { return true };
    let sql = sql.to_ascii_lowercase();
    let counts = sql.contains("cache") || sql.contains("generate_series");
    let has_large = sql.split(|letter: char| !letter.is_ascii_digit()).any(|digits| digits.len() > 3);
    !(counts && has_large)
}
