//! The clean slate between traces.

use seqcheck::implementation::postgres::{Postgres, Settings};
use seqcheck::{Implementation, Infrastructure};
use seqcheck_engine::Cell;

use crate::Test;
use crate::lane::{Lane, ask, blockers, fails, integers, request, succeeds};

pub(crate) const TESTS: &[(&str, Test)] = &[
    ("a_reset_leaves_nothing", a_reset_leaves_nothing),
    ("a_reset_ends_sessions_that_wait", a_reset_ends_sessions_that_wait),
    ("a_traces_roles_go_with_it", a_traces_roles_go_with_it),
    ("somebody_elses_role_is_left_alone", somebody_elses_role_is_left_alone),
];

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

fn a_traces_roles_go_with_it(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = Postgres::open(lane.endpoint(), Settings::default())?;
    let names = ["a 'b".to_owned(), "c".to_owned()];
    for _ in 0..2 {
        postgres.reset()?;
        assert_eq!(postgres.claim_roles(&names)?, None);
        postgres.connect(0, None)?;
        succeeds(&mut postgres, 0, "CREATE ROLE \"a 'b\" LOGIN; CREATE ROLE c ROLE \"a 'b\"")?;
        succeeds(&mut postgres, 0, "CREATE SCHEMA h AUTHORIZATION c; GRANT USAGE ON SCHEMA public TO \"a 'b\"")?;
        succeeds(&mut postgres, 0, "ALTER DEFAULT PRIVILEGES FOR ROLE c GRANT SELECT ON TABLES TO \"a 'b\"")?;
        assert_eq!(postgres.connect(1, Some("a 'b"))?.error, None);
        assert_eq!(succeeds(&mut postgres, 1, "SELECT current_user::text")?, [Cell::from_text("a 'b")]);
        succeeds(&mut postgres, 1, "CREATE TEMP SEQUENCE s")?;
        postgres.release_roles()?;
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

fn somebody_elses_role_is_left_alone(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = Postgres::open(lane.endpoint(), Settings::default())?;
    postgres.reset()?;
    postgres.connect(0, None)?;
    succeeds(&mut postgres, 0, "CREATE ROLE somebody")?;
    let taken = postgres.claim_roles(&["nobody's".to_owned(), "somebody".to_owned()])?;
    assert_eq!(taken.as_deref(), Some("somebody"));
    postgres.release_roles()?;
    postgres.connect(0, None)?;
    succeeds(&mut postgres, 0, "DROP ROLE somebody")?;
    // The role of the sessions is in nobody's way, and stays.
    assert_eq!(postgres.claim_roles(&["postgres".to_owned()])?, None);
    postgres.release_roles()?;
    postgres.connect(0, None)?;
    succeeds(&mut postgres, 0, "SELECT 1").map(|_| ())
}
