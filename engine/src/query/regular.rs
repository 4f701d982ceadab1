//! Regular expressions, as far as scripts use them on names (manual, "POSIX Regular Expressions").

use crate::error::{Result, unsupported};

/// One piece of a pattern: what it matches, and how often.
struct Piece {
    /// The character; any one when there is none.
    character: Option<char>,
    least: usize,
    most: usize,
}

/// Whether a pattern matches a part of a text. Knows characters, `.`, `*`, `+`, `?` and the anchors; refuses the rest.
pub(super) fn matches(text: &str, pattern: &str) -> Result<bool> {
    let (pattern, from_start) = match pattern.strip_prefix('^') {
        Some(rest) => (rest, true),
        None => (pattern, false),
    };
    let (pattern, to_end) = match pattern.strip_suffix('$') {
        Some(rest) if !rest.ends_with('\\') => (rest, true),
        _ => (pattern, false),
    };
    let pieces = pieces(pattern)?;
    let text: Vec<char> = text.chars().collect();
    let starts = if from_start { 0..=0 } else { 0..=text.len() };
    Ok(starts.into_iter().any(|start| matches_at(&text[start..], &pieces, to_end)))
}

fn pieces(pattern: &str) -> Result<Vec<Piece>> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        let repeat = match character {
            '*' => Some((0, usize::MAX)),
            '+' => Some((1, usize::MAX)),
            '?' => Some((0, 1)),
            _ => None,
        };
        if let Some((least, most)) = repeat {
            match pieces.last_mut() {
                // A second sign would change how much the first one takes.
                Some(piece) if (piece.least, piece.most) == (1, 1) => (piece.least, piece.most) = (least, most),
                _ => return Err(refused(pattern)),
            }
            continue;
        }
        let character = match character {
            '.' => None,
            '\\' => match characters.next() {
                Some(escaped) if escaped.is_ascii_punctuation() => Some(escaped),
                _ => return Err(refused(pattern)),
            },
            '[' | ']' | '(' | ')' | '{' | '}' | '|' | '^' | '$' => return Err(refused(pattern)),
            other => Some(other),
        };
        pieces.push(Piece { character, least: 1, most: 1 });
    }
    Ok(pieces)
}

fn refused(pattern: &str) -> crate::error::Stop {
    unsupported(format!("the regular expression {pattern}"))
}

fn matches_at(text: &[char], pieces: &[Piece], to_end: bool) -> bool {
    let Some((piece, rest)) = pieces.split_first() else { return !to_end || text.is_empty() };
    let fits = |character: &char| piece.character.is_none_or(|wanted| wanted == *character);
    let run = text.iter().take(piece.most).take_while(|character| fits(character)).count();
    (piece.least..=run).any(|taken| matches_at(&text[taken..], rest, to_end))
}
