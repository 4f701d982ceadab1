//! Isolation test specs become traces.

use seqcheck::isolation::Spec;
use seqcheck::lockstep::predict;
use seqcheck::prepare::Prepared;
use seqcheck::trace::Action;
use seqcheck_engine::{Cluster, Major};

const ALTERED: &str = include_str!("data/isolation/altered.spec");
const FREE: &str = include_str!("data/isolation/free.spec");

fn spec(text: &str) -> Spec {
    Spec::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_permutation_is_a_trace_with_setup_and_teardown() {
    let scheduled = spec(ALTERED).schedule(10);
    assert_eq!(scheduled.len(), 2);
    assert_eq!(scheduled[0].names, ["alter", "draw", "commit", "draw more"]);
    let steps: Vec<String> = scheduled[0]
        .steps
        .iter()
        .map(|step| match &step.action {
            Action::Query { sql, .. } => format!("{} {}: {sql}", step.line, step.session),
            other => panic!("{other:?}"),
        })
        .collect();
    insta::assert_snapshot!(steps.join("\n"), @r#"
    5 control: CREATE SEQUENCE "drawn" CACHE 2;
    7 control: SELECT nextval('drawn');
    12 S1: BEGIN;
    13 S1: ALTER SEQUENCE drawn INCREMENT 10;
    17 s2: SELECT nextval('drawn');
    14 S1: COMMIT;
    18 s2: SELECT nextval('drawn');
    19 s2: SELECT currval('drawn');
    9 control: DROP SEQUENCE drawn;
    "#);
}

#[test]
fn its_steps_wait_as_they_would_in_a_trace() {
    let scheduled = spec(ALTERED).schedule(10);
    let prepared = Prepared::from_trace(&scheduled[0].steps);
    let run = predict(&prepared.steps, &mut Cluster::new(seqcheck::sql::settings(Major::NEWEST)));
    let waiting: Vec<usize> = run
        .steps
        .iter()
        .enumerate()
        .filter_map(|(index, record)| record.model.as_ref()?.waits.then_some(index))
        .collect();
    assert_eq!(waiting, [4]);
    assert_eq!(run.woken, [(5, 4)]);
}

#[test]
fn without_permutations_every_interleaving_runs() {
    let spec = spec(FREE);
    let orders: Vec<String> = spec.schedule(100).iter().map(|one| one.names.join(" ")).collect();
    assert_eq!(orders, ["a1 a2 b1", "a1 b1 a2", "b1 a1 a2"]);
    assert_eq!(spec.schedules(), 3);
    assert_eq!(spec.schedule(2).len(), 2);
}

#[test]
fn a_spec_that_is_not_well_formed_is_told_where() {
    let cases = [
        ("", "1:1: found the end of the file, expected setup, teardown or session"),
        ("setup { SELECT 1", "1:7: found \"{\" without end, expected \"}\" after the SQL"),
        ("session s", "1:10: found the end of the file, expected step"),
        ("session s step a SELECT 1", "1:18: found \"SELECT\", expected a block of SQL in braces"),
        ("session s step a { } step a { }", "1:27: found \"a\", expected a name that no other step has"),
        (
            "session s\nstep a { }\npermutation a b",
            "3:15: found \"b\", expected the name of a step of one of the sessions",
        ),
        (
            "session s\nstep a { }\npermutation a(b)",
            "3:15: found \"b\", expected the name of a step of one of the sessions",
        ),
        ("session s\nstep a { }\npermutation a(a notices)", "3:24: found \")\", expected the number of notices"),
        ("session s\nstep a { }\nsession", "3:8: found the end of the file, expected the session's name"),
        ("session s\nstep a { }\n  step \"b { }", "3:8: found a quote without end, expected \" after the name"),
        ("session s\nstep a { }\nteardown { }\n;", "4:1: found \";\", expected a word of a spec"),
        ("teardown { }\nsetup { }", "2:1: found \"setup\", expected session"),
    ];
    for (text, expected) in cases {
        let error = Spec::parse(text).expect_err(text).in_file("x.spec").to_string();
        assert_eq!(error.lines().next(), Some(format!("x.spec:{expected}").as_str()));
    }
}
