//! Where files are replayed.

use std::time::Duration;

use seqcheck_engine::{Cluster, Dialect, Major, QuirkSet, Settings};

use super::failure::Failure;
use super::input::Source;
use crate::campaign::describe;
use crate::expectation::{self, Side};
use crate::implementation::Infrastructure;
use crate::implementation::postgres::{self, Postgres};
use crate::lockstep::{self, EveryOrder, Run, Step, StepRecord};
use crate::prepare::Prepared;
use crate::report::replay::Replayed;
use crate::server::{Server, TraceDatabase};
use crate::trace;

/// A server with a database to replay in.
pub(super) struct Bench<'s> {
    server: &'s Server,
    postgres: Postgres,
    settings: Settings,
    time_out: Duration,
    _database: TraceDatabase,
}

impl<'s> Bench<'s> {
    /// Makes a database, for a model with these faults; `time_out` limits whatever the server is asked for.
    pub(super) fn new(server: &'s Server, quirks: QuirkSet, time_out: Duration) -> Result<Bench<'s>, Failure> {
        Bench::for_dialect(server, Dialect::PostgreSql, quirks, time_out)
    }

    /// The same for a server that speaks this dialect.
    pub(super) fn for_dialect(
        server: &'s Server,
        dialect: Dialect,
        quirks: QuirkSet,
        time_out: Duration,
    ) -> Result<Bench<'s>, Failure> {
        let major = Major::new(server.major())
            .ok_or_else(|| Failure::infrastructure(format!("PostgreSQL {} is outside the model", server.major())))?;
        let database = TraceDatabase::get(server, dialect).map_err(Failure::infrastructure)?;
        let settings = postgres::Settings {
            patience: time_out,
            outlives_run: !server.is_managed(),
            maintenance: Some(server.endpoint().clone()),
            dialect,
        };
        let postgres = Postgres::open(database.endpoint().clone(), settings).map_err(Failure::infrastructure)?;
        let postgres = postgres.with_power(server.handle());
        let settings = Settings { quirks, ..postgres.model_settings(major) };
        Ok(Bench { server, postgres, settings, time_out, _database: database })
    }

    /// Another database on the same server, after a failure.
    ///
    /// A session that hangs may not even end when it is told to, and whatever waits for its locks hangs, too. So a
    /// server that seqcheck has started is started again; on another one the session is left behind with its database.
    pub(super) fn anew(self) -> Result<Bench<'s>, Failure> {
        let Bench { server, settings, time_out, .. } = &self;
        let (server, dialect, quirks, time_out) = (*server, settings.dialect, settings.quirks, *time_out);
        if server.is_managed() {
            server.crash().map_err(Failure::infrastructure)?;
        }
        drop(self);
        Bench::for_dialect(server, dialect, quirks, time_out)
    }

    /// Runs steps on the model and on the server, up to the first divergence.
    pub(super) fn run(&mut self, steps: &[Step]) -> Run {
        let mut states = EveryOrder::of(Cluster::new(self.settings.clone()));
        let options = lockstep::Options::of(self.settings.dialect, self.time_out);
        lockstep::run(steps, &mut states, &mut self.postgres, &options)
    }

    /// Runs a file under which a server has failed on another one, which gets nothing else. When that fails, too, the file
    /// is what does it, and the failure is a divergence.
    pub(super) fn confirm_failure(
        server: &Server,
        source: &Source,
        quirks: QuirkSet,
        time_out: Duration,
    ) -> Option<Replayed> {
        let server = server.another().ok()?;
        let mut bench = Bench::new(&server, quirks, time_out).ok()?;
        let mut replayed = bench.replay(source);
        let failure = replayed.run.infrastructure.clone().filter(Infrastructure::may_be_its_own)?;
        let what = describe(&failure, &server);
        let steps = source.steps_for(bench.settings.major.number());
        let prepared = Prepared::from_trace(steps);
        let predicted = lockstep::predict(&prepared.steps, &mut Cluster::new(bench.settings.clone()));
        replayed.run = replayed.run.with_failure_as_divergence(&prepared.steps, &what, predicted);
        Some(replayed)
    }

    /// Runs a file on the model and on the server; a divergence does not end it.
    pub(super) fn replay(&mut self, source: &Source) -> Replayed {
        let major = self.settings.major.number();
        let steps = source.steps_for(major);
        let prepared = Prepared::from_trace(steps.iter().copied());
        let mut states = EveryOrder::of(Cluster::new(self.settings.clone()));
        let dialect = self.settings.dialect;
        // What is not promised gives two sides that may go different ways.
        let options =
            lockstep::Options { go_on: dialect.is_observed(), ..lockstep::Options::of(dialect, self.time_out) };
        let run = lockstep::run(&prepared.steps, &mut states, &mut self.postgres, &options);
        let version = Some(self.server.version().to_owned());
        let mut replayed = finish(source, &steps, run, version, major, Side::Server);
        if !dialect.is_observed() {
            // The file says what is documented, which the server need not do value for value.
            replayed.unmet.clear();
        }
        replayed
    }
}

/// A run together with what the file expects of `side`.
pub(super) fn finish(
    source: &Source,
    steps: &[&trace::Step],
    mut run: Run,
    version: Option<String>,
    major: u8,
    side: Side,
) -> Replayed {
    let unmet = match source.trace() {
        // Who has just written one down wants to see what happens first.
        Some(trace) if trace.has_expectations() => expectation::unmet(steps, &run, side, major),
        _ => Vec::new(),
    };
    end_at_error(source, steps, &mut run, side);
    let steps = steps.iter().map(|step| (*step).clone()).collect();
    let part = source.part().map(str::to_owned);
    Replayed { file: source.path().to_owned(), part, steps, run, version, unmet }
}

/// Ends the run of a script where psql would, at the first error where `ON_ERROR_STOP` is on.
///
/// Only one session runs a script, so that nothing that was seen before depends on what followed.
fn end_at_error(source: &Source, steps: &[&trace::Step], run: &mut Run, side: Side) {
    let has_failed = |record: &StepRecord| {
        let reply = expectation::seen(record, side).and_then(|observed| observed.reply.as_ref());
        reply.is_some_and(|reply| reply.error.is_some())
    };
    let mut records = run.steps.iter().enumerate();
    let end = records.find(|(index, record)| source.ends_on_error_of(*index) && has_failed(record));
    if let Some((index, _)) = end {
        let line = steps.get(index).map_or(0, |step| step.line);
        run.end_after(index, &format!("not reached: psql's ON_ERROR_STOP ends the script at the error in line {line}"));
    }
}
