//! Which roles a trace is about.

use super::step::{Action, Step};
use seqcheck_engine::Statement;

/// Words without which SQL is not about roles other than its own.
const TELLING: [&str; 10] =
    ["role", "grant", "revoke", "owner to", "privilege", "reassign", "drop owned", "user ", "group ", "authorization"];

/// The roles that a trace makes, or nothing when it has to do with nothing that all databases of a server share.
pub(super) fn roles(steps: &[Step]) -> Option<Vec<String>> {
    if !steps.iter().any(is_about_roles) && !prepares(steps) {
        return None;
    }
    let mut names: Vec<String> = Vec::new();
    for step in steps {
        let Action::Query { statements: Ok(statements), .. } = &step.action else { continue };
        for statement in statements {
            if let Statement::CreateRole(create) = statement
                && !names.iter().any(|name| name == create.name.name())
            {
                names.push(create.name.name().to_owned());
            }
        }
    }
    Some(names)
}

/// Whether a trace has to do with prepared transactions, whose identifiers belong to the whole server as roles do.
fn prepares(steps: &[Step]) -> bool {
    use seqcheck_engine::statement::Transaction::{CommitPrepared, Prepare, RollbackPrepared};
    let is_two_phase = |statement: &Statement| {
        matches!(statement, Statement::Transaction(Prepare(_) | CommitPrepared(_) | RollbackPrepared(_)))
    };
    steps.iter().any(|step| match &step.action {
        Action::Query { statements: Ok(statements), .. } => statements.iter().any(is_two_phase),
        _ => false,
    })
}

/// A suspicion: too many cost a little time, one too few lets two traces mistake each other's roles for their own.
fn is_about_roles(step: &Step) -> bool {
    match &step.action {
        Action::Connect { role } => role.is_some(),
        Action::Query { sql, .. } => {
            let sql = sql.to_ascii_lowercase();
            TELLING.iter().any(|word| sql.contains(word))
        }
        _ => false,
    }
}
