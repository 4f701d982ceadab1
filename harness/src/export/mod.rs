//! Traces in the formats of other tools.
//!
//! What a format cannot say is an error that names the step's line: a file that tests less than the trace would look as
//! if it tested all of it.

mod isolation;
mod psql;
mod sqllogictest;

use seqcheck_engine::{Cluster, Major};

use crate::expectation::{self, Side};
use crate::lockstep;
use crate::prepare::Prepared;
use crate::sql::script::{ScriptContent, split};
use crate::trace::{Action, Detail, ExpectedOutcome, Progress, Step, Trace};

/// A format of another tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// sqllogictest text, with the `connection` records of sqllogictest-rs where there are several sessions.
    Sqllogictest,
    /// A specification for PostgreSQL's `isolationtester` (`src/test/isolation/README`), without its expected output.
    Isolation,
    /// A script for psql; with several sessions a shell script that runs one psql for each.
    Psql,
}

/// What a format cannot say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct ExportError {
    /// The line of the trace's file where the step starts; 0 when the trace comes from no file.
    pub line: usize,
    /// What cannot be said, and what to do.
    pub what: String,
}

/// A step with what it answers.
struct Item<'t> {
    step: &'t Step,
    expected: ExpectedOutcome,
}

impl Item<'_> {
    fn refuse<T>(&self, what: impl Into<String>) -> Result<T, ExportError> {
        Err(ExportError { line: self.step.line, what: what.into() })
    }
}

/// Writes the steps of a trace that are for one major version in another format.
///
/// What the file does not expect, the engine predicts.
///
/// # Errors
///
/// The first step that the format has no words for.
pub fn export(trace: &Trace, major: Major, format: Format) -> Result<String, ExportError> {
    let items = items(trace, major);
    match format {
        Format::Sqllogictest => sqllogictest::write(&trace.header, &items),
        Format::Isolation => isolation::write(&trace.header, &items),
        Format::Psql => Ok(psql::write(&trace.header, &items)),
    }
}

/// The extension of files in a format that hold this trace, without the dot.
pub fn extension(trace: &Trace, format: Format) -> &'static str {
    match format {
        Format::Sqllogictest => "slt",
        Format::Isolation => "spec",
        Format::Psql if sessions(trace.steps.iter()).len() > 1 => "sh",
        Format::Psql => "sql",
    }
}

fn items(trace: &Trace, major: Major) -> Vec<Item<'_>> {
    let applies = trace.applies_to(major.number());
    let steps: Vec<&Step> = trace.steps.iter().filter(|step| applies && step.applies_to(major.number())).collect();
    let prepared = Prepared::from_trace(steps.iter().copied());
    let run = lockstep::predict(&prepared.steps, &mut Cluster::new(crate::sql::settings(major)));
    let observed = expectation::observed(&steps, &run, Side::Model);
    steps
        .into_iter()
        .zip(&observed)
        .map(|(step, observed)| {
            let anything = ExpectedOutcome { progress: Progress::Anything, resumed: Vec::new() };
            let said = step.expected_for(major.number()).unwrap_or(&anything);
            // A step below which nothing is written may be one whose file was not blessed yet.
            let is_silent = said.progress == Progress::Anything || *said == ExpectedOutcome::default();
            let predicted = is_silent.then(|| ExpectedOutcome::from_observed(observed, Detail::Plain)).flatten();
            let expected = predicted.unwrap_or_else(|| said.clone());
            // Other formats have no word for a value that nobody can predict.
            Item { step, expected: if expected.is_certain() { expected } else { anything } }
        })
        .collect()
}

/// The names of the sessions, in the order of their first steps.
fn sessions<'t>(steps: impl Iterator<Item = &'t Step>) -> Vec<&'t str> {
    let mut sessions: Vec<&str> = Vec::new();
    for step in steps {
        if !sessions.contains(&step.session.as_str()) {
            sessions.push(&step.session);
        }
    }
    sessions
}

/// The header as comments behind `mark`.
fn comments(header: &[String], mark: &str) -> String {
    header.iter().map(|line| format!("{mark} {line}").trim_end().to_owned() + "\n").collect()
}

/// The statements of a query, without the semicolons between them.
fn statements(sql: &str) -> Vec<String> {
    let statements = split(sql).items.into_iter().filter_map(|item| match item.content {
        ScriptContent::Statement { sql, .. } => Some(sql),
        ScriptContent::Connect { .. } | ScriptContent::LeftOut { .. } => None,
    });
    statements.collect()
}

/// What an event is called in messages.
fn event(action: &Action) -> &'static str {
    match action {
        Action::Query { .. } => "a query",
        Action::Connect { .. } => "\\connect",
        Action::Disconnect => "\\disconnect",
        Action::Cancel => "\\cancel",
        Action::Checkpoint => "\\checkpoint",
        Action::Crash => "\\crash",
        Action::Restart => "\\restart",
        Action::Standby => "\\standby",
        Action::Promote => "\\promote",
    }
}
