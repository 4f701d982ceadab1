//! What a hunt for planted faults found.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::{Value, json};

use super::style::{BAD, FAINT, GOOD, STRONG};
use crate::zoo::{Control, Hunt, Options};

/// Whether a table tells how long things took, which is never the same twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// It does.
    Shown,
    /// It does not: such a table can be compared.
    LeftOut,
}

/// Prints one line for each fault, and a summary.
///
/// # Errors
///
/// Those of the writer, here and below.
pub fn print(out: &mut dyn Write, hunt: &Hunt, times: Times) -> io::Result<()> {
    let width = hunt.catches.iter().map(|catch| catch.quirk.name().len()).max().unwrap_or(0).max("fault".len());
    let seconds = |text: &str| match times {
        Times::Shown => format!("  {text:>8}"),
        Times::LeftOut => String::new(),
    };
    let head = seconds("seconds");
    writeln!(out, "{STRONG}{:width$}  traces{head}  steps  what is wrong{STRONG:#}", "fault")?;
    for catch in &hunt.catches {
        let (name, wrong) = (catch.quirk.name(), catch.quirk.description());
        match &catch.found {
            Some(found) => {
                let time = seconds(&format!("{:.3}", found.elapsed.as_secs_f64()));
                let (traces, steps) = (found.traces, found.trace.steps.len());
                writeln!(out, "{name:width$}  {traces:>6}{time}  {steps:>5}  {FAINT}{wrong}{FAINT:#}")?;
            }
            None => {
                let blank = seconds("");
                writeln!(out, "{name:width$}  {BAD}{:>6}{BAD:#}{blank}  {:>5}  {FAINT}{wrong}{FAINT:#}", "never", "-")?;
            }
        }
    }
    let colour = if hunt.is_complete() { GOOD } else { BAD };
    writeln!(out)?;
    writeln!(out, "{colour}found {} of {}{colour:#}", hunt.found(), hunt.catches.len())?;
    writeln!(out, "  traces needed   median {}, most {}", median(&hunt.traces()), most(&hunt.traces()))?;
    writeln!(out, "  shrunk steps    median {}, most {}", median(&hunt.steps()), most(&hunt.steps()))
}

/// Prints the shrunk traces.
///
/// # Errors
///
/// Those of the writer.
pub fn print_traces(out: &mut dyn Write, hunt: &Hunt) -> io::Result<()> {
    for catch in &hunt.catches {
        let Some(found) = &catch.found else { continue };
        writeln!(out, "\n{STRONG}{}{STRONG:#}", catch.quirk.name())?;
        for line in found.trace.to_string().lines() {
            writeln!(out, "  {line}")?;
        }
    }
    Ok(())
}

/// Prints how a run without any fault went.
///
/// # Errors
///
/// Those of the writer.
pub fn print_control(out: &mut dyn Write, control: &Control, elapsed: Duration) -> io::Result<()> {
    let rate = control.steps as f64 / elapsed.as_secs_f64().max(0.001);
    writeln!(out, "  traces       {}", control.traces)?;
    writeln!(out, "  steps        {}, {rate:.0} steps/s", control.steps)?;
    for (trace, complaint) in &control.complaints {
        writeln!(out, "  {BAD}trace {trace}{BAD:#}: {complaint}")?;
    }
    let colour = if control.complaints.is_empty() { GOOD } else { BAD };
    writeln!(out, "  complaints   {colour}{}{colour:#}", control.complaints.len())
}

/// The hunt as JSON.
pub fn json(hunt: &Hunt, options: &Options) -> String {
    let quirks: Vec<Value> = hunt
        .catches
        .iter()
        .map(|catch| {
            let found = catch.found.as_ref();
            json!({
                "name": catch.quirk.name(),
                "description": catch.quirk.description(),
                "reports": catch.quirk.reports(),
                "found": found.is_some(),
                "traces": found.map(|found| found.traces),
                "seconds": found.map(|found| found.elapsed.as_secs_f64()),
                "steps": found.map(|found| found.trace.steps.len()),
                "trace": found.map(|found| found.trace.to_string()),
            })
        })
        .collect();
    let whole = json!({
        "seed": options.seed,
        "limit": options.traces,
        "postgres": options.major.number(),
        "found": hunt.found(),
        "median_traces": median(&hunt.traces()),
        "median_steps": median(&hunt.steps()),
        "quirks": quirks,
    });
    format!("{whole:#}")
}

/// The middle of an ascending list, the lower one of two; 0 for none.
fn median(sorted: &[u64]) -> u64 {
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(0)
}

fn most(sorted: &[u64]) -> u64 {
    sorted.last().copied().unwrap_or(0)
}
