//! Numbers worth trying: bounds and their neighbours, limits of the types, and numbers that do not fit anywhere.

use seqcheck_engine::SequenceSummary;
use seqcheck_engine::statement::{Expression, Literal, Number, UnaryOperator};

use super::Generator;

const LIMITS: [i64; 10] = [
    i16::MIN as i64,
    i16::MAX as i64,
    i32::MIN as i64,
    i32::MAX as i64,
    i64::MIN,
    i64::MAX,
    i64::MIN + 33,
    i64::MAX - 33,
    // What is left of these in a narrower type is small.
    1 << 16,
    1 << 32,
];

/// How far the neighbours of a bound reach, so that a server never fetches more values than it can in an instant.
const LARGEST_CACHE: u64 = 70;

impl Generator<'_> {
    /// A number for MINVALUE, MAXVALUE, START, RESTART or setval.
    pub(super) fn value(&mut self, around: Option<&SequenceSummary>) -> i64 {
        if (self.plan.extreme || self.plan.typed) && self.choice.chance(1, 3) {
            return self.choice.near(&LIMITS);
        }
        match around {
            Some(sequence) if self.choice.chance(2, 3) => {
                let anchors = [
                    sequence.last_value,
                    sequence.minimum,
                    sequence.maximum,
                    sequence.start,
                    sequence.last_value.saturating_add(sequence.increment),
                    sequence.maximum.saturating_sub(sequence.increment),
                    sequence.minimum.saturating_sub(sequence.increment),
                ];
                self.choice.near(&anchors)
            }
            _ if self.plan.narrow => self.choice.below(12) as i64 - 3,
            _ => self.choice.near(&[0, 1, 10, 32, 33, 100, 1000, -1, -10, -100, 32767, -32768]),
        }
    }

    /// A number as an option list has it, rarely one that no bigint can hold.
    pub(super) fn number(&mut self, around: Option<&SequenceSummary>) -> Number {
        if self.choice.chance(1, 60) {
            let odd = ["9223372036854775808", "-9223372036854775809", "1.5", "99999999999999999999999", "-0", "007"];
            return Number(odd[self.choice.index(odd.len())].to_owned());
        }
        self.value(around).into()
    }

    /// An increment, rarely zero.
    pub(super) fn increment(&mut self) -> Number {
        let common = [1, 1, 2, 3, 5, 7, 10, -1, -1, -2, -3, -10];
        if self.plan.extreme && self.choice.chance(1, 4) {
            return self.choice.near(&LIMITS).into();
        }
        match self.choice.chance(1, 20) {
            true => 0.into(),
            false => common[self.choice.index(common.len())].into(),
        }
    }

    /// A cache size, rarely one that is refused.
    pub(super) fn cache(&mut self) -> Number {
        match self.choice.below(12) {
            0 => 0.into(),
            1 => (-3).into(),
            2 | 3 => 1.into(),
            4 => [31, 32, 33, 34, 40, 100][self.choice.index(6)].into(),
            5 => (self.choice.below(LARGEST_CACHE) as i64).into(),
            _ => (2 + self.choice.below(6) as i64).into(),
        }
    }
}

/// A number as an expression.
pub(super) fn number_expression(value: i64) -> Expression {
    let digits = Expression::Literal(Literal::Number(value.unsigned_abs().to_string()));
    match value < 0 {
        true => Expression::Unary(UnaryOperator::Minus, Box::new(digits)),
        false => digits,
    }
}
