//! Example files, which also document the format and its error messages.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use seqcheck::trace::{Action, Comparison, Guard, Progress, ReadError, Trace};

/// The folder of the example files.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/trace")
}

/// The trace files of a folder, by name.
fn trace_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder of examples is there");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "trace"))
        .collect();
    files.sort();
    files
}

#[test]
fn well_formatted_files_are_written_as_they_are_read() {
    let files = trace_files(&folder());
    assert!(files.len() >= 3, "example files are missing: {files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).expect("an example is readable");
        let trace = Trace::read(&file).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(trace.to_string(), text, "{}", file.display());
    }
}

#[test]
fn bad_files_say_what_was_expected() {
    let files = trace_files(&folder().join("bad"));
    let mut report = String::new();
    for file in files {
        let name = file.file_name().expect("a file has a name").to_owned();
        let error = match Trace::read(&file) {
            Err(ReadError::Parse(error)) => error.in_file(name),
            other => panic!("{} must not be well formed: {other:?}", file.display()),
        };
        writeln!(report, "{error}\n").expect("a string can be written to");
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("trace_errors", report));
}

#[test]
fn a_missing_file_is_named() {
    let error = Trace::read("no/such.trace").expect_err("the file does not exist");
    assert!(matches!(error, ReadError::Io { .. }));
    assert!(error.to_string().starts_with("cannot read no/such.trace: "), "{error}");
}

#[test]
fn the_header_tells_clauses_and_origin() {
    let trace = Trace::read(folder().join("tour.trace")).expect("the tour is well formed");
    assert_eq!(
        trace.clauses().collect::<Vec<_>>(),
        ["nextval.returns-next", "cache.block-is-per-session", "drop.refuses-dependents"]
    );
    assert_eq!(trace.header_values("from").collect::<Vec<_>>(), ["a tour of the format, not of any server"]);
    assert_eq!(trace.header_values("found-by").count(), 0);
    assert_eq!(trace.guards, [Guard::new(Comparison::AtLeast, 13)]);
    assert!(trace.applies_to(13) && !trace.applies_to(12));
    assert_eq!(trace.footer, ["Words after the last step."]);
}

#[test]
fn steps_know_their_lines_and_data() {
    let trace =
        Trace::parse("\n# c\nS1: SELECT\nS1|   1\n    1\n\nS2: COPY t FROM STDIN\nS2< a \t\n").expect("well formed");
    assert!(trace.header.is_empty());
    assert_eq!(trace.steps[0].comments, ["c"]);
    assert_eq!((trace.steps[0].line, trace.steps[1].line), (3, 7));
    assert_eq!(trace.steps[0].action, Action::query("SELECT\n  1"));
    let data = Action::Query { sql: "COPY t FROM STDIN".into(), copy_data: vec!["a \t".into()] };
    assert_eq!(trace.steps[1].action, data);
    assert!(trace.steps[1].blank_before);
}

#[test]
fn line_ends_byte_order_mark_and_trailing_blanks_mean_nothing() {
    let plain = "# h\n\nS1: COPY t FROM STDIN\nS1< a\n    COPY x\n\nS1: SELECT 1,\nS1| 2\n    1 | 2\n";
    let windows = format!("\u{feff}{}", plain.replace('\n', "\r\n"));
    let blanks = plain.replace("\n", " \t\n").replace("S1< a \t", "S1< a");
    let trace = Trace::parse(plain).expect("well formed");
    assert_eq!(Trace::parse(&windows), Ok(trace.clone()));
    assert_eq!(Trace::parse(&blanks), Ok(trace));
}

#[test]
fn sloppy_files_are_tidied() {
    let sloppy = "#header\n@postgres>=15 and<17\n@postgres != 16\n\n\n# one\n\n# two\n\nS1:SELECT 1,'a','b'\n    1   | a  |   \"b\"\nS1: SELECT 1\n    1\n    NOTICE 00000: late";
    let tidy = "# header\n@postgres >= 15 and < 17 and != 16\n\n# one\n#\n# two\nS1: SELECT 1,'a','b'\n    1 | a | b\nS1: SELECT 1\n    NOTICE 00000: late\n    1\n";
    assert_eq!(Trace::parse(sloppy).expect("well formed").to_string(), tidy);
}

#[test]
fn detail_and_hint_belong_to_the_message_above() {
    let text = "S1: SELECT x\n    ERROR 42P01: no\n    HINT: h\n    NOTICE 00000: late\n    DETAIL: d\n        more\n";
    let tidy = "S1: SELECT x\n    NOTICE 00000: late\n    DETAIL: d\n        more\n    ERROR 42P01: no\n    HINT: h\n";
    assert_eq!(Trace::parse(text).expect("well formed").to_string(), tidy);
}

#[test]
fn a_header_needs_no_empty_line_below() {
    let trace = Trace::parse("# clause: a\n@postgres = 15\nS1: SELECT 1").expect("well formed");
    assert_eq!(trace.clauses().collect::<Vec<_>>(), ["a"]);
    assert!(trace.guards.is_empty());
    assert!(trace.steps[0].applies_to(15) && !trace.steps[0].applies_to(16));
}

#[test]
fn the_first_expectation_that_applies_counts() {
    let trace = Trace::read(folder().join("tour.trace")).expect("the tour is well formed");
    let step = trace.steps.iter().find(|step| step.expectations.len() == 3).expect("a step with versions");
    let message = |major| match &step.expected_for(major).expect("every major is covered").progress {
        Progress::Reply(reply) => reply.error.as_ref().map(|error| error.message.to_string()),
        other => panic!("a reply, not {other:?}"),
    };
    assert_eq!(message(13).as_deref(), Some("\"t\" is not a sequence"));
    assert_eq!(message(17).as_deref(), Some("cannot open relation \"t\""));
    assert_eq!(step.expected_for(18).map(|outcome| &outcome.progress), Some(&Progress::Anything));

    let trace = Trace::parse("S1: SELECT 1\n    @postgres = 15\n    1\n").expect("well formed");
    assert!(trace.steps[0].expected_for(15).is_some());
    assert!(trace.steps[0].expected_for(16).is_none());
}
