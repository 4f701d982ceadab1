//! Traces in a database that no other trace has used.

use std::sync::PoisonError;

use super::Board;
use super::lane::Lane;
use crate::lockstep::{Run, Step};
use crate::server::{TraceDatabase, has_one_database};

impl Board<'_> {
    /// Runs a trace in a new database. Nothing where none can be had, or where that says nothing: a trace that ends all
    /// sessions would end those of the lane that found it.
    pub(super) fn run_anew(&self, steps: &[Step]) -> Option<Run> {
        if self.shutdown.is_requested()
            || has_one_database(self.target, self.options.dialect)
            || steps.iter().any(Step::ends_sessions)
        {
            return None;
        }
        let database = self.alone(|| TraceDatabase::get(self.target, self.options.dialect)).ok()?;
        let run = Lane::open(self.target, &database, self.major, self.options).ok();
        let run = run.map(|mut lane| self.unless_stopped(|| lane.run(steps, self)));
        self.alone(|| drop(database));
        run
    }

    /// Does what may cause a checkpoint, which shows in every database, while no trace runs.
    fn alone<T>(&self, work: impl FnOnce() -> T) -> T {
        let _alone = self.server.write().unwrap_or_else(PoisonError::into_inner);
        work()
    }
}
