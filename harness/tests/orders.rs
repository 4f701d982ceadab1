//! Sessions that one step wakes go on in an order that nobody decides: whatever comes of one of the orders is right, and
//! nothing else.

#[expect(dead_code, reason = "other tests need the rest")]
mod scripted;

use scripted::{Cue, Server, replies, value, waits};
use seqcheck::lockstep::{self, EveryOrder, Options, Run, Step, Verdict};
use seqcheck_engine::{Cell, Cluster, Major, Reply, Rows, Settings, StatementResult};

/// Replies with these tags, and no rows.
fn tags(tags: &[&'static str]) -> Reply {
    let results = tags.iter().map(|tag| StatementResult { rows: None, tag: (*tag).into() }).collect();
    Reply { results, ..Reply::default() }
}

fn does(done: &[&'static str]) -> Cue {
    Cue { reply: Some(tags(done)), ..Cue::default() }
}

/// Runs two queries that wait while a third session restarts the sequence at 10, and then a last one of that session.
/// `woken` is what the server gives to the two, `last` what it gives in the end.
fn run(queries: [&str; 2], woken: [Reply; 2], last: i64) -> Run {
    let step = |session: usize, sql: &str| Step { session, action: seqcheck::prepare::query(sql, &[]) };
    let steps = [
        step(0, "CREATE SEQUENCE s"),
        step(0, "BEGIN; ALTER SEQUENCE s RESTART 10"),
        step(1, queries[0]),
        step(2, queries[1]),
        step(0, "COMMIT"),
        step(0, "SELECT nextval('s')"),
    ];
    let [first, second] = woken;
    let commit = Cue { wakes: vec![(1, first), (2, second)], ..does(&["COMMIT"]) };
    let script =
        [does(&["CREATE SEQUENCE"]), does(&["BEGIN", "ALTER SEQUENCE"]), waits(), waits(), commit, replies(last)];
    let mut engine = EveryOrder::of(Cluster::new(Settings::new(Major::NEWEST)));
    lockstep::run(&steps, &mut engine, &mut Server::new(script), &Options::default())
}

/// Whether every step was judged, and found right.
fn conforms(run: &Run) -> bool {
    let all_agree = run.steps.iter().all(|record| record.verdict == Verdict::Agrees);
    assert_eq!((run.infrastructure.as_ref(), all_agree), (None, run.divergences.is_empty()), "{:?}", run.steps);
    all_agree
}

#[test]
fn either_may_be_the_first() {
    let queries = ["SELECT nextval('s')", "SELECT nextval('s')"];
    assert!(conforms(&run(queries, [value(10), value(11)], 12)));
    assert!(conforms(&run(queries, [value(11), value(10)], 12)));
    assert!(!conforms(&run(queries, [value(10), value(10)], 11)));
    assert!(!conforms(&run(queries, [value(10), value(11)], 11)));
}

#[test]
fn what_does_not_show_at_once_may_show_later() {
    let setval = |value: i64| {
        let rows = Rows {
            columns: vec!["setval".into()],
            cells: vec![Cell::Integer(value)],
            count: 1,
            types: vec![20],
            ..Rows::default()
        };
        Reply { results: vec![StatementResult { rows: Some(rows), tag: "SELECT 1".into() }], ..Reply::default() }
    };
    let queries = ["SELECT setval('s', 50)", "SELECT setval('s', 90)"];
    assert!(conforms(&run(queries, [setval(50), setval(90)], 51)));
    assert!(conforms(&run(queries, [setval(50), setval(90)], 91)));
    assert!(!conforms(&run(queries, [setval(50), setval(90)], 92)));
    assert!(!conforms(&run(queries, [setval(90), setval(50)], 91)));
}

#[test]
fn what_does_more_than_one_thing_is_not_followed() {
    let queries = ["SELECT nextval('s')", "SELECT nextval('s'), nextval('s')"];
    let run = run(queries, [value(10), value(11)], 12);
    assert!(matches!(run.steps[4].verdict, Verdict::Unsupported(_)), "{:?}", run.steps[4].verdict);
}
