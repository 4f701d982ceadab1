//! Reports for people, with the colours of a terminal.

use std::io::{self, Write};

use seqcheck_engine::Clause;

use super::style::{BAD, FAINT, GOOD, STRONG};
use super::{Conclusion, Judged, side_by_side};
use crate::campaign::{Options, Waits};
use crate::finding::Finding;
use crate::server::Server;

/// How many reasons of unsupported steps, and unreached clauses, are listed.
const LISTED: usize = 5;

/// Says what is about to be judged.
///
/// # Errors
///
/// Those of the writer, here and below.
pub fn print_head(out: &mut dyn Write, server: &Server, options: &Options) -> io::Result<()> {
    let plural = if options.lanes == 1 { "lane" } else { "lanes" };
    writeln!(
        out,
        "{STRONG}{}{} {}{STRONG:#}  {FAINT}{} · seed {} · {} {plural}{FAINT:#}",
        options.dialect.product(),
        if options.dialect.is_observed() { "" } else { ", by its documentation:" },
        server.version(),
        server.origin(),
        options.seed,
        options.lanes
    )
}

/// Says how one server did, in lines of at most `width` characters where that is possible.
///
/// # Errors
///
/// Those of the writer.
pub fn print_summary(out: &mut dyn Write, judged: &Judged, width: usize) -> io::Result<()> {
    for line in summary(judged) {
        writeln!(out, "{line}")?;
    }
    for (index, finding) in judged.summary.findings.iter().enumerate() {
        writeln!(out)?;
        for line in describe(judged, index, finding, width) {
            writeln!(out, "{line}")?;
        }
    }
    writeln!(out)
}

fn summary(judged: &Judged) -> Vec<String> {
    let summary = &judged.summary;
    let seconds = summary.elapsed.as_secs_f64();
    let rate = summary.steps as f64 / seconds.max(0.001);
    let mut lines = Vec::new();
    let skipped = match summary.not_applicable {
        0 => String::new(),
        count => format!(" ({count} for other versions)"),
    };
    let crashing = match summary.crashing {
        0 => String::new(),
        count => format!(", {count} with crashes"),
    };
    lines.push(format!("  traces       {} corpus{skipped}, {} generated{crashing}", summary.corpus, summary.generated));
    lines.push(format!("  steps        {} in {seconds:.1} s, {rate:.0} steps/s", summary.steps));
    if summary.waits.traces > 0 {
        let Waits { steps, traces, deadlocks, .. } = summary.waits;
        let share = summary.waits.share();
        lines.push(format!(
            "  waiting      {steps} steps in {traces} traces ({share:.1} % of theirs), {deadlocks} deadlocks"
        ));
    }
    let (reached, missed): (Vec<Clause>, Vec<Clause>) =
        judged.clauses().partition(|clause| summary.clauses.contains(*clause));
    let basis = judged.basis().map_or(String::new(), |basis| format!(" ({basis})"));
    lines.push(format!("  clauses      {} of {} reached{basis}", reached.len(), reached.len() + missed.len()));
    let missed: Vec<&str> = missed.iter().map(|clause| clause.id()).collect();
    if !missed.is_empty() && missed.len() <= LISTED {
        lines.push(format!("               not reached: {}", missed.join(", ")));
    }
    let unsupported: u64 = summary.unsupported.iter().map(|(_, count)| count).sum();
    if unsupported > 0 {
        lines.push(format!("  unsupported  {unsupported} steps"));
        for (reason, count) in summary.unsupported.iter().take(LISTED) {
            lines.push(format!("               {count} × {reason}"));
        }
    }
    let repeated = match summary.repeated {
        0 => String::new(),
        count => format!(", met {count} times more"),
    };
    lines.push(match summary.findings.len() {
        0 => format!("  divergences  {GOOD}0{GOOD:#}"),
        count => format!("  divergences  {BAD}{count}{BAD:#}{repeated}"),
    });
    if let Some(reason) = &summary.infrastructure {
        lines.push(format!("  {BAD}stopped{BAD:#}      {reason}"));
    }
    lines
}

fn describe(judged: &Judged, index: usize, finding: &Finding, width: usize) -> Vec<String> {
    let mut lines = vec![format!("{BAD}divergence {}{BAD:#}  {}", index + 1, finding.sentence())];
    for (number, step) in finding.trace.steps.iter().enumerate() {
        let here = number == finding.step;
        let text = step.to_string();
        let shown: Vec<&str> = text.lines().filter(|line| !line.starts_with("    ")).collect();
        for line in shown {
            lines.push(match here {
                true => format!("> {STRONG}{line}{STRONG:#}"),
                false => format!("  {line}"),
            });
        }
    }
    lines.push(String::new());
    let (model, server) = (finding.model.as_ref(), finding.server.as_ref());
    let title = format!("model ({} should)", judged.dialect.product());
    let rows = side_by_side::observed(&title, model, server, width.saturating_sub(2));
    lines.extend(rows.iter().map(|row| format!("  {row}")));
    if judged.basis().is_some() {
        // The two may look alike: what counts then is what has come before.
        lines.extend(finding.differences.iter().map(|difference| format!("  ≠ {difference}")));
    }
    lines.push(String::new());
    lines.push(format!("  reproduce: {}", judged.reproduce(index)));
    lines
}

/// The last word over all servers.
///
/// # Errors
///
/// Those of the writer.
pub fn print_verdict(out: &mut dyn Write, judged: &[Judged]) -> io::Result<()> {
    let conclusion = Conclusion::over(judged);
    let word = conclusion.word();
    let findings: usize = judged.iter().map(|one| one.summary.findings.len()).sum();
    let failed = judged.iter().filter(|one| one.summary.infrastructure.is_some()).count();
    let unfinished = match failed {
        0 => String::new(),
        count => format!("; {count} of {} servers could not be judged to the end", judged.len()),
    };
    match conclusion {
        Conclusion::Conforms => writeln!(out, "{GOOD}{word}{GOOD:#}: 0 divergences"),
        Conclusion::NothingCompared => {
            writeln!(out, "{BAD}{word}{BAD:#}: no step was run on both sides; ask for traces the model covers")
        }
        Conclusion::Undecided => writeln!(out, "{BAD}{word}{BAD:#}: 0 divergences so far{unfinished}"),
        Conclusion::Diverges if findings == 1 => writeln!(out, "{BAD}{word}{BAD:#}: 1 divergence{unfinished}"),
        Conclusion::Diverges => writeln!(out, "{BAD}{word}{BAD:#}: {findings} divergences{unfinished}"),
    }
}
