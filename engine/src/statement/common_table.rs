//! WITH (manual, "WITH Queries (Common Table Expressions)") and CREATE TABLE AS.

use super::{Identifier, ObjectName, Persistence, Query, Statement};

/// `name (column, …) AS [[NOT] MATERIALIZED] (statement)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CommonTable {
    /// The name that the rest of the statement knows it by.
    pub name: Identifier,
    /// The columns' names; empty when none were written.
    pub columns: Vec<Identifier>,
    /// MATERIALIZED (true) or NOT MATERIALIZED (false); `None` when neither was written.
    pub materialized: Option<bool>,
    /// A query, or a statement that changes rows.
    pub statement: Statement,
}

/// `WITH common_table, … query`, where all are queries.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WithQuery {
    /// What the query may read, at least one.
    pub tables: Vec<CommonTable>,
    /// The query.
    pub query: Query,
}

/// `WITH common_table, … statement`, where at least one of all changes rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct With {
    /// What the statement may read, at least one.
    pub tables: Vec<CommonTable>,
    /// SELECT, INSERT, UPDATE or DELETE.
    pub statement: Box<Statement>,
}

/// `CREATE [[GLOBAL] TEMPORARY|UNLOGGED] TABLE [IF NOT EXISTS] name (column, …) AS query [WITH NO DATA]`, and
/// `SELECT … INTO [TEMPORARY|UNLOGGED] name …`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CreateTableAs {
    /// Whether it is written as SELECT INTO.
    pub is_select_into: bool,
    /// TEMPORARY, UNLOGGED or neither.
    pub persistence: Persistence,
    /// Whether GLOBAL was written before TEMPORARY.
    pub is_global: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// The table's name.
    pub name: ObjectName,
    /// The columns' names; empty when none were written.
    pub columns: Vec<Identifier>,
    /// What fills the table.
    pub query: Query,
    /// `WITH NO DATA`: the table stays empty.
    pub without_data: bool,
}
