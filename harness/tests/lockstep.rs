//! Lockstep, with both sides following scripts.

mod scripted;

use scripted::{Cue, Engine, Server, query, replies, value, waits, wakes};
use seqcheck::compare::Field;
use seqcheck::implementation::model::Model;
use seqcheck::lockstep::{Action, Options, Refusal, Run, Step, Verdict, run};
use seqcheck::{Implementation, Received, Request};
use seqcheck_engine::{Cluster, Major, Message, Reply, Settings, Severity, SqlState, Statement};
use std::time::{Duration, Instant};

fn options() -> Options {
    Options { slow: Duration::from_millis(1), time_out: Duration::from_millis(50), ..Options::default() }
}

fn play(steps: &[Step], engine: Vec<Cue>, server: &mut Server) -> Run {
    run(steps, &mut Engine::new(engine), server, &options())
}

fn verdicts(run: &Run) -> Vec<&Verdict> {
    run.steps.iter().map(|record| &record.verdict).collect()
}

/// The first divergence: whose reply, seen when, and the parts that differ.
fn divergence(run: &Run) -> (usize, usize, Vec<Field>) {
    let divergence = run.divergence().expect("the run diverges");
    (divergence.step, divergence.seen_at, divergence.signature.fields.clone())
}

#[test]
fn sides_that_agree() {
    let steps = [query(0, "a"), query(1, "b"), query(0, "c")];
    let script = vec![replies(1), replies(2), replies(3)];
    let run = play(&steps, script.clone(), &mut Server::new(script));
    assert_eq!(verdicts(&run), [&Verdict::Agrees; 3]);
    assert_eq!(run.divergence(), None);
    assert_eq!(run.infrastructure, None);
    let server = run.steps[1].server.as_ref().expect("the server replied");
    assert_eq!(server.reply, Some(value(2)));
}

#[test]
fn a_session_in_a_row_is_sent_together() {
    let steps = [query(0, "a"), query(0, "b"), query(1, "c"), query(0, "d")];
    let script = vec![replies(1), replies(2), replies(3), replies(4)];
    let mut server = Server::new(script.clone());
    play(&steps, script, &mut server);
    let expected = [
        "reset",
        "connect 0",
        "send 0 a",
        "send 0 b",
        "receive 0",
        "receive 0",
        "connect 1",
        "send 1 c",
        "receive 1",
        "send 0 d",
        "receive 0",
    ];
    assert_eq!(server.log, expected);
}

#[test]
fn no_more_than_the_given_number_is_sent_together() {
    let steps = [query(0, "a"), query(0, "b")];
    let script = vec![replies(1), replies(2)];
    let mut server = Server::new(script.clone());
    let options = Options { pipeline: 1, ..options() };
    run(&steps, &mut Engine::new(script), &mut server, &options);
    assert_eq!(server.log, ["reset", "connect 0", "send 0 a", "receive 0", "send 0 b", "receive 0"]);
}

#[test]
fn a_difference_ends_the_run() {
    let steps = [query(0, "a"), query(1, "b"), query(1, "c")];
    let run =
        play(&steps, vec![replies(1), replies(2), replies(3)], &mut Server::new([replies(1), replies(9), replies(3)]));
    assert_eq!(divergence(&run), (1, 1, vec![Field::Rows]));
    assert_eq!(run.divergence().map(|divergence| divergence.signature.kind.as_str()), Some("Show"));
    assert_eq!(run.steps.len(), 2);
    assert!(matches!(&run.steps[1].verdict, Verdict::Diverges(differences) if differences.len() == 1));
}

#[test]
fn a_difference_does_not_end_a_run_that_goes_on() {
    let steps = [query(0, "a"), query(0, "b"), query(0, "c")];
    let mut engine = Engine::new([replies(1), replies(2), replies(3)]);
    let mut server = Server::new([replies(7), replies(2), replies(9)]);
    let run = run(&steps, &mut engine, &mut server, &Options { go_on: true, ..options() });
    assert_eq!(run.divergences.iter().map(|divergence| divergence.step).collect::<Vec<_>>(), [0, 2]);
    assert_eq!(run.steps[1].verdict, Verdict::Agrees);
}

#[test]
fn unsupported_steps_are_sent_by_neither_side() {
    let mut steps = [query(0, "a"), query(0, "refused"), query(0, "outside"), query(0, "b")];
    if let Action::Query { statements, .. } = &mut steps[1].action {
        *statements = Err(Refusal::Unsupported { what: "VACUUM".into() });
    }
    let outside = Cue { unsupported: true, ..Cue::default() };
    let mut server = Server::new([replies(1), replies(2)]);
    let run = play(&steps, vec![replies(1), outside, replies(2)], &mut server);
    let unsupported = |what: &str| Verdict::Unsupported(what.into());
    let expected = [Verdict::Agrees, unsupported("VACUUM"), unsupported("this"), Verdict::Agrees];
    assert_eq!(verdicts(&run), expected.iter().collect::<Vec<_>>());
    assert_eq!(server.log, ["reset", "connect 0", "send 0 a", "send 0 b", "receive 0", "receive 0"]);
}

fn syntax_error(sqlstate: &str) -> Cue {
    let message = Message {
        severity: Severity::Error,
        sqlstate: SqlState::new(sqlstate),
        message: "syntax error at or near \"x\"".into(),
        detail: None,
        hint: None,
    };
    Cue { reply: Some(Reply { error: Some(message), ..Reply::default() }), ..Cue::default() }
}

#[test]
fn of_a_syntax_error_only_the_sqlstate_counts() {
    let mut step = query(0, "x");
    if let Action::Query { statements, .. } = &mut step.action {
        *statements = Err(Refusal::Syntax { message: "expected a statement".into() });
    }
    let steps = [step];
    let run = play(&steps, vec![], &mut Server::new([syntax_error("42601")]));
    assert_eq!(verdicts(&run), [&Verdict::Agrees]);
    let run = play(&steps, vec![], &mut Server::new([syntax_error("42P01")]));
    assert_eq!(divergence(&run), (0, 0, vec![Field::SqlState]));
    let run = play(&steps, vec![], &mut Server::new([replies(1)]));
    assert!(run.divergence().is_some());
}

#[test]
fn a_wait_is_confirmed_and_its_later_reply_compared() {
    let steps = [query(0, "a"), query(1, "b"), query(0, "c")];
    let script = vec![replies(1), waits(), wakes(3, 1, 2)];
    let run = play(&steps, script.clone(), &mut Server::new(script.clone()));
    assert_eq!(verdicts(&run), [&Verdict::Agrees; 3]);
    let waited = run.steps[1].server.as_ref().expect("the server was asked");
    assert!(waited.waits && waited.reply.is_none());
    assert_eq!(waited.later, Some(value(2)));
    assert_eq!(run.steps[1].model, run.steps[1].server);

    let run = play(&steps, script, &mut Server::new([replies(1), waits(), wakes(3, 1, 9)]));
    assert_eq!(divergence(&run), (1, 2, vec![Field::Rows]));
    assert!(matches!(run.steps[1].verdict, Verdict::Diverges(_)));
    assert_eq!(run.steps[2].verdict, Verdict::Agrees);
}

#[test]
fn nothing_is_sent_before_a_session_that_goes_on_waits_again() {
    let steps = [query(0, "a"), query(1, "b"), query(0, "lets 1 go on"), query(0, "asks for the same as 1")];
    let goes_on = Cue { wait_again: vec![1], ..replies(2) };
    let script = vec![replies(1), waits(), goes_on, replies(3)];
    let mut server = Server::new(script.clone());
    let run = play(&steps, script, &mut server);
    assert_eq!(run.divergence(), None);
    let sent = |sql: &str| server.log.iter().position(|line| line == sql).expect("it is sent");
    let between = &server.log[sent("send 0 lets 1 go on") + 1..sent("send 0 asks for the same as 1")];
    assert_eq!(between, ["receive 0", "is_waiting 1", "is_waiting 1", "is_waiting 1"]);

    // The server finds nothing more to wait for.
    let wakes_for_good = Cue { wakes: vec![(1, value(9))], ..replies(2) };
    let engine = vec![replies(1), waits(), Cue { wait_again: vec![1], ..replies(2) }];
    let run = play(&steps[..3], engine, &mut Server::new([replies(1), waits(), wakes_for_good]));
    assert_eq!(divergence(&run), (1, 2, vec![Field::Waiting]));
}

#[test]
fn a_disconnect_wakes_too() {
    let steps = [query(0, "a"), query(1, "b"), Step { session: 0, action: Action::Disconnect }];
    let script = [replies(1), waits()];
    for (later, agrees) in [(5, true), (6, false)] {
        let mut engine = Engine::new(script.clone());
        engine.on_disconnect = vec![(1, value(5))];
        let mut server = Server::new(script.clone());
        server.on_disconnect = vec![(1, value(later))];
        let run = run(&steps, &mut engine, &mut server, &options());
        assert_eq!(run.divergence().is_none(), agrees);
        assert_eq!(run.steps.len(), 3);
        if !agrees {
            assert_eq!(divergence(&run), (1, 2, vec![Field::Rows]));
        }
    }
}

#[test]
fn a_server_that_does_not_wait_diverges() {
    let steps = [query(0, "a"), query(1, "b")];
    let run = play(&steps, vec![replies(1), waits()], &mut Server::new([replies(1), replies(2)]));
    assert_eq!(divergence(&run), (1, 1, vec![Field::Waiting]));
}

#[test]
fn a_server_that_waits_alone_diverges() {
    let steps = [query(0, "a"), query(1, "b")];
    let run = play(&steps, vec![replies(1), replies(2)], &mut Server::new([replies(1), waits()]));
    assert_eq!(divergence(&run), (1, 1, vec![Field::Waiting]));
    assert!(run.steps[1].server.as_ref().is_some_and(|server| server.waits));
}

#[test]
fn a_server_that_wakes_a_session_too_early_diverges() {
    let steps = [query(0, "a"), query(1, "b"), query(0, "c"), query(0, "d"), query(2, "e")];
    let engine = vec![replies(1), waits(), replies(3), replies(4), replies(5)];
    let mut server = Server::new([replies(1), waits(), wakes(3, 1, 2), replies(4), replies(5)]);
    let run = play(&steps, engine.clone(), &mut server);
    assert_eq!(divergence(&run), (1, 3, vec![Field::Waiting]));

    // The same at the end of the trace.
    let mut server = Server::new([replies(1), waits(), wakes(3, 1, 2)]);
    let run = play(&steps[..3], engine, &mut server);
    assert_eq!(divergence(&run), (1, 2, vec![Field::Waiting]));
    assert_eq!(run.steps[1].server.as_ref().and_then(|server| server.later.clone()), Some(value(2)));
}

#[test]
fn a_server_that_leaves_a_session_waiting_diverges() {
    let steps = [query(0, "a"), query(1, "b"), query(0, "c")];
    let engine = vec![replies(1), waits(), wakes(3, 1, 2)];
    let run = play(&steps, engine, &mut Server::new([replies(1), waits(), replies(3)]));
    assert_eq!(divergence(&run), (1, 2, vec![Field::Waiting]));
}

#[test]
fn a_session_that_waits_takes_no_further_step() {
    let steps = [query(0, "a"), query(1, "b"), query(1, "too soon"), query(0, "c"), query(1, "d")];
    let script = vec![replies(1), waits(), wakes(3, 1, 2), replies(4)];
    let mut server = Server::new(script.clone());
    let run = play(&steps, script, &mut server);
    assert!(matches!(run.steps[2].verdict, Verdict::Unsupported(_)));
    assert_eq!(run.steps[4].verdict, Verdict::Agrees);
    assert!(!server.log.iter().any(|line| line.contains("too soon")));
}

#[test]
fn a_run_that_goes_on_takes_the_late_reply_of_a_server_that_waited_alone() {
    let steps = [query(0, "a"), query(1, "b"), query(1, "too soon"), query(0, "c"), query(1, "d")];
    let mut engine = Engine::new([replies(1), replies(2), replies(3), replies(4)]);
    let mut server = Server::new([replies(1), waits(), wakes(3, 1, 2), replies(4)]);
    let run = run(&steps, &mut engine, &mut server, &Options { go_on: true, ..options() });
    assert_eq!(run.divergences.len(), 1);
    assert!(matches!(run.steps[2].verdict, Verdict::Unsupported(_)));
    assert_eq!(run.steps[1].server.as_ref().and_then(|server| server.later.clone()), Some(value(2)));
    assert_eq!(run.steps[4].verdict, Verdict::Agrees);
}

#[test]
fn a_failing_connection_is_no_verdict() {
    let steps = [query(0, "a"), query(1, "b"), query(0, "c")];
    let script = vec![replies(1), replies(2), replies(3)];
    let mut server = Server::new(script.clone());
    server.breaks_at = Some(1);
    let run = play(&steps, script, &mut server);
    assert!(run.infrastructure.is_some());
    assert_eq!(run.divergence(), None);
    assert_eq!(run.steps.len(), 2);
    assert!(matches!(run.steps[1].verdict, Verdict::Infrastructure(_)));
}

#[test]
fn silence_without_a_lock_is_no_verdict() {
    /// Never replies, and never waits.
    struct Silent(Server);
    impl seqcheck::Implementation for Silent {
        fn name(&self) -> String {
            self.0.name()
        }
        fn reset(&mut self) -> Result<(), seqcheck::Infrastructure> {
            self.0.reset()
        }
        fn connect(&mut self, session: usize, role: Option<&str>) -> Result<Reply, seqcheck::Infrastructure> {
            self.0.connect(session, role)
        }
        fn disconnect(&mut self, session: usize) -> Result<(), seqcheck::Infrastructure> {
            self.0.disconnect(session)
        }
        fn send(&mut self, _: usize, _: seqcheck::Request<'_>) -> Result<(), seqcheck::Infrastructure> {
            Ok(())
        }
        fn receive(
            &mut self,
            session: usize,
            deadline: std::time::Instant,
        ) -> Result<seqcheck::Received, seqcheck::Infrastructure> {
            self.0.receive(session, deadline)
        }
        fn is_waiting(&mut self, session: usize) -> Result<Option<Vec<usize>>, seqcheck::Infrastructure> {
            self.0.is_waiting(session)
        }
    }
    for cue in [replies(1), waits()] {
        let mut engine = Engine::new([cue]);
        let run = run(&[query(0, "a")], &mut engine, &mut Silent(Server::default()), &options());
        assert!(matches!(run.infrastructure, Some(seqcheck::Infrastructure::TimedOut { .. })));
        assert_eq!(run.divergence(), None);
    }
}

#[test]
fn what_a_side_cannot_do_is_unsupported() {
    let steps = [Step { session: 0, action: Action::Connect { role: Some("r".into()) } }, query(0, "a")];
    let run = play(&steps, vec![replies(1)], &mut Server::new([replies(1)]));
    assert_eq!(verdicts(&run), [&Verdict::Unsupported("roles".into()), &Verdict::Agrees]);

    let steps = [Step { session: 0, action: Action::Crash }, query(0, "a")];
    let run = play(&steps, vec![replies(1)], &mut Server::new([replies(1)]));
    assert!(matches!(run.steps[0].verdict, Verdict::Unsupported(_)));
    assert_eq!(run.steps[1].verdict, Verdict::Agrees);
}

/// Reads what these tests send.
fn parse(sql: &str) -> Result<Vec<Statement>, Refusal> {
    match sql {
        "not SQL" => Err(Refusal::Syntax { message: "other words".into() }),
        "VACUUM" => Err(Refusal::Unsupported { what: sql.into() }),
        _ => Ok(vec![Statement::Show("x".into())]),
    }
}

#[test]
fn a_model_can_be_judged() {
    let mut steps = vec![query(0, "a"), query(1, "b"), query(0, "c"), query(1, "d"), query(0, "not SQL")];
    if let Action::Query { statements, .. } = &mut steps[4].action {
        *statements = Err(Refusal::Syntax { message: "some words".into() });
    }
    let script = vec![replies(1), waits(), wakes(3, 1, 2), replies(4)];
    for (later, agrees) in [(2, true), (9, false)] {
        let other = vec![replies(1), waits(), wakes(3, 1, later), replies(4)];
        let mut model = Model::new("other", move || Engine::new(other.clone()), parse);
        for _ in 0..2 {
            let run = run(&steps, &mut Engine::new(script.clone()), &mut model, &options());
            assert_eq!(run.infrastructure, None);
            assert_eq!(run.divergence().is_none(), agrees);
            if agrees {
                assert_eq!(verdicts(&run), [&Verdict::Agrees; 5]);
            }
        }
    }
}

#[test]
fn what_a_model_does_not_know_ends_the_run_without_a_verdict() {
    let mut model = Model::new("other", || Engine::new([replies(1)]), parse);
    let steps = [query(0, "a"), query(0, "VACUUM"), query(0, "b")];
    let mut engine = Engine::new([replies(1), replies(2), replies(3)]);
    let run = run(&steps, &mut engine, &mut model, &Options { pipeline: 1, ..options() });
    assert_eq!((run.infrastructure, run.divergences.len(), run.steps.len()), (None, 0, 2));
    assert_eq!(run.steps[1].verdict, Verdict::Unsupported("other is not able to run VACUUM".into()));
}

#[test]
fn a_model_runs_what_it_was_sent_while_it_waited() {
    let script = [replies(1), waits(), wakes(3, 1, 2), replies(4)];
    let mut model = Model::new("model", move || Engine::new(script.clone()), parse);
    let request = Request { sql: "a", copy_data: &[] };
    let now = Instant::now();
    for session in 0..2 {
        model.connect(session, None).expect("a model lets in");
        model.send(session, request).expect("a model listens");
    }
    model.send(1, request).expect("a model listens");
    assert_eq!(model.receive(1, now), Ok(Received::Pending));
    assert_eq!(model.is_waiting(1), Ok(Some(Vec::new())));
    model.send(0, request).expect("a model listens");
    assert_eq!(model.receive(1, now), Ok(Received::Done(value(2))));
    assert_eq!(model.receive(1, now), Ok(Received::Done(value(4))));
    assert_eq!(model.is_waiting(1), Ok(None));
}

#[test]
fn the_engine_itself_can_stand_on_either_side() {
    let cluster = || Cluster::new(Settings::new(Major::NEWEST));
    let mut model = Model::new("engine", cluster, parse);
    let run = run(&[query(0, "a")], &mut cluster(), &mut model, &options());
    assert_eq!((run.infrastructure, run.divergences.len(), run.steps.len()), (None, 0, 1));
}
