//! The interleavings of sessions.

use super::Session;

/// The orders in which the sessions' steps can follow each other, each session's in its own order; at most `limit`.
pub(super) fn interleavings(sessions: &[Session], limit: usize) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut taken = vec![0; sessions.len()];
    extend(sessions, &mut taken, &mut Vec::new(), limit, &mut found);
    found
}

fn extend(
    sessions: &[Session],
    taken: &mut [usize],
    order: &mut Vec<String>,
    limit: usize,
    found: &mut Vec<Vec<String>>,
) {
    if found.len() >= limit {
        return;
    }
    let mut is_complete = true;
    for (index, session) in sessions.iter().enumerate() {
        if let Some(step) = session.steps.get(taken[index]) {
            is_complete = false;
            taken[index] += 1;
            order.push(step.name.clone());
            extend(sessions, taken, order, limit, found);
            order.pop();
            taken[index] -= 1;
        }
    }
    if is_complete {
        found.push(order.clone());
    }
}

/// How many interleavings there are: the multinomial coefficient of the sessions' numbers of steps.
pub(super) fn count(sessions: &[Session]) -> u128 {
    let (mut total, mut count) = (0u128, 1u128);
    for session in sessions {
        for position in 1..=session.steps.len() as u128 {
            total += 1;
            // The product of consecutive binomial coefficients stays whole at each step.
            count = count.saturating_mul(total) / position;
        }
    }
    count
}
