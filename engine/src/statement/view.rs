//! Views and indexes.

use super::{Identifier, ObjectName, Persistence, Query};

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

/// `CREATE [UNIQUE] INDEX [[IF NOT EXISTS] name] ON table (column, …)`.
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
    /// The columns, at least one.
    pub columns: Vec<Identifier>,
}
