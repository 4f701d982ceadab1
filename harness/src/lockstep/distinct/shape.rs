//! What can be said in advance about the rows of a query when nobody knows which values a sequence gives.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{Call, Expression, FromItem, Literal, Query, Select};

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    /// What the model says.
    Known,
    /// New values of the sequence of this name.
    Next(String),
    /// The last value that the session has had of the sequence of this name.
    Current(String),
    /// Anything.
    Open,
}

/// What a statement's rows look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    /// One for each column of the select list; empty when nothing is known of any column.
    pub(super) columns: Vec<Column>,
    /// Whether the number of rows is what the model says.
    pub(super) is_count_known: bool,
}

/// Views whose rows say nothing of values, but for the columns of [`OPEN_COLUMNS`].
const DESCRIPTIONS: [&str; 4] = ["pg_sequences", "pg_sequence", "sequences", "pg_sequence_parameters"];
/// Columns that show how far a sequence has come.
const OPEN_COLUMNS: [&str; 3] = ["last_value", "log_cnt", "is_called"];

/// The shape of a statement's rows.
pub(super) fn shape(statement: &Statement) -> Shape {
    match statement {
        Statement::Query(Query::Select(select)) => of_select(select),
        Statement::Show(_) => Shape { columns: vec![Column::Known], is_count_known: true },
        // RETURNING gives a row for each row inserted, and its values are the sequences'.
        Statement::Insert(_) => Shape { columns: Vec::new(), is_count_known: true },
        _ => Shape { columns: Vec::new(), is_count_known: false },
    }
}

fn of_select(select: &Select) -> Shape {
    let describes = !select.from.is_empty()
        && select.from.iter().all(|item| match item {
            FromItem::Relation { name, .. } => {
                name.parts.last().is_some_and(|last| DESCRIPTIONS.contains(&last.name()))
            }
            FromItem::Function { call, .. } => call.arguments.iter().all(is_constant),
            FromItem::Subquery { .. } | FromItem::Join { .. } => false,
        });
    let is_plain = select.group_by.is_empty() && select.having.is_none() && select.limit.is_none() && !select.distinct;
    let columns: Vec<Column> =
        match is_plain && select.items.iter().all(|item| !matches!(item.expression, Expression::Wildcard(_))) {
            true => select.items.iter().map(|item| of_item(&item.expression, describes)).collect(),
            false => Vec::new(),
        };
    let sets =
        select.items.iter().any(|item| matches!(&item.expression, Expression::Call(call) if name_of(call) == "setval"));
    let columns: Vec<Column> = columns
        .into_iter()
        .map(|column| match column {
            // What is set beside it may be what it shows.
            Column::Current(_) if sets => Column::Open,
            other => other,
        })
        .collect();
    // Which rows pass a filter, and which rows a table has, may depend on values.
    let is_count_known = is_plain && (select.from.is_empty() || describes) && is_independent(select.filter.as_ref());
    Shape { columns, is_count_known }
}

fn of_item(expression: &Expression, describes: bool) -> Column {
    match expression {
        Expression::Call(call) if name_of(call) == "nextval" => Column::Next(sequence_of(call).unwrap_or_default()),
        Expression::Call(call) if name_of(call) == "currval" => sequence_of(call).map_or(Column::Open, Column::Current),
        // It returns what it is given.
        Expression::Call(call) if name_of(call) == "setval" && call.arguments.iter().all(is_constant) => Column::Known,
        Expression::Column(name) if describes => match name.parts.last() {
            Some(last) if OPEN_COLUMNS.contains(&last.name()) => Column::Open,
            _ => Column::Known,
        },
        other if is_constant(other) => Column::Known,
        _ => Column::Open,
    }
}

fn is_independent(filter: Option<&Expression>) -> bool {
    let Some(filter) = filter else { return true };
    let text = format!("{filter:?}");
    !OPEN_COLUMNS.iter().any(|open| text.contains(open)) && !text.contains("val\"")
}

fn is_constant(expression: &Expression) -> bool {
    match expression {
        Expression::Literal(_) => true,
        Expression::Cast(inner, _) | Expression::Unary(_, inner) => is_constant(inner),
        _ => false,
    }
}

pub(super) fn name_of(call: &Call) -> &str {
    call.name.parts.last().map_or("", |last| last.name())
}

/// The sequence that a call names, by a constant as its first argument.
pub(super) fn sequence_of(call: &Call) -> Option<String> {
    fn text(expression: &Expression) -> Option<&str> {
        match expression {
            Expression::Literal(Literal::String(text)) => Some(text),
            Expression::Cast(inner, _) => text(inner),
            _ => None,
        }
    }
    call.arguments.first().and_then(text).map(str::to_owned)
}

/// A constant whole number.
pub(super) fn number_of(expression: &Expression) -> Option<i64> {
    use seqcheck_engine::statement::UnaryOperator;
    match expression {
        Expression::Literal(Literal::Number(digits)) => digits.parse().ok(),
        Expression::Unary(UnaryOperator::Minus, inner) => match &**inner {
            Expression::Literal(Literal::Number(digits)) => format!("-{digits}").parse().ok(),
            _ => None,
        },
        Expression::Cast(inner, _) => number_of(inner),
        _ => None,
    }
}
