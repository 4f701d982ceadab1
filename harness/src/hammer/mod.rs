//! Real concurrency: many connections call sequences of one server as fast as they can, and every call is recorded.
//!
//! [`run`] gives the [`History`](crate::history::History), which [`check`](crate::history::check()) judges.

mod connection;
mod disturbance;
mod recorder;
mod run;
mod worker;

pub use recorder::Recorder;
pub use run::{Hammered, Options, Tick, run};
