//! SELECT, VALUES and expressions.

use seqcheck_engine::statement::{
    BinaryOperator, Call, Case, CommonTable, CreateTableAs, Expression, FromItem, JoinKind, Literal, LockStrength,
    Locking, OrderItem, Query, Select, SelectItem, SessionValue, SetOperation, SetOperator, UnaryOperator, With,
    WithQuery,
};

use super::{Leaf, Part, Turn, atoms, structure, variants};
use crate::shrink::text::{dotted, undotted};

atoms!(BinaryOperator, JoinKind, LockStrength, SessionValue, SetOperator, UnaryOperator);

impl Part for Literal {
    /// A text that is a name needs no schema, and no capital letters that mean nothing.
    fn simplify(&mut self, turn: &mut Turn) {
        let Literal::String(value) = self else { return };
        let parts = dotted(value);
        if parts.len() > 1 && turn.is_now() {
            *value = undotted(&parts[1..]);
        } else if !parts.is_empty() && undotted(&parts) != *value && turn.is_now() {
            *value = undotted(&parts);
        }
    }

    fn leaves(&mut self, visit: &mut dyn FnMut(Leaf<'_>)) {
        match self {
            Literal::Null | Literal::Boolean(_) => {}
            Literal::Number(digits) => visit(Leaf::Number(digits)),
            Literal::String(value) => visit(Leaf::Text(value)),
        }
    }
}

/// The expressions directly below one that have its place's kind of value as often as not.
fn operands(expression: &Expression) -> Vec<Expression> {
    let some = |all: &[&Expression]| all.iter().map(|one| (*one).clone()).collect();
    match expression {
        Expression::Call(Call { arguments, .. }) => arguments.clone(),
        Expression::Array(items) => items.clone(),
        Expression::Cast(operand, _)
        | Expression::Unary(_, operand)
        | Expression::IsNull { operand, .. }
        | Expression::InQuery { operand, .. } => some(&[operand]),
        Expression::Binary(_, left, right) => some(&[left, right]),
        Expression::InList { operand, items, .. } => [some(&[operand]), items.clone()].concat(),
        Expression::Quantified { operand, array, .. } => some(&[operand, array]),
        Expression::Between { operand, low, high, .. } => some(&[operand, low, high]),
        Expression::Case(Case { branches, otherwise, .. }) => {
            let results = branches.iter().map(|(_, result)| result.clone());
            results.chain(otherwise.as_deref().cloned()).collect()
        }
        Expression::Subquery(query) => match query.as_ref() {
            Query::Select(select) => select.items.iter().map(|item| item.expression.clone()).collect(),
            Query::Values(rows) => rows.iter().flatten().cloned().collect(),
            Query::Set(_) | Query::With(_) => Vec::new(),
        },
        Expression::Literal(_)
        | Expression::Column(_)
        | Expression::Wildcard(_)
        | Expression::Exists(_)
        | Expression::Session(_)
        | Expression::Parameter(_)
        | Expression::Default => Vec::new(),
    }
}

/// An operand, or a constant, can take the place of the whole.
fn reduce(expression: &mut Expression, turn: &mut Turn) {
    if matches!(expression, Expression::Literal(_) | Expression::Default | Expression::Wildcard(_)) {
        return;
    }
    let constant = |digits: &str| Expression::Literal(Literal::Number(digits.to_owned()));
    let simpler = operands(expression).into_iter().chain([constant("1"), Expression::Literal(Literal::Null)]);
    for simpler in simpler {
        if turn.is_now() {
            *expression = simpler;
            return;
        }
    }
}

variants!(Expression first reduce {
    Literal(literal),
    Column(name),
    Wildcard(name),
    Call(call),
    Cast(operand, type_name),
    Unary(operator, operand),
    Binary(operator, left, right),
    IsNull { operand, negated },
    InList { operand, items, negated },
    Quantified { operand, operator, array, all },
    Between { operand, low, high, negated },
    Case(case),
    Subquery(query),
    Exists(query),
    InQuery { operand, query, negated },
    Session(value),
    Array(items),
    Parameter(number),
    Default,
});

structure!(Call { distinct, arguments, order_by } but name, star);
structure!(Case { operand, branches, otherwise });
structure!(SelectItem { expression, alias });
structure!(OrderItem { expression, descending });
structure!(Locking { strength, of });
structure!(Select { locking, offset, limit, order_by, having, group_by, filter, from, distinct, items });
structure!(SetOperation { operator, all, order_by, limit, offset, left, right });

/// One side of UNION, INTERSECT or EXCEPT can do.
fn one_side(query: &mut Query, turn: &mut Turn) {
    if let Query::With(with) = query {
        // What reads nothing of WITH can do without it.
        if turn.is_now() {
            *query = with.query.clone();
        }
        return;
    }
    let Query::Set(operation) = query else { return };
    if turn.is_now() {
        *query = operation.left.clone();
    } else if turn.is_now() {
        *query = operation.right.clone();
    }
}

variants!(Query first one_side {
    Select(select),
    Values(rows),
    Set(operation),
    With(with),
});

structure!(WithQuery { tables, query });
structure!(With { tables, statement });
structure!(CommonTable { columns, statement } but name, materialized);
structure!(CreateTableAs {
    without_data,
    if_not_exists,
    is_global,
    persistence,
    columns,
    query,
    name
} but is_select_into);

/// One side of a join can do.
fn one_input(item: &mut FromItem, turn: &mut Turn) {
    let FromItem::Join { left, right, .. } = item else { return };
    let (left, right) = (left.as_ref().clone(), right.as_ref().clone());
    if turn.is_now() {
        *item = left;
    } else if turn.is_now() {
        *item = right;
    }
}

variants!(FromItem first one_input {
    Relation { name, alias, columns },
    Function { call, alias, columns },
    Subquery { query, alias, columns },
    Join { kind, left, right, on, using },
});
