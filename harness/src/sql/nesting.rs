//! A limit on nesting, so that no text can exhaust the stack.

use super::error::SqlError;
use super::lex::{Lexer, TokenKind};

/// How deep parentheses and CASE may nest.
///
/// PostgreSQL has a limit too, `max_stack_depth`, far above this; what lies between is refused as outside the model.
const DEPTH: usize = 50;

/// How many operators may follow one another without a comma; what stands in parentheses counts by itself.
const CHAIN: usize = 500;

/// Refuses text that nests too deeply to parse by recursion.
pub(super) fn check(sql: &str) -> Result<(), SqlError> {
    let (mut depth, mut chain) = (0_usize, 0);
    let mut outer_chains = Vec::new();
    for token in Lexer::new(sql, 0) {
        let text = &sql[token.start..token.end];
        match token.kind {
            TokenKind::Punctuation => match text {
                "(" | "[" => {
                    outer_chains.push(std::mem::take(&mut chain));
                    depth += 1;
                }
                ")" | "]" => {
                    chain = outer_chains.pop().unwrap_or_default();
                    depth = depth.saturating_sub(1);
                }
                ";" => {
                    outer_chains.clear();
                    (depth, chain) = (0, 0);
                }
                "," => chain = 0,
                "::" | "." => chain += 1,
                _ => {}
            },
            TokenKind::Operator => chain += 1,
            TokenKind::Word if text.eq_ignore_ascii_case("case") => depth += 1,
            TokenKind::Word if text.eq_ignore_ascii_case("end") => depth = depth.saturating_sub(1),
            // Any word may be an operator, a join, or a set operation.
            TokenKind::Word => chain += 1,
            TokenKind::Quoted | TokenKind::Number | TokenKind::Broken(_) => {}
        }
        if depth > DEPTH || chain > CHAIN {
            return Err(SqlError::unsupported(token.start, "expression nested this deeply"));
        }
    }
    Ok(())
}
