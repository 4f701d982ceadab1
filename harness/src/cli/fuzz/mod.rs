//! `seqcheck fuzz`: a campaign as long as one likes.

mod state;

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use clap::Args;
use seqcheck_engine::{Dialect, Quirk};

use super::check::print_unsaved;
use super::exit;
use super::failure::Failure;
use super::files::{check_folder, check_outputs, write_or_print};
use super::output::{Output, is_for_people};
use super::progress::{Display, Goal};
use super::server_options::{ServerOptions, get_server, on_signals, parse_quirk, quirk_arguments, quirk_set};
use crate::campaign::{self, Progress, Summary};
use crate::finding::Folder;
use crate::report::{Conclusion, Judged, json, terminal};
use state::State;

/// How many different divergences end a campaign: so many have one cause.
const MOST_FINDINGS: usize = 100;
/// How often the folder's state is written, so that little is run again after a loss of power.
const REMEMBERED: Duration = Duration::from_secs(2);

/// Arguments of `seqcheck fuzz`.
#[derive(Debug, Args)]
#[command(after_help = "\
Runs generated traces on the model and on a server until the time is over or Ctrl-C. Each finding
is shrunk and saved at once, with a psql script beside it; one that looks like a finding in the
folder is only counted. The next campaign in the same folder goes on where this one stops.

Exit codes: 1 there are divergences, also when stopped by Ctrl-C or a signal; 130 (or 128 and the
number of another signal) stopped without any; 0, 2 and 3 as for all commands. A second Ctrl-C
stops at once.

Examples:
  seqcheck fuzz --time 60s
  seqcheck fuzz --time 8h --bindir ~/pgsql/bin --findings nightly
  seqcheck fuzz --url postgres://me@localhost/postgres --seed 7
  seqcheck fuzz --time 10s --quirk setval-keeps-cache")]
pub(super) struct Fuzz {
    #[command(flatten)]
    server: ServerOptions,

    /// Stop after this long, such as 60s or 8h; without it, Ctrl-C ends the campaign.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    time: Option<Duration>,

    /// Stop after so many traces.
    #[arg(long, value_name = "N")]
    traces: Option<u64>,

    /// The folder for findings, and for where each seed's traces go on.
    #[arg(long, value_name = "DIR", default_value = "findings")]
    findings: PathBuf,

    /// Decides the generated traces: the same seed gives the same traces.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// How many traces run side by side; one for each processor by default.
    #[arg(long, value_name = "N")]
    lanes: Option<NonZeroUsize>,

    /// How long the server may take for anything before the campaign ends undecided, such as 15s.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration, default_value = "15s")]
    time_out: Duration,

    /// Write the result as JSON (server, clauses, findings) to a file, or to standard output with -.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Print nothing but errors.
    #[arg(long, short)]
    quiet: bool,

    /// Plant this fault in the model, to see that it is found.
    #[arg(long, value_name = "NAME", value_parser = parse_quirk)]
    quirk: Vec<Quirk>,
}

impl Fuzz {
    pub(super) fn run(self) -> Result<u8, Failure> {
        if self.server.asks_for_several() {
            return Err(Failure::input("a campaign runs against one server; give one major version"));
        }
        let wanted = self.server.wanted(self.time_out)?.into_iter().next().unwrap_or_default();
        check_outputs(&self.json, &[])?;
        check_folder(&self.findings)?;
        let state = State::open(&self.findings)?;
        let shutdown = on_signals()?;
        let server = get_server(&wanted, &shutdown)?;
        // From here on a signal ends the campaign, not the process: its summary is still wanted.
        shutdown.finish_first();
        let arguments = self.server.to_arguments(Some(server.major())) + &quirk_arguments(&self.quirk);
        let options = self.options(&state, &arguments);
        let folder = Folder::new(&self.findings, arguments.clone());
        let mut out = Output::new(self.is_for_people());
        let _ = terminal::print_head(&mut out, &server, &options);
        let progress = Arc::new(Progress::default());
        let display = Display::start(progress.clone(), self.goal(), !self.is_for_people());
        let keeper = Keeper::start(state, options.seed, options.first, options.lanes as u64, progress.clone());
        let summary = campaign::run(&server, &[], &options, &folder, &progress, &shutdown);
        drop(display);
        let mut state = keeper.stop();
        let summary = summary.unwrap_or_else(|error| Summary {
            infrastructure: Some(error.to_string()),
            next: options.first,
            ..Summary::default()
        });
        let remembered = state.remember(options.seed, summary.next);
        let judged = Judged {
            dialect: Dialect::PostgreSql,
            version: server.version().to_owned(),
            origin: server.origin().to_owned(),
            seed: options.seed,
            arguments,
            corpus_arguments: String::new(),
            summary,
        };
        let code = self.conclude(&mut out, &judged, shutdown.signal());
        let report = match &self.json {
            Some(path) => write_or_print(path, &(json::check(std::slice::from_ref(&judged)) + "\n")),
            None => Ok(()),
        };
        // What could not be written matters less than a divergence.
        match remembered.and(report).and(out.finish()) {
            Err(failure) if code == exit::DIVERGES => failure.print(),
            result => result?,
        }
        Ok(code)
    }

    /// Says how the campaign went, and gives the exit code.
    fn conclude(&self, out: &mut Output, judged: &Judged, signal: Option<u8>) -> u8 {
        let summary = &judged.summary;
        print_unsaved(summary);
        let _ = terminal::print_summary(out, judged, Output::width());
        let (seed, next, folder) = (judged.seed, summary.next, self.findings.display());
        let _ = writeln!(out, "seed {seed} goes on at trace {next} with the next campaign in {folder}");
        let conclusion = judged.conclusion();
        if let Some(reason) = &summary.infrastructure
            && signal.is_none()
        {
            Failure::infrastructure(reason).print();
        }
        if conclusion == Conclusion::Diverges || summary.repeated > 0 {
            return exit::DIVERGES;
        }
        match (signal, conclusion) {
            (Some(signal), _) => 128 + signal,
            (None, Conclusion::Conforms) => exit::CONFORMS,
            (None, Conclusion::NothingCompared) => {
                Failure::input("nothing was compared; give the campaign more time").print();
                exit::USAGE
            }
            (None, _) => exit::INFRASTRUCTURE,
        }
    }

    fn goal(&self) -> Goal {
        match (self.time, self.traces) {
            (None, Some(traces)) => Goal::Traces(traces),
            (time, _) => Goal::Time(time),
        }
    }

    fn is_for_people(&self) -> bool {
        is_for_people(self.quiet, self.json.as_deref())
    }

    fn options(&self, state: &State, arguments: &str) -> campaign::Options {
        let lanes = self.lanes.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        campaign::Options {
            seed: self.seed,
            first: state.next_trace(self.seed),
            traces: self.traces.unwrap_or(u64::MAX),
            exhaustive: None,
            crashes: 0,
            time: self.time,
            lanes,
            time_out: self.time_out,
            findings: MOST_FINDINGS,
            dialect: Dialect::PostgreSql,
            quirks: quirk_set(&self.quirk),
            known: state.known(),
            command: format!("seqcheck fuzz{arguments}"),
        }
    }
}

/// Writes the folder's state now and then while a campaign runs.
struct Keeper {
    is_over: Arc<AtomicBool>,
    thread: thread::JoinHandle<State>,
}

impl Keeper {
    fn start(mut state: State, seed: u64, first: u64, lanes: u64, progress: Arc<Progress>) -> Keeper {
        let is_over = Arc::new(AtomicBool::new(false));
        let over = is_over.clone();
        let thread = thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                thread::park_timeout(REMEMBERED);
                // Each lane may be in the middle of a trace, which would be lost if nothing came after this.
                let next = progress.next.load(Ordering::Relaxed).saturating_sub(lanes).max(first);
                // Should this fail, so will the last time, which is reported.
                let _ = state.remember(seed, next);
            }
            state
        });
        Keeper { is_over, thread }
    }

    fn stop(self) -> State {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}
