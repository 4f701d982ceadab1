//! The harness: traces, servers, lockstep and reports around [`seqcheck_engine`].

pub mod compare;
pub mod implementation;
pub mod lockstep;

pub use implementation::{Implementation, Infrastructure, Received, Request};
