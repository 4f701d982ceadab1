//! Lock modes and which of them exclude each other (manual, "Table-Level Locks", Table "Conflicting Lock Modes").

/// A lock mode, from weak to strong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LockMode {
    /// `ACCESS SHARE`: SELECT.
    AccessShare,
    /// `ROW SHARE`: SELECT FOR UPDATE.
    RowShare,
    /// `ROW EXCLUSIVE`: INSERT, and the sequence functions.
    RowExclusive,
    /// `SHARE UPDATE EXCLUSIVE`: VACUUM, COMMENT.
    ShareUpdateExclusive,
    /// `SHARE`: CREATE INDEX.
    Share,
    /// `SHARE ROW EXCLUSIVE`: ALTER SEQUENCE.
    ShareRowExclusive,
    /// `EXCLUSIVE`.
    Exclusive,
    /// `ACCESS EXCLUSIVE`: DROP, most of ALTER TABLE.
    AccessExclusive,
}

impl LockMode {
    /// Every mode, from weak to strong.
    pub const ALL: [LockMode; 8] = [
        LockMode::AccessShare,
        LockMode::RowShare,
        LockMode::RowExclusive,
        LockMode::ShareUpdateExclusive,
        LockMode::Share,
        LockMode::ShareRowExclusive,
        LockMode::Exclusive,
        LockMode::AccessExclusive,
    ];

    /// Its words in LOCK TABLE.
    pub fn words(self) -> &'static str {
        match self {
            LockMode::AccessShare => "ACCESS SHARE",
            LockMode::RowShare => "ROW SHARE",
            LockMode::RowExclusive => "ROW EXCLUSIVE",
            LockMode::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            LockMode::Share => "SHARE",
            LockMode::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            LockMode::Exclusive => "EXCLUSIVE",
            LockMode::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// Its name in messages and in `pg_locks`.
    pub fn lock_name(self) -> &'static str {
        match self {
            LockMode::AccessShare => "AccessShareLock",
            LockMode::RowShare => "RowShareLock",
            LockMode::RowExclusive => "RowExclusiveLock",
            LockMode::ShareUpdateExclusive => "ShareUpdateExclusiveLock",
            LockMode::Share => "ShareLock",
            LockMode::ShareRowExclusive => "ShareRowExclusiveLock",
            LockMode::Exclusive => "ExclusiveLock",
            LockMode::AccessExclusive => "AccessExclusiveLock",
        }
    }

    /// Whether two sessions cannot hold these modes on one relation at once.
    pub(crate) fn conflicts(self, other: LockMode) -> bool {
        use LockMode::{
            AccessExclusive, Exclusive, RowExclusive, RowShare, Share, ShareRowExclusive, ShareUpdateExclusive,
        };
        matches!(
            (self.min(other), self.max(other)),
            (_, AccessExclusive)
                | (RowShare | RowExclusive | ShareUpdateExclusive | Share | ShareRowExclusive | Exclusive, Exclusive)
                | (RowExclusive | ShareUpdateExclusive | Share | ShareRowExclusive, ShareRowExclusive)
                | (RowExclusive | ShareUpdateExclusive, Share)
                | (ShareUpdateExclusive, ShareUpdateExclusive)
        )
    }
}
