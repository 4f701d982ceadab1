//! Analysing UNION, INTERSECT and EXCEPT (manual, "Combining Queries" and "UNION, CASE, and Related Constructs").

use super::Type;
use super::Value;
use super::bind::{Binder, unmatched};
use super::coerce::common_of;
use super::listed;
use super::plan::{Bound, Plan, SetPlan, SortKey};
use crate::dialect::Major;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::statement::{Expression, Literal, OrderItem, Query, SelectItem, SetOperation, SetOperator};

impl Binder<'_, '_> {
    /// Analyses one side, which sees the queries around the whole and nothing of the other side.
    fn side(&mut self, query: &Query) -> Result<Plan> {
        if let Query::Select(select) = query
            && let Some(locking) = &select.locking
        {
            let words = locking.strength.words();
            return Err(error(
                sqlstate::FEATURE_NOT_SUPPORTED,
                format!("{words} is not allowed with UNION/INTERSECT/EXCEPT"),
            ));
        }
        let scope = self.scopes.pop();
        let frame = self.frames.pop();
        let plan = self.subquery(query);
        self.scopes.extend(scope);
        self.frames.extend(frame);
        plan
    }

    pub(super) fn set_operation(&mut self, operation: &SetOperation) -> Result<Plan> {
        let word = match operation.operator {
            SetOperator::Union => "UNION",
            SetOperator::Intersect => "INTERSECT",
            SetOperator::Except => "EXCEPT",
        };
        let mut left = self.side(&operation.left)?;
        let mut right = self.side(&operation.right)?;
        let names = left.names();
        let (left_types, right_types) = (left.types(), right.types());
        if left_types.len() != right_types.len() {
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                format!("each {word} query must have the same number of columns"),
            ));
        }
        let count = left_types.len();
        let major = self.execution().shared.settings.major;
        let mut types = Vec::with_capacity(left_types.len());
        for (index, (one, other)) in left_types.into_iter().zip(right_types).enumerate() {
            let is_open = |query| is_open(query, index, count);
            let common = match (is_open(&operation.left), is_open(&operation.right)) {
                (_, true) if takes_constant(&right, index, one) => one,
                (true, false) if takes_constant(&left, index, other) => other,
                (false, false) => common_of(one, other, major).ok_or_else(|| unmatched(word, one, other))?,
                _ => return Err(unsupported("a constant whose type the other side of UNION decides")),
            };
            common.check_has_order()?;
            convert(&mut left, index, one, common)?;
            convert(&mut right, index, other, common)?;
            types.push(common);
        }
        let is_volatile = left.is_volatile() || right.is_volatile();
        let is_plain_union = operation.operator == SetOperator::Union && operation.all;
        if is_volatile && !(is_plain_union && operation.order_by.is_empty()) {
            return Err(unsupported(format!("sequence functions in {word}")));
        }
        let order_by =
            operation.order_by.iter().map(|item| sort_key(item, &names, major)).collect::<Result<Vec<_>>>()?;
        let offset = self.limit(operation.offset.as_ref(), "OFFSET")?;
        let limit = self.limit(operation.limit.as_ref(), "LIMIT")?;
        if is_volatile && (limit.is_some() || offset.is_some()) {
            return Err(unsupported(format!("sequence functions in {word} with LIMIT")));
        }
        Ok(Plan::Set(Box::new(SetPlan {
            operator: operation.operator,
            all: operation.all,
            left,
            right,
            names,
            types,
            order_by,
            limit,
            offset,
        })))
    }
}

/// Whether one of a query's `count` columns is a constant that nothing has given a type: the other side decides. Those of
/// VALUES are text by then.
fn is_open(query: &Query, index: usize, count: usize) -> bool {
    let Query::Select(select) = query else { return false };
    let is_wildcard = |item: &SelectItem| matches!(item.expression, Expression::Wildcard(_));
    let from_end = select.items.len() + index;
    let item = match select.items.iter().take(index + 1).any(is_wildcard) {
        false => select.items.get(index),
        true => from_end.checked_sub(count).and_then(|index| select.items.get(index)),
    };
    item.is_some_and(|item| matches!(item.expression, Expression::Literal(Literal::Null | Literal::String(_))))
}

/// Whether a constant can be given a type here.
fn takes_constant(plan: &Plan, index: usize, value_type: Type) -> bool {
    let is_string = matches!(value_type, Type::Text | Type::Varchar | Type::Name);
    is_string || is_null(plan, index)
}

/// Whether a column is the constant NULL.
fn is_null(plan: &Plan, index: usize) -> bool {
    match plan {
        Plan::Select(select) => {
            matches!(select.outputs.get(index).map(|output| &output.value), Some(Bound::Constant(Value::Null)))
        }
        Plan::Values { .. } | Plan::Set(_) => false,
    }
}

/// Gives a column of a query another type.
fn convert(plan: &mut Plan, index: usize, from: Type, to: Type) -> Result<()> {
    if from == to {
        return Ok(());
    }
    if is_null(plan, index)
        && let Plan::Select(select) = plan
    {
        select.outputs[index].value_type = to;
        return Ok(());
    }
    let cast = |value: &mut Bound| {
        let operand = Box::new(std::mem::replace(value, Bound::Constant(Value::Null)));
        *value = Bound::Cast { operand, from, to };
    };
    match plan {
        Plan::Select(select) if select.order_by.is_empty() && !select.distinct => {
            cast(&mut select.outputs[index].value);
            select.outputs[index].value_type = to;
        }
        Plan::Values { columns, rows } => {
            rows.iter_mut().for_each(|row| cast(&mut row[index]));
            columns[index] = to;
        }
        _ => return Err(unsupported("a conversion between the sides of UNION")),
    }
    Ok(())
}

/// A key of ORDER BY, which must be a column of the result.
fn sort_key(item: &OrderItem, names: &[std::rc::Rc<str>], major: Major) -> Result<SortKey> {
    let index = match &item.expression {
        Expression::Column(name) if name.parts.len() == 1 => {
            let mut places = (0..names.len()).filter(|index| *names[*index] == *name.parts[0].name());
            let first = places.next();
            if places.next().is_some() {
                return Err(listed::ambiguous(&name.parts[0], "ORDER BY"));
            }
            first
        }
        expression => listed::counted(expression, "ORDER BY", names.len(), major)?,
    };
    match index {
        Some(index) => Ok(SortKey { key: Bound::Column { level: 0, index }, descending: item.descending }),
        None => Err(unsupported("UNION sorted by anything but a column of its result")),
    }
}
