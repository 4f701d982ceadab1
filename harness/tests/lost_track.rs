//! What happens when the engine finds, as it wakes a session, that it cannot follow: nothing from there on is judged. And
//! where it finds so: servers were seen to go either way.

#[expect(dead_code, reason = "other tests need the rest")]
mod scripted;

use scripted::{Cue, Engine, Server, query, replies, waits};
use seqcheck::implementation::model::Model;
use seqcheck::lockstep::{self, Action, Options, Run, Step, Verdict};
use seqcheck::prepare::Prepared;
use seqcheck::trace::Trace;
use seqcheck_engine::{Cluster, Major, Settings, Statement};

const WHY: &str = "what it woke";

/// A step that wakes another one, which the engine cannot run to its end.
fn loses(number: i64) -> Cue {
    Cue { lost: Some(WHY), ..replies(number) }
}

fn disconnect(session: usize) -> Step {
    Step { session, action: Action::Disconnect }
}

fn connect(session: usize) -> Step {
    Step { session, action: Action::Connect { role: None } }
}

/// Holds a run to steps that agree, then one that cannot be judged, and all after it that cannot either.
fn is_lost_after(agreeing: usize, run: &Run, steps: usize) {
    assert_eq!((run.infrastructure.as_ref(), run.divergences.len(), run.steps.len()), (None, 0, steps));
    for (index, record) in run.steps.iter().enumerate() {
        let expected = match index {
            _ if index < agreeing => Verdict::Agrees,
            _ if index == agreeing => Verdict::Unsupported(WHY.into()),
            _ => Verdict::Unsupported(format!("the model has lost track: {WHY}")),
        };
        assert_eq!(record.verdict, expected, "step {index}");
    }
}

fn engine(script: Vec<Cue>) -> Engine {
    let mut engine = Engine::new(script);
    engine.lost_on_disconnect = Some(WHY);
    engine
}

#[test]
fn a_query_ends_what_can_be_judged() {
    let steps = [query(0, "a"), query(1, "b"), query(0, "c"), query(2, "d"), disconnect(2)];
    let script = vec![replies(1), waits(), loses(3), replies(4)];
    let mut server = Server::new([replies(1), waits()]);
    is_lost_after(
        2,
        &lockstep::run(&steps, &mut Engine::new(script.clone()), &mut server, &Options::default()),
        steps.len(),
    );
    is_lost_after(2, &lockstep::predict(&steps, &mut Engine::new(script)), steps.len());
}

#[test]
fn a_session_that_goes_ends_what_can_be_judged() {
    // A session that connects again goes first.
    for last in [disconnect(0), connect(0)] {
        let steps = [query(0, "a"), query(1, "b"), last, query(2, "c")];
        let script = vec![replies(1), waits(), replies(3)];
        let mut server = Server::new([replies(1), waits(), replies(3)]);
        let run = lockstep::run(&steps, &mut engine(script.clone()), &mut server, &Options::default());
        is_lost_after(2, &run, steps.len());
        assert!(!server.log.iter().any(|entry| entry.starts_with("send 2")), "{:?}", server.log);
        is_lost_after(2, &lockstep::predict(&steps, &mut engine(script)), steps.len());
    }
}

#[test]
fn a_model_that_is_judged_says_so() {
    for last in [query(0, "c"), disconnect(0)] {
        let steps = [query(0, "a"), query(1, "b"), last];
        let make = || engine(vec![replies(1), waits(), loses(3)]);
        let mut model = Model::new("other", make, |_| Ok(vec![Statement::Show("x".into())]));
        let mut reference = Engine::new([replies(1), waits(), replies(3)]);
        let run = lockstep::run(&steps, &mut reference, &mut model, &Options::default());
        assert_eq!((run.infrastructure, run.divergences.len()), (None, 0));
        let expected = Verdict::Unsupported(format!("other is not able to run {WHY}"));
        assert_eq!(run.steps.last().map(|record| &record.verdict), Some(&expected));
    }
}

#[test]
fn sessions_that_go_on_side_by_side_end_what_can_be_predicted() {
    let step = |session: usize, sql: &str| Step { session, action: seqcheck::prepare::query(sql, &[]) };
    let waiting_for_alter = |second: &str| {
        let mut cluster = Cluster::new(Settings::new(Major::NEWEST));
        let steps = [
            step(0, "CREATE SEQUENCE s"),
            step(0, "BEGIN; ALTER SEQUENCE s RESTART 10"),
            step(1, "SELECT nextval('s')"),
            step(2, second),
            step(0, "COMMIT"),
        ];
        let run = lockstep::predict(&steps, &mut cluster);
        assert_eq!(run.steps[3].verdict, Verdict::Agrees);
        run.steps[4].verdict.clone()
    };
    // Which of the two gets 10 is the operating system's choice.
    assert!(matches!(waiting_for_alter("SELECT nextval('s')"), Verdict::Unsupported(_)));
    assert_eq!(waiting_for_alter("SELECT 1"), Verdict::Agrees);
}

/// Holds a trace to steps that the model follows, all but the last.
fn is_lost_at_the_end(trace: &str, reason: &str) {
    let trace = Trace::parse(trace).unwrap();
    let steps = Prepared::from_trace(&trace.steps).steps;
    let run = lockstep::predict(&steps, &mut Cluster::new(Settings::new(Major::NEWEST)));
    for (index, record) in run.steps.iter().enumerate() {
        match (&record.verdict, index + 1 == steps.len()) {
            (Verdict::Unsupported(why), true) => assert!(why.contains(reason), "{why}"),
            (verdict, is_last) => assert_eq!((verdict, is_last), (&Verdict::Agrees, false), "step {index}"),
        }
    }
}

#[test]
fn temporary_relations_go_after_the_locks() {
    is_lost_at_the_end(
        r"
S1: CREATE SEQUENCE s
S1: CREATE TEMPORARY TABLE items (id integer DEFAULT nextval('s'))
S1: BEGIN
S1: SELECT nextval('s')
S2: DROP SEQUENCE s
S1: \connect
",
        "another one's temporary relations",
    );
}

#[test]
fn a_query_goes_on_beside_those_that_it_has_woken() {
    for ending in ["ROLLBACK", "ROLLBACK AND CHAIN", "ROLLBACK TO SAVEPOINT p"] {
        is_lost_at_the_end(
            &format!(
                "
S2: BEGIN
S2: SAVEPOINT p
S2: CREATE SEQUENCE s
S1: CREATE SEQUENCE s CACHE 5
S2: {ending}; SELECT * FROM pg_sequences
"
            ),
            "sessions that an earlier one of the same query has let go on",
        );
    }
}

#[test]
fn rows_that_two_transactions_want_are_not_followed() {
    let tables = "
S1: CREATE TABLE p (id integer PRIMARY KEY)
S1: CREATE TABLE c (p integer REFERENCES p)
S1: INSERT INTO p VALUES (1)
S1: BEGIN
";
    for (first, second) in [
        ("SELECT * FROM p FOR UPDATE", "UPDATE p SET id = 2"),
        ("SELECT * FROM p FOR SHARE", "SELECT * FROM p FOR UPDATE"),
        ("UPDATE p SET id = 2", "SELECT * FROM p FOR UPDATE"),
        ("INSERT INTO c VALUES (1)", "SELECT * FROM p FOR UPDATE"),
        ("SELECT * FROM p FOR UPDATE", "INSERT INTO c VALUES (1)"),
    ] {
        is_lost_at_the_end(&format!("{tables}S1: {first}\nS2: {second}\n"), "another open transaction");
    }
}

#[test]
fn a_view_that_locks_rows_is_not_followed() {
    for query in [
        "SELECT * FROM t FOR UPDATE",
        "SELECT * FROM (SELECT * FROM t FOR UPDATE) x",
        "WITH w AS (SELECT * FROM t FOR SHARE) SELECT * FROM w",
    ] {
        is_lost_at_the_end(
            &format!("S1: CREATE TABLE t (id integer)\nS1: CREATE VIEW v AS {query}\n"),
            "a view that locks rows",
        );
    }
}

#[test]
fn what_a_waiting_statement_has_stored_is_not_followed() {
    let tables = "
S1: CREATE TABLE t (id integer PRIMARY KEY, n integer UNIQUE)
S1: INSERT INTO t VALUES (5, 5)
S1: BEGIN
S1: INSERT INTO t VALUES (1, 1)
";
    for (waiting, next, reason) in [
        ("INSERT INTO t VALUES (2, 2), (1, 3)", "INSERT INTO t VALUES (4, 2)", "a key that a waiting statement"),
        ("INSERT INTO t VALUES (2, 1)", "INSERT INTO t VALUES (2, 4)", "a key that a waiting statement"),
        ("UPDATE t SET n = 1", "INSERT INTO t VALUES (6, 5)", "a key that a waiting statement"),
        ("UPDATE t SET n = 1", "DELETE FROM t", "rows of a table that a waiting statement"),
    ] {
        is_lost_at_the_end(&format!("{tables}S2: {waiting}\nS3: {next}\n"), reason);
    }
}

#[test]
fn two_that_want_one_key_are_followed_while_it_is_taken() {
    let trace = "
S1: CREATE TABLE t (id integer PRIMARY KEY)
S1: BEGIN
S1: INSERT INTO t VALUES (1)
S2: INSERT INTO t VALUES (1)
S3: INSERT INTO t VALUES (1)
S1: ROLLBACK
";
    // Which of them gets it is the operating system's choice.
    is_lost_at_the_end(trace, "sessions that go on at the same time");
}

#[test]
fn what_caches_and_plans_decide_is_not_followed() {
    for (trace, reason) in [
        (
            "
S1: CREATE SEQUENCE s
S2: SELECT nextval('s')
S2: BEGIN
S1: ALTER SEQUENCE s CACHE 2
S2: SELECT pg_sequence_parameters('s'::regclass)
",
            "what others have changed since the transaction began",
        ),
        (
            "
S1: CREATE SEQUENCE s
S1: BEGIN ISOLATION LEVEL SERIALIZABLE
S1: SELECT 1
S2: ALTER SEQUENCE s CYCLE
S1: ALTER SEQUENCE s CACHE 1
S1: SELECT * FROM pg_sequences
",
            "the transaction's own change",
        ),
        (
            "
S1: CREATE TABLE t (a bigint)
S1: CREATE SEQUENCE s
S1: DELETE FROM t WHERE a IN (SELECT 1 FROM s)
",
            "a condition on a sequence",
        ),
        (
            "
S1: CREATE TABLE t (a bigint)
S1: CREATE TEMPORARY VIEW v AS SELECT a FROM t
S2: ALTER TABLE t ALTER a TYPE integer
",
            "another session's temporary relation",
        ),
        (
            "
S1: CREATE TABLE t (id integer PRIMARY KEY)
S1: INSERT INTO t VALUES (3), (1)
S1: SELECT id FROM t WHERE id BETWEEN 1 AND 9 LIMIT 1
",
            "whose order PostgreSQL leaves open",
        ),
        (
            "
S1: CREATE TABLE t (a integer UNIQUE)
S1: INSERT INTO t SELECT 1994 - s FROM generate_series(1, 997) AS s
S1: CREATE SEQUENCE s
S1: SELECT nextval('s'), a FROM t WHERE a < 1005
",
            "whose order PostgreSQL leaves open",
        ),
        (
            "
S1: CREATE TABLE t (a serial, b integer)
S1: INSERT INTO t SELECT FROM generate_series(1, 162)
S1: UPDATE t SET b = 1
S1: UPDATE t SET b = 1
S1: SELECT a FROM t LIMIT 1
",
            "whose order PostgreSQL leaves open",
        ),
        (
            "
S1: CREATE SEQUENCE s
S1: CREATE TABLE t (a serial PRIMARY KEY)
S1: INSERT INTO t VALUES (1)
S2: BEGIN
S2: ALTER SEQUENCE s NO CYCLE
S1: INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = nextval('s')
",
            "the row of ON CONFLICT DO UPDATE locked",
        ),
    ] {
        is_lost_at_the_end(trace, reason);
    }
}

/// What PL/pgSQL does beside the statements of a block: it fetches rows as its loops need them, keeps plans, stops queries.
#[test]
fn blocks() {
    for (trace, reason) in [
        (
            "
S1: CREATE SEQUENCE s
S2: BEGIN
S2: ALTER SEQUENCE s CYCLE
S1: DO $$ BEGIN PERFORM nextval('s'); EXCEPTION WHEN lock_not_available THEN NULL; END $$
",
            "a block that waits after it has begun, or that has handlers",
        ),
        (
            "
S1: CREATE SEQUENCE s
S1: DO $$ DECLARE r record; BEGIN FOR r IN SELECT nextval('s') FROM generate_series(1, 3) LOOP PERFORM nextval('s'); END LOOP; END $$
",
            "so many rows that its query goes on beside it",
        ),
        (
            "
S1: CREATE SEQUENCE s
S1: DO $$ DECLARE v integer; BEGIN FOR v IN SELECT 1 / (3 - g) FROM generate_series(1, 5) AS g LOOP PERFORM nextval('s'); END LOOP; END $$
",
            "a loop over rows whose query fails after some rounds",
        ),
        (
            "
S1: CREATE TABLE t (id integer)
S1: INSERT INTO t VALUES (1)
S1: DO $$ DECLARE r record; BEGIN FOR r IN SELECT id FROM t LOOP TRUNCATE t; END LOOP; END $$
",
            "a change of relations while a loop reads some",
        ),
        (
            "
S1: CREATE TABLE t (id serial)
S1: DO $$ DECLARE v integer; BEGIN INSERT INTO t VALUES (DEFAULT), (DEFAULT), (DEFAULT) RETURNING id INTO v; END $$
",
            "a change of rows that is stopped after the second",
        ),
        (
            "
S1: CREATE SEQUENCE s
S1: DO $$ DECLARE z integer := 0; v bigint; BEGIN v := nextval('s') + 1 / z; END $$
",
            "an error with variables in a query that draws values",
        ),
        (
            "
S1: CREATE SCHEMA a
S1: CREATE SEQUENCE public.s
S1: SET search_path = a, public
S1: DO $$ BEGIN FOR i IN 1..3 LOOP PERFORM nextval('s'); CREATE SEQUENCE IF NOT EXISTS a.s; END LOOP; END $$
",
            "a loop in which a name comes to mean another relation",
        ),
        (
            "
S1: CREATE SEQUENCE s
S1: DO $$ DECLARE r record; BEGIN SELECT 1 AS x INTO r; SELECT 'a' AS x INTO r; END $$
",
            "a record whose columns change their types",
        ),
        (
            "
S1: CREATE TABLE p (id integer PRIMARY KEY)
S1: CREATE TABLE c (p integer REFERENCES p DEFERRABLE INITIALLY DEFERRED)
S1: DO $$ BEGIN INSERT INTO c VALUES (1); INSERT INTO p VALUES (1); END $$
",
            "a deferred foreign key that does not hold yet",
        ),
    ] {
        is_lost_at_the_end(trace, reason);
    }
}
