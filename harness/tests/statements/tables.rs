//! Tables, views and indexes.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use seqcheck_engine::Statement;
use seqcheck_engine::statement::*;

use super::expressions::{expression, query};
use super::names::{identifier, number, object_name, table_reference, type_name};
use super::{behavior, persistence, roles, sequence_option};

pub(super) fn statement() -> BoxedStrategy<Statement> {
    prop_oneof![
        3 => create_table(),
        4 => alter_table(),
        1 => rename_column(),
        1 => rename_constraint(),
        1 => create_view(),
        1 => create_index(),
    ]
    .boxed()
}

fn create_table() -> BoxedStrategy<Statement> {
    let feature = prop::sample::select(vec![
        LikeFeature::All,
        LikeFeature::Defaults,
        LikeFeature::Identity,
        LikeFeature::Constraints,
        LikeFeature::Indexes,
    ]);
    let element = prop_oneof![
        3 => column().prop_map(TableElement::Column),
        1 => table_constraint().prop_map(TableElement::Constraint),
        1 => (object_name(), vec((any::<bool>(), feature), 0..3))
            .prop_map(|(source, features)| TableElement::Like { source, features }),
    ];
    let strategy =
        prop::sample::select(vec![PartitionStrategy::Range, PartitionStrategy::List, PartitionStrategy::Hash]);
    let partition_by =
        (strategy, vec(identifier(), 1..3)).prop_map(|(strategy, columns)| PartitionBy { strategy, columns });
    (persistence(), any::<bool>(), object_name(), vec(element, 0..3), option::of(partition_by))
        .prop_map(|((persistence, is_global), if_not_exists, name, elements, partition_by)| {
            Statement::CreateTable(CreateTable { persistence, is_global, if_not_exists, name, elements, partition_by })
        })
        .boxed()
}

fn generated() -> impl Strategy<Value = Generated> {
    prop::sample::select(vec![Generated::Always, Generated::ByDefault])
}

fn column() -> BoxedStrategy<ColumnDefinition> {
    let kind = prop_oneof![
        Just(ColumnConstraintKind::NotNull),
        Just(ColumnConstraintKind::Null),
        expression().prop_map(ColumnConstraintKind::Default),
        Just(ColumnConstraintKind::PrimaryKey),
        Just(ColumnConstraintKind::Unique),
        expression().prop_map(ColumnConstraintKind::Check),
        expression().prop_map(ColumnConstraintKind::Computed),
        (generated(), vec(sequence_option(), 0..3))
            .prop_map(|(generated, options)| ColumnConstraintKind::Identity { generated, options }),
        references(2).prop_map(ColumnConstraintKind::References),
    ];
    let constraint =
        (option::weighted(0.3, identifier()), kind).prop_map(|(name, kind)| ColumnConstraint { name, kind });
    (identifier(), type_name(), option::weighted(0.2, object_name()), vec(constraint, 0..3))
        .prop_map(|(name, type_name, collation, constraints)| ColumnDefinition {
            name,
            type_name,
            collation,
            constraints,
        })
        .boxed()
}

fn table_constraint() -> BoxedStrategy<TableConstraint> {
    let kind = prop_oneof![
        vec(identifier(), 1..3).prop_map(TableConstraintKind::PrimaryKey),
        vec(identifier(), 1..3).prop_map(TableConstraintKind::Unique),
        (expression(), any::<bool>())
            .prop_map(|(condition, not_valid)| TableConstraintKind::Check { condition, not_valid }),
        (vec(identifier(), 1..3), references(3))
            .prop_map(|(columns, references)| TableConstraintKind::ForeignKey(columns, references)),
    ];
    (option::of(identifier()), kind).prop_map(|(name, kind)| TableConstraint { name, kind }).boxed()
}

/// With less than `most` columns.
fn references(most: usize) -> BoxedStrategy<References> {
    let action = || {
        prop::sample::select(vec![
            ReferentialAction::NoAction,
            ReferentialAction::Restrict,
            ReferentialAction::Cascade,
            ReferentialAction::SetNull,
            ReferentialAction::SetDefault,
        ])
    };
    let deferral = prop::sample::select(vec![Deferral::Never, Deferral::Deferrable, Deferral::Deferred]);
    (object_name(), vec(identifier(), 0..most), action(), action(), deferral, any::<bool>())
        .prop_map(|(table, columns, on_delete, on_update, deferral, not_valid)| References {
            table,
            columns,
            on_delete,
            on_update,
            deferral,
            not_valid,
        })
        .boxed()
}

fn identity_change() -> BoxedStrategy<IdentityChange> {
    // PostgreSQL's parser refuses the others itself.
    let is_settable = |option: &SequenceOption| {
        !matches!(option, SequenceOption::As(_) | SequenceOption::Restart(_) | SequenceOption::OwnedBy(_))
    };
    prop_oneof![
        generated().prop_map(IdentityChange::Generated),
        sequence_option().prop_filter("refused", is_settable).prop_map(IdentityChange::Set),
        option::of(number()).prop_map(IdentityChange::Restart),
    ]
    .boxed()
}

fn table_action() -> BoxedStrategy<TableAction> {
    let relation = prop_oneof![
        roles::role().prop_map(RelationAction::OwnerTo),
        Just(RelationAction::SetLogged),
        Just(RelationAction::SetUnlogged),
    ];
    prop_oneof![
        (any::<bool>(), column())
            .prop_map(|(if_not_exists, definition)| TableAction::AddColumn { if_not_exists, definition }),
        (any::<bool>(), identifier(), behavior()).prop_map(|(if_exists, column, behavior)| TableAction::DropColumn {
            if_exists,
            column,
            behavior
        }),
        (identifier(), type_name(), option::of(expression()))
            .prop_map(|(column, type_name, using)| TableAction::SetType { column, type_name, using }),
        (identifier(), expression()).prop_map(|(column, value)| TableAction::SetDefault(column, value)),
        identifier().prop_map(TableAction::DropDefault),
        identifier().prop_map(TableAction::SetNotNull),
        identifier().prop_map(TableAction::DropNotNull),
        (identifier(), generated(), vec(sequence_option(), 0..3))
            .prop_map(|(column, generated, options)| TableAction::AddIdentity { column, generated, options }),
        (identifier(), vec(identity_change(), 1..4))
            .prop_map(|(column, changes)| TableAction::SetIdentity { column, changes }),
        (identifier(), any::<bool>()).prop_map(|(column, if_exists)| TableAction::DropIdentity { column, if_exists }),
        table_constraint().prop_map(TableAction::AddConstraint),
        (any::<bool>(), identifier(), behavior()).prop_map(|(if_exists, name, behavior)| TableAction::DropConstraint {
            if_exists,
            name,
            behavior
        }),
        relation.prop_map(TableAction::Relation),
    ]
    .boxed()
}

fn alter_table() -> BoxedStrategy<Statement> {
    (any::<bool>(), table_reference(), vec(table_action(), 1..4))
        .prop_filter("alone it is an AlterRelation", |(_, _, actions)| {
            !matches!(actions.as_slice(), [TableAction::Relation(_)])
        })
        .prop_map(|(if_exists, table, actions)| Statement::AlterTable(AlterTable { if_exists, table, actions }))
        .boxed()
}

fn rename_column() -> BoxedStrategy<Statement> {
    (any::<bool>(), object_name(), identifier(), identifier())
        .prop_map(|(if_exists, table, column, new_name)| {
            Statement::RenameColumn(RenameColumn { if_exists, table, column, new_name })
        })
        .boxed()
}

fn rename_constraint() -> BoxedStrategy<Statement> {
    (any::<bool>(), object_name(), identifier(), identifier())
        .prop_map(|(if_exists, table, constraint, new_name)| {
            Statement::RenameConstraint(RenameConstraint { if_exists, table, constraint, new_name })
        })
        .boxed()
}

fn create_view() -> BoxedStrategy<Statement> {
    (any::<bool>(), persistence(), object_name(), vec(identifier(), 0..3), query())
        .prop_map(|(or_replace, (persistence, is_global), name, columns, query)| {
            Statement::CreateView(CreateView { or_replace, persistence, is_global, name, columns, query })
        })
        .boxed()
}

fn create_index() -> BoxedStrategy<Statement> {
    let element = prop_oneof![
        3 => (identifier(), option::weighted(0.2, object_name())).prop_map(|(column, operator_class)| IndexElement {
            operator_class,
            ..IndexElement::column(column)
        }),
        1 => expression()
            .prop_filter("a column needs no parentheses", |key| !matches!(key, Expression::Column(_)))
            .prop_map(|key| IndexElement { key, operator_class: None }),
    ];
    let names = (option::of(identifier()), object_name(), option::weighted(0.2, identifier()));
    (any::<bool>(), any::<bool>(), names, vec(element, 1..3), option::weighted(0.3, expression()))
        .prop_map(|(unique, if_not_exists, (name, table, method), elements, filter)| {
            let if_not_exists = if_not_exists && name.is_some();
            Statement::CreateIndex(CreateIndex { unique, if_not_exists, name, table, method, elements, filter })
        })
        .boxed()
}
