//! LOCK TABLE.

use super::ObjectName;
use crate::lock::LockMode;

/// `LOCK TABLE name, … IN mode MODE [NOWAIT]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LockTables {
    /// The tables and views.
    pub tables: Vec<ObjectName>,
    /// The mode; ACCESS EXCLUSIVE when none is written.
    pub mode: LockMode,
    /// `NOWAIT`.
    pub nowait: bool,
}
