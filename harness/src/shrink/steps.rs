//! Leaving out steps.

use super::search::Search;

/// Drops steps by delta debugging: halves, quarters and so on down to single steps, until no single one can go.
pub(super) fn reduce(search: &mut Search<'_>) {
    let mut chunk = search.steps().len().div_ceil(2);
    loop {
        let shrank = search.changes(|search| drop_chunks(search, chunk));
        if search.is_over() || (chunk <= 1 && !shrank) {
            return;
        }
        chunk = chunk.div_ceil(2);
    }
}

/// Tries to drop each run of `chunk` steps, the last first: what made the divergence possible is likely to come early.
fn drop_chunks(search: &mut Search<'_>, chunk: usize) {
    let mut end = search.steps().len();
    while end > 0 && !search.is_over() {
        let start = end.saturating_sub(chunk);
        let steps = search.steps();
        search.attempt([&steps[..start], &steps[end.min(steps.len())..]].concat());
        // An accepted candidate may have diverged earlier, and so be shorter still.
        end = start.min(search.steps().len());
    }
}
