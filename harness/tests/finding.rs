//! Findings, and the folder that keeps them.

use std::fs;
use std::path::Path;

use seqcheck::finding::{Finding, Folder, Judging, Origin};
use seqcheck::implementation::model::Model;
use seqcheck::lockstep::{self, Options};
use seqcheck::prepare::Prepared;
use seqcheck::trace::Trace;
use seqcheck_engine::{Cluster, Major, Quirk, QuirkSet, Settings};

fn judging(quirks: QuirkSet) -> Judging {
    Judging { judged: "PostgreSQL 15.18".into(), quirks, command: "seqcheck fuzz --postgres 15".into() }
}

/// The finding of a trace on the model without a fault; the model with the fault takes the model's place.
fn finding(text: &str, quirk: Quirk) -> Finding {
    let prepared = Prepared::from_trace(&Trace::parse(text).unwrap().steps);
    let settings = Settings::new(Major::NEWEST);
    let quirks = QuirkSet::NONE.with(quirk);
    let mut faulty = Cluster::new(Settings { quirks, ..settings.clone() });
    let run = lockstep::run(&prepared.steps, &mut faulty, &mut Model::of("model", settings), &Options::default());
    Finding::new(Origin::Generated { seed: 7, index: 11 }, &prepared, &run, &judging(quirks)).expect("it diverges")
}

fn cycle() -> Finding {
    let text = "S1: CREATE SEQUENCE s MAXVALUE 3 START 3 CYCLE\nS1: SELECT nextval('s')\nS1: SELECT nextval('s')";
    finding(text, Quirk::CycleToStart)
}

fn lastval() -> Finding {
    finding(
        "S1: CREATE SEQUENCE s\nS1: SELECT nextval('s')\nS1: DISCARD ALL\nS1: SELECT lastval()",
        Quirk::DiscardKeepsLastval,
    )
}

fn maximum() -> Finding {
    finding(
        "S1: CREATE SEQUENCE s MAXVALUE 2\nS1: SELECT nextval('s')\nS1: SELECT nextval('s')",
        Quirk::MaximumExcluded,
    )
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_says_all_there_is_to_know() {
    let folder = tempfile::tempdir().unwrap();
    let mut found = cycle();
    let file = Folder::new(folder.path(), " --postgres 15").save(&mut found, Major::NEWEST).unwrap();
    assert_eq!(files(folder.path()), ["nextval-rows.sql", "nextval-rows.trace"]);
    let shown = |path: &Path| fs::read_to_string(path).unwrap().replace(&folder.path().display().to_string(), "DIR");
    let text = format!("{}\n== nextval-rows.sql\n{}", shown(&file), shown(&file.with_extension("sql")));
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/finding");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("file", text));
    // The line that the file names is the diverging step's.
    let trace = Trace::read(&file).unwrap();
    assert_eq!(trace.to_string(), found.trace.to_string());
    assert!(trace.header[0].ends_with(&format!("in line {}.", trace.steps[2].line)), "{:?}", trace.header);
}

#[test]
fn nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("nextval-rows.sql"), "mine").unwrap();
    let store = Folder::new(folder.path(), "");
    for _ in 0..2 {
        store.save(&mut cycle(), Major::NEWEST).unwrap();
    }
    let expected = [
        "nextval-rows-2.sql",
        "nextval-rows-2.trace",
        "nextval-rows-3.sql",
        "nextval-rows-3.trace",
        "nextval-rows.sql",
    ];
    assert_eq!(files(folder.path()), expected);
    assert_eq!(fs::read_to_string(folder.path().join("nextval-rows.sql")).unwrap(), "mine");
}

#[test]
fn runs_at_the_same_time_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let store = Folder::new(folder.path(), "");
                (0..5).for_each(|_| drop(store.save(&mut cycle(), Major::NEWEST).unwrap()));
            });
        }
    });
    let traces: Vec<String> = files(folder.path()).into_iter().filter(|name| name.ends_with(".trace")).collect();
    assert_eq!(traces.len(), 40);
    for name in traces {
        let path = folder.path().join(&name);
        let trace = Trace::read(&path).expect("whole");
        let reproduce = trace.header_values("reproduce").next().unwrap();
        assert_eq!(reproduce, format!("seqcheck replay {}", path.display()), "it names itself");
        assert!(path.with_extension("sql").exists());
    }
}

/// A device that is always full, with the folder on it, is not to be had; a folder below a file is as good.
#[test]
fn what_cannot_be_written_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let mut found = cycle();
    let error = Folder::new(folder.path().join("file/findings"), "").save(&mut found, Major::NEWEST).unwrap_err();
    assert!(
        error.to_string().contains("cannot write") && error.to_string().contains("choose another place"),
        "{error}"
    );
    assert_eq!(files(folder.path()), ["file"]);
    assert_eq!(found.trace.header_values("reproduce").count(), 0);
}

#[test]
fn keys_tell_faults_apart() {
    let keys = [lastval().key(), maximum().key(), cycle().key()].map(str::to_owned);
    insta::assert_snapshot!(keys.join("\n"), @r"
    lastval-ok-55000
    nextval-2200H-ok
    nextval-rows
    ");
}

#[test]
fn a_sentence_tells_what_is_wrong() {
    let sentences = [cycle().sentence(), lastval().sentence(), maximum().sentence()];
    insta::assert_snapshot!(sentences.join("\n"), @r#"
    SELECT nextval('s') returns 1 instead of 3
    SELECT lastval() fails with 55000 (lastval is not yet defined in this session) instead of succeeding
    SELECT nextval('s') succeeds instead of failing with 2200H (nextval: reached maximum value of sequence "s" (2))
    "#);
}
