//! The model alone does what the files say that servers did.

use libtest_mimic::Failed;
use seqcheck::corpus::Entry;
use seqcheck::expectation::{Side, unmet};
use seqcheck::lockstep::Verdict;
use seqcheck::trace::{Step, Trace};
use seqcheck_engine::{Dialect, Quirk, QuirkSet, Settings};

use crate::{aurora_dsql, entries, entries_of, folder, none_of, predict_with, settings, steps_for};

pub(crate) fn meets_expectations(major: u8) -> Result<(), Failed> {
    meet_expectations(entries()?, &settings(major))
}

/// What Aurora DSQL's guide says is what the model of it does.
pub(crate) fn aurora_dsql_meets_expectations() -> Result<(), Failed> {
    let entries = entries_of(Dialect::AuroraDsql)?;
    assert!(entries.len() > 15, "only {} traces", entries.len());
    meet_expectations(entries, &aurora_dsql())
}

fn meet_expectations(entries: Vec<Entry>, settings: &Settings) -> Result<(), Failed> {
    let major = settings.major.number();
    let mut complaints = Vec::new();
    for entry in entries {
        let steps = steps_for(&entry, major);
        let run = predict_with(&steps, settings.clone());
        for (step, record) in steps.iter().zip(&run.steps) {
            if let Verdict::Unsupported(what) = &record.verdict {
                complaints.push(format!("{}:{}: unsupported: {what}", entry.name, step.line));
            }
        }
        for (index, mismatch) in unmet(&steps, &run, Side::Model, major) {
            complaints.push(format!("{}:{}: {mismatch}", entry.name, steps[index].line));
        }
    }
    none_of(complaints)
}

/// The trace of each report that a quirk is like fails on a model with that quirk: the corpus would notice the fault in
/// an implementation, and the two belong together.
pub(crate) fn reports_notice_their_quirks() -> Result<(), Failed> {
    let major = 15;
    let mut complaints = Vec::new();
    for quirk in Quirk::ALL.iter().copied() {
        let quirks = QuirkSet::NONE.with(quirk);
        for report in quirk.reports() {
            let path = folder().join("zoo").join(report).with_extension("trace");
            let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let trace = Trace::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
            let steps: Vec<&Step> = trace.steps.iter().filter(|step| step.applies_to(major)).collect();
            let run = predict_with(&steps, Settings { quirks, ..settings(major) });
            if unmet(&steps, &run, Side::Model, major).is_empty() {
                complaints.push(format!("{report} does not notice {}", quirk.name()));
            }
        }
    }
    none_of(complaints)
}
