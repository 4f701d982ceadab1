//! The wire protocol against a real PostgreSQL.
//!
//! Without a server on this machine, these tests are reported as ignored, with the reason.

#[allow(dead_code, reason = "only the scripted engine is needed here")]
mod scripted;
mod started;

use libtest_mimic::{Arguments, Failed, Trial};
use scripted::{Engine, query, value, waits};
use seqcheck::implementation::postgres::{Postgres, Settings};
use seqcheck::lockstep::{Action, Options, Step, Verdict, run};
use seqcheck::server::Endpoint;
use seqcheck::{Implementation, Infrastructure, Received, Request};
use seqcheck_engine::{Cell, Message, Reply, Severity, SqlState, StatementResult};
use started::Server;
use std::sync::Arc;
use std::time::{Duration, Instant};

type Test = fn(&Lane) -> Result<(), Infrastructure>;

const TESTS: &[(&str, Test)] = &[
    ("results_come_whole", results_come_whole),
    ("errors_and_notices_come_with_all_fields", errors_and_notices_come_with_all_fields),
    ("statements_before_an_error_keep_their_results", statements_before_an_error_keep_their_results),
    ("copy_data_reaches_the_first_copy", copy_data_reaches_the_first_copy),
    ("requests_after_a_copy_are_not_taken_for_data", requests_after_a_copy_are_not_taken_for_data),
    ("many_requests_are_answered_in_order", many_requests_are_answered_in_order),
    ("long_requests_and_replies_do_not_block_each_other", long_requests_and_replies_do_not_block_each_other),
    ("a_wait_names_its_blockers", a_wait_names_its_blockers),
    ("a_disconnect_releases_locks", a_disconnect_releases_locks),
    ("a_reset_leaves_nothing", a_reset_leaves_nothing),
    ("a_reset_ends_sessions_that_wait", a_reset_ends_sessions_that_wait),
    ("a_reset_drops_roles", a_reset_drops_roles),
    ("every_authentication_method_works", every_authentication_method_works),
    ("a_refused_role_is_a_reply", a_refused_role_is_a_reply),
    ("an_ordinary_user_is_enough", an_ordinary_user_is_enough),
    ("a_killed_session_is_infrastructure", a_killed_session_is_infrastructure),
    ("events_work_or_say_that_they_do_not", events_work_or_say_that_they_do_not),
    ("lockstep_confirms_waits", lockstep_confirms_waits),
    ("lockstep_sees_unexpected_waits", lockstep_sees_unexpected_waits),
    ("lockstep_gives_deadlocks_their_time", lockstep_gives_deadlocks_their_time),
];

fn main() {
    let arguments = Arguments::from_args();
    let (server, reason) = match started::find_programs() {
        _ if arguments.list => (None, "listed only".to_owned()),
        Some(bindir) => (Some(Arc::new(Server::start(bindir))), String::new()),
        None => (None, "no PostgreSQL below /usr/lib/postgresql or in SEQCHECK_TEST_BINDIR".to_owned()),
    };
    if let Some(server) = &server {
        prepare_users(server).expect("the server takes new users");
    }
    let trials = TESTS
        .iter()
        .map(|&(name, test)| match server.clone() {
            Some(server) => Trial::test(name, move || {
                let lane = Lane::new(server, name)?;
                test(&lane).map_err(Failed::from)
            }),
            None => Trial::test(name, || Ok(())).with_ignored_flag(true).with_kind(reason.clone()),
        })
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if server.is_none() && !arguments.list {
        eprintln!("the tests of the wire protocol did not run: {reason}");
    }
    // The server must be gone before the process ends at once.
    drop(server);
    conclusion.exit();
}

/// Users for the tests of authentication; made before any test, so that no reset takes them for leftovers.
fn prepare_users(server: &Server) -> Result<(), Infrastructure> {
    let mut postgres = Postgres::open(server.endpoint("postgres"), Settings::default())?;
    postgres.connect(0, None)?;
    for sql in [
        "SET password_encryption = 'md5'",
        "CREATE ROLE hashed LOGIN PASSWORD 'secret'",
        "SET password_encryption = 'scram-sha-256'",
        "CREATE ROLE scrambled LOGIN PASSWORD 'sécret'",
        "CREATE ROLE clear LOGIN PASSWORD 'secret'",
        "CREATE ROLE ordinary LOGIN",
        "CREATE ROLE nobody_in NOLOGIN",
    ] {
        succeeds(&mut postgres, 0, sql)?;
    }
    Ok(())
}

/// A database for one test.
struct Lane {
    server: Arc<Server>,
    database: String,
}

impl Lane {
    fn new(server: Arc<Server>, name: &str) -> Result<Lane, Infrastructure> {
        let mut maintenance = Postgres::open(server.endpoint("postgres"), keep_roles())?;
        maintenance.connect(0, None)?;
        // Databases are copied from a template that nobody else may use meanwhile, and tests run side by side.
        succeeds(&mut maintenance, 0, "SELECT pg_advisory_lock(1)")?;
        let owner = if name.contains("ordinary") { "ordinary" } else { "postgres" };
        succeeds(&mut maintenance, 0, &format!("CREATE DATABASE {name} OWNER {owner}"))?;
        Ok(Lane { server, database: name.to_owned() })
    }

    fn endpoint(&self) -> Endpoint {
        self.server.endpoint(&self.database)
    }

    /// Opens the database, with two sessions.
    fn open(&self) -> Result<Postgres, Infrastructure> {
        let mut postgres = Postgres::open(self.endpoint(), keep_roles())?;
        postgres.reset()?;
        postgres.connect(0, None)?;
        postgres.connect(1, None)?;
        Ok(postgres)
    }
}

/// Tests share a cluster, and so its roles.
fn keep_roles() -> Settings {
    Settings { drop_roles: false, ..Settings::default() }
}

fn request(sql: &str) -> Request<'_> {
    Request { sql, copy_data: &[] }
}

fn receive(postgres: &mut Postgres, session: usize) -> Result<Reply, Infrastructure> {
    match postgres.receive(session, Instant::now() + Duration::from_secs(20))? {
        Received::Done(reply) => Ok(reply),
        Received::Pending => panic!("session {session} gave no reply"),
    }
}

fn ask(postgres: &mut Postgres, session: usize, sql: &str) -> Result<Reply, Infrastructure> {
    postgres.send(session, request(sql))?;
    receive(postgres, session)
}

/// Runs a query that must succeed; gives the cells of its last result.
fn succeeds(postgres: &mut Postgres, session: usize, sql: &str) -> Result<Vec<Cell>, Infrastructure> {
    let reply = ask(postgres, session, sql)?;
    assert_eq!(reply.error, None, "{sql}");
    Ok(reply.results.into_iter().next_back().and_then(|result| result.rows).unwrap_or_default().cells)
}

/// Runs a query that must fail; gives the SQLSTATE.
fn fails(postgres: &mut Postgres, session: usize, sql: &str) -> Result<String, Infrastructure> {
    let reply = ask(postgres, session, sql)?;
    Ok(reply.error.unwrap_or_else(|| panic!("{sql} succeeded")).sqlstate.to_string())
}

/// Whom a session waits for, which it must do soon.
fn blockers(postgres: &mut Postgres, session: usize) -> Result<Vec<usize>, Infrastructure> {
    let started = Instant::now();
    loop {
        if let Some(blockers) = postgres.is_waiting(session)? {
            return Ok(blockers);
        }
        assert!(started.elapsed() < Duration::from_secs(10), "the session never waits");
    }
}

fn integers(values: &[i64]) -> Vec<Cell> {
    values.iter().copied().map(Cell::Integer).collect()
}

fn results_come_whole(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = lane.open()?;
    let reply = ask(
        &mut postgres,
        0,
        "CREATE SEQUENCE s; SELECT nextval('s'), NULL AS none, 'NULL' AS word, '007' AS seven; ;",
    )?;
    assert_eq!(reply.error, None);
    let [created, selected] = reply.results.as_slice() else { panic!("two results: {reply:?}") };
    assert_eq!(*created, StatementResult { rows: None, tag: "CREATE SEQUENCE".into() });
    let rows = selected.rows.as_ref().expect("a SELECT gives rows");
    assert_eq!(rows.columns, ["nextval", "none", "word", "seven"]);
    assert_eq!(rows.cells, [Cell::Integer(1), Cell::Null, Cell::from_text("NULL"), Cell::from_text("007")]);
    assert_eq!((rows.count, &*selected.tag), (1, "SELECT 1"));

    assert_eq!(ask(&mut postgres, 0, "")?, Reply::default());
    let nothing = ask(&mut postgres, 0, "SELECT FROM generate_series(1, 3)")?;
    let rows = nothing.results[0].rows.as_ref().expect("a SELECT gives rows");
    assert_eq!((rows.columns.len(), rows.count), (0, 3));
    assert_eq!(ask(&mut postgres, 0, "COPY (SELECT 1) TO STDOUT")?.results[0].tag, "COPY 1");
    Ok(())
}

fn errors_and_notices_come_with_all_fields(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = lane.open()?;
    let reply = ask(&mut postgres, 0, "DROP SEQUENCE IF EXISTS s")?;
    let notice = &reply.notices[0];
    assert_eq!((notice.severity, notice.sqlstate.code()), (Severity::Notice, "00000"));
    assert_eq!(notice.message, "sequence \"s\" does not exist, skipping");

    succeeds(&mut postgres, 0, "CREATE SEQUENCE s; CREATE TABLE t (a int DEFAULT nextval('s'))")?;
    let error = ask(&mut postgres, 0, "DROP SEQUENCE s")?.error.expect("the table depends on it");
    assert_eq!((error.severity, error.sqlstate.code()), (Severity::Error, "2BP01"));
    assert_eq!(error.message, "cannot drop sequence s because other objects depend on it");
    assert_eq!(error.detail.as_deref(), Some("default value for column a of table t depends on sequence s"));
    assert_eq!(error.hint.as_deref(), Some("Use DROP ... CASCADE to drop the dependent objects too."));
    Ok(())
}

fn statements_before_an_error_keep_their_results(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = lane.open()?;
    succeeds(&mut postgres, 0, "CREATE SEQUENCE s MAXVALUE 2")?;
    let reply = ask(&mut postgres, 0, "SELECT 1; SELECT nextval('s') FROM generate_series(1, 3); SELECT 2")?;
    assert_eq!(reply.results.len(), 1);
    assert_eq!(reply.error.map(|error| error.sqlstate.to_string()).as_deref(), Some("2200H"));
    // Nothing of the failed statement is left over.
    assert_eq!(succeeds(&mut postgres, 0, "SELECT 3")?, integers(&[3]));
    Ok(())
}

fn copy_data_reaches_the_first_copy(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = lane.open()?;
    succeeds(&mut postgres, 0, "CREATE TABLE t (a int)")?;
    let copy_data = ["1".to_owned(), "2".to_owned()];
    postgres.send(
        0,
        Request { sql: "COPY t FROM STDIN; COPY t FROM STDIN; SELECT count(*) FROM t", copy_data: &copy_data },
    )?;
    let reply = receive(&mut postgres, 0)?;
    let tags: Vec<&str> = reply.results.iter().map(|result| &*result.tag).collect();
    assert_eq!(tags, ["COPY 2", "COPY 0", "SELECT 1"]);
    assert_eq!(reply.results[2].rows.as_ref().map(|rows| rows.cells.clone()), Some(integers(&[2])));
    Ok(())
}

fn requests_after_a_copy_are_not_taken_for_data(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = lane.open()?;
    let (good, bad) = (["1".to_owned()], ["x".to_owned()]);
    postgres.send(0, request("CREATE TABLE t (a int)"))?;
    postgres.send(0, Request { sql: "COPY t FROM STDIN", copy_data: &good })?;
    postgres.send(0, Request { sql: "COPY t FROM STDIN", copy_data: &bad })?;
    postgres.send(0, Request { sql: "COPY missing FROM STDIN", copy_data: &good })?;
    postgres.send(0, request("SELECT count(*) FROM t"))?;
    let mut sqlstates = Vec::new();
    for _ in 0..4 {
        sqlstates.push(receive(&mut postgres, 0)?.error.map(|error| error.sqlstate.to_string()));
    }
    assert_eq!(sqlstates, [None, None, Some("22P02".to_owned()), Some("42P01".to_owned())]);
    assert_eq!(
        receive(&mut postgres, 0)?.results[0].rows.as_ref().map(|rows| rows.cells.clone()),
        Some(integers(&[1]))
    );
    Ok(())
}

fn many_requests_are_answered_in_order(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = lane.open()?;
    succeeds(&mut postgres, 0, "CREATE SEQUENCE s")?;
    for _ in 0..5_000 {
        postgres.send(0, request("SELECT nextval('s')"))?;
    }
    for expected in 1..=5_000 {
        let reply = receive(&mut postgres, 0)?;
        assert_eq!(reply, value(expected));
    }
    assert_eq!(postgres.receive(0, Instant::now())?, Received::Pending);
    Ok(())
}

fn long_requests_and_replies_do_not_block_each_other(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = lane.open()?;
    let text = "x".repeat(1 << 20);
    let sql = format!("SELECT '{text}', '{text}'");
    for _ in 0..8 {
        postgres.send(0, request(&sql))?;
    }
    for _ in 0..8 {
        let reply = receive(&mut postgres, 0)?;
        assert_eq!(reply.results[0].rows.as_ref().map(|rows| rows.cells[1].clone()), Some(Cell::from_text(&text)));
    }
    Ok(())
}

fn a_wait_names_its_blockers(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = lane.open()?;
    succeeds(&mut postgres, 0, "CREATE SEQUENCE s")?;
    succeeds(&mut postgres, 0, "BEGIN; DROP SEQUENCE s")?;
    assert_eq!(postgres.is_waiting(1)?, None);
    postgres.send(1, request("SELECT nextval('s')"))?;
    assert_eq!(blockers(&mut postgres, 1)?, [0]);
    assert_eq!(postgres.receive(1, Instant::now() + Duration::from_millis(20))?, Received::Pending);
    succeeds(&mut postgres, 0, "ROLLBACK")?;
    assert_eq!(receive(&mut postgres, 1)?, value(1));
    assert_eq!(postgres.is_waiting(1)?, None);
    Ok(())
}

fn a_disconnect_releases_locks(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = lane.open()?;
    postgres.connect(2, None)?;
    succeeds(&mut postgres, 0, "CREATE SEQUENCE s")?;
    succeeds(&mut postgres, 0, "BEGIN; DROP SEQUENCE s; SAVEPOINT p")?;
    // One session waits and is closed meanwhile; the next one must not wait for it.
    postgres.send(1, request("BEGIN; ALTER SEQUENCE s CACHE 3"))?;
    blockers(&mut postgres, 1)?;
    postgres.disconnect(1)?;
    postgres.disconnect(0)?;
    succeeds(&mut postgres, 2, "SET lock_timeout = '1ms'; DROP SEQUENCE s")?;

    // A session that comes back is a new one.
    postgres.connect(0, None)?;
    assert_eq!(fails(&mut postgres, 0, "SELECT lastval()")?, "55000");
    Ok(())
}

/// Everything that a trace could leave behind, as one text.
const STATE: &str = "SELECT concat_ws(' # ',
    (SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class
     WHERE relnamespace::regnamespace::text !~ '^(pg_|information_schema)'),
    (SELECT string_agg(concat_ws(' ', nspname, pg_get_userbyid(nspowner), nspacl, obj_description(oid, 'pg_namespace')),
                       ',' ORDER BY nspname) FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp'),
    (SELECT string_agg(s::text, ',') FROM pg_db_role_setting s
     WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())),
    (SELECT string_agg(gid, ',') FROM pg_prepared_xacts WHERE database = current_database()),
    (SELECT count(*) FROM pg_default_acl), (SELECT count(*) FROM pg_locks WHERE relation >= 16384
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())),
    current_setting('search_path'), current_setting('work_mem'), current_setting('application_name'), current_user,
    current_setting('lc_messages'), current_setting('TimeZone'))";

fn a_reset_leaves_nothing(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = lane.open()?;
    let before = succeeds(&mut postgres, 0, STATE)?;
    let traces: &[&[&str]] = &[
        &["CREATE SEQUENCE s; SELECT nextval('s')"],
        &[
            "CREATE SCHEMA \"odd \"\"name\"\"\"; CREATE TABLE \"odd \"\"name\"\"\".t (a serial)",
            "CREATE TEMP SEQUENCE s",
        ],
        &["CREATE TYPE pair AS (a int, b int)", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'"],
        &["COMMENT ON SCHEMA public IS 'it''s \\ changed'"],
        &["GRANT ALL ON SCHEMA public TO ordinary"],
        &["ALTER SCHEMA public RENAME TO private"],
        &["DROP SCHEMA public"],
        &["ALTER SCHEMA public OWNER TO ordinary"],
        &["DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 64', current_database()); END $$"],
        &[
            "DO $$ BEGIN EXECUTE format('ALTER ROLE postgres IN DATABASE %I SET work_mem = 64', current_database()); END $$",
        ],
        &["CREATE SEQUENCE s", "BEGIN; ALTER SEQUENCE s CACHE 2; PREPARE TRANSACTION 'leaves''nothing'"],
        &["SET search_path = nowhere", "SET ROLE ordinary", "BEGIN; SET default_transaction_read_only = on"],
        &["SET default_transaction_read_only = on"],
        &["SET SESSION AUTHORIZATION ordinary"],
        &["CREATE SEQUENCE s", "BEGIN; SELECT nextval('s')", "SELECT 1 / 0"],
        &["ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO ordinary"],
        &["ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO ordinary"],
    ];
    for trace in traces {
        for sql in *trace {
            ask(&mut postgres, 0, sql)?;
        }
        // Twice, since what a reset does must itself be undone or lasting.
        for _ in 0..2 {
            postgres.reset()?;
            postgres.connect(0, None)?;
            assert_eq!(succeeds(&mut postgres, 0, STATE)?, before, "after {trace:?}");
            assert_eq!(fails(&mut postgres, 0, "SELECT lastval()")?, "55000", "after {trace:?}");
        }
    }
    Ok(())
}

fn a_reset_ends_sessions_that_wait(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = lane.open()?;
    for _ in 0..3 {
        succeeds(&mut postgres, 0, "CREATE SEQUENCE s")?;
        succeeds(&mut postgres, 0, "BEGIN; DROP SEQUENCE s; SAVEPOINT p")?;
        postgres.send(1, request("SELECT nextval('s')"))?;
        blockers(&mut postgres, 1)?;
        // Replies that nobody took must not reach the next trace either.
        postgres.send(0, request("SELECT 1"))?;
        postgres.reset()?;
        for session in 0..2 {
            postgres.connect(session, None)?;
            assert_eq!(succeeds(&mut postgres, session, "SELECT 2")?, integers(&[2]));
        }
    }
    Ok(())
}

fn a_reset_drops_roles(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = Postgres::open(lane.endpoint(), Settings::default())?;
    for _ in 0..2 {
        postgres.reset()?;
        postgres.connect(0, None)?;
        succeeds(&mut postgres, 0, "CREATE ROLE \"a 'b\" LOGIN; CREATE ROLE c ROLE \"a 'b\"")?;
        succeeds(&mut postgres, 0, "CREATE SCHEMA h AUTHORIZATION c; GRANT USAGE ON SCHEMA public TO \"a 'b\"")?;
        assert_eq!(postgres.connect(1, Some("a 'b"))?.error, None);
        assert_eq!(succeeds(&mut postgres, 1, "SELECT current_user::text")?, [Cell::from_text("a 'b")]);
        succeeds(&mut postgres, 1, "CREATE TEMP SEQUENCE s")?;
    }
    postgres.reset()?;
    postgres.connect(1, None)?;
    assert_eq!(
        succeeds(
            &mut postgres,
            1,
            "SELECT count(*), current_user::text FROM pg_roles WHERE rolname IN ('a ''b', 'c')"
        )?,
        [Cell::Integer(0), Cell::from_text("postgres")]
    );
    Ok(())
}

fn every_authentication_method_works(lane: &Lane) -> Result<(), Infrastructure> {
    for (user, password) in [("clear", "secret"), ("hashed", "secret"), ("scrambled", "sécret")] {
        let endpoint = |password| lane.server.tcp_endpoint(&lane.database, user, password);
        let mut postgres = Postgres::open(endpoint(Some(password)), keep_roles())?;
        postgres.connect(0, None)?;
        assert_eq!(succeeds(&mut postgres, 0, "SELECT current_user::text")?, [Cell::from_text(user)]);
        for wrong in [Some("wrong"), None] {
            let error = Postgres::open(endpoint(wrong), keep_roles()).err();
            assert!(matches!(error, Some(Infrastructure::Connect { .. })), "{user} with {wrong:?}: {error:?}");
        }
    }
    Ok(())
}

fn a_refused_role_is_a_reply(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = Postgres::open(lane.server.tcp_endpoint(&lane.database, "postgres", None), keep_roles())?;
    let error = postgres.connect(0, Some("nobody_in"))?.error.expect("it may not log in");
    assert_eq!((error.severity, error.sqlstate.code()), (Severity::Fatal, "28000"));
    assert_eq!(postgres.connect(0, Some("ordinary"))?, Reply::default());
    assert_eq!(succeeds(&mut postgres, 0, "SELECT current_user::text")?, [Cell::from_text("ordinary")]);
    Ok(())
}

/// A user without superuser's rights, who only owns the database.
fn an_ordinary_user_is_enough(lane: &Lane) -> Result<(), Infrastructure> {
    let endpoint = lane.server.tcp_endpoint(&lane.database, "ordinary", None);
    let mut postgres = Postgres::open(endpoint, keep_roles())?;
    postgres.reset()?;
    postgres.connect(0, None)?;
    succeeds(&mut postgres, 0, "CREATE SCHEMA a; CREATE SEQUENCE a.s; SELECT nextval('a.s')")?;
    postgres.reset()?;
    postgres.connect(0, None)?;
    let left = succeeds(&mut postgres, 0, "SELECT count(*) FROM pg_namespace WHERE nspname = 'a'")?;
    assert_eq!(left, integers(&[0]));
    Ok(())
}

fn a_killed_session_is_infrastructure(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = lane.open()?;
    let process = succeeds(&mut postgres, 0, "SELECT pg_backend_pid()")?;
    let process = process[0].text().expect("a session has a process");
    succeeds(&mut postgres, 1, &format!("SELECT pg_terminate_backend({process})"))?;
    // The signal may arrive a little later than the answer.
    let error = (0..1000).find_map(|_| ask(&mut postgres, 0, "SELECT pg_sleep(0.01)").err());
    let error = error.expect("the session is gone");
    assert!(error.to_string().contains("57P01"), "{error}");
    // The next trace is served all the same, even when the session that cleans up is gone, too.
    let control = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE application_name = 'seqcheck control' AND datname = current_database()";
    assert_eq!(succeeds(&mut postgres, 1, control)?, [Cell::from_text("t")]);
    postgres.reset()?;
    postgres.connect(0, None)?;
    succeeds(&mut postgres, 0, "SELECT 1")?;
    Ok(())
}

fn events_work_or_say_that_they_do_not(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = lane.open()?;
    postgres.checkpoint()?;
    assert!(matches!(postgres.crash(), Err(Infrastructure::NotAble { .. })));
    assert!(matches!(postgres.restart(), Err(Infrastructure::NotAble { .. })));
    succeeds(&mut postgres, 0, "SELECT 1")?;
    Ok(())
}

/// A cue whose reply is one command tag.
fn tags(tags: &'static [&'static str]) -> scripted::Cue {
    let results = tags.iter().map(|&tag| StatementResult { rows: None, tag: tag.into() }).collect();
    scripted::Cue { reply: Some(Reply { results, ..Reply::default() }), ..scripted::Cue::default() }
}

fn lockstep_confirms_waits(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = Postgres::open(lane.endpoint(), keep_roles())?;
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
    let mut postgres = Postgres::open(lane.endpoint(), keep_roles())?;
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

/// The session that waits first looks for a deadlock first, one second after it began to wait.
fn lockstep_gives_deadlocks_their_time(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = Postgres::open(lane.endpoint(), keep_roles())?;
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
        detail: Some("two processes wait for each other".into()),
        hint: Some("See server log for query details.".into()),
    };
    let victim = Reply { error: Some(deadlock), ..Reply::default() };
    let mut engine = Engine::new([
        tags(&["CREATE SEQUENCE"]),
        tags(&["CREATE SEQUENCE"]),
        tags(&["BEGIN", "ALTER SEQUENCE"]),
        tags(&["BEGIN", "ALTER SEQUENCE"]),
        waits(),
        scripted::Cue { wakes: vec![(0, victim)], ..tags(&["ALTER SEQUENCE"]) },
    ]);
    let run = run(&steps, &mut engine, &mut postgres, &Options::default());
    assert_eq!(run.infrastructure, None);
    assert_eq!(run.divergence(), None, "{:?}", run.steps);
    assert_eq!(run.steps.len(), steps.len());
    Ok(())
}
