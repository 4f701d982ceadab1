//! Statements that look after storage and change nothing that SQL shows.

use super::{Identifier, ObjectName};

/// A table that VACUUM or ANALYZE names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MaintainedTable {
    /// The table's name.
    pub name: ObjectName,
    /// `(column, …)`; empty when none were written.
    pub columns: Vec<Identifier>,
}

/// What REINDEX works on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ReindexTarget {
    /// `INDEX name`.
    Index(ObjectName),
    /// `TABLE name`.
    Table(ObjectName),
}

/// A statement that looks after storage.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Maintenance {
    /// `VACUUM [FULL] [FREEZE] [ANALYZE] [table, …]`.
    Vacuum {
        /// `FULL`.
        full: bool,
        /// `FREEZE`.
        freeze: bool,
        /// `ANALYZE`.
        analyze: bool,
        /// The tables; all of the database when none is written.
        tables: Vec<MaintainedTable>,
    },
    /// `ANALYZE [table, …]`.
    Analyze(Vec<MaintainedTable>),
    /// `REINDEX target`.
    Reindex(ReindexTarget),
    /// `CHECKPOINT`.
    Checkpoint,
}
