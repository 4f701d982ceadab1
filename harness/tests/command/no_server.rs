//! No server, or one that does not answer: exit code 3, and what to do about it.

use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::thread;

use libtest_mimic::Trial;

use crate::{Said, Test, plain_trials, say, seqcheck};

pub(crate) fn trials() -> Vec<Trial> {
    let tests: &[(&str, Test)] = &[
        ("nothing_found", nothing_found),
        ("no_programs", no_programs),
        ("refused", refused),
        ("unknown_host", unknown_host),
        ("not_postgres", not_postgres),
        ("silent", silent),
    ];
    plain_trials("no_server", tests)
}

fn nothing_found(folder: &Path) {
    let mut command = seqcheck(folder, &["check", "--server", "container", "--json", "out.json"]);
    let said = Said::from(command.env("DOCKER_HOST", "unix:///nonexistent").output().unwrap());
    said.fails(3, &["container postgres:"]);
    assert!(said.out.contains("undecided"), "{}", said.out);
    let json = std::fs::read_to_string(folder.join("out.json")).unwrap();
    assert!(json.contains("\"conforms\": false") && json.contains("\"conclusion\": \"undecided\""), "{json}");
}

fn no_programs(folder: &Path) {
    say(folder, &["check", "--bindir", "/nonexistent"]).fails(3, &["/nonexistent", "--bindir", "--server container"]);
}

fn refused(folder: &Path) {
    // Port 1 is reserved and unused.
    let url = "postgres://ann:secret@127.0.0.1:1/shop";
    for command in ["check", "replay"] {
        std::fs::write(folder.join("a.sql"), "SELECT 1").unwrap();
        let arguments: &[&str] = if command == "check" { &["check"] } else { &["replay", "a.sql"] };
        let said = say(folder, &[arguments, &["--url", url]].concat());
        said.fails(
            3,
            &["cannot connect to postgres://ann@127.0.0.1:1/shop", "refused", "check that a server runs there"],
        );
        assert!(!said.err.contains("secret"), "{}", said.err);
    }
}

fn unknown_host(folder: &Path) {
    say(folder, &["check", "--url", "postgres://ann@no-such-host.invalid/shop"]).fails(3, &["no-such-host.invalid"]);
}

fn not_postgres(folder: &Path) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://ann@{}/shop", listener.local_addr().unwrap());
    thread::spawn(move || {
        // Takes every connection, reads the greeting, and hangs up.
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 64]);
        }
    });
    say(folder, &["check", "--url", &url]).fails(3, &["cannot connect to"]);
}

fn silent(folder: &Path) {
    // The operating system takes the connections, and nobody ever answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://ann@{}/shop", listener.local_addr().unwrap());
    let said = say(folder, &["check", "--url", &url, "--time-out", "1s"]);
    said.fails(3, &["gave no answer within 1 s"]);
}
