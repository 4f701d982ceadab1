//! Stored generated columns (manual, "Generated Columns").

use super::super::Execution;
use super::check::fitted;
use super::create::default_of_wrong_type;
use super::opaque::{is_reliable, named_columns};
use super::table_scope;
use crate::catalog::{Column, Computed, Relation, TableData};
use crate::clause::Clause;
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::query::{Binder, CastContext, Place, Row, Type, Value};
use crate::statement::{BinaryOperator, Expression, Identifier, ObjectName, TableAction, TypeName};

/// Functions that give the same for the same arguments at any time, in any session.
const IMMUTABLE: [&str; 11] =
    ["lower", "upper", "coalesce", "nullif", "greatest", "least", "length", "char_length", "abs", "md5", "btrim"];

impl Execution<'_> {
    /// Analyses the expression of a stored generated column, whose table has all its columns already.
    pub(super) fn bind_computed(
        &mut self,
        expression: &Expression,
        place: usize,
        relation: &Relation,
        data: &TableData,
        is_computed: impl Fn(usize) -> bool,
    ) -> Result<Computed> {
        if !is_immutable(expression, data) {
            return Err(unsupported("a generated column with such an expression"));
        }
        let oid = self.shared.catalog.new_oid();
        let mut columns = named_columns(expression, data);
        columns.sort_unstable();
        columns.dedup();
        if let Some(read) = columns.iter().find(|read| is_computed(**read)) {
            return Err(error(
                sqlstate::INVALID_OBJECT_DEFINITION,
                format!("cannot use generated column \"{}\" in column generation expression", data.columns[*read].name),
            )
            .detail("A generated column cannot reference another generated column."));
        }
        self.reach(Clause::ComputedColumn);
        let scope = table_scope(relation, None, &data.columns);
        let bound = Binder::new(self, scope).expression(expression, Place::Computed);
        let column = &data.columns[place];
        let typed = match bound {
            Ok(typed) => typed,
            Err(Stop::Unsupported(_)) if is_reliable(expression, Some(data)) => {
                return Ok(Computed { oid, value: None, columns });
            }
            Err(other) => return Err(other),
        };
        if column.column_type.is_opaque() || typed.value_type.is_opaque() {
            return Ok(Computed { oid, value: None, columns });
        }
        let found = typed.value_type;
        match self.coerce(typed, column.column_type, CastContext::Assignment)? {
            Some(typed) => Ok(Computed { oid, value: Some(typed.bound), columns }),
            None => Err(default_of_wrong_type(column, found)),
        }
    }

    /// Computes the generated columns of a row from its others.
    pub(super) fn compute_columns(&mut self, data: &TableData, row: &mut [Value]) -> Result<()> {
        for (place, column) in data.live_columns() {
            let Some(computed) = &column.computed else { continue };
            let Some(value) = &computed.value else {
                return Err(unsupported("a row with a generated column outside the model"));
            };
            row[place] = fitted(column, self.evaluate(value, &Row { values: row, ..Row::default() })?)?;
        }
        Ok(())
    }

    /// Keeps to what the model knows of changes to generated columns, and to columns that they read.
    pub(super) fn check_computed(&self, data: &TableData, action: &TableAction) -> Result<()> {
        let (column, is_read_matters): (&Identifier, bool) = match action {
            TableAction::SetDefault(column, _) | TableAction::DropDefault(column) => (column, false),
            TableAction::AddIdentity { column, .. } => (column, false),
            TableAction::SetType { column, .. } | TableAction::DropColumn { column, .. } => (column, true),
            _ => return Ok(()),
        };
        let Some((place, found)) = data.column(column.name()) else { return Ok(()) };
        let is_read = data
            .live_columns()
            .any(|(_, other)| other.computed.as_ref().is_some_and(|computed| computed.columns.contains(&place)));
        let is_dropped_alone = matches!(action, TableAction::DropColumn { .. });
        match found.computed.is_some() && !is_dropped_alone || is_read_matters && is_read {
            true => Err(unsupported("a change of a generated column, or of a column that one reads")),
            false => Ok(()),
        }
    }
}

/// What an error says of a generated column that was given a value.
pub(super) fn computed_detail(column: &Column) -> String {
    format!("Column \"{}\" is a generated column.", column.name)
}

/// Whether an expression certainly is immutable, as PostgreSQL demands of it.
pub(super) fn is_immutable(expression: &Expression, data: &TableData) -> bool {
    let all = |parts: &[Expression]| parts.iter().all(|part| is_immutable(part, data));
    match expression {
        Expression::Literal(_) => true,
        Expression::Column(name) => {
            let column = name.parts.last().and_then(|name| data.column(name.name()));
            column.is_none_or(|(_, column)| !column.is_opaque() || is_converted_alike(column))
        }
        // Whatever its type, this asks nothing of it.
        Expression::IsNull { operand, .. } if matches!(**operand, Expression::Column(_)) => true,
        // PostgreSQL folds constants here before it has settled their collation, and fails where one matters.
        Expression::Call(call) => {
            is_immutable_call(&call.name) && all(&call.arguments) && call.arguments.iter().any(mentions_column)
        }
        Expression::Cast(operand, name) => is_plain_type(name) && is_immutable(operand, data),
        Expression::Unary(_, operand) | Expression::IsNull { operand, .. } => is_immutable(operand, data),
        // Anything that is no text becomes one by a function that need not be immutable.
        Expression::Binary(BinaryOperator::Concatenate, left, right) => {
            [left, right].into_iter().all(|side| is_text(side, data) && is_immutable(side, data))
        }
        Expression::Binary(_, left, right) => is_immutable(left, data) && is_immutable(right, data),
        Expression::InList { operand, items, .. } => is_immutable(operand, data) && all(items),
        Expression::Between { operand, low, high, .. } => {
            is_immutable(operand, data) && is_immutable(low, data) && is_immutable(high, data)
        }
        _ => false,
    }
}

/// Whether values of a type outside the model are computed with, and turned into others, alike in any session.
fn is_converted_alike(column: &Column) -> bool {
    const ALIKE: [&str; 6] = ["numeric", "float4", "float8", "json", "jsonb", "uuid"];
    column
        .opaque
        .as_ref()
        .filter(|opaque| opaque.enumeration.is_none() && opaque.written.dimensions == 0)
        .is_some_and(|opaque| opaque.written.name.parts.last().is_some_and(|name| ALIKE.contains(&name.name())))
}

fn mentions_column(expression: &Expression) -> bool {
    match expression {
        Expression::Column(_) => true,
        Expression::Call(call) => call.arguments.iter().any(mentions_column),
        Expression::Cast(operand, _) | Expression::Unary(_, operand) | Expression::IsNull { operand, .. } => {
            mentions_column(operand)
        }
        Expression::Binary(_, left, right) => mentions_column(left) || mentions_column(right),
        _ => false,
    }
}

fn is_immutable_call(name: &ObjectName) -> bool {
    match name.parts.as_slice() {
        [name] => IMMUTABLE.contains(&name.name()),
        _ => false,
    }
}

fn is_plain_type(name: &TypeName) -> bool {
    const PLAIN: [&str; 7] = ["int2", "int4", "int8", "text", "varchar", "bool", "numeric"];
    name.dimensions == 0 && name.name.parts.last().is_some_and(|name| PLAIN.contains(&name.name()))
}

fn is_text(expression: &Expression, data: &TableData) -> bool {
    match expression {
        Expression::Literal(crate::statement::Literal::String(_)) => true,
        Expression::Column(name) => {
            let column = name.parts.last().and_then(|name| data.column(name.name()));
            column.is_some_and(|(_, column)| matches!(column.column_type, Type::Text | Type::Varchar))
        }
        Expression::Cast(_, name) => {
            name.dimensions == 0 && name.name.parts.last().is_some_and(|name| matches!(name.name(), "text" | "varchar"))
        }
        Expression::Call(call) => match call.name.parts.as_slice() {
            [name] if matches!(name.name(), "lower" | "upper" | "md5" | "btrim") => true,
            [name] if name.name() == "coalesce" => call.arguments.iter().all(|part| is_text(part, data)),
            _ => false,
        },
        Expression::Binary(BinaryOperator::Concatenate, left, right) => is_text(left, data) && is_text(right, data),
        _ => false,
    }
}
