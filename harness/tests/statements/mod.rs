//! Strategies for arbitrary statements: everything that the syntax tree can hold and PostgreSQL's grammar can say.

mod expressions;
mod names;
mod prepared;
mod roles;
mod rows;
mod tables;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use seqcheck_engine::Statement;
use seqcheck_engine::statement::*;

use expressions::query;
use names::{identifier, nasty_text, number, object_name, type_name};

/// Any statement.
pub(crate) fn statement() -> BoxedStrategy<Statement> {
    prop_oneof![
        4 => create_sequence(),
        4 => alter_sequence(),
        3 => alter_relation(),
        2 => drop_relation(),
        1 => comment(),
        1 => schema(),
        1 => data_type(),
        3 => transaction(),
        3 => parameter(),
        1 => identifier().prop_map(Statement::Show),
        1 => discard(),
        6 => query().prop_map(Statement::Query),
        6 => rows::statement(),
        6 => tables::statement(),
        4 => roles::statement(),
        3 => prepared::statement(),
    ]
    .boxed()
}

/// With whether GLOBAL is written.
pub(super) fn persistence() -> impl Strategy<Value = (Persistence, bool)> {
    prop::sample::select(vec![
        (Persistence::Permanent, false),
        (Persistence::Temporary, false),
        (Persistence::Temporary, true),
        (Persistence::Unlogged, false),
    ])
}

pub(super) fn behavior() -> impl Strategy<Value = Behavior> {
    prop::sample::select(vec![Behavior::Unspecified, Behavior::Restrict, Behavior::Cascade])
}

pub(super) fn sequence_option() -> impl Strategy<Value = SequenceOption> {
    // The grammar takes no array type here.
    let scalar = type_name().prop_map(|type_name| TypeName { dimensions: 0, ..type_name });
    prop_oneof![
        scalar.prop_map(SequenceOption::As),
        number().prop_map(SequenceOption::Increment),
        number().prop_map(SequenceOption::MinValue),
        Just(SequenceOption::NoMinValue),
        number().prop_map(SequenceOption::MaxValue),
        Just(SequenceOption::NoMaxValue),
        number().prop_map(SequenceOption::Start),
        option::of(number()).prop_map(SequenceOption::Restart),
        number().prop_map(SequenceOption::Cache),
        Just(SequenceOption::Cycle),
        Just(SequenceOption::NoCycle),
        object_name().prop_map(SequenceOption::OwnedBy),
        Just(SequenceOption::OwnedBy(ObjectName::bare("none"))),
        object_name().prop_map(SequenceOption::SequenceName),
    ]
}

fn create_sequence() -> BoxedStrategy<Statement> {
    (persistence(), any::<bool>(), object_name(), vec(sequence_option(), 0..6))
        .prop_map(|((persistence, is_global), if_not_exists, name, options)| {
            Statement::CreateSequence(CreateSequence { persistence, is_global, if_not_exists, name, options })
        })
        .boxed()
}

fn alter_sequence() -> BoxedStrategy<Statement> {
    (any::<bool>(), object_name(), vec(sequence_option(), 1..6))
        .prop_map(|(if_exists, name, options)| Statement::AlterSequence(AlterSequence { if_exists, name, options }))
        .boxed()
}

fn kind() -> impl Strategy<Value = RelationKind> {
    prop::sample::select(vec![RelationKind::Sequence, RelationKind::Table, RelationKind::View, RelationKind::Index])
}

fn alter_relation() -> BoxedStrategy<Statement> {
    let action = prop_oneof![
        identifier().prop_map(RelationAction::RenameTo),
        identifier().prop_map(RelationAction::SetSchema),
        roles::role().prop_map(RelationAction::OwnerTo),
        Just(RelationAction::SetLogged),
        Just(RelationAction::SetUnlogged),
    ];
    (kind(), any::<bool>(), object_name(), action)
        // The grammar has no ALTER INDEX … SET SCHEMA.
        .prop_filter("grammar", |(kind, _, _, action)| {
            *kind != RelationKind::Index || !matches!(action, RelationAction::SetSchema(_))
        })
        .prop_map(|(kind, if_exists, name, action)| {
            Statement::AlterRelation(AlterRelation { kind, if_exists, name, action })
        })
        .boxed()
}

fn drop_relation() -> BoxedStrategy<Statement> {
    (kind(), any::<bool>(), vec(object_name(), 1..4), behavior())
        .prop_map(|(kind, if_exists, names, behavior)| {
            Statement::DropRelation(DropRelation { kind, if_exists, names, behavior })
        })
        .boxed()
}

fn comment() -> BoxedStrategy<Statement> {
    let target = prop_oneof![
        (kind(), object_name()).prop_map(|(kind, name)| CommentTarget::Relation(kind, name)),
        identifier().prop_map(CommentTarget::Schema),
        object_name().prop_map(CommentTarget::Column),
        object_name().prop_map(CommentTarget::Type),
    ];
    (target, option::of(nasty_text())).prop_map(|(target, text)| Statement::Comment(Comment { target, text })).boxed()
}

fn schema() -> BoxedStrategy<Statement> {
    prop_oneof![
        (any::<bool>(), option::of(identifier()), roles::role(), any::<bool>()).prop_map(
            |(if_not_exists, name, owner, has_owner)| {
                let owner = (has_owner || name.is_none()).then_some(owner);
                Statement::CreateSchema(CreateSchema { if_not_exists, name, owner })
            }
        ),
        (identifier(), identifier()).prop_map(|(name, new_name)| {
            Statement::AlterSchema(AlterSchema { name, action: SchemaAction::RenameTo(new_name) })
        }),
        (identifier(), roles::role()).prop_map(|(name, role)| {
            Statement::AlterSchema(AlterSchema { name, action: SchemaAction::OwnerTo(role) })
        }),
        (any::<bool>(), vec(identifier(), 1..3), behavior()).prop_map(|(if_exists, names, behavior)| {
            Statement::DropSchema(DropSchema { if_exists, names, behavior })
        }),
    ]
    .boxed()
}

fn data_type() -> BoxedStrategy<Statement> {
    let place = prop_oneof![
        Just(LabelPlace::End),
        nasty_text().prop_map(LabelPlace::Before),
        nasty_text().prop_map(LabelPlace::After),
    ];
    let action = prop_oneof![
        roles::role().prop_map(TypeAction::OwnerTo),
        identifier().prop_map(TypeAction::RenameTo),
        identifier().prop_map(TypeAction::SetSchema),
        (any::<bool>(), nasty_text(), place).prop_map(|(if_not_exists, label, place)| TypeAction::AddLabel {
            if_not_exists,
            label,
            place
        }),
        (nasty_text(), nasty_text()).prop_map(|(from, to)| TypeAction::RenameLabel { from, to }),
    ];
    prop_oneof![
        (object_name(), vec(nasty_text(), 1..3))
            .prop_map(|(name, labels)| Statement::CreateEnumeration(CreateEnumeration { name, labels })),
        (object_name(), action).prop_map(|(name, action)| Statement::AlterType(AlterType { name, action })),
        (any::<bool>(), vec(object_name(), 1..3), behavior())
            .prop_map(|(if_exists, names, behavior)| Statement::DropType(DropType { if_exists, names, behavior })),
    ]
    .boxed()
}

fn transaction() -> BoxedStrategy<Statement> {
    let mode = || {
        prop::sample::select(vec![
            TransactionMode::Isolation(IsolationLevel::ReadUncommitted),
            TransactionMode::Isolation(IsolationLevel::ReadCommitted),
            TransactionMode::Isolation(IsolationLevel::RepeatableRead),
            TransactionMode::Isolation(IsolationLevel::Serializable),
            TransactionMode::ReadOnly,
            TransactionMode::ReadWrite,
            TransactionMode::Deferrable,
            TransactionMode::NotDeferrable,
        ])
    };
    prop_oneof![
        vec(mode(), 0..3).prop_map(Transaction::Begin),
        vec(mode(), 0..3).prop_map(Transaction::Start),
        any::<bool>().prop_map(|chain| Transaction::Commit { chain }),
        any::<bool>().prop_map(|chain| Transaction::Rollback { chain }),
        identifier().prop_map(Transaction::Savepoint),
        identifier().prop_map(Transaction::Release),
        identifier().prop_map(Transaction::RollbackTo),
        vec(mode(), 1..3).prop_map(Transaction::SetTransaction),
        vec(mode(), 1..3).prop_map(Transaction::SetCharacteristics),
        nasty_text().prop_map(Transaction::Prepare),
        nasty_text().prop_map(Transaction::CommitPrepared),
        nasty_text().prop_map(Transaction::RollbackPrepared),
    ]
    .prop_map(Statement::Transaction)
    .boxed()
}

fn parameter() -> BoxedStrategy<Statement> {
    let scope = prop::sample::select(vec![SetScope::Unspecified, SetScope::Session, SetScope::Local]);
    let word = identifier().prop_map(|word| word.written().to_owned());
    let value = prop_oneof![word, nasty_text(), Just("on".to_owned()), Just("-1.5".to_owned())];
    let value = prop_oneof![vec(value, 1..4).prop_map(ParameterValue::List), Just(ParameterValue::Default)];
    let reset = prop_oneof![identifier(), Just("all".into()), special()].prop_map(|name| SetParameter {
        scope: SetScope::Unspecified,
        name,
        value: ParameterValue::Reset,
    });
    let name = prop_oneof![identifier(), Just("search_path".into()), special()];
    let set = (scope, name, value)
        .prop_filter("all stands for ALL only in RESET and SHOW", |(_, name, _)| name.written() != "all")
        .prop_map(|(scope, name, value)| SetParameter { scope, name, value });
    prop_oneof![reset, set].prop_map(Statement::SetParameter).boxed()
}

/// The parameters that have a syntax of their own.
fn special() -> impl Strategy<Value = Identifier> {
    prop_oneof![Just("role".into()), Just("session_authorization".into())]
}

fn discard() -> BoxedStrategy<Statement> {
    prop::sample::select(vec![Discard::All, Discard::Plans, Discard::Sequences, Discard::Temp])
        .prop_map(Statement::Discard)
        .boxed()
}
