//! Doing without waits.

use super::search::Search;

/// Moves a step that waits behind the one that lets it go on, so that it need not wait: what made it wait may then go, and
/// so may its session.
pub(super) fn reduce(search: &mut Search<'_>) {
    for (waker, waiting) in search.woken() {
        let mut candidate = search.steps().to_vec();
        if waiting < waker && waker < candidate.len() {
            candidate[waiting..=waker].rotate_left(1);
            search.attempt(candidate);
        }
    }
}
