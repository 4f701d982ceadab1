//! Comparing replies with expectations.

use seqcheck::trace::{ExpectedOutcome, Observed, ObservedStep, Trace};
use seqcheck_engine::{Cell, Message, Reply, Rows, Severity, SqlState, StatementResult};

/// What the only step of a trace with these expectation lines is expected to answer.
fn expected(lines: &str) -> ExpectedOutcome {
    let trace = Trace::parse(&format!("S1: SELECT 1\n{lines}")).unwrap_or_else(|error| panic!("{error}"));
    trace.steps[0].expected_for(15).expect("an expectation for every major").clone()
}

/// The result of a SELECT with one column.
pub(crate) fn rows(values: &[&str]) -> StatementResult {
    let cells = values.iter().map(|value| Cell::from_text(value)).collect();
    let rows = Rows { columns: vec!["x".into()], cells, count: values.len(), ..Rows::default() };
    StatementResult { rows: Some(rows), tag: format!("SELECT {}", values.len()).into() }
}

/// The result of a statement without rows.
pub(crate) fn done(tag: &'static str) -> StatementResult {
    StatementResult { rows: None, tag: tag.into() }
}

pub(crate) fn results(results: impl Into<Vec<StatementResult>>) -> Reply {
    Reply { results: results.into(), ..Reply::default() }
}

pub(crate) fn message(severity: Severity, code: &str, text: &'static str) -> Message {
    let sqlstate = SqlState::parse(code).expect("an SQLSTATE");
    Message { severity, sqlstate, message: text.into(), detail: None, hint: None }
}

/// The difference between what is expected and a reply, empty when there is none.
fn difference(lines: &str, reply: Reply) -> String {
    let outcome = expected(lines).matches(&ObservedStep::reply(reply));
    outcome.err().map(|mismatch| mismatch.to_string()).unwrap_or_default()
}

#[test]
fn rows_are_compared_with_null_apart_from_text() {
    assert_eq!(difference("    1\n    2\n", results([rows(&["1", "2"])])), "");
    assert_eq!(difference("    1\n    2\n", results([rows(&["1", "3"])])), "  1\n- 2\n+ 3");
    assert_eq!(difference("    NULL\n", results([rows(&["NULL"])])), "- NULL\n+ \"NULL\"");
    assert_eq!(difference("    (no rows)\n", results([rows(&[])])), "");
    assert_eq!(difference("    1\n    2\n    9\n", results([rows(&["0", "1", "2", "8"])])), "+ 0\n  1\n  2\n- 9\n+ 8");
    assert_eq!(difference("    (no rows)\n", results([rows(&["0 1"])])), "- (no rows)\n+ 0 1");
}

#[test]
fn no_lines_mean_success_without_rows_and_notices() {
    assert_eq!(difference("", results([done("CREATE SEQUENCE")])), "");
    assert_eq!(difference("", results([done("BEGIN"), done("COMMIT")])), "");
    assert_eq!(difference("", results([])), "");
    assert_eq!(difference("", results([rows(&[])])), "- (success without rows and notices)\n+ (no rows)");
    let notice = message(Severity::Notice, "42P07", "skipping");
    let reply = Reply { notices: vec![notice], ..results([done("CREATE SEQUENCE")]) };
    assert_eq!(difference("", reply), "- (success without rows and notices)\n+ NOTICE 42P07: skipping");
}

#[test]
fn every_field_of_an_error_is_compared() {
    let error = Message { detail: Some("why".into()), ..message(Severity::Error, "42P01", "no") };
    let reply = Reply { error: Some(error), ..Reply::default() };
    assert_eq!(difference("    ERROR 42P01: no\n    DETAIL: why\n", reply.clone()), "");
    assert_eq!(difference("    ERROR 42P01: no\n", reply.clone()), "  ERROR 42P01: no\n+ DETAIL: why");
    assert_eq!(
        difference("    ERROR 42P02: no\n    DETAIL: why\n", reply.clone()),
        "- ERROR 42P02: no\n+ ERROR 42P01: no\n  DETAIL: why"
    );
    let after_statement = Reply { results: vec![done("BEGIN")], ..reply };
    assert_eq!(
        difference("    ERROR 42P01: no\n    DETAIL: why\n", after_statement),
        "+ ;\n  ERROR 42P01: no\n  DETAIL: why"
    );
}

#[test]
fn columns_and_tags_are_compared_where_they_are_written() {
    assert_eq!(difference("    columns: x\n    1\n    tag: SELECT 1\n", results([rows(&["1"])])), "");
    assert_eq!(difference("    columns: y\n    1\n", results([rows(&["1"])])), "- columns: y\n+ columns: x\n  1");
    assert_eq!(difference("    tag: BEGIN\n", results([done("COMMIT")])), "- tag: BEGIN\n+ tag: COMMIT");
    let both = results([rows(&["1"]), done("COMMIT")]);
    assert_eq!(difference("    1\n    ;\n    tag: COMMIT\n", both.clone()), "");
    assert_eq!(difference("    1\n", both), "  1\n+ ;");
}

#[test]
fn statements_are_counted_where_separators_are_written() {
    assert_eq!(difference("    ;\n", results([done("BEGIN"), done("COMMIT")])), "");
    let one = difference("    ;\n", results([done("BEGIN")]));
    assert_eq!(one, "- ;\n+ (success without rows and notices)");
    let three = difference("    ;\n", results([done("BEGIN"), done("COMMIT"), done("BEGIN")]));
    assert_eq!(three, "  ;\n+ ;");
}

#[test]
fn notices_are_compared_in_their_order() {
    let notices = ["a", "b"].map(|text| message(Severity::Notice, "00000", text)).to_vec();
    let reply = Reply { notices, ..results([rows(&["1"])]) };
    assert_eq!(difference("    1\n    NOTICE 00000: a\n    NOTICE 00000: b\n", reply.clone()), "");
    let swapped = difference("    NOTICE 00000: b\n    NOTICE 00000: a\n    1\n", reply);
    assert_eq!(swapped, "- NOTICE 00000: b\n  NOTICE 00000: a\n+ NOTICE 00000: b\n  1");
}

#[test]
fn waiting_and_resuming_are_compared() {
    let waits = ObservedStep { progress: Observed::Waits, resumed: Vec::new() };
    assert_eq!(expected("    waits\n").matches(&waits), Ok(()));
    assert_eq!(expected("    (anything)\n").matches(&waits), Ok(()));
    let mismatch = expected("    1\n").matches(&waits).expect_err("a reply was expected");
    assert_eq!(mismatch.to_string(), "- 1\n+ waits");

    let commit = ObservedStep {
        progress: Observed::Reply(results([done("COMMIT")])),
        resumed: vec![("S2".into(), results([rows(&["71"])])), ("S3".into(), results([rows(&["72"])]))],
    };
    let all = "    S2 resumes\n        71\n    S3 resumes\n        (anything)\n";
    assert_eq!(expected(all).matches(&commit), Ok(()));
    assert_eq!(expected("    (anything)\n").matches(&commit), Ok(()));
    let mismatch = expected("    S2 resumes\n        71\n").matches(&commit).expect_err("S3 resumes too");
    assert_eq!(
        mismatch.to_string(),
        "  (success without rows and notices)\n  S2 resumes\n      71\n+ S3 resumes\n+     72"
    );
    let mismatch = expected("").matches(&ObservedStep { progress: Observed::Waits, resumed: Vec::new() });
    assert_eq!(mismatch.expect_err("no wait was expected").actual, ["waits"]);
}
