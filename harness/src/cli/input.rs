//! Reading the files that are replayed.

use std::path::{Path, PathBuf};

use crate::isolation::Spec;
use crate::sql::script::{ScriptContent, split};
use crate::trace::{Action, Step, Trace};

use super::failure::Failure;

/// A file to replay.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// A trace file.
    Trace {
        /// Where it is.
        path: PathBuf,
        /// What it holds.
        trace: Trace,
    },
    /// Steps without expectations: a psql script, where one session runs each statement as a step, or one permutation of
    /// an isolation test spec.
    Script {
        /// Where it is.
        path: PathBuf,
        /// What part of the file it is, when there are several.
        part: Option<String>,
        /// The steps.
        steps: Vec<Step>,
        /// For each step whether the script ends when it fails; empty when no step ends it.
        error_ends: Vec<bool>,
    },
}

impl Source {
    pub(super) fn path(&self) -> &Path {
        match self {
            Source::Trace { path, .. } | Source::Script { path, .. } => path,
        }
    }

    pub(super) fn part(&self) -> Option<&str> {
        match self {
            Source::Trace { .. } => None,
            Source::Script { part, .. } => part.as_deref(),
        }
    }

    pub(super) fn trace(&self) -> Option<&Trace> {
        match self {
            Source::Trace { trace, .. } => Some(trace),
            Source::Script { .. } => None,
        }
    }

    pub(super) fn trace_mut(&mut self) -> Option<&mut Trace> {
        match self {
            Source::Trace { trace, .. } => Some(trace),
            Source::Script { .. } => None,
        }
    }

    /// Whether there is nothing to run.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Source::Trace { trace, .. } => trace.steps.is_empty(),
            Source::Script { steps, .. } => steps.is_empty(),
        }
    }

    /// Whether the script ends when this step fails.
    pub(super) fn ends_on_error_of(&self, step: usize) -> bool {
        match self {
            Source::Trace { .. } => false,
            Source::Script { error_ends, .. } => error_ends.get(step).copied().unwrap_or(false),
        }
    }

    /// The steps that apply to PostgreSQL of this major version.
    pub(super) fn steps_for(&self, major: u8) -> Vec<&Step> {
        match self {
            Source::Trace { trace, .. } if !trace.applies_to(major) => Vec::new(),
            Source::Trace { trace, .. } => trace.steps.iter().filter(|step| step.applies_to(major)).collect(),
            Source::Script { steps, .. } => steps.iter().collect(),
        }
    }
}

/// How many permutations of a spec are run that lists none.
const MOST_INTERLEAVINGS: usize = 1000;

/// Reads a file that holds one thing to run: a spec must have exactly one permutation.
pub(super) fn read_one(path: &Path) -> Result<Source, Failure> {
    let mut sources = read(path)?;
    match (sources.pop(), sources.len()) {
        (Some(only), 0) => Ok(only),
        (None, _) => Err(Failure::input(format!("{}: there is not one step in it", path.display()))),
        (Some(_), others) => Err(Failure::input(format!(
            "{}: it has {} permutations, but one is wanted; keep the line of that one",
            path.display(),
            others + 1
        ))),
    }
}

/// Reads a file by its extension: one thing to replay, or for a spec each of its permutations.
pub(super) fn read(path: &Path) -> Result<Vec<Source>, Failure> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("trace") => {
            let trace = Trace::read(path).map_err(Failure::input)?;
            Ok(vec![Source::Trace { path: path.to_owned(), trace }])
        }
        Some("sql") => Ok(vec![read_script(path)?]),
        Some("spec") => {
            let spec = Spec::parse(&read_text(path)?).map_err(|error| Failure::input(error.in_file(path)))?;
            let scheduled = spec.schedule(MOST_INTERLEAVINGS);
            if spec.permutations.is_empty() && spec.schedules() > scheduled.len() as u128 {
                anstream::eprintln!(
                    "note: {}: runs the first {} of {} interleavings; list those that matter as permutations",
                    path.display(),
                    scheduled.len(),
                    spec.schedules()
                );
            }
            let part = |names: &[String]| Some(format!("permutation {}", names.join(" ")));
            Ok(scheduled
                .into_iter()
                .map(|one| Source::Script {
                    path: path.to_owned(),
                    part: part(&one.names),
                    steps: one.steps,
                    error_ends: Vec::new(),
                })
                .collect())
        }
        _ => Err(Failure::input(format!(
            "{}: replay takes trace files (.trace), SQL scripts (.sql) and isolation test specs (.spec)",
            path.display()
        ))),
    }
}

fn read_text(path: &Path) -> Result<String, Failure> {
    let bytes =
        std::fs::read(path).map_err(|error| Failure::input(format!("cannot read {}: {error}", path.display())))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..place].iter().filter(|byte| **byte == b'\n').count() + 1;
        Failure::input(format!("{}:{line}: not UTF-8 text; save the file with UTF-8 encoding", path.display()))
    })?;
    if let Some(place) = text.find('\0') {
        let line = text[..place].matches('\n').count() + 1;
        let path = path.display();
        return Err(Failure::input(format!("{path}:{line}: a zero byte, which SQL text cannot hold; remove it")));
    }
    Ok(text)
}

fn read_script(path: &Path) -> Result<Source, Failure> {
    let script = split(&read_text(path)?);
    if let Some(copy) = script.unended_copy {
        // All that follows would count as data, and nothing of it would be compared.
        return Err(Failure::input(format!(
            "{}:{}: COPY … FROM STDIN, but no line \\. follows that ends its data; write one behind the last line of data",
            path.display(),
            copy.line
        )));
    }
    let error_ends = script.items.iter().map(|item| item.is_error_the_end).collect();
    let steps = script.items.into_iter().map(|item| {
        let (action, left_out) = match item.content {
            ScriptContent::Statement { sql, copy_data } => {
                (Action::Query { sql, copy_data: copy_data.unwrap_or_default() }, None)
            }
            ScriptContent::Connect { role } => (Action::Connect { role }, None),
            ScriptContent::LeftOut { text, reason } => (Action::query(text), Some(reason)),
        };
        Step { line: item.location.line, left_out, ..Step::new("S1", action) }
    });
    Ok(Source::Script { path: path.to_owned(), part: None, steps: steps.collect(), error_ends })
}
