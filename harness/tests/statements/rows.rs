//! The statements that change rows.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use seqcheck_engine::Statement;
use seqcheck_engine::statement::*;

use super::behavior;
use super::expressions::{expression, query, select_items};
use super::names::{identifier, object_name, table_reference};

pub(super) fn statement() -> BoxedStrategy<Statement> {
    prop_oneof![changes(), truncate(), copy()].boxed()
}

/// What may stand in WITH.
pub(super) fn changes() -> BoxedStrategy<Statement> {
    prop_oneof![insert(), update(), delete()].boxed()
}

fn insert() -> BoxedStrategy<Statement> {
    let value = prop_oneof![3 => expression(), 1 => Just(Expression::Default)];
    let source = prop_oneof![
        Just(InsertSource::DefaultValues),
        vec(vec(value, 1..3), 1..3).prop_map(|rows| InsertSource::Query(Query::Values(rows))),
        query().prop_map(InsertSource::Query),
    ];
    let overriding = option::of(prop::sample::select(vec![Overriding::System, Overriding::User]));
    let table = (object_name(), option::of(identifier()));
    (table, vec(identifier(), 0..3), overriding, source, option::of(on_conflict()), select_items(expression()))
        .prop_map(|((table, alias), columns, overriding, source, on_conflict, returning)| {
            // The grammar has DEFAULT VALUES with nothing before it only.
            let (columns, overriding) = match source {
                InsertSource::DefaultValues => (Vec::new(), None),
                InsertSource::Query(_) => (columns, overriding),
            };
            // The parser library reads ON as the select list of a bare SELECT.
            let on_conflict = on_conflict.filter(|_| !is_bare_select(&source));
            Statement::Insert(Insert { table, alias, columns, overriding, source, on_conflict, returning })
        })
        .boxed()
}

fn on_conflict() -> BoxedStrategy<OnConflict> {
    let target = prop_oneof![
        Just(ConflictTarget::Any),
        vec(identifier(), 1..3).prop_map(ConflictTarget::Columns),
        identifier().prop_map(ConflictTarget::Constraint),
    ];
    let update = (assignments(), option::of(expression()))
        .prop_map(|(assignments, filter)| Box::new(ConflictUpdate { assignments, filter }));
    (target, option::of(update)).prop_map(|(target, update)| OnConflict { target, update }).boxed()
}

fn assignments() -> impl Strategy<Value = Vec<(Identifier, Expression)>> {
    let value = prop_oneof![3 => expression(), 1 => Just(Expression::Default)];
    vec((identifier(), value), 1..3)
}

fn is_bare_select(source: &InsertSource) -> bool {
    match source {
        InsertSource::Query(Query::Select(select)) => **select == Select::default(),
        _ => false,
    }
}

fn update() -> BoxedStrategy<Statement> {
    (object_name(), option::of(identifier()), assignments(), option::of(expression()), select_items(expression()))
        .prop_map(|(table, alias, assignments, filter, returning)| {
            Statement::Update(Update { table, alias, assignments, filter, returning })
        })
        .boxed()
}

fn delete() -> BoxedStrategy<Statement> {
    (object_name(), option::of(identifier()), option::of(expression()), select_items(expression()))
        .prop_map(|(table, alias, filter, returning)| Statement::Delete(Delete { table, alias, filter, returning }))
        .boxed()
}

fn truncate() -> BoxedStrategy<Statement> {
    (vec(table_reference(), 1..3), option::of(any::<bool>()), behavior())
        .prop_map(|(tables, restart_identity, behavior)| {
            Statement::Truncate(Truncate { tables, restart_identity, behavior })
        })
        .boxed()
}

/// Without data, which the text of the statement does not hold.
fn copy() -> BoxedStrategy<Statement> {
    (object_name(), vec(identifier(), 0..3))
        .prop_map(|(table, columns)| Statement::Copy(Copy { table, columns, data: Vec::new() }))
        .boxed()
}
