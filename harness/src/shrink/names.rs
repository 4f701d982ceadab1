//! Short names.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::Identifier;

use super::part::{Leaf, Part};
use super::search::Search;
use super::statements::is_sql;
use super::text::{dotted, undotted};
use crate::lockstep::{Action, Step};
use crate::prepare::queried;

/// Gives every name the first letter of its kind that is free, throughout the trace.
pub(super) fn reduce(search: &mut Search<'_>) {
    for (name, letters) in names(search.steps()) {
        let taken = names(search.steps());
        let plainer = letters.split(name.as_str()).next().unwrap_or_default();
        let free = plainer.chars().map(String::from).find(|letter| taken.iter().all(|(name, _)| name != letter));
        if let Some(letter) = free
            && let Some(renamed) = rename(search.steps(), &name, &letter)
        {
            search.attempt(renamed);
        }
    }
}

/// The names in a trace, in order, each with the letters that suit it.
fn names(steps: &[Step]) -> Vec<(String, &'static str)> {
    let mut names: Vec<(String, &'static str)> = Vec::new();
    let mut note = |name: &str, letters| {
        if !names.iter().any(|(known, _)| known == name) {
            names.push((name.to_owned(), letters));
        }
    };
    for step in steps {
        match &step.action {
            Action::Query { statements: Ok(statements), .. } => {
                for statement in statements {
                    let letters = letters(statement);
                    statement.clone().leaves(&mut |leaf| match leaf {
                        Leaf::Name(name) => note(name.written(), letters),
                        Leaf::Text(text) => dotted(text).iter().for_each(|name| note(name.written(), letters)),
                        Leaf::Number(_) => {}
                    });
                }
            }
            Action::Connect { role: Some(role) } => note(role, ROLES),
            _ => {}
        }
    }
    names
}

const ROLES: &str = "rqp";

/// The letters for names that come up in a statement of this kind first.
fn letters(statement: &Statement) -> &'static str {
    match statement {
        Statement::CreateTable(_) | Statement::CreateTableAs(_) | Statement::CreateView(_) => "tabcdeuvw",
        Statement::CreateRole(_) | Statement::DropRole(_) => ROLES,
        Statement::CreateSchema(_) | Statement::DropSchema(_) => "xyz",
        Statement::Transaction(_) | Statement::Prepare(_) => "abcde",
        _ => "stuvwabcde",
    }
}

/// The steps with another name in every place of one; nothing when that is no SQL.
fn rename(steps: &[Step], from: &str, to: &str) -> Option<Vec<Step>> {
    let mut steps = steps.to_vec();
    for step in &mut steps {
        match &mut step.action {
            Action::Query { statements: Ok(statements), .. } => {
                let before = statements.clone();
                for statement in statements.iter_mut() {
                    statement.leaves(&mut |leaf| match leaf {
                        Leaf::Name(name) => rename_part(name, from, to),
                        Leaf::Text(text) => rename_in_text(text, from, to),
                        Leaf::Number(_) => {}
                    });
                }
                if *statements != before {
                    if !statements.iter().all(is_sql) {
                        return None;
                    }
                    step.action = queried(std::mem::take(statements));
                }
            }
            Action::Connect { role: Some(role) } if role == from => to.clone_into(role),
            _ => {}
        }
    }
    Some(steps)
}

/// Renames a name, and what PostgreSQL makes of it for a sequence or an index, such as `table_column_seq`.
fn rename_part(name: &mut Identifier, from: &str, to: &str) {
    let written = name.written();
    if written == from {
        *name = to.into();
    } else if written.contains('_') && written.contains(from) {
        let words = format!("_{written}_").replace(&format!("_{from}_"), &format!("_{to}_"));
        *name = words[1..words.len() - 1].into();
    }
}

fn rename_in_text(text: &mut String, from: &str, to: &str) {
    let before = dotted(text);
    let mut parts = before.clone();
    parts.iter_mut().for_each(|part| rename_part(part, from, to));
    if parts != before {
        *text = undotted(&parts);
    }
}
