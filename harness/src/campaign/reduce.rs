//! Leaving out the steps that a divergence does not need.

use crate::lockstep::{Run, Step};

/// How many candidates are tried at most.
const BUDGET: usize = 300;

/// Drops steps as long as the first divergence stays the same, and returns those that are left with their run.
///
/// `run` runs a candidate; every trace is legal, so any step may go. The order is the usual one of delta debugging:
/// what comes after the divergence first, then halves, quarters and so on down to single steps. A server that fails
/// ends it with what is left by then.
pub(super) fn reduce(steps: &[Step], first: Run, mut run: impl FnMut(&[Step]) -> Run) -> (Vec<Step>, Run) {
    let Some(divergence) = first.divergence().cloned() else { return (steps.to_vec(), first) };
    let mut kept: Vec<Step> = steps[..=divergence.seen_at.min(steps.len() - 1)].to_vec();
    let mut best = first;
    let mut tried = 0;
    let mut chunk = kept.len().div_ceil(2);
    while chunk > 0 && tried < BUDGET {
        let mut start = 0;
        let mut shrank = false;
        while start < kept.len() && tried < BUDGET {
            let end = (start + chunk).min(kept.len());
            let candidate: Vec<Step> = [&kept[..start], &kept[end..]].concat();
            tried += 1;
            let attempt = run(&candidate);
            if attempt.infrastructure.is_some() {
                // Each further candidate would only wait for a server that is gone.
                return (kept, best);
            }
            let same = attempt.divergence().is_some_and(|other| other.signature == divergence.signature);
            if same {
                let seen_at = attempt.divergence().map_or(candidate.len() - 1, |other| other.seen_at);
                kept = candidate[..=seen_at].to_vec();
                best = attempt;
                shrank = true;
            } else {
                start = end;
            }
        }
        if !shrank || chunk > 1 {
            chunk = if chunk == 1 { 0 } else { chunk.div_ceil(2).min(chunk - 1) };
        }
    }
    (kept, best)
}
