//! String constants (manual, "String Constants" and what follows it).

use squawk_syntax::{SyntaxKind, SyntaxNode, SyntaxToken};

use crate::sql::cursor::{Cursor, Lowered, syntax_error_at, tokens};
use crate::sql::error::SqlError;

/// Lowers a LITERAL node that must be a string, with its continuations on further lines.
pub(super) fn string(node: &SyntaxNode) -> Lowered<String> {
    let mut value = String::new();
    let mut has_escapes = false;
    for (position, token) in tokens(node).enumerate() {
        let text = token.text();
        match token.kind() {
            SyntaxKind::STRING if has_escapes => value.push_str(&c_escapes(body(text, 1), &token)?),
            SyntaxKind::STRING => value.push_str(&body(text, 1).replace("''", "'")),
            SyntaxKind::ESC_STRING if position == 0 => {
                has_escapes = true;
                value.push_str(&c_escapes(body(text, 2), &token)?);
            }
            SyntaxKind::DOLLAR_QUOTED_STRING if position == 0 => value.push_str(dollar_quoted(text)),
            SyntaxKind::UNICODE_ESC_STRING if position == 0 => {
                value.push_str(&unicode_escapes(&body(text, 3).replace("''", "'"), &token)?);
            }
            SyntaxKind::UESCAPE_KW => return Err(refuse(&token, "UESCAPE")),
            SyntaxKind::NATIONAL_STRING => return Err(refuse(&token, "national character string")),
            SyntaxKind::BIT_STRING | SyntaxKind::BYTE_STRING => return Err(refuse(&token, "bit string")),
            SyntaxKind::POSITIONAL_PARAM => return Err(refuse(&token, "parameter")),
            _ => return Err(syntax_error_at(&token)),
        }
    }
    Ok(value)
}

/// Takes the next child, which must be a string constant.
pub(super) fn expect_string(cursor: &mut Cursor) -> Lowered<String> {
    match cursor.node_of(SyntaxKind::LITERAL) {
        Some(node) => string(&node),
        None => Err(cursor.unexpected()),
    }
}

fn refuse(token: &SyntaxToken, what: &str) -> SqlError {
    SqlError::unsupported(token.text_range().start().into(), what)
}

/// What is between the marks, the first of which ends at byte `opening`.
fn body(text: &str, opening: usize) -> &str {
    text.get(opening..text.len().saturating_sub(1)).unwrap_or_default()
}

fn dollar_quoted(text: &str) -> &str {
    let mark = text[1..].find('$').map_or(0, |end| end + 2);
    text.get(mark..text.len().saturating_sub(mark)).unwrap_or_default()
}

/// Decodes `E'…'` (manual, "String Constants with C-Style Escapes").
fn c_escapes(text: &str, token: &SyntaxToken) -> Lowered<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = &rest[first.len_utf8()..];
        if first == '\'' {
            // Quotes come doubled; one that follows a backslash does not come here.
            rest = rest.strip_prefix('\'').unwrap_or(rest);
        }
        if first != '\\' {
            bytes.extend(first.to_string().bytes());
            continue;
        }
        let Some(letter) = rest.chars().next() else { break };
        let after = &rest[letter.len_utf8()..];
        rest = match letter {
            'b' => push(&mut bytes, 8, after),
            'f' => push(&mut bytes, 12, after),
            'n' => push(&mut bytes, b'\n', after),
            'r' => push(&mut bytes, b'\r', after),
            't' => push(&mut bytes, b'\t', after),
            '0'..='7' => {
                let (value, rest) = digits(rest, 8, 3);
                push(&mut bytes, value.to_le_bytes()[0], rest)
            }
            'x' if after.starts_with(|next: char| next.is_ascii_hexdigit()) => {
                let (value, rest) = digits(after, 16, 2);
                push(&mut bytes, value.to_le_bytes()[0], rest)
            }
            'u' | 'U' => {
                let length = if letter == 'u' { 4 } else { 8 };
                let (value, rest) = digits(after, 16, length);
                if after.len() - rest.len() != length {
                    return Err(refuse(token, "Unicode escape of no character"));
                }
                bytes.extend(character(value, token)?.to_string().bytes());
                rest
            }
            other => {
                bytes.extend(other.to_string().bytes());
                after
            }
        };
    }
    match String::from_utf8(bytes) {
        Ok(value) if !value.contains('\0') => Ok(value),
        _ => Err(refuse(token, "string that is not text")),
    }
}

fn push<'rest>(bytes: &mut Vec<u8>, byte: u8, rest: &'rest str) -> &'rest str {
    bytes.push(byte);
    rest
}

/// Reads up to `most` digits and gives their value with what follows them.
fn digits(text: &str, radix: u32, most: usize) -> (u32, &str) {
    let count = text.chars().take(most).take_while(|digit| digit.is_digit(radix)).count();
    (u32::from_str_radix(&text[..count], radix).unwrap_or(0), &text[count..])
}

fn character(code: u32, token: &SyntaxToken) -> Lowered<char> {
    char::from_u32(code).filter(|value| *value != '\0').ok_or_else(|| refuse(token, "Unicode escape of no character"))
}

/// Decodes `U&'…'` and `U&"…"` with the default escape character (manual, "String Constants with Unicode Escapes").
pub(super) fn unicode_escapes(text: &str, token: &SyntaxToken) -> Lowered<String> {
    let mut pieces = text.split('\\');
    let mut value = pieces.next().unwrap_or_default().to_owned();
    while let Some(piece) = pieces.next() {
        if piece.is_empty() {
            value.push('\\');
            value.push_str(pieces.next().unwrap_or_default());
            continue;
        }
        let (number, length) = match piece.strip_prefix('+') {
            Some(long) => (long, 6),
            None => (piece, 4),
        };
        let (code, rest) = digits(number, 16, length);
        if number.len() - rest.len() != length {
            return Err(refuse(token, "Unicode escape of no character"));
        }
        value.push(character(code, token)?);
        value.push_str(rest);
    }
    Ok(value)
}
