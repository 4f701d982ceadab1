//! `seqcheck check` on a server of this machine.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, kill_process};
use seqcheck::server::{self, Host, Server, Shutdown, Wanted};

use crate::{Said, ServerTest, Test, address, local_trials, say, seqcheck, server_trials};

pub(crate) fn trials() -> Vec<Trial> {
    let tests: &[(&str, Test)] = &[
        ("conforms", conforms),
        ("planted_fault", planted_fault),
        ("unmet_expectation", unmet_expectation),
        ("nothing_compared", nothing_compared),
        ("one_major_missing", one_major_missing),
        ("closed_output", closed_output),
        ("quoted_folder", quoted_folder),
    ];
    let mut trials = local_trials("check", tests);
    let tests: &[(&str, ServerTest)] = &[
        ("without_createdb", without_createdb),
        ("no_superuser", no_superuser),
        ("no_checkpoints", no_checkpoints),
        ("another_run", another_run),
        ("server_killed", server_killed),
        ("server_hangs", server_hangs),
    ];
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

/// Servers live in the folder for temporary files, whose name is in their configuration.
fn quoted_folder(folder: &Path) {
    let corpus = folder.join("corpus");
    fs::create_dir(&corpus).unwrap();
    let trace = "S1: CREATE SEQUENCE s\nR1: \\standby\nR1: SELECT last_value FROM s\n    1\n";
    fs::write(corpus.join("a.trace"), trace).unwrap();
    for name in ["a'b", "c\\d", "e,f", "g h"] {
        let temporary = folder.join(name);
        fs::create_dir(&temporary).unwrap();
        for place in [folder, &temporary] {
            // The server's user, another one than root, has to reach it.
            fs::set_permissions(place, fs::Permissions::from_mode(0o777)).unwrap();
        }
        let arguments =
            [&LOCAL[..], &["--corpus", "corpus", "--traces", "0", "--crashes", "0", "--lanes", "1"]].concat();
        let said = Said::from(seqcheck(folder, &arguments).env("TMPDIR", &temporary).output().unwrap());
        said.ends(0);
        assert!(!said.out.contains("unsupported"), "{name}: {}", said.out);
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

fn no_checkpoints(server: Server, folder: &Path) {
    execute(&server, "CREATE ROLE maker LOGIN CREATEDB");
    fs::create_dir(folder.join("corpus")).unwrap();
    for (name, checkpoint) in [("event", "\\checkpoint"), ("statement", "CHECKPOINT")] {
        let trace = format!("S1: CREATE SEQUENCE s\nS1: {checkpoint}\nS1: SELECT log_cnt FROM s\n    7\n");
        fs::write(folder.join("corpus").join(name).with_extension("trace"), trace).unwrap();
    }
    let url = address(&server, "maker");
    let arguments = ["check", "--url", &url, "--corpus", "corpus", "--traces", "0", "--lanes", "1"];
    let said = say(folder, &arguments);
    said.ends(0);
    assert!(said.err.contains("what needs a CHECKPOINT is left out"), "{}", said.err);
    let remedy = if server.major() < 15 { "only superusers may" } else { "GRANT pg_checkpoint TO \"maker\"" };
    assert!(said.out.contains("4 × CHECKPOINT and what comes after it") && said.out.contains(remedy), "{}", said.out);
    if server.major() >= 15 {
        execute(&server, "GRANT pg_checkpoint TO maker");
        let said = say(folder, &arguments);
        assert_eq!(said.code, Some(1), "the file expects what no server gives: {}\n{}", said.out, said.err);
        assert!(!said.out.contains("unsupported"), "{}", said.out);
    }
}

/// What one run does to roles and checkpoints would show in another.
fn another_run(server: Server, folder: &Path) {
    fs::write(folder.join("a.sql"), "CREATE SEQUENCE s; SELECT nextval('s');").unwrap();
    let url = address(&server, "postgres");
    let wanted = Wanted { url: Some(url.clone()), ..Wanted::default() };
    let mut first = server::obtain(&wanted, &Shutdown::without_signals()).unwrap();
    first.reserve().unwrap();
    let elsewhere = url.replace("dbname=postgres", "dbname=template1");
    let commands: [&[&str]; 5] =
        [&["check"], &["replay", "a.sql"], &["hammer"], &["fuzz", "--findings", "f"], &["shrink", "a.sql"]];
    for (command, url) in commands.iter().flat_map(|command| [(command, &url), (command, &elsewhere)]) {
        let name = format!("seqcheck run (process {})", std::process::id());
        say(folder, &[command, &["--url", url][..]].concat()).fails(2, &["another run of seqcheck", &name]);
    }
    drop(first);
    say(folder, &["replay", "a.sql", "--url", &url]).ends(0);
}

/// However many lanes there are, a server that hangs is waited for once, and then it is said what may be left on it.
fn server_hangs(server: Server, folder: &Path) {
    let url = address(&server, "postgres");
    let arguments = ["check", "--url", &url, "--traces", "1000000", "--lanes", "4", "--time-out", "2s"];
    let run = seqcheck(folder, &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut client = server.endpoint().connect().unwrap();
    let lanes = "SELECT count(DISTINCT datname) FROM pg_stat_activity WHERE application_name = 'seqcheck S1'";
    while client.query_one(lanes, &[]).unwrap().get::<_, i64>(0) < 4 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let Host::Unix(directory) = &server.endpoint().host else { panic!("the server is on a socket") };
    let lock_file = fs::read_to_string(directory.join("data/postmaster.pid")).unwrap();
    let postmaster = Pid::from_raw(lock_file.lines().next().unwrap().parse().unwrap()).unwrap();
    let sessions = "SELECT pid FROM pg_stat_activity WHERE datname LIKE 'seqcheck%'";
    let rows = client.query(sessions, &[]).unwrap();
    let sessions = rows.iter().filter_map(|row| Pid::from_raw(row.get(0)));
    let processes: Vec<Pid> = [postmaster].into_iter().chain(sessions).collect();
    let signal = |signal: Signal| {
        for process in &processes {
            // A session may have ended by itself meanwhile.
            let _ = kill_process(*process, signal);
        }
    };
    signal(Signal::STOP);
    let said = Said::from(run.wait_with_output().unwrap());
    signal(Signal::CONT);
    said.fails(3, &["within 2 s", "corpus/"]);
    assert_eq!(said.err.matches("may be left on").count(), 4, "{}", said.err);
    assert!(said.err.contains("drop it: DROP DATABASE IF EXISTS seqcheck_"), "{}", said.err);
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
