//! The model alone does what the files say that servers did.

use libtest_mimic::Failed;
use seqcheck::expectation::{Side, unmet};
use seqcheck::lockstep::Verdict;
use seqcheck_engine::{Quirk, QuirkSet, Settings};

use crate::{entries, none_of, predict, predict_with, settings, steps_for};

pub(crate) fn meets_expectations(major: u8) -> Result<(), Failed> {
    let mut complaints = Vec::new();
    for entry in entries()? {
        let steps = steps_for(&entry, major);
        let run = predict(&steps, major);
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

/// A model with any planted fault fails some trace: the corpus would notice the fault in an implementation.
pub(crate) fn no_quirk_passes() -> Result<(), Failed> {
    let major = 15;
    let entries = entries()?;
    let is_noticed = |quirk: Quirk| {
        let quirks = QuirkSet::NONE.with(quirk);
        entries.iter().any(|entry| {
            let steps = steps_for(entry, major);
            let run = predict_with(&steps, Settings { quirks, ..settings(major) });
            !unmet(&steps, &run, Side::Model, major).is_empty()
        })
    };
    let passed = Quirk::ALL.into_iter().filter(|quirk| !is_noticed(*quirk));
    none_of(passed.map(|quirk| format!("no trace notices {}", quirk.name())).collect())
}
