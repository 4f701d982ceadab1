//! SQL statements inside blocks of PL/pgSQL. SQL's grammar knows nothing of INTO there, which is cut out of the text first.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{Identifier, Into, ProceduralStatement};
use squawk_syntax::SyntaxNode;

use crate::sql::cursor::{Lowered, unsupported_node};
use crate::sql::error::SqlError;
use crate::sql::lex::{Lexer, Token, TokenKind};

/// Lowers an SQL statement and its INTO, which may stand almost anywhere in it.
pub(super) fn sql(node: &SyntaxNode) -> Lowered<ProceduralStatement> {
    let text = node.text().to_string();
    let words: Vec<Token> = Lexer::new(&text, 0).collect();
    // PL/pgSQL takes what begins otherwise for no statement.
    if words
        .first()
        .is_none_or(|first| first.kind != TokenKind::Word || text[first.start..first.end].eq_ignore_ascii_case("table"))
    {
        return Err(unsupported_node(node, "a statement that begins like none"));
    }
    let word = |token: &Token| text[token.start..token.end].to_ascii_lowercase();
    let mut depth = 0_usize;
    let place = words.iter().enumerate().position(|(index, token)| {
        match &text[token.start..token.end] {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        let follows_insert = index.checked_sub(1).is_some_and(|before| word(&words[before]) == "insert");
        depth == 0 && token.kind == TokenKind::Word && word(token) == "into" && !follows_insert
    });
    let Some(place) = place else {
        return Ok(ProceduralStatement::Sql { statement: Box::new(one_statement(&text)?), into: None });
    };
    let mut next = place + 1;
    let strict = words.get(next).is_some_and(|token| word(token) == "strict");
    next += usize::from(strict);
    let mut targets = Vec::new();
    while let Some(token) = words.get(next).filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::Quoted)) {
        let written = &text[token.start..token.end];
        targets.push(match written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(quoted) => Identifier::new(quoted.replace("\"\"", "\"")),
            None => Identifier::new(written.to_ascii_lowercase()),
        });
        next += 1;
        if words.get(next).is_none_or(|token| word(token) != ",") {
            break;
        }
        next += 1;
    }
    if targets.is_empty() || words.get(next).is_some_and(|token| matches!(word(token).as_str(), "." | "[")) {
        return Err(unsupported_node(node, "INTO a part of a variable"));
    }
    let rest = words.get(next).map_or(text.len(), |token| token.start);
    let plain = format!("{} {}", &text[..words[place].start], &text[rest..]);
    let into = Some(Into { strict, targets });
    Ok(ProceduralStatement::Sql { statement: Box::new(one_statement(&plain)?), into })
}

pub(super) fn one_statement(text: &str) -> Lowered<Statement> {
    match <[Statement; 1]>::try_from(crate::sql::parse(text)?) {
        Ok([statement]) => Ok(statement),
        Err(_) => Err(SqlError::unsupported(0, "a statement that is several")),
    }
}
