//! Tables and the statements that change their rows.

use seqcheck_engine::statement::{
    AlterTable, ColumnConstraint, ColumnConstraintKind, ColumnDefinition, ConflictTarget, ConflictUpdate, Copy,
    CreateTable, Deferral, Delete, Generated, IdentityChange, Insert, InsertSource, LikeFeature, OnConflict,
    Overriding, PartitionBy, PartitionStrategy, References, ReferentialAction, RenameColumn, RenameConstraint,
    TableAction, TableConstraint, TableConstraintKind, TableElement, TableReference, Truncate, Update,
};

use super::{Leaf, Part, Turn, atoms, structure, variants, words};

atoms!(Generated, LikeFeature, Overriding);

variants!(ColumnConstraintKind {
    NotNull,
    Null,
    Default(expression),
    PrimaryKey,
    Unique,
    Check(condition),
    Identity { generated, options },
    Computed(expression),
    References(target),
});

words!(ReferentialAction: ReferentialAction::NoAction, Deferral: Deferral::Never);
structure!(References { not_valid, deferral, on_update, on_delete, columns, table });

structure!(ColumnConstraint { name, kind });
structure!(ColumnDefinition { constraints, collation, type_name, name });
structure!(TableConstraint { name, kind });

variants!(TableConstraintKind {
    PrimaryKey(columns),
    Unique(columns),
    Check { condition, not_valid },
    ForeignKey(columns, target),
});

variants!(TableElement {
    Column(definition),
    Constraint(constraint),
    Like { source, features },
});

atoms!(PartitionStrategy);
structure!(PartitionBy { columns, strategy });
structure!(CreateTable { name, elements, partition_by, if_not_exists, is_global, persistence });
structure!(TableReference { only, name });
structure!(AlterTable { actions, if_exists, table });
structure!(RenameColumn { if_exists, table, column, new_name });
structure!(RenameConstraint { if_exists, table, constraint, new_name });

variants!(IdentityChange {
    Generated(generated),
    Set(option),
    Restart(number),
});

variants!(TableAction {
    AddColumn { if_not_exists, definition },
    DropColumn { if_exists, column, behavior },
    SetType { column, type_name, using },
    SetDefault(column, expression),
    DropDefault(column),
    SetNotNull(column),
    DropNotNull(column),
    AddIdentity { column, generated, options },
    SetIdentity { column, changes },
    DropIdentity { column, if_exists },
    AddConstraint(constraint),
    DropConstraint { if_exists, name, behavior },
    ValidateConstraint(name),
    Relation(action),
});

variants!(InsertSource {
    DefaultValues,
    Query(query),
});

variants!(ConflictTarget {
    Any,
    Columns(columns),
    Constraint(name),
});

structure!(ConflictUpdate { filter, assignments });
structure!(OnConflict { update, target });
structure!(Insert { returning, on_conflict, overriding, columns, source, alias, table });
structure!(Update { returning, filter, assignments, alias, table });
structure!(Delete { returning, filter, alias, table });
structure!(Truncate { tables, restart_identity, behavior });
structure!(Copy { data, columns, table });
