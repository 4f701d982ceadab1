//! Named deviations from PostgreSQL: each changes one rule at one site.
//!
//! With a quirk the engine becomes a faulty implementation, which shows whether the harness would notice the fault.

/// One planted fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quirk {
    /// CYCLE goes on at START instead of the opposite bound.
    CycleToStart,
    /// The maximum itself is never given out.
    MaximumExcluded,
    /// ALTER SEQUENCE does not check the current value against new bounds.
    AlterSkipsCurrentValueCheck,
    /// ALTER SEQUENCE leaves the caller's cached values in use.
    AlterKeepsCache,
    /// `setval` leaves the caller's cached values in use.
    SetvalKeepsCache,
    /// `setval` leaves `log_cnt` as it was.
    SetvalKeepsLogCount,
    /// `setval(…, false)` defines `currval`.
    SetvalUncalledDefinesCurrval,
    /// `setval` makes its sequence the one of `lastval`.
    SetvalDefinesLastval,
    /// A rollback undoes `nextval`.
    NextvalRollsBack,
    /// A rollback clears `currval`.
    RollbackClearsCurrval,
    /// DISCARD SEQUENCES keeps `lastval`.
    DiscardKeepsLastval,
    /// ALTER SEQUENCE … RESTART survives a rollback.
    RestartSurvivesRollback,
}

impl Quirk {
    /// Every quirk.
    pub const ALL: [Quirk; 12] = [
        Quirk::CycleToStart,
        Quirk::MaximumExcluded,
        Quirk::AlterSkipsCurrentValueCheck,
        Quirk::AlterKeepsCache,
        Quirk::SetvalKeepsCache,
        Quirk::SetvalKeepsLogCount,
        Quirk::SetvalUncalledDefinesCurrval,
        Quirk::SetvalDefinesLastval,
        Quirk::NextvalRollsBack,
        Quirk::RollbackClearsCurrval,
        Quirk::DiscardKeepsLastval,
        Quirk::RestartSurvivesRollback,
    ];

    /// Its name on command lines and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Quirk::CycleToStart => "cycle-to-start",
            Quirk::MaximumExcluded => "maximum-excluded",
            Quirk::AlterSkipsCurrentValueCheck => "alter-skips-current-value-check",
            Quirk::AlterKeepsCache => "alter-keeps-cache",
            Quirk::SetvalKeepsCache => "setval-keeps-cache",
            Quirk::SetvalKeepsLogCount => "setval-keeps-log-count",
            Quirk::SetvalUncalledDefinesCurrval => "setval-uncalled-defines-currval",
            Quirk::SetvalDefinesLastval => "setval-defines-lastval",
            Quirk::NextvalRollsBack => "nextval-rolls-back",
            Quirk::RollbackClearsCurrval => "rollback-clears-currval",
            Quirk::DiscardKeepsLastval => "discard-keeps-lastval",
            Quirk::RestartSurvivesRollback => "restart-survives-rollback",
        }
    }

    /// The quirk of that name.
    pub fn from_name(name: &str) -> Option<Quirk> {
        Quirk::ALL.into_iter().find(|quirk| quirk.name() == name)
    }
}

/// A set of quirks; empty means PostgreSQL itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QuirkSet(u64);

impl QuirkSet {
    /// No quirk.
    pub const NONE: QuirkSet = QuirkSet(0);

    /// Whether it holds `quirk`.
    pub fn contains(&self, quirk: Quirk) -> bool {
        self.0 & (1 << quirk as u32) != 0
    }

    /// The set with `quirk` added.
    #[must_use]
    pub fn with(self, quirk: Quirk) -> QuirkSet {
        QuirkSet(self.0 | 1 << quirk as u32)
    }
}
