//! `seqcheck hammer`: real concurrency.

use std::fs::File;
use std::io::{BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::exit;
use super::failure::Failure;
use super::files::{check_outputs, write_or_print};
use super::output::{Output, is_for_people};
use super::server_options::{ServerOptions, get_server, on_signals};
use crate::hammer::{self, Recorder, Tick};
use crate::history::{self, History};
use crate::report::hammer::{Checked, json, print, print_verdict, worst};
use crate::server::{Shutdown, Wanted, cleanup, create_database};

/// How often a line is printed where there is no terminal.
const OCCASIONAL: Duration = Duration::from_secs(10);

/// How long a run takes unless told otherwise.
const TIME: Duration = Duration::from_secs(10);

/// Arguments of `seqcheck hammer`.
#[derive(Debug, Args)]
#[command(after_help = "\
A history is allowed when sequences that behave like PostgreSQL's can have given its answers: no
value twice, in bounds and on the stride, blocks of CACHE values used by one session, an order that
agrees with real time, nothing lost in a crash that was flushed. The README describes the format.

Examples:
  seqcheck hammer --connections 8 --time 30s
  seqcheck hammer --time 1m --crashes --kill-backends --postgres 15
  seqcheck hammer --cache 1,50 --operations 10000 --save history.jsonl
  seqcheck hammer --check history.jsonl --json -")]
pub(super) struct Hammer {
    #[command(flatten)]
    server: ServerOptions,

    /// How many connections call at the same time.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1000))]
    connections: u32,

    /// Stop each connection after this many calls.
    #[arg(long, value_name = "M")]
    operations: Option<u64>,

    /// Stop after this long, such as 30s or 5m [default: 10s, or none with --operations].
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    time: Option<Duration>,

    /// Crash the server every few seconds; only one that seqcheck starts.
    #[arg(long)]
    crashes: bool,

    /// Terminate server processes now and then.
    #[arg(long)]
    kill_backends: bool,

    /// A sequence for each of these CACHE values; others descend, cycle and reach their limit.
    #[arg(long, value_name = "C", value_delimiter = ',', default_values_t = [1, 20],
          value_parser = clap::value_parser!(i64).range(1..))]
    cache: Vec<i64>,

    /// Decides what the connections do; how that interleaves is up to the machine.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// Write the history to a file while it grows.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,

    /// Check the history in this file instead of making one; no server is needed.
    #[arg(long, value_name = "FILE",
          conflicts_with_all = ["operations", "time", "crashes", "kill_backends", "save", "connections", "cache", "seed",
                                "server", "url", "bindir", "postgres"])]
    check: Option<PathBuf>,

    /// Allow values to be missing, as systems do that promise no more than that values are unique.
    #[arg(long)]
    allow_gaps: bool,

    /// How long the server may take for anything before the run ends undecided, such as 15s.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration, default_value = "15s")]
    time_out: Duration,

    /// Write the result as JSON to a file, or to standard output with -.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Print nothing but errors.
    #[arg(long, short)]
    quiet: bool,
}

impl Hammer {
    pub(super) fn run(self) -> Result<u8, Failure> {
        let wanted = self.server.wanted(self.time_out)?;
        check_outputs([&self.json, &self.save].into_iter().flatten(), self.check.as_slice())?;
        if self.save.is_some() && wanted.len() > 1 {
            return Err(Failure::input("--save writes the history of one server; ask for one major version with it"));
        }
        let mut out = Output::new(is_for_people(self.quiet, self.json.as_deref()));
        let mut checked = Vec::new();
        match &self.check {
            Some(file) => checked.push(self.check_file(file, &mut out)?),
            None => {
                let shutdown = on_signals()?;
                for wanted in &wanted {
                    checked.push(self.hammer(wanted, &shutdown, &mut out)?);
                }
            }
        }
        if let Some(path) = &self.json {
            write_or_print(path, &(json(&checked) + "\n"))?;
        }
        let _ = print_verdict(&mut out, &checked);
        out.finish()?;
        match worst(&checked) {
            "diverges" => Ok(exit::DIVERGES),
            "undecided" => Ok(exit::INFRASTRUCTURE),
            "conforms" => Ok(exit::CONFORMS),
            _ => Err(Failure::input("the history has no value; nothing can be said about it")),
        }
    }

    fn options(&self) -> history::Options {
        history::Options { gaps_allowed: self.allow_gaps, ..history::Options::default() }
    }

    fn check_file(&self, file: &Path, out: &mut Output) -> Result<Checked, Failure> {
        let cannot_read = |error| Failure::input(format!("cannot read {}: {error}", file.display()));
        let lines = BufReader::new(File::open(file).map_err(cannot_read)?);
        let (history, cut_off) = History::read_recording(lines, file).map_err(Failure::input)?;
        if let Some(cut_off) = &cut_off {
            anstream::eprintln!(
                "note: {} ends in the middle of line {}, so that its run was not recorded to the end: the lines before are \
                 checked, values that are missing from them are allowed, and a violation near the end may be the doing of a \
                 call that is missing, too",
                file.display(),
                cut_off.line
            );
        }
        let options = history::Options { gaps_allowed: self.allow_gaps || cut_off.is_some(), ..self.options() };
        let (begin, end) = history
            .records
            .iter()
            .fold((u64::MAX, 0), |(begin, end), record| (begin.min(record.start), end.max(record.end)));
        let seconds = end.saturating_sub(begin) as f64 / 1e9;
        let _ = writeln!(out, "{}", file.display());
        let checked = self.judge(
            &history,
            &options,
            Checked { version: file.display().to_string(), origin: "file".to_owned(), seconds, ..Checked::default() },
        );
        let _ = print(out, &checked);
        Ok(checked)
    }

    fn judge(&self, history: &History, options: &history::Options, checked: Checked) -> Checked {
        let begin = Instant::now();
        let verdict = history::check(history, options);
        Checked {
            calls: history.records.len(),
            checking: begin.elapsed().as_secs_f64(),
            violations: Checked::describe(history, &verdict),
            verdict,
            ..checked
        }
    }

    fn hammer(&self, wanted: &Wanted, shutdown: &Shutdown, out: &mut Output) -> Result<Checked, Failure> {
        if self.crashes && wanted.address().is_some() {
            return Err(Failure::input(
                "--crashes needs a server that seqcheck starts, not one that somebody else runs; leave out --crashes, or \
                 --url and SEQCHECK_URL",
            ));
        }
        let server = get_server(wanted, shutdown)?;
        let database = create_database(&server).map_err(Failure::infrastructure)?;
        let options = hammer::Options {
            connections: self.connections,
            operations: self.operations,
            time: self.time.unwrap_or(if self.operations.is_some() { Duration::from_secs(86_400) } else { TIME }),
            crashes: self.crashes,
            kill_backends: self.kill_backends,
            caches: self.cache.clone(),
            seed: self.seed,
            time_out: self.time_out,
        };
        let save = self.save.as_deref();
        let file = save.map(|path| File::create(path).map_err(|error| Failure::cannot_write(path, &error)));
        let recorder = Recorder::new(options.sequences(), file.transpose()?);
        // A signal ends the process without a return to here.
        let registration = cleanup::register({
            let recorder = recorder.clone();
            move || drop(recorder.finish())
        });
        let registration = registration.map_err(Failure::infrastructure)?;
        let _ = writeln!(
            out,
            "PostgreSQL {}  {} · {} connections · seed {}",
            server.version(),
            server.origin(),
            options.connections,
            options.seed
        );
        let _ = out.flush();
        let mut display = Display::new(is_for_people(self.quiet, self.json.as_deref()), options.time);
        let begin = Instant::now();
        let hammered = hammer::run(&server, database.endpoint(), &options, &recorder, &mut |tick| display.show(tick));
        let seconds = begin.elapsed().as_secs_f64();
        drop(display);
        shutdown.let_signal_win();
        drop(registration);
        let history =
            recorder.finish().map_err(|error| Failure::cannot_write(save.unwrap_or(Path::new("-")), &error))?;
        let infrastructure = hammered.infrastructure.map(|error| error.to_string());
        if let Some(reason) = &infrastructure {
            Failure::infrastructure(reason).print();
        }
        let checked = self.judge(
            &history,
            &self.options(),
            Checked {
                version: server.version().to_owned(),
                origin: server.origin().to_owned(),
                crashes: hammered.crashes,
                kills: hammered.kills,
                seconds,
                infrastructure,
                ..Checked::default()
            },
        );
        let _ = print(out, &checked);
        let _ = out.flush();
        if checked.verdict.count > 0 && save.is_none() {
            self.keep(&history);
        }
        Ok(checked)
    }

    /// Keeps a history that shows a violation: nobody can make the same one again.
    fn keep(&self, history: &History) {
        let path = (1..).map(|number| PathBuf::from(format!("hammer-{number}.jsonl"))).find(|path| !path.exists());
        let Some(path) = path else { return };
        let mut text = Vec::new();
        let saved = history.write(&mut text).and_then(|()| std::fs::write(&path, &text));
        match saved {
            Ok(()) => anstream::eprintln!(
                "The history is kept in {0}; check it again: seqcheck hammer --check {0}",
                path.display()
            ),
            Err(error) => Failure::cannot_write(&path, &error).print(),
        }
    }
}

/// Tells how far the run is: a live line on a terminal, a line now and then elsewhere.
struct Display {
    bar: Option<ProgressBar>,
    next: Option<Instant>,
    time: Duration,
}

impl Display {
    fn new(shown: bool, time: Duration) -> Display {
        let is_live = shown && std::io::stderr().is_terminal();
        let bar = is_live.then(|| {
            let bar = ProgressBar::new(time.as_secs());
            if let Ok(style) = ProgressStyle::with_template("  {bar:20} {eta} left  {wide_msg}") {
                bar.set_style(style);
            }
            bar
        });
        Display { bar, next: (shown && !is_live).then(|| Instant::now() + OCCASIONAL), time }
    }

    fn show(&mut self, tick: Tick) {
        let seconds = tick.elapsed.as_secs_f64();
        let words = format!("{} calls, {:.0} calls/s", tick.calls, tick.calls as f64 / seconds.max(0.001));
        if let Some(bar) = &self.bar {
            bar.set_position(tick.elapsed.min(self.time).as_secs());
            bar.set_message(words);
        } else if let Some(next) = &mut self.next
            && Instant::now() >= *next
        {
            *next = Instant::now() + OCCASIONAL;
            eprintln!("  {seconds:.0} s, {words}");
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
