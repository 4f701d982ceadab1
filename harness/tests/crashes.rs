//! Crashes: which states the engine allows, and that no other one passes.

use seqcheck::Implementation;
use seqcheck::compare::Field;
use seqcheck::implementation::model::Model;
use seqcheck::lockstep::{self, Action, Connected, Options, Reference, Run, Step, Verdict};
use seqcheck::prepare::query;
use seqcheck::sql::parse;
use seqcheck_engine::{
    Cell, ClauseSet, Cluster, Major, Message, Outcome, Progress, Quirk, QuirkSet, SessionId, Settings, Statement,
    StoredSequence,
};

fn settings() -> Settings {
    Settings::new(Major::new(15).expect("the engine knows it"))
}

/// Runs the steps of two sessions on the engine: each line begins with `1:` or `2:`.
fn after(script: &str) -> Cluster {
    let mut cluster = Cluster::new(settings());
    let sessions: Vec<SessionId> = (0..2).map(|_| cluster.connect()).collect();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (session, sql) = line.split_once(": ").expect("a session before the SQL");
        let session = sessions[session.parse::<usize>().expect("a number") - 1];
        let statements = parse(sql).expect("SQL that the engine knows");
        match cluster.step(session, &statements).progress {
            Progress::Done(reply) => assert_eq!(reply.error, None, "{sql}"),
            other => panic!("{sql}: {other:?}"),
        }
    }
    cluster
}

/// What a crash may leave of the only sequence: `last_value`, `log_cnt` and `is_called`.
fn allowed(script: &str) -> Vec<(i64, i64, bool)> {
    let survivors = after(script).crash();
    let rows = survivors.iter().map(|survivor| match survivor.cluster.stored().as_slice() {
        [StoredSequence { last_value, log_cnt, is_called, .. }] => (*last_value, *log_cnt, *is_called),
        others => panic!("{} sequences", others.len()),
    });
    rows.collect()
}

#[test]
fn a_commit_leaves_one_state() {
    assert_eq!(allowed("1: CREATE SEQUENCE s"), [(1, 0, false)]);
    assert_eq!(allowed("1: CREATE SEQUENCE s\n1: SELECT nextval('s')"), [(33, 0, true)]);
    assert_eq!(allowed("1: CREATE SEQUENCE s\n1: SELECT setval('s', 9)"), [(9, 0, true)]);
    // Whoever commits takes along what others have logged.
    let script = "1: CREATE SEQUENCE s
                  1: BEGIN
                  1: SELECT nextval('s')
                  2: CREATE TABLE t (a int)";
    assert_eq!(allowed(script), [(33, 0, true)]);
}

#[test]
fn an_open_transaction_leaves_two() {
    let begun = "1: CREATE SEQUENCE s
                 1: BEGIN
                 1: SELECT nextval('s')";
    let both = [(1, 0, false), (33, 0, true)];
    assert_eq!(allowed(begun), both);
    assert_eq!(allowed(&format!("{begun}\n1: ROLLBACK")), both);
    // This one has logged nothing, so that its commit waits for nothing.
    assert_eq!(allowed(&format!("{begun}\n2: SELECT nextval('s')")), both);
    assert_eq!(allowed(&format!("{begun}\n1: COMMIT")), both[1..]);
    assert_eq!(allowed(&format!("{begun}\n2: CHECKPOINT")), [(1, 32, true)]);
}

#[test]
fn records_reach_the_disk_in_order() {
    let script = "1: CREATE SEQUENCE s
                  1: BEGIN
                  1: SELECT setval('s', 5)
                  1: SELECT setval('s', 7)
                  1: SELECT setval('s', 5)";
    assert_eq!(allowed(script), [(1, 0, false), (5, 0, true), (7, 0, true)]);
}

#[test]
fn what_is_not_committed_is_gone() {
    let cluster = after("1: BEGIN\n1: CREATE SEQUENCE s\n1: SELECT nextval('s')");
    let survivors = cluster.crash();
    assert_eq!(survivors.len(), 1);
    assert_eq!(survivors[0].cluster.stored(), []);
}

#[test]
fn there_is_no_state_where_recovery_may_fail() {
    let rolled_back = "1: BEGIN
                       1: CREATE UNLOGGED TABLE t (a int)
                       1: ROLLBACK";
    assert!(after(rolled_back).crash().is_empty());
    // The next commit takes the record of the rollback to the disk.
    assert_eq!(after(&format!("{rolled_back}\n2: CREATE SEQUENCE s")).crash().len(), 1);
}

fn steps(actions: Vec<Action>) -> Vec<Step> {
    actions.into_iter().map(|action| Step { session: 0, action }).collect()
}

/// Runs a trace on the engine and on an implementation.
fn lockstep_with(model: &mut dyn Implementation, actions: Vec<Action>) -> Run {
    lockstep::run(&steps(actions), &mut Cluster::new(settings()), model, &Options::default())
}

#[test]
fn a_state_that_is_not_allowed_is_a_divergence_of_the_crash() {
    // What was logged ahead before setval stays in force, so that the nextval after it logs nothing.
    let quirks = QuirkSet::NONE.with(Quirk::SetvalKeepsLogCount);
    let mut faulty = Model::of("faulty", Settings { quirks, ..settings() });
    let actions = vec![
        query("CREATE SEQUENCE s", &[]),
        query("SELECT nextval('s'), setval('s', 1000), nextval('s')", &[]),
        Action::Crash,
    ];
    let run = lockstep_with(&mut faulty, actions);
    let divergence = run.divergence().expect("the fault shows");
    assert_eq!((divergence.step, divergence.signature.kind.as_str()), (2, "crash"));
    assert_eq!(divergence.signature.fields, [Field::Stored]);
    let Verdict::Diverges(differences) = &run.steps[2].verdict else { panic!("the crash agrees") };
    let expected = "stored state: expected public.s at 1033, 0, t, got public.s at 1000, 0, t";
    assert_eq!(differences[0].to_string(), expected);
}

/// An engine of which a crash takes nothing that it may leave.
struct Lucky(Cluster);

impl Reference for Lucky {
    fn connect(&mut self, role: Option<&str>) -> Connected {
        Reference::connect(&mut self.0, role)
    }

    fn disconnect(&mut self, session: SessionId) -> Outcome {
        self.0.disconnect(session)
    }

    fn step(&mut self, session: SessionId, statements: &[Statement]) -> Outcome {
        self.0.step(session, statements)
    }

    fn fail(&mut self, session: SessionId, message: Message) -> Outcome {
        self.0.fail(session, message)
    }

    fn crash_outcomes(&self) -> Result<Vec<Vec<StoredSequence>>, String> {
        self.0.crash_outcomes()
    }

    fn crash(&mut self, _outcome: usize) -> ClauseSet {
        let last = self.0.crash().len() - 1;
        Reference::crash(&mut self.0, last)
    }
}

#[test]
fn the_model_goes_on_from_the_state_that_was_found() {
    let understood = |sql: &str| match query(sql, &[]) {
        Action::Query { statements, .. } => statements,
        _ => unreachable!("a query makes a query"),
    };
    let mut lucky = Model::new("lucky", || Lucky(Cluster::new(settings())), understood);
    let actions = vec![
        query("CREATE SEQUENCE s", &[]),
        query("BEGIN", &[]),
        query("SELECT nextval('s')", &[]),
        Action::Crash,
        query("SELECT nextval('s')", &[]),
    ];
    let run = lockstep_with(&mut lucky, actions);
    assert_eq!(run.divergence(), None);
    let reply = run.steps[4].model.as_ref().and_then(|model| model.reply.as_ref()).expect("a reply");
    let rows = reply.results[0].rows.as_ref().expect("rows");
    assert_eq!(rows.cells, [Cell::Integer(34)]);
}
