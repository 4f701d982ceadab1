//! Transcripts of the documented examples, pinned as snapshots that model and servers share.

use std::collections::BTreeSet;
use std::path::Path;

use libtest_mimic::Failed;
use seqcheck::corpus::Entry;
use seqcheck::expectation::Side;
use seqcheck::report::NOT_OBSERVED;
use seqcheck::report::transcript::transcript;
use seqcheck_engine::Dialect;

use crate::{MAJORS, aurora_dsql, entries, entries_of, predict, predict_with, steps_for};

const DOCUMENTED: &str = "documented/postgresql/";

/// The documented examples, each with its snapshot's name.
pub(crate) fn documented() -> Result<Vec<(String, Entry)>, Failed> {
    let named = |entry: Entry| {
        let name = entry.name.strip_prefix(DOCUMENTED)?.strip_suffix(".trace")?.to_owned();
        Some((name, entry))
    };
    Ok(entries()?.into_iter().filter_map(named).collect())
}

pub(crate) fn of_the_model() -> Result<(), Failed> {
    for (name, entry) in documented()? {
        assert_is_pinned(&name, &document(&entry, None));
    }
    Ok(())
}

/// The examples of Aurora DSQL's guide, as its model shows them.
pub(crate) fn of_aurora_dsql() -> Result<(), Failed> {
    let mut names = BTreeSet::new();
    for entry in entries_of(Dialect::AuroraDsql)? {
        let Some(name) = entry.name.strip_prefix("documented/aurora-dsql/") else { continue };
        let name = name.trim_end_matches(".trace");
        let settings = aurora_dsql();
        let steps = steps_for(&entry, settings.major.number());
        let text = transcript(&steps, &predict_with(&steps, settings), Side::Model);
        let document = format!("{NOT_OBSERVED}\n\n{text}");
        in_folder("aurora-dsql").bind(|| insta::assert_snapshot!(name, document));
        names.insert(format!("{name}.snap"));
    }
    assert_eq!(snapshots("aurora-dsql")?, names);
    Ok(())
}

/// A snapshot whose trace is gone would look like a promise that nobody keeps.
pub(crate) fn have_no_strays() -> Result<(), Failed> {
    let expected: BTreeSet<String> = documented()?.into_iter().map(|(name, _)| format!("{name}.snap")).collect();
    assert_eq!(snapshots("postgresql")?, expected);
    Ok(())
}

/// The snapshots of a folder.
fn snapshots(folder: &str) -> Result<BTreeSet<String>, Failed> {
    let mut found = BTreeSet::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../snapshots/documented");
    for file in std::fs::read_dir(root.join(folder))? {
        found.insert(file?.file_name().to_string_lossy().into_owned());
    }
    found.retain(|name| name.ends_with(".snap"));
    Ok(found)
}

/// What all majors show, the model speaking for each but the one that a server has given its own transcript of.
///
/// Where the majors differ, each group of them that agrees has its own part.
pub(crate) fn document(entry: &Entry, of_server: Option<(u8, &str)>) -> String {
    let mut groups: Vec<(Vec<u8>, String)> = Vec::new();
    for major in MAJORS.into_iter().filter(|major| entry.trace.applies_to(*major)) {
        let text = match of_server {
            Some((server, text)) if server == major => text.to_owned(),
            _ => {
                let steps = steps_for(entry, major);
                transcript(&steps, &predict(&steps, major), Side::Model)
            }
        };
        match groups.last_mut().filter(|(_, last)| *last == text) {
            Some((majors, _)) => majors.push(major),
            None => groups.push((vec![major], text)),
        }
    }
    let several = groups.len() > 1 || groups.iter().any(|(majors, _)| majors.len() < MAJORS.len());
    let part = |(majors, text): &(Vec<u8>, String)| match (several, majors.as_slice()) {
        (true, [first, .., last]) => format!("PostgreSQL {first} to {last}\n\n{text}"),
        (true, [only]) => format!("PostgreSQL {only}\n\n{text}"),
        _ => text.clone(),
    };
    groups.iter().map(part).collect::<Vec<_>>().join("\n\n")
}

pub(crate) fn assert_is_pinned(name: &str, document: &str) {
    in_folder("postgresql").bind(|| insta::assert_snapshot!(name, document));
}

/// Where the snapshots of a product's documentation are.
fn in_folder(folder: &str) -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(format!("../../../snapshots/documented/{folder}"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}
