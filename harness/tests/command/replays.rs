//! `seqcheck replay`, above all the JSON that programs read.

use std::fs;
use std::path::Path;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::{Test, local_trials, plain_trials, say};

const SCRIPT: &str = "\
CREATE SEQUENCE s;
SELECT nextval('s'), NULL AS x;
SELECT nextval('nope');
DROP SEQUENCE IF EXISTS q;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
SELECT 1; SELECT currval('s');
";

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = plain_trials("replay", &[("json_of_the_model", json_of_the_model)]);
    let tests: &[(&str, Test)] =
        &[("json_of_both", json_of_both), ("unmet_expectation", unmet_expectation), ("waiting", waiting)];
    trials.extend(local_trials("replay", tests));
    trials
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

fn json_of_both(folder: &Path) {
    fs::write(folder.join("a.sql"), SCRIPT).unwrap();
    let steps = steps(folder, &["replay", "a.sql", "--server", "local", "--json", "-"], 0);
    for step in steps.iter().filter(|step| step["verdict"] == "agrees") {
        assert_eq!(keys(step), ["file", "line", "step", "session", "sql", "model", "server", "verdict"]);
        assert_eq!(step["model"], step["server"]);
    }
    let row = json!({ "rows": [["1", null]], "columns": ["nextval", "x"], "tag": "SELECT 1" });
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
        let later = json!({ "waits": true, "later": { "rows": [["1"]], "columns": ["nextval"], "tag": "SELECT 1" } });
        assert_eq!(waited["server"], later);
    }
}
