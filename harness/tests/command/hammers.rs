//! `seqcheck hammer`: runs on a server of this machine, what interrupts them, and histories in files.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, kill_process};
use seqcheck::server::Server;

use crate::{Said, ServerTest, Test, address, local_trials, plain_trials, say, seqcheck, server_trials};

pub(crate) fn trials() -> Vec<Trial> {
    let tests: &[(&str, Test)] = &[
        ("usage", usage),
        ("corrupt_history", corrupt_history),
        ("forbidden_history", forbidden_history),
        ("history_cut_off", history_cut_off),
        ("gaps", gaps),
        ("nothing_to_check", nothing_to_check),
    ];
    let mut trials = plain_trials("hammer", tests);
    let tests: &[(&str, Test)] = &[("conforms", conforms), ("disturbed", disturbed), ("interrupted", interrupted)];
    trials.extend(local_trials("hammer", tests));
    let tests: &[(&str, ServerTest)] = &[("server_killed", server_killed), ("server_hangs", server_hangs)];
    trials.extend(server_trials("hammer", tests));
    trials
}

fn usage(folder: &Path) {
    say(folder, &["hammer", "--connections", "0"]).fails(2, &["--connections"]);
    say(folder, &["hammer", "--cache", "0"]).fails(2, &["--cache"]);
    say(folder, &["hammer", "--check", "h.jsonl", "--crashes"]).fails(2, &["--check", "--crashes"]);
    for option in [["--url", "postgres://h/d"], ["--server", "local"], ["--bindir", "/bin"], ["--postgres", "15"]] {
        say(folder, &[&["hammer", "--check", "h.jsonl"], &option[..]].concat()).fails(2, &["--check", option[0]]);
    }
    say(folder, &["hammer", "--check", "none.jsonl"]).fails(2, &["cannot read none.jsonl"]);
    say(folder, &["hammer", "--save", "none/h.jsonl"]).fails(2, &["cannot write none/h.jsonl"]);
    say(folder, &["hammer", "--save", "h.jsonl", "--postgres", "15,16"]).fails(2, &["one major version"]);
    let url = "postgres://ann@127.0.0.1:1/shop";
    say(folder, &["hammer", "--crashes", "--url", url]).fails(2, &["--crashes needs a server that seqcheck starts"]);
    say(folder, &["hammer", "--url", url]).fails(3, &["cannot connect to", "refused"]);
}

fn corrupt_history(folder: &Path) {
    fs::write(folder.join("h.jsonl"), "{\"operation\":\"sequence\",\"sequence\":\"s\"}\n{\"operation\":\"nextvla\"}\n")
        .unwrap();
    say(folder, &["hammer", "--check", "h.jsonl"]).fails(2, &["h.jsonl:2:22:", "nextvla", "`nextval`"]);
}

/// A history in which a sequence gives these values, one after the other.
fn history(folder: &Path, values: &[i64]) {
    let mut text = "{\"operation\":\"sequence\",\"sequence\":\"s\"}\n".to_owned();
    for (value, number) in values.iter().zip(1..) {
        let (start, end) = (number * 10, number * 10 + 5);
        text.push_str(&format!(
            "{{\"operation\":\"nextval\",\"session\":1,\"sequence\":\"s\",\"start_ns\":{start},\"end_ns\":{end},\"value\":{value}}}\n"
        ));
    }
    fs::write(folder.join("h.jsonl"), text).unwrap();
}

fn forbidden_history(folder: &Path) {
    history(folder, &[1, 2, 2, 3]);
    let said = say(folder, &["hammer", "--check", "h.jsonl"]);
    said.ends(1);
    assert!(said.out.contains("S1's nextval gave 2 at") && said.out.contains("again at"), "{}", said.out);
    let said = say(folder, &["hammer", "--check", "h.jsonl", "--json", "-"]);
    said.ends(1);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(json["conclusion"], "diverges");
    assert_eq!(json["histories"][0]["violations"][0]["kind"], "twice");
    assert_eq!(json["histories"][0]["violations"][0]["lines"], serde_json::json!([3, 4]));
}

/// A run that was killed has written the beginning of a line, and calls before it may be missing.
fn history_cut_off(folder: &Path) {
    for (values, code) in [(&[1, 2, 4, 5][..], 0), (&[1, 2, 2, 5], 1)] {
        history(folder, values);
        let whole = fs::read_to_string(folder.join("h.jsonl")).unwrap();
        fs::write(folder.join("h.jsonl"), &whole[..whole.len() - 9]).unwrap();
        let said = say(folder, &["hammer", "--check", "h.jsonl"]);
        said.ends(code);
        assert!(said.err.contains("h.jsonl ends in the middle of line 5"), "{}", said.err);
        assert!(said.out.contains("values       3"), "{}", said.out);
    }
}

fn gaps(folder: &Path) {
    history(folder, &[1, 2, 7]);
    say(folder, &["hammer", "--check", "h.jsonl"]).ends(1);
    let said = say(folder, &["hammer", "--check", "h.jsonl", "--allow-gaps"]);
    said.ends(0);
    assert!(said.out.contains("conforms: 0 violations"), "{}", said.out);
}

fn nothing_to_check(folder: &Path) {
    history(folder, &[]);
    say(folder, &["hammer", "--check", "h.jsonl"]).fails(2, &["no value"]);
}

/// Holds a saved history to being readable and allowed.
fn is_allowed(folder: &Path, file: &str) {
    let said = say(folder, &["hammer", "--check", file]);
    said.ends(0);
    assert!(said.out.contains("conforms: 0 violations"), "{}", said.out);
}

fn conforms(folder: &Path) {
    let options = ["hammer", "--server", "local", "--connections", "4", "--operations", "100", "--cache", "1,7"];
    let said = say(folder, &[&options[..], &["--save", "h.jsonl", "--json", "o.json"]].concat());
    said.ends(0);
    assert!(said.out.contains("conforms: 0 violations"), "{}", said.out);
    let json: serde_json::Value = serde_json::from_str(&fs::read_to_string(folder.join("o.json")).unwrap()).unwrap();
    assert!(json["histories"][0]["calls"].as_u64().unwrap() >= 400, "{json}");
    is_allowed(folder, "h.jsonl");
}

fn disturbed(folder: &Path) {
    let options = ["hammer", "--server", "local", "--time", "4s", "--crashes", "--kill-backends", "--time-out", "60s"];
    let said = say(folder, &[&options[..], &["--save", "h.jsonl"]].concat());
    said.ends(0);
    assert!(said.out.contains(" crashes, "), "{}", said.out);
    let saved = fs::read_to_string(folder.join("h.jsonl")).unwrap();
    assert!(saved.contains("{\"operation\":\"crash\""), "no crash is recorded");
    is_allowed(folder, "h.jsonl");
}

/// Starts a run that goes on until something happens, and waits until it has recorded values.
fn start(folder: &Path, options: &[&str]) -> Child {
    let options = [&["hammer", "--time", "10m", "--save", "h.jsonl"], options].concat();
    let run = seqcheck(folder, &options).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    while !fs::read_to_string(folder.join("h.jsonl")).unwrap_or_default().contains("\"value\":") {
        assert!(Instant::now() < deadline, "nothing is recorded");
        sleep(Duration::from_millis(20));
    }
    run
}

fn interrupted(folder: &Path) {
    let run = start(folder, &["--server", "local"]);
    kill_process(Pid::from_child(&run), Signal::INT).unwrap();
    let said = Said::from(run.wait_with_output().unwrap());
    assert_eq!(said.code, Some(130), "{}", said.err);
    is_allowed(folder, "h.jsonl");
}

fn server_killed(server: Server, folder: &Path) {
    let run = start(folder, &["--url", &address(&server, "postgres")]);
    drop(server);
    Said::from(run.wait_with_output().unwrap()).fails(3, &[]);
    is_allowed(folder, "h.jsonl");
}

fn server_hangs(server: Server, folder: &Path) {
    let run = start(folder, &["--url", &address(&server, "postgres"), "--time-out", "2s"]);
    let mut client = server.endpoint().connect().unwrap();
    let sessions = "SELECT pid FROM pg_stat_activity WHERE datname LIKE 'seqcheck%'";
    let processes: Vec<i32> = client.query(sessions, &[]).unwrap().iter().map(|row| row.get(0)).collect();
    assert!(!processes.is_empty(), "nobody is connected");
    let signal = |signal: Signal| {
        for process in processes.iter().filter_map(|process| Pid::from_raw(*process)) {
            // A session may have ended by itself meanwhile.
            let _ = kill_process(process, signal);
        }
    };
    signal(Signal::STOP);
    let said = Said::from(run.wait_with_output().unwrap());
    signal(Signal::CONT);
    said.fails(3, &["within 2 s"]);
    is_allowed(folder, "h.jsonl");
}
