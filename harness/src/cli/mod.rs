//! The command line: one file for each subcommand.

mod bench;
mod check;
mod export;
mod failure;
mod files;
mod fuzz;
mod hammer;
mod input;
mod output;
mod progress;
mod replay;
mod serve;
mod server_options;
mod shrink;
mod zoo;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::server::cleanup;

/// The exit codes of the command.
mod exit {
    /// Everything agrees.
    pub(super) const CONFORMS: u8 = 0;
    /// There is a divergence, or a file's expectation is not met.
    pub(super) const DIVERGES: u8 = 1;
    /// Wrong usage or input.
    pub(super) const USAGE: u8 = 2;
    /// A server, the network or the file system failed.
    pub(super) const INFRASTRUCTURE: u8 = 3;
}

/// Finds out whether a database's sequences behave like PostgreSQL's.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    after_help = "Exit codes: 0 conforms, 1 diverges, 2 bad usage or input, 3 the server or the machine failed.",
    propagate_version = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the corpus and generated traces on the model and on a server, and compares every reply.
    Check(check::Check),
    /// Runs trace files, SQL scripts and isolation tests step by step on the model and on a server.
    Replay(replay::Replay),
    /// Lets many connections call sequences at the same time, and checks whether their answers are allowed.
    Hammer(hammer::Hammer),
    /// Plants faults in the model, and tells how fast each is found: a measure of the harness itself.
    Zoo(zoo::Zoo),
    /// Runs the model as a server that speaks the PostgreSQL wire protocol.
    Serve(serve::Serve),
    /// Runs generated traces for as long as you like, and saves what diverges.
    Fuzz(fuzz::Fuzz),
    /// Makes a diverging trace as small and plain as possible.
    Shrink(shrink::Shrink),
    /// Writes a trace for another tool: sqllogictest, isolationtester or psql.
    Export(export::Export),
}

/// Runs the command with the process's arguments.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Printing help fails only when nobody reads it.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { exit::USAGE } else { exit::CONFORMS });
        }
    };
    let result = match arguments.command {
        Command::Check(check) => check.run(),
        Command::Replay(replay) => replay.run(),
        Command::Hammer(hammer) => hammer.run(),
        Command::Zoo(zoo) => zoo.run(),
        Command::Serve(serve) => serve.run(),
        Command::Fuzz(fuzz) => fuzz.run(),
        Command::Shrink(shrink) => shrink.run(),
        Command::Export(export) => export.run(),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            // What is being cleaned up may be what failed.
            cleanup::let_it_end();
            failure.print();
            ExitCode::from(failure.code())
        }
    }
}
