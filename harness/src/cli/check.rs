//! `seqcheck check`: the main job.

use std::collections::BTreeSet;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use seqcheck_engine::{Dialect, Quirk};

use super::exit;
use super::failure::Failure;
use super::files::{check_folder, check_outputs, is_standard_output, write_or_print};
use super::output::{Output, is_for_people};
use super::progress::{Display, Goal};
use super::server_options::{
    ServerOptions, dialect_arguments, get_server_of, on_signals, parse_dialect, parse_quirk, quirk_arguments, quirk_set,
};
use crate::campaign::{self, Progress, Summary};
use crate::corpus::{self, Entry};
use crate::finding::Folder;
use crate::generate::Exhaustive;
use crate::report::{Conclusion, Judged, html, json, junit, shell_word, terminal};
use crate::server::{Shutdown, Wanted, has_one_database};

/// Arguments of `seqcheck check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seqcheck check                                   the first server that can be found
  seqcheck check --postgres 15,18 --seed 7         two majors, another seed
  seqcheck check --bindir ~/pgsql/bin              a server you built
  seqcheck check --server container --json out.json
  seqcheck check --exhaustive 3                    every short trace, whatever chance would draw
  seqcheck check --url postgres://me@localhost/postgres --traces 200
  seqcheck check --dialect aurora-dsql --url \"$CLUSTER\" --traces 200

Of a dialect other than postgresql only the documentation is known. Its traces are judged by what
that promises: that there is an error, of which class, and that values are distinct, within bounds
and on stride. They need an empty database, which is emptied again after each trace.")]
pub(super) struct Check {
    #[command(flatten)]
    server: ServerOptions,

    /// Decides the generated traces: the same seed gives the same traces.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// How many traces to generate for each server.
    #[arg(long, value_name = "N", default_value_t = 5000)]
    traces: u64,

    /// Run every trace of N steps over a small alphabet instead of random ones: 3 makes 20,736 traces, 4 half a million.
    #[arg(long, value_name = "N", conflicts_with = "traces", value_parser = clap::value_parser!(u32).range(1..=6))]
    exhaustive: Option<u32>,

    /// How many traces to generate in which the server crashes or is restarted; only for servers that seqcheck starts.
    #[arg(long, value_name = "N", default_value_t = 20)]
    crashes: u64,

    /// Stop generating after this long, such as 30s or 5m; traces with crashes come after that.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    time: Option<Duration>,

    /// How many traces run side by side; one for each processor by default.
    #[arg(long, value_name = "N")]
    lanes: Option<NonZeroUsize>,

    /// Whose SQL the server speaks: postgresql or aurora-dsql.
    #[arg(long, value_name = "NAME", default_value = "postgresql", value_parser = parse_dialect)]
    dialect: Dialect,

    /// A folder of trace files to run instead of the built-in corpus.
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,

    /// The folder for the traces that show divergences, made when there are any [default: findings].
    #[arg(long, value_name = "DIR")]
    findings: Option<PathBuf>,

    /// Stop after this many different divergences; with 1, at the first.
    #[arg(long, value_name = "N", default_value = "10")]
    max_findings: NonZeroUsize,

    /// How long the server may take for anything before the run ends undecided, such as 15s.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration, default_value = "15s")]
    time_out: Duration,

    /// Write the result as JSON (servers, clauses, findings) to a file, or to standard output with -.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Write the result as JUnit XML (a suite for each server, a failed case for each divergence) to a file, or to standard
    /// output with -.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,

    /// Write the result as a page for a browser to a file, or to standard output with -.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Print nothing but errors.
    #[arg(long, short)]
    quiet: bool,

    /// Plant this fault in the model, to see that it is found.
    #[arg(long, value_name = "NAME", hide = true, value_parser = parse_quirk)]
    quirk: Vec<Quirk>,
}

impl Check {
    pub(super) fn run(self) -> Result<u8, Failure> {
        // What is wrong with the arguments is said before a server is started.
        let wanted = self.server.wanted(self.time_out)?;
        if self.exhaustive.is_some() && !self.dialect.is_observed() {
            return Err(Failure::input(
                "--exhaustive enumerates what PostgreSQL takes; leave out --dialect, or give --traces",
            ));
        }
        let corpus = self.read_corpus()?;
        check_outputs(self.reports(), &[])?;
        // The default folder may well be out of reach, and there may be nothing to put into it.
        if let Some(folder) = &self.findings {
            check_folder(folder)?;
        }
        let shutdown = on_signals()?;
        let mut out = Output::new(self.is_for_people());
        let mut judged = Vec::with_capacity(wanted.len());
        for wanted in &wanted {
            judged.push(self.judge(wanted, &corpus, &shutdown, &mut out)?);
        }
        let reports = self.write_reports(&judged);
        let _ = terminal::print_verdict(&mut out, &judged);
        let code = match Conclusion::over(&judged) {
            Conclusion::Conforms => exit::CONFORMS,
            Conclusion::Diverges => exit::DIVERGES,
            Conclusion::NothingCompared => {
                Failure::input("nothing was compared; ask for more traces, or for some that the model covers").print();
                exit::USAGE
            }
            Conclusion::Undecided => exit::INFRASTRUCTURE,
        };
        // A report that is missing matters less than a divergence.
        match reports.and(out.finish()) {
            Err(failure) if code == exit::DIVERGES => failure.print(),
            result => result?,
        }
        Ok(code)
    }

    /// Judges one server. One that fails is part of the result: it must not lose what was found out about the others.
    fn judge(
        &self,
        wanted: &Wanted,
        corpus: &[Entry],
        shutdown: &Shutdown,
        out: &mut Output,
    ) -> Result<Judged, Failure> {
        let mut options = self.options();
        let chosen = dialect_arguments(self.dialect) + &quirk_arguments(&self.quirk);
        let server = match get_server_of(self.dialect, wanted, shutdown) {
            Ok(server) => server,
            Err(failure) if failure.code() == exit::USAGE => return Err(failure),
            Err(failure) => {
                failure.print();
                let infrastructure = Some(failure.message().to_owned());
                return Ok(Judged {
                    version: wanted.major.map_or_else(|| "(none)".to_owned(), |major| major.to_string()),
                    origin: "not available".to_owned(),
                    seed: options.seed,
                    dialect: self.dialect,
                    arguments: self.server.to_arguments(wanted.major) + &chosen,
                    corpus_arguments: self.corpus_arguments(),
                    summary: Summary { infrastructure, ..Summary::default() },
                });
            }
        };
        if has_one_database(&server, self.dialect) {
            options.lanes = 1;
        }
        let _ = terminal::print_head(out, &server, &options);
        let _ = out.flush();
        let progress = Arc::new(Progress::default());
        let crashes = if server.is_managed() && self.dialect.is_observed() { options.crashes } else { 0 };
        let generated = options.exhaustive.map_or(options.traces, |length| Exhaustive::new(length).count());
        let goal = Goal::Traces(generated + crashes + corpus.len() as u64);
        let display = Display::start(progress.clone(), goal, !self.is_for_people());
        let arguments = self.server.to_arguments(Some(server.major())) + &chosen;
        options.command.push_str(&arguments);
        options.command.push_str(&self.corpus_arguments());
        let folder = Folder::new(self.findings.as_deref().unwrap_or(Path::new("findings")), arguments.clone());
        let summary = campaign::run(&server, corpus, &options, &folder, &progress, shutdown);
        drop(display);
        shutdown.let_signal_win();
        let summary =
            summary.unwrap_or_else(|error| Summary { infrastructure: Some(error.to_string()), ..Summary::default() });
        if let Some(reason) = &summary.infrastructure {
            Failure::infrastructure(reason).print();
        }
        print_unsaved(&summary);
        let judged = Judged {
            version: server.version().to_owned(),
            origin: server.origin().to_owned(),
            seed: options.seed,
            dialect: self.dialect,
            arguments,
            corpus_arguments: self.corpus_arguments(),
            summary,
        };
        let _ = terminal::print_summary(out, &judged, Output::width());
        Ok(judged)
    }

    fn is_for_people(&self) -> bool {
        is_for_people(self.quiet, self.reports().find(|path| is_standard_output(path)).map(PathBuf::as_path))
    }

    /// The files that are written at the end.
    fn reports(&self) -> impl Iterator<Item = &PathBuf> {
        [&self.json, &self.junit, &self.html].into_iter().flatten()
    }

    fn read_corpus(&self) -> Result<Vec<Entry>, Failure> {
        match &self.corpus {
            Some(folder) => corpus::read(folder),
            None => corpus::embedded(),
        }
        .map_err(Failure::input)
    }

    fn corpus_arguments(&self) -> String {
        let folder = self.corpus.as_ref().map(|folder| shell_word(&folder.display().to_string()));
        folder.map_or_else(String::new, |folder| format!(" --corpus {folder}"))
    }

    fn options(&self) -> campaign::Options {
        let lanes = self.lanes.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        campaign::Options {
            seed: self.seed,
            first: 0,
            traces: self.traces,
            exhaustive: self.exhaustive,
            crashes: self.crashes,
            time: self.time,
            lanes,
            time_out: self.time_out,
            findings: self.max_findings.get(),
            dialect: self.dialect,
            quirks: quirk_set(&self.quirk),
            known: BTreeSet::new(),
            command: "seqcheck check".to_owned(),
        }
    }

    fn write_reports(&self, judged: &[Judged]) -> Result<(), Failure> {
        if let Some(path) = &self.json {
            write_or_print(path, &(json::check(judged) + "\n"))?;
        }
        if let Some(path) = &self.junit {
            write_or_print(path, &junit::check(judged).map_err(Failure::infrastructure)?)?;
        }
        if let Some(path) = &self.html {
            write_or_print(path, &html::check(judged))?;
        }
        Ok(())
    }
}

/// Prints the findings that could not be written to files: they must not be lost.
pub(super) fn print_unsaved(summary: &Summary) {
    for (finding, file) in summary.findings.iter().zip(&summary.files) {
        if let Err(reason) = file {
            Failure::input(reason).print();
            anstream::eprintln!("The finding that could not be written:\n\n{}", finding.trace);
        }
    }
}
