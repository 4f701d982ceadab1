//! Wrong usage and wrong input: exit code 2, and one message that says what to do. No server is started for any.

use std::fs;
use std::path::Path;

use libtest_mimic::Trial;

use crate::{Test, plain_trials, say};

pub(crate) fn trials() -> Vec<Trial> {
    let tests: &[(&str, Test)] = &[
        ("usage", usage),
        ("server_options", server_options),
        ("unreadable_files", unreadable_files),
        ("corrupt_trace", corrupt_trace),
        ("zero_byte", zero_byte),
        ("data_without_an_end", data_without_an_end),
        ("no_steps", no_steps),
        ("corpus", corpus),
        ("unwritable_places", unwritable_places),
        ("files_in_the_way", files_in_the_way),
        ("bless_in_ci", bless_in_ci),
    ];
    plain_trials("input", tests)
}

fn usage(folder: &Path) {
    say(folder, &["check", "--nope"]).fails(2, &["--nope", "Usage: seqcheck check"]);
    say(folder, &["chekc"]).fails(2, &["a similar subcommand exists: 'check'"]);
    say(folder, &["check", "--postgres", "12"]).fails(2, &["12 is not in 13..=18"]);
    say(folder, &["check", "--lanes", "0"]).fails(2, &["--lanes"]);
    say(folder, &["check", "--quirk", "nope"]).fails(2, &["there is no such quirk"]);
    say(folder, &["replay"]).fails(2, &["<FILE>"]);
    assert_eq!(say(folder, &[]).code, Some(2));
}

fn server_options(folder: &Path) {
    say(folder, &["check", "--server", "url"]).fails(2, &["--url", "SEQCHECK_URL"]);
    say(folder, &["check", "--server", "local", "--url", "postgres://h/d"]).fails(2, &["give one of them"]);
    say(folder, &["check", "--server", "npm", "--bindir", "/bin"]).fails(2, &["--bindir goes with --server local"]);
    for url in ["http://localhost", "postgres://h:port/d", "nonsense"] {
        say(folder, &["check", "--url", url]).fails(2, &["bad connection string", "expected postgres://USER"]);
    }
    say(folder, &["check", "--url", "postgres://h/d?sslmode=perhaps"]).fails(2, &["disable, allow, prefer, require"]);
    say(folder, &["check", "--url", "postgres://h/d?sslmode=verify-ca&sslrootcert=none.crt"])
        .fails(2, &["no certificates to trust in none.crt", "sslrootcert=system"]);
}

fn unreadable_files(folder: &Path) {
    fs::create_dir(folder.join("d.trace")).unwrap();
    fs::write(folder.join("a.txt"), "SELECT 1").unwrap();
    say(folder, &["replay", "d.trace"]).fails(2, &["cannot read d.trace"]);
    say(folder, &["replay", "none.sql"]).fails(2, &["cannot read none.sql"]);
    say(folder, &["replay", "a.txt"]).fails(2, &["a.txt", ".trace", ".sql"]);
}

fn corrupt_trace(folder: &Path) {
    fs::write(folder.join("a.trace"), "S1: SELECT 1\nS1 SELECT 2\n").unwrap();
    fs::write(folder.join("b.trace"), b"S1: SELECT 1\n\xff\xfe\x00garbage").unwrap();
    fs::write(folder.join("b.sql"), b"SELECT 1;\n\xff\xfe garbage").unwrap();
    say(folder, &["replay", "a.trace"]).fails(2, &["a.trace:2:4:", "expected a colon"]);
    say(folder, &["replay", "b.trace"]).fails(2, &["b.trace:2:1:", "UTF-8"]);
    say(folder, &["replay", "b.sql"]).fails(2, &["b.sql:2:", "UTF-8"]);
}

fn zero_byte(folder: &Path) {
    fs::write(folder.join("a.sql"), "SELECT 1;\nSELECT 'a\0b';\n").unwrap();
    say(folder, &["replay", "a.sql", "--model-only"]).fails(2, &["a.sql:2:", "zero byte"]);
}

/// Otherwise the rest of the script would silently be data.
fn data_without_an_end(folder: &Path) {
    fs::write(folder.join("a.sql"), "CREATE TABLE t (a int);\nCOPY t FROM STDIN;\n1\nSELECT 1;\n").unwrap();
    say(folder, &["replay", "a.sql", "--model-only"]).fails(2, &["a.sql:2:", "no line \\.", "write one"]);
}

fn no_steps(folder: &Path) {
    fs::write(folder.join("empty.trace"), "").unwrap();
    fs::write(folder.join("empty.sql"), "-- nothing\n").unwrap();
    say(folder, &["replay", "empty.trace", "empty.sql"]).fails(2, &["not one step"]);
}

fn corpus(folder: &Path) {
    say(folder, &["check", "--corpus", "none"]).fails(2, &["cannot read none"]);
    fs::create_dir(folder.join("bad")).unwrap();
    fs::write(folder.join("bad/a.trace"), "nonsense").unwrap();
    say(folder, &["check", "--corpus", "bad"]).fails(2, &["bad/a.trace:1:"]);
}

fn unwritable_places(folder: &Path) {
    // Root may write anywhere but below a file.
    fs::write(folder.join("file"), "").unwrap();
    for option in ["--json", "--junit", "--html"] {
        say(folder, &["check", option, "file/out"]).fails(2, &["cannot write file/out", "choose another place"]);
    }
    say(folder, &["check", "--findings", "file/sub"]).fails(2, &["cannot write file/sub"]);
    say(folder, &["check", "--findings", "file"]).fails(2, &["cannot write file"]);
    fs::write(folder.join("a.sql"), "SELECT 1").unwrap();
    say(folder, &["replay", "a.sql", "--json", "file/out"]).fails(2, &["cannot write file/out"]);
    let left: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

fn files_in_the_way(folder: &Path) {
    const TRACE: &str = "S1: SELECT 1\n    1\n";
    fs::write(folder.join("a.trace"), TRACE).unwrap();
    say(folder, &["replay", "a.trace", "--model-only", "--json", "./a.trace"]).fails(2, &["./a.trace is read"]);
    say(folder, &["export", "a.trace", "--to", "psql", "-o", "a.trace"]).fails(2, &["would be overwritten"]);
    assert_eq!(fs::read_to_string(folder.join("a.trace")).unwrap(), TRACE);
    say(folder, &["check", "--json", "o", "--junit", "./o"]).fails(2, &["two reports cannot both go to ./o"]);
    say(folder, &["check", "--json", "-", "--html", "-"]).fails(2, &["two reports cannot both go to standard output"]);
}

fn bless_in_ci(folder: &Path) {
    let said = crate::seqcheck(folder, &["replay", "a.trace", "--bless"]).env("CI", "true").output().unwrap();
    crate::Said::from(said).fails(2, &["--bless is refused"]);
}
