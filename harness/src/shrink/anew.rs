//! Whether a shrunk trace shows its divergence by itself, or owes it to traces that ran before in the same place.

use std::time::Duration;

use super::{Budget, Shrunk, shrink};
use crate::lockstep::{Run, Step};

/// How much shrinking may cost where each candidate gets a place of its own, such as a new database.
const BUDGET: Budget = Budget { candidates: 60, time: Duration::from_secs(10) };

/// How far a shrunk trace can be trusted to show its divergence again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// Each time that it was run, also where no other trace has run before, if there was such a place.
    Shows,
    /// Not each time that it was run.
    ComesAndGoes,
    /// Where other traces have run before, and not elsewhere: what they left behind may be what shows.
    OnlyAfterOthers,
}

/// As [`shrink`], with a last look at what is left where no trace has run before.
///
/// When the divergence does not show there, but that of the whole trace does, the trace is shrunk there instead, as far as
/// that is cheap. `anew` runs a candidate in such a place; where there is none, it gives nothing, and the result is taken as
/// it is.
pub fn shrink_and_confirm(
    steps: &[Step],
    first: Run,
    budget: Budget,
    run: impl FnMut(&[Step]) -> Run,
    mut anew: impl FnMut(&[Step]) -> Option<Run>,
) -> (Shrunk, Confirmation) {
    let wanted = first.divergence().map(|divergence| divergence.signature.clone());
    let shrunk = shrink(steps, first, budget, run);
    if !shrunk.confirmed {
        return (shrunk, Confirmation::ComesAndGoes);
    }
    let shows = |run: &Run| run.divergence().map(|divergence| &divergence.signature) == wanted.as_ref();
    // A failure there says nothing of what was found here.
    if anew(&shrunk.steps).filter(|run| run.infrastructure.is_none()).is_none_or(|run| shows(&run)) {
        return (shrunk, Confirmation::Shows);
    }
    let Some(first) = anew(steps).filter(shows) else { return (shrunk, Confirmation::OnlyAfterOthers) };
    let apart = shrink(steps, first, BUDGET, |candidate| {
        anew(candidate).unwrap_or_else(|| Run::stopped("the look for a place where no trace has run before"))
    });
    let confirmation = if apart.confirmed { Confirmation::Shows } else { Confirmation::ComesAndGoes };
    (apart, confirmation)
}
