//! The statement that is being read.

use crate::sql::error::Location;
use crate::sql::lex::TokenKind;

/// A statement up to where the script is read.
#[derive(Debug, Clone, Default)]
pub(super) struct Query {
    pub(super) sql: String,
    /// Where its first token is.
    pub(super) location: Option<Location>,
    /// Up to where the text is read.
    pub(super) end: usize,
    /// Whether a meta-command stands between what was read and what comes.
    pub(super) is_interrupted: bool,
    /// The tokens, words in upper case.
    pub(super) tokens: Vec<String>,
    pub(super) parentheses: usize,
    /// Depth of BEGIN ATOMIC, and of CASE inside it.
    pub(super) blocks: usize,
    /// Why it is not known what psql sends.
    pub(super) doubt: Option<String>,
    /// Whether `\bind_named` stands for the statement, so that an empty one does not mean the last once more.
    pub(super) is_bound: bool,
}

impl Query {
    pub(super) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Whether a semicolon ends it here.
    pub(super) fn is_outermost(&self) -> bool {
        self.parentheses == 0 && self.blocks == 0
    }

    /// Takes a token that ends at `end`, behind `gap`, the white space and comments since the last one.
    pub(super) fn push(&mut self, gap: &str, text: &str, kind: TokenKind, end: usize) {
        if self.is_interrupted && !self.is_empty() {
            self.sql.push('\n');
        } else if !self.is_empty() {
            self.sql.push_str(gap);
        }
        self.is_interrupted = false;
        self.sql.push_str(text);
        self.end = end;
        let word = if kind == TokenKind::Word { text.to_ascii_uppercase() } else { text.to_owned() };
        self.nest(&word);
        self.tokens.push(word);
    }

    fn nest(&mut self, word: &str) {
        match word {
            "(" => self.parentheses += 1,
            ")" => self.parentheses = self.parentheses.saturating_sub(1),
            "ATOMIC" if self.is_routine() && self.tokens.last().is_some_and(|last| last == "BEGIN") => self.blocks += 1,
            "CASE" if self.blocks > 0 => self.blocks += 1,
            "END" => self.blocks = self.blocks.saturating_sub(1),
            _ => {}
        }
    }

    /// Whether this is `CREATE [OR REPLACE] {FUNCTION|PROCEDURE}`.
    fn is_routine(&self) -> bool {
        self.tokens.first().is_some_and(|first| first == "CREATE")
            && self.tokens.iter().take(4).any(|word| word == "FUNCTION" || word == "PROCEDURE")
    }

    /// Puts a semicolon into the query, which goes on at `end`.
    pub(super) fn separate(&mut self, end: usize) {
        if !self.is_empty() {
            self.sql.push(';');
            self.tokens.push(";".to_owned());
        }
        self.end = end;
    }

    /// Whether psql goes on to read data, unless the statement fails.
    pub(super) fn is_copy_from_stdin(&self) -> bool {
        let is_stdin = |pair: &[String]| pair[0] == "FROM" && (pair[1] == "STDIN" || pair[1] == "PSTDIN");
        self.tokens.first().is_some_and(|first| first == "COPY") && self.tokens.windows(2).any(is_stdin)
    }

    /// The names of the result's columns, where each of them is told by `AS` or is a column's or a function's.
    pub(super) fn column_names(&self) -> Option<Vec<String>> {
        const END_OF_LIST: [&str; 12] = [
            "FROM",
            "WHERE",
            "GROUP",
            "HAVING",
            "WINDOW",
            "UNION",
            "INTERSECT",
            "EXCEPT",
            "ORDER",
            "LIMIT",
            "OFFSET",
            "FETCH",
        ];
        let (first, list) = self.tokens.split_first()?;
        if first != "SELECT" || self.tokens.iter().any(|token| token == ";") {
            return None;
        }
        let mut depth = 0_usize;
        let mut items: Vec<Vec<&str>> = vec![Vec::new()];
        for token in list {
            match token.as_str() {
                "(" | "[" => depth += 1,
                ")" | "]" => depth = depth.saturating_sub(1),
                "," if depth == 0 => {
                    items.push(Vec::new());
                    continue;
                }
                word if depth == 0 && END_OF_LIST.contains(&word) => break,
                _ => {}
            }
            items.last_mut()?.push(token);
        }
        items.iter().map(|item| column_name(item)).collect()
    }
}

/// The name of one item of a select list, where it can be told.
fn column_name(item: &[&str]) -> Option<String> {
    // Those that are called like functions by the grammar may give their columns other names.
    const FUNCTIONS: [&str; 4] = ["NEXTVAL", "SETVAL", "CURRVAL", "LASTVAL"];
    let name = match item {
        [.., "AS", name] => name,
        ["TRUE" | "FALSE" | "NULL"] => return None,
        [name] | [_, ".", name] => name,
        [function, "(", arguments @ .., ")"] if FUNCTIONS.contains(function) && !arguments.contains(&")") => function,
        _ => return None,
    };
    if let Some(quoted) = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        return Some(quoted.replace("\"\"", "\""));
    }
    let is_word = !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80);
    is_word.then(|| name.to_ascii_lowercase())
}
