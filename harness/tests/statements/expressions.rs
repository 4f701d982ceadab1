//! Expressions and queries.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use seqcheck_engine::statement::*;

use super::names::{digits, identifier, nasty_text, object_name, type_name};

/// Any expression but DEFAULT and `*`, which have places of their own.
pub(super) fn expression() -> BoxedStrategy<Expression> {
    let leaf = prop_oneof![
        Just(Expression::Literal(Literal::Null)),
        any::<bool>().prop_map(|value| Expression::Literal(Literal::Boolean(value))),
        digits().prop_map(|digits| Expression::Literal(Literal::Number(digits))),
        nasty_text().prop_map(|text| Expression::Literal(Literal::String(text))),
        object_name().prop_map(Expression::Column),
        session_value().prop_map(Expression::Session),
        (0_u32..4).prop_map(Expression::Parameter),
    ];
    leaf.boxed()
        .prop_recursive(3, 16, 3, |inner: BoxedStrategy<Expression>| {
            let boxed = || inner.clone().prop_map(Box::new);
            prop_oneof![
                3 => call(inner.clone()).prop_map(Expression::Call),
                2 => (boxed(), type_name()).prop_map(|(value, target)| Expression::Cast(value, target)),
                3 => (unary_operator(), boxed()).prop_map(|(operator, value)| Expression::Unary(operator, value)),
                8 => (binary_operator(), boxed(), boxed())
                    .prop_map(|(operator, left, right)| Expression::Binary(operator, left, right)),
                1 => (boxed(), any::<bool>()).prop_map(|(operand, negated)| Expression::IsNull { operand, negated }),
                1 => (boxed(), vec(inner.clone(), 1..3), any::<bool>())
                    // PostgreSQL reads a list of one subquery as a subquery.
                    .prop_filter("grammar", |(_, items, _)| !matches!(items.as_slice(), [Expression::Subquery(_)]))
                    .prop_map(|(operand, items, negated)| Expression::InList { operand, items, negated }),
                1 => (boxed(), subquery(inner.clone()), any::<bool>())
                    .prop_map(|(operand, query, negated)| Expression::InQuery { operand, query, negated }),
                1 => vec(inner.clone(), 0..3).prop_map(Expression::Array),
                1 => (boxed(), comparison(), vec(inner.clone(), 1..3), any::<bool>()).prop_map(
                    |(operand, operator, elements, all)| {
                        let array = Box::new(Expression::Array(elements));
                        Expression::Quantified { operand, operator, array, all }
                    }
                ),
                1 => (boxed(), boxed(), boxed(), any::<bool>()).prop_map(|(operand, low, high, negated)| {
                    Expression::Between { operand, low, high, negated }
                }),
                1 => (option::of(boxed()), vec((inner.clone(), inner.clone()), 1..3), option::of(boxed()))
                    .prop_map(|(operand, branches, otherwise)| Expression::Case(Case { operand, branches, otherwise })),
                1 => subquery(inner.clone()).prop_map(Expression::Subquery),
                1 => query_over(inner.clone()).prop_map(|query| Expression::Exists(Box::new(query))),
            ]
        })
        .boxed()
}

/// The parser library takes no empty select list between parentheses of an expression.
fn subquery(inner: BoxedStrategy<Expression>) -> BoxedStrategy<Box<Query>> {
    query_over(inner)
        .prop_filter("parser", |query| !matches!(query, Query::Select(select) if select.items.is_empty()))
        .prop_map(Box::new)
        .boxed()
}

fn comparison() -> impl Strategy<Value = BinaryOperator> {
    prop::sample::select(vec![
        BinaryOperator::Equal,
        BinaryOperator::NotEqual,
        BinaryOperator::Less,
        BinaryOperator::Like,
        BinaryOperator::Matches,
    ])
}

fn session_value() -> impl Strategy<Value = SessionValue> {
    prop::sample::select(vec![
        SessionValue::CurrentUser,
        SessionValue::CurrentRole,
        SessionValue::SessionUser,
        SessionValue::User,
        SessionValue::CurrentCatalog,
        SessionValue::CurrentSchema,
        SessionValue::CurrentDate,
        SessionValue::CurrentTime,
        SessionValue::CurrentTimestamp,
        SessionValue::LocalTime,
        SessionValue::LocalTimestamp,
    ])
}

/// Any query.
pub(super) fn query() -> BoxedStrategy<Query> {
    query_over(expression())
}

fn unary_operator() -> impl Strategy<Value = UnaryOperator> {
    prop::sample::select(vec![UnaryOperator::Minus, UnaryOperator::Plus, UnaryOperator::Not])
}

fn binary_operator() -> impl Strategy<Value = BinaryOperator> {
    prop::sample::select(vec![
        BinaryOperator::Add,
        BinaryOperator::Subtract,
        BinaryOperator::Multiply,
        BinaryOperator::Divide,
        BinaryOperator::Modulo,
        BinaryOperator::Concatenate,
        BinaryOperator::Equal,
        BinaryOperator::NotEqual,
        BinaryOperator::Less,
        BinaryOperator::LessOrEqual,
        BinaryOperator::Greater,
        BinaryOperator::GreaterOrEqual,
        BinaryOperator::And,
        BinaryOperator::Or,
        BinaryOperator::Like,
        BinaryOperator::NotLike,
        BinaryOperator::ILike,
        BinaryOperator::NotILike,
        BinaryOperator::Matches,
        BinaryOperator::NotMatches,
        BinaryOperator::IsDistinctFrom,
        BinaryOperator::IsNotDistinctFrom,
    ])
}

fn call(inner: BoxedStrategy<Expression>) -> BoxedStrategy<Call> {
    let is_special = |name: &ObjectName| matches!(name.parts.as_slice(), [only] if is_special(only.written()));
    let plain = (object_name(), any::<bool>(), vec(inner.clone(), 0..3), order_by(inner.clone()))
        .prop_filter("grammar of its own", move |(name, ..)| !is_special(name))
        .prop_map(|(name, distinct, arguments, order_by)| {
            let is_empty = arguments.is_empty();
            let order_by = if is_empty { Vec::new() } else { order_by };
            Call { name, distinct: distinct && !is_empty, star: false, arguments, order_by }
        });
    let star = object_name().prop_filter("grammar of its own", move |name| !is_special(name)).prop_map(|name| Call {
        name,
        distinct: false,
        star: true,
        arguments: Vec::new(),
        order_by: Vec::new(),
    });
    let special = (prop::sample::select(vec!["coalesce", "greatest", "least", "nullif"]), inner.clone(), inner)
        .prop_map(|(name, first, second)| Call {
            name: ObjectName::bare(name),
            distinct: false,
            star: false,
            arguments: vec![first, second],
            order_by: Vec::new(),
        });
    prop_oneof![6 => plain, 1 => star, 1 => special].boxed()
}

fn is_special(name: &str) -> bool {
    matches!(name, "coalesce" | "greatest" | "least" | "nullif")
}

fn order_by(inner: BoxedStrategy<Expression>) -> BoxedStrategy<Vec<OrderItem>> {
    let item = (inner, any::<bool>()).prop_map(|(expression, descending)| OrderItem { expression, descending });
    prop_oneof![3 => Just(Vec::new()), 1 => vec(item, 1..3)].boxed()
}

pub(super) fn select_items(inner: BoxedStrategy<Expression>) -> BoxedStrategy<Vec<SelectItem>> {
    let plain = (inner, option::of(identifier())).prop_map(|(expression, alias)| SelectItem { expression, alias });
    let wildcard =
        option::of(object_name()).prop_map(|name| SelectItem { expression: Expression::Wildcard(name), alias: None });
    vec(prop_oneof![4 => plain, 1 => wildcard], 0..3).boxed()
}

fn from_item(inner: BoxedStrategy<Expression>) -> BoxedStrategy<FromItem> {
    let values = vec(vec(inner.clone(), 1..3), 1..3).prop_map(|rows| Box::new(Query::Values(rows)));
    // Column names need an alias before them.
    let alias = || (option::of(identifier()), vec(identifier(), 0..3));
    let plain = prop_oneof![
        2 => (object_name(), alias()).prop_map(|(name, (alias, columns))| {
            let columns = if alias.is_some() { columns } else { Vec::new() };
            FromItem::Relation { name, alias, columns }
        }),
        2 => (call(inner.clone()), alias()).prop_map(|(call, (alias, columns))| {
            let columns = if alias.is_some() { columns } else { Vec::new() };
            FromItem::Function { call, alias, columns }
        }),
        1 => (values, identifier(), vec(identifier(), 0..3))
            .prop_map(|(query, alias, columns)| FromItem::Subquery { query, alias: Some(alias), columns }),
    ];
    plain
        .boxed()
        .prop_recursive(2, 4, 2, move |items| {
            let kind = prop::sample::select(vec![JoinKind::Inner, JoinKind::Left, JoinKind::Right, JoinKind::Full]);
            let joined = prop::sample::select(vec![JoinKind::Inner, JoinKind::Left]);
            let boxed = || items.clone().prop_map(Box::new);
            prop_oneof![
                3 => (kind, boxed(), boxed(), inner.clone())
                    .prop_map(|(kind, left, right, on)| FromItem::Join { kind, left, right, on: Some(on), using: Vec::new() }),
                1 => (joined, boxed(), boxed(), vec(identifier(), 1..3))
                    .prop_map(|(kind, left, right, using)| FromItem::Join { kind, left, right, on: None, using }),
                1 => (boxed(), boxed()).prop_map(|(left, right)| {
                    FromItem::Join { kind: JoinKind::Cross, left, right, on: None, using: Vec::new() }
                }),
            ]
        })
        .boxed()
}

fn locking() -> impl Strategy<Value = Locking> {
    let strength = prop::sample::select(vec![
        LockStrength::Update,
        LockStrength::NoKeyUpdate,
        LockStrength::Share,
        LockStrength::KeyShare,
    ]);
    (strength, vec(object_name(), 0..3)).prop_map(|(strength, of)| Locking { strength, of })
}

fn query_over(inner: BoxedStrategy<Expression>) -> BoxedStrategy<Query> {
    let clauses = (
        option::weighted(0.3, inner.clone()),
        prop_oneof![3 => Just(Vec::new()), 1 => vec(inner.clone(), 1..3)],
        option::weighted(0.2, inner.clone()),
        order_by(inner.clone()),
        option::weighted(0.2, inner.clone()),
        option::weighted(0.2, inner.clone()),
        option::weighted(0.2, locking()),
    )
        .boxed();
    let select = (any::<bool>(), select_items(inner.clone()), vec(from_item(inner.clone()), 0..3), clauses).prop_map(
        |(distinct, items, from, (filter, group_by, having, order_by, limit, offset, locking))| {
            // DISTINCT needs a list.
            let distinct = distinct && !items.is_empty();
            let select = Select { distinct, items, from, filter, group_by, having, order_by, limit, offset, locking };
            Query::Select(Box::new(select))
        },
    );
    let values = vec(vec(inner.clone(), 1..3), 1..3).prop_map(Query::Values);
    let plain = prop_oneof![4 => select.boxed(), 1 => values.boxed()].boxed();
    plain
        .prop_recursive(1, 2, 2, move |queries| {
            let operator = prop::sample::select(vec![SetOperator::Union, SetOperator::Intersect, SetOperator::Except]);
            let ending =
                (order_by(inner.clone()), option::weighted(0.2, inner.clone()), option::weighted(0.2, inner.clone()));
            let right = queries.clone().prop_filter("parser", |query| !has_empty_list(query));
            let left = queries.prop_filter("parser", |query| is_plain(query) && !has_empty_list(query));
            (operator, any::<bool>(), left, right, ending).prop_map(
                |(operator, all, left, right, (order_by, limit, offset))| {
                    Query::Set(Box::new(SetOperation { operator, all, left, right, order_by, limit, offset }))
                },
            )
        })
        .boxed()
}

/// The parser library takes no empty select list beside UNION.
fn has_empty_list(query: &Query) -> bool {
    matches!(query, Query::Select(select) if select.items.is_empty())
}

/// The parser library takes no parentheses at the beginning of a query between parentheses.
fn is_plain(query: &Query) -> bool {
    match query {
        Query::Values(_) => true,
        Query::Set(_) | Query::With(_) => false,
        Query::Select(select) => {
            select.order_by.is_empty() && select.limit.is_none() && select.offset.is_none() && select.locking.is_none()
        }
    }
}
