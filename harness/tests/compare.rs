//! Comparing replies.

use seqcheck::compare::{Field, Level, Signature, replies};
use seqcheck_engine::{Cell, Message, Reply, Rows, Severity, SqlState, StatementResult};

fn row(columns: &[&str], cells: &[Cell]) -> StatementResult {
    let columns = columns.iter().map(|&name| name.to_owned().into()).collect();
    let rows = Rows { columns, cells: cells.to_vec(), count: 1, ..Rows::default() };
    StatementResult { rows: Some(rows), tag: "SELECT 1".into() }
}

fn select(value: i64) -> Reply {
    Reply { results: vec![row(&["nextval"], &[Cell::Integer(value)])], ..Reply::default() }
}

fn message(severity: Severity, sqlstate: &str, text: &str) -> Message {
    Message {
        severity,
        sqlstate: SqlState::new(sqlstate),
        message: text.to_owned().into(),
        detail: Some("detail".into()),
        hint: None,
    }
}

fn error(sqlstate: &str, text: &str) -> Reply {
    Reply { error: Some(message(Severity::Error, sqlstate, text)), ..Reply::default() }
}

fn fields(level: Level, expected: &Reply, actual: &Reply) -> Vec<Field> {
    replies(level, expected, actual).iter().map(|difference| difference.field).collect()
}

const LEVELS: [Level; 3] = [Level::Full, Level::SqlState, Level::Values];

#[test]
fn equal_replies_agree_at_every_level() {
    for level in LEVELS {
        assert_eq!(fields(level, &select(1), &select(1)), []);
        assert_eq!(fields(level, &error("2200H", "x"), &error("2200H", "x")), []);
    }
}

#[test]
fn a_different_value_differs_at_every_level() {
    for level in LEVELS {
        assert_eq!(fields(level, &select(1), &select(2)), [Field::Rows]);
    }
    let differences = replies(Level::Full, &select(1), &select(2));
    assert_eq!(differences[0].to_string(), r#"rows of result 1: expected ("1"), got ("2")"#);
}

#[test]
fn null_is_not_the_text_null() {
    let null = Reply { results: vec![row(&["x"], &[Cell::Null])], ..Reply::default() };
    let text = Reply { results: vec![row(&["x"], &[Cell::from_text("NULL")])], ..Reply::default() };
    let differences = replies(Level::Full, &null, &text);
    assert_eq!(differences[0].to_string(), r#"rows of result 1: expected (NULL), got ("NULL")"#);
}

#[test]
fn rows_without_columns_are_counted() {
    let empty = |count| {
        let rows = Rows { count, ..Rows::default() };
        Reply { results: vec![StatementResult { rows: Some(rows), tag: "SELECT".into() }], ..Reply::default() }
    };
    assert_eq!(fields(Level::Values, &empty(1), &empty(2)), [Field::Rows]);
}

#[test]
fn success_and_failure_differ_at_every_level() {
    for level in LEVELS {
        assert!(fields(level, &select(1), &error("42P01", "x")).contains(&Field::SqlState));
        assert!(fields(level, &error("42P01", "x"), &Reply::default()).contains(&Field::SqlState));
    }
}

#[test]
fn two_failures_with_other_sqlstates_differ_at_every_level() {
    for level in LEVELS {
        assert!(fields(level, &error("42P01", "x"), &error("2200H", "x")).contains(&Field::SqlState));
    }
}

#[test]
fn texts_count_only_at_the_full_level() {
    let mut other = error("42P01", "y");
    if let Some(error) = &mut other.error {
        error.detail = None;
        error.hint = Some("hint".into());
    }
    let expected = [Field::Message, Field::Detail, Field::Hint];
    assert_eq!(fields(Level::Full, &error("42P01", "x"), &other), expected);
    assert_eq!(fields(Level::SqlState, &error("42P01", "x"), &other), []);
}

#[test]
fn tags_and_columns_are_free_at_the_values_level() {
    let mut other = select(1);
    other.results[0].tag = "SELECT".into();
    if let Some(rows) = &mut other.results[0].rows {
        rows.columns[0] = "?column?".into();
    }
    assert_eq!(fields(Level::SqlState, &select(1), &other), [Field::Columns, Field::Tag]);
    assert_eq!(fields(Level::Values, &select(1), &other), []);
}

#[test]
fn results_without_rows_are_free_at_the_values_level() {
    let mut more = select(1);
    more.results.insert(0, StatementResult { rows: None, tag: "BEGIN".into() });
    assert_eq!(fields(Level::Values, &more, &select(1)), []);
    assert!(fields(Level::SqlState, &more, &select(1)).contains(&Field::Results));
}

#[test]
fn notices_are_compared_as_the_level_says() {
    let with = |sqlstate, text| Reply { notices: vec![message(Severity::Notice, sqlstate, text)], ..Reply::default() };
    assert_eq!(fields(Level::Full, &with("42P07", "x"), &with("42P07", "y")), [Field::Notices]);
    assert_eq!(fields(Level::SqlState, &with("42P07", "x"), &with("42P07", "y")), []);
    assert_eq!(fields(Level::SqlState, &with("42P07", "x"), &with("00000", "x")), [Field::Notices]);
    assert_eq!(fields(Level::SqlState, &with("42P07", "x"), &Reply::default()), [Field::Notices]);
    assert_eq!(fields(Level::Values, &with("42P07", "x"), &Reply::default()), []);
}

#[test]
fn a_signature_forgets_values_but_not_fields_and_sqlstates() {
    let signature = |expected: &Reply, actual: &Reply| {
        Signature::new("Query", &replies(Level::Full, expected, actual), Some(expected), Some(actual))
    };
    assert_eq!(signature(&select(1), &select(2)), signature(&select(5), &select(-7)));
    assert_ne!(signature(&select(1), &select(2)), signature(&select(1), &error("2200H", "x")));
    assert_ne!(signature(&select(1), &error("42P01", "x")), signature(&select(1), &error("2200H", "x")));
}
