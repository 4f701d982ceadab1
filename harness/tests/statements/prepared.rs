//! Prepared statements, EXPLAIN, and the statements that look after storage.

use proptest::collection::vec;
use proptest::prelude::*;
use seqcheck_engine::Statement;
use seqcheck_engine::statement::*;

use super::expressions::{expression, query};
use super::names::{identifier, object_name, type_name};
use super::rows;

pub(super) fn statement() -> BoxedStrategy<Statement> {
    prop_oneof![3 => prepare(), 3 => execute(), 1 => deallocate(), 2 => explain(), 3 => maintenance()].boxed()
}

/// What can be prepared.
fn preparable() -> BoxedStrategy<Statement> {
    let changes_rows = |statement: &Statement| !matches!(statement, Statement::Truncate(_) | Statement::Copy(_));
    prop_oneof![query().prop_map(Statement::Query), rows::statement().prop_filter("grammar", changes_rows),].boxed()
}

fn prepare() -> BoxedStrategy<Statement> {
    (identifier(), vec(type_name(), 0..3), preparable().prop_map(Box::new))
        .prop_map(|(name, types, statement)| Statement::Prepare(Prepare { name, types, statement }))
        .boxed()
}

fn execute() -> BoxedStrategy<Statement> {
    (identifier(), vec(expression(), 0..3))
        .prop_map(|(name, arguments)| Statement::Execute(Execute { name, arguments }))
        .boxed()
}

fn deallocate() -> BoxedStrategy<Statement> {
    let named = prop_oneof![9 => identifier(), 1 => Just("prepare".into())];
    prop_oneof![named.prop_map(Deallocate::Named), Just(Deallocate::All)].prop_map(Statement::Deallocate).boxed()
}

fn explain() -> BoxedStrategy<Statement> {
    prop_oneof![preparable(), execute()]
        .prop_map(|statement| Statement::Explain(Explain { statement: Box::new(statement) }))
        .boxed()
}

fn maintenance() -> BoxedStrategy<Statement> {
    let tables = || {
        let table = (object_name(), vec(identifier(), 0..3));
        vec(table.prop_map(|(name, columns)| MaintainedTable { name, columns }), 0..3)
    };
    prop_oneof![
        (any::<bool>(), any::<bool>(), any::<bool>(), tables())
            .prop_map(|(full, freeze, analyze, tables)| Maintenance::Vacuum { full, freeze, analyze, tables }),
        tables().prop_map(Maintenance::Analyze),
        object_name().prop_map(|name| Maintenance::Reindex(ReindexTarget::Index(name))),
        object_name().prop_map(|name| Maintenance::Reindex(ReindexTarget::Table(name))),
        Just(Maintenance::Checkpoint),
    ]
    .prop_map(Statement::Maintenance)
    .boxed()
}
