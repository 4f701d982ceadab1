//! A campaign: the corpus and generated traces against one server, on several lanes.
//!
//! Each lane has a database of its own and runs whole traces. Which traces there are depends on the seed alone, not on
//! the number of lanes. Traces that crash or restart the server run while no other does: those of the corpus after the rest
//! of it, generated ones last.

mod anew;
mod failure;
mod lane;
mod standby;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use seqcheck_engine::{ClauseSet, Dialect, Major, QuirkSet};

use crate::corpus::Entry;
use crate::finding::{Finding, Folder, Origin};
use crate::generate::Exhaustive;
use crate::implementation::Infrastructure;
use crate::lockstep::{Observed, Run, StepRecord};
use crate::server::{Server, ServerError, Shutdown, TraceDatabase, has_one_database};
pub(crate) use failure::describe;
use failure::{Suspect, find_culprit};
use lane::Lane;

/// What to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The seed that decides the generated traces.
    pub seed: u64,
    /// The number of the first trace to generate; 0 unless an earlier campaign is continued.
    pub first: u64,
    /// How many traces to generate.
    pub traces: u64,
    /// Every trace of this many steps over a small alphabet, instead of random ones; see [`Exhaustive`].
    pub exhaustive: Option<u32>,
    /// How many traces to generate in which the server crashes or is restarted.
    pub crashes: u64,
    /// Stop generating after this long; traces with crashes come after that, all of them.
    pub time: Option<Duration>,
    /// How many traces run side by side, at least 1.
    pub lanes: usize,
    /// How long anything that a server is asked for may take before the campaign ends undecided.
    pub time_out: Duration,
    /// Stop after this many different divergences.
    pub findings: usize,
    /// Whose SQL the server speaks.
    pub dialect: Dialect,
    /// Faults to plant in the engine, to see whether a run would notice them.
    pub quirks: QuirkSet,
    /// The keys of findings that are known already, and not to be reported again.
    pub known: BTreeSet<String>,
    /// The command as it would be written to run this campaign, without the seed, for the findings' provenance.
    pub command: String,
}

/// How a campaign went.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Traces of the corpus that were run.
    pub corpus: usize,
    /// Traces of the corpus that are for other majors.
    pub not_applicable: usize,
    /// Generated traces that were run.
    pub generated: u64,
    /// Generated traces that were run in which the server crashes or is restarted.
    pub crashing: u64,
    /// Steps that were run on both sides.
    pub steps: u64,
    /// What sessions have waited for each other.
    pub waits: Waits,
    /// Steps outside the model, by the reason given, with how often.
    pub unsupported: Vec<(String, u64)>,
    /// The clauses that were exercised.
    pub clauses: ClauseSet,
    /// The clauses that diverging steps exercised.
    pub differing: ClauseSet,
    /// Different divergences, in the order in which they were found.
    pub findings: Vec<Finding>,
    /// The files of the findings, in their order; the reason where one could not be written.
    pub files: Vec<Result<PathBuf, String>>,
    /// Divergences of a kind that a finding shows already.
    pub repeated: u64,
    /// The number of the next trace to generate, should the campaign be continued.
    pub next: u64,
    /// What ended the campaign before its time.
    pub infrastructure: Option<String>,
    /// How long it took.
    pub elapsed: Duration,
}

/// How much of a campaign sessions spent waiting for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waits {
    /// Steps that waited.
    pub steps: u64,
    /// Traces that have such a step.
    pub traces: u64,
    /// All steps of these traces.
    pub of_steps: u64,
    /// Steps that ended with a deadlock.
    pub deadlocks: u64,
}

impl Waits {
    /// The share of waiting steps among the steps of traces in which any waits, in percent; 0 without any.
    pub fn share(&self) -> f64 {
        100.0 * self.steps as f64 / self.of_steps.max(1) as f64
    }

    /// Counts one run.
    fn add(&mut self, run: &Run) {
        let waits = |record: &&StepRecord| record.model.as_ref().is_some_and(|model| model.waits);
        let is_deadlock = |record: &&StepRecord| {
            let reply = record.model.as_ref().and_then(Observed::any_reply);
            reply.and_then(|reply| reply.error.as_ref()).is_some_and(|error| error.sqlstate.code() == "40P01")
        };
        let waiting = run.steps.iter().filter(waits).count() as u64;
        let deadlocks = run.steps.iter().filter(is_deadlock).count() as u64;
        if waiting > 0 || deadlocks > 0 {
            self.steps += waiting;
            self.traces += 1;
            self.of_steps += run.steps.len() as u64;
            self.deadlocks += deadlocks;
        }
    }
}

/// What a campaign has done so far, for progress displays.
#[derive(Debug, Default)]
pub struct Progress {
    /// Traces that are over.
    pub traces: AtomicU64,
    /// Steps that are over.
    pub steps: AtomicU64,
    /// Clauses that were exercised.
    pub clauses: AtomicUsize,
    /// Different divergences.
    pub findings: AtomicUsize,
    /// The number of the next trace to generate. As many before it as there are lanes may not be over.
    pub next: AtomicU64,
}

/// Why a campaign could not begin.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// The server's major version is outside the model.
    #[error("PostgreSQL {0} is outside the model, which covers majors {oldest} to {newest}", oldest = Major::OLDEST, newest = Major::NEWEST)]
    UnknownMajor(u8),
    /// No database for a lane.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// No session in a lane's database.
    #[error(transparent)]
    Infrastructure(#[from] Infrastructure),
}

/// What the lanes share.
struct Board<'c> {
    options: &'c Options,
    target: &'c Server,
    exhaustive: Option<Exhaustive>,
    corpus: Vec<&'c Entry>,
    /// Traces of the corpus that end every session of the server.
    crashing: Vec<&'c Entry>,
    next_entry: AtomicUsize,
    stop: AtomicBool,
    /// Shared by traces that keep to their databases; a trace that does something to the whole server is alone.
    server: RwLock<()>,
    deadline: Option<Instant>,
    summary: Mutex<Summary>,
    /// The traces under which the server failed, where it may be to blame itself.
    suspects: Mutex<Vec<Suspect>>,
    /// The keys of all divergences so far, of traces as they were before shrinking too.
    keys: Mutex<BTreeSet<String>>,
    folder: &'c Folder,
    major: Major,
    progress: &'c Progress,
    shutdown: &'c Shutdown,
}

/// Runs a campaign. Findings are kept in `folder` as soon as they are made.
///
/// # Errors
///
/// When it cannot begin. What ends it later is in [`Summary::infrastructure`].
pub fn run(
    server: &Server,
    corpus: &[Entry],
    options: &Options,
    folder: &Folder,
    progress: &Progress,
    shutdown: &Shutdown,
) -> Result<Summary, CampaignError> {
    let begun = Instant::now();
    let major = Major::new(server.major()).ok_or(CampaignError::UnknownMajor(server.major()))?;
    let count = if has_one_database(server, options.dialect) { 1 } else { options.lanes.max(1) };
    // Making a database can cause a checkpoint, which shows in log_cnt: all are made before the first trace runs and
    // dropped after the last.
    let get = |_| TraceDatabase::get(server, options.dialect);
    let databases = (0..count).map(get).collect::<Result<Vec<_>, _>>()?;
    let (crashing, corpus) = corpus.iter().partition(|entry| server.is_managed() && entry.needs_own_server());
    let board = Board {
        options,
        target: server,
        exhaustive: options.exhaustive.map(Exhaustive::new),
        corpus,
        crashing,
        next_entry: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
        server: RwLock::new(()),
        deadline: options.time.map(|time| begun + time),
        summary: Mutex::new(Summary::default()),
        suspects: Mutex::new(Vec::new()),
        keys: Mutex::new(options.known.clone()),
        folder,
        major,
        progress,
        shutdown,
    };
    progress.next.store(options.first, Ordering::Relaxed);
    let open = |database| Lane::open(server, database, major, options);
    let mut lanes = databases.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let crashes = server.is_managed() && options.dialect.is_observed();
    board.in_parallel(&mut lanes, Board::run_corpus);
    if crashes && !board.crashing.is_empty() {
        // What the corpus knows shows before hundreds of generated traces have run.
        board.in_turn(&mut lanes, Board::run_crashing_corpus);
        let others = databases.iter().skip(lanes.len()).take_while(|_| !board.is_over());
        match others.map(open).collect::<Result<Vec<_>, _>>() {
            Ok(opened) => lanes.extend(opened),
            // What has been found by then is kept.
            Err(error) => {
                board.stop.store(true, Ordering::Relaxed);
                board.with_summary(|summary| summary.infrastructure = Some(error.to_string()));
            }
        }
    }
    board.in_parallel(&mut lanes, Board::generate);
    if crashes {
        board.in_turn(&mut lanes, Board::generate_crashing);
    }
    drop(lanes);
    drop(databases);
    board.explain_failure(server);
    let mut summary = board.summary.into_inner().unwrap_or_else(PoisonError::into_inner);
    summary.unsupported.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(&right.0)));
    summary.elapsed = begun.elapsed();
    summary.next = progress.next.load(Ordering::Relaxed);
    Ok(summary)
}

impl Board<'_> {
    /// Lets all lanes do a work that they share.
    fn in_parallel(&self, lanes: &mut [Lane], work: impl Fn(&Self, &mut Lane) + Sync) {
        std::thread::scope(|scope| {
            for lane in lanes {
                scope.spawn(|| work(self, lane));
            }
        });
    }

    /// Closes all lanes but one, which does a work that ends every session of the server.
    fn in_turn(&self, lanes: &mut Vec<Lane>, work: impl Fn(&Self, &mut Lane)) {
        lanes.truncate(1);
        lanes.iter_mut().for_each(|lane| work(self, lane));
    }

    fn run_corpus(&self, lane: &mut Lane) {
        while !self.is_over() {
            let index = self.next_entry.fetch_add(1, Ordering::Relaxed);
            let Some(entry) = self.corpus.get(index) else { break };
            self.run_entry(lane, entry);
        }
    }

    fn run_crashing_corpus(&self, lane: &mut Lane) {
        for entry in self.crashing.iter().take_while(|_| !self.is_over()) {
            self.run_entry(lane, entry);
        }
    }

    fn generate(&self, lane: &mut Lane) {
        while !self.is_over() && self.deadline.is_none_or(|deadline| Instant::now() < deadline) {
            let last = match &self.exhaustive {
                Some(exhaustive) => exhaustive.count(),
                None => self.options.first.saturating_add(self.options.traces),
            };
            let next = |index: u64| (index < last).then_some(index + 1);
            let Ok(index) = self.progress.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next) else { break };
            match &self.exhaustive {
                Some(exhaustive) => lane.run_enumerated(exhaustive, index, self),
                None => lane.run_generated(index, self),
            }
        }
    }

    fn generate_crashing(&self, lane: &mut Lane) {
        for index in (0..self.options.crashes).take_while(|_| !self.is_over()) {
            lane.run_crashing(index, self);
        }
    }

    fn run_entry(&self, lane: &mut Lane, entry: &Entry) {
        match entry.trace.applies_to(lane.major().number()) {
            true => lane.run_entry(entry, self),
            false => self.with_summary(|summary| summary.not_applicable += 1),
        }
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.shutdown.is_requested()
    }

    /// Runs a candidate of shrinking, unless the campaign is told to end: what is left by then must do.
    fn unless_stopped(&self, run: impl FnOnce() -> Run) -> Run {
        match self.shutdown.is_requested() {
            true => Run::stopped("the campaign"),
            false => run(),
        }
    }

    fn with_summary<T>(&self, change: impl FnOnce(&mut Summary) -> T) -> T {
        change(&mut self.summary.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes a failure of the server at a trace, which ends the campaign for all lanes, and the trace that may have caused it.
    fn fail(&self, error: &Infrastructure, origin: &Origin, suspect: Option<Suspect>) {
        self.stop.store(true, Ordering::Relaxed);
        if error.may_be_its_own() {
            self.suspects.lock().unwrap_or_else(PoisonError::into_inner).extend(suspect);
        }
        self.with_summary(|summary| {
            summary.infrastructure.get_or_insert_with(|| format!("{origin}: {error}"));
        });
    }

    /// Finds out whether a server that has failed was to blame for it: then that is a finding, and nothing is undecided.
    fn explain_failure(&self, server: &Server) {
        let suspects = std::mem::take(&mut *self.suspects.lock().unwrap_or_else(PoisonError::into_inner));
        if !server.is_managed() || self.shutdown.is_requested() {
            return;
        }
        if let Some(finding) = find_culprit(server, self.major, suspects, self) {
            self.with_summary(|summary| summary.infrastructure = None);
            self.note_key(finding.key());
            let key = finding.key().to_owned();
            self.add_finding(finding, &key);
        }
    }

    /// Whether a divergence of this kind is new; notes it either way.
    fn is_new(&self, finding: &Finding) -> bool {
        let is_new = self.note_key(finding.key());
        self.with_summary(|summary| {
            summary.differing.extend(finding.clauses);
            summary.repeated += u64::from(!is_new);
        });
        is_new
    }

    fn note_key(&self, key: &str) -> bool {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned())
    }

    /// Keeps a finding whose divergence is new; `before` is the key that it had before it was shrunk.
    fn add_finding(&self, mut finding: Finding, before: &str) {
        let is_new = finding.key() == before || self.note_key(finding.key());
        // The lock keeps the files in the findings' order.
        let count = self.with_summary(|summary| {
            summary.differing.extend(finding.clauses);
            if is_new {
                let saved = self.folder.save(&mut finding, self.major);
                summary.files.push(saved.map_err(|error| error.to_string()));
                summary.findings.push(finding);
            } else {
                summary.repeated += 1;
            }
            summary.findings.len()
        });
        self.progress.findings.store(count, Ordering::Relaxed);
        if count >= self.options.findings {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}
