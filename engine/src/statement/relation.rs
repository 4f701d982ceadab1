//! Statements that work on any kind of relation, and on schemas.

use super::{Identifier, ObjectName};

/// The kind of relation that a statement names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelationKind {
    /// `SEQUENCE`.
    Sequence,
    /// `TABLE`.
    Table,
    /// `VIEW`.
    View,
    /// `INDEX`.
    Index,
}

/// What DROP does with dependent objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Behavior {
    /// Neither word was written: as RESTRICT.
    #[default]
    Unspecified,
    /// `RESTRICT`.
    Restrict,
    /// `CASCADE`.
    Cascade,
}

/// `ALTER kind [IF EXISTS] name action`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AlterRelation {
    /// The kind that the statement names, which need not be the relation's own.
    pub kind: RelationKind,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// The relation's name.
    pub name: ObjectName,
    /// What to do.
    pub action: RelationAction,
}

/// A role as a statement names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RoleName {
    /// By its name.
    Named(Identifier),
    /// `CURRENT_ROLE`.
    CurrentRole,
    /// `CURRENT_USER`.
    CurrentUser,
    /// `SESSION_USER`.
    SessionUser,
}

/// What [`AlterRelation`] does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RelationAction {
    /// `RENAME TO name`.
    RenameTo(Identifier),
    /// `SET SCHEMA name`.
    SetSchema(Identifier),
    /// `OWNER TO role`.
    OwnerTo(RoleName),
    /// `SET LOGGED`.
    SetLogged,
    /// `SET UNLOGGED`.
    SetUnlogged,
}

/// `DROP kind [IF EXISTS] name, … [CASCADE|RESTRICT]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DropRelation {
    /// The kind that the statement names.
    pub kind: RelationKind,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// The names, at least one.
    pub names: Vec<ObjectName>,
    /// CASCADE or RESTRICT.
    pub behavior: Behavior,
}

/// `COMMENT ON target IS text`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Comment {
    /// What the comment is on.
    pub target: CommentTarget,
    /// The text, or `None` for `IS NULL`.
    pub text: Option<String>,
}

/// What COMMENT names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CommentTarget {
    /// A relation of some kind.
    Relation(RelationKind, ObjectName),
    /// A schema.
    Schema(Identifier),
    /// A column: the last part is the column, the parts before it the table.
    Column(ObjectName),
    /// A type.
    Type(ObjectName),
}

/// `CREATE SCHEMA [IF NOT EXISTS] name [AUTHORIZATION role]`; one without a name has its owner's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CreateSchema {
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// The schema's name; without one there is a role.
    pub name: Option<Identifier>,
    /// `AUTHORIZATION role`: who is to own it.
    pub owner: Option<RoleName>,
}

/// What [`AlterSchema`] does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SchemaAction {
    /// `RENAME TO name`.
    RenameTo(Identifier),
    /// `OWNER TO role`.
    OwnerTo(RoleName),
}

/// `ALTER SCHEMA name action`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AlterSchema {
    /// The schema's name.
    pub name: Identifier,
    /// What to do.
    pub action: SchemaAction,
}

/// `DROP SCHEMA [IF EXISTS] name, … [CASCADE|RESTRICT]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DropSchema {
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// The names, at least one.
    pub names: Vec<Identifier>,
    /// CASCADE or RESTRICT.
    pub behavior: Behavior,
}
