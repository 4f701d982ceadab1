//! Decimal numbers as `numeric` computes them (manual, "Arbitrary Precision Numbers").

use std::cmp::Ordering;
use std::fmt;
use std::rc::Rc;

use crate::error::{Result, unsupported};

/// How many significant digits a quotient has at least (`NUMERIC_MIN_SIG_DIGITS`).
const LEAST_DIGITS: i32 = 16;
/// How many decimal digits make one of the digits that PostgreSQL computes with (`DEC_DIGITS`).
const GROUP: i32 = 4;

/// Where a number goes that has more digits than are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rounding {
    /// To the nearest, and from the middle away from zero.
    HalfAway,
    /// Towards zero.
    Truncate,
    /// To the next larger.
    Up,
    /// To the next smaller.
    Down,
}

/// A decimal number, as its digits: a digit before the point, no surplus leading zeros, no sign for zero. Trailing zeros
/// behind the point are shown and do not count.
#[derive(Debug, Clone)]
pub(crate) struct Decimal(Rc<str>);

/// A result, unless it is beyond what the model computes with.
pub(crate) fn within_reach(result: Option<Decimal>) -> Result<Decimal> {
    result.ok_or_else(|| unsupported("numeric beyond 128 bits"))
}

impl Decimal {
    /// The number that digits with an optional minus sign and an optional point stand for.
    pub(crate) fn of_digits(digits: &str) -> Decimal {
        let (sign, plain) = match digits.strip_prefix('-') {
            Some(rest) => ("-", rest),
            None => ("", digits),
        };
        let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
        let whole = whole.trim_start_matches('0');
        let whole = if whole.is_empty() { "0" } else { whole };
        let is_zero = whole == "0" && fraction.bytes().all(|byte| byte == b'0');
        let sign = if is_zero { "" } else { sign };
        Decimal(match fraction {
            "" => format!("{sign}{whole}").into(),
            fraction => format!("{sign}{whole}.{fraction}").into(),
        })
    }

    pub(crate) fn of_integer(value: i128) -> Decimal {
        Decimal(value.to_string().into())
    }

    /// How many digits are shown behind the point.
    fn scale(&self) -> u32 {
        self.0.split_once('.').map_or(0, |(_, fraction)| fraction.len() as u32)
    }

    /// The number times ten to the power of `scale`, which is at least its own; `None` beyond 128 bits.
    fn scaled(&self, scale: u32) -> Option<i128> {
        let (whole, fraction) = self.0.split_once('.').unwrap_or((&self.0, ""));
        let value: i128 = format!("{whole}{fraction}").parse().ok()?;
        value.checked_mul(10i128.checked_pow(scale.checked_sub(fraction.len() as u32)?)?)
    }

    fn of_scaled(value: i128, scale: u32) -> Decimal {
        let sign = if value < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale as usize + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
        let point = if fraction.is_empty() { "" } else { "." };
        Decimal::of_digits(&format!("{sign}{whole}{point}{fraction}"))
    }

    /// With `scale` digits behind the point, rounded half away from zero; `None` beyond 128 bits.
    pub(crate) fn rounded(&self, scale: u32) -> Option<Decimal> {
        self.rounded_to(Rounding::HalfAway, scale)
    }

    /// With `scale` digits behind the point; `None` beyond 128 bits.
    pub(crate) fn rounded_to(&self, rounding: Rounding, scale: u32) -> Option<Decimal> {
        let own = self.scale();
        if own <= scale {
            return Some(Decimal::of_scaled(self.scaled(scale)?, scale));
        }
        let unit = 10i128.checked_pow(own - scale)?;
        let value = self.scaled(own)?;
        let quotient = match rounding {
            Rounding::HalfAway => divided(value, unit)?,
            Rounding::Truncate => value / unit,
            Rounding::Down => value.div_euclid(unit),
            Rounding::Up => -(-value).div_euclid(unit),
        };
        Some(Decimal::of_scaled(quotient, scale))
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.0.starts_with('-')
    }

    /// Rounded to an integer, half away from zero; `None` beyond 128 bits.
    pub(crate) fn to_integer(&self) -> Option<i128> {
        self.rounded(0)?.scaled(0)
    }

    pub(crate) fn negated(&self) -> Decimal {
        match self.0.strip_prefix('-') {
            Some(positive) => Decimal(positive.into()),
            None => Decimal::of_digits(&format!("-{}", self.0)),
        }
    }

    /// `None` beyond 128 bits, as of the other operations.
    pub(crate) fn plus(&self, other: &Decimal) -> Option<Decimal> {
        let scale = self.scale().max(other.scale());
        Some(Decimal::of_scaled(self.scaled(scale)?.checked_add(other.scaled(scale)?)?, scale))
    }

    pub(crate) fn times(&self, other: &Decimal) -> Option<Decimal> {
        let (one, two) = (self.scale(), other.scale());
        Some(Decimal::of_scaled(self.scaled(one)?.checked_mul(other.scaled(two)?)?, one + two))
    }

    /// The remainder of a division by a number that is not zero; it has the sign of the dividend.
    pub(crate) fn modulo(&self, divisor: &Decimal) -> Option<Decimal> {
        let scale = self.scale().max(divisor.scale());
        Some(Decimal::of_scaled(self.scaled(scale)?.checked_rem(divisor.scaled(scale)?)?, scale))
    }

    /// The quotient by a number that is not zero, with as many digits as PostgreSQL chooses (`select_div_scale`).
    pub(crate) fn over(&self, divisor: &Decimal) -> Option<Decimal> {
        let ((weight, first), (other_weight, other_first)) = (self.first_group(), divisor.first_group());
        let quotient_weight = weight - other_weight - i32::from(first <= other_first);
        let least = LEAST_DIGITS - quotient_weight * GROUP;
        let scale = least.max(0).max(self.scale() as i32).max(divisor.scale() as i32) as u32;
        let common = self.scale().max(divisor.scale());
        let dividend = self.scaled(common)?.checked_mul(10i128.checked_pow(scale)?)?;
        Some(Decimal::of_scaled(divided(dividend, divisor.scaled(common)?)?, scale))
    }

    /// Whether no more than `most` digits that count stand before the point.
    pub(crate) fn has_digits_before_point(&self, most: u32) -> bool {
        let plain = self.0.strip_prefix('-').unwrap_or(&self.0);
        let whole = plain.split_once('.').map_or(plain, |(whole, _)| whole);
        whole.trim_start_matches('0').len() <= most as usize
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.0.bytes().all(|byte| matches!(byte, b'0' | b'.' | b'-'))
    }

    /// The place of the first group of four digits that is not zero, and its value; 0 of both for zero.
    fn first_group(&self) -> (i32, u32) {
        let plain = self.0.strip_prefix('-').unwrap_or(&self.0);
        let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
        let whole = format!("{}{whole}", "0".repeat(whole.len().next_multiple_of(4) - whole.len()));
        let fraction = format!("{fraction}{}", "0".repeat(fraction.len().next_multiple_of(4) - fraction.len()));
        let highest = (whole.len() / 4) as i32 - 1;
        let digits = whole + &fraction;
        let groups =
            digits.as_bytes().chunks(4).map(|group| group.iter().fold(0, |sum, d| sum * 10 + u32::from(d - b'0')));
        let first = groups.enumerate().find(|(_, group)| *group != 0);
        first.map_or((0, 0), |(index, group)| (highest - index as i32, group))
    }

    /// Whether both are shown with the same digits.
    pub(crate) fn looks_like(&self, other: &Decimal) -> bool {
        self.0 == other.0
    }

    /// Without what is shown only, for comparisons.
    fn significant(&self) -> &str {
        match self.0.contains('.') {
            true => self.0.trim_end_matches('0').trim_end_matches('.'),
            false => &self.0,
        }
    }
}

/// A quotient rounded half away from zero.
fn divided(dividend: i128, divisor: i128) -> Option<i128> {
    let (quotient, rest) = (dividend.checked_div(divisor)?, dividend.checked_rem(divisor)?);
    let rounds_up = rest.unsigned_abs() >= divisor.unsigned_abs() - rest.unsigned_abs();
    let away = if (dividend < 0) == (divisor < 0) { 1 } else { -1 };
    Some(if rounds_up && rest != 0 { quotient + away } else { quotient })
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Decimal) -> bool {
        self.significant() == other.significant()
    }
}

impl Eq for Decimal {}

impl Ord for Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        let split = |number: &Decimal| {
            let plain = number.significant();
            let (is_negative, plain) = match plain.strip_prefix('-') {
                Some(rest) => (true, rest),
                None => (false, plain),
            };
            let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
            (is_negative, whole.len(), whole.to_owned(), fraction.to_owned())
        };
        let (one, two) = (split(self), split(other));
        let magnitude = (one.1, &one.2, &one.3).cmp(&(two.1, &two.2, &two.3));
        match (one.0, two.0) {
            (false, false) => magnitude,
            (true, true) => magnitude.reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    fn decimal(digits: &str) -> Decimal {
        Decimal::of_digits(digits)
    }

    /// What PostgreSQL answers to `SELECT a / b`.
    #[test]
    fn quotients_have_the_digits_that_postgresql_gives_them() {
        for (dividend, divisor, quotient) in [
            ("1", "3", "0.33333333333333333333"),
            ("10", "4", "2.5000000000000000"),
            ("9.99", "2", "4.9950000000000000"),
            ("100000", "7", "14285.714285714286"),
            ("-7", "2", "-3.5000000000000000"),
            ("0", "5", "0.00000000000000000000"),
            ("0.0001", "3", "0.000033333333333333333333"),
        ] {
            let found = decimal(dividend).over(&decimal(divisor)).map(|found| found.to_string());
            assert_eq!(found.as_deref(), Some(quotient), "{dividend} / {divisor}");
        }
    }

    #[test]
    fn numbers_are_equal_whatever_their_scale() {
        assert_eq!(decimal("1.50"), decimal("1.5"));
        assert!(decimal("-2") < decimal("-1.99") && decimal("10") > decimal("9.5"));
        assert_eq!(decimal("2.345").rounded(2).map(|found| found.to_string()).as_deref(), Some("2.35"));
        assert_eq!(decimal("-0.005").rounded(2).map(|found| found.to_string()).as_deref(), Some("-0.01"));
        assert_eq!(decimal("-0.001").rounded(2).map(|found| found.to_string()).as_deref(), Some("0.00"));
    }
}
