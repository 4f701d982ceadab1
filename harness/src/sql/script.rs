//! Splitting psql-style scripts into statements (manual, "psql").

use super::error::Location;
use super::lex::{Lexer, Token, TokenKind};

/// One item of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptItem {
    /// Where its first token is.
    pub location: Location,
    /// What it is.
    pub content: ScriptContent,
}

/// What an item of a script is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptContent {
    /// One simple query.
    Statement {
        /// Its text without the closing semicolon and without comments before it. Statements joined by `\;` are one
        /// query with semicolons in it.
        sql: String,
        /// The lines that follow `COPY … FROM STDIN`, without the closing `\.`; `None` for other statements.
        copy_data: Option<Vec<String>>,
    },
    /// A psql meta-command with its arguments, from the backslash to the end of the line or the next backslash.
    MetaCommand(String),
}

/// Splits a script by psql's rules: a semicolon outside quotes, comments, parentheses and `BEGIN ATOMIC … END` ends a
/// statement, as do `\g` and `\gx`; a last statement needs none. psql variables are not replaced.
pub fn split(text: &str) -> Vec<ScriptItem> {
    let mut splitter = Splitter { text, position: 0, query: Query::default(), items: Vec::new() };
    if text.starts_with('\u{feff}') {
        splitter.position = '\u{feff}'.len_utf8();
    }
    while splitter.step() {}
    splitter.end_query();
    splitter.items
}

/// The statement that is being read.
#[derive(Default)]
struct Query {
    sql: String,
    /// Where its first token starts, and up to where the text is read.
    start: usize,
    end: usize,
    /// Whether a meta-command stands between what was read and what comes.
    is_interrupted: bool,
    /// The tokens, words in upper case.
    tokens: Vec<String>,
    parentheses: usize,
    /// Depth of BEGIN ATOMIC, and of CASE inside it.
    blocks: usize,
}

struct Splitter<'text> {
    text: &'text str,
    position: usize,
    query: Query,
    items: Vec<ScriptItem>,
}

impl Splitter<'_> {
    /// Reads one token; false at the end.
    fn step(&mut self) -> bool {
        let Some(token) = Lexer::new(self.text, self.position).next() else { return false };
        self.position = token.end;
        let text = &self.text[token.start..token.end];
        match text {
            "\\" => self.backslash(token),
            ";" if self.query.parentheses == 0 && self.query.blocks == 0 => {
                let is_copy = self.query.is_copy_from_stdin();
                self.end_query();
                if is_copy {
                    self.copy_data();
                }
            }
            _ => self.query.push(token, self.text),
        }
        true
    }

    fn backslash(&mut self, token: Token) {
        let rest = &self.text[token.end..];
        if rest.starts_with(';') {
            self.position = token.end + 1;
            self.query.separate(token.end);
            return;
        }
        let line = rest.find(['\n', '\r']).map_or(rest, |end| &rest[..end]);
        // Only what follows on the line can hold another command; a backslash in quotes is an argument's own.
        let mut is_quoted = false;
        let next = line.char_indices().skip(1).find(|(_, character)| {
            is_quoted ^= *character == '\'';
            *character == '\\' && !is_quoted
        });
        let length = next.map_or(line.len(), |(position, _)| position);
        self.position = token.end + length;
        let command = format!("\\{}", line[..length].trim_end());
        let name = command[1..].split_whitespace().next().unwrap_or_default().to_owned();
        let sends = matches!(name.as_str(), "g" | "gx" | "gset" | "gexec" | "gdesc" | "crosstabview" | "watch");
        if sends {
            self.end_query();
        } else {
            self.query.is_interrupted = true;
        }
        if !matches!(command.as_str(), "\\g" | "\\gx") {
            let location = Location::of(self.text, token.start);
            self.items.push(ScriptItem { location, content: ScriptContent::MetaCommand(command) });
        }
    }

    /// Ends the statement that is being read, unless there is none.
    fn end_query(&mut self) {
        let query = std::mem::take(&mut self.query);
        if !query.tokens.is_empty() {
            let location = Location::of(self.text, query.start);
            let content = ScriptContent::Statement { sql: query.sql, copy_data: None };
            self.items.push(ScriptItem { location, content });
        }
    }

    /// Takes the lines after the one that ended a COPY, up to `\.`, and gives them to it. What still stands on that
    /// line after the semicolon is read first, as a script of its own.
    fn copy_data(&mut self) {
        let copy = self.items.len() - 1;
        let rest = &self.text[self.position..];
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let offset = self.position;
        let mut items = split(line);
        for item in &mut items {
            let start = Location::of(self.text, offset);
            item.location = Location { line: start.line, column: start.column + item.location.column - 1 };
        }
        let mut lines = Vec::new();
        self.position = self.text.len();
        let mut position = self.text.len() - after.len();
        for line in after.split_inclusive('\n') {
            position += line.len();
            let line = line.strip_suffix('\n').unwrap_or(line);
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line == "\\." {
                self.position = position;
                break;
            }
            lines.push(line.to_owned());
        }
        if let ScriptContent::Statement { copy_data, .. } = &mut self.items[copy].content {
            *copy_data = Some(lines);
        }
        self.items.append(&mut items);
    }
}

impl Query {
    fn push(&mut self, token: Token, script: &str) {
        let text = &script[token.start..token.end];
        if self.tokens.is_empty() {
            self.start = token.start;
        } else if self.is_interrupted {
            self.sql.push('\n');
        } else {
            self.sql.push_str(&script[self.end..token.start]);
        }
        self.is_interrupted = false;
        self.sql.push_str(text);
        self.end = token.end;
        let word = if token.kind == TokenKind::Word { text.to_ascii_uppercase() } else { text.to_owned() };
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

    /// Puts a semicolon, which stands at `semicolon`, into the query; it goes on after it.
    fn separate(&mut self, semicolon: usize) {
        if !self.tokens.is_empty() {
            self.sql.push(';');
            self.tokens.push(";".to_owned());
        }
        self.end = semicolon + 1;
    }

    fn is_copy_from_stdin(&self) -> bool {
        let is_stdin = |pair: &[String]| pair[0] == "FROM" && (pair[1] == "STDIN" || pair[1] == "PSTDIN");
        self.tokens.first().is_some_and(|first| first == "COPY") && self.tokens.windows(2).any(is_stdin)
    }
}
