//! `seqcheck replay`: files, step by step.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use seqcheck_engine::{Cluster, Dialect, Major, Quirk, QuirkSet, Settings};

use super::bench::{Bench, finish};
use super::exit;
use super::failure::Failure;
use super::files::{check_outputs, write, write_or_print};
use super::input::{Source, read};
use super::output::{Output, is_for_people};
use super::server_options::{ServerOptions, get_server_of, on_signals, parse_dialect, parse_quirk, quirk_set};
use crate::expectation::{self, Side};
use crate::implementation::Infrastructure;
use crate::lockstep::{self, Run};
use crate::prepare::Prepared;
use crate::report::replay::{Listing, Replayed};
use crate::trace::{self, ObservedStep};

/// Arguments of `seqcheck replay`.
#[derive(Debug, Args)]
#[command(after_help = "\
A .trace file says which session runs each step and what PostgreSQL answers; one that expects no
answer at all is only compared, and --bless writes the answers into it. A .sql file is a psql script, run by one session: \\set, \\unset and variables, \\if, \\g, \\r, \\c, \\q and ON_ERROR_STOP work
as in psql -X -f. What is up to psql itself, such as a variable that \\gset sets, is unsupported with
all that uses it, and so are psql's other commands. Data of COPY must end with a line \\. there. A
.spec file is an isolation test as PostgreSQL has them: each of its permutations is run, or every
interleaving when it lists none. Statements outside the model are reported as unsupported and run on
neither side. Of a syntax error (42601) the SQLSTATE is compared, not the text.

Each JSON object has file, line, step, session, sql, model, server and verdict (agrees, diverges,
unsupported or infra). Added where needed: part when the file has several, reason of a step that was
not compared, unmet when the file expects something else, version when several servers were asked.

Examples:
  seqcheck replay corpus/documented/postgresql/cache-holes.trace
  seqcheck replay migrations/*.sql --postgres 15
  seqcheck replay src/test/isolation/specs/sequence-ddl.spec
  seqcheck replay script.sql --model-only --json -
  seqcheck replay new.trace --bless --postgres 13,14,15,16,17,18")]
pub(super) struct Replay {
    /// Trace files (.trace), SQL scripts (.sql) and isolation test specs (.spec).
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    server: ServerOptions,

    /// Show the model's predictions; no server is needed.
    #[arg(long, conflicts_with_all = ["bless", "server", "url", "bindir"])]
    model_only: bool,

    /// Whose SQL it is, postgresql or aurora-dsql; by default what the first trace file says.
    #[arg(long, value_name = "NAME", value_parser = parse_dialect)]
    dialect: Option<Dialect>,

    /// Write what the server answers into the trace files as their expectations.
    #[arg(long)]
    bless: bool,

    /// How long the server may take for anything before a file ends undecided, such as 15s.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration, default_value = "30s")]
    time_out: Duration,

    /// Write one JSON object for each step to a file, or to standard output with -.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Print nothing but errors.
    #[arg(long, short)]
    quiet: bool,

    /// Plant this fault in the model, to see that it is found.
    #[arg(long, value_name = "NAME", hide = true, value_parser = parse_quirk, conflicts_with = "bless")]
    quirk: Vec<Quirk>,
}

impl Replay {
    pub(super) fn run(self) -> Result<u8, Failure> {
        if self.bless && std::env::var_os("CI").is_some_and(|value| !value.is_empty()) {
            return Err(Failure::input(
                "--bless is refused in continuous integration, where expectations are to be met, not written; \
                 bless on your own machine and commit the result",
            ));
        }
        let sources = self.files.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?.concat();
        if self.bless && sources.iter().any(|source| source.trace().is_none()) {
            return Err(Failure::input("--bless writes trace files only; .sql and .spec files have no expectations"));
        }
        let dialect = self.dialect.or_else(|| Some(sources.first()?.trace()?.dialect())).unwrap_or_default();
        if self.bless && !dialect.is_observed() {
            return Err(Failure::input(format!(
                "--bless writes what servers have been seen to do, and of {} only the documentation is known",
                dialect.product()
            )));
        }
        check_outputs(&self.json, &self.files)?;
        if sources.iter().all(Source::is_empty) {
            return Err(Failure::input("there is not one step in the files given; nothing can be compared"));
        }
        let mut out = Output::new(is_for_people(self.quiet, self.json.as_deref()));
        let mut listing = Listing::new(&mut out, Output::width());
        let mut replayed = Vec::new();
        let mut stopped = None;
        if self.model_only {
            let wanted = || self.server.single_major().and_then(Major::new).unwrap_or(Major::NEWEST);
            let major = dialect.major().unwrap_or_else(wanted);
            for source in &sources {
                let one = predict(source, major, dialect, quirk_set(&self.quirk));
                let _ = listing.print(&one);
                replayed.push(one);
            }
        } else {
            stopped = self.on_servers(sources, dialect, &mut listing, &mut replayed).err();
        }
        if replayed.is_empty()
            && let Some(failure) = stopped
        {
            return Err(failure);
        }
        for one in &replayed {
            if let Some(error) = &one.run.infrastructure {
                Failure::infrastructure(format!("{}: {error}", one.file.display())).print();
            }
        }
        if let Some(path) = &self.json {
            let several = self.server.asks_for_several();
            let lines: String =
                replayed.iter().flat_map(|one| one.json_lines(several)).map(|line| line + "\n").collect();
            write_or_print(path, &lines)?;
        }
        let _ = listing.print_end(&replayed);
        out.finish()?;
        match (exit_code(&replayed), stopped) {
            (exit::DIVERGES, Some(failure)) => {
                // That a server failed matters less than a divergence.
                failure.print();
                Ok(exit::DIVERGES)
            }
            (_, Some(failure)) => Err(failure),
            (code, None) => Ok(code),
        }
    }

    fn on_servers(
        &self,
        mut sources: Vec<Source>,
        dialect: Dialect,
        listing: &mut Listing<'_>,
        replayed: &mut Vec<Replayed>,
    ) -> Result<(), Failure> {
        let shutdown = on_signals()?;
        let mut seen: Vec<Vec<(u8, Vec<ObservedStep>)>> = vec![Vec::new(); sources.len()];
        for wanted in self.server.wanted(self.time_out)? {
            let server = get_server_of(dialect, &wanted, &shutdown)?;
            let mut bench = Bench::for_dialect(&server, dialect, quirk_set(&self.quirk), self.time_out)?;
            let _ = listing.print_server(&server);
            let mut has_failed = false;
            for (source, seen) in sources.iter().zip(&mut seen) {
                if has_failed {
                    bench = bench.anew()?;
                }
                let mut one = bench.replay(source);
                shutdown.let_signal_win();
                has_failed = one.run.infrastructure.is_some();
                let is_suspect = one.run.infrastructure.as_ref().is_some_and(Infrastructure::may_be_its_own);
                if is_suspect && server.is_managed() && !self.bless {
                    let confirmed = Bench::confirm_failure(&server, source, quirk_set(&self.quirk), self.time_out);
                    shutdown.let_signal_win();
                    one = confirmed.unwrap_or(one);
                }
                if self.bless && one.is_decided() {
                    let steps = source.steps_for(server.major());
                    seen.push((server.major(), observed_in_file(source, &steps, &one.run)));
                }
                let _ = listing.print(&one);
                if self.bless && one.is_decided() {
                    // What the file expects instead is about to be replaced.
                    one.unmet.clear();
                }
                replayed.push(one);
            }
        }
        if self.bless {
            for (source, seen) in sources.iter_mut().zip(&seen) {
                bless(source, seen, listing)?;
            }
        }
        Ok(())
    }
}

fn predict(source: &Source, major: Major, dialect: Dialect, quirks: QuirkSet) -> Replayed {
    let steps = source.steps_for(major.number());
    let prepared = Prepared::from_trace(steps.iter().copied());
    let settings = Settings { dialect, quirks, ..crate::sql::settings(major) };
    let run = lockstep::predict(&prepared.steps, &mut Cluster::new(settings));
    finish(source, &steps, run, None, major.number(), Side::Model)
}

/// What the server did in each step of the file, the steps for other versions included.
fn observed_in_file(source: &Source, run_steps: &[&trace::Step], run: &Run) -> Vec<ObservedStep> {
    let mut observed = expectation::observed_for_good(run_steps, run).into_iter();
    let Some(trace) = source.trace() else { return Vec::new() };
    let mut run_steps = run_steps.iter().peekable();
    trace
        .steps
        .iter()
        .map(|step| match run_steps.next_if(|run_step| std::ptr::eq(**run_step, step)) {
            Some(_) => observed.next().unwrap_or(NOT_RUN),
            None => NOT_RUN,
        })
        .collect()
}

/// A step that was not run.
const NOT_RUN: ObservedStep = ObservedStep { progress: trace::Observed::NotRun, resumed: Vec::new() };

/// Writes what the servers answered into a trace file.
fn bless(source: &mut Source, seen: &[(u8, Vec<ObservedStep>)], listing: &mut Listing<'_>) -> Result<(), Failure> {
    let path = source.path().to_owned();
    let Some(trace) = source.trace_mut() else { return Ok(()) };
    let changed = match seen {
        [] => 0,
        [(major, observed)] => trace.bless(*major, observed).map_err(Failure::input)?,
        several => trace.bless_all(several).map_err(Failure::input)?,
    };
    if changed > 0 {
        write(&path, &trace.to_string())?;
    }
    let _ = listing.print_blessed(&path, changed);
    Ok(())
}

fn exit_code(replayed: &[Replayed]) -> u8 {
    if replayed.iter().any(Replayed::diverges) {
        exit::DIVERGES
    } else if replayed.iter().any(|one| one.run.infrastructure.is_some()) {
        exit::INFRASTRUCTURE
    } else {
        exit::CONFORMS
    }
}
