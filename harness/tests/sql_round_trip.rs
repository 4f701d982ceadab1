//! The law of the SQL edges: text and statement say the same.

mod statements;

use proptest::prelude::*;
use seqcheck::sql::parse;
use seqcheck_engine::render::render;
use seqcheck_engine::statement::Identifier;

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parsing_what_was_rendered_gives_the_statement(statement in statements::statement()) {
        let sql = render(&statement);
        prop_assert_eq!(parse(&sql).map_err(|error| format!("{error} in {sql}")), Ok(vec![statement]), "{}", sql);
    }

    #[test]
    fn statements_parse_alike_alone_and_together(several in prop::collection::vec(statements::statement(), 0..4)) {
        let sql: Vec<_> = several.iter().map(render).collect();
        prop_assert_eq!(parse(&sql.join("; ")), Ok(several));
    }

    #[test]
    fn identifiers_are_visited_in_the_order_of_the_text(statement in statements::statement()) {
        let sql = render(&statement);
        let mut rest = sql.as_str();
        let mut visited: Vec<Identifier> = Vec::new();
        statement.identifiers(&mut |identifier| visited.push(identifier.clone()));
        for identifier in &visited {
            let mut text = String::new();
            seqcheck_engine::render::write_identifier(&mut text, identifier.written());
            let position = rest.find(&text);
            prop_assert!(position.is_some(), "{} is not in the rest of {}", text, sql);
            rest = &rest[position.unwrap_or_default() + text.len()..];
        }
        prop_assert_eq!(statement.has_truncated_identifier(), visited.iter().any(Identifier::is_truncated));
    }
}
