//! Decides whether a history is allowed, in time that grows with its length, times the logarithm of that for sorting.

mod block;
mod crash;
mod cycle;
mod epoch;
mod line;
mod range;
mod session;

use super::record::{Call, History, Nextval};
use super::violation::{Kind, Violation, Violations};
use block::Walk;
use epoch::Epochs;
use range::{Frame, frames};

/// How to check a history.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Whether values may be missing for which no call accounts. PostgreSQL skips none without a reason; other systems
    /// may promise only that values are never given twice.
    pub gaps_allowed: bool,
    /// How many violations to keep; all are counted.
    pub most: usize,
}

impl Default for Options {
    /// As PostgreSQL does, and ten violations.
    fn default() -> Options {
        Options { gaps_allowed: false, most: 10 }
    }
}

/// Whether a history is allowed, and how much of it says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The first violations.
    pub violations: Vec<Violation>,
    /// How many there are.
    pub count: u64,
    /// How many values were given.
    pub values: u64,
    /// How many calls were left open, since their times allow more than one reading.
    pub open: u64,
}

/// Decides whether a history is allowed. Sequences that behave like PostgreSQL's give no violation, however the calls
/// overlap.
pub fn check(history: &History, options: &Options) -> Verdict {
    let crashes = session::crashes(history);
    let mut violations = Violations::new(options.most);
    let mut epochs = Epochs::of(history, &crashes);
    let walks = block::walk(history, &crashes, &mut epochs, &mut violations);
    let flushed = crash::flushed(history, &epochs, crashes.len());
    let mut open = 0;
    for ((number, epochs), walk) in (0..).zip(&mut epochs).zip(walks) {
        let mut judge = Judge { history, options, flushed: &flushed, sequence: number, violations: &mut violations };
        open += judge.sequence(epochs, walk);
    }
    let values = history.records.iter().filter(|record| matches!(record.call, Call::Nextval(Nextval::Value(_))));
    Verdict { values: values.count() as u64, violations: violations.list, count: violations.count, open }
}

/// What is needed to judge the blocks of one sequence.
struct Judge<'h, 'v> {
    history: &'h History,
    options: &'h Options,
    /// Up to when calls before each crash are flushed.
    flushed: &'h [u64],
    sequence: u32,
    violations: &'v mut Violations,
}

impl Judge<'_, '_> {
    /// Judges the sequence; returns how many calls were left open.
    fn sequence(&mut self, epochs: &mut Epochs, walk: Walk) -> u64 {
        let mut open = walk.unclear;
        let are_open = !walk.open.is_empty();
        let mut frames = frames(self, epochs);
        for (block, found) in walk.open {
            let fitting: Vec<usize> = found.iter().copied().filter(|&epoch| frames[epoch].fits(block.first)).collect();
            match fitting.as_slice() {
                [] => self.violations.push(self.sequence, Kind::FitsNowhere, &[block.record]),
                [only] if epochs.all[*only].definition.is_some() => {
                    for &epoch in &found {
                        epochs.all[epoch].unseen -= 1;
                        epochs.all[epoch].possible -= u64::from(epoch != *only);
                    }
                    epochs.all[*only].blocks.push(block);
                }
                _ => open += u64::from(block.used),
            }
        }
        if are_open {
            frames = range::frames(self, epochs);
        }
        for (index, frame) in frames.iter().enumerate() {
            match &frame.definition {
                Some(definition) if definition.cycle => self.cycle(definition, epochs, index, frame),
                Some(definition) => self.line(definition, epochs, index, frame),
                None => open += epochs.all[index].blocks.iter().map(|block| u64::from(block.used)).sum::<u64>(),
            }
        }
        for (record, found) in &walk.limits {
            self.limit(*record, found, &frames);
        }
        open
    }

    /// A limit that was reported must have been reached in one of the epochs.
    fn limit(&mut self, record: u32, found: &[usize], frames: &[Frame]) {
        if found.iter().any(|&epoch| frames[epoch].may_be_exhausted()) {
            return;
        }
        let reached = found.iter().filter_map(|&epoch| frames[epoch].furthest()).next().unwrap_or_default();
        self.violations.push(self.sequence, Kind::LimitTooEarly { reached }, &[record]);
    }
}
