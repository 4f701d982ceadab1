//! `seqcheck check` on a server of this machine.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use libtest_mimic::Trial;
use seqcheck::server::Server;

use crate::{Said, ServerTest, Test, address, local_trials, say, seqcheck, server_trials};

pub(crate) fn trials() -> Vec<Trial> {
    let tests: &[(&str, Test)] = &[
        ("conforms", conforms),
        ("planted_fault", planted_fault),
        ("unmet_expectation", unmet_expectation),
        ("nothing_compared", nothing_compared),
        ("one_major_missing", one_major_missing),
        ("closed_output", closed_output),
    ];
    let mut trials = local_trials("check", tests);
    let tests: &[(&str, ServerTest)] =
        &[("without_createdb", without_createdb), ("no_superuser", no_superuser), ("server_killed", server_killed)];
    trials.extend(server_trials("check", tests));
    trials
}

const LOCAL: [&str; 3] = ["check", "--server", "local"];

fn check(folder: &Path, more: &[&str]) -> Said {
    say(folder, &[&LOCAL, more].concat())
}

fn conforms(folder: &Path) {
    let said = check(folder, &["--traces", "50", "--json", "o.json", "--junit", "o.xml", "--html", "o.html"]);
    said.ends(0);
    assert!(said.out.contains("50 generated") && said.out.contains("conforms: 0 divergences"), "{}", said.out);
    assert!(!said.out.contains('\x1b'), "colours outside a terminal: {}", said.out);
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&read("o.json")).unwrap();
    assert_eq!(json["conforms"], true);
    assert_eq!(json["servers"][0]["generated_traces"], 50);
    assert!(read("o.xml").contains("<testsuite "));
    let page = read("o.html");
    assert!(
        page.contains("conforms") && page.contains("nextval.advances"),
        "the page tells the verdict and the clauses"
    );
    assert!(!page.contains("src="), "the page needs no other file");
    assert!(!folder.join("findings").exists());
}

fn planted_fault(folder: &Path) {
    let planted = &["--traces", "300", "--quirk", "cycle-to-start", "--html", "o.html", "--json", "-"];
    let said = check(folder, planted);
    said.ends(1);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(json["conclusion"], "diverges");
    let finding = &json["servers"][0]["findings"][0];
    let file = finding["file"].as_str().expect("the finding is written");
    assert!(folder.join(file).starts_with(folder.join("findings")));
    let page = fs::read_to_string(folder.join("o.html")).unwrap();
    assert!(page.contains("<mark>") && page.contains(">differs<"), "{page}");
    // The printed command shows the fault again, and without the fault the file is a test that passes.
    let command = finding["reproduce"].as_str().unwrap();
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    assert!(command.ends_with("--quirk cycle-to-start"), "{command}");
    say(folder, &words).ends(1);
    say(folder, &["replay", file, "--server", "local"]).ends(0);
}

fn nothing_compared(folder: &Path) {
    fs::create_dir(folder.join("corpus")).unwrap();
    let said = check(folder, &["--traces", "0", "--crashes", "0", "--corpus", "corpus"]);
    said.fails(2, &["nothing was compared"]);
    assert!(!said.out.contains("conforms"), "{}", said.out);
    // The same when there are traces, but none that the model covers.
    fs::write(folder.join("corpus/a.trace"), "S1: CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'\n")
        .unwrap();
    let said = check(folder, &["--traces", "0", "--crashes", "0", "--corpus", "corpus", "--junit", "o.xml"]);
    said.fails(2, &["nothing was compared"]);
    assert!(said.out.contains("1 × CREATE FUNCTION"), "{}", said.out);
    assert!(fs::read_to_string(folder.join("o.xml")).unwrap().contains("<error "));
}

fn unmet_expectation(folder: &Path) {
    fs::create_dir(folder.join("wanted")).unwrap();
    let trace = "# clause: nextval.advances\nS1: CREATE SEQUENCE s\nS1: SELECT nextval('s')\n    2\nS1: SELECT nextval('s')\n    3\n";
    fs::write(folder.join("wanted/a.trace"), trace).unwrap();
    let said = check(folder, &["--traces", "0", "--crashes", "0", "--corpus", "wanted", "--json", "-"]);
    said.ends(1);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    // What the file expects after that rests on it.
    let findings = json["servers"][0]["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{findings:?}");
    let file = findings[0]["file"].as_str().unwrap();
    let written = fs::read_to_string(folder.join(file)).unwrap();
    assert!(written.contains("--corpus wanted, a.trace of the corpus"), "{written}");
    // The command that the finding names shows it again.
    let command = findings[0]["reproduce"].as_str().unwrap();
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    let again = say(folder, &words);
    again.ends(1);
    assert!(again.out.contains("not as the file expects"), "{}", again.out);
}

fn one_major_missing(folder: &Path) {
    // No machine has all six of them in one folder.
    let said = check(folder, &["--traces", "20", "--crashes", "1", "--postgres", "13,14,15,16,17,18"]);
    if said.code == Some(0) {
        return;
    }
    said.fails(3, &["no PostgreSQL"]);
    assert!(said.out.contains("20 generated") && said.out.contains("undecided"), "{}", said.out);
}

fn closed_output(folder: &Path) {
    let mut child = seqcheck(folder, &[&LOCAL[..], &["--traces", "50", "--crashes", "0"]].concat())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    if let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") {
        let output = seqcheck(folder, &[&LOCAL[..], &["--traces", "5", "--crashes", "0"]].concat())
            .stdout(full)
            .output()
            .unwrap();
        Said::from(output).fails(3, &["cannot write to standard output"]);
    }
}

fn execute(server: &Server, sql: &str) {
    server.endpoint().connect().unwrap().batch_execute(sql).unwrap();
}

fn without_createdb(server: Server, folder: &Path) {
    execute(&server, "CREATE ROLE poor LOGIN");
    let said = say(folder, &["check", "--url", &address(&server, "poor"), "--traces", "5"]);
    said.fails(3, &["may not create databases", "ALTER ROLE \"poor\" CREATEDB"]);
    assert!(!said.out.contains("conforms"), "{}", said.out);
}

fn no_superuser(server: Server, folder: &Path) {
    execute(&server, "CREATE ROLE maker LOGIN CREATEDB");
    fs::write(folder.join("a.sql"), "CREATE SEQUENCE s; SELECT nextval('s');").unwrap();
    let said = say(folder, &["replay", "a.sql", "--url", &address(&server, "maker")]);
    said.ends(0);
    assert!(said.err.contains("no superuser"), "{}", said.err);
    let mut left = server.endpoint().connect().unwrap();
    let rows = left.query("SELECT datname FROM pg_database WHERE datname LIKE 'seqcheck%'", &[]).unwrap();
    assert!(rows.is_empty(), "a database was left behind");
}

fn server_killed(server: Server, folder: &Path) {
    let arguments = ["check", "--url", &address(&server, "postgres"), "--traces", "1000000", "--findings", "f"];
    let run = seqcheck(folder, &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut client = server.endpoint().connect().unwrap();
    let lanes = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'seqcheck S1'";
    while client.query(lanes, &[]).unwrap().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    drop(client);
    // The server is stopped at once and its files go, as when somebody deletes it.
    drop(server);
    Said::from(run.wait_with_output().unwrap()).fails(3, &[]);
}
