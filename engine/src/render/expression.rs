//! Value expressions, with parentheses where precedence needs them.

use super::name::{literal, object_name};
use super::query::query;
use super::type_name::type_name;
use super::{Output, separated, sql_if};
use crate::statement::{BinaryOperator, Call, Case, Expression, OrderItem, SessionValue, UnaryOperator};

/// How tightly an expression binds, loosest first (manual, "Operator Precedence").
///
/// Everything from IS to LIKE shares one level: mixing these without parentheses is legal only sometimes and never
/// clear. BETWEEN is last, so that its AND is never beside another; ANY and ALL are too, so that nothing follows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Precedence {
    Between,
    Or,
    And,
    Not,
    Test,
    OtherOperator,
    Sum,
    Product,
    Sign,
    Primary,
}

fn precedence(expression: &Expression) -> Precedence {
    match expression {
        Expression::Unary(UnaryOperator::Not, _) => Precedence::Not,
        Expression::Unary(UnaryOperator::Minus | UnaryOperator::Plus, _) => Precedence::Sign,
        Expression::Binary(operator, ..) => binary_precedence(*operator),
        Expression::Between { .. } | Expression::Quantified { .. } => Precedence::Between,
        Expression::IsNull { .. } | Expression::InList { .. } | Expression::InQuery { .. } => Precedence::Test,
        Expression::Literal(_)
        | Expression::Column(_)
        | Expression::Wildcard(_)
        | Expression::Call(_)
        | Expression::Cast(..)
        | Expression::Case(_)
        | Expression::Subquery(_)
        | Expression::Exists(_)
        | Expression::Session(_)
        | Expression::Array(_)
        | Expression::Parameter(_)
        | Expression::Default => Precedence::Primary,
    }
}

fn binary_precedence(operator: BinaryOperator) -> Precedence {
    match operator {
        BinaryOperator::Or => Precedence::Or,
        BinaryOperator::And => Precedence::And,
        BinaryOperator::Equal
        | BinaryOperator::NotEqual
        | BinaryOperator::Less
        | BinaryOperator::LessOrEqual
        | BinaryOperator::Greater
        | BinaryOperator::GreaterOrEqual
        | BinaryOperator::Like
        | BinaryOperator::NotLike
        | BinaryOperator::ILike
        | BinaryOperator::NotILike
        | BinaryOperator::IsDistinctFrom
        | BinaryOperator::IsNotDistinctFrom => Precedence::Test,
        BinaryOperator::Concatenate | BinaryOperator::Matches | BinaryOperator::NotMatches => Precedence::OtherOperator,
        BinaryOperator::Add | BinaryOperator::Subtract => Precedence::Sum,
        BinaryOperator::Multiply | BinaryOperator::Divide | BinaryOperator::Modulo => Precedence::Product,
    }
}

fn spelling(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Add => " + ",
        BinaryOperator::Subtract => " - ",
        BinaryOperator::Multiply => " * ",
        BinaryOperator::Divide => " / ",
        BinaryOperator::Modulo => " % ",
        BinaryOperator::Concatenate => " || ",
        BinaryOperator::Equal => " = ",
        BinaryOperator::NotEqual => " <> ",
        BinaryOperator::Less => " < ",
        BinaryOperator::LessOrEqual => " <= ",
        BinaryOperator::Greater => " > ",
        BinaryOperator::GreaterOrEqual => " >= ",
        BinaryOperator::And => " AND ",
        BinaryOperator::Or => " OR ",
        BinaryOperator::Like => " LIKE ",
        BinaryOperator::NotLike => " NOT LIKE ",
        BinaryOperator::ILike => " ILIKE ",
        BinaryOperator::NotILike => " NOT ILIKE ",
        BinaryOperator::Matches => " ~ ",
        BinaryOperator::NotMatches => " !~ ",
        BinaryOperator::IsDistinctFrom => " IS DISTINCT FROM ",
        BinaryOperator::IsNotDistinctFrom => " IS NOT DISTINCT FROM ",
    }
}

/// Writes an expression where any expression may stand.
pub(super) fn expression(out: &mut impl Output, value: &Expression) {
    match value {
        Expression::Literal(value) => literal(out, value),
        Expression::Column(name) => object_name(out, name),
        Expression::Wildcard(None) => out.sql("*"),
        Expression::Wildcard(Some(name)) => {
            object_name(out, name);
            out.sql(".*");
        }
        Expression::Call(value) => call(out, value),
        Expression::Cast(value, target) => {
            operand(out, value, Precedence::Primary);
            out.sql("::");
            type_name(out, target);
        }
        Expression::Unary(operator, value) => {
            let (sign, least) = match operator {
                UnaryOperator::Minus => ("-", Precedence::Primary),
                UnaryOperator::Plus => ("+", Precedence::Primary),
                UnaryOperator::Not => ("NOT ", Precedence::OtherOperator),
            };
            out.sql(sign);
            operand(out, value, least);
        }
        Expression::Binary(operator, left, right) => binary(out, *operator, left, right),
        Expression::Quantified { operand: value, operator, array, all } => {
            operand(out, value, least_operands(*operator).0);
            out.sql(spelling(*operator));
            out.sql(if *all { "ALL (" } else { "ANY (" });
            expression(out, array);
            out.sql(")");
        }
        Expression::IsNull { operand: value, negated } => {
            operand(out, value, Precedence::OtherOperator);
            out.sql(if *negated { " IS NOT NULL" } else { " IS NULL" });
        }
        Expression::InList { operand: value, items, negated } => {
            operand(out, value, Precedence::OtherOperator);
            out.sql(if *negated { " NOT IN (" } else { " IN (" });
            separated(out, ", ", items, expression);
            out.sql(")");
        }
        Expression::Between { operand: value, low, high, negated } => {
            operand(out, value, Precedence::OtherOperator);
            out.sql(if *negated { " NOT BETWEEN " } else { " BETWEEN " });
            operand(out, low, Precedence::OtherOperator);
            out.sql(" AND ");
            operand(out, high, Precedence::OtherOperator);
        }
        Expression::Case(value) => case(out, value),
        Expression::Subquery(value) => {
            out.sql("(");
            query(out, value);
            out.sql(")");
        }
        Expression::Exists(value) => {
            out.sql("EXISTS (");
            query(out, value);
            out.sql(")");
        }
        Expression::InQuery { operand: value, query: source, negated } => {
            operand(out, value, Precedence::OtherOperator);
            out.sql(if *negated { " NOT IN (" } else { " IN (" });
            query(out, source);
            out.sql(")");
        }
        Expression::Session(value) => out.sql(session_value(*value)),
        Expression::Array(elements) => {
            out.sql("ARRAY[");
            separated(out, ", ", elements, expression);
            out.sql("]");
        }
        Expression::Parameter(number) => out.sql(&format!("${number}")),
        Expression::Default => out.sql("DEFAULT"),
    }
}

fn session_value(value: SessionValue) -> &'static str {
    match value {
        SessionValue::CurrentUser => "CURRENT_USER",
        SessionValue::CurrentRole => "CURRENT_ROLE",
        SessionValue::SessionUser => "SESSION_USER",
        SessionValue::User => "USER",
        SessionValue::CurrentCatalog => "CURRENT_CATALOG",
        SessionValue::CurrentSchema => "CURRENT_SCHEMA",
        SessionValue::CurrentDate => "CURRENT_DATE",
        SessionValue::CurrentTime => "CURRENT_TIME",
        SessionValue::CurrentTimestamp => "CURRENT_TIMESTAMP",
        SessionValue::LocalTime => "LOCALTIME",
        SessionValue::LocalTimestamp => "LOCALTIMESTAMP",
    }
}

/// Writes the expression of a column's DEFAULT, where the grammar takes no AND, OR, NOT, IS NULL, IN, BETWEEN or LIKE
/// outside parentheses.
pub(super) fn default_expression(out: &mut impl Output, value: &Expression) {
    operand(out, value, Precedence::OtherOperator);
}

/// Writes a function call.
pub(super) fn call(out: &mut impl Output, call: &Call) {
    match special_form(call) {
        Some(name) => out.sql(name),
        None => object_name(out, &call.name),
    }
    out.sql("(");
    sql_if(out, call.star, "*");
    sql_if(out, call.distinct, "DISTINCT ");
    separated(out, ", ", &call.arguments, expression);
    order_by(out, &call.order_by);
    out.sql(")");
}

/// The expressions that look like function calls but are grammar (manual, "Conditional Expressions"); written with
/// quotes they would call a function of that name instead.
fn special_form(call: &Call) -> Option<&'static str> {
    match call.name.parts.as_slice() {
        [name] => ["coalesce", "greatest", "least", "nullif"].into_iter().find(|form| *form == name.written()),
        _ => None,
    }
}

/// Writes ORDER BY and its items after a space, or nothing.
pub(super) fn order_by(out: &mut impl Output, items: &[OrderItem]) {
    if items.is_empty() {
        return;
    }
    out.sql(" ORDER BY ");
    separated(out, ", ", items, |out, item| {
        expression(out, &item.expression);
        sql_if(out, item.descending, " DESC");
    });
}

fn binary(out: &mut impl Output, operator: BinaryOperator, left: &Expression, right: &Expression) {
    let (least_left, least_right) = least_operands(operator);
    operand(out, left, least_left);
    out.sql(spelling(operator));
    operand(out, right, least_right);
}

/// How tightly the operands of an operator must bind to stand without parentheses.
fn least_operands(operator: BinaryOperator) -> (Precedence, Precedence) {
    match binary_precedence(operator) {
        Precedence::Or => (Precedence::Or, Precedence::And),
        Precedence::And => (Precedence::And, Precedence::Not),
        Precedence::OtherOperator => (Precedence::OtherOperator, Precedence::Sum),
        Precedence::Sum => (Precedence::Sum, Precedence::Product),
        Precedence::Product => (Precedence::Product, Precedence::Sign),
        Precedence::Between | Precedence::Not | Precedence::Test | Precedence::Sign | Precedence::Primary => {
            (Precedence::OtherOperator, Precedence::OtherOperator)
        }
    }
}

/// Writes an operand, in parentheses when it binds less tightly than `least`.
fn operand(out: &mut impl Output, value: &Expression, least: Precedence) {
    if precedence(value) >= least {
        expression(out, value);
    } else {
        out.sql("(");
        expression(out, value);
        out.sql(")");
    }
}

fn case(out: &mut impl Output, case: &Case) {
    out.sql("CASE");
    if let Some(operand) = &case.operand {
        out.sql(" ");
        expression(out, operand);
    }
    for (condition, result) in &case.branches {
        out.sql(" WHEN ");
        expression(out, condition);
        out.sql(" THEN ");
        expression(out, result);
    }
    if let Some(otherwise) = &case.otherwise {
        out.sql(" ELSE ");
        expression(out, otherwise);
    }
    out.sql(" END");
}
