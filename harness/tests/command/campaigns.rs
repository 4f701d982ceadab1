//! `seqcheck fuzz`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{Said, Test, local_trials, plain_trials, say, seqcheck};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = plain_trials("fuzz", &[("input", input)]);
    let tests: &[(&str, Test)] = &[("goes_on", goes_on), ("interrupted", interrupted)];
    trials.extend(local_trials("fuzz", tests));
    trials
}

const FUZZ: [&str; 3] = ["fuzz", "--server", "local"];

fn next_trace(folder: &Path) -> u64 {
    let text = fs::read_to_string(folder.join("findings/campaign.json")).expect("the folder remembers");
    let state: Value = serde_json::from_str(&text).unwrap();
    state["next_trace"]["1"].as_u64().expect("a number for seed 1")
}

/// The second campaign runs other traces than the first, and does not report again what the first has found.
fn goes_on(folder: &Path) {
    let arguments = [&FUZZ[..], &["--traces", "300", "--quirk", "cycle-to-start", "--json", "-"]].concat();
    let said = say(folder, &arguments);
    said.ends(1);
    let json: Value = serde_json::from_str(&said.out).unwrap();
    let findings = json["servers"][0]["findings"].as_array().unwrap();
    for finding in findings {
        let file = folder.join(finding["file"].as_str().unwrap());
        assert!(file.exists());
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains("found-by: seqcheck fuzz") && text.contains("reproduce: seqcheck replay "), "{text}");
    }
    let first = next_trace(folder);
    assert_eq!(first, 300);
    let said = say(folder, &arguments);
    said.ends(1);
    assert_eq!(next_trace(folder), 600);
    let json: Value = serde_json::from_str(&said.out).unwrap();
    for again in json["servers"][0]["findings"].as_array().unwrap() {
        assert!(findings.iter().all(|finding| finding["file"] != again["file"]));
    }
    assert!(json["servers"][0]["repeated_divergences"].as_u64().unwrap() > 0);
}

/// Stopped in the middle, a campaign still says what it has done.
fn interrupted(folder: &Path) {
    let mut run = seqcheck(folder, &FUZZ).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(run.stdout.take().unwrap());
    let mut text = String::new();
    out.read_line(&mut text).unwrap();
    // Nobody else may use the folder meanwhile.
    say(folder, &FUZZ).fails(2, &["another campaign is running in findings"]);
    let state = folder.join("findings/campaign.json");
    while !state.exists() || next_trace(folder) < 10 {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    kill_process(Pid::from_child(&run), Signal::INT).unwrap();
    while out.read_line(&mut text).unwrap() > 0 {}
    let said = Said::from(run.wait_with_output().unwrap());
    assert_eq!(said.code, Some(130), "{text}\n{}", said.err);
    assert!(text.contains("divergences  0") && text.contains("seed 1 goes on at trace"), "{text}");
    assert!(!said.err.contains("error: "), "{}", said.err);
    run_is_over(folder);
}

/// The next campaign may have the folder.
fn run_is_over(folder: &Path) {
    say(folder, &[&FUZZ[..], &["--traces", "5", "--quiet"]].concat()).ends(0);
}

fn input(folder: &Path) {
    say(folder, &["fuzz", "--postgres", "15,16"]).fails(2, &["one major version"]);
    fs::write(folder.join("file"), "").unwrap();
    say(folder, &["fuzz", "--findings", "file/sub"]).fails(2, &["cannot write file/sub"]);
    fs::create_dir(folder.join("broken")).unwrap();
    fs::write(folder.join("broken/campaign.json"), "{\n  nonsense").unwrap();
    say(folder, &["fuzz", "--findings", "broken"]).fails(2, &["broken/campaign.json:2:3:", "remove the file"]);
    say(folder, &["fuzz", "--time", "soon"]).fails(2, &["--time"]);
}
