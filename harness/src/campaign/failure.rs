//! A server that fails under a trace: is it to blame itself, or are its surroundings?
//!
//! A connection that is lost, or a reply that does not come, says nothing about a server that somebody else runs. One that
//! seqcheck has started can be asked again: another one is started from the same programs, and gets the same trace and
//! nothing else. When that fails in the same way, the trace is what does it, which PostgreSQL would have survived: that is
//! a finding. When it does not, nobody knows.

use std::time::Duration;

use seqcheck_engine::{Cluster, Major};

use super::Board;
use super::lane::{Lane, judging};
use crate::finding::{Finding, Origin};
use crate::implementation::Infrastructure;
use crate::lockstep::{Run, Step, predict};
use crate::prepare::Prepared;
use crate::server::{Server, TraceDatabase};
use crate::shrink::{Budget, shrink};

/// How much shrinking a trace may cost under which the server fails: each candidate that fails needs another server.
const BUDGET: Budget = Budget { candidates: 60, time: Duration::from_secs(10) };

/// How long candidates may be silent for. What is left is held to the whole time limit.
const SILENCE: Duration = Duration::from_secs(3);

/// A trace under which a server failed.
pub(super) struct Suspect {
    pub(super) prepared: Prepared,
    pub(super) origin: Origin,
}

/// Looks for a suspect under which other servers like this one fail, too. That trace becomes a finding.
pub(super) fn find_culprit(
    server: &Server,
    major: Major,
    suspects: Vec<Suspect>,
    board: &Board<'_>,
) -> Option<Finding> {
    suspects.into_iter().find_map(|suspect| {
        let mut bench = Bench { server, major, board, lane: None, time_out: board.options.time_out };
        bench.examine(suspect)
    })
}

/// Where traces are run of which some make the server fail.
struct Bench<'b> {
    /// The server that failed first.
    server: &'b Server,
    major: Major,
    board: &'b Board<'b>,
    /// One that has not failed yet, and the lane in it.
    lane: Option<(Lane, TraceDatabase, Server)>,
    time_out: Duration,
}

impl Bench<'_> {
    fn examine(&mut self, suspect: Suspect) -> Option<Finding> {
        let Suspect { prepared, origin } = suspect;
        let first = self.run(&prepared.steps);
        first.divergence()?;
        self.time_out = self.time_out.min(SILENCE);
        let board = self.board;
        let shrunk =
            shrink(&prepared.steps, first.clone(), BUDGET, |candidate| board.unless_stopped(|| self.run(candidate)));
        self.time_out = self.board.options.time_out;
        let again = self.run(&shrunk.steps);
        let signature = |run: &Run| run.divergence().map(|divergence| divergence.signature.clone());
        let (steps, run) = match signature(&again) == signature(&first) {
            true => (shrunk.steps, again),
            false => (prepared.steps, first),
        };
        Finding::new(origin, &Prepared::numbered(steps), &run, &judging(self.server, self.board.options))
    }

    /// Runs a trace on a server that has not failed yet. When it fails now, that is the run's divergence.
    fn run(&mut self, steps: &[Step]) -> Run {
        match self.try_run(steps) {
            Ok(run) => run,
            Err(error) => Run::failed(error),
        }
    }

    fn try_run(&mut self, steps: &[Step]) -> Result<Run, Infrastructure> {
        if self.lane.is_none() {
            self.lane = Some(self.start()?);
        }
        let Some((lane, _, server)) = &mut self.lane else { return Ok(Run::default()) };
        lane.go_step_by_step(self.time_out);
        let mut run = lane.run(steps, self.board);
        if run.infrastructure.is_none() && run.divergences.is_empty() {
            // What a trace has broken may show only when the database is cleaned after it.
            run.infrastructure = lane.clean().err();
        }
        let Some(failure) = run.infrastructure.clone().filter(Infrastructure::may_be_its_own) else { return Ok(run) };
        let what = describe(&failure, server);
        let predicted = predict(steps, &mut Cluster::new(lane.model_settings()));
        self.lane = None;
        Ok(run.with_failure_as_divergence(steps, &what, predicted))
    }

    fn start(&self) -> Result<(Lane, TraceDatabase, Server), Infrastructure> {
        let refused = |reason: String| Infrastructure::Connect { target: "another server".to_owned(), reason };
        let server = self.server.another().map_err(|error| refused(error.to_string()))?;
        let database =
            TraceDatabase::get(&server, self.board.options.dialect).map_err(|error| refused(error.to_string()))?;
        let lane = Lane::open(&server, &database, self.major, self.board.options)
            .map_err(|error| refused(error.to_string()))?;
        Ok((lane, database, server))
    }
}

/// What a server did instead of replying, with what its log says of that.
pub(crate) fn describe(failure: &Infrastructure, server: &Server) -> String {
    words(failure, last_failure(server, failure))
}

/// What the server's log says of a failure. Of a process that just vanished, the log tells a moment later.
fn last_failure(server: &Server, failure: &Infrastructure) -> Option<String> {
    let looks = if matches!(failure, Infrastructure::Lost { .. }) { 20 } else { 1 };
    (0..looks).find_map(|look| {
        if look > 0 {
            std::thread::sleep(Duration::from_millis(25));
        }
        server.last_failure()
    })
}

/// What a server did instead of replying.
fn words(failure: &Infrastructure, log: Option<String>) -> String {
    let what = match failure {
        Infrastructure::TimedOut { after, .. } => {
            format!("no reply within {:.0} s, and no wait for a lock", after.as_secs_f32())
        }
        Infrastructure::Lost { reason, .. } => format!("the connection was lost: {reason}"),
        Infrastructure::Connect { reason, .. } => format!("no connection: {reason}"),
        Infrastructure::Server { sqlstate, message, .. } => format!("{sqlstate}: {message}"),
        other => other.to_string(),
    };
    match log {
        Some(line) => format!("{what}; its log says: {line}"),
        None => what,
    }
}
