//! Lockstep with a server, the engine following a script.

use seqcheck::Infrastructure;
use seqcheck::implementation::postgres::{Postgres, Settings};
use seqcheck::lockstep::{Action, Options, Step, Verdict, run};
use seqcheck_engine::{Message, Reply, Severity, SqlState, StatementResult};

use crate::Test;
use crate::lane::Lane;
use crate::scripted::{self, Engine, query, value, waits};

pub(crate) const TESTS: &[(&str, Test)] = &[
    ("lockstep_confirms_waits", lockstep_confirms_waits),
    ("lockstep_sees_unexpected_waits", lockstep_sees_unexpected_waits),
    ("lockstep_gives_deadlocks_their_time", lockstep_gives_deadlocks_their_time),
];

/// A cue whose reply is one command tag.
fn tags(tags: &'static [&'static str]) -> scripted::Cue {
    let results = tags.iter().map(|&tag| StatementResult { rows: None, tag: tag.into() }).collect();
    scripted::Cue { reply: Some(Reply { results, ..Reply::default() }), ..scripted::Cue::default() }
}

fn lockstep_confirms_waits(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = Postgres::open(lane.endpoint(), Settings::default())?;
    let steps = [
        query(0, "CREATE SEQUENCE s"),
        query(0, "BEGIN; ALTER SEQUENCE s INCREMENT 5"),
        query(1, "SELECT nextval('s')"),
        query(0, "COMMIT"),
        query(0, "BEGIN; ALTER SEQUENCE s INCREMENT 7"),
        query(1, "SELECT nextval('s')"),
        Step { session: 0, action: Action::Disconnect },
    ];
    for _ in 0..20 {
        let mut engine = Engine::new([
            tags(&["CREATE SEQUENCE"]),
            tags(&["BEGIN", "ALTER SEQUENCE"]),
            waits(),
            scripted::Cue { wakes: vec![(1, value(1))], ..tags(&["COMMIT"]) },
            tags(&["BEGIN", "ALTER SEQUENCE"]),
            waits(),
        ]);
        engine.on_disconnect = vec![(1, value(6))];
        let run = run(&steps, &mut engine, &mut postgres, &Options::default());
        assert_eq!(run.infrastructure, None);
        let verdicts: Vec<_> = run.steps.iter().map(|record| &record.verdict).collect();
        assert_eq!(verdicts, [&Verdict::Agrees; 7]);
        assert_eq!(run.steps[2].server, run.steps[2].model);
    }
    Ok(())
}

fn lockstep_sees_unexpected_waits(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = Postgres::open(lane.endpoint(), Settings::default())?;
    let steps = [query(0, "CREATE SEQUENCE s"), query(0, "BEGIN; DROP SEQUENCE s"), query(1, "SELECT nextval('s')")];
    let script = [tags(&["CREATE SEQUENCE"]), tags(&["BEGIN", "DROP SEQUENCE"]), scripted::replies(1)];
    let seen = run(&steps, &mut Engine::new(script), &mut postgres, &Options::default());
    assert_eq!(seen.infrastructure, None);
    assert_eq!(seen.divergence().map(|divergence| divergence.step), Some(2));
    assert!(seen.steps[2].server.as_ref().is_some_and(|server| server.waits));

    // The other way round, after a session was left waiting.
    let steps = [query(0, "CREATE SEQUENCE s"), query(1, "SELECT nextval('s')")];
    let seen = run(&steps, &mut Engine::new([tags(&["CREATE SEQUENCE"]), waits()]), &mut postgres, &Options::default());
    assert_eq!(seen.divergence().map(|divergence| divergence.step), Some(1));
    assert_eq!(seen.steps[1].server.as_ref().and_then(|server| server.reply.clone()), Some(value(1)));
    Ok(())
}

/// The session that closes the circle finds the deadlock, however long the other one has waited.
fn lockstep_gives_deadlocks_their_time(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = Postgres::open(lane.endpoint(), Settings::default())?;
    let steps = [
        query(0, "CREATE SEQUENCE a"),
        query(0, "CREATE SEQUENCE b"),
        query(0, "BEGIN; ALTER SEQUENCE a CACHE 2"),
        query(1, "BEGIN; ALTER SEQUENCE b CACHE 2"),
        query(0, "ALTER SEQUENCE b CACHE 3"),
        query(1, "ALTER SEQUENCE a CACHE 3"),
    ];
    let deadlock = Message {
        severity: Severity::Error,
        sqlstate: SqlState::new("40P01"),
        message: "deadlock detected".into(),
        detail: Some(
            "Process 1 waits for ShareRowExclusiveLock on relation 1 of database 1; blocked by process 2.\n\
             Process 2 waits for ShareRowExclusiveLock on relation 2 of database 1; blocked by process 1."
                .into(),
        ),
        hint: Some("See server log for query details.".into()),
    };
    let victim = Reply { error: Some(deadlock), ..Reply::default() };
    let altered = tags(&["ALTER SEQUENCE"]).reply.expect("it replies at once");
    let mut engine = Engine::new([
        tags(&["CREATE SEQUENCE"]),
        tags(&["CREATE SEQUENCE"]),
        tags(&["BEGIN", "ALTER SEQUENCE"]),
        tags(&["BEGIN", "ALTER SEQUENCE"]),
        waits(),
        scripted::Cue { reply: Some(victim), wakes: vec![(0, altered)], ..scripted::Cue::default() },
    ]);
    let run = run(&steps, &mut engine, &mut postgres, &Options::default());
    assert_eq!(run.infrastructure, None);
    assert_eq!(run.divergence(), None, "{:?}", run.steps);
    assert_eq!(run.steps.len(), steps.len());
    Ok(())
}
