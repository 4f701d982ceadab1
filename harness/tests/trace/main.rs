//! The trace file format: its files, its laws, matching and blessing.

mod bless;
mod examples;
mod laws;
mod matching;
