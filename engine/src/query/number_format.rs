//! `to_char` of numbers (manual, "Data Type Formatting Functions", Template Patterns for Numeric Formatting).

use super::Value;
use crate::error::{Result, error, sqlstate, unsupported};

/// One piece of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    /// `9`, a digit that may be left away.
    Digit,
    /// `0`, a digit that is always there.
    Zero,
    /// `.`
    Point,
    /// `,`
    Comma,
    /// `MI`
    Minus,
    /// `PL`
    Plus,
    /// `SG`
    Sign,
    Character(char),
}

/// A template as a whole.
#[derive(Debug, Default)]
struct Template {
    elements: Vec<Element>,
    /// How many digits stand before the point.
    before: usize,
    /// How many digits stand behind it.
    behind: usize,
    /// The digit with which the zeros begin that are always there.
    zeros_from: Option<usize>,
    /// The last digit that is always there, counted from one.
    zeros_to: usize,
    /// `FM`: no blanks that only fill the width.
    without_blanks: bool,
    has_point: bool,
}

/// A number's digits as the template wants them.
struct Digits {
    is_negative: bool,
    characters: Vec<char>,
    /// How many places of the template stand before the first digit.
    leading: usize,
    /// The last digit that matters, where the rest is left away.
    last_relevant: Option<usize>,
}

/// Writes a number after a template.
pub(super) fn to_char(value: &Value, template: &str) -> Result<String> {
    let number = match value {
        Value::Integer(number) => number.to_string(),
        Value::Numeric(value) => value.to_string(),
        _ => return Err(unsupported("to_char of what is no number")),
    };
    if template.is_empty() {
        return Ok(String::new());
    }
    let template = read_template(template)?;
    let digits = prepare(&number, &template);
    Ok(write(&template, &digits))
}

fn read_template(text: &str) -> Result<Template> {
    /// What depends on the locale, or is not modelled.
    const REFUSED: [&str; 8] = ["D", "EEEE", "G", "L", "PR", "RN", "TH", "V"];
    /// What `to_char` reads and takes no notice of. Its `SP` goes before `S`.
    const SILENT: [&str; 3] = ["B", "C", "SP"];
    let mut template = Template::default();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let begins = |keyword: &&str| rest.starts_with(*keyword) || rest.starts_with(&keyword.to_ascii_lowercase());
        if let Some(keyword) = SILENT.iter().find(|keyword| begins(keyword)) {
            rest = &rest[keyword.len()..];
            continue;
        }
        if begins(&"FM") {
            template.without_blanks = true;
            rest = &rest[2..];
            continue;
        }
        let signs = [("MI", Element::Minus), ("PL", Element::Plus), ("SG", Element::Sign)];
        if let Some((_, element)) = signs.iter().find(|(keyword, _)| begins(keyword)) {
            template.elements.push(*element);
            rest = &rest[2..];
            continue;
        }
        if begins(&"S") || REFUSED.iter().any(begins) {
            return Err(unsupported(format!("to_char with {text}")));
        }
        rest = &rest[first.len_utf8()..];
        match first {
            '9' => template.digit(Element::Digit),
            '0' => template.digit(Element::Zero),
            ',' => template.elements.push(Element::Comma),
            '.' if template.has_point => return Err(error(sqlstate::SYNTAX_ERROR, "multiple decimal points")),
            '.' => {
                template.has_point = true;
                template.elements.push(Element::Point);
            }
            '"' => rest = template.quoted(rest),
            '\\' if rest.starts_with('"') => {
                template.elements.push(Element::Character('"'));
                rest = &rest[1..];
            }
            other => template.elements.push(Element::Character(other)),
        }
    }
    Ok(template)
}

impl Template {
    fn digit(&mut self, element: Element) {
        if element == Element::Zero && !self.has_point {
            self.zeros_from.get_or_insert(self.before);
        }
        match self.has_point {
            true => self.behind += 1,
            false => self.before += 1,
        }
        if element == Element::Zero {
            self.zeros_to = self.before + self.behind;
        }
        self.elements.push(element);
    }

    /// Takes the characters up to the next quotation mark, and gives back what is behind it.
    fn quoted<'t>(&mut self, text: &'t str) -> &'t str {
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            let literal = match character {
                '"' => break,
                '\\' => characters.next().unwrap_or('\\'),
                other => other,
            };
            self.elements.push(Element::Character(literal));
        }
        characters.as_str()
    }

    fn has(&self, element: Element) -> bool {
        self.elements.contains(&element)
    }
}

fn prepare(number: &str, template: &Template) -> Digits {
    let rounded = rounded(number, template.behind);
    let (is_negative, plain) = match rounded.strip_prefix('-') {
        Some(plain) => (true, plain),
        None => (false, &*rounded),
    };
    let whole = plain.find('.').unwrap_or(plain.len());
    let characters: Vec<char> = match whole > template.before {
        // A number that does not fit shows as such.
        true => format!("{}.{}", "#".repeat(template.before), "#".repeat(template.behind)).chars().collect(),
        false => plain.chars().collect(),
    };
    let leading = template.before.saturating_sub(whole);
    let point = characters.iter().position(|character| *character == '.');
    let last_relevant = point.filter(|_| template.without_blanks && template.has_point).map(|point| {
        let last =
            characters.iter().skip(point + 1).rposition(|digit| *digit != '0').map_or(point, |at| point + 1 + at);
        let always = template.zeros_to.saturating_sub(leading).min(characters.len() - 1);
        last.max(always)
    });
    Digits { is_negative, characters, leading, last_relevant }
}

/// A decimal number with so many digits behind the point, rounded half away from zero.
fn rounded(number: &str, behind: usize) -> String {
    let (sign, plain) = match number.strip_prefix('-') {
        Some(plain) => ("-", plain),
        None => ("", number),
    };
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let kept = &fraction[..behind.min(fraction.len())];
    let mut digits: Vec<u8> = format!("0{whole}{kept:0<behind$}").into_bytes();
    if fraction.as_bytes().get(behind).is_some_and(|digit| *digit >= b'5') {
        for digit in digits.iter_mut().rev() {
            if *digit != b'9' {
                *digit += 1;
                break;
            }
            *digit = b'0';
        }
    }
    let digits: String = digits.into_iter().map(char::from).collect();
    let (whole, fraction) = digits.split_at(digits.len() - behind);
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let is_zero = whole == "0" && fraction.bytes().all(|digit| digit == b'0');
    let sign = if is_zero { "" } else { sign };
    match fraction {
        "" => format!("{sign}{whole}"),
        fraction => format!("{sign}{whole}.{fraction}"),
    }
}

/// What has been written of a number.
struct Writer<'w> {
    template: &'w Template,
    digits: &'w Digits,
    text: String,
    /// The next character of the number.
    next: usize,
    /// The place in the template, of those for digits and the point.
    place: usize,
    has_sign: bool,
    /// Whether the last place has shown a digit.
    in_number: bool,
}

fn write(template: &Template, digits: &Digits) -> String {
    let signs_itself = template.has(Element::Minus) || template.has(Element::Plus) || template.has(Element::Sign);
    let has_sign = match signs_itself {
        true => template.has(Element::Minus) || template.has(Element::Sign),
        false => !digits.is_negative && template.without_blanks,
    };
    let mut writer = Writer { template, digits, text: String::new(), next: 0, place: 0, has_sign, in_number: false };
    let blank = if template.without_blanks { "" } else { " " };
    for element in &template.elements {
        match element {
            Element::Digit | Element::Zero | Element::Point => writer.number(*element),
            Element::Comma => writer.text.push_str(if writer.in_number { "," } else { blank }),
            Element::Minus => writer.text.push_str(if digits.is_negative { "-" } else { blank }),
            Element::Plus => writer.text.push_str(if digits.is_negative { blank } else { "+" }),
            Element::Sign => writer.text.push(if digits.is_negative { '-' } else { '+' }),
            Element::Character(character) => writer.text.push(*character),
        }
    }
    // PostgreSQL works on a string that ends with a zero byte, and writes one where the number has no more digits.
    match writer.text.find('\0') {
        Some(end) => writer.text[..end].to_owned(),
        None => writer.text,
    }
}

impl Writer<'_> {
    /// Writes a place for a digit, or the point.
    fn number(&mut self, element: Element) {
        let Template { zeros_from, without_blanks, .. } = *self.template;
        self.in_number = false;
        let ends_at_point = self.digits.last_relevant.is_some_and(|last| self.digits.characters[last] == '.');
        let has_begun = self.place >= self.digits.leading;
        if !self.has_sign
            && (has_begun || zeros_from == Some(self.place))
            && (!self.is_bare_fraction() || ends_at_point)
        {
            if self.digits.is_negative {
                self.text.push('-');
            } else if !without_blanks {
                self.text.push(' ');
            }
            self.has_sign = true;
        }
        if has_begun {
            self.digit(element, ends_at_point);
        } else if zeros_from.is_some_and(|from| from <= self.place) {
            self.text.push('0');
            self.in_number = true;
        } else if !without_blanks {
            self.text.push(' ');
        }
        self.place += 1;
    }

    fn digit(&mut self, element: Element, ends_at_point: bool) {
        let without_blanks = self.template.without_blanks;
        let is_surplus = self.digits.last_relevant.is_some_and(|last| self.next > last) && element != Element::Zero;
        match self.digits.characters.get(self.next) {
            Some('.') => self.text.push('.'),
            _ if is_surplus => {}
            _ if self.is_bare_fraction() && !without_blanks => self.text.push(' '),
            _ if self.is_bare_fraction() && !ends_at_point => {}
            Some(digit) => {
                self.text.push(*digit);
                self.in_number = !self.is_bare_fraction();
            }
            None => {
                self.text.push('\0');
                self.in_number = true;
            }
        }
        self.next += 1;
    }

    /// Whether the zero before the point comes next and need not be shown.
    fn is_bare_fraction(&self) -> bool {
        self.template.zeros_from.is_none()
            && self.next == 0
            && self.digits.characters.first() == Some(&'0')
            && self.template.behind > 0
    }
}
