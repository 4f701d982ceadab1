//! `seqcheck zoo`: how fast each planted fault is found.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use seqcheck_engine::{Major, Quirk};

use super::exit;
use super::failure::Failure;
use super::files::{check_outputs, write_or_print};
use super::output::{Output, is_for_people};
use super::progress::{Display, Goal};
use super::server_options::parse_quirk;
use crate::campaign::Progress;
use crate::report::zoo as report;
use crate::zoo::{self, Options};

/// How many steps a control run takes.
const CONTROL_STEPS: u64 = 1_000_000;

/// Arguments of `seqcheck zoo`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seqcheck zoo                                 every fault, with the traces of `seqcheck check`
  seqcheck zoo --seed 7 --json zoo.json        other traces; the table as JSON
  seqcheck zoo --quirk cycle-to-start --show   one fault, with the shrunk trace that gives it away
  seqcheck zoo --control                       no fault at all, a million steps: nothing differs

The exit code is 1 when a fault is not found, or the control finds anything.")]
pub(super) struct Zoo {
    /// Decides the generated traces: the same seed gives the same traces, those of `seqcheck check`.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// How many traces to try before a fault counts as not found.
    #[arg(long, value_name = "N", default_value_t = 2000)]
    traces: u64,

    /// Look for these faults only.
    #[arg(long, value_name = "NAME", value_parser = parse_quirk, num_args = 1..)]
    quirk: Vec<Quirk>,

    /// The major version of PostgreSQL that the engine models.
    #[arg(long, value_name = "MAJOR", value_parser = parse_major, default_value = "15")]
    postgres: Major,

    /// Print the shrunk trace of each fault as well.
    #[arg(long)]
    show: bool,

    /// Plant nothing, and run a million steps on two engines: they must agree.
    #[arg(long, conflicts_with_all = ["quirk", "show", "traces", "json"])]
    control: bool,

    /// Write the result as JSON to a file, or to standard output with -.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Print nothing but errors.
    #[arg(long, short)]
    quiet: bool,
}

fn parse_major(text: &str) -> Result<Major, String> {
    let known = || format!("expected one of the majors {} to {}", Major::OLDEST, Major::NEWEST);
    text.parse().ok().and_then(Major::new).ok_or_else(known)
}

impl Zoo {
    pub(super) fn run(self) -> Result<u8, Failure> {
        check_outputs(&self.json, &[])?;
        match self.control {
            true => self.control(),
            false => self.hunt(),
        }
    }

    fn hunt(&self) -> Result<u8, Failure> {
        let quirks = if self.quirk.is_empty() { Quirk::ALL } else { &self.quirk };
        let options = self.options(self.traces);
        let shown = is_for_people(self.quiet, self.json.as_deref());
        let progress = Arc::new(Progress::default());
        let display = Display::start(progress.clone(), Goal::Traces(options.traces), !shown);
        let hunt = zoo::hunt(quirks, &options, &progress);
        drop(display);
        if let Some(path) = &self.json {
            write_or_print(path, &(report::json(&hunt, &options) + "\n"))?;
        }
        let mut out = Output::new(shown);
        let _ = report::print(&mut out, &hunt, report::Times::Shown);
        if self.show {
            let _ = report::print_traces(&mut out, &hunt);
        }
        out.finish()?;
        Ok(if hunt.is_complete() { exit::CONFORMS } else { exit::DIVERGES })
    }

    fn control(&self) -> Result<u8, Failure> {
        let options = self.options(u64::MAX);
        let progress = Arc::new(Progress::default());
        let begun = std::time::Instant::now();
        let control = zoo::control(&options, Some(CONTROL_STEPS), &progress);
        let mut out = Output::new(!self.quiet);
        let _ = report::print_control(&mut out, &control, begun.elapsed());
        out.finish()?;
        Ok(if control.complaints.is_empty() { exit::CONFORMS } else { exit::DIVERGES })
    }

    fn options(&self, traces: u64) -> Options {
        Options { seed: self.seed, traces, major: self.postgres }
    }
}
