//! The law of the SQL edges: text and statement say the same.

mod statements;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use seqcheck::sql::parse;
use seqcheck::sql::script::{ScriptContent, split};
use seqcheck_engine::Statement;
use seqcheck_engine::render::{render, write_identifier};
use seqcheck_engine::statement::Identifier;

/// Runs a property over arbitrary statements on a thread with room for proptest's deeply nested value trees.
fn for_all<T: std::fmt::Debug + 'static>(
    strategy: fn() -> BoxedStrategy<T>,
    property: fn(T) -> Result<(), TestCaseError>,
) {
    let run = move || {
        let config = ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() };
        TestRunner::new(config).run(&strategy(), property).map_err(|error| error.to_string())
    };
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(run).expect("a thread starts");
    match thread.join() {
        Ok(Ok(())) => {}
        Ok(Err(report)) => panic!("{report}"),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn statement() -> BoxedStrategy<Statement> {
    statements::statement().boxed()
}

#[test]
fn parsing_what_was_rendered_gives_the_statement() {
    for_all(statement, |statement| {
        let sql = render(&statement);
        prop_assert_eq!(parse(&sql).map_err(|error| error.to_string()), Ok(vec![statement]), "{}", sql);
        Ok(())
    });
}

#[test]
fn statements_parse_alike_alone_and_together() {
    let several = || proptest::collection::vec(statement(), 0..4).boxed();
    for_all(several, |several| {
        let sql: Vec<_> = several.iter().map(render).collect();
        prop_assert_eq!(parse(&sql.join("; ")), Ok(several));
        Ok(())
    });
}

#[test]
fn a_script_splits_into_the_statements_that_were_written() {
    let several = || proptest::collection::vec(statement(), 0..4).boxed();
    for_all(several, |several| {
        // The lines after COPY would be its data, which is tested elsewhere.
        let written: Vec<_> =
            several.iter().filter(|statement| !matches!(statement, Statement::Copy(_))).map(render).collect();
        let items = split(&written.join(";\n")).items;
        let read = items.into_iter().map(|item| match item.content {
            ScriptContent::Statement { sql, .. } => sql,
            other => format!("{other:?}"),
        });
        prop_assert_eq!(read.collect::<Vec<_>>(), written);
        Ok(())
    });
}

#[test]
fn identifiers_are_visited_in_the_order_of_the_text() {
    for_all(statement, |statement| {
        let sql = render(&statement);
        let mut rest = sql.as_str();
        let mut visited: Vec<Identifier> = Vec::new();
        statement.identifiers(&mut |identifier| visited.push(identifier.clone()));
        for identifier in &visited {
            let mut text = String::new();
            write_identifier(&mut text, identifier.written());
            let position = rest.find(&text);
            prop_assert!(position.is_some(), "{} is not in the rest of {}", text, sql);
            rest = &rest[position.unwrap_or_default() + text.len()..];
        }
        prop_assert_eq!(statement.has_truncated_identifier(), visited.iter().any(Identifier::is_truncated));
        Ok(())
    });
}
