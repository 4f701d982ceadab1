//! The `seqcheck` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    seqcheck::cli::main()
}
