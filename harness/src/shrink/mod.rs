//! Making a diverging trace small and plain.
//!
//! Whoever shrinks says how a candidate is run, so that one shrinker serves a server, the engine with a planted fault,
//! and any other implementation. A candidate takes the place of the trace when its first divergence has the same
//! signature. Every trace is legal, so anything may be left out; a candidate is always smaller or plainer than what it
//! replaces, so that shrinking ends.
//!
//! The reductions, each in a file of its own, in the order in which they pay off:
//!
//! 1. what comes after the divergence goes, then steps by delta debugging (`steps`);
//! 2. a step that waits comes when it need not wait (`waits`);
//! 3. a session goes, or another one takes over what it does (`sessions`);
//! 4. a query of several statements loses some, or is taken apart (`queries`);
//! 5. what makes objects comes first (`order`), and a statement about rows calls nextval itself (`draws`);
//! 6. statements lose options, list items, clauses and qualifiers, expressions become their operands (`statements`);
//! 7. names become s, t and so on (`names`), numbers become small or a limit that people recognise (`numbers`).

mod anew;
mod draws;
mod names;
mod numbers;
mod order;
pub(crate) mod part;
mod queries;
mod search;
mod sessions;
mod statements;
mod steps;
mod text;
mod waits;

use std::time::Duration;

use crate::lockstep::{Run, Step};
pub use anew::{Confirmation, shrink_and_confirm};
use search::Search;
pub(crate) use statements::is_sql;

/// How much shrinking one trace may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// How many candidates are run at most.
    pub candidates: usize,
    /// How long it takes at most; the candidate that is running then is still waited for.
    pub time: Duration,
}

impl Default for Budget {
    /// Enough for a trace of the generator on a server near by: 1,000 candidates in 5 s.
    fn default() -> Budget {
        Budget { candidates: 1000, time: Duration::from_secs(5) }
    }
}

/// A trace after shrinking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shrunk {
    /// The steps up to the one at which the divergence shows. Sessions are numbered in the order of their first steps.
    pub steps: Vec<Step>,
    /// The run of these steps, which diverges.
    pub run: Run,
    /// How many candidates were run.
    pub candidates: usize,
    /// Whether the steps diverged in the same way both times when they were run once more.
    ///
    /// If not, the divergence comes and goes, and the steps are those that were given; or the implementation failed.
    pub confirmed: bool,
}

/// How often a result is run again before it is believed.
const CONFIRMATIONS: usize = 2;

/// Makes a trace smaller as long as its first divergence keeps its signature.
///
/// `first` is the run of `steps`; one without a divergence comes back as it is, unconfirmed. `run` runs a candidate from
/// a clean slate. An implementation that fails ends the shrinking with what is left by then.
///
/// ```
/// use std::time::Duration;
/// use seqcheck::lockstep::{self, Options};
/// use seqcheck::implementation::model::Model;
/// use seqcheck::prepare::Prepared;
/// use seqcheck::shrink::{Budget, shrink};
/// use seqcheck::trace::Trace;
/// use seqcheck_engine::{Cluster, Major, Quirk, QuirkSet, Settings};
///
/// let trace = Trace::parse(
///     "S1: CREATE SEQUENCE public.numbers MAXVALUE 33 START 32 CACHE 1 CYCLE
/// S2: SELECT 1
/// S1: SELECT nextval('numbers'), 7
/// S2: SELECT nextval('numbers')
/// S1: SELECT nextval('Numbers'::regclass)",
/// )?;
/// let prepared = Prepared::from_trace(&trace.steps);
/// let settings = Settings::new(Major::NEWEST);
/// let faulty = Settings { quirks: QuirkSet::NONE.with(Quirk::CycleToStart), ..settings.clone() };
/// let mut model = Model::of("faulty", faulty);
/// let mut run = |steps: &[_]| lockstep::run(steps, &mut Cluster::new(settings.clone()), &mut model, &Options::default());
/// let first = run(&prepared.steps);
/// let shrunk = shrink(&prepared.steps, first, Budget::default(), run);
/// assert!(shrunk.confirmed);
/// let plain = Prepared::numbered(shrunk.steps).to_trace_steps();
/// let text: Vec<String> = plain.iter().map(ToString::to_string).collect();
/// assert_eq!(
///     text.concat(),
///     "S1: CREATE SEQUENCE s MAXVALUE 2 START WITH 2 CYCLE
/// S1: SELECT nextval('s')
/// S1: SELECT nextval('s')
/// ",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn shrink(steps: &[Step], first: Run, budget: Budget, mut run: impl FnMut(&[Step]) -> Run) -> Shrunk {
    let Some(mut search) = Search::new(steps, first.clone(), budget, &mut run) else {
        return Shrunk { steps: steps.to_vec(), run: first, candidates: 0, confirmed: false };
    };
    // Each reduction may make room for another one.
    while search.changes(|search| {
        steps::reduce(search);
        waits::reduce(search);
        sessions::reduce(search);
        queries::reduce(search);
        order::reduce(search);
        draws::reduce(search);
        statements::reduce(search);
        names::reduce(search);
        numbers::reduce(search);
    }) {}
    search.finish(CONFIRMATIONS)
}
