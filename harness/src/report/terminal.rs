//! Reports for people. Colours appear on a terminal only.

use anstream::println;
use anstyle::{AnsiColor, Style};
use seqcheck_engine::Clause;

use super::{Judged, side_by_side};
use crate::campaign::{Finding, Options};
use crate::server::Server;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// How many reasons of unsupported steps, and unreached clauses, are listed.
const LISTED: usize = 5;

/// Says what is about to be judged.
pub fn print_head(server: &Server, options: &Options) {
    let plural = if options.lanes == 1 { "lane" } else { "lanes" };
    println!(
        "{STRONG}PostgreSQL {}{STRONG:#}  {FAINT}{} · seed {} · {} {plural}{FAINT:#}",
        server.version(),
        server.origin(),
        options.seed,
        options.lanes
    );
}

/// Says how one server did.
pub fn print_summary(judged: &Judged) {
    for line in summary(judged) {
        println!("{line}");
    }
    for (index, finding) in judged.summary.findings.iter().enumerate() {
        println!();
        for line in describe(judged, index, finding) {
            println!("{line}");
        }
    }
    println!();
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
    lines.push(format!("  traces       {} corpus{skipped}, {} generated", summary.corpus, summary.generated));
    lines.push(format!("  steps        {} in {seconds:.1} s, {rate:.0} steps/s", summary.steps));
    lines.push(format!("  clauses      {} of {} reached", summary.clauses.len(), Clause::ALL.len()));
    let missed: Vec<&str> =
        Clause::ALL.iter().filter(|clause| !summary.clauses.contains(**clause)).map(|clause| clause.id()).collect();
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

fn describe(judged: &Judged, index: usize, finding: &Finding) -> Vec<String> {
    let mut lines = vec![format!("{BAD}divergence {}{BAD:#}  {}", index + 1, fields(finding))];
    for (number, step) in finding.trace.steps.iter().enumerate() {
        let here = number == finding.step;
        let text = step.to_string();
        let shown: Vec<&str> = text.lines().filter(|line| !line.starts_with("    ")).collect();
        for line in shown {
            lines.push(match here {
                true => format!("  {STRONG}{line}{STRONG:#}"),
                false => format!("  {line}"),
            });
        }
    }
    let model = side_by_side::lines(finding.model.as_ref());
    let server = side_by_side::lines(finding.server.as_ref());
    lines.push(String::new());
    for row in side_by_side::columns("model (PostgreSQL should)", &model, "server", &server, 110) {
        lines.push(format!("  {row}"));
    }
    lines.push(String::new());
    lines.push(format!("  reproduce: {}", judged.reproduce(index)));
    lines
}

fn fields(finding: &Finding) -> String {
    let fields: Vec<&str> = finding.signature.fields.iter().map(|field| field.name()).collect();
    format!("in {} of {}", fields.join(", "), finding.sql().lines().next().unwrap_or_default())
}

/// The last word over all servers.
pub fn print_verdict(judged: &[Judged]) {
    let findings: usize = judged.iter().map(|one| one.summary.findings.len()).sum();
    let failed = judged.iter().any(|one| one.summary.infrastructure.is_some());
    match (findings, failed) {
        (0, false) => println!("{GOOD}conforms{GOOD:#}: 0 divergences"),
        (0, true) => println!("{BAD}undecided{BAD:#}: the run could not be finished"),
        (1, _) => println!("{BAD}diverges{BAD:#}: 1 divergence"),
        (count, _) => println!("{BAD}diverges{BAD:#}: {count} divergences"),
    }
}
