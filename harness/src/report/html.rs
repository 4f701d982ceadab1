//! The result of a check as one page for a browser, with nothing to load from elsewhere.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use seqcheck_engine::Clause;

use super::json::clause_state;
use super::{Conclusion, Judged, side_by_side};
use crate::finding::Finding;
use crate::lockstep::Observed;

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #cf222e; --faint: #777; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid var(--line); }
pre { background: #8881; padding: .6rem; overflow-x: auto; margin: .3rem 0; }
mark { background: #f5c2c766; color: inherit; }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; }
.conforms, .agrees { color: var(--good); } .diverges, .differs, .undecided, .nothing { color: var(--bad); }
.not, .faint { color: var(--faint); } section { margin-top: 2.5rem; }
@media (max-width: 45rem) { .sides { grid-template-columns: 1fr; } }
";

/// The page for `seqcheck check`.
pub fn check(judged: &[Judged]) -> String {
    let conclusion = Conclusion::over(judged);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "seqcheck: " (conclusion.word()) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "seqcheck: " span class=(conclusion.word()) { (conclusion.word()) } }
                (servers(judged))
                @for one in judged {
                    @for (index, finding) in one.summary.findings.iter().enumerate() {
                        (divergence(one, index, finding))
                    }
                }
                (clauses(judged))
            }
        }
    };
    page.into_string()
}

fn servers(judged: &[Judged]) -> Markup {
    html! {
        table {
            tr {
                th { "Server" } th { "Conclusion" } th { "Traces" } th { "Steps compared" } th { "Unsupported" }
                th { "Divergences" } th { "Seed" } th { "Time" }
            }
            @for one in judged {
                @let summary = &one.summary;
                tr {
                    td {
                        (one.name()) br; span.faint { (one.origin) }
                        @if let Some(basis) = one.basis() { br; span.faint { (basis) } }
                    }
                    td {
                        span class=(one.conclusion().word()) { (one.conclusion().word()) }
                        @if let Some(reason) = &summary.infrastructure { br; (reason) }
                    }
                    td { (summary.corpus) " corpus, " (summary.generated) " generated, "
                         (summary.crashing) " with crashes" }
                    td { (summary.steps) }
                    td {
                        (summary.unsupported.iter().map(|(_, count)| count).sum::<u64>())
                        @for (reason, count) in &summary.unsupported { br; span.faint { (count) " × " (reason) } }
                    }
                    td { (summary.findings.len()) @if summary.repeated > 0 { ", met " (summary.repeated) " times more" } }
                    td { (one.seed) }
                    td { (format!("{:.1} s", summary.elapsed.as_secs_f64())) }
                }
            }
        }
    }
}

fn divergence(judged: &Judged, index: usize, finding: &Finding) -> Markup {
    let model = side_by_side::lines(finding.model.as_ref());
    let server = side_by_side::lines(finding.server.as_ref());
    html! {
        section {
            h2 { (judged.name()) ", divergence " (index + 1) }
            p { b { (finding.sentence()) } }
            pre {
                @for (number, step) in finding.trace.steps.iter().enumerate() {
                    @let text = step.to_string();
                    @let text = text.trim_end();
                    @if number == finding.step { mark { (text) } } @else { (text) }
                    "\n"
                }
            }
            div.sides {
                (side(&format!("Model: {} should", judged.dialect.product()), finding.model.as_ref(), &server))
                (side("Server", finding.server.as_ref(), &model))
            }
            p { "Reproduce: " code { (judged.reproduce(index)) } }
        }
    }
}

fn side(title: &str, observed: Option<&Observed>, others: &[String]) -> Markup {
    html! {
        div {
            b { (title) }
            pre {
                @for line in side_by_side::lines(observed) {
                    @if others.contains(&line) { (line) } @else { mark { (line) } }
                    "\n"
                }
            }
        }
    }
}

fn clauses(judged: &[Judged]) -> Markup {
    // One command judges by one dialect.
    let dialect = judged.first().map(|one| one.dialect).unwrap_or_default();
    html! {
        section {
            h2 { "Clauses" @if let Some(basis) = judged.first().and_then(Judged::basis) { ", " (basis) } }
            table {
                tr {
                    th { "Requirement" } th { "Source" }
                    @for one in judged { th { (one.version.split(' ').next().unwrap_or_default()) } }
                }
                @for clause in Clause::of(dialect) {
                    @let source = clause.source_in(dialect).unwrap_or(clause.source());
                    tr {
                        td { (clause.requirement()) br; code.faint { (clause.id()) } }
                        td { (source.to_string()) }
                        @for one in judged {
                            @let state = clause_state(&one.summary, clause);
                            td class=(state) { (state) }
                        }
                    }
                }
            }
        }
    }
}
