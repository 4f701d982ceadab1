//! Sequences, relations of any kind, schemas, types and views.

use seqcheck_engine::statement::{
    AlterRelation, AlterSchema, AlterSequence, AlterType, Behavior, Comment, CommentTarget, CreateEnumeration,
    CreateIndex, CreateSchema, CreateSequence, CreateView, DropRelation, DropSchema, DropType, IndexElement,
    LabelPlace, Persistence, RelationAction, RelationKind, RoleName, SchemaAction, TypeAction,
};

use super::{Leaf, Part, Turn, atoms, structure, variants, words};

atoms!(RelationKind);

words!(
    Persistence: Persistence::Permanent,
    Behavior: Behavior::Unspecified,
);

structure!(CreateSequence { options, if_not_exists, is_global, persistence, name });
structure!(AlterSequence { options, if_exists, name });
structure!(AlterRelation { kind, if_exists, name, action });
structure!(DropRelation { kind, if_exists, names, behavior });
structure!(Comment { target, text });
structure!(CreateSchema { if_not_exists, name, owner });
structure!(AlterSchema { name, action });
structure!(CreateEnumeration { labels, name });
structure!(AlterType { action, name });
structure!(DropType { if_exists, names, behavior });
structure!(DropSchema { if_exists, names, behavior });
structure!(CreateView { or_replace, is_global, persistence, columns, query, name });
structure!(IndexElement { operator_class, key });
structure!(CreateIndex { unique, if_not_exists, filter, method, elements, name, table });

variants!(RelationAction {
    RenameTo(name),
    SetSchema(name),
    OwnerTo(role),
    SetLogged,
    SetUnlogged,
});

variants!(RoleName {
    Named(name),
    CurrentRole,
    CurrentUser,
    SessionUser,
});

variants!(CommentTarget {
    Relation(kind, name),
    Schema(name),
    Column(name),
    Type(name),
});

variants!(SchemaAction {
    RenameTo(name),
    OwnerTo(role),
});

variants!(LabelPlace {
    End,
    Before(label),
    After(label),
});

variants!(TypeAction {
    OwnerTo(role),
    RenameTo(name),
    SetSchema(name),
    AddLabel { if_not_exists, label, place },
    RenameLabel { from, to },
});
