//! The `seqcheck` command.

fn main() {}
