//! The control: without a fault nothing is found, and what the engine does makes sense in itself.

use std::sync::atomic::Ordering;

use seqcheck_engine::{SequenceSummary, Settings};

use super::Options;
use super::engine::Engine;
use crate::campaign::Progress;
use crate::choice::Seeded;
use crate::generate::{GeneratedStep, ServerEvents, generate};

/// How a control run went.
#[derive(Debug, Clone, Default)]
pub struct Control {
    /// How many traces were run.
    pub traces: u64,
    /// How many steps these had.
    pub steps: u64,
    /// What was wrong, each with the number of its trace, counted from 0.
    pub complaints: Vec<(u64, String)>,
}

/// Runs generated traces on two engines without any fault, until there were so many traces, or `steps` steps.
///
/// The second engine must do what the first does, and every sequence that a session sees must be within its own bounds.
pub fn control(options: &Options, steps: Option<u64>, progress: &Progress) -> Control {
    let settings = options.settings();
    let mut control = Control::default();
    while control.traces < options.traces && steps.is_none_or(|steps| control.steps < steps) {
        let index = control.traces;
        let trace = generate(&mut Seeded::for_trace(options.seed, index), &settings, ServerEvents::Checkpoints);
        if let Some(complaint) = complaint(&trace, &settings) {
            control.complaints.push((index, complaint));
            progress.findings.fetch_add(1, Ordering::Relaxed);
        }
        control.traces += 1;
        control.steps += trace.len() as u64;
        progress.traces.store(control.traces, Ordering::Relaxed);
        progress.steps.store(control.steps, Ordering::Relaxed);
    }
    control
}

/// What is wrong with a trace's run, if anything.
fn complaint(steps: &[GeneratedStep], settings: &Settings) -> Option<String> {
    let (mut one, mut other) = (Engine::new(settings), Engine::new(settings));
    for (index, step) in steps.iter().enumerate() {
        if one.run(step) != other.run(step) {
            return Some(format!("step {} has two outcomes", index + 1));
        }
        for session in one.sessions.values() {
            let broken = one.cluster.sequences(*session).into_iter().find(|sequence| !is_sound(sequence));
            if let Some(sequence) = broken {
                return Some(format!("after step {} there is {sequence:?}", index + 1));
            }
        }
    }
    None
}

/// Whether a sequence keeps what its documentation promises of every sequence (manual, "CREATE SEQUENCE", Parameters).
fn is_sound(sequence: &SequenceSummary) -> bool {
    let bounds = sequence.minimum..=sequence.maximum;
    sequence.minimum < sequence.maximum
        && bounds.contains(&sequence.start)
        && bounds.contains(&sequence.last_value)
        && sequence.increment != 0
        && sequence.cache > 0
}
