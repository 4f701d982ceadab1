//! The harness: traces, servers, lockstep and reports around [`seqcheck_engine`].

pub mod adapter;
pub mod campaign;
pub mod choice;
#[doc(hidden)]
pub mod cli;
pub mod compare;
pub mod corpus;
pub mod expectation;
pub mod export;
pub mod finding;
pub mod fuzzing;
pub mod generate;
pub mod hammer;
pub mod history;
pub mod implementation;
pub mod isolation;
pub mod lockstep;
pub mod prepare;
pub mod report;
pub mod serve;
pub mod server;
pub mod shrink;
pub mod sql;
pub mod trace;
pub mod zoo;

pub use implementation::{Implementation, Infrastructure, Received, Request};
