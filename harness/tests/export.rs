//! Traces in the formats of other tools.

use seqcheck::export::{Format, export, extension};
use seqcheck::trace::Trace;
use seqcheck_engine::Major;

const ONE_SESSION: &str = r#"# Values, NULL and text; an error; what the file leaves open.
# from: the manual

S1: CREATE SEQUENCE s START 5
S1: SELECT nextval('s'), NULL, '', 'a b'
    5 | NULL | "" | a b
S1: SELECT nextval('x')
    ERROR 42P01: relation "x" does not exist
S1: SELECT currval('s')
    (anything)
S1: BEGIN; SELECT nextval('s'); COMMIT
    (anything)
@postgres < 15
S1: SELECT 14
    14
"#;

const TWO_SESSIONS: &str = "\
# ALTER waits for nextval.

S1: CREATE SEQUENCE s
S1: BEGIN
S1: ALTER SEQUENCE s INCREMENT 2
S2: SELECT nextval('s')
    waits
S1: COMMIT
    S2 resumes
        1
S2: SELECT 'END'
    END
";

fn exported(text: &str, format: Format) -> String {
    let trace = Trace::parse(text).expect("the trace is well formed");
    export(&trace, Major::NEWEST, format).unwrap_or_else(|error| format!("line {}: {error}", error.line))
}

fn pinned(name: &str, text: String) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/export");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn sqllogictest() {
    pinned("sqllogictest", exported(ONE_SESSION, Format::Sqllogictest));
    let sessions = "S1: CREATE SEQUENCE s\nS2: SELECT nextval('s')\n    1\n";
    pinned("sqllogictest_sessions", exported(sessions, Format::Sqllogictest));
}

#[test]
fn isolation() {
    pinned("isolation", exported(TWO_SESSIONS, Format::Isolation));
}

#[test]
fn psql() {
    pinned("psql", exported(ONE_SESSION, Format::Psql));
    pinned("psql_sessions", exported(TWO_SESSIONS, Format::Psql));
    let events =
        "S1: CREATE TABLE t (a int)\nS1: COPY t FROM STDIN\nS1< 1\nS1: \\connect ann\nS1: \\checkpoint\nS1: \\crash\n";
    pinned("psql_events", exported(events, Format::Psql));
}

#[test]
fn extensions() {
    let trace = |text| Trace::parse(text).unwrap();
    assert_eq!(extension(&trace(ONE_SESSION), Format::Psql), "sql");
    assert_eq!(extension(&trace(TWO_SESSIONS), Format::Psql), "sh");
}

/// What a format cannot say is refused with its line: a file that says less would test less.
#[test]
fn refusals() {
    let refused = |format, text: &str| exported(text, format);
    let wait = refused(Format::Sqllogictest, TWO_SESSIONS);
    assert_eq!(wait, "line 6: sqllogictest has no way to say that a step waits; export --to isolation can");
    let copy = "S1: CREATE TABLE t (a int)\nS1: COPY t FROM STDIN\nS1< 1\n";
    for format in [Format::Sqllogictest, Format::Isolation] {
        assert!(refused(format, copy).starts_with("line 2: ") && refused(format, copy).contains("COPY"));
        assert!(refused(format, "S1: SELECT 1\n    1\nS1: \\crash\n").starts_with("line 3: "));
    }
    assert!(refused(Format::Sqllogictest, "S1: SELECT 1,\nS1|\nS1| 2\n    1 | 2\n").contains("empty line"));
    assert!(
        refused(
            Format::Sqllogictest,
            "S1: CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'\n    (anything)\n"
        )
        .contains("neither the file nor the model")
    );
    assert!(refused(Format::Isolation, "S1: SELECT '}'\n    }\n").contains("closing brace"));
    let hangs = TWO_SESSIONS.split("S1: COMMIT").next().unwrap();
    assert!(refused(Format::Isolation, hangs).contains("line 6: S2 waits to the end"));
}
