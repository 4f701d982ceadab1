//! How PostgreSQL numbers columns (manual, "pg_attribute", attnum).

/// The columns that tables and sequences have besides their own, with their numbers and the OIDs of their types (manual,
/// "System Columns").
pub(crate) const SYSTEM_COLUMNS: [(&str, ColumnNumber, i64); 6] = [
    ("ctid", ColumnNumber(-1), 27),
    ("xmin", ColumnNumber(-2), 28),
    ("cmin", ColumnNumber(-3), 29),
    ("xmax", ColumnNumber(-4), 28),
    ("cmax", ColumnNumber(-5), 29),
    ("tableoid", ColumnNumber(-6), 26),
];

/// Whether every table has a column of that name besides its own.
pub(crate) fn is_system_column(name: &str) -> bool {
    SYSTEM_COLUMNS.iter().any(|(known, ..)| *known == name)
}

/// A column's number in its relation: from 1 in the order in which columns were made, dropped ones included; system columns
/// are below 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ColumnNumber(i16);

impl ColumnNumber {
    /// The number of the column at a place counted from 0.
    pub(crate) fn of_place(place: usize) -> Self {
        // A table has 1,600 columns at most.
        Self(i16::try_from(place + 1).unwrap_or(i16::MAX))
    }

    /// The number of the system column of that name.
    pub(crate) fn of_system_column(name: &str) -> Option<Self> {
        SYSTEM_COLUMNS.iter().find(|(known, ..)| *known == name).map(|(_, number, _)| *number)
    }

    /// The place of a relation's own column, counted from 0; `None` for a system column.
    pub(crate) fn place(self) -> Option<usize> {
        usize::try_from(self.0).ok()?.checked_sub(1)
    }

    /// The number as `pg_attribute` and `pg_depend` show it.
    pub(crate) fn number(self) -> i64 {
        i64::from(self.0)
    }
}
