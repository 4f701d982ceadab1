//! Arguments of meta-commands (manual, "Meta-Commands" in "psql").

use super::variables::{Expansion, Reference, Variables};

/// One argument.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Argument {
    /// Its text, with variables replaced.
    pub(super) text: String,
    /// Why the text is not known.
    pub(super) doubt: Option<String>,
}

/// Reads the arguments at the start of `line`, up to another backslash or the end of the line. Gives them and how long
/// they are. Without variables nothing is replaced, as in a branch of `\if` that is not taken.
pub(super) fn read(line: &str, variables: Option<&Variables>) -> (Vec<Argument>, usize) {
    let line = line.find('\n').map_or(line, |end| &line[..end]);
    let mut reader = Reader { line, position: 0, variables };
    let mut arguments = Vec::new();
    while let Some(argument) = reader.argument() {
        arguments.push(argument);
    }
    (arguments, reader.position)
}

struct Reader<'a> {
    line: &'a str,
    position: usize,
    variables: Option<&'a Variables>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.line[self.position..]
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest().chars().next()?;
        self.position += next.len_utf8();
        Some(next)
    }

    fn argument(&mut self) -> Option<Argument> {
        let is_space = |character: char| matches!(character, ' ' | '\t' | '\r' | '\u{b}' | '\u{c}');
        self.position += self.rest().len() - self.rest().trim_start_matches(is_space).len();
        let mut argument = Argument::default();
        if self.rest().is_empty() || self.rest().starts_with('\\') {
            return None;
        }
        while !self.rest().is_empty() && !self.rest().starts_with('\\') && !self.rest().starts_with(is_space) {
            match self.next() {
                Some('\'') => self.quoted(&mut argument),
                Some('"') => {
                    // The marks stay: only names of objects lose them.
                    let length = self.rest().find('"').map_or(self.rest().len(), |end| end + 1);
                    argument.text.push('"');
                    argument.text.push_str(&self.rest()[..length]);
                    self.position += length;
                }
                Some('`') => {
                    self.position += self.rest().find('`').map_or(self.rest().len(), |end| end + 1);
                    argument.doubt = Some("the output of a command".to_owned());
                }
                Some(':') => self.variable(&mut argument),
                Some(other) => argument.text.push(other),
                None => {}
            }
        }
        Some(argument)
    }

    /// Reads a quoted text behind its opening mark.
    fn quoted(&mut self, argument: &mut Argument) {
        while let Some(character) = self.next() {
            match character {
                '\'' if self.rest().starts_with('\'') => {
                    self.position += 1;
                    argument.text.push('\'');
                }
                '\'' => return,
                '\\' => self.escape(&mut argument.text),
                other => argument.text.push(other),
            }
        }
    }

    /// Reads what follows a backslash in a quoted text.
    fn escape(&mut self, text: &mut String) {
        let number = |text: &str, radix: u32, most: usize| {
            let digits = text.chars().take(most).take_while(|digit| digit.is_digit(radix)).count();
            let value = u32::from_str_radix(&text[..digits], radix).ok()?;
            Some((digits, char::from_u32(value & 0xff)?))
        };
        if let Some((digits, character)) = number(self.rest(), 8, 3) {
            self.position += digits;
            text.push(character);
            return;
        }
        match self.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('b') => text.push('\u{8}'),
            Some('r') => text.push('\r'),
            Some('f') => text.push('\u{c}'),
            Some('x') => match number(self.rest(), 16, 2) {
                Some((digits, character)) => {
                    self.position += digits;
                    text.push(character);
                }
                None => text.push('x'),
            },
            Some(other) => text.push(other),
            None => {}
        }
    }

    /// Reads what follows a colon.
    fn variable(&mut self, argument: &mut Argument) {
        let start = self.position - 1;
        let found = self.variables.zip(Reference::read(&self.line[start..]));
        let Some((variables, reference)) = found else {
            argument.text.push(':');
            return;
        };
        self.position = start + reference.length;
        match variables.expand(&reference) {
            Expansion::Text(value) => argument.text.push_str(&value),
            Expansion::Unset => argument.text.push_str(&self.line[start..self.position]),
            Expansion::Unknown(why) => argument.doubt = Some(why),
        }
    }
}
