//! Queries of several statements.

use seqcheck_engine::Statement;

use super::search::Search;
use crate::lockstep::Step;
use crate::prepare::queried;

/// Drops statements of a query, or makes each a query of its own.
pub(super) fn reduce(search: &mut Search<'_>) {
    let mut step = 0;
    while step < search.steps().len() {
        drop_statements(search, step);
        take_apart(search, step);
        step += 1;
    }
}

fn drop_statements(search: &mut Search<'_>, step: usize) {
    let mut position = 0;
    while search.statements(step).len() > 1 && position < search.statements(step).len() {
        let mut statements = search.statements(step).to_vec();
        statements.remove(position);
        if !search.attempt_statements(step, statements) {
            position += 1;
        }
    }
}

fn take_apart(search: &mut Search<'_>, step: usize) {
    let statements: Vec<Statement> = search.statements(step).to_vec();
    if statements.len() > 1 {
        let steps = search.steps();
        let session = steps[step].session;
        let apart: Vec<Step> =
            statements.into_iter().map(|statement| Step { session, action: queried(vec![statement]) }).collect();
        search.attempt([&steps[..step], &apart, &steps[step + 1..]].concat());
    }
}
