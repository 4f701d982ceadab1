//! Names inside string constants, as `nextval` takes them.

use seqcheck_engine::Statement;
use seqcheck_engine::render::write_identifier;
use seqcheck_engine::statement::{FromItem, Identifier, Query};

use crate::sql;

/// The parts of a text that is a name; none when it is something else.
pub(super) fn dotted(text: &str) -> Vec<Identifier> {
    let statements = sql::parse(&format!("SELECT FROM {text}")).unwrap_or_default();
    match statements.as_slice() {
        [Statement::Query(Query::Select(select))] => match select.from.as_slice() {
            [FromItem::Relation { name, alias: None, columns }] if columns.is_empty() => name.parts.clone(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The name with these parts, as text.
pub(super) fn undotted(parts: &[Identifier]) -> String {
    let mut text = String::new();
    for (position, part) in parts.iter().enumerate() {
        if position > 0 {
            text.push('.');
        }
        write_identifier(&mut text, part.written());
    }
    text
}
