//! The harness: traces, servers, lockstep and reports around [`seqcheck_engine`].

pub mod choice;
pub mod generate;
pub mod sql;
pub mod trace;
