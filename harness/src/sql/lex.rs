//! PostgreSQL's lexical rules (manual, "Lexical Structure"), for where statements end and where errors are reported.
//!
//! `squawk-syntax` has a lexer too, but it does not show it, and psql's rules for splitting a script need one that can
//! start anywhere.

/// What a token is, as far as this crate needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A keyword or an unquoted identifier.
    Word,
    /// A string constant or quoted identifier of any kind, closed.
    Quoted,
    /// A numeric constant or a positional parameter.
    Number,
    /// An operator.
    Operator,
    /// A character that stands for itself, `::`, `:=` or `..`.
    Punctuation,
    /// Text that PostgreSQL's lexer refuses, with the start of its message.
    Broken(&'static str),
}

/// A token by its place, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: TokenKind,
    /// Offset of its first byte.
    pub(super) start: usize,
    /// Offset after its last byte.
    pub(super) end: usize,
}

/// Reads tokens and skips white space and comments.
#[derive(Debug, Clone)]
pub(super) struct Lexer<'text> {
    text: &'text str,
    position: usize,
}

impl<'text> Lexer<'text> {
    /// A lexer that starts at byte `position`, which must be between tokens.
    pub(super) fn new(text: &'text str, position: usize) -> Self {
        Lexer { text, position }
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.position + ahead).copied().unwrap_or(0)
    }

    fn rest(&self) -> &'text str {
        &self.text[self.position..]
    }

    /// Skips bytes for which `accept` holds. It must accept the bytes of a multi-byte character all or none.
    fn skip_while(&mut self, accept: impl Fn(u8) -> bool) {
        let skipped = self.text.as_bytes()[self.position..].iter().take_while(|byte| accept(**byte)).count();
        self.position += skipped;
    }

    /// Skips white space and comments; false when a block comment is not closed.
    fn skip_trivia(&mut self) -> bool {
        loop {
            self.skip_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c));
            if self.rest().starts_with("--") {
                self.skip_while(|byte| !matches!(byte, b'\n' | b'\r'));
            } else if self.rest().starts_with("/*") {
                match block_comment_length(self.rest()) {
                    Some(length) => self.position += length,
                    None => return false,
                }
            } else {
                return true;
            }
        }
    }

    /// Takes a quoted text whose opening mark is `opening` bytes long; false when it is not closed.
    fn quoted(&mut self, opening: usize, mark: u8, has_escapes: bool) -> bool {
        let bytes = self.text.as_bytes();
        let mut position = self.position + opening;
        while let Some(&byte) = bytes.get(position) {
            if byte == mark && bytes.get(position + 1) == Some(&mark) || byte == b'\\' && has_escapes {
                position += 2;
            } else if byte == mark {
                self.position = position + 1;
                return true;
            } else {
                position += 1;
            }
        }
        self.position = bytes.len();
        false
    }

    fn token_kind(&mut self) -> TokenKind {
        let string = |closed| if closed { TokenKind::Quoted } else { TokenKind::Broken("unterminated quoted string") };
        let identifier =
            |closed| if closed { TokenKind::Quoted } else { TokenKind::Broken("unterminated quoted identifier") };
        match (self.byte(0), self.byte(1)) {
            (b'\'', _) => string(self.quoted(1, b'\'', false)),
            (b'e' | b'E', b'\'') => string(self.quoted(2, b'\'', true)),
            (b'n' | b'N', b'\'') => string(self.quoted(2, b'\'', false)),
            (b'b' | b'B', b'\'') if !self.quoted(2, b'\'', false) => {
                TokenKind::Broken("unterminated bit string literal")
            }
            (b'x' | b'X', b'\'') if !self.quoted(2, b'\'', false) => {
                TokenKind::Broken("unterminated hexadecimal string literal")
            }
            (b'b' | b'B' | b'x' | b'X', b'\'') => TokenKind::Quoted,
            (b'u' | b'U', b'&') if self.byte(2) == b'\'' => string(self.quoted(3, b'\'', false)),
            (b'u' | b'U', b'&') if self.byte(2) == b'"' => identifier(self.quoted(3, b'"', false)),
            (b'"', _) => self.quoted_identifier(),
            (b'$', _) => self.dollar(),
            (first, second) if first.is_ascii_digit() || first == b'.' && second.is_ascii_digit() => self.number(),
            (first, _) if is_word_start(first) => {
                self.skip_while(is_word_part);
                TokenKind::Word
            }
            (first, _) if is_operator(first) => {
                self.position += operator_length(self.rest());
                TokenKind::Operator
            }
            (b':', b':' | b'=') | (b'.', b'.') => {
                self.position += 2;
                TokenKind::Punctuation
            }
            _ => {
                self.position += 1;
                TokenKind::Punctuation
            }
        }
    }

    fn quoted_identifier(&mut self) -> TokenKind {
        let start = self.position;
        if !self.quoted(1, b'"', false) {
            TokenKind::Broken("unterminated quoted identifier")
        } else if self.position == start + 2 {
            TokenKind::Broken("zero-length delimited identifier")
        } else {
            TokenKind::Quoted
        }
    }

    fn dollar(&mut self) -> TokenKind {
        if self.byte(1).is_ascii_digit() {
            self.position += 1;
            self.skip_while(|byte| byte.is_ascii_digit());
            if is_word_start(self.byte(0)) {
                self.skip_while(is_word_part);
                return TokenKind::Broken("trailing junk after parameter");
            }
            return TokenKind::Number;
        }
        let Some(mark) = dollar_mark(self.rest()) else {
            self.position += 1;
            return TokenKind::Punctuation;
        };
        match self.rest()[mark.len()..].find(mark) {
            Some(length) => {
                self.position += 2 * mark.len() + length;
                TokenKind::Quoted
            }
            None => {
                self.position = self.text.len();
                TokenKind::Broken("unterminated dollar-quoted string")
            }
        }
    }

    /// Skips digits, with the separators between them that PostgreSQL 16 and later take.
    fn skip_digits(&mut self) {
        self.skip_while(|byte| byte.is_ascii_digit());
        while self.byte(0) == b'_' && self.byte(1).is_ascii_digit() {
            self.position += 1;
            self.skip_while(|byte| byte.is_ascii_digit());
        }
    }

    fn number(&mut self) -> TokenKind {
        if self.byte(0) == b'0' && matches!(self.byte(1), b'x' | b'X' | b'o' | b'O' | b'b' | b'B') {
            // PostgreSQL 16 and later; junk is left to the parser.
            self.skip_while(is_word_part);
            return TokenKind::Number;
        }
        self.skip_digits();
        if self.byte(0) == b'.' && self.byte(1) != b'.' {
            self.position += 1;
            self.skip_digits();
        }
        let exponent_sign = usize::from(matches!(self.byte(1), b'+' | b'-'));
        if matches!(self.byte(0), b'e' | b'E') && self.byte(1 + exponent_sign).is_ascii_digit() {
            self.position += 1 + exponent_sign;
            self.skip_digits();
        }
        if is_word_start(self.byte(0)) {
            self.skip_while(is_word_part);
            return TokenKind::Broken("trailing junk after numeric literal");
        }
        TokenKind::Number
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let is_comment_closed = self.skip_trivia();
        let start = self.position;
        if start == self.text.len() {
            return None;
        }
        let kind = if is_comment_closed {
            self.token_kind()
        } else {
            self.position = self.text.len();
            TokenKind::Broken("unterminated /* comment")
        };
        // An escape at the end of the text, or an odd character, may have led past or into the next character.
        self.position = self.text.ceil_char_boundary(self.position.min(self.text.len()));
        Some(Token { kind, start, end: self.position })
    }
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_word_part(byte: u8) -> bool {
    is_word_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

/// Whether `byte` may be part of an operator.
pub(super) fn is_operator(byte: u8) -> bool {
    b"~!@#^&|`?+-*/%<>=".contains(&byte)
}

/// The length of the operator that `text` starts with: up to a comment, and not ending in a sign unless it holds one of
/// the characters that no SQL operator has (manual, "Operators" in "Lexical Structure").
pub(super) fn operator_length(text: &str) -> usize {
    let run = text.bytes().take_while(|byte| is_operator(*byte)).count();
    let comment = ["--", "/*"].into_iter().filter_map(|start| text[..run].find(start)).min();
    let operator = &text[..comment.unwrap_or(run)];
    if operator.contains(['~', '!', '@', '#', '%', '^', '&', '|', '`', '?']) {
        operator.len()
    } else {
        operator.trim_end_matches(['+', '-']).len().max(1)
    }
}

/// The opening `$$` or `$tag$` of a dollar-quoted string.
fn dollar_mark(text: &str) -> Option<&str> {
    let tag = text[1..].bytes().take_while(|byte| is_word_part(*byte) && *byte != b'$').count();
    (text[1 + tag..].starts_with('$')).then(|| &text[..tag + 2])
}

/// The length of the block comment that `text` starts with, nested ones included.
fn block_comment_length(text: &str) -> Option<usize> {
    let (mut depth, mut position) = (0_usize, 0);
    loop {
        let rest = text.get(position..)?;
        let next = rest.find(['/', '*'])?;
        let (step, change) = match rest.get(next..next + 2) {
            Some("/*") => (2, 1),
            Some("*/") => (2, -1),
            _ => (1, 0),
        };
        depth = depth.saturating_add_signed(change);
        position += next + step;
        if depth == 0 {
            return Some(position);
        }
    }
}
