//! Servers that do not start: the error shows what they printed, and nothing of them is left.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use seqcheck::server::{self, Kind, ServerError, Shutdown, Wanted};
use tempfile::TempDir;

use crate::leftovers::assert_gone;

pub(crate) fn trials() -> Vec<Trial> {
    let trial = |name: &str, initdb: &'static str, postgres: &'static str, problem: &'static str| {
        Trial::test(format!("local::{name}"), move || fails_to_start(initdb, postgres, problem))
    };
    vec![
        trial("failed_initdb", r#"echo "no room in $2"; exit 1"#, "exit", "initdb failed"),
        trial("failed_start", MAKE_DATA, r#"echo "bad file in $2"; exit 1"#, "the server ended at once"),
        trial(
            "start_that_hangs",
            MAKE_DATA,
            r#"echo "stuck in $2"; while :; do sleep 0.1; done"#,
            "not ready after 1 s",
        ),
    ]
}

/// What an initdb leaves behind at the least; its second argument is the data directory.
const MAKE_DATA: &str = r#"mkdir "$2"; touch "$2/postgresql.conf""#;

fn fails_to_start(initdb: &str, postgres: &str, problem: &str) -> Result<(), Failed> {
    let programs = stand_ins(initdb, postgres)?;
    let wanted = Wanted {
        kind: Kind::Local,
        bindir: Some(programs.path().to_owned()),
        start_limit: Some(Duration::from_secs(1)),
        ..Wanted::default()
    };
    let error = server::obtain(&wanted, &Shutdown::without_signals()).unwrap_err();
    assert!(matches!(error, ServerError::Program { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(problem), "{text}");
    // The stand-in printed its data directory, and the error shows what it printed.
    let data = text.rsplit_once(" in ").ok_or("the error does not show the log")?.1;
    let directory = data.strip_suffix("/data").ok_or_else(|| format!("no directory in: {text}"))?;
    assert_gone(directory, Duration::ZERO)
}

/// A directory with scripts that pass for PostgreSQL's programs.
fn stand_ins(initdb: &str, postgres: &str) -> Result<TempDir, Failed> {
    let directory = tempfile::tempdir()?;
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755))?;
    let version = r#"if [ "$1" = --version ]; then echo "postgres (PostgreSQL) 15.0"; exit; fi"#;
    script(&directory.path().join("initdb"), initdb)?;
    script(&directory.path().join("postgres"), &format!("{version}\n{postgres}"))?;
    Ok(directory)
}

fn script(path: &Path, text: &str) -> Result<(), Failed> {
    fs::write(path, format!("#!/bin/sh\n{text}\n"))?;
    fs::set_permissions(path, Permissions::from_mode(0o755))?;
    Ok(())
}
