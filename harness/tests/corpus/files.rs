//! The files themselves.

use libtest_mimic::Failed;
use seqcheck::corpus;

use crate::{all_entries, folder, none_of};

/// A file that the writer would write otherwise changes with the next `--bless`, for no reason.
pub(crate) fn are_as_the_writer_writes_them() -> Result<(), Failed> {
    let mut complaints = Vec::new();
    for entry in all_entries()? {
        let text = std::fs::read_to_string(folder().join(&entry.name))?;
        let written = entry.trace.to_string();
        if text != written {
            let lines = text.lines().zip(written.lines());
            let line = lines.take_while(|(left, right)| left == right).count() + 1;
            complaints.push(format!("{}:{line}: the writer would write otherwise", entry.name));
        }
    }
    none_of(complaints)
}

/// A header says in words what the trace is about, names clauses, and where they come from if the manual is pinned.
pub(crate) fn say_what_they_show() -> Result<(), Failed> {
    let mut complaints = Vec::new();
    for entry in all_entries()? {
        let mut complain = |what: &str| complaints.push(format!("{}: {what}", entry.name));
        let first = entry.trace.header.first().map_or("", String::as_str);
        if !first.contains(' ') || first.starts_with("clause:") || first.starts_with("from:") {
            complain("the header does not begin with what the trace shows");
        }
        if entry.trace.clauses().next().is_none() {
            complain("no clause: line");
        }
        if entry.name.starts_with("documented/") && entry.trace.header_values("from").next().is_none() {
            complain("no from: line");
        }
    }
    none_of(complaints)
}

/// The command carries the corpus inside.
pub(crate) fn are_embedded() -> Result<(), Failed> {
    let names = |entries: &[corpus::Entry]| entries.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>();
    let mut read = names(&all_entries()?);
    read.sort();
    assert_eq!(names(&corpus::embedded()?), read);
    Ok(())
}
