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

/// Shows a campaign's progress on standard error until it is dropped.
pub(super) struct Display {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Display {
    /// Shows `progress` towards `total` traces; nothing when `quiet`.
    pub(super) fn start(progress: Arc<Progress>, total: u64, quiet: bool) -> Display {
        let over = Arc::new(AtomicBool::new(false));
        let thread = (!quiet).then(|| {
            let over = over.clone();
            thread::spawn(move || match std::io::stderr().is_terminal() {
                true => live(&progress, total, &over),
                false => occasional(&progress, total, &over),
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

fn live(progress: &Progress, total: u64, over: &AtomicBool) {
    let bar = ProgressBar::new(total);
    let template = "  {bar:20} {pos}/{len} traces, {eta} left  {wide_msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    let begun = Instant::now();
    while !over.load(Ordering::Relaxed) {
        bar.set_position(progress.traces.load(Ordering::Relaxed));
        bar.set_message(words(progress, begun));
        thread::park_timeout(LIVE);
    }
    bar.finish_and_clear();
}

fn occasional(progress: &Progress, total: u64, over: &AtomicBool) {
    let begun = Instant::now();
    loop {
        let next = Instant::now() + OCCASIONAL;
        while Instant::now() < next {
            if over.load(Ordering::Relaxed) {
                return;
            }
            thread::park_timeout(next.saturating_duration_since(Instant::now()));
        }
        eprintln!("  {}/{total} traces, {}", progress.traces.load(Ordering::Relaxed), words(progress, begun));
    }
}

fn words(progress: &Progress, begun: Instant) -> String {
    let steps = progress.steps.load(Ordering::Relaxed);
    let rate = steps as f64 / begun.elapsed().as_secs_f64().max(0.001);
    let findings = progress.findings.load(Ordering::Relaxed);
    format!("{steps} steps, {rate:.0} steps/s, {findings} findings")
}
