//! SQL text to statements: the parser of simple queries and the splitter of scripts.
//!
//! The text is parsed by `squawk-syntax` and its syntax tree lowered to [`Statement`] by PostgreSQL's rules. Text that
//! PostgreSQL would refuse is told apart from text that is valid but outside the model, which is always named.

mod beyond;
mod cursor;
pub(crate) mod database;
mod error;
mod gaps;
mod lex;
mod lower;
mod nesting;
pub mod script;

use seqcheck_engine::{Major, Settings, Statement};
use squawk_syntax::ast::AstNode;

pub use error::{Location, SqlError};

use gaps::Bridged;
use lex::{Lexer, Token, TokenKind};

/// A name as SQL writes it, whatever it is (manual, "Identifiers and Key Words").
pub(crate) fn quoted_identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Parses one simple query: statements separated by semicolons. Empty ones are dropped, so an empty text gives none.
///
/// # Errors
///
/// The first syntax error of the whole text, because PostgreSQL parses all of it before it runs any; without one, the
/// first thing that is outside the model.
pub fn parse(sql: &str) -> Result<Vec<Statement>, SqlError> {
    nesting::check(sql)?;
    let bridged = Bridged::new(sql);
    let original = |error: SqlError| {
        let offset = bridged.original_offset(error.offset());
        error.at(offset)
    };
    if let Some(error) = syntax_error(sql, &bridged) {
        return Err(error);
    }
    let mut statements = Vec::new();
    let mut outside = None;
    for node in bridged.file().syntax().children() {
        let restore = |statement| bridged.restore(&node, statement);
        match lower::statement(&node).and_then(|statement| statement.map(restore).transpose()) {
            Ok(None) => {}
            Ok(Some(statement)) => statements.push(statement),
            Err(error @ SqlError::Syntax { .. }) => return Err(original(error)),
            Err(error @ SqlError::Unsupported { .. }) => {
                outside.get_or_insert(original(error));
            }
        }
    }
    match outside {
        Some(error) => Err(error),
        None => Ok(statements),
    }
}

/// What the engine needs to know to model this major version, with the parser as its reader of texts that statements run.
pub fn settings(major: Major) -> Settings {
    let read = |text: &str| parse(text).map_err(|error| error.to_string());
    Settings { reader: Some(read), ..Settings::new(major) }
}

/// The first error that the lexer or the grammar finds, in PostgreSQL's words.
fn syntax_error(sql: &str, bridged: &Bridged) -> Option<SqlError> {
    let tokens: Vec<Token> = Lexer::new(sql, 0).collect();
    if let Some(offset) = beyond::escape_of_name(sql, &tokens) {
        return Some(SqlError::unsupported(offset, "UESCAPE behind a name".to_owned()));
    }
    let broken = tokens.iter().find_map(|token| match token.kind {
        TokenKind::Broken(problem) => Some((token, problem)),
        _ => None,
    });
    let stop = bridged
        .stops()
        .map(|stop| {
            let offset = bridged.original_offset(stop);
            tokens.iter().find(|token| token.start >= offset).map_or(sql.len(), |token| token.start)
        })
        .min();
    match (broken, stop) {
        (Some((token, problem)), stop) if stop.is_none_or(|stop| token.start <= stop) => {
            Some(SqlError::lexical(problem, token.start, Some(&sql[token.start..token.end])))
        }
        (_, Some(stop)) if let Some(what) = beyond::beyond(sql, &tokens, stop) => {
            Some(SqlError::unsupported(stop, what))
        }
        (_, Some(stop)) => {
            let token = tokens.iter().find(|token| token.start == stop);
            Some(SqlError::syntax(stop, token.map(|token| &sql[token.start..token.end])))
        }
        (_, None) => None,
    }
}
