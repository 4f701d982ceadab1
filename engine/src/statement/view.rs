//! Views and indexes.

use super::{Expression, Identifier, ObjectName, Persistence, Query};

/// `CREATE [OR REPLACE] [[GLOBAL] TEMPORARY] VIEW name (column, …) AS query`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CreateView {
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// TEMPORARY or not.
    pub persistence: Persistence,
    /// Whether GLOBAL was written before TEMPORARY: it changes nothing but draws a warning (manual, "CREATE TABLE",
    /// Compatibility, "Temporary Tables").
    pub is_global: bool,
    /// The view's name.
    pub name: ObjectName,
    /// The columns' names; empty when none were written.
    pub columns: Vec<Identifier>,
    /// What the view shows.
    pub query: Query,
}

/// What an index has an entry for, in each row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IndexElement {
    /// A column, or an expression over columns.
    pub key: Expression,
    /// The operator class.
    pub operator_class: Option<ObjectName>,
}

impl IndexElement {
    /// A column with its default operator class.
    pub fn column(name: Identifier) -> IndexElement {
        let name = ObjectName { parts: vec![name] };
        IndexElement { key: Expression::Column(name), operator_class: None }
    }
}

/// `CREATE [UNIQUE] INDEX [[IF NOT EXISTS] name] ON table USING method (element, …) WHERE condition`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CreateIndex {
    /// `UNIQUE`.
    pub unique: bool,
    /// `IF NOT EXISTS`, which needs a name.
    pub if_not_exists: bool,
    /// The index's name, which has no schema of its own: that is the table's.
    pub name: Option<Identifier>,
    /// The table.
    pub table: ObjectName,
    /// `USING method`.
    pub method: Option<Identifier>,
    /// The elements, at least one.
    pub elements: Vec<IndexElement>,
    /// WHERE: only rows for which it holds are in the index.
    pub filter: Option<Expression>,
}
