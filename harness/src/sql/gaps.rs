//! Valid SQL that `squawk-syntax` 2.68 refuses, bridged by parsing an equivalent text instead.
//!
//! - `CREATE {LOCAL|GLOBAL} TEMPORARY {SEQUENCE|VIEW}`: LOCAL, which means nothing, and GLOBAL are left out; the latter
//!   is given back.
//! - `CREATE UNLOGGED VIEW`: parsed as TEMPORARY, and given its persistence back by [`Bridged::restore`].
//! - `ALTER INDEX name OWNER TO …`, `ALTER {INDEX|VIEW} name SET {LOGGED|UNLOGGED}`: parsed as ALTER TABLE, and given
//!   their kind back.
//! - `SET NAMES 'encoding'`: parsed as `SET client_encoding TO 'encoding'`, which it means (manual, "SET").
//! - `SET ROLE TO role`: parsed as the setting of any other parameter.
//! - `ALTER TABLE … ALTER COLUMN … RESTART` beside other changes of the identity column: parsed as `SET RESTART n`,
//!   which PostgreSQL refuses when it was written so.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{
    AlterRelation, AlterTable, CreateSequence, CreateView, IdentityChange, Persistence, RelationKind, SequenceOption,
    TableAction,
};
use squawk_syntax::syntax_error::SyntaxError;
use squawk_syntax::{Parse, SourceFile, SyntaxKind, SyntaxNode};

use super::cursor::{Lowered, start_of, unsupported_node};
use super::lex::{Lexer, Token, TokenKind};
use super::lower::option_not_supported;

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
    written: Written,
}

/// What the words that were replaced meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    /// The same.
    Same,
    /// Another kind of relation.
    Kind(RelationKind),
    /// UNLOGGED.
    Unlogged,
    /// GLOBAL.
    Global,
    /// RESTART without SET, and with a number or not.
    Restart { has_value: bool },
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
    /// both are left to whoever lowers them, and so are
    /// the expressions that PostgreSQL takes as a type's modifiers.
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

    /// Gives a statement back what the equivalent text could not say.
    pub(super) fn restore(&self, node: &SyntaxNode, mut statement: Statement) -> Lowered<Statement> {
        let start = self.original_offset(node.text_range().start().into());
        let end = self.original_offset(node.text_range().end().into());
        let written = self.edits.iter().find(|edit| (start..end).contains(&edit.start)).map(|edit| edit.written);
        match (&mut statement, written) {
            (Statement::AlterRelation(AlterRelation { kind, .. }), Some(Written::Kind(written))) => *kind = written,
            (Statement::CreateView(CreateView { persistence, .. }), Some(Written::Unlogged)) => {
                *persistence = Persistence::Unlogged;
            }
            (
                Statement::CreateSequence(CreateSequence { is_global, .. })
                | Statement::CreateView(CreateView { is_global, .. }),
                Some(Written::Global),
            ) => *is_global = true,
            // Tables take lists of actions of which views and indexes take some.
            (Statement::AlterTable(_), Some(Written::Kind(_))) => {
                return Err(unsupported_node(node, "several actions on a view or an index"));
            }
            (Statement::AlterTable(alter), _) => self.restore_restart(node, alter)?,
            _ => {}
        }
        Ok(statement)
    }

    /// Turns each SET RESTART that stands for RESTART into that, and refuses the others as PostgreSQL's parser does.
    fn restore_restart(&self, node: &SyntaxNode, alter: &mut AlterTable) -> Lowered<()> {
        let is_restart = |node: &SyntaxNode| {
            node.kind() == SyntaxKind::SET_SEQUENCE_OPTION
                && node.children().any(|option| option.kind() == SyntaxKind::OPTION_RESTART)
        };
        let changes = alter.actions.iter_mut().filter_map(|action| match action {
            TableAction::SetIdentity { changes, .. } => Some(changes),
            _ => None,
        });
        let mut options = node.descendants().filter(is_restart);
        for change in changes.flatten() {
            let IdentityChange::Set(SequenceOption::Restart(value)) = change else { continue };
            let value = value.take();
            let Some(option) = options.next() else { break };
            let start = self.original_offset(start_of(&option.clone().into()));
            let written = self.edits.iter().find(|edit| edit.start == start).map(|edit| edit.written);
            let Some(Written::Restart { has_value }) = written else {
                return Err(option_not_supported(&option, "restart"));
            };
            *change = IdentityChange::Restart(value.filter(|_| has_value));
        }
        Ok(())
    }
}

fn is_left_to_lowering(error: &SyntaxError) -> bool {
    let message = error.message();
    // A statement of the wrong kind inside another is reported at its end.
    let is_inner_statement = message.starts_with("expected SELECT") && message.contains(", got ");
    is_inner_statement
        || message.contains("escape")
        || matches!(
            message,
            "Expected a parenthesized value list or subquery."
                | "Type modifiers must be simple constants or identifiers"
        )
}

fn edits(sql: &str) -> Vec<Edit> {
    let tokens: Vec<Token> = Lexer::new(sql, 0).collect();
    let is_end = |token: &Token| &sql[token.start..token.end] == ";";
    tokens.split(is_end).flat_map(|tokens| Words { sql, tokens }.edits()).collect()
}

/// The tokens of one statement.
struct Words<'text> {
    sql: &'text str,
    tokens: &'text [Token],
}

impl Words<'_> {
    fn is(&self, position: usize, words: &[&str]) -> bool {
        let token = self.tokens.get(position).filter(|token| token.kind == TokenKind::Word);
        token.is_some_and(|token| words.iter().any(|word| word.eq_ignore_ascii_case(&self.sql[token.start..token.end])))
    }

    fn has_pair(&self, first: &str, second: &[&str]) -> bool {
        (2..self.tokens.len()).any(|position| self.is(position, &[first]) && self.is(position + 1, second))
    }

    fn replace(&self, position: usize, replacement: &'static str, written: Written) -> Vec<Edit> {
        let token = self.tokens.get(position);
        let edit =
            token.map(|token| Edit { start: token.start, length: token.end - token.start, replacement, written });
        edit.into_iter().collect()
    }

    /// The edits that bridge the statement, when it has a known gap.
    fn edits(&self) -> Vec<Edit> {
        if self.is(0, &["CREATE"]) {
            return self.create_edits();
        }
        if self.is(0, &["ALTER"]) && self.is(1, &["TABLE"]) {
            return self.restart_edits();
        }
        let is_logged_gap = self.is(0, &["ALTER"]) && self.has_pair("SET", &["LOGGED", "UNLOGGED"]);
        let is_owner_gap = self.is(0, &["ALTER"]) && self.has_pair("OWNER", &["TO"]);
        if self.is(1, &["INDEX"]) && (is_logged_gap || is_owner_gap) {
            return self.replace(1, "TABLE", Written::Kind(RelationKind::Index));
        }
        if self.is(1, &["VIEW"]) && is_logged_gap {
            return self.replace(1, "TABLE", Written::Kind(RelationKind::View));
        }
        let names = if self.is(1, &["SESSION", "LOCAL"]) { 2 } else { 1 };
        let is_assigned = self.tokens.get(names + 1).is_some_and(|token| {
            let word = &self.sql[token.start..token.end];
            word == "=" || word.eq_ignore_ascii_case("to")
        });
        if self.is(0, &["SET"]) && self.is(names, &["ROLE"]) && is_assigned {
            return self.replace(names, "\"role\"", Written::Same);
        }
        let is_string = self.tokens.get(names + 1).is_some_and(|token| token.kind == TokenKind::Quoted);
        if self.is(0, &["SET"]) && self.is(names, &["NAMES"]) && is_string {
            return self.replace(names, "client_encoding TO", Written::Same);
        }
        Vec::new()
    }

    fn create_edits(&self) -> Vec<Edit> {
        let first = if self.is(1, &["OR"]) && self.is(2, &["REPLACE"]) { 3 } else { 1 };
        let is_temporary = self.is(first + 1, &["TEMP", "TEMPORARY"]);
        if self.is(first, &["LOCAL", "GLOBAL"]) && is_temporary && self.is(first + 2, &["SEQUENCE", "VIEW"]) {
            let written = if self.is(first, &["GLOBAL"]) { Written::Global } else { Written::Same };
            return self.replace(first, "", written);
        }
        if self.is(first, &["UNLOGGED"]) && self.is(first + 1, &["VIEW"]) {
            return self.replace(first, "TEMP", Written::Unlogged);
        }
        Vec::new()
    }

    /// RESTART where it changes an identity column: neither an option in parentheses nor a name.
    fn restart_edits(&self) -> Vec<Edit> {
        let mut depth = 0_usize;
        let mut edits = Vec::new();
        for (position, token) in self.tokens.iter().enumerate() {
            match &self.sql[token.start..token.end] {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ if depth == 0 && self.is(position, &["RESTART"]) && self.is_change(position) => {
                    // Without a number the parser would take a following SET for one.
                    let has_value = self.is(position + 1, &["WITH"]) || self.is_number(position + 1);
                    let replacement = if has_value { "SET RESTART" } else { "SET RESTART 0" };
                    edits.extend(self.replace(position, replacement, Written::Restart { has_value }));
                }
                _ => {}
            }
        }
        edits
    }

    /// Whether a number starts at a token, perhaps with its sign.
    fn is_number(&self, position: usize) -> bool {
        let token = self.tokens.get(position);
        token.is_some_and(|token| matches!(token.kind, TokenKind::Number | TokenKind::Operator))
    }

    fn is_change(&self, position: usize) -> bool {
        let (before, earlier) = (position.wrapping_sub(1), position.wrapping_sub(2));
        if self.is(before, &["COLUMN", "TABLE"]) {
            return false;
        }
        // The column's name may be any of the words below.
        if self.is(earlier, &["ALTER", "COLUMN"]) {
            return true;
        }
        let follows_name = self.tokens.get(before).is_some_and(|token| {
            matches!(token.kind, TokenKind::Word | TokenKind::Number) || self.sql[token.start..].starts_with('"')
        });
        follows_name && !self.is(before, &["SET", "ALTER", "ADD", "DROP", "ONLY", "EXISTS", "CONSTRAINT", "TO"])
    }
}
