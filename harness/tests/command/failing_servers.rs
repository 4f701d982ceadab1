//! Servers that seqcheck starts and that fail under a trace: a finding when it happens each time, nothing otherwise.
//!
//! The servers are PostgreSQL, with a trigger for commands that ends the session, or sleeps, at the name `doomed`.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use libtest_mimic::Trial;
use seqcheck::server::Server;

use crate::{Said, ServerTest, say, server_trials};

pub(crate) fn trials() -> Vec<Trial> {
    let tests: &[(&str, ServerTest)] = &[
        ("dies_each_time", dies_each_time),
        ("falls_silent_each_time", falls_silent_each_time),
        ("does_not_come_back", does_not_come_back),
        ("dies_once", dies_once),
        ("dies_each_time_it_is_replayed", dies_each_time_it_is_replayed),
        ("dies_once_when_replayed", dies_once_when_replayed),
    ];
    server_trials("failing_server", tests)
}

const TRACE: &str = "S1: CREATE SEQUENCE s
S1: SELECT nextval('s')
    1
S1: CREATE SEQUENCE doomed
S2: SELECT nextval('s')
    2
";

/// Has each server run a statement at the name `doomed`; only the first one that is made, where `once`.
fn with_trigger(statement: &str, once: bool) -> String {
    let body = format!("BEGIN IF current_query() LIKE '%doomed%' THEN {statement}; END IF; END");
    let sql = format!(
        "CREATE FUNCTION pg_catalog.fall() RETURNS event_trigger LANGUAGE plpgsql AS \\$\\$ {body} \\$\\$\n\
         CREATE EVENT TRIGGER fall ON ddl_command_start EXECUTE FUNCTION pg_catalog.fall()"
    );
    let condition = if once { "[ ! -e \"$0.done\" ]" } else { "true" };
    format!(
        "\"$real/initdb\" \"$@\" || exit 1
if {condition}; then
\"$real/postgres\" --single -O -D \"$2\" template0 <<END || exit 1
{sql}
END
fi
touch \"$0.done\""
    )
}

/// Writes these scripts as a server's programs, and one trace; `$real` is where PostgreSQL's are. Returns where they are.
fn prepare(server: &Server, folder: &Path, initdb: &str, postgres: &str, trace: &str) -> String {
    let real = server.origin().strip_prefix("local binaries ").expect("the server is one of this machine");
    let programs = folder.join("bin");
    for place in [folder, &programs] {
        fs::create_dir_all(place).unwrap();
        // The server's user enters it, and leaves a mark that it has been there.
        fs::set_permissions(place, Permissions::from_mode(0o777)).unwrap();
    }
    for (name, text) in [("initdb", initdb), ("postgres", postgres)] {
        let file = programs.join(name);
        fs::write(&file, format!("#!/bin/sh\nreal='{real}'\n{text}\n")).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
    }
    fs::create_dir(folder.join("corpus")).unwrap();
    fs::write(folder.join("corpus/a.trace"), trace).unwrap();
    programs.display().to_string()
}

/// Judges servers of these programs by one trace.
fn check(server: &Server, folder: &Path, initdb: &str, postgres: &str, trace: &str) -> Said {
    let bindir = prepare(server, folder, initdb, postgres, trace);
    let traces = ["--corpus", "corpus", "--traces", "0", "--crashes", "0", "--lanes", "1"];
    say(folder, &[&["check", "--bindir", &bindir, "--time-out", "4s", "--json", "o.json"], &traces[..]].concat())
}

/// Replays one trace on servers of these programs.
fn replay(server: &Server, folder: &Path, initdb: &str) -> Said {
    let bindir = prepare(server, folder, initdb, POSTGRES, TRACE);
    say(folder, &["replay", "corpus/a.trace", "--bindir", &bindir, "--time-out", "4s"])
}

const INITDB: &str = "exec \"$real/initdb\" \"$@\"";
const POSTGRES: &str = "exec \"$real/postgres\" \"$@\"";

/// Holds a run to one finding that says this, whose trace has the fatal step. How much of it is left depends on how
/// fast the machine starts servers.
#[track_caller]
fn found(said: &Said, folder: &Path, file: &str, words: &str) {
    said.ends(1);
    assert!(said.out.contains("divergences  1") && said.out.contains(words), "{}", said.out);
    let text = fs::read_to_string(folder.join("findings").join(file)).unwrap();
    assert!(text.lines().any(|line| line == "S1: CREATE SEQUENCE doomed"), "{text}");
}

fn dies_each_time(server: Server, folder: &Path) {
    let initdb = with_trigger("PERFORM pg_terminate_backend(pg_backend_pid())", false);
    let said = check(&server, folder, &initdb, POSTGRES, TRACE);
    found(&said, folder, "create-sequence-failure.trace", "CREATE SEQUENCE doomed makes the server fail: 57P01");
    let json: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("o.json")).unwrap()).unwrap();
    let server = &json["servers"][0];
    assert!(server["infrastructure"].is_null());
    assert!(server["findings"][0]["server"]["failed"].as_str().is_some_and(|what| what.starts_with("57P01")));
    assert_eq!(server["findings"][0]["model"]["tag"], "CREATE SEQUENCE");
}

fn falls_silent_each_time(server: Server, folder: &Path) {
    let initdb = with_trigger("PERFORM pg_sleep(600)", false);
    let said = check(&server, folder, &initdb, POSTGRES, TRACE);
    found(&said, folder, "create-sequence-silence.trace", "no reply within 4 s");
}

fn does_not_come_back(server: Server, folder: &Path) {
    // Each data directory lets a server start once.
    let postgres =
        "[ \"$1\" = -D ] && { [ -e \"$2.used\" ] && { echo 'PANIC:  no way back'; exit 1; }; touch \"$2.used\"; }\n";
    let said = check(&server, folder, INITDB, &format!("{postgres}{POSTGRES}"), "S1: CREATE SEQUENCE s\nS1: \\crash\n");
    said.ends(1);
    assert!(said.out.contains("\\crash makes the server fail") && said.out.contains("no way back"), "{}", said.out);
}

fn dies_once(server: Server, folder: &Path) {
    let initdb = with_trigger("PERFORM pg_terminate_backend(pg_backend_pid())", true);
    let said = check(&server, folder, &initdb, POSTGRES, TRACE);
    said.fails(3, &["57P01"]);
    assert!(said.out.contains("divergences  0") && said.out.contains("undecided"), "{}", said.out);
}

fn dies_each_time_it_is_replayed(server: Server, folder: &Path) {
    let said = replay(&server, folder, &with_trigger("PERFORM pg_terminate_backend(pg_backend_pid())", false));
    said.ends(1);
    assert!(said.out.contains("57P01") && said.out.contains("1 diverge"), "{}", said.out);
}

fn dies_once_when_replayed(server: Server, folder: &Path) {
    let said = replay(&server, folder, &with_trigger("PERFORM pg_terminate_backend(pg_backend_pid())", true));
    said.fails(3, &["57P01"]);
}
