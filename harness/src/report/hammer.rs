//! Reports of histories: for people, and as JSON.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::style::{BAD, GOOD};
use crate::history::{History, Verdict};

/// A history that was checked, with where it comes from.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// The server's version in its own words, or the name of the file.
    pub version: String,
    /// How the server was obtained, or that it was a file.
    pub origin: String,
    /// How many calls were recorded.
    pub calls: usize,
    /// How often the server crashed.
    pub crashes: u32,
    /// How many server processes were terminated.
    pub kills: u32,
    /// For how long the connections called, in seconds.
    pub seconds: f64,
    /// How long checking took, in seconds.
    pub checking: f64,
    /// Why the run ended early, if it did.
    pub infrastructure: Option<String>,
    /// What the check said.
    pub verdict: Verdict,
    /// The violations in words, each with the lines of the saved history.
    pub violations: Vec<(String, Vec<usize>)>,
}

impl Checked {
    /// Puts the violations into words.
    pub fn describe(history: &History, verdict: &Verdict) -> Vec<(String, Vec<usize>)> {
        verdict.violations.iter().map(|one| (one.describe(history), one.lines(history))).collect()
    }

    /// The word for what the run says: `conforms`, `undecided` or `diverges`.
    pub fn word(&self) -> &'static str {
        match (&self.infrastructure, self.verdict.count) {
            (_, 1..) => "diverges",
            (Some(_), 0) => "undecided",
            (None, 0) if self.verdict.values == 0 => "nothing compared",
            (None, 0) => "conforms",
        }
    }
}

/// Prints what became of a history.
pub fn print(out: &mut impl Write, checked: &Checked) -> io::Result<()> {
    let Checked { calls, crashes, kills, seconds, checking, verdict, .. } = checked;
    let rate = *calls as f64 / seconds.max(0.001);
    writeln!(out, "  calls        {calls} in {seconds:.1} s, {rate:.0} calls/s")?;
    if crashes + kills > 0 {
        writeln!(out, "  disturbed    {crashes} crashes, {kills} sessions terminated")?;
    }
    writeln!(out, "  values       {}, {} of them left open, checked in {checking:.1} s", verdict.values, verdict.open)?;
    writeln!(out, "  violations   {}", verdict.count)?;
    for ((words, _), number) in checked.violations.iter().zip(1..) {
        writeln!(out, "\n{BAD}violation {number}{BAD:#}  {words}")?;
    }
    let left = verdict.count - checked.violations.len() as u64;
    if left > 0 {
        writeln!(out, "\n{left} more are not shown")?;
    }
    Ok(())
}

/// Prints the last line.
pub fn print_verdict(out: &mut impl Write, checked: &[Checked]) -> io::Result<()> {
    let word = worst(checked);
    let style = if word == "conforms" { GOOD } else { BAD };
    let count: u64 = checked.iter().map(|one| one.verdict.count).sum();
    writeln!(out, "\n{style}{word}{style:#}: {count} violations")
}

/// The gravest word over several histories.
pub fn worst(checked: &[Checked]) -> &'static str {
    let words = ["diverges", "undecided", "nothing compared"];
    words.into_iter().find(|word| checked.iter().any(|one| one.word() == *word)).unwrap_or("conforms")
}

/// The result of `seqcheck hammer` as JSON.
pub fn json(checked: &[Checked]) -> String {
    let histories: Vec<Value> = checked
        .iter()
        .map(|one| {
            let violations: Vec<Value> = one
                .verdict
                .violations
                .iter()
                .zip(&one.violations)
                .map(|(violation, (words, lines))| {
                    json!({ "kind": violation.kind.name(), "text": words, "lines": lines })
                })
                .collect();
            json!({
                "version": one.version, "origin": one.origin, "conclusion": one.word(), "calls": one.calls,
                "values": one.verdict.values, "left_open": one.verdict.open, "seconds": one.seconds,
                "crashes": one.crashes, "terminated": one.kills, "violation_count": one.verdict.count,
                "violations": violations, "infrastructure": one.infrastructure,
            })
        })
        .collect();
    let conclusion = worst(checked);
    let value = json!({ "conforms": conclusion == "conforms", "conclusion": conclusion, "histories": histories });
    serde_json::to_string_pretty(&value).unwrap_or_default()
}
