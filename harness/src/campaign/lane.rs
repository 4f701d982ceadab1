//! One lane: a database of its own, and the traces that run in it.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use seqcheck_engine::{Cluster, Major, QuirkSet, Settings};

use super::failure::Suspect;
use super::standby::with_standby;
use super::{Board, CampaignError};
use crate::choice::Seeded;
use crate::compare::Level;
use crate::corpus::Entry;
use crate::expectation::{self, Side};
use crate::finding::{Finding, Judging, Origin};
use crate::generate::{Exhaustive, ServerEvents, generate};
use crate::implementation::postgres::{self, Postgres};
use crate::implementation::{Implementation, Infrastructure};
use crate::lockstep::{self, EveryOrder, Run, Step, Verdict};
use crate::prepare::Prepared;
use crate::server::{Server, TraceDatabase};
use crate::shrink::{Budget, shrink_and_confirm};
use crate::trace;

/// Traces with crashes are numbered from here, far beyond any other trace.
const CRASHING: u64 = 1 << 48;

/// One in so many of them is about a standby instead, which takes longer to make than a crash.
const BETWEEN_STANDBYS: u64 = 10;

/// The user as whom the corpus has been run.
const FILES_USER: &str = "postgres";

/// A lane.
pub(super) struct Lane {
    postgres: Postgres,
    settings: Settings,
    options: lockstep::Options,
    judging: Judging,
    /// What generated traces may do to the server.
    events: ServerEvents,
    /// Whether the server can have a standby.
    has_standby: bool,
    /// The last trace that went through: what it broke may show only when the next one cleans up after it.
    last: Option<Suspect>,
}

impl Lane {
    pub(super) fn open(
        server: &Server,
        database: &TraceDatabase,
        major: Major,
        options: &super::Options,
    ) -> Result<Lane, CampaignError> {
        let settings = postgres::Settings {
            patience: options.time_out,
            outlives_run: !server.is_managed(),
            maintenance: Some(server.endpoint().clone()),
            dialect: options.dialect,
        };
        let postgres = Postgres::open(database.endpoint().clone(), settings)?.with_power(server.handle());
        let settings = Settings { quirks: options.quirks, ..postgres.model_settings(major) };
        let judging = judging(server, options);
        let is_observed = options.dialect.is_observed();
        let options = lockstep::Options::of(options.dialect, options.time_out);
        let events = if server.is_managed() && is_observed { ServerEvents::Checkpoints } else { ServerEvents::None };
        Ok(Lane { postgres, settings, options, judging, events, has_standby: server.can_have_standby(), last: None })
    }

    pub(super) fn major(&self) -> Major {
        self.settings.major
    }

    /// The settings of the model that stands beside the server.
    pub(super) fn model_settings(&self) -> Settings {
        self.settings.clone()
    }

    /// From now on, sends no step before the reply to the one before it, and waits so long for each.
    pub(super) fn go_step_by_step(&mut self, time_out: Duration) {
        self.options.pipeline = 1;
        self.options.time_out = time_out;
    }

    /// Cleans up after the last trace, which otherwise the next one does.
    pub(super) fn clean(&mut self) -> Result<(), Infrastructure> {
        self.postgres.reset()
    }

    pub(super) fn run_entry(&mut self, entry: &Entry, board: &Board<'_>) {
        let is_foreign = entry.dialect() != self.settings.dialect;
        if is_foreign || self.settings.max_prepared_transactions == 0 && entry.prepares_transactions() {
            board.with_summary(|summary| summary.not_applicable += 1);
            return;
        }
        let major = self.major().number();
        let steps: Vec<&trace::Step> = entry.trace.steps.iter().filter(|step| step.applies_to(major)).collect();
        let prepared = Prepared::from_trace(steps.iter().copied());
        let origin = Origin::Corpus(entry.name.clone());
        let Some(run) = self.judge(&prepared, origin.clone(), board) else { return };
        board.with_summary(|summary| summary.corpus += 1);
        if run.divergences.is_empty() && self.options.level == Level::Full {
            // Model and server agree with each other; that they agree with what is documented is another matter.
            // Of whose sequences it is, the files tell as to the user that most servers begin with.
            let is_judged = |mismatch: &trace::Mismatch| {
                self.settings.user == FILES_USER || !mismatch.expected.iter().any(|line| line.contains(FILES_USER))
            };
            let unmet = expectation::unmet(&steps, &run, Side::Server, major);
            // What a file expects after that may rest on it.
            if let Some((step, mismatch)) = unmet.iter().find(|(_, mismatch)| is_judged(mismatch)) {
                let expected = &steps[*step].expectations;
                let finding = Finding::unmet(origin, &prepared, &run, *step, expected, mismatch, &self.judging);
                if board.is_new(&finding) {
                    let key = finding.key().to_owned();
                    board.add_finding(finding, &key);
                }
            }
        }
    }

    pub(super) fn run_generated(&mut self, index: u64, board: &Board<'_>) {
        let seed = board.options.seed;
        let prepared = self.generate(&mut Seeded::for_trace(seed, index), self.events);
        if self.judge(&prepared, Origin::Generated { seed, index }, board).is_some() {
            board.with_summary(|summary| summary.generated += 1);
        }
    }

    /// Runs one of all short traces, if there is one of this number.
    pub(super) fn run_enumerated(&mut self, exhaustive: &Exhaustive, index: u64, board: &Board<'_>) {
        let Some(steps) = exhaustive.trace(index, &self.healthy_settings()) else {
            board.progress.traces.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let origin = Origin::Exhaustive { length: exhaustive.length(), index };
        if self.judge(&Prepared::from_generated(&steps), origin, board).is_some() {
            board.with_summary(|summary| summary.generated += 1);
        }
    }

    /// Runs a generated trace in which the server crashes; now and then, one in which it has a standby.
    pub(super) fn run_crashing(&mut self, index: u64, board: &Board<'_>) {
        let seed = board.options.seed;
        let mut prepared = self.generate(&mut Seeded::for_trace(seed, CRASHING + index), ServerEvents::Crashes);
        if self.has_standby && index.is_multiple_of(BETWEEN_STANDBYS) {
            prepared = with_standby(&prepared, &self.healthy_settings()).unwrap_or(prepared);
        }
        if self.judge(&prepared, Origin::Crashing { seed, index }, board).is_some() {
            board.with_summary(|summary| summary.crashing += 1);
        }
    }

    /// Generators ask an engine without planted faults: the traces are the same whatever is judged.
    fn healthy_settings(&self) -> Settings {
        Settings { quirks: QuirkSet::NONE, ..self.settings.clone() }
    }

    fn generate(&self, choice: &mut Seeded, events: ServerEvents) -> Prepared {
        Prepared::from_generated(&generate(choice, &self.healthy_settings(), events))
    }

    pub(super) fn run(&mut self, steps: &[Step], board: &Board<'_>) -> Run {
        // A checkpoint shows in the log_cnt of every database's sequences.
        let (_alone, _beside_others);
        match steps.iter().any(Step::concerns_server) {
            true => _alone = board.server.write().unwrap_or_else(PoisonError::into_inner),
            false => _beside_others = board.server.read().unwrap_or_else(PoisonError::into_inner),
        }
        let mut states = EveryOrder::of(Cluster::new(self.settings.clone()));
        lockstep::run(steps, &mut states, &mut self.postgres, &self.options)
    }

    /// Runs a trace, and reduces it when it diverges. Nothing when the server failed.
    fn judge(&mut self, prepared: &Prepared, origin: Origin, board: &Board<'_>) -> Option<Run> {
        let run = self.run(&prepared.steps, board);
        board.progress.traces.fetch_add(1, Ordering::Relaxed);
        board.progress.steps.fetch_add(run.steps.len() as u64, Ordering::Relaxed);
        board.with_summary(|summary| {
            if run.infrastructure.is_none() {
                summary.clauses.extend(run.clauses);
                summary.waits.add(&run);
                board.progress.clauses.store(summary.clauses.len(), Ordering::Relaxed);
            }
            for record in &run.steps {
                match &record.verdict {
                    Verdict::Unsupported(reason) => {
                        match summary.unsupported.iter_mut().find(|(known, _)| known == reason) {
                            Some((_, count)) => *count += 1,
                            None => summary.unsupported.push((reason.clone(), 1)),
                        }
                    }
                    Verdict::Infrastructure(_) => {}
                    Verdict::Agrees | Verdict::Diverges(_) => summary.steps += 1,
                }
            }
        });
        if let Some(error) = &run.infrastructure {
            let suspect = match run.steps.is_empty() {
                true => self.last.take(),
                false => Some(Suspect { prepared: prepared.clone(), origin: origin.clone() }),
            };
            board.fail(error, &origin, suspect);
            return None;
        }
        self.last = Some(Suspect { prepared: prepared.clone(), origin: origin.clone() });
        let Some(finding) = Finding::new(origin.clone(), prepared, &run, &self.judging) else { return Some(run) };
        if board.is_new(&finding) {
            let (shrunk, confirmation) = shrink_and_confirm(
                &prepared.steps,
                run.clone(),
                Budget::default(),
                |candidate| board.unless_stopped(|| self.run(candidate, board)),
                |candidate| board.run_anew(candidate),
            );
            let reduced = Prepared::numbered(shrunk.steps);
            if let Some(mut reduced) = Finding::new(origin, &reduced, &shrunk.run, &self.judging) {
                reduced.set_confirmation(confirmation);
                board.add_finding(reduced, finding.key());
            }
        }
        Some(run)
    }
}

/// What is judged by what in a campaign against `server`.
pub(super) fn judging(server: &Server, options: &super::Options) -> Judging {
    Judging {
        judged: format!("{} {}", options.dialect.product(), server.version()),
        quirks: options.quirks,
        command: options.command.clone(),
    }
}
