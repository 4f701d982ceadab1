//! `seqcheck check`: the main job.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use seqcheck_engine::{Quirk, QuirkSet};

use super::exit;
use super::failure::Failure;
use super::progress::Display;
use super::server_options::{ServerOptions, get_server, on_signals};
use crate::campaign::{self, Finding, Progress, Summary};
use crate::corpus::{self, Entry};
use crate::report::{Judged, json, junit, terminal};

/// How many different divergences end a run.
const MOST_FINDINGS: usize = 10;

/// Arguments of `seqcheck check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seqcheck check                                   the first server that can be found
  seqcheck check --postgres 15,18 --seed 7         two majors, another seed
  seqcheck check --bindir ~/pgsql/bin              a server you built
  seqcheck check --server container --json out.json
  seqcheck check --url postgres://me@localhost/postgres --traces 200")]
pub(super) struct Check {
    #[command(flatten)]
    server: ServerOptions,

    /// Decides the generated traces: the same seed gives the same traces.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// How many traces to generate for each server.
    #[arg(long, value_name = "N", default_value_t = 2000)]
    traces: u64,

    /// Stop generating after this long, such as 30s or 5m.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    time: Option<Duration>,

    /// How many traces run side by side; one for each processor by default.
    #[arg(long, value_name = "N")]
    lanes: Option<NonZeroUsize>,

    /// A folder of trace files to run instead of the built-in corpus.
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,

    /// Where the traces that show divergences go.
    #[arg(long, value_name = "DIR", default_value = "findings")]
    findings: PathBuf,

    /// Write the result as JSON to a file, or to standard output with -.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Write the result as JUnit XML to a file.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,

    /// Print nothing but errors.
    #[arg(long, short)]
    quiet: bool,

    /// Plant this fault in the model, to see that it is found.
    #[arg(long, value_name = "NAME", hide = true, value_parser = parse_quirk)]
    quirk: Vec<Quirk>,
}

fn parse_quirk(name: &str) -> Result<Quirk, String> {
    Quirk::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = Quirk::ALL.iter().map(|quirk| quirk.name()).collect();
        format!("there is no such quirk; known are {}", known.join(", "))
    })
}

impl Check {
    pub(super) fn run(self) -> Result<u8, Failure> {
        // What is wrong with the arguments is said before a server is started.
        let corpus = self.read_corpus()?;
        for path in [&self.json, &self.junit].into_iter().flatten().filter(|path| *path != Path::new("-")) {
            check_writable(path)?;
        }
        let shutdown = on_signals()?;
        let wanted = self.server.wanted()?;
        let to_stdout = self.json.as_deref() == Some(Path::new("-"));
        let show = !self.quiet && !to_stdout;
        let mut judged = Vec::with_capacity(wanted.len());
        for wanted in &wanted {
            let server = get_server(wanted, &shutdown)?;
            let options = self.options();
            if show {
                terminal::print_head(&server, &options);
            }
            let progress = Arc::new(Progress::default());
            let display = Display::start(progress.clone(), options.traces + corpus.len() as u64, !show);
            let summary = campaign::run(&server, &corpus, &options, &progress, &shutdown);
            drop(display);
            shutdown.let_signal_win();
            let summary = summary.map_err(Failure::infrastructure)?;
            let files = self.save(&summary.findings)?;
            let one = Judged {
                version: server.version().to_owned(),
                origin: server.origin().to_owned(),
                seed: options.seed,
                arguments: self.server.to_arguments(&server),
                summary,
                files,
            };
            if show {
                terminal::print_summary(&one);
            }
            judged.push(one);
        }
        self.write_reports(&judged)?;
        if show {
            terminal::print_verdict(&judged);
        }
        Ok(exit_code(judged.iter().map(|one| &one.summary)))
    }

    fn read_corpus(&self) -> Result<Vec<Entry>, Failure> {
        match &self.corpus {
            Some(folder) => corpus::read(folder),
            None => corpus::embedded(),
        }
        .map_err(Failure::input)
    }

    fn options(&self) -> campaign::Options {
        let lanes = self.lanes.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        campaign::Options {
            seed: self.seed,
            traces: self.traces,
            time: self.time,
            lanes,
            findings: MOST_FINDINGS,
            quirks: self.quirk.iter().fold(QuirkSet::NONE, |set, quirk| set.with(*quirk)),
        }
    }

    /// Writes each finding to a file of its own.
    fn save(&self, findings: &[Finding]) -> Result<Vec<PathBuf>, Failure> {
        if findings.is_empty() {
            return Ok(Vec::new());
        }
        std::fs::create_dir_all(&self.findings).map_err(|error| Failure::cannot_write(&self.findings, &error))?;
        let mut files = Vec::with_capacity(findings.len());
        for finding in findings {
            let path = unused(&self.findings.join(finding.file_name()));
            std::fs::write(&path, finding.trace.to_string()).map_err(|error| Failure::cannot_write(&path, &error))?;
            files.push(path);
        }
        Ok(files)
    }

    fn write_reports(&self, judged: &[Judged]) -> Result<(), Failure> {
        if let Some(path) = &self.json {
            let text = json::check(judged);
            match path == Path::new("-") {
                true => println!("{text}"),
                false => write(path, &text)?,
            }
        }
        if let Some(path) = &self.junit {
            write(path, &junit::check(judged).map_err(Failure::infrastructure)?)?;
        }
        Ok(())
    }
}

/// The path itself, or with a number before its extension while a file of that name exists.
fn unused(path: &Path) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    (2..)
        .map(|number| path.with_file_name(format!("{stem}-{number}.trace")))
        .find(|candidate| !candidate.exists())
        .filter(|_| path.exists())
        .unwrap_or_else(|| path.to_owned())
}

/// Refuses a file that cannot be written, without touching one that exists.
pub(super) fn check_writable(path: &Path) -> Result<(), Failure> {
    let existed = path.exists();
    std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .map_err(|error| Failure::cannot_write(path, &error))?;
    if !existed {
        // Should the run fail, no empty report is left behind.
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| Failure::cannot_write(path, &error))
}

fn exit_code<'s>(summaries: impl Iterator<Item = &'s Summary>) -> u8 {
    let mut code = exit::CONFORMS;
    for summary in summaries {
        if !summary.findings.is_empty() {
            return exit::DIVERGES;
        }
        if summary.infrastructure.is_some() {
            code = exit::INFRASTRUCTURE;
        }
    }
    code
}
