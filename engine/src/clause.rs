//! The catalogue of documented requirements, and which of them a step exercised.

use std::fmt;

use crate::dialect::Dialect;

mod aurora_dsql;
mod catalogue;

pub use catalogue::Clause;

/// Where a requirement is documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The page of PostgreSQL's manual, such as `CREATE SEQUENCE`; of another product's with the name of its guide.
    pub page: &'static str,
    /// The section or parameter on that page.
    pub section: &'static str,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, {}", self.page, self.section)
    }
}

impl Clause {
    /// Where the requirement is documented for a dialect; `None` when it is not one of that dialect's.
    pub fn source_in(self, dialect: Dialect) -> Option<Source> {
        match dialect {
            Dialect::PostgreSql => (!aurora_dsql::is_own(self)).then(|| self.source()),
            Dialect::AuroraDsql => aurora_dsql::source(self),
        }
    }

    /// The requirements of a dialect, in the order of the catalogue.
    pub fn of(dialect: Dialect) -> impl Iterator<Item = Clause> {
        Clause::ALL.iter().copied().filter(move |clause| clause.source_in(dialect).is_some())
    }
}

/// A set of clauses.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct ClauseSet([u64; 3]);

const _: () = assert!(Clause::ALL.len() <= 3 * 64, "widen ClauseSet");

impl ClauseSet {
    /// Adds `clause`.
    pub fn insert(&mut self, clause: Clause) {
        let index = clause as usize;
        self.0[index / 64] |= 1 << (index % 64);
    }

    /// Whether it holds `clause`.
    pub fn contains(&self, clause: Clause) -> bool {
        let index = clause as usize;
        self.0[index / 64] & 1 << (index % 64) != 0
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: ClauseSet) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine |= theirs;
        }
    }

    /// Its clauses in catalogue order.
    pub fn iter(self) -> impl Iterator<Item = Clause> {
        Clause::ALL.iter().copied().filter(move |clause| self.contains(*clause))
    }

    /// How many clauses it holds.
    pub fn len(self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether it holds none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for ClauseSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.iter().map(|clause| clause.id())).finish()
    }
}
