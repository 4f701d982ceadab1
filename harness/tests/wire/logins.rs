//! Who gets in, and how.

use seqcheck::implementation::postgres::{Postgres, Settings};
use seqcheck::{Implementation, Infrastructure};
use seqcheck_engine::{Cell, Reply, Severity};

use crate::Test;
use crate::lane::{Lane, integers, succeeds};

pub(crate) const TESTS: &[(&str, Test)] = &[
    ("every_authentication_method_works", every_authentication_method_works),
    ("a_refused_role_is_a_reply", a_refused_role_is_a_reply),
    ("an_ordinary_user_is_enough", an_ordinary_user_is_enough),
];

fn every_authentication_method_works(lane: &Lane) -> Result<(), Infrastructure> {
    for (user, password) in [("clear", "secret"), ("hashed", "secret"), ("scrambled", "sécret")] {
        let endpoint = |password| lane.server.tcp_endpoint(&lane.database, user, password);
        let mut postgres = Postgres::open(endpoint(Some(password)), Settings::default())?;
        postgres.connect(0, None)?;
        assert_eq!(succeeds(&mut postgres, 0, "SELECT current_user::text")?, [Cell::from_text(user)]);
        for wrong in [Some("wrong"), None] {
            let error = Postgres::open(endpoint(wrong), Settings::default()).err();
            assert!(matches!(error, Some(Infrastructure::Connect { .. })), "{user} with {wrong:?}: {error:?}");
        }
    }
    Ok(())
}

fn a_refused_role_is_a_reply(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = Postgres::open(lane.server.tcp_endpoint(&lane.database, "postgres", None), Settings::default())?;
    let error = postgres.connect(0, Some("nobody_in"))?.error.expect("it may not log in");
    assert_eq!((error.severity, error.sqlstate.code()), (Severity::Fatal, "28000"));
    assert_eq!(postgres.connect(0, Some("ordinary"))?, Reply::default());
    assert_eq!(succeeds(&mut postgres, 0, "SELECT current_user::text")?, [Cell::from_text("ordinary")]);
    Ok(())
}

/// A user without superuser's rights, who only owns the database.
fn an_ordinary_user_is_enough(lane: &Lane) -> Result<(), Infrastructure> {
    let endpoint = lane.server.tcp_endpoint(&lane.database, "ordinary", None);
    let mut postgres = Postgres::open(endpoint, Settings::default())?;
    postgres.reset()?;
    postgres.connect(0, None)?;
    succeeds(&mut postgres, 0, "CREATE SCHEMA a; CREATE SEQUENCE a.s; SELECT nextval('a.s')")?;
    postgres.reset()?;
    postgres.connect(0, None)?;
    let left = succeeds(&mut postgres, 0, "SELECT count(*) FROM pg_namespace WHERE nspname = 'a'")?;
    assert_eq!(left, integers(&[0]));
    Ok(())
}
