//! The harness: traces, servers, lockstep and reports around [`seqcheck_engine`].

pub mod choice;
pub mod compare;
pub mod generate;
pub mod implementation;
pub mod lockstep;
pub mod server;
pub mod sql;
pub mod trace;

pub use implementation::{Implementation, Infrastructure, Received, Request};
