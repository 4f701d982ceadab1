//! Specifications for `isolationtester` (PostgreSQL's `src/test/isolation/README`): the trace is the one permutation.

use super::{ExportError, Item, comments, event, sessions};
use crate::trace::{Action, Progress};

pub(super) fn write(header: &[String], items: &[Item<'_>]) -> Result<String, ExportError> {
    let mut text = comments(header, "#");
    let mut names = Vec::new();
    for session in sessions(items.iter().map(|item| item.step)) {
        text.push_str(&format!("\nsession \"{session}\"\n"));
        for (number, item) in items.iter().enumerate().filter(|(_, item)| item.step.session == session) {
            let name = format!("{session}_{}", number + 1);
            text.push_str(&format!("step \"{name}\"\t{{ {}; }}\n", sql(item)?));
            names.push((number, name));
        }
    }
    if let Some(item) = items.iter().enumerate().find_map(|(index, item)| never_resumes(items, index).then_some(item)) {
        return item.refuse(format!(
            "{} waits to the end, and isolationtester would wait with it; add the step that lets it go on",
            item.step.session
        ));
    }
    names.sort();
    let permutation: String = names.iter().map(|(_, name)| format!(" \"{name}\"")).collect();
    text.push_str(&format!("\npermutation{permutation}\n"));
    Ok(text)
}

fn sql(item: &Item<'_>) -> Result<String, ExportError> {
    match &item.step.action {
        Action::Query { copy_data, .. } if !copy_data.is_empty() => {
            item.refuse("isolationtester has no way to send the data of COPY")
        }
        Action::Query { sql, .. } if sql.contains('}') => {
            item.refuse("isolationtester takes a closing brace for the end of the SQL")
        }
        Action::Query { sql, .. } => Ok(sql.trim().trim_end_matches(';').to_owned()),
        Action::Checkpoint => Ok("CHECKPOINT".to_owned()),
        other => item.refuse(format!("isolationtester has no way to say {}", event(other))),
    }
}

/// Whether a step waits and no later step lets its session go on.
fn never_resumes(items: &[Item<'_>], index: usize) -> bool {
    let session = &items[index].step.session;
    items[index].expected.progress == Progress::Waits
        && !items[index..].iter().any(|item| item.expected.resumed.iter().any(|other| other.session == *session))
}
