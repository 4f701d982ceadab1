//! The zoo: how fast plain generation finds each fault that can be planted in the engine.
//!
//! The traces are those of `check` with the same seed. Each is run on the engine once, and then on an engine for each
//! fault that is still to be found: the two differ in nothing but the fault. What differs is shrunk, with the shrinker
//! that `check` uses.

mod control;
mod engine;
mod hunt;

pub use control::{Control, control};
pub use hunt::{Catch, Found, Hunt, hunt};

use seqcheck_engine::{Major, Settings};

/// What to hunt with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The seed that decides the traces.
    pub seed: u64,
    /// How many traces to run at most.
    pub traces: u64,
    /// The PostgreSQL that the engine models.
    pub major: Major,
}

impl Options {
    fn settings(&self) -> Settings {
        crate::sql::settings(self.major)
    }
}
