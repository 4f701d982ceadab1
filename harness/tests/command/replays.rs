//! `seqcheck replay`, above all the JSON that programs read.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, kill_process};
use seqcheck::server::Server;
use serde_json::{Value, json};

use crate::{Said, Test, address, local_trials, plain_trials, say, seqcheck, server_trials};

const SCRIPT: &str = "\
CREATE SEQUENCE s;
SELECT nextval('s'), NULL AS x;
SELECT nextval('nope');
DROP SEQUENCE IF EXISTS q;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
SELECT 1; SELECT currval('s');
";

pub(crate) fn trials() -> Vec<Trial> {
    let tests: &[(&str, Test)] = &[
        ("json_of_the_model", json_of_the_model),
        ("commands_of_psql", commands_of_psql),
        ("variables_of_psql", variables_of_psql),
        ("script_that_an_error_ends", script_that_an_error_ends),
        ("model_without_server", model_without_server),
    ];
    let mut trials = plain_trials("replay", tests);
    let tests: &[(&str, Test)] = &[
        ("json_of_both", json_of_both),
        ("unmet_expectation", unmet_expectation),
        ("waiting", waiting),
        ("blessed", blessed),
    ];
    trials.extend(local_trials("replay", tests));
    trials.extend(server_trials("replay", &[("session_hangs", session_hangs)]));
    trials
}

fn blessed(folder: &Path) {
    fs::write(folder.join("new.trace"), "S1: CREATE SEQUENCE s\nS1: SELECT nextval('s')\n").unwrap();
    let bless = |folder: &Path| {
        let output =
            seqcheck(folder, &["replay", "new.trace", "--bless", "--server", "local"]).env_remove("CI").output();
        Said::from(output.unwrap())
    };
    // Before that nothing is expected of it.
    say(folder, &["replay", "new.trace", "--server", "local"]).ends(0);
    let said = bless(folder);
    said.ends(0);
    assert!(said.out.contains("1 step blessed") && !said.out.contains("not as the file expects"), "{}", said.out);
    assert!(fs::read_to_string(folder.join("new.trace")).unwrap().ends_with("S1: SELECT nextval('s')\n    1\n"));
    bless(folder).ends(0);
}

/// The steps of a replay, each an object.
fn steps(folder: &Path, arguments: &[&str], code: i32) -> Vec<Value> {
    let said = say(folder, arguments);
    said.ends(code);
    said.out.lines().map(|line| serde_json::from_str(line).expect("each line is an object")).collect()
}

fn keys(step: &Value) -> Vec<&str> {
    step.as_object().unwrap().keys().map(String::as_str).collect()
}

fn json_of_the_model(folder: &Path) {
    fs::write(folder.join("a.sql"), SCRIPT).unwrap();
    let steps = steps(folder, &["replay", "a.sql", "--model-only", "--json", "-"], 0);
    assert_eq!(steps.len(), 7);
    assert_eq!(keys(&steps[0]), ["file", "line", "step", "session", "sql", "model", "verdict"]);
    assert_eq!(steps[0]["model"], json!({ "tag": "CREATE SEQUENCE" }));
    assert_eq!((&steps[6]["line"], &steps[6]["step"]), (&json!(6), &json!(7)));
}

/// What psql's own commands do to the session counts, even where they cannot be followed.
fn commands_of_psql(folder: &Path) {
    let script = r"
CREATE SEQUENCE s;
SELECT nextval('s');
\c
SELECT lastval();
\connect other
\if `true`
SELECT 1;
\c
\endif
SELECT 2;
\q
SELECT 3;
";
    fs::write(folder.join("a.sql"), script).unwrap();
    let steps = steps(folder, &["replay", "a.sql", "--model-only", "--json", "-"], 0);
    let said: Vec<(&str, &str)> =
        steps.iter().map(|step| (step["sql"].as_str().unwrap(), step["verdict"].as_str().unwrap())).collect();
    let expected = [
        ("CREATE SEQUENCE s", "agrees"),
        ("SELECT nextval('s')", "agrees"),
        ("\\connect", "agrees"),
        ("SELECT lastval()", "agrees"),
        ("\\connect other", "unsupported"),
        ("\\connect", "agrees"),
        ("SELECT 1", "unsupported"),
        ("\\c", "unsupported"),
        ("SELECT 2", "agrees"),
    ];
    assert_eq!(said, expected);
    assert_eq!(steps[3]["model"]["error"]["sqlstate"], "55000");
    assert_eq!(steps[6]["reason"], "psql's \\if, whose condition is up to the output of a command");
}

/// What uses a value that only psql would know is not run, let alone counted as agreement on a syntax error.
fn variables_of_psql(folder: &Path) {
    let script = r"
\set first 7
CREATE SEQUENCE s;
SELECT setval('s', :first);
SELECT nextval('s') AS id \gset
SELECT setval('s', :id);
SELECT lastval();
";
    fs::write(folder.join("a.sql"), script).unwrap();
    let steps = steps(folder, &["replay", "a.sql", "--model-only", "--json", "-"], 0);
    assert_eq!(steps[1]["sql"], "SELECT setval('s', 7)");
    assert_eq!(steps[2]["model"]["rows"], json!([["8"]]));
    assert_eq!((&steps[3]["sql"], &steps[3]["verdict"]), (&json!("SELECT setval('s', :id)"), &json!("unsupported")));
    assert_eq!(steps[3]["reason"], "the psql variable id, which \\gset in line 5 sets");
    assert_eq!(steps[4]["model"]["rows"], json!([["8"]]));
    say(folder, &["export", "a.sql", "--to", "slt"]).fails(2, &["a.sql:6: ", "the psql variable id"]);
}

/// With `ON_ERROR_STOP` nothing counts that follows the first error.
fn script_that_an_error_ends(folder: &Path) {
    fs::write(folder.join("a.sql"), "\\set ON_ERROR_STOP on\nCREATE SEQUENCE s;\nSELECT nextval('t');\nSELECT 1;\n")
        .unwrap();
    let steps = steps(folder, &["replay", "a.sql", "--model-only", "--json", "-"], 0);
    let verdicts: Vec<&Value> = steps.iter().map(|step| &step["verdict"]).collect();
    assert_eq!(verdicts, ["agrees", "agrees", "unsupported"]);
    assert_eq!(steps[2]["reason"], "not reached: psql's ON_ERROR_STOP ends the script at the error in line 3");
}

fn json_of_both(folder: &Path) {
    fs::write(folder.join("a.sql"), SCRIPT).unwrap();
    let steps = steps(folder, &["replay", "a.sql", "--server", "local", "--json", "-"], 0);
    for step in steps.iter().filter(|step| step["verdict"] == "agrees") {
        assert_eq!(keys(step), ["file", "line", "step", "session", "sql", "model", "server", "verdict"]);
        assert_eq!(step["model"], step["server"]);
    }
    let row = json!({ "rows": [["1", null]], "columns": ["nextval", "x"], "types": [20, 25], "tag": "SELECT 1" });
    assert_eq!(steps[1]["server"], row);
    assert_eq!(
        steps[2]["server"],
        json!({ "error": { "sqlstate": "42P01", "message": "relation \"nope\" does not exist" } })
    );
    let notice =
        json!({ "severity": "NOTICE", "sqlstate": "00000", "message": "sequence \"q\" does not exist, skipping" });
    assert_eq!(steps[3]["server"], json!({ "tag": "DROP SEQUENCE", "notices": [notice] }));
    assert_eq!(keys(&steps[4]), ["file", "line", "step", "session", "sql", "verdict", "reason"]);
    assert_eq!((&steps[4]["verdict"], &steps[4]["reason"]), (&json!("unsupported"), &json!("CREATE FUNCTION")));
}

fn model_without_server(folder: &Path) {
    fs::write(folder.join("a.sql"), "SELECT 1").unwrap();
    for option in [["--url", "postgres://h/d"], ["--server", "local"], ["--bindir", "/bin"]] {
        say(folder, &[&["replay", "a.sql", "--model-only"], &option[..]].concat())
            .fails(2, &["--model-only", option[0]]);
    }
    say(folder, &["replay", "a.sql", "--model-only", "--postgres", "15"]).ends(0);
}

fn unmet_expectation(folder: &Path) {
    fs::write(folder.join("a.trace"), "S1: CREATE SEQUENCE s\nS1: SELECT nextval('s')\n    2\n").unwrap();
    let steps = steps(folder, &["replay", "a.trace", "--server", "local", "--json", "-"], 1);
    assert_eq!(steps[1]["verdict"], "agrees");
    assert_eq!(steps[1]["unmet"], json!({ "expected": ["2"], "actual": ["1"] }));
}

fn waiting(folder: &Path) {
    let trace =
        "S1: CREATE SEQUENCE s\nS1: BEGIN\nS1: ALTER SEQUENCE s INCREMENT 2\nS2: SELECT nextval('s')\nS1: COMMIT\n";
    fs::write(folder.join("a.trace"), trace).unwrap();
    let said = say(folder, &["replay", "a.trace", "--server", "local", "--json", "-"]);
    let steps: Vec<Value> = said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let waited = &steps[3];
    // The model may not predict waiting yet; then it must say so rather than compare.
    if waited["verdict"] != "unsupported" {
        let later = json!({ "waits": true, "later": { "rows": [["1"]], "columns": ["nextval"], "types": [20], "tag": "SELECT 1" } });
        assert_eq!(waited["server"], later);
    }
}

/// A session that hangs for good takes the file with it that ran into it, and no other.
fn session_hangs(server: Server, folder: &Path) {
    // The server counts through all values that a session caches, which leaves time to stop it.
    let count = "DISCARD SEQUENCES;\nSELECT nextval('s');\n";
    fs::write(folder.join("a.sql"), format!("CREATE SEQUENCE s CACHE 1000000000;\n{}", count.repeat(9))).unwrap();
    for file in ["b.sql", "c.sql"] {
        fs::write(folder.join(file), "CREATE SEQUENCE s; SELECT nextval('s')").unwrap();
    }
    let url = address(&server, "postgres");
    let arguments = ["replay", "a.sql", "b.sql", "c.sql", "--url", &url, "--time-out", "3s"];
    let mut run = seqcheck(folder, &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Stopped as it begins or ends, it might hold what every session needs; while it counts, it holds its sequence only.
    let counting = "SELECT pid FROM pg_stat_activity WHERE application_name = 'seqcheck S1' AND state = 'active' \
                    AND query LIKE '%nextval%' AND clock_timestamp() - query_start > interval '200 ms'";
    let mut client = server.endpoint().connect().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    let process: i32 = loop {
        match client.query(counting, &[]).unwrap().first() {
            Some(row) => break row.get(0),
            None => assert!(Instant::now() < deadline, "the session never counts"),
        }
    };
    // Stopped, it does not even end when it is told to.
    let process = Pid::from_raw(process).unwrap();
    kill_process(process, Signal::STOP).unwrap();
    let begun = Instant::now();
    let mut listing = String::new();
    let mut out = BufReader::new(run.stdout.take().unwrap());
    while !listing.ends_with("c.sql\n") && out.read_line(&mut listing).unwrap() > 0 {}
    let took = begun.elapsed();
    // The server cannot drop any database before all its processes have heard of it.
    kill_process(process, Signal::CONT).unwrap();
    out.read_to_string(&mut listing).unwrap();
    let said = Said::from(run.wait_with_output().unwrap());
    said.fails(3, &["a.sql: S1", "gave no reply within 3 s"]);
    let (_, others) = listing.split_once("b.sql\n").unwrap_or_else(|| panic!("{listing}{}", said.err));
    assert_eq!(others.matches('✓').count(), 4, "{listing}");
    assert!(took < Duration::from_secs(20), "{took:?}");
}
