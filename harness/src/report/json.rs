//! Results as JSON, for programs.

use seqcheck_engine::{Cell, Clause, Message, Reply, StatementResult};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Conclusion, Judged};
use crate::campaign::Summary;
use crate::lockstep::Observed;

/// The result of `seqcheck check`: an object with one entry for each server.
pub fn check(judged: &[Judged]) -> String {
    let servers: Vec<Value> = judged.iter().map(server).collect();
    let divergences: usize = judged.iter().map(|one| one.summary.findings.len()).sum();
    let conclusion = Conclusion::over(judged);
    pretty(&json!({ "conforms": conclusion == Conclusion::Conforms, "conclusion": conclusion.word(),
                    "divergences": divergences, "servers": servers }))
}

fn server(judged: &Judged) -> Value {
    let summary = &judged.summary;
    let clauses: Vec<Value> = judged
        .clauses()
        .map(|clause| {
            let source = clause.source_in(judged.dialect).unwrap_or(clause.source());
            json!({ "id": clause.id(), "state": clause_state(summary, clause),
                    "requirement": clause.requirement(), "source": source.to_string() })
        })
        .collect();
    let findings: Vec<Value> = summary
        .findings
        .iter()
        .enumerate()
        .map(|(index, finding)| {
            let differences: Vec<Value> = finding
                .differences
                .iter()
                .map(|difference| {
                    json!({ "field": difference.field.name(), "expected": difference.expected,
                            "actual": difference.actual })
                })
                .collect();
            json!({ "sql": finding.sql(), "summary": finding.sentence(), "line": finding.line(), "differences": differences,
                    "model": finding.model.as_ref().map(observed), "server": finding.server.as_ref().map(observed),
                    "trace": finding.trace.to_string(), "file": judged.file(index),
                    "reproduce": judged.reproduce(index) })
        })
        .collect();
    let unsupported: Vec<Value> =
        summary.unsupported.iter().map(|(reason, count)| json!({ "reason": reason, "steps": count })).collect();
    json!({
        "version": judged.version,
        "dialect": judged.dialect.name(),
        "basis": judged.basis().unwrap_or("documented and observed"),
        "conclusion": judged.conclusion().word(),
        "origin": judged.origin,
        "seed": judged.seed,
        "corpus_traces": summary.corpus,
        "corpus_traces_for_other_versions": summary.not_applicable,
        "generated_traces": summary.generated,
        "generated_traces_with_crashes": summary.crashing,
        "steps": summary.steps,
        "waiting": {
            "steps": summary.waits.steps,
            "traces": summary.waits.traces,
            "steps_of_these_traces": summary.waits.of_steps,
            "deadlocks": summary.waits.deadlocks,
        },
        "seconds": summary.elapsed.as_secs_f64(),
        "clauses": clauses,
        "unsupported": unsupported,
        "findings": findings,
        "repeated_divergences": summary.repeated,
        "infrastructure": summary.infrastructure,
    })
}

/// How a server stands to a clause: `agrees`, `differs` or `not reached`.
pub fn clause_state(summary: &Summary, clause: Clause) -> &'static str {
    if summary.differing.contains(clause) {
        "differs"
    } else if summary.clauses.contains(clause) {
        "agrees"
    } else {
        "not reached"
    }
}

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// What one side did in a step: an object whose absent keys are left out.
pub fn observed(observed: &Observed) -> Value {
    let mut object = match &observed.reply {
        Some(reply) => reply_object(reply),
        None => Map::new(),
    };
    if observed.waits {
        object.insert("waits".to_owned(), Value::Bool(true));
    }
    if let Some(failed) = &observed.failed {
        object.insert("failed".to_owned(), failed.as_str().into());
    }
    if let Some(later) = &observed.later {
        object.insert("later".to_owned(), Value::Object(reply_object(later)));
    }
    Value::Object(object)
}

/// A reply. One result stands in the object itself; several stand in a list under `results`.
fn reply_object(reply: &Reply) -> Map<String, Value> {
    let mut object = match reply.results.as_slice() {
        [] => Map::new(),
        [result] => result_object(result),
        results => {
            let results = results.iter().map(|result| Value::Object(result_object(result))).collect();
            Map::from_iter([("results".to_owned(), Value::Array(results))])
        }
    };
    if !reply.notices.is_empty() {
        let notices = reply.notices.iter().map(|notice| Value::Object(message_object(notice, true))).collect();
        object.insert("notices".to_owned(), Value::Array(notices));
    }
    if let Some(error) = &reply.error {
        object.insert("error".to_owned(), Value::Object(message_object(error, false)));
    }
    object
}

fn result_object(result: &StatementResult) -> Map<String, Value> {
    let mut object = Map::new();
    if let Some(rows) = &result.rows {
        let cell = |cell: &Cell| cell.text().map_or(Value::Null, |text| Value::String(text.into_owned()));
        let table = rows.iter().map(|row| Value::Array(row.iter().map(cell).collect())).collect();
        object.insert("rows".to_owned(), Value::Array(table));
        let columns = rows.columns.iter().map(|column| Value::String(column.to_string())).collect();
        object.insert("columns".to_owned(), Value::Array(columns));
        if !rows.types.is_empty() {
            object.insert("types".to_owned(), Value::from(rows.types.clone()));
        }
    }
    object.insert("tag".to_owned(), Value::String(result.tag.to_string()));
    object
}

fn message_object(message: &Message, with_severity: bool) -> Map<String, Value> {
    let mut object = Map::new();
    if with_severity {
        object.insert("severity".to_owned(), message.severity.word().into());
    }
    object.insert("sqlstate".to_owned(), message.sqlstate.code().into());
    object.insert("message".to_owned(), message.message.as_ref().into());
    if let Some(detail) = &message.detail {
        object.insert("detail".to_owned(), detail.as_str().into());
    }
    if let Some(hint) = &message.hint {
        object.insert("hint".to_owned(), hint.as_ref().into());
    }
    object
}
