//! What SQL text means, and what is wrong with it, by example.

use seqcheck::sql::{Location, SqlError, parse};
use seqcheck_engine::render::render;
use seqcheck_engine::statement::{
    AlterRelation, Expression, Literal, Number, ObjectName, Query, RelationKind, SequenceOption, TypeName,
    UnaryOperator,
};
use seqcheck_engine::{Statement, statement};

/// One line of SQL each, with what becomes of it.
fn transcript(lines: &str) -> String {
    let outcome = |sql: &str| match parse(sql) {
        Ok(statements) => format!("  = {}", statements.iter().map(render).collect::<Vec<_>>().join("; ")),
        Err(error @ SqlError::Syntax { .. }) => format!("  ! {} {error}", Location::of(sql, error.offset())),
        Err(error @ SqlError::Unsupported { .. }) => format!("  ? {} {error}", Location::of(sql, error.offset())),
    };
    lines.lines().map(|sql| format!("{sql}\n{}\n", outcome(sql))).collect()
}

fn snapshots() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/sql");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

#[test]
fn lowering() {
    let text = transcript(include_str!("data/lowering.sql"));
    snapshots().bind(|| insta::assert_snapshot!("lowering", text));
}

/// Each of these messages is word for word that of PostgreSQL 15.
#[test]
fn malformed() {
    let text = transcript(include_str!("data/malformed.sql"));
    snapshots().bind(|| insta::assert_snapshot!("malformed", text));
}

fn only(sql: &str) -> Statement {
    match parse(sql).as_deref() {
        Ok([statement]) => statement.clone(),
        other => panic!("{sql} gave {other:?}"),
    }
}

fn options(sql: &str) -> Vec<SequenceOption> {
    match only(sql) {
        Statement::CreateSequence(create) => create.options,
        other => panic!("{sql} gave {other:?}"),
    }
}

fn selected(sql: &str) -> Expression {
    match only(sql) {
        Statement::Query(Query::Select(select)) => select.items[0].expression.clone(),
        other => panic!("{sql} gave {other:?}"),
    }
}

#[test]
fn words_of_the_grammar_name_types_of_pg_catalog_and_names_stay_bare() {
    let named = |name| vec![SequenceOption::As(TypeName { name, modifiers: Vec::new(), dimensions: 0 })];
    assert_eq!(options("CREATE SEQUENCE s AS BIGINT"), named(ObjectName::qualified("pg_catalog", "int8")));
    assert_eq!(options("CREATE SEQUENCE s AS INT"), named(ObjectName::qualified("pg_catalog", "int4")));
    assert_eq!(options("CREATE SEQUENCE s AS INT8"), named(ObjectName::bare("int8")));
    assert_eq!(options("CREATE SEQUENCE s AS \"bigint\""), named(ObjectName::bare("bigint")));
}

#[test]
fn option_numbers_keep_their_digits_and_their_minus_sign() {
    for (written, number) in
        [("5", "5"), ("+5", "5"), ("-5", "-5"), ("- 007", "-007"), ("1.50", "1.50"), ("1e3", "1e3")]
    {
        let sql = format!("CREATE SEQUENCE s CACHE {written}");
        assert_eq!(options(&sql), vec![SequenceOption::Cache(Number(number.to_owned()))]);
    }
}

#[test]
fn owned_by_none_is_the_single_name_none() {
    let none = vec![SequenceOption::OwnedBy(ObjectName::bare("none"))];
    assert_eq!(options("CREATE SEQUENCE s OWNED BY NONE"), none);
    assert_eq!(options("CREATE SEQUENCE s OWNED BY \"none\""), none);
}

#[test]
fn a_minus_sign_in_an_expression_is_an_operator() {
    let five = Expression::Literal(Literal::Number("5".to_owned()));
    assert_eq!(selected("SELECT -5"), Expression::Unary(UnaryOperator::Minus, Box::new(five)));
}

#[test]
fn strings_of_every_notation() {
    for (written, value) in [
        ("'it''s'", "it's"),
        (r"'a\n'", r"a\n"),
        (r"E'a\n\'\\''\x41\101\u00e9'", "a\n'\\'AA\u{e9}"),
        ("$$it's$$", "it's"),
        ("$x$a$$b$x$", "a$$b"),
        (r"U&'d\0061t\+000061\\'", r"data\"),
        ("'a'\n  'b'", "ab"),
        ("E'a\\n'\n  '\\tb'", "a\n\tb"),
        ("''", ""),
    ] {
        let expected = Expression::Literal(Literal::String(value.to_owned()));
        assert_eq!(selected(&format!("SELECT {written}")), expected, "{written}");
    }
}

#[test]
fn alter_keeps_the_kind_that_was_written() {
    for (sql, expected) in [
        ("ALTER TABLE s SET LOGGED", RelationKind::Table),
        ("ALTER VIEW s SET LOGGED", RelationKind::View),
        ("SELECT 1; ALTER INDEX s SET LOGGED", RelationKind::Index),
        ("ALTER VIEW s SET LOGGED; ALTER SEQUENCE s SET LOGGED", RelationKind::Sequence),
    ] {
        let statements = parse(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        match statements.last() {
            Some(Statement::AlterRelation(AlterRelation { kind, .. })) => assert_eq!(*kind, expected, "{sql}"),
            other => panic!("{sql} gave {other:?}"),
        }
    }
}

#[test]
fn an_empty_query_has_no_statements() {
    for sql in ["", " ", ";", " ;; -- comment", "/* a /* b */ c */"] {
        assert_eq!(parse(sql), Ok(Vec::new()), "{sql:?}");
    }
}

#[test]
fn keywords_that_some_versions_call_like_functions_are_no_syntax_errors() {
    for call in ["grouping(1)", "xmlconcat('a', 'b')", "merge_action()", "normalize('a', NFC)"] {
        let parsed = parse(&format!("SELECT {call}"));
        assert!(matches!(parsed, Err(SqlError::Unsupported { .. })), "{call}");
    }
    assert!(matches!(parse("SELECT nullif(1)"), Err(SqlError::Syntax { .. })));
}

#[test]
fn a_syntax_error_anywhere_comes_before_what_is_unsupported() {
    let sql = "LISTEN x; SELECT 1 +";
    assert!(matches!(parse(sql), Err(SqlError::Syntax { offset: 20, near: None, .. })), "{:?}", parse(sql));
    let sql = "SELECT 1;\nLISTEN x; NOTIFY y";
    assert_eq!(parse(sql), Err(SqlError::Unsupported { offset: 10, what: "LISTEN".to_owned() }));
}

#[test]
fn offsets_survive_the_bridging_of_gaps() {
    let sql = "CREATE LOCAL TEMP SEQUENCE s; ALTER VIEW v SET LOGGED; SELECT é FROM x y z";
    match parse(sql) {
        Err(SqlError::Syntax { offset, near, .. }) => assert_eq!((&sql[offset..], near.as_deref()), ("z", Some("z"))),
        other => panic!("{other:?}"),
    }
}

#[test]
fn locations_count_characters() {
    let text = "a\né€x";
    assert_eq!(Location::of(text, 0), Location { line: 1, column: 1 });
    assert_eq!(Location::of(text, text.len() - 1), Location { line: 2, column: 3 });
    assert_eq!(Location::of(text, 99), Location { line: 2, column: 4 });
    assert_eq!(Location::of(text, 3), Location { line: 2, column: 2 });
}

#[test]
fn deep_nesting_is_refused_and_what_is_accepted_fits_the_stack() {
    let nested =
        |depth: usize, open: &str, close: &str| format!("SELECT {}1{}", open.repeat(depth), close.repeat(depth));
    for join in [" JOIN b ON c", " CROSS JOIN f(1, 2)"] {
        assert!(parse(&format!("SELECT 1 FROM a{}", join.repeat(100))).is_ok(), "{join}");
        let refused = parse(&format!("SELECT 1 FROM a{}", join.repeat(100_000)));
        assert!(matches!(refused, Err(SqlError::Unsupported { .. })), "{join}");
    }
    for (open, close) in [
        ("(", ")"),
        ("f(", ")"),
        ("(SELECT ", ")"),
        ("CASE WHEN a THEN ", " END"),
        ("EXISTS (SELECT ", ")"),
        ("ARRAY[", "]"),
    ] {
        assert!(parse(&nested(45, open, close)).is_ok(), "{open}");
        let refused = parse(&nested(100_000, open, close));
        assert!(matches!(refused, Err(SqlError::Unsupported { .. })), "{open}");
    }
    for chain in ["a || ", "- ", "NOT ", "a AND ", "a::int + ", "(a) + ", "f(a, b) = a OR "] {
        assert!(parse(&nested(100, chain, "")).is_ok(), "{chain}");
        let refused = parse(&nested(100_000, chain, ""));
        assert!(matches!(refused, Err(SqlError::Unsupported { .. })), "{chain}");
    }
}

#[test]
fn default_is_an_expression_of_its_own() {
    match only("INSERT INTO t VALUES (DEFAULT)") {
        Statement::Insert(statement::Insert {
            source: statement::InsertSource::Query(Query::Values(rows)), ..
        }) => {
            assert_eq!(rows, vec![vec![Expression::Default]]);
        }
        other => panic!("{other:?}"),
    }
}
