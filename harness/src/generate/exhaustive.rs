//! Every trace up to a length over a small alphabet: what random draws find only by luck, these cannot miss.
//!
//! A trace makes one sequence, takes the steps that its number spells, and looks at what has become of the sequence. All
//! traces of one length are enough: a shorter one is the beginning of a longer one. Two sessions act, and the first to act
//! is S1, since the same trace with the sessions' names exchanged says nothing new.

use seqcheck_engine::{Cluster, Progress, SessionId, Settings, Statement};

use super::{GeneratedAction, GeneratedStep};
use crate::sql;

/// The sequences to begin with: a plain one; one that soon runs out, comes round and keeps values; a descending one.
const SEQUENCES: [&str; 3] = [
    "CREATE SEQUENCE s",
    "CREATE SEQUENCE s MAXVALUE 4 CACHE 2 CYCLE",
    "CREATE SEQUENCE s INCREMENT BY -2 MINVALUE -3 MAXVALUE 2",
];

/// The alphabet: what each step may be.
const STEPS: [&str; 12] = [
    "SELECT nextval('s')",
    "SELECT currval('s')",
    "SELECT lastval()",
    "SELECT setval('s', 2)",
    "SELECT setval('s', 1, false)",
    "ALTER SEQUENCE s RESTART",
    "ALTER SEQUENCE s CACHE 3",
    "ALTER SEQUENCE s INCREMENT BY 2",
    "DISCARD SEQUENCES",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
];

/// What each session sees in the end, S1 the sequence's row as well.
const LAST_LOOKS: [&str; 2] = ["SELECT last_value, log_cnt, is_called FROM s", "SELECT nextval('s')"];

/// How many sessions act.
const SESSIONS: u64 = 2;

/// All traces of one length.
#[derive(Debug)]
pub struct Exhaustive {
    sequences: Vec<Statement>,
    steps: Vec<Statement>,
    last_looks: Vec<Statement>,
    length: u32,
}

impl Exhaustive {
    /// The most steps for which the traces can be numbered.
    pub const LONGEST: u32 = 12;

    /// The traces with this many steps, beside the one that makes the sequence and those that look at it in the end;
    /// more than [`LONGEST`](Self::LONGEST) are taken for that many.
    pub fn new(length: u32) -> Exhaustive {
        Exhaustive {
            sequences: parse(&SEQUENCES),
            steps: parse(&STEPS),
            last_looks: parse(&LAST_LOOKS),
            length: length.min(Exhaustive::LONGEST),
        }
    }

    /// How many steps each has.
    pub fn length(&self) -> u32 {
        self.length
    }

    /// How many numbers traces have. Where a step would belong to a session that waits, a number stands for no trace.
    pub fn count(&self) -> u64 {
        SEQUENCES.len() as u64 * completions(self.length, 0)
    }

    /// The trace of this number, counted from 0.
    pub fn trace(&self, number: u64, settings: &Settings) -> Option<Vec<GeneratedStep>> {
        let (sequence, mut left) = split(number, SEQUENCES.len() as u64);
        let mut cluster = Cluster::new(settings.clone());
        let sessions: Vec<SessionId> = (0..SESSIONS).map(|_| cluster.connect()).collect();
        let mut steps = Vec::new();
        let mut act = |session: u64, statement: &Statement| {
            let session = session as usize;
            if cluster.is_waiting(sessions[session]) {
                return false;
            }
            let outcome = cluster.step(sessions[session], std::slice::from_ref(statement));
            let is_in_model = outcome.lost.is_none() && !matches!(outcome.progress, Progress::Unsupported(_));
            steps.push(GeneratedStep { session, action: GeneratedAction::Query(vec![statement.clone()]) });
            is_in_model
        };
        act(0, self.sequences.get(sequence as usize)?);
        let mut acted = 0;
        for done in 0..self.length {
            // Of the sessions that have not acted, only the first may come next.
            let choices = (acted + 1).min(SESSIONS);
            let mut session = 0;
            while session < choices {
                let after = STEPS.len() as u64 * completions(self.length - done - 1, acted.max(session + 1));
                match left.checked_sub(after) {
                    Some(rest) => left = rest,
                    None => break,
                }
                session += 1;
            }
            acted = acted.max(session + 1);
            let (step, rest) = split(left, STEPS.len() as u64);
            left = rest;
            if session == SESSIONS || !act(session, &self.steps[step as usize]) {
                return None;
            }
        }
        self.last_looks.iter().for_each(|look| {
            act(0, look);
        });
        (1..acted).for_each(|session| {
            act(session, &self.last_looks[1]);
        });
        Some(steps)
    }
}

/// In how many ways a trace can go on for this many steps once this many sessions have acted.
fn completions(length: u32, acted: u64) -> u64 {
    if length == 0 {
        return 1;
    }
    let choices = (acted + 1).min(SESSIONS);
    (0..choices).map(|session| STEPS.len() as u64 * completions(length - 1, acted.max(session + 1))).sum()
}

/// The lowest digit of a number in this base, and the rest.
fn split(number: u64, base: u64) -> (u64, u64) {
    (number % base, number / base)
}

fn parse(texts: &[&str]) -> Vec<Statement> {
    texts.iter().flat_map(|text| sql::parse(text).expect("the alphabet is SQL of the model")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use seqcheck_engine::Major;
    use std::collections::BTreeSet;

    #[test]
    fn numbers_stand_for_different_traces() {
        let all = Exhaustive::new(2);
        let settings = crate::sql::settings(Major::NEWEST);
        let traces: Vec<String> = (0..all.count())
            .filter_map(|number| all.trace(number, &settings))
            .map(|trace| format!("{trace:?}"))
            .collect();
        assert_eq!(traces.len() as u64, all.count(), "no trace this short waits");
        assert_eq!(traces.iter().collect::<BTreeSet<_>>().len(), traces.len());
    }

    #[test]
    fn every_pair_of_steps_comes_up() {
        let all = Exhaustive::new(2);
        // S1 takes two steps, or S1 and S2 one each.
        assert_eq!(all.count(), 3 * (12 * 12 + 12 * 12));
        assert_eq!(Exhaustive::new(0).count(), 3);
    }

    #[test]
    fn three_steps_leave_nobody_waiting_for_another() {
        let all = Exhaustive::new(3);
        let settings = crate::sql::settings(Major::NEWEST);
        let missing = (0..all.count()).filter(|number| all.trace(*number, &settings).is_none()).count();
        assert!(missing == 0, "two steps make nobody wait in time for a third: {missing}");
    }
}
