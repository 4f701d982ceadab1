//! Valid SQL that `squawk-syntax` 2.68 refuses, bridged by parsing an equivalent text instead.
//!
//! - `CREATE {LOCAL|GLOBAL} TEMPORARY SEQUENCE`: LOCAL and GLOBAL mean nothing and are left out.
//! - `ALTER INDEX name OWNER TO …`, `ALTER {INDEX|VIEW} name SET {LOGGED|UNLOGGED}`: parsed as ALTER TABLE, and given
//!   their kind back by [`Bridged::restore_kind`].
//! - `SET NAMES 'encoding'`: parsed as `SET client_encoding TO 'encoding'`, which it means (manual, "SET").

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{AlterRelation, RelationKind};
use squawk_syntax::syntax_error::SyntaxError;
use squawk_syntax::{Parse, SourceFile, SyntaxNode};

use super::lex::{Lexer, Token, TokenKind};

/// The syntax tree of a text, or of an equivalent one.
pub(super) struct Bridged {
    parse: Parse<SourceFile>,
    edits: Vec<Edit>,
}

/// A word of the original text that another took the place of.
struct Edit {
    start: usize,
    length: usize,
    replacement: &'static str,
    kind: Option<RelationKind>,
}

impl Bridged {
    /// Parses `sql`; a second time with its gaps bridged when the first attempt fails.
    pub(super) fn new(sql: &str) -> Bridged {
        let parse = SourceFile::parse(sql);
        if parse.errors().is_empty() {
            return Bridged { parse, edits: Vec::new() };
        }
        let edits = edits(sql);
        if edits.is_empty() {
            return Bridged { parse, edits };
        }
        let mut text = String::with_capacity(sql.len() + 16);
        let mut position = 0;
        for edit in &edits {
            text.push_str(&sql[position..edit.start]);
            text.push_str(edit.replacement);
            position = edit.start + edit.length;
        }
        text.push_str(&sql[position..]);
        Bridged { parse: SourceFile::parse(&text), edits }
    }

    /// The tree's root.
    pub(super) fn file(&self) -> SourceFile {
        self.parse.tree()
    }

    /// Where the grammar stopped, in bytes of the parsed text: PostgreSQL stops at the first token that starts there or
    /// later. Errors inside a string constant are none of the grammar, and the right side of IN is judged by precedence:
    /// both are left to whoever lowers them.
    pub(super) fn stops(&self) -> impl Iterator<Item = usize> {
        self.parse.errors().into_iter().filter(|error| !is_left_to_lowering(error)).map(|error| {
            let (start, end) = (usize::from(error.range().start()), usize::from(error.range().end()));
            // The parser reports the end of the last token that it took. Later checks report the node that lacks
            // something at its end, with two exceptions.
            match error.message() {
                "Expected new line or comma between string literals" => start,
                "unexpected trailing comma" => start + 1,
                _ => end,
            }
        })
    }

    /// The place in the original text of a byte offset in the parsed one.
    pub(super) fn original_offset(&self, offset: usize) -> usize {
        let mut grown = 0_isize;
        for edit in &self.edits {
            let start = edit.start.saturating_add_signed(grown);
            if offset <= start {
                break;
            }
            if offset < start + edit.replacement.len() {
                return edit.start;
            }
            grown += edit.replacement.len() as isize - edit.length as isize;
        }
        offset.saturating_add_signed(-grown)
    }

    /// Gives an ALTER TABLE that was written as ALTER INDEX or ALTER VIEW its kind back.
    pub(super) fn restore_kind(&self, node: &SyntaxNode, statement: &mut Statement) {
        let Statement::AlterRelation(AlterRelation { kind, .. }) = statement else { return };
        let start = self.original_offset(node.text_range().start().into());
        let end = self.original_offset(node.text_range().end().into());
        let written = self.edits.iter().find(|edit| (start..end).contains(&edit.start));
        *kind = written.and_then(|edit| edit.kind).unwrap_or(*kind);
    }
}

fn is_left_to_lowering(error: &SyntaxError) -> bool {
    error.message().contains("escape") || error.message() == "Expected a parenthesized value list or subquery."
}

fn edits(sql: &str) -> Vec<Edit> {
    let tokens: Vec<Token> = Lexer::new(sql, 0).collect();
    let is_end = |token: &Token| &sql[token.start..token.end] == ";";
    tokens.split(is_end).filter_map(|statement| edit(sql, statement)).collect()
}

/// The edit that bridges one statement, when it has a known gap.
fn edit(sql: &str, tokens: &[Token]) -> Option<Edit> {
    let word = |position: usize| {
        let token = tokens.get(position).filter(|token| token.kind == TokenKind::Word)?;
        Some(sql[token.start..token.end].to_ascii_uppercase())
    };
    let is = |position: usize, words: &[&str]| word(position).is_some_and(|word| words.contains(&word.as_str()));
    let replace = |position: usize, replacement, kind| {
        let token = tokens.get(position)?;
        Some(Edit { start: token.start, length: token.end - token.start, replacement, kind })
    };
    let has_pair = |first: &str, second: &[&str]| {
        (2..tokens.len()).any(|position| is(position, &[first]) && is(position + 1, second))
    };
    if is(0, &["CREATE"]) && is(1, &["LOCAL", "GLOBAL"]) && is(2, &["TEMP", "TEMPORARY"]) && is(3, &["SEQUENCE"]) {
        return replace(1, "", None);
    }
    if is(0, &["ALTER"]) && is(1, &["INDEX"]) {
        let is_gap = has_pair("OWNER", &["TO"]) || has_pair("SET", &["LOGGED", "UNLOGGED"]);
        return is_gap.then(|| replace(1, "TABLE", Some(RelationKind::Index))).flatten();
    }
    if is(0, &["ALTER"]) && is(1, &["VIEW"]) {
        let is_gap = has_pair("SET", &["LOGGED", "UNLOGGED"]);
        return is_gap.then(|| replace(1, "TABLE", Some(RelationKind::View))).flatten();
    }
    let names = if is(1, &["SESSION", "LOCAL"]) { 2 } else { 1 };
    let is_string = tokens.get(names + 1).is_some_and(|token| token.kind == TokenKind::Quoted);
    if is(0, &["SET"]) && is(names, &["NAMES"]) && is_string {
        return replace(names, "client_encoding TO", None);
    }
    None
}
