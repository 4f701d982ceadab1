//! The hunt itself.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use seqcheck_engine::{Cluster, Outcome, Quirk, QuirkSet, Settings};

use super::Options;
use super::engine::{Engine, is_beyond};
use crate::campaign::Progress;
use crate::choice::Seeded;
use crate::expectation::{self, Side};
use crate::generate::{GeneratedStep, ServerEvents, generate};
use crate::implementation::model::Model;
use crate::lockstep::{self, Run, Step};
use crate::prepare::Prepared;
use crate::shrink::{Budget, shrink};
use crate::trace::{Detail, Expectation, ExpectedOutcome, Trace};

/// What shrinking may cost. Only candidates count: how fast the machine is must not change a result.
const BUDGET: Budget = Budget { candidates: 1000, time: Duration::MAX };

/// How a hunt went.
#[derive(Debug, Clone)]
pub struct Hunt {
    /// Each fault that was hunted, in the order asked for.
    pub catches: Vec<Catch>,
}

/// One fault, and whether it was found.
#[derive(Debug, Clone)]
pub struct Catch {
    /// The fault.
    pub quirk: Quirk,
    /// The divergence that gave it away, if any did.
    pub found: Option<Found>,
}

/// How a fault was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// How many traces it took: 1 when the first trace showed it.
    pub traces: u64,
    /// How long these took to generate, and to run on both engines. Shrinking is not part of it.
    pub elapsed: Duration,
    /// The shrunk trace. It expects what the engine does without the fault.
    pub trace: Trace,
}

impl Hunt {
    /// How many of the faults were found.
    pub fn found(&self) -> usize {
        self.catches.iter().filter(|catch| catch.found.is_some()).count()
    }

    /// Whether none got away.
    pub fn is_complete(&self) -> bool {
        self.found() == self.catches.len()
    }

    /// The numbers of traces that it took to find those that were found, in ascending order.
    pub fn traces(&self) -> Vec<u64> {
        let mut traces: Vec<u64> = self.all_found().map(|found| found.traces).collect();
        traces.sort_unstable();
        traces
    }

    /// The shrunk traces' numbers of steps, in ascending order.
    pub fn steps(&self) -> Vec<u64> {
        let mut steps: Vec<u64> = self.all_found().map(|found| found.trace.steps.len() as u64).collect();
        steps.sort_unstable();
        steps
    }

    fn all_found(&self) -> impl Iterator<Item = &Found> {
        self.catches.iter().filter_map(|catch| catch.found.as_ref())
    }
}

/// One fault that is still to be found.
struct Hunted {
    place: usize,
    settings: Settings,
    /// The kind of traces in which it can show.
    events: ServerEvents,
    elapsed: Duration,
}

/// Looks for each of `quirks` until it is found or the traces are used up.
pub fn hunt(quirks: &[Quirk], options: &Options, progress: &Progress) -> Hunt {
    let healthy = options.settings();
    let mut catches: Vec<Catch> = quirks.iter().map(|quirk| Catch { quirk: *quirk, found: None }).collect();
    let mut hunted: Vec<Hunted> = quirks
        .iter()
        .enumerate()
        .map(|(place, quirk)| Hunted {
            place,
            settings: Settings { quirks: QuirkSet::NONE.with(*quirk), ..healthy.clone() },
            events: if quirk.shows_in_crashes() { ServerEvents::Crashes } else { ServerEvents::Checkpoints },
            elapsed: Duration::ZERO,
        })
        .collect();
    for index in 0..options.traces {
        if hunted.is_empty() {
            break;
        }
        for events in [ServerEvents::Checkpoints, ServerEvents::Crashes] {
            if !hunted.iter().any(|hunted| hunted.events == events) {
                continue;
            }
            let begun = Instant::now();
            let steps = generate(&mut Seeded::for_trace(options.seed, index), &healthy, events);
            let expected = run(&steps, &healthy);
            let shared = begun.elapsed();
            hunted.retain_mut(|hunted| {
                if hunted.events != events {
                    return true;
                }
                let begun = Instant::now();
                let differs = differs(&steps, &expected, &hunted.settings);
                hunted.elapsed += shared + begun.elapsed();
                progress.steps.fetch_add(steps.len() as u64, Ordering::Relaxed);
                let trace = match differs {
                    true => shrunk(&steps, &healthy, &hunted.settings),
                    false => None,
                };
                let Some(trace) = trace else { return true };
                catches[hunted.place].found = Some(Found { traces: index + 1, elapsed: hunted.elapsed, trace });
                progress.findings.fetch_add(1, Ordering::Relaxed);
                false
            });
        }
        progress.traces.store(index + 1, Ordering::Relaxed);
    }
    Hunt { catches }
}

/// What the engine without the fault does.
fn run(steps: &[GeneratedStep], settings: &Settings) -> Vec<Option<Outcome>> {
    let mut engine = Engine::new(settings);
    steps.iter().map(|step| engine.run(step)).collect()
}

/// Whether an engine does anything else than is expected.
fn differs(steps: &[GeneratedStep], expected: &[Option<Outcome>], settings: &Settings) -> bool {
    let mut engine = Engine::new(settings);
    for (step, expected) in steps.iter().zip(expected) {
        if expected.as_ref().is_some_and(is_beyond) {
            return false;
        }
        let outcome = engine.run(step);
        if outcome.as_ref().is_some_and(is_beyond) {
            // Its own answer is none that could be judged.
            return false;
        }
        if outcome != *expected {
            return true;
        }
    }
    false
}

/// Runs a trace in lockstep, as it would run on a server: a difference that shows only here, or only inside the engines,
/// is none. Shrinks it.
fn shrunk(steps: &[GeneratedStep], healthy: &Settings, faulty: &Settings) -> Option<Trace> {
    let steps = Prepared::from_generated(steps).steps;
    let mut model = Model::of("the engine with a planted fault", faulty.clone());
    let mut judge = |steps: &[Step]| -> Run {
        lockstep::run(steps, &mut Cluster::new(healthy.clone()), &mut model, &lockstep::Options::default())
    };
    let run = judge(&steps);
    run.divergence()?;
    let shrunk = shrink(&steps, run, BUDGET, judge);
    let mut steps = Prepared::numbered(shrunk.steps).to_trace_steps();
    let observed = expectation::observed(&steps.iter().collect::<Vec<_>>(), &shrunk.run, Side::Model);
    for (step, observed) in steps.iter_mut().zip(&observed) {
        if let Some(outcome) = ExpectedOutcome::from_observed(observed, Detail::Plain) {
            step.expectations = vec![Expectation { guards: Vec::new(), outcome }];
        }
    }
    Some(Trace { steps, ..Trace::default() })
}
