//! Traces from a fuzzer's bytes.

use arbitrary::{Arbitrary, Result, Unstructured};
use seqcheck_engine::Major;

use crate::choice::Choice;
use crate::generate::{ServerEvents, generate};
use crate::prepare::Prepared;
use crate::trace::Trace;

/// Decisions from bytes. Once these are used up, each decision is the first one.
#[derive(Debug)]
pub struct Bytes<'b, 'u>(pub &'b mut Unstructured<'u>);

impl Choice for Bytes<'_, '_> {
    fn below(&mut self, bound: u64) -> u64 {
        self.0.int_in_range(0..=bound.max(1) - 1).unwrap_or_default()
    }
}

/// A generated trace for the newest major version, without events that concern the whole server.
impl<'u> Arbitrary<'u> for Trace {
    fn arbitrary(bytes: &mut Unstructured<'u>) -> Result<Trace> {
        let steps = generate(&mut Bytes(bytes), &crate::sql::settings(Major::NEWEST), ServerEvents::None);
        Ok(Trace { steps: Prepared::from_generated(&steps).to_trace_steps(), ..Trace::default() })
    }
}
