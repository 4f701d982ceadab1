//! Conditions over rows that the model does not know whole.
//!
//! A system catalog has hundreds of rows that PostgreSQL itself brings. The model does not list them: it stands one row in
//! for all of them, whose columns say only what holds for every one. A query is predicted when its conditions certainly
//! do not hold for that row, and refused otherwise.

use super::evaluate::Row;
use super::operator::{like, match_pattern};
use super::plan::{Bound, Plan};
use super::{Type, Value};
use crate::catalog::FIRST_NORMAL_OID;
use crate::error::{Result, Stop, unsupported};
use crate::execute::Execution;
use crate::statement::BinaryOperator;

/// What is known of a value. Without another word it is not NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fact {
    /// An OID of an object that PostgreSQL brings: below `FirstNormalObjectId`.
    SystemOid,
    /// An OID of an object that was made later and that the model does not list, such as a TOAST table.
    UnlistedOid,
    /// Any OID.
    AnyOid,
    /// Any number but these.
    NumberBut(&'static [i64]),
    /// One of these texts.
    TextAmong(&'static [&'static str]),
    /// A text that begins like this.
    Begins(&'static str),
    /// A text with this at its beginning, with `_` and digits only behind it.
    Numbered(&'static str),
}

/// What a condition may turn out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcomes {
    /// It may be true.
    pub(crate) may_hold: bool,
    /// It may be false.
    may_be_false: bool,
    /// It may be NULL.
    may_be_null: bool,
}

impl Outcomes {
    const ANY: Outcomes = Outcomes { may_hold: true, may_be_false: true, may_be_null: true };
    const NEVER: Outcomes = Outcomes { may_hold: false, may_be_false: true, may_be_null: false };
    const ALWAYS: Outcomes = Outcomes { may_hold: true, may_be_false: false, may_be_null: false };
    const EITHER: Outcomes = Outcomes { may_hold: true, may_be_false: true, may_be_null: false };
    const NULL: Outcomes = Outcomes { may_hold: false, may_be_false: false, may_be_null: true };

    /// Whether it certainly is true.
    pub(crate) fn holds(self) -> bool {
        self == Outcomes::ALWAYS
    }

    fn of(value: &Value) -> Outcomes {
        match value {
            Value::Boolean(true) => Outcomes::ALWAYS,
            Value::Boolean(false) => Outcomes::NEVER,
            Value::Null => Outcomes::NULL,
            _ => Outcomes::ANY,
        }
    }

    fn negated(self) -> Outcomes {
        Outcomes { may_hold: self.may_be_false, may_be_false: self.may_hold, may_be_null: self.may_be_null }
    }
}

impl Execution<'_> {
    /// What a condition may be for this row. Parts that read only values that the model knows are computed.
    pub(super) fn judge(&mut self, condition: &Bound, row: &Row<'_>) -> Result<Outcomes> {
        if !reads_partial(condition, row) {
            return Ok(Outcomes::of(&self.evaluate(condition, row)?));
        }
        Ok(match condition {
            Bound::And(left, right) => {
                let left = match self.judge(left, row) {
                    // PostgreSQL decides what takes a subquery last, and only where the rest may hold.
                    Err(Stop::Unsupported(reason)) if left.any(|part| part.subquery().is_some()) => {
                        let right = self.judge(right, row)?;
                        return if right.may_hold { Err(Stop::Unsupported(reason)) } else { Ok(right) };
                    }
                    other => other?,
                };
                if !left.may_hold {
                    return Ok(left);
                }
                let right = self.judge(right, row)?;
                Outcomes {
                    may_hold: left.may_hold && right.may_hold,
                    may_be_false: left.may_be_false || right.may_be_false,
                    may_be_null: left.may_be_null || right.may_be_null,
                }
            }
            Bound::Or(left, right) => {
                let left = self.judge(left, row)?;
                if left.holds() {
                    return Ok(left);
                }
                let right = self.judge(right, row)?;
                if right.holds() {
                    return Ok(right);
                }
                Outcomes {
                    may_hold: left.may_hold || right.may_hold,
                    may_be_false: left.may_be_false && right.may_be_false,
                    may_be_null: left.may_be_null || right.may_be_null,
                }
            }
            Bound::Not(operand) => self.judge(operand, row)?.negated(),
            Bound::IsNull { operand, negated } => match self.partial(operand, row)? {
                Value::Partial(_) if *negated => Outcomes::ALWAYS,
                Value::Partial(_) => Outcomes::NEVER,
                _ => Outcomes::EITHER,
            },
            Bound::Operator { operator, left, right, .. } => {
                let left = self.partial(left, row)?;
                let right = self.partial(right, row)?;
                compare_partial(*operator, &left, &right)
            }
            Bound::InQuery { operand, plan, from, to } if !reads_partial_in(plan, row) => {
                let operand = self.partial(operand, row)?;
                let mut outcomes = Outcomes::NEVER;
                self.run_plan(plan, Some(row), &mut |execution, values| {
                    let value = values.first().cloned().unwrap_or(Value::Null);
                    let value = if from == to { value } else { execution.cast_value(value, *from, *to)? };
                    if compare_partial(BinaryOperator::Equal, &operand, &value) != Outcomes::NEVER {
                        outcomes = Outcomes::ANY;
                    }
                    Ok(true)
                })?;
                outcomes
            }
            _ if is_harmless(condition) => Outcomes::ANY,
            _ => return Err(unsupported("an expression over rows of the system catalogs that are not listed")),
        })
    }

    /// What is known of an expression's value.
    fn partial(&mut self, expression: &Bound, row: &Row<'_>) -> Result<Value> {
        if !reads_partial(expression, row) {
            return self.evaluate(expression, row);
        }
        Ok(match expression {
            Bound::Column { level, index } => column_of(*level, *index, row).cloned().unwrap_or(Value::Opaque),
            Bound::Cast { operand, from, to } => match self.partial(operand, row)? {
                known @ Value::Partial(_) if keeps_facts(*from, *to) => known,
                _ if is_harmless(expression) => Value::Opaque,
                _ => return Err(unsupported("a cast over rows of the system catalogs that are not listed")),
            },
            _ if is_harmless(expression) => Value::Opaque,
            _ => return Err(unsupported("an expression over rows of the system catalogs that are not listed")),
        })
    }
}

fn column_of<'r>(level: usize, index: usize, row: &'r Row<'_>) -> Option<&'r Value> {
    let mut row = row;
    for _ in 0..level {
        row = row.outer?;
    }
    row.values.get(index)
}

fn reads_partial(expression: &Bound, row: &Row<'_>) -> bool {
    expression.any(|part| match part {
        Bound::Column { level, index } => column_of(*level, *index, row).is_some_and(|value| !value.is_known()),
        // What a subquery reads of the rows around it is not looked into.
        other => other.subquery().is_some_and(|subquery| reads_partial_in(subquery, row)),
    })
}

/// Whether a subquery may read values of the rows around it that the model does not know.
fn reads_partial_in(plan: &Plan, row: &Row<'_>) -> bool {
    has_partial(row) && plan.reads_around()
}

fn has_partial(row: &Row<'_>) -> bool {
    row.values.iter().any(|value| matches!(value, Value::Partial(_))) || row.outer.is_some_and(has_partial)
}

/// Whether computing an expression can neither fail nor do anything.
pub(super) fn is_harmless(expression: &Bound) -> bool {
    !expression.any(|part| match part {
        Bound::Cast { from, to, .. } => !(keeps_facts(*from, *to) || *to == Type::Text && !from.is_number()),
        Bound::Operator { operand_type, operator, .. } => {
            operand_type.is_number()
                && !matches!(
                    operator,
                    BinaryOperator::Equal
                        | BinaryOperator::NotEqual
                        | BinaryOperator::Less
                        | BinaryOperator::LessOrEqual
                        | BinaryOperator::Greater
                        | BinaryOperator::GreaterOrEqual
                        | BinaryOperator::IsDistinctFrom
                        | BinaryOperator::IsNotDistinctFrom
                )
        }
        Bound::Call { function, .. } => !function.is_harmless(),
        Bound::Negate { .. }
        | Bound::Subquery(_)
        | Bound::Initial { .. }
        | Bound::Exists(_)
        | Bound::InQuery { .. } => true,
        _ => false,
    })
}

/// Whether a cast leaves what is known of a value as it is.
fn keeps_facts(from: Type, to: Type) -> bool {
    from == to
        || from.is_identifier() && to.is_identifier()
        || from.is_string() && to.is_string()
        || from == Type::Char && to.is_string()
        || from == Type::SmallInt && to.is_integer()
        || from == Type::Integer && to == Type::BigInt
}

fn compare_partial(operator: BinaryOperator, left: &Value, right: &Value) -> Outcomes {
    use BinaryOperator as Op;
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) if !matches!(operator, Op::IsDistinctFrom | Op::IsNotDistinctFrom) => {
            return Outcomes::NULL;
        }
        _ => {}
    }
    let unequal = match (left, right) {
        (Value::Partial(fact), Value::Partial(other)) => exclude(*fact, *other),
        (Value::Partial(fact), known) | (known, Value::Partial(fact)) if known.is_known() => !admits(*fact, known),
        _ => false,
    };
    match operator {
        Op::Equal | Op::IsNotDistinctFrom if unequal => Outcomes::NEVER,
        Op::NotEqual | Op::IsDistinctFrom if unequal => Outcomes::ALWAYS,
        Op::Like | Op::NotLike => {
            let outcomes = match (left, right) {
                (Value::Partial(fact), Value::Text(pattern)) => match_partial(*fact, pattern),
                _ => Outcomes::EITHER,
            };
            if operator == Op::Like { outcomes } else { outcomes.negated() }
        }
        Op::ILike | Op::NotILike | Op::Matches | Op::NotMatches => {
            let never = match (left, right) {
                (Value::Partial(fact), Value::Text(pattern)) => never_matches(operator, *fact, pattern),
                _ => false,
            };
            if never { Outcomes::NEVER } else { Outcomes::EITHER }
        }
        Op::GreaterOrEqual | Op::Greater => match (left, right) {
            (Value::Partial(Fact::SystemOid), Value::Integer(bound)) if *bound >= i64::from(FIRST_NORMAL_OID) - 1 => {
                Outcomes::NEVER
            }
            _ => Outcomes::ANY,
        },
        _ => Outcomes::ANY,
    }
}

/// Whether a value of which this is known may be `value`.
fn admits(fact: Fact, value: &Value) -> bool {
    match (fact, value) {
        (Fact::SystemOid, Value::Integer(oid)) => *oid < i64::from(FIRST_NORMAL_OID),
        // Every larger number that comes up is one of the model's own objects.
        (Fact::UnlistedOid, Value::Integer(_)) => false,
        (Fact::NumberBut(oids), Value::Integer(oid)) => !oids.contains(oid),
        (Fact::TextAmong(texts), Value::Text(text)) => texts.contains(&&**text),
        (Fact::Begins(prefix), Value::Text(text)) => text.starts_with(prefix),
        (Fact::Numbered(prefix), Value::Text(text)) => text.strip_prefix(prefix).is_some_and(|rest| {
            rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') || rest.ends_with("_index")
        }),
        _ => true,
    }
}

/// Whether two values of which these are known must differ.
fn exclude(one: Fact, other: Fact) -> bool {
    match (one, other) {
        (Fact::SystemOid, Fact::UnlistedOid) | (Fact::UnlistedOid, Fact::SystemOid) => true,
        (Fact::TextAmong(texts), other) | (other, Fact::TextAmong(texts)) => {
            texts.iter().all(|text| !admits(other, &Value::text(text)))
        }
        _ => false,
    }
}

/// Whether a text of which this is known matches a pattern.
fn match_partial(fact: Fact, pattern: &str) -> Outcomes {
    let literal: &str = pattern.split(['%', '_', '\\']).next().unwrap_or_default();
    let (never, always) = match fact {
        Fact::TextAmong(texts) => {
            let matching = texts.iter().filter(|text| like(text, pattern)).count();
            (matching == 0, matching == texts.len())
        }
        Fact::Begins(prefix) | Fact::Numbered(prefix) => {
            // What matches as a whole up to a last % matches with anything behind it.
            let is_open = pattern.ends_with('%') && !pattern.ends_with("\\%") && pattern.matches('%').count() == 1;
            (!literal.starts_with(prefix) && !prefix.starts_with(literal), is_open && like(prefix, pattern))
        }
        _ => (false, false),
    };
    match (never, always) {
        (true, _) => Outcomes::NEVER,
        (_, true) => Outcomes::ALWAYS,
        _ => Outcomes::EITHER,
    }
}

/// Whether a condition with another kind of pattern holds for no text of which this is known.
fn never_matches(operator: BinaryOperator, fact: Fact, pattern: &str) -> bool {
    let holds = |text: &str| match_pattern(operator, text, pattern).unwrap_or(true);
    match (fact, operator) {
        (Fact::TextAmong(texts), _) => !texts.iter().any(|text| holds(text)),
        (Fact::Begins(prefix) | Fact::Numbered(prefix), BinaryOperator::Matches) => {
            let Some(anchored) = pattern.strip_prefix('^') else { return false };
            // What a sign for repetition follows may be absent.
            let literal: Vec<char> = anchored.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            let is_repeated = anchored.chars().nth(literal.len()).is_some_and(|c| "*?{".contains(c));
            let literal: String =
                literal[..literal.len() - usize::from(is_repeated && !literal.is_empty())].iter().collect();
            !literal.starts_with(prefix) && !prefix.starts_with(&literal)
        }
        (Fact::Begins(prefix) | Fact::Numbered(prefix), BinaryOperator::ILike) => {
            let pattern = pattern.to_lowercase();
            let literal: &str = pattern.split(['%', '_', '\\']).next().unwrap_or_default();
            !literal.starts_with(prefix) && !prefix.starts_with(literal)
        }
        _ => false,
    }
}
