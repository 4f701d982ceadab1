//! The model alone does what the files say that servers did.

use libtest_mimic::Failed;
use seqcheck::expectation::{Side, unmet};
use seqcheck::lockstep::Verdict;

use crate::{entries, none_of, predict, steps_for};

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
