//! `seqcheck shrink`, and the traces that other tools get.

use std::fs;
use std::path::Path;

use libtest_mimic::Trial;

use crate::{Test, local_trials, plain_trials, say};

const LONG: &str = "\
S1: CREATE SEQUENCE public.numbers MAXVALUE 33 START 32 CACHE 1 CYCLE
S2: SELECT 1
S1: SELECT nextval('numbers'), 7
S2: SELECT nextval('numbers')
S1: SELECT nextval('numbers'::regclass)
";

const SHORT: &str = "\
S1: CREATE SEQUENCE s MAXVALUE 2 START WITH 2 CYCLE
S1: SELECT nextval('s')
    2
S1: SELECT nextval('s')
    1
";

pub(crate) fn trials() -> Vec<Trial> {
    let tests: &[(&str, Test)] = &[("on_the_model", on_the_model), ("input", input), ("export", export)];
    let mut trials = plain_trials("shrink", tests);
    trials.extend(local_trials("shrink", &[("on_a_server", on_a_server)]));
    trials
}

fn on_the_model(folder: &Path) {
    fs::write(folder.join("long.trace"), LONG).unwrap();
    let said = say(folder, &["shrink", "long.trace", "--quirk", "cycle-to-start"]);
    said.ends(1);
    assert!(said.out.ends_with(SHORT), "{}", said.out);
    assert!(said.out.contains("found-by: seqcheck shrink --quirk cycle-to-start long.trace"), "{}", said.out);
    assert!(said.err.contains("5 steps became 3"), "{}", said.err);
    let said = say(folder, &["shrink", "long.trace", "--quirk", "setval-defines-lastval", "--output", "o.trace"]);
    said.ends(0);
    assert!(said.err.contains("there is nothing to shrink"), "{}", said.err);
    assert!(!folder.join("o.trace").exists());
}

fn on_a_server(folder: &Path) {
    fs::write(
        folder.join("long.sql"),
        "CREATE SEQUENCE s MAXVALUE 7 START 7 CYCLE; SELECT nextval('s'); SELECT 1; SELECT nextval('s');",
    )
    .unwrap();
    let server = ["--server", "local", "--output", "o.trace"];
    say(folder, &[&["shrink", "long.sql", "--quirk", "cycle-to-start"], &server[..]].concat()).ends(1);
    assert!(fs::read_to_string(folder.join("o.trace")).unwrap().ends_with(SHORT));
    // What is left is a test that a server passes.
    say(folder, &["replay", "o.trace", "--server", "local"]).ends(0);
    say(folder, &["shrink", "o.trace", "--server", "local"]).ends(0);
}

fn input(folder: &Path) {
    fs::write(folder.join("a.trace"), "S1: SELECT 1\nS1 SELECT 2\n").unwrap();
    fs::write(folder.join("empty.sql"), "-- nothing\n").unwrap();
    say(folder, &["shrink", "a.trace"]).fails(2, &["a.trace:2:4:", "expected a colon"]);
    say(folder, &["shrink", "empty.sql"]).fails(2, &["not one step"]);
    fs::write(folder.join("a.trace"), "S1: SELECT 1\n    1\n").unwrap();
    say(folder, &["shrink", "a.trace", "--postgres", "15,16"]).fails(2, &["one major version"]);
    say(folder, &["shrink", "a.trace", "--output", "a.trace/b"]).fails(2, &["cannot write a.trace/b"]);
}

fn export(folder: &Path) {
    fs::write(folder.join("a.sql"), "CREATE SEQUENCE s;\nSELECT nextval('s');\n").unwrap();
    let said = say(folder, &["export", "a.sql", "--to", "slt"]);
    said.ends(0);
    assert_eq!(said.out, "statement ok\nCREATE SEQUENCE s\n\nquery I\nSELECT nextval('s')\n----\n1\n");
    fs::write(folder.join("a.trace"), "S1: SELECT 1\n    1\nS1: \\crash\n").unwrap();
    let said = say(folder, &["export", "a.trace", "--to", "isolation", "--output", "a.spec"]);
    said.fails(2, &["a.trace:3:1: isolationtester has no way to say \\crash"]);
    assert!(!folder.join("a.spec").exists());
    say(folder, &["export", "a.trace", "--to", "csv"]).fails(2, &["slt, isolation, psql"]);
    fs::write(folder.join("a.trace"), "@postgres < 15\n\nS1: SELECT 1\n    1\n").unwrap();
    say(folder, &["export", "a.trace", "--to", "psql"]).fails(2, &["no step is for PostgreSQL"]);
}
