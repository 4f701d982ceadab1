//! Infix operators: which types they take, and what they compute.

use std::cmp::Ordering;

use super::numeric::fit;
use super::plan::{Bound, Typed};
use super::{CastContext, Decimal, Type, Value, within_reach};
use crate::error::{Result, error, sqlstate, unsupported};
use crate::execute::Execution;
use crate::statement::BinaryOperator;

/// The operator's name in error messages.
pub(super) fn symbol(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::Modulo => "%",
        BinaryOperator::Concatenate => "||",
        BinaryOperator::Equal | BinaryOperator::IsDistinctFrom | BinaryOperator::IsNotDistinctFrom => "=",
        BinaryOperator::NotEqual => "<>",
        BinaryOperator::Less => "<",
        BinaryOperator::LessOrEqual => "<=",
        BinaryOperator::Greater => ">",
        BinaryOperator::GreaterOrEqual => ">=",
        BinaryOperator::And => "AND",
        BinaryOperator::Or => "OR",
        BinaryOperator::Like => "~~",
        BinaryOperator::NotLike => "!~~",
        BinaryOperator::ILike => "~~*",
        BinaryOperator::NotILike => "!~~*",
        BinaryOperator::Matches => "~",
        BinaryOperator::NotMatches => "!~",
    }
}

pub(super) fn is_arithmetic(operator: BinaryOperator) -> bool {
    use BinaryOperator::{Add, Divide, Modulo, Multiply, Subtract};
    matches!(operator, Add | Subtract | Multiply | Divide | Modulo)
}

/// Whether an operator matches a text with a pattern.
fn is_pattern_match(operator: BinaryOperator) -> bool {
    use BinaryOperator::{ILike, Like, Matches, NotILike, NotLike, NotMatches};
    matches!(operator, Like | NotLike | ILike | NotILike | Matches | NotMatches)
}

/// The type that both operands are converted to.
pub(super) fn common_type(operator: BinaryOperator, left: Type, right: Type) -> Option<Type> {
    if operator == BinaryOperator::Concatenate {
        let text = |side: Type| side.is_string();
        let some_text = matches!(left, Type::Text | Type::Varchar | Type::Name)
            || matches!(right, Type::Text | Type::Varchar | Type::Name)
            || left == Type::Unknown && right == Type::Unknown;
        let array = matches!(left, Type::Array(_)) || matches!(right, Type::Array(_));
        let shown = |side: Type| !side.is_opaque() || side.becomes_text_as_shown();
        return ((some_text || text(left) || text(right)) && !array && shown(left) && shown(right))
            .then_some(Type::Text);
    }
    if is_pattern_match(operator) {
        return (left.is_string() && right.is_string()).then_some(Type::Text);
    }
    let number = |side: Type| match side {
        Type::SmallInt => Some(0),
        Type::Integer => Some(1),
        Type::BigInt => Some(2),
        Type::Numeric => Some(3),
        _ => None,
    };
    if let (Some(a), Some(b)) = (number(left), number(right)) {
        return Some(if a >= b { left } else { right });
    }
    match (left, right) {
        (Type::Unknown, other) | (other, Type::Unknown) if other.is_number() => Some(other),
        _ if is_arithmetic(operator) => None,
        (known, other) | (other, known) if known.is_opaque() && (other == known || other == Type::Unknown) => {
            use BinaryOperator::{Equal, IsDistinctFrom, IsNotDistinctFrom, NotEqual};
            let asks_for_equality = matches!(operator, Equal | NotEqual | IsDistinctFrom | IsNotDistinctFrom);
            (known.is_ordered_as_text() || asks_for_equality && known.is_equal_as_text()).then_some(known)
        }
        (a, b) if a.is_string() && b.is_string() => Some(Type::Text),
        (Type::Boolean, Type::Boolean | Type::Unknown) | (Type::Unknown, Type::Boolean) => Some(Type::Boolean),
        (a, b) if a.is_identifier() && (b.is_identifier() || b.is_integer() || b == Type::Unknown) => Some(Type::Oid),
        (a, b) if (a.is_integer() || a == Type::Unknown) && b.is_identifier() => Some(Type::Oid),
        (Type::Char, Type::Char | Type::Unknown) | (Type::Unknown, Type::Char) => Some(Type::Char),
        (Type::Char, b) if b.is_string() => Some(Type::Text),
        (a, Type::Char) if a.is_string() => Some(Type::Text),
        _ => None,
    }
}

impl Execution<'_> {
    /// Analyses an infix operator other than AND and OR.
    pub(super) fn bind_operator(&mut self, operator: BinaryOperator, left: Typed, right: Typed) -> Result<Typed> {
        let Some(operand_type) = common_type(operator, left.value_type, right.value_type) else {
            if [left.value_type, right.value_type].iter().any(|side| matches!(side, Type::Array(_) | Type::Opaque(_))) {
                return Err(unsupported("an operator on arrays or on a type outside the model"));
            }
            if (left.value_type, right.value_type) == (Type::Unknown, Type::Unknown) {
                return Err(error(
                    sqlstate::AMBIGUOUS_FUNCTION,
                    format!("operator is not unique: unknown {} unknown", symbol(operator)),
                )
                .hint("Could not choose a best candidate operator. You might need to add explicit type casts."));
            }
            return Err(error(
                sqlstate::UNDEFINED_FUNCTION,
                format!(
                    "operator does not exist: {} {} {}",
                    left.value_type.sql_name(),
                    symbol(operator),
                    right.value_type.sql_name()
                ),
            )
            .hint(
                "No operator matches the given name and argument types. You might need to add explicit type casts.",
            ));
        };
        let may_be_number = |side: &Typed| side.value_type != Type::Regnamespace && side.value_type != Type::Regclass;
        let numbers = [may_be_number(&left), may_be_number(&right)];
        let mut convert = |side: Typed| -> Result<Typed> {
            let from = side.value_type;
            if takes_integers_as_they_are(operator) && from.is_integer() && operand_type != Type::Numeric {
                return Ok(side);
            }
            let is_read = is_arithmetic(operator) && matches!(side.bound, Bound::Constant(_)) && from == Type::Unknown;
            let converted = self
                .coerce(side, operand_type, CastContext::Explicit)?
                .ok_or_else(|| unsupported(format!("an operand of type {}", from.sql_name())))?;
            Ok(match is_read {
                // The text of a default shows the type as which a string constant was read.
                true => Typed {
                    bound: Bound::Cast { operand: Box::new(converted.bound), from: operand_type, to: operand_type },
                    ..converted
                },
                false => converted,
            })
        };
        let (left, right) = (convert(left)?, convert(right)?);
        let is_number = |(side, may): (&Typed, bool)| may && is_ordinary_number(&side.bound);
        if operand_type == Type::Oid && [&left, &right].into_iter().zip(numbers).any(is_number) {
            return Err(unsupported("an OID compared with a number"));
        }
        let value_type = match operator {
            operator if is_arithmetic(operator) => operand_type,
            BinaryOperator::Concatenate => Type::Text,
            _ => Type::Boolean,
        };
        Ok(Typed {
            bound: Bound::Operator { operator, operand_type, left: Box::new(left.bound), right: Box::new(right.bound) },
            value_type,
        })
    }
}

/// Whether an operator exists for each pair of integer types, so that none of them is converted: the text of a default
/// shows conversions.
fn takes_integers_as_they_are(operator: BinaryOperator) -> bool {
    use BinaryOperator::{Add, Concatenate, Divide, Multiply, Subtract};
    matches!(operator, Add | Subtract | Multiply | Divide | Concatenate)
}

/// Whether it is a written number that an ordinary object may have as its OID; the server's are not the model's.
fn is_ordinary_number(side: &Bound) -> bool {
    let number = match side {
        Bound::Constant(Value::Integer(number)) => *number,
        Bound::Cast { operand, .. } => match **operand {
            Bound::Constant(Value::Integer(number)) => number,
            _ => return false,
        },
        _ => return false,
    };
    // The first such number itself is written to tell both kinds of objects apart.
    !(0..=i64::from(crate::catalog::FIRST_NORMAL_OID)).contains(&number)
}

/// Computes an infix operator on two values of one type.
pub(super) fn apply(operator: BinaryOperator, operand_type: Type, left: &Value, right: &Value) -> Result<Value> {
    use BinaryOperator as Op;
    if !left.is_known() || !right.is_known() {
        return Err(unsupported("an operator on a value that nobody can predict"));
    }
    match operator {
        Op::IsDistinctFrom => return Ok(Value::Boolean(left != right)),
        Op::IsNotDistinctFrom => return Ok(Value::Boolean(left == right)),
        _ if left.is_null() || right.is_null() => return Ok(Value::Null),
        _ => {}
    }
    if is_arithmetic(operator) {
        return match (left, right) {
            (Value::Integer(a), Value::Integer(b)) => arithmetic(operator, (*a).into(), (*b).into(), operand_type),
            (Value::Numeric(a), Value::Numeric(b)) => decimal_arithmetic(operator, a, b),
            _ => Err(unsupported("arithmetic on values that are no numbers")),
        };
    }
    Ok(match operator {
        Op::Concatenate => Value::text(&(left.to_text(operand_type) + &right.to_text(operand_type))),
        operator if is_pattern_match(operator) => {
            Value::Boolean(match_pattern(operator, &left.to_text(operand_type), &right.to_text(operand_type))?)
        }
        _ => {
            let ordering = compare(left, right);
            Value::Boolean(match operator {
                Op::Equal => ordering == Ordering::Equal,
                Op::NotEqual => ordering != Ordering::Equal,
                Op::Less => ordering == Ordering::Less,
                Op::LessOrEqual => ordering != Ordering::Greater,
                Op::Greater => ordering == Ordering::Greater,
                _ => ordering != Ordering::Less,
            })
        }
    })
}

fn arithmetic(operator: BinaryOperator, a: i128, b: i128, operand_type: Type) -> Result<Value> {
    let result = match operator {
        BinaryOperator::Add => a + b,
        BinaryOperator::Subtract => a - b,
        BinaryOperator::Multiply => a * b,
        _ if b == 0 => return Err(error(sqlstate::DIVISION_BY_ZERO, "division by zero")),
        BinaryOperator::Divide => a / b,
        _ => a % b,
    };
    fit(result, operand_type)
}

fn decimal_arithmetic(operator: BinaryOperator, a: &Decimal, b: &Decimal) -> Result<Value> {
    let result = match operator {
        BinaryOperator::Add => a.plus(b),
        BinaryOperator::Subtract => a.plus(&b.negated()),
        BinaryOperator::Multiply => a.times(b),
        _ if b.is_zero() => return Err(error(sqlstate::DIVISION_BY_ZERO, "division by zero")),
        BinaryOperator::Divide => a.over(b),
        _ => a.modulo(b),
    };
    within_reach(result).map(Value::Numeric)
}

/// The order of two values of one type that are not NULL; text in the order of its bytes, as collation C has it.
pub(super) fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
        (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
        (Value::Numeric(a), Value::Numeric(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        _ => Ordering::Equal,
    }
}

/// Matches a text with a pattern (manual, "Pattern Matching").
pub(super) fn match_pattern(operator: BinaryOperator, text: &str, pattern: &str) -> Result<bool> {
    use BinaryOperator as Op;
    Ok(match operator {
        Op::NotLike => !like(text, pattern),
        Op::ILike => like(&text.to_lowercase(), &pattern.to_lowercase()),
        Op::NotILike => !like(&text.to_lowercase(), &pattern.to_lowercase()),
        Op::Matches => super::regular::matches(text, pattern)?,
        Op::NotMatches => !super::regular::matches(text, pattern)?,
        _ => like(text, pattern),
    })
}

/// LIKE without an escape clause (manual, "LIKE").
pub(super) fn like(text: &str, pattern: &str) -> bool {
    fn matches(text: &[char], pattern: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('%', rest)) => (0..=text.len()).any(|skipped| matches(&text[skipped..], rest)),
            Some(('_', rest)) => !text.is_empty() && matches(&text[1..], rest),
            Some(('\\', rest)) => match (rest.split_first(), text.split_first()) {
                (Some((literal, rest)), Some((first, text))) => literal == first && matches(text, rest),
                _ => false,
            },
            Some((literal, rest)) => text.first() == Some(literal) && matches(&text[1..], rest),
        }
    }
    let text: Vec<char> = text.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    matches(&text, &pattern)
}
