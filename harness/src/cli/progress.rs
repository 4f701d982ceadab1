//! Telling people that something is happening: a live line on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::campaign::Progress;

/// How often the live line changes.
const LIVE: Duration = Duration::from_millis(100);
/// How often a line is printed where there is no terminal.
const OCCASIONAL: Duration = Duration::from_secs(10);

/// When a campaign will be over.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goal {
    /// After so many traces.
    Traces(u64),
    /// After so long; never without.
    Time(Option<Duration>),
}

/// Shows a campaign's progress on standard error until it is dropped.
pub(super) struct Display {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Display {
    /// Shows `progress` towards a goal; nothing when `quiet`.
    pub(super) fn start(progress: Arc<Progress>, goal: Goal, quiet: bool) -> Display {
        let over = Arc::new(AtomicBool::new(false));
        let thread = (!quiet).then(|| {
            let over = over.clone();
            thread::spawn(move || match std::io::stderr().is_terminal() {
                true => live(&progress, goal, &over),
                false => occasional(&progress, goal, &over),
            })
        });
        Display { over, thread }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A display that failed is no reason to fail.
            let _ = thread.join();
        }
    }
}

fn live(progress: &Progress, goal: Goal, over: &AtomicBool) {
    let (bar, template) = match goal {
        Goal::Traces(total) => (ProgressBar::new(total), "  {bar:20} {pos}/{len} traces, {eta} left  {wide_msg}"),
        Goal::Time(Some(time)) => (ProgressBar::new(time.as_secs()), "  {bar:20} {pos}/{len} s  {wide_msg}"),
        Goal::Time(None) => (ProgressBar::no_length(), "  {pos} s  {wide_msg}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    let begun = Instant::now();
    while !over.load(Ordering::Relaxed) {
        bar.set_position(match goal {
            Goal::Traces(_) => progress.traces.load(Ordering::Relaxed),
            Goal::Time(_) => begun.elapsed().as_secs(),
        });
        bar.set_message(words(progress, goal, begun));
        thread::park_timeout(LIVE);
    }
    bar.finish_and_clear();
}

fn occasional(progress: &Progress, goal: Goal, over: &AtomicBool) {
    let begun = Instant::now();
    loop {
        let next = Instant::now() + OCCASIONAL;
        while Instant::now() < next {
            if over.load(Ordering::Relaxed) {
                return;
            }
            thread::park_timeout(next.saturating_duration_since(Instant::now()));
        }
        let place = match goal {
            Goal::Traces(total) => format!("{}/{total} traces", progress.traces.load(Ordering::Relaxed)),
            Goal::Time(_) => format!("{} s", begun.elapsed().as_secs()),
        };
        eprintln!("  {place}, {}", words(progress, goal, begun));
    }
}

fn words(progress: &Progress, goal: Goal, begun: Instant) -> String {
    let per_second = |count: u64| count as f64 / begun.elapsed().as_secs_f64().max(0.001);
    let (traces, steps) = (progress.traces.load(Ordering::Relaxed), progress.steps.load(Ordering::Relaxed));
    let findings = progress.findings.load(Ordering::Relaxed);
    match goal {
        Goal::Traces(_) => format!("{steps} steps, {:.0} steps/s, {findings} findings", per_second(steps)),
        Goal::Time(_) => {
            let clauses = progress.clauses.load(Ordering::Relaxed);
            format!(
                "{traces} traces, {:.0} traces/s, {:.0} steps/s, {clauses} clauses, {findings} findings",
                per_second(traces),
                per_second(steps)
            )
        }
    }
}
