//! Values drawn by way of a table.

use seqcheck_engine::Statement;

use super::search::Search;
use super::text::undotted;
use crate::sql;

/// Lets statements about rows call nextval themselves, with a sequence that the trace makes: the table that brought them
/// to it may then go.
pub(super) fn reduce(search: &mut Search<'_>) {
    for step in 0..search.steps().len() {
        if let [statement] = search.statements(step)
            && is_about_rows(statement)
        {
            for call in calls(search) {
                if search.attempt_statements(step, vec![call]) {
                    break;
                }
            }
        }
    }
}

fn is_about_rows(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Insert(_)
            | Statement::Update(_)
            | Statement::Delete(_)
            | Statement::Copy(_)
            | Statement::With(_)
            | Statement::Execute(_)
    )
}

/// A call of nextval for each sequence that is made.
fn calls(search: &Search<'_>) -> Vec<Statement> {
    let mut calls = Vec::new();
    for step in 0..search.steps().len() {
        for statement in search.statements(step) {
            if let Statement::CreateSequence(create) = statement {
                let name = undotted(&create.name.parts).replace('\'', "''");
                calls.extend(sql::parse(&format!("SELECT nextval('{name}')")).unwrap_or_default());
            }
        }
    }
    calls
}
