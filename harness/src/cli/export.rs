//! `seqcheck export`: traces for other tools.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use seqcheck_engine::Major;

use super::exit;
use super::failure::Failure;
use super::files::{check_outputs, write_or_print};
use super::input::{Source, read_one};
use crate::export::{Format, export};
use crate::trace::{Expectation, ExpectedOutcome, Progress, Trace};

/// Arguments of `seqcheck export`.
#[derive(Debug, Args)]
#[command(after_help = "\
What the file does not expect, the model predicts. Where a format cannot say what the trace says,
such as a wait in sqllogictest, the command names the line and writes nothing.

Examples:
  seqcheck export corpus/sequence/cycle/ascending.trace --to slt
  seqcheck export corpus/transaction/awaited-keys.trace --to isolation -o keys.spec
  seqcheck export findings/nextval-rows.trace --to psql | psql -X -a
  seqcheck export script.sql --to slt --postgres 15")]
pub(super) struct Export {
    /// A trace file (.trace), an SQL script (.sql) or an isolation test spec (.spec) with one permutation.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The format: slt is sqllogictest text, isolation a specification for PostgreSQL's isolationtester, psql a psql
    /// script, or a shell script that runs one psql for each of several sessions.
    #[arg(long, value_name = "FORMAT")]
    to: To,

    /// Write to this file instead of standard output.
    #[arg(long, short, value_name = "FILE", default_value = "-", hide_default_value = true)]
    output: PathBuf,

    /// The major version that the steps and answers are for, 13 to 18; the newest by default.
    #[arg(long, value_name = "MAJOR", value_parser = clap::value_parser!(u8).range(13..=18))]
    postgres: Option<u8>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum To {
    Slt,
    Isolation,
    Psql,
}

impl Export {
    pub(super) fn run(self) -> Result<u8, Failure> {
        let trace = match read_one(&self.file)? {
            Source::Trace { trace, .. } => trace,
            Source::Script { steps, .. } => {
                if let Some((step, reason)) = steps.iter().find_map(|step| Some((step, step.left_out.as_ref()?))) {
                    let (file, line) = (self.file.display(), step.line);
                    return Err(Failure::input(format!("{file}:{line}: this cannot be written for others: {reason}")));
                }
                Trace { steps: steps.into_iter().map(unsaid).collect(), ..Trace::default() }
            }
        };
        let major = self.postgres.and_then(Major::new).unwrap_or(Major::NEWEST);
        let file = self.file.display();
        if !trace.steps.iter().any(|step| trace.applies_to(major.number()) && step.applies_to(major.number())) {
            return Err(Failure::input(format!("{file}: no step is for PostgreSQL {}", major.number())));
        }
        check_outputs([&self.output], std::slice::from_ref(&self.file))?;
        let format = match self.to {
            To::Slt => Format::Sqllogictest,
            To::Isolation => Format::Isolation,
            To::Psql => Format::Psql,
        };
        let text = export(&trace, major, format)
            .map_err(|error| Failure::input(format!("{file}:{}:1: {error}", error.line)))?;
        write_or_print(&self.output, &text)?;
        Ok(exit::CONFORMS)
    }
}

/// A script says nothing of what its steps answer.
fn unsaid(mut step: crate::trace::Step) -> crate::trace::Step {
    let outcome = ExpectedOutcome { progress: Progress::Anything, resumed: Vec::new() };
    step.expectations = vec![Expectation { guards: Vec::new(), outcome }];
    step
}
