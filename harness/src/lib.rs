//! The harness: traces, servers, lockstep and reports around [`seqcheck_engine`].

pub mod server;
