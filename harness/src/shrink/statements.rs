//! Simplifying statements, whatever they are.

use seqcheck_engine::Statement;
use seqcheck_engine::render::render;

use super::part::simpler;
use super::search::Search;
use crate::prepare::give_copy_data;
use crate::sql;

/// Makes each simplification of each statement that keeps the divergence, the last statements first: the diverging one
/// must often be plain before those that lead to it can be.
pub(super) fn reduce(search: &mut Search<'_>) {
    for step in (0..search.steps().len()).rev() {
        for position in 0..search.statements(step).len() {
            simplify(search, step, position);
        }
    }
}

fn simplify(search: &mut Search<'_>, step: usize, position: usize) {
    let mut number = 0;
    while !search.is_over() {
        let Some(statement) = search.statements(step).get(position) else { return };
        let Some(candidate) = simpler(statement, number) else { return };
        let mut statements = search.statements(step).to_vec();
        statements[position] = candidate;
        // What was simplified is another statement, whose simplification of the same number may be open still.
        if !is_sql(&statements[position]) || !search.attempt_statements(step, statements) {
            number += 1;
        }
    }
}

/// Whether a statement's text means the statement, as for all that a parser makes.
pub(crate) fn is_sql(statement: &Statement) -> bool {
    let Ok(mut parsed) = sql::parse(&render(statement)) else { return false };
    if let Statement::Copy(copy) = statement {
        give_copy_data(&mut parsed, &copy.data);
    }
    parsed == std::slice::from_ref(statement)
}
