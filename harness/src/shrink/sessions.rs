//! Doing with fewer sessions.

use std::collections::BTreeSet;

use super::search::Search;
use crate::lockstep::Step;

/// Drops all steps of a session, or has another session take them.
pub(super) fn reduce(search: &mut Search<'_>) {
    for session in sessions(search.steps()).into_iter().rev() {
        let others = search.steps().iter().filter(|step| step.session != session).cloned().collect();
        if search.attempt(others) {
            continue;
        }
        let earlier = sessions(search.steps()).into_iter().filter(|other| *other < session);
        for other in earlier.collect::<Vec<_>>() {
            let mut merged = search.steps().to_vec();
            merged.iter_mut().filter(|step| step.session == session).for_each(|step| step.session = other);
            if search.attempt(merged) {
                break;
            }
        }
    }
    for index in 0..search.steps().len() {
        move_step(search, index);
    }
}

/// Has the session of the step before do a step, so that sessions take turns less often.
fn move_step(search: &mut Search<'_>, index: usize) {
    let steps = search.steps();
    let Some((step, previous)) = steps.get(index).zip(index.checked_sub(1).and_then(|before| steps.get(before))) else {
        return;
    };
    if previous.session < step.session {
        let mut moved = steps.to_vec();
        moved[index].session = previous.session;
        search.attempt(moved);
    }
}

/// The steps with sessions numbered in the order of their first steps.
pub(super) fn numbered(steps: &[Step]) -> Vec<Step> {
    let mut order: Vec<usize> = Vec::new();
    let mut steps = steps.to_vec();
    for step in &mut steps {
        step.session = order.iter().position(|session| *session == step.session).unwrap_or_else(|| {
            order.push(step.session);
            order.len() - 1
        });
    }
    steps
}

fn sessions(steps: &[Step]) -> BTreeSet<usize> {
    steps.iter().map(|step| step.session).collect()
}
