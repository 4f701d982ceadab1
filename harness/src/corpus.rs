//! The corpus: readable traces that document PostgreSQL and guard against regressions.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use seqcheck_engine::Dialect;

use crate::trace::{Action, ReadError, Trace};

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../corpus");

/// One trace file with the name that reports use.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The path below the corpus folder, with forward slashes.
    pub name: String,
    /// The trace.
    pub trace: Trace,
}

impl Entry {
    /// Whose SQL the trace is in, as its header says (`dialect: aurora-dsql`); PostgreSQL's unless told otherwise.
    pub fn dialect(&self) -> Dialect {
        self.trace.dialect()
    }

    /// Whether the trace needs a server to itself: it crashes or restarts the server, which ends every session that anybody
    /// has there, or has a standby, which begins with a checkpoint.
    pub fn needs_own_server(&self) -> bool {
        let needs =
            |action: &Action| matches!(action, Action::Crash | Action::Restart | Action::Standby | Action::Promote);
        self.trace.steps.iter().any(|step| needs(&step.action))
    }

    /// Whether the trace uses PREPARE TRANSACTION, which servers have disabled unless told otherwise.
    pub fn prepares_transactions(&self) -> bool {
        self.trace.steps.iter().any(|step| match &step.action {
            Action::Query { sql, .. } => sql.to_ascii_lowercase().contains("prepare transaction"),
            _ => false,
        })
    }
}

/// The traces that this program was built with, in the order of their names.
///
/// # Errors
///
/// A file that is no trace, which the project's own tests would have found.
pub fn embedded() -> Result<Vec<Entry>, ReadError> {
    let mut entries = Vec::new();
    let pattern = "**/*.trace";
    let files = EMBEDDED.find(pattern).into_iter().flatten().filter_map(|entry| entry.as_file().cloned());
    for file in files {
        let trace = Trace::parse_bytes(file.contents(), file.path())?;
        entries.push(Entry { name: slashed(file.path()), trace });
    }
    entries.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(entries)
}

/// The traces below a folder, in the order of their names.
///
/// # Errors
///
/// The first folder or file that cannot be read, or that is no trace.
pub fn read(folder: &Path) -> Result<Vec<Entry>, ReadError> {
    let mut paths = Vec::new();
    collect(folder, &mut paths)?;
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let name = slashed(path.strip_prefix(folder).unwrap_or(&path));
            Ok(Entry { name, trace: Trace::read(&path)? })
        })
        .collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), ReadError> {
    let unreadable = |error| ReadError::Io { path: folder.to_owned(), error };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "trace") {
            paths.push(path);
        }
    }
    Ok(())
}

fn slashed(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
