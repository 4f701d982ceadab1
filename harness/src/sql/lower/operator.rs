//! Infix operators and how tightly they bind (manual, "Operator Precedence").

use seqcheck_engine::statement::BinaryOperator;

// Levels of precedence, loosest first.
pub(super) const OR: u8 = 1;
pub(super) const AND: u8 = 2;
pub(super) const NOT: u8 = 3;
pub(super) const IS: u8 = 4;
pub(super) const COMPARISON: u8 = 5;
pub(super) const PATTERN: u8 = 6;
pub(super) const OTHER_OPERATOR: u8 = 8;
pub(super) const SUM: u8 = 9;
pub(super) const PRODUCT: u8 = 10;
pub(super) const SIGN: u8 = 14;

/// The operator that is written so, with its level.
pub(super) fn binary_operator(operator: &str) -> Option<(BinaryOperator, u8)> {
    Some(match operator {
        "+" => (BinaryOperator::Add, SUM),
        "-" => (BinaryOperator::Subtract, SUM),
        "*" => (BinaryOperator::Multiply, PRODUCT),
        "/" => (BinaryOperator::Divide, PRODUCT),
        "%" => (BinaryOperator::Modulo, PRODUCT),
        "||" => (BinaryOperator::Concatenate, OTHER_OPERATOR),
        "~" => (BinaryOperator::Matches, OTHER_OPERATOR),
        "!~" => (BinaryOperator::NotMatches, OTHER_OPERATOR),
        "=" => (BinaryOperator::Equal, COMPARISON),
        "<>" | "!=" => (BinaryOperator::NotEqual, COMPARISON),
        "<" => (BinaryOperator::Less, COMPARISON),
        "<=" => (BinaryOperator::LessOrEqual, COMPARISON),
        ">" => (BinaryOperator::Greater, COMPARISON),
        ">=" => (BinaryOperator::GreaterOrEqual, COMPARISON),
        _ => return None,
    })
}
