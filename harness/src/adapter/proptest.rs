//! Traces as a proptest strategy.

use std::fmt;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use rand_core::Rng;
use seqcheck_engine::Settings;

use crate::choice::Seeded;
use crate::compare::Signature;
use crate::generate::{ServerEvents, generate};
use crate::lockstep::{Divergence, Run, Step};
use crate::prepare::Prepared;
use crate::shrink::{Budget, shrink};

/// Generated traces for the PostgreSQL that the settings describe, without events that concern the whole server.
///
/// What fails is made smaller by [`shrink`](fn@crate::shrink::shrink): every failure counts as the same one, so a test
/// that can fail in several ways should check one thing at a time.
///
/// ```
/// use proptest::prelude::*;
/// use seqcheck::adapter::traces;
/// use seqcheck::lockstep::{Verdict, predict};
/// use seqcheck_engine::{Cluster, Major, Settings};
///
/// let settings = Settings::new(Major::NEWEST);
/// let config = ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() };
/// proptest!(config, |(drawn in traces(settings.clone()))| {
///     let run = predict(&drawn.steps, &mut Cluster::new(settings.clone()));
///     prop_assert!(run.steps.iter().all(|step| step.verdict == Verdict::Agrees));
/// });
/// ```
pub fn traces(settings: Settings) -> Traces {
    Traces { settings }
}

/// The strategy that [`traces`] makes.
#[derive(Debug, Clone)]
pub struct Traces {
    settings: Settings,
}

/// A generated trace. Its debug form is the text of a trace file.
#[derive(Clone, PartialEq, Eq)]
pub struct Drawn {
    /// The steps.
    pub steps: Vec<Step>,
}

impl fmt::Debug for Drawn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter)?;
        let steps = Prepared::numbered(self.steps.clone()).to_trace_steps();
        steps.iter().try_for_each(|step| fmt::Display::fmt(step, formatter))
    }
}

impl Strategy for Traces {
    type Tree = DrawnTree;
    type Value = Drawn;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let seed = runner.new_rng().next_u64();
        let steps = generate(&mut Seeded::new(seed), &self.settings, ServerEvents::None);
        let steps = Prepared::from_generated(&steps).steps;
        Ok(DrawnTree { smallest: steps.clone(), current: steps, shrinker: None })
    }
}

/// A trace that proptest shrinks.
///
/// The shrinker asks whether a candidate fails, proptest tells whether it did: the shrinker runs in a thread of its own,
/// and the two take turns.
pub struct DrawnTree {
    /// The smallest trace that is known to fail; at first, the one that was drawn.
    smallest: Vec<Step>,
    current: Vec<Step>,
    shrinker: Option<Shrinker>,
}

impl fmt::Debug for DrawnTree {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DrawnTree").field("current", &self.current()).finish_non_exhaustive()
    }
}

struct Shrinker {
    candidates: Receiver<Vec<Step>>,
    verdicts: Sender<bool>,
}

impl Shrinker {
    fn start(steps: Vec<Step>) -> Shrinker {
        let (candidate_sender, candidates) = channel::<Vec<Step>>();
        let (verdicts, verdict_receiver) = channel();
        thread::spawn(move || {
            let first = failed(&steps);
            let budget = Budget::default();
            shrink(&steps, first, budget, |candidate| {
                let fails = candidate_sender.send(candidate.to_vec()).ok().and_then(|()| verdict_receiver.recv().ok());
                match fails {
                    Some(true) => failed(candidate),
                    Some(false) => Run::default(),
                    None => Run::stopped("the test"),
                }
            });
        });
        Shrinker { candidates, verdicts }
    }
}

/// The run of a trace that fails, whatever the failure: it takes the whole trace to show it.
fn failed(steps: &[Step]) -> Run {
    let signature = Signature::new("a failed test", &[], None, None);
    let last = steps.len().saturating_sub(1);
    let mut run = Run::default();
    run.divergences.push(Divergence { step: last, seen_at: last, signature });
    run
}

impl DrawnTree {
    /// Tells whether the current trace failed, and takes the next candidate; false when there is none.
    fn next(&mut self, fails: bool) -> bool {
        if fails {
            self.smallest.clone_from(&self.current);
        }
        let shrinker = match &mut self.shrinker {
            Some(shrinker) => {
                // Should the shrinker be over, there is no candidate either.
                let _ = shrinker.verdicts.send(fails);
                shrinker
            }
            none => none.insert(Shrinker::start(self.smallest.clone())),
        };
        match shrinker.candidates.recv() {
            Ok(candidate) => {
                self.current = candidate;
                true
            }
            Err(_) => {
                self.current.clone_from(&self.smallest);
                false
            }
        }
    }
}

impl ValueTree for DrawnTree {
    type Value = Drawn;

    fn current(&self) -> Drawn {
        Drawn { steps: self.current.clone() }
    }

    fn simplify(&mut self) -> bool {
        self.next(true)
    }

    fn complicate(&mut self) -> bool {
        self.next(false)
    }
}
