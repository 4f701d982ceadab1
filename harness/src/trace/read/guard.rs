//! Reading guards, such as `@postgres >= 15 and < 17`.

use super::line::{Line, found};
use crate::trace::error::ParseError;
use crate::trace::guard::{Comparison, Guard};

const EXAMPLE: &str = "a guard such as `@postgres >= 15` or `@postgres >= 15 and < 17`";

/// Reads the guards at a place in the line, where the `@` stands; they must hold at least one condition.
pub(super) fn conditions(line: &Line<'_>, place: usize) -> Result<Vec<Guard>, ParseError> {
    let guards = read(line, place)?;
    if guards.is_empty() {
        return Err(line.unexpected(line.text.len(), "a condition such as `>= 15`"));
    }
    Ok(guards)
}

/// Reads the guards at a place in the line, where the `@` stands; `@postgres` alone has none.
pub(super) fn read(line: &Line<'_>, place: usize) -> Result<Vec<Guard>, ParseError> {
    let mut cursor = Cursor { line, place: place + 1 };
    let word = cursor.take(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-');
    if word != "postgres" {
        let error = line.error(place, found(&line.text[place..]), EXAMPLE);
        let meant = ["pg", "postgresql", "postgre", "server", "version"].contains(&word.to_ascii_lowercase().as_str())
            || word.eq_ignore_ascii_case("postgres");
        return Err(if meant { error.help("the word is `postgres`") } else { error });
    }
    let mut guards = Vec::new();
    while !cursor.at_end() {
        if !guards.is_empty() {
            let start = cursor.place;
            if cursor.take(|letter| letter.is_ascii_alphabetic()) != "and" {
                return Err(line
                    .unexpected(start, "`and` before the next condition, or the end of the line")
                    .help("several conditions are joined like `>= 15 and < 17`"));
            }
            cursor.at_end();
        }
        guards.push(Guard::new(cursor.comparison()?, cursor.major()?));
    }
    Ok(guards)
}

/// A place in a line.
struct Cursor<'a> {
    line: &'a Line<'a>,
    place: usize,
}

impl<'a> Cursor<'a> {
    /// Takes the characters that are as wanted.
    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.line.text[self.place..];
        let end = rest.find(|letter| !wanted(letter)).unwrap_or(rest.len());
        self.place += end;
        &rest[..end]
    }

    /// Skips blanks and tells whether the line ends.
    fn at_end(&mut self) -> bool {
        self.take(|letter| letter == ' ' || letter == '\t');
        self.place == self.line.text.len()
    }

    fn comparison(&mut self) -> Result<Comparison, ParseError> {
        let start = self.place;
        let operator = self.take(|letter| "<>=!~".contains(letter));
        if let Some(comparison) = Comparison::ALL.into_iter().find(|comparison| comparison.operator() == operator) {
            return Ok(comparison);
        }
        let error = self.line.unexpected(start, "one of `>=`, `<=`, `<`, `>`, `=` and `!=`");
        Err(match operator {
            "==" => error.help("write `=`"),
            "<>" => error.help("write `!=`"),
            "=>" => error.help("write `>=`"),
            "=<" => error.help("write `<=`"),
            _ => error,
        })
    }

    fn major(&mut self) -> Result<u8, ParseError> {
        self.at_end();
        let start = self.place;
        let number = self.take(|letter| letter.is_ascii_alphanumeric() || letter == '.');
        number.parse().ok().filter(|_| number.bytes().all(|byte| byte.is_ascii_digit())).ok_or_else(|| {
            let error = self.line.unexpected(start, "a major version, such as 15");
            if number.contains('.') { error.help("only major versions are told apart") } else { error }
        })
    }
}
