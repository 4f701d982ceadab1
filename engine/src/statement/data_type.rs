//! Types that users make.

use super::{Behavior, Identifier, ObjectName, RoleName};

/// `CREATE TYPE name AS ENUM ('label', …)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CreateEnumeration {
    /// The type's name.
    pub name: ObjectName,
    /// The labels in their order; may be empty.
    pub labels: Vec<String>,
}

/// Where ALTER TYPE puts a new label.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LabelPlace {
    /// Behind all others.
    End,
    /// `BEFORE 'label'`.
    Before(String),
    /// `AFTER 'label'`.
    After(String),
}

/// What [`AlterType`] does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TypeAction {
    /// `OWNER TO role`.
    OwnerTo(RoleName),
    /// `RENAME TO name`.
    RenameTo(Identifier),
    /// `SET SCHEMA name`.
    SetSchema(Identifier),
    /// `ADD VALUE [IF NOT EXISTS] 'label' [BEFORE|AFTER 'label']`.
    AddLabel {
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
        /// The new label.
        label: String,
        /// Its place.
        place: LabelPlace,
    },
    /// `RENAME VALUE 'label' TO 'label'`.
    RenameLabel {
        /// The label.
        from: String,
        /// Its new text.
        to: String,
    },
}

/// `ALTER TYPE name action`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AlterType {
    /// The type's name.
    pub name: ObjectName,
    /// What to do.
    pub action: TypeAction,
}

/// `DROP TYPE [IF EXISTS] name, … [CASCADE|RESTRICT]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DropType {
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// The names, at least one.
    pub names: Vec<ObjectName>,
    /// CASCADE or RESTRICT.
    pub behavior: Behavior,
}
