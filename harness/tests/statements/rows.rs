//! Tables and the statements that change their rows.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use seqcheck_engine::Statement;
use seqcheck_engine::statement::*;

use super::expressions::{expression, query, select_items};
use super::names::{identifier, object_name, type_name};
use super::{behavior, persistence, sequence_option};

pub(super) fn statement() -> BoxedStrategy<Statement> {
    prop_oneof![create_table(), insert(), update(), delete(), truncate(), copy()].boxed()
}

fn create_table() -> BoxedStrategy<Statement> {
    let constraint = prop_oneof![
        Just(ColumnConstraint::NotNull),
        Just(ColumnConstraint::Null),
        expression().prop_map(ColumnConstraint::Default),
        Just(ColumnConstraint::PrimaryKey),
        Just(ColumnConstraint::Unique),
        (any::<bool>(), vec(sequence_option(), 0..3))
            .prop_map(|(always, options)| ColumnConstraint::Identity { always, options }),
    ];
    let column = (identifier(), type_name(), vec(constraint, 0..3))
        .prop_map(|(name, type_name, constraints)| ColumnDefinition { name, type_name, constraints });
    (persistence(), any::<bool>(), object_name(), vec(column, 0..3))
        .prop_map(|(persistence, if_not_exists, name, columns)| {
            Statement::CreateTable(CreateTable { persistence, if_not_exists, name, columns })
        })
        .boxed()
}

fn insert() -> BoxedStrategy<Statement> {
    let value = prop_oneof![3 => expression(), 1 => Just(Expression::Default)];
    let source = prop_oneof![
        Just(InsertSource::DefaultValues),
        vec(vec(value, 1..3), 1..3).prop_map(|rows| InsertSource::Query(Query::Values(rows))),
        query().prop_map(InsertSource::Query),
    ];
    (object_name(), vec(identifier(), 0..3), source, select_items(expression()))
        .prop_map(|(table, columns, source, returning)| {
            // The grammar has DEFAULT VALUES without a column list only.
            let columns = if source == InsertSource::DefaultValues { Vec::new() } else { columns };
            Statement::Insert(Insert { table, columns, source, returning })
        })
        .boxed()
}

fn update() -> BoxedStrategy<Statement> {
    let value = prop_oneof![3 => expression(), 1 => Just(Expression::Default)];
    (object_name(), vec((identifier(), value), 1..3), option::of(expression()), select_items(expression()))
        .prop_map(|(table, assignments, filter, returning)| {
            Statement::Update(Update { table, assignments, filter, returning })
        })
        .boxed()
}

fn delete() -> BoxedStrategy<Statement> {
    (object_name(), option::of(expression()), select_items(expression()))
        .prop_map(|(table, filter, returning)| Statement::Delete(Delete { table, filter, returning }))
        .boxed()
}

fn truncate() -> BoxedStrategy<Statement> {
    (vec(object_name(), 1..3), option::of(any::<bool>()), behavior())
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
