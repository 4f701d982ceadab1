//! `seqcheck shrink`: a diverging trace, made small.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use seqcheck_engine::{Cluster, Major, Quirk, QuirkSet, Settings};

use super::bench::Bench;
use super::exit;
use super::failure::Failure;
use super::files::{check_outputs, write_or_print};
use super::input::{Source, read_one};
use super::server_options::{ServerOptions, get_server, on_signals, parse_quirk, quirk_arguments, quirk_set};
use crate::finding::{Finding, Judging, Origin};
use crate::implementation::model::Model;
use crate::lockstep::{self, Run, Step};
use crate::prepare::Prepared;
use crate::report::shell_word;
use crate::shrink::{self, Budget, Confirmation, Shrunk};

/// Arguments of `seqcheck shrink`.
#[derive(Debug, Args)]
#[command(after_help = "\
What is left shows the same divergence with as few steps, sessions, options and digits as could be
found, and says what PostgreSQL should answer. With --quirk and no choice of server, the model with
that fault is run against the model without it, and no server is needed.

Exit codes: 1 the file diverges, and the smaller trace was written; 0 both sides agree, so that
there is nothing to shrink; 2 bad usage or input; 3 the server or the machine failed.

Examples:
  seqcheck shrink findings/nextval-rows.trace
  seqcheck shrink script.sql --bindir ~/pgsql/bin --output smaller.trace
  seqcheck shrink long.trace --quirk setval-keeps-cache
  seqcheck shrink long.trace --postgres 17 --time 60s --candidates 20000")]
pub(super) struct Shrink {
    /// A trace file (.trace), an SQL script (.sql) or an isolation test spec (.spec) with one permutation.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    server: ServerOptions,

    /// Write the smaller trace to this file instead of standard output.
    #[arg(long, short, value_name = "FILE", default_value = "-", hide_default_value = true)]
    output: PathBuf,

    /// How long to look for something smaller, such as 30s.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration, default_value = "30s")]
    time: Duration,

    /// How many smaller traces to try at most.
    #[arg(long, value_name = "N", default_value_t = 5000)]
    candidates: usize,

    /// How long the server may take for anything before shrinking ends undecided, such as 15s.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration, default_value = "15s")]
    time_out: Duration,

    /// Print nothing but errors, and the trace where no file is given for it.
    #[arg(long, short)]
    quiet: bool,

    /// Plant this fault in the model; without a choice of server it is judged by the model without the fault.
    #[arg(long, value_name = "NAME", value_parser = parse_quirk)]
    quirk: Vec<Quirk>,
}

impl Shrink {
    pub(super) fn run(self) -> Result<u8, Failure> {
        let source = read_one(&self.file)?;
        if source.is_empty() {
            return Err(Failure::input(format!("{}: there is not one step in it", self.file.display())));
        }
        if self.server.asks_for_several() {
            return Err(Failure::input("a trace is shrunk against one server; give one major version"));
        }
        check_outputs([&self.output], std::slice::from_ref(&self.file))?;
        let quirks = quirk_set(&self.quirk);
        if quirks != QuirkSet::NONE && !self.server.is_chosen() {
            let settings = crate::sql::settings(Major::NEWEST);
            let mut model = Model::of("the model", settings.clone());
            let options = lockstep::Options::default();
            return self.shrink(&source, Major::NEWEST.number(), "The model", |steps| {
                let mut faulty = Cluster::new(Settings { quirks, ..settings.clone() });
                lockstep::run(steps, &mut faulty, &mut model, &options)
            });
        }
        let shutdown = on_signals()?;
        let wanted = self.server.wanted(self.time_out)?.into_iter().next().unwrap_or_default();
        let server = get_server(&wanted, &shutdown)?;
        let mut bench = Bench::new(&server, quirks, self.time_out)?;
        let judged = format!("PostgreSQL {}", server.version());
        let code = self.shrink(&source, server.major(), &judged, |steps| bench.run(steps));
        shutdown.let_signal_win();
        code
    }

    fn shrink(
        &self,
        source: &Source,
        major: u8,
        judged: &str,
        mut run: impl FnMut(&[Step]) -> Run,
    ) -> Result<u8, Failure> {
        let prepared = Prepared::from_trace(source.steps_for(major));
        let first = run(&prepared.steps);
        if let Some(error) = &first.infrastructure {
            return Err(Failure::infrastructure(error));
        }
        if first.divergence().is_none() {
            let file = self.file.display();
            self.say(&format!(
                "{judged} and the model agree on {file} (PostgreSQL {major}): there is nothing to shrink"
            ));
            return Ok(exit::CONFORMS);
        }
        let begun = Instant::now();
        let budget = Budget { candidates: self.candidates, time: self.time };
        let shrunk = shrink::shrink(&prepared.steps, first, budget, run);
        self.say(&format!(
            "{} steps became {} after {} candidates in {:.1} s",
            prepared.steps.len(),
            shrunk.steps.len(),
            shrunk.candidates,
            begun.elapsed().as_secs_f64()
        ));
        if !shrunk.confirmed {
            self.say("note: the divergence did not show each time when what is left was run again");
        }
        let finding = self.finding(judged, &shrunk)?;
        write_or_print(&self.output, &finding.trace.to_string())?;
        Ok(exit::DIVERGES)
    }

    fn finding(&self, judged: &str, shrunk: &Shrunk) -> Result<Finding, Failure> {
        let judging = Judging {
            judged: judged.to_owned(),
            quirks: quirk_set(&self.quirk),
            command: format!("seqcheck shrink{}", self.server.to_arguments(None) + &quirk_arguments(&self.quirk)),
        };
        let origin = Origin::File(shell_word(&file_name(&self.file)));
        let reduced = Prepared::numbered(shrunk.steps.clone());
        let mut finding = Finding::new(origin, &reduced, &shrunk.run, &judging)
            .ok_or_else(|| Failure::infrastructure("the divergence was lost while it was shrunk"))?;
        if !shrunk.confirmed {
            finding.set_confirmation(Confirmation::ComesAndGoes);
        }
        Ok(finding)
    }

    fn say(&self, words: &str) {
        if !self.quiet {
            anstream::eprintln!("{words}");
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
