//! Which roles a trace is about.

use super::step::{Action, Step};
use seqcheck_engine::Statement;

/// Words without which SQL is not about roles other than its own.
const TELLING: [&str; 11] = [
    "role",
    "grant",
    "revoke",
    "owner to",
    "privilege",
    "reassign",
    "drop owned",
    "user ",
    "group ",
    "authorization",
    // The names of prepared transactions belong to the whole server, too.
    "prepare transaction",
];

/// The roles that a trace makes, or nothing when it has nothing to do with roles.
pub(super) fn roles(steps: &[Step]) -> Option<Vec<String>> {
    if !steps.iter().any(is_about_roles) {
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

/// Whether a trace may leave a prepared transaction behind.
pub(super) fn prepares(steps: &[Step]) -> bool {
    steps.iter().any(|step| match &step.action {
        Action::Query { sql, .. } => sql.to_ascii_lowercase().contains("prepare transaction"),
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
        Action::Disconnect | Action::Checkpoint | Action::Crash | Action::Restart => false,
    }
}
