//! Tables and the statements that change their rows.

use super::{Behavior, Expression, Identifier, ObjectName, Persistence, Query, SelectItem, SequenceOption, TypeName};

/// A constraint or property written after a column's type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ColumnConstraint {
    /// `NOT NULL`.
    NotNull,
    /// `NULL`.
    Null,
    /// `DEFAULT expression`.
    Default(Expression),
    /// `PRIMARY KEY`.
    PrimaryKey,
    /// `UNIQUE`.
    Unique,
    /// `GENERATED {ALWAYS|BY DEFAULT} AS IDENTITY (option …)`.
    Identity {
        /// ALWAYS, or else BY DEFAULT.
        always: bool,
        /// The sequence's options.
        options: Vec<SequenceOption>,
    },
}

/// One column of CREATE TABLE.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ColumnDefinition {
    /// The column's name.
    pub name: Identifier,
    /// Its type, or a serial pseudo-type.
    pub type_name: TypeName,
    /// What follows, in the order written.
    pub constraints: Vec<ColumnConstraint>,
}

/// `CREATE [TEMPORARY|UNLOGGED] TABLE [IF NOT EXISTS] name (column, …)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CreateTable {
    /// TEMPORARY, UNLOGGED or neither.
    pub persistence: Persistence,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// The table's name.
    pub name: ObjectName,
    /// The columns; may be empty.
    pub columns: Vec<ColumnDefinition>,
}

/// Where INSERT's rows come from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum InsertSource {
    /// `DEFAULT VALUES`.
    DefaultValues,
    /// VALUES or SELECT; VALUES may hold [`Expression::Default`].
    Query(Query),
}

/// `INSERT INTO table (column, …) source RETURNING …`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Insert {
    /// The table.
    pub table: ObjectName,
    /// The columns; empty when none were written.
    pub columns: Vec<Identifier>,
    /// The rows.
    pub source: InsertSource,
    /// RETURNING; empty when absent.
    pub returning: Vec<SelectItem>,
}

/// `UPDATE table SET column = value, … WHERE … RETURNING …`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Update {
    /// The table.
    pub table: ObjectName,
    /// The assignments, at least one.
    pub assignments: Vec<(Identifier, Expression)>,
    /// WHERE.
    pub filter: Option<Expression>,
    /// RETURNING; empty when absent.
    pub returning: Vec<SelectItem>,
}

/// `DELETE FROM table WHERE … RETURNING …`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Delete {
    /// The table.
    pub table: ObjectName,
    /// WHERE.
    pub filter: Option<Expression>,
    /// RETURNING; empty when absent.
    pub returning: Vec<SelectItem>,
}

/// `TRUNCATE table, … [RESTART|CONTINUE IDENTITY] [CASCADE|RESTRICT]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Truncate {
    /// The tables, at least one.
    pub tables: Vec<ObjectName>,
    /// RESTART (true) or CONTINUE (false) IDENTITY; `None` when neither was written.
    pub restart_identity: Option<bool>,
    /// CASCADE or RESTRICT.
    pub behavior: Behavior,
}

/// `COPY table (column, …) FROM STDIN`, in text format.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Copy {
    /// The table.
    pub table: ObjectName,
    /// The columns; empty when none were written.
    pub columns: Vec<Identifier>,
    /// The data lines without their line ends and without the closing `\.`.
    pub data: Vec<String>,
}
