//! Values of which only is promised that they are distinct, within bounds and on stride.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use seqcheck::lockstep::{self, Options, Run, Verdict};
use seqcheck::prepare::Prepared;
use seqcheck::trace::Trace;
use seqcheck::{Implementation, Infrastructure, Received, Request};
use seqcheck_engine::{Cell, Cluster, Dialect, Message, Reply, Rows, Settings, Severity, SqlState, StatementResult};

/// A server that says what it is told to say.
struct Told(VecDeque<Reply>);

impl Implementation for Told {
    fn name(&self) -> String {
        "told".into()
    }
    fn reset(&mut self) -> Result<(), Infrastructure> {
        Ok(())
    }
    fn connect(&mut self, _session: usize, _role: Option<&str>) -> Result<Reply, Infrastructure> {
        Ok(Reply::default())
    }
    fn disconnect(&mut self, _session: usize) -> Result<(), Infrastructure> {
        Ok(())
    }
    fn send(&mut self, _session: usize, _request: Request<'_>) -> Result<(), Infrastructure> {
        Ok(())
    }
    fn receive(&mut self, _session: usize, _deadline: Instant) -> Result<Received, Infrastructure> {
        Ok(self.0.pop_front().map_or(Received::Pending, Received::Done))
    }
    fn is_waiting(&mut self, _session: usize) -> Result<Option<Vec<usize>>, Infrastructure> {
        Ok(None)
    }
}

fn done() -> Reply {
    Reply { results: vec![StatementResult { rows: None, tag: "DONE".into() }], ..Reply::default() }
}

fn value(value: i64) -> Reply {
    let rows = Rows { columns: vec!["v".into()], cells: vec![Cell::Integer(value)], count: 1, ..Rows::default() };
    Reply { results: vec![StatementResult { rows: Some(rows), tag: "SELECT 1".into() }], ..Reply::default() }
}

fn error(code: &'static str) -> Reply {
    let message = Message {
        severity: Severity::Error,
        sqlstate: SqlState::new(code),
        message: "words of its own".into(),
        detail: None,
        hint: None,
    };
    Reply { error: Some(message), ..Reply::default() }
}

/// Runs the steps of one session on the model of Aurora DSQL, beside a server that replies like this.
fn run(steps: &[(&str, Reply)]) -> Run {
    let text: String = steps.iter().map(|(sql, _)| format!("S1: {sql}\n")).collect();
    let trace = Trace::parse(&text).expect("it is a trace");
    let prepared = Prepared::from_trace(&trace.steps);
    let dialect = Dialect::AuroraDsql;
    let mut model = Cluster::new(Settings { dialect, ..Settings::new(dialect.major().unwrap()) });
    let mut told = Told(steps.iter().map(|(_, reply)| reply.clone()).collect());
    lockstep::run(&prepared.steps, &mut model, &mut told, &Options::of(dialect, Duration::from_secs(5)))
}

/// The step that diverges, if one does.
fn diverges(steps: &[(&str, Reply)]) -> Option<usize> {
    let run = run(steps);
    assert_eq!(run.infrastructure, None);
    run.divergence().map(|divergence| divergence.step)
}

const NEXT: &str = "SELECT nextval('s')";

fn from(create: &'static str, values: &[i64]) -> Option<usize> {
    let steps: Vec<(&str, Reply)> =
        [(create, done())].into_iter().chain(values.iter().map(|number| (NEXT, value(*number)))).collect();
    diverges(&steps)
}

#[test]
fn order_does_not_matter() {
    assert_eq!(from("CREATE SEQUENCE s CACHE 65536 INCREMENT 2", &[131_073, 1, 65_537, 3]), None);
}

#[test]
fn a_value_comes_once() {
    assert_eq!(from("CREATE SEQUENCE s CACHE 65536", &[7, 1, 7]), Some(3));
    // One that cycles gives them again.
    assert_eq!(from("CREATE SEQUENCE s CACHE 65536 MAXVALUE 9 CYCLE", &[7, 1, 7]), None);
}

#[test]
fn values_are_on_stride() {
    assert_eq!(from("CREATE SEQUENCE s CACHE 65536 INCREMENT 5 START 3", &[8, 3, 14]), Some(3));
    assert_eq!(from("CREATE SEQUENCE s CACHE 65536 INCREMENT -5 START 100 MAXVALUE 200", &[95, 100, 81]), Some(3));
}

#[test]
fn values_are_within_bounds() {
    assert_eq!(from("CREATE SEQUENCE s CACHE 65536 MAXVALUE 10", &[10, 11]), Some(2));
    assert_eq!(from("CREATE SEQUENCE s CACHE 65536 START 5", &[0]), Some(1));
}

#[test]
fn without_a_cache_values_lie_beyond_each_other() {
    assert_eq!(from("CREATE SEQUENCE s CACHE 1", &[1, 5, 9]), None);
    assert_eq!(from("CREATE SEQUENCE s CACHE 1", &[5, 1]), Some(2));
    assert_eq!(from("CREATE SEQUENCE s CACHE 1 INCREMENT -1", &[-5, -1]), Some(2));
}

#[test]
fn setval_lets_values_come_again() {
    let steps = [
        ("CREATE SEQUENCE s CACHE 65536", done()),
        (NEXT, value(3)),
        ("SELECT setval('s', 2)", value(2)),
        (NEXT, value(3)),
    ];
    assert_eq!(diverges(&steps), None);
    assert_eq!(diverges(&[("CREATE SEQUENCE s CACHE 1", done()), ("SELECT setval('s', 2)", value(3))]), Some(1));
}

#[test]
fn currval_is_what_nextval_gave() {
    let create = ("CREATE SEQUENCE s CACHE 65536", done());
    let current = "SELECT currval('s')";
    assert_eq!(diverges(&[create.clone(), (NEXT, value(70)), (current, value(70))]), None);
    assert_eq!(diverges(&[create, (NEXT, value(70)), (current, value(1))]), Some(2));
}

#[test]
fn errors_are_compared_by_class() {
    assert_eq!(diverges(&[("CREATE SEQUENCE s", error("0A000"))]), None);
    assert_eq!(diverges(&[("CREATE SEQUENCE s", error("0A001"))]), None);
    assert_eq!(diverges(&[("CREATE SEQUENCE s", error("42601"))]), Some(0));
    assert_eq!(diverges(&[("CREATE SEQUENCE s", done())]), Some(0));
    assert_eq!(diverges(&[("CREATE SEQUENCE s CACHE 1", error("0A000"))]), Some(0));
}

/// Which session gets the last values is a matter of order, and so is everything that follows.
#[test]
fn nothing_is_said_after_a_limit_on_one_side() {
    for code in ["2200H", "40001"] {
        let steps = [("CREATE SEQUENCE s CACHE 65536 MAXVALUE 9", done()), (NEXT, error(code)), (NEXT, value(99))];
        let run = run(&steps);
        assert!(run.divergences.is_empty());
        let is_unsupported = |index: usize| matches!(run.steps[index].verdict, Verdict::Unsupported(_));
        assert!(!is_unsupported(0) && is_unsupported(1) && is_unsupported(2), "{run:?}");
    }
}
