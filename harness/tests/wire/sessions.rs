//! Sessions that wait, end and are ended.

use std::time::{Duration, Instant};

use seqcheck::{Implementation, Infrastructure, Received};
use seqcheck_engine::Cell;

use crate::Test;
use crate::lane::{Lane, ask, blockers, fails, receive, request, succeeds};
use crate::scripted::value;

pub(crate) const TESTS: &[(&str, Test)] = &[
    ("a_wait_names_its_blockers", a_wait_names_its_blockers),
    ("a_disconnect_releases_locks", a_disconnect_releases_locks),
    ("a_killed_session_is_infrastructure", a_killed_session_is_infrastructure),
    ("events_work_or_say_that_they_do_not", events_work_or_say_that_they_do_not),
];

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
