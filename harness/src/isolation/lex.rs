//! The words of a spec.

use super::read::SpecError;

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name or keyword.
    Word(String),
    /// A name in quotes.
    Quoted(String),
    /// `{ … }`: the text between the braces, without the space around it.
    Block(String),
    /// A whole number.
    Number,
    /// `(`, `)`, `,` or `*`.
    Sign(char),
    /// The end of the file.
    End,
}

impl Token {
    /// What to call it in a message.
    pub(super) fn describe(&self) -> String {
        match self {
            Token::Word(word) => format!("\"{word}\""),
            Token::Quoted(name) => format!("the name \"{name}\""),
            Token::Block(_) => "a block of SQL".to_owned(),
            Token::Number => "a number".to_owned(),
            Token::Sign(sign) => format!("\"{sign}\""),
            Token::End => "the end of the file".to_owned(),
        }
    }
}

/// A token with its place, both counted from 1. A block's place is where its SQL begins.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) line: usize,
    pub(super) column: usize,
    /// The line on which a block's SQL begins.
    pub(super) sql_line: usize,
}

/// Takes a spec apart.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, SpecError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_space();
        let start = lexer.at;
        let Some(first) = lexer.rest().chars().next() else {
            tokens.push(lexer.placed(start, start, Token::End));
            return Ok(tokens);
        };
        let (token, sql_start) = match first {
            '{' => lexer.block()?,
            '"' => (lexer.quoted()?, start),
            '(' | ')' | ',' | '*' => {
                lexer.at += 1;
                (Token::Sign(first), start)
            }
            _ if first.is_ascii_digit() => {
                lexer.take_while(|character| character.is_ascii_digit());
                (Token::Number, start)
            }
            _ if is_word(first) => (Token::Word(lexer.take_while(is_word).to_owned()), start),
            other => return Err(lexer.error(start, format!("\"{}\"", other.escape_debug()), "a word of a spec")),
        };
        tokens.push(lexer.placed(start, sql_start, token));
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$' || character == '-'
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn take_while(&mut self, is_part: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn skip_space(&mut self) {
        loop {
            self.take_while(char::is_whitespace);
            if !self.rest().starts_with('#') {
                return;
            }
            self.take_while(|character| character != '\n');
        }
    }

    fn block(&mut self) -> Result<(Token, usize), SpecError> {
        let start = self.at;
        let Some(end) = self.rest().find('}') else {
            return Err(self.error(start, "\"{\" without end".to_owned(), "\"}\" after the SQL"));
        };
        let inner = &self.text[start + 1..start + end];
        let sql_start = start + 1 + (inner.len() - inner.trim_start().len());
        self.at += end + 1;
        Ok((Token::Block(inner.trim().to_owned()), sql_start))
    }

    fn quoted(&mut self) -> Result<Token, SpecError> {
        let start = self.at;
        let mut name = String::new();
        let mut rest = self.rest()[1..].char_indices().peekable();
        while let Some((offset, character)) = rest.next() {
            match character {
                '"' if matches!(rest.peek(), Some((_, '"'))) => {
                    rest.next();
                    name.push('"');
                }
                '"' => {
                    self.at += offset + 2;
                    return Ok(Token::Quoted(name));
                }
                '\n' => break,
                other => name.push(other),
            }
        }
        Err(self.error(start, "a quote without end".to_owned(), "\" after the name"))
    }

    fn placed(&self, start: usize, sql_start: usize, token: Token) -> Placed {
        let (line, column) = place(self.text, start);
        Placed { token, line, column, sql_line: place(self.text, sql_start).0 }
    }

    fn error(&self, at: usize, found: String, expected: &str) -> SpecError {
        let (line, column) = place(self.text, at);
        SpecError::new(self.text, line, column, found, expected)
    }
}

/// The line and the character in it, both counted from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |position| position + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
