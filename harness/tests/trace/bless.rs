//! Rewriting expectations from what servers answered.

use seqcheck::trace::{BlessError, Observed, ObservedStep, Trace};
use seqcheck_engine::{Reply, Severity};

use crate::matching::{done, message, results, rows};

fn parse(text: &str) -> Trace {
    Trace::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

/// A step that gave one row with one value.
fn value(value: &str) -> ObservedStep {
    ObservedStep::reply(results([rows(&[value])]))
}

fn not_run() -> ObservedStep {
    ObservedStep { progress: Observed::NotRun, resumed: Vec::new() }
}

/// The file after blessing with observations of its only step, and how many steps changed.
fn bless_all(text: &str, observed: &[(u8, ObservedStep)]) -> (String, usize) {
    let mut trace = parse(text);
    let observed: Vec<_> = observed.iter().map(|(major, observed)| (*major, vec![observed.clone()])).collect();
    let changed = trace.bless_all(&observed).expect("one observation for the step");
    (trace.to_string(), changed)
}

#[test]
fn only_what_differs_is_rewritten() {
    let text = "# header\n\n# comment\nS1: SELECT 1\n    columns: x\n    1\nS1: SELECT 2\n    columns: x\n    0\n    tag: SELECT 1\nS1: CREATE SEQUENCE s\n    (anything)\n\nS1: BEGIN\n";
    let mut trace = parse(text);
    let observed =
        [value("1"), value("2"), ObservedStep::reply(Reply::default()), ObservedStep::reply(results([done("BEGIN")]))];
    assert_eq!(trace.bless(15, &observed), Ok(1));
    assert_eq!(trace.to_string(), text.replace("    0\n", "    2\n"));
}

#[test]
fn expectations_are_found_from_nothing() {
    let mut trace = parse("S1: SELECT 1\nS2: SELECT 2\nS1: COMMIT\nS1: SELECT x");
    let error = message(Severity::Error, "42703", "column \"x\" does not exist");
    let observed = [
        value("1"),
        ObservedStep { progress: Observed::Waits, resumed: Vec::new() },
        ObservedStep {
            progress: Observed::Reply(results([done("COMMIT")])),
            resumed: vec![("S2".into(), results([rows(&["2"])]))],
        },
        ObservedStep::reply(Reply { error: Some(error), ..Reply::default() }),
    ];
    assert_eq!(trace.bless(15, &observed), Ok(4));
    let blessed = "S1: SELECT 1\n    1\nS2: SELECT 2\n    waits\nS1: COMMIT\n    S2 resumes\n        2\nS1: SELECT x\n    ERROR 42703: column \"x\" does not exist\n";
    assert_eq!(trace.to_string(), blessed);
}

#[test]
fn a_guarded_expectation_is_rewritten_alone_or_added() {
    let text = "S1: SELECT 1\n    @postgres <= 15\n    1\n    @postgres = 16\n    2\n";
    let mut trace = parse(text);
    assert_eq!(trace.bless(16, &[value("2")]), Ok(0));
    assert_eq!(trace.bless(16, &[value("3")]), Ok(1));
    assert_eq!(trace.bless(17, &[value("4")]), Ok(1));
    assert_eq!(trace.bless(13, &[not_run()]), Ok(0));
    assert_eq!(
        trace.to_string(),
        "S1: SELECT 1\n    @postgres <= 15\n    1\n    @postgres = 16\n    3\n    @postgres = 17\n    4\n"
    );
}

#[test]
fn observations_must_be_of_the_same_trace() {
    let mut trace = parse("S1: SELECT 1\n");
    let error = Err(BlessError { steps: 1, observed: 2 });
    assert_eq!(trace.bless(15, &[value("1"), value("2")]), error);
    assert_eq!(trace.bless_all(&[(15, vec![value("1")]), (16, vec![value("1"), value("2")])]), error);
    assert_eq!(trace, parse("S1: SELECT 1\n"));
}

#[test]
fn majors_that_agree_become_one_range() {
    let seen = [(18, value("b")), (15, value("a")), (14, value("a")), (16, value("b"))];
    let (text, changed) = bless_all("S1: SELECT 1\n", &seen);
    assert_eq!(text, "S1: SELECT 1\n    @postgres <= 15\n    a\n    @postgres >= 16\n    b\n");
    assert_eq!(changed, 1);
    assert_eq!(bless_all(&text, &seen), (text.clone(), 0));

    let agreed = [(15, value("c")), (16, value("c"))];
    assert_eq!(bless_all("S1: SELECT 1\n", &agreed).0, "S1: SELECT 1\n    c\n");
}

#[test]
fn ranges_in_the_middle_have_both_ends() {
    let seen = [(13, "a"), (14, "b"), (15, "b"), (16, "c"), (17, "a")].map(|(major, text)| (major, value(text)));
    assert_eq!(
        bless_all("S1: SELECT 1\n", &seen).0,
        "S1: SELECT 1\n    @postgres <= 13\n    a\n    @postgres >= 14 and <= 15\n    b\n    @postgres = 16\n    c\n    @postgres >= 17\n    a\n"
    );
}

#[test]
fn what_was_not_observed_is_kept_or_left_open() {
    let guarded = "S1: SELECT 1\n    @postgres <= 14\n    old\n    @postgres >= 15\n    x\n";
    assert_eq!(bless_all(guarded, &[(15, value("a")), (16, value("a"))]).0, guarded.replace("    x\n", "    a\n"));

    let apart = [(15, value("a")), (18, value("b"))];
    let (text, _) = bless_all("S1: SELECT 1\n    x\n", &apart);
    assert_eq!(text, "S1: SELECT 1\n    @postgres <= 15\n    a\n    @postgres >= 18\n    b\n");
    assert!(parse(&text).steps[0].expected_for(16).is_none());

    let some_run = [(13, not_run()), (15, value("a")), (16, value("a"))];
    let (text, _) = bless_all("@postgres >= 15\nS1: SELECT 1\n    x\n", &some_run);
    assert_eq!(text, "@postgres >= 15\nS1: SELECT 1\n    a\n");
}
