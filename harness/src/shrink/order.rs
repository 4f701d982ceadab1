//! What comes first.

use seqcheck_engine::Statement;

use super::search::Search;

/// Puts what makes objects before everything else, so that a trace begins with what it is about.
pub(super) fn reduce(search: &mut Search<'_>) {
    for step in 0..search.steps().len() {
        let first_other = (0..step).find(|earlier| !makes_objects(search.statements(*earlier)));
        if let Some(place) = first_other
            && makes_objects(search.statements(step))
        {
            let mut candidate = search.steps().to_vec();
            candidate[place..=step].rotate_right(1);
            search.attempt(candidate);
        }
    }
}

fn makes_objects(statements: &[Statement]) -> bool {
    let makes = |statement: &Statement| {
        matches!(
            statement,
            Statement::CreateSequence(_)
                | Statement::CreateTable(_)
                | Statement::CreateSchema(_)
                | Statement::CreateRole(_)
        )
    };
    !statements.is_empty() && statements.iter().all(makes)
}
