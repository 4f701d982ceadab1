//! Named deviations from PostgreSQL: each changes one rule at one site.
//!
//! With a quirk the engine becomes a faulty implementation, which shows whether the harness would notice the fault.

mod catalogue;

pub use catalogue::Quirk;

impl Quirk {
    /// Whether only a crash or a restart of the server shows it.
    pub fn shows_in_crashes(self) -> bool {
        matches!(
            self,
            Quirk::NextvalNotLogged
                | Quirk::LogsNothingAhead
                | Quirk::RecordKeepsLogCount
                | Quirk::SetvalNotLogged
                | Quirk::SetvalLoggedAsCalled
                | Quirk::AlterNotLogged
                | Quirk::CommitDoesNotFlush
                | Quirk::RecoveryRestarts
                | Quirk::RecoveryRepeatsLast
                | Quirk::UnloggedSurvives
                | Quirk::UnloggedRowsSurvive
                | Quirk::RestartSkipsLogged
                | Quirk::RestartResetsUnlogged
        )
    }
}

/// A set of quirks; empty means PostgreSQL itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QuirkSet([u64; WORDS]);

const WORDS: usize = 3;

const _: () = assert!(Quirk::ALL.len() <= WORDS * 64, "widen QuirkSet");

impl QuirkSet {
    /// No quirk.
    pub const NONE: QuirkSet = QuirkSet([0; WORDS]);

    /// Whether it holds `quirk`.
    pub fn contains(&self, quirk: Quirk) -> bool {
        let index = quirk as usize;
        self.0[index / 64] & 1 << (index % 64) != 0
    }

    /// The set with `quirk` added.
    #[must_use]
    pub fn with(mut self, quirk: Quirk) -> QuirkSet {
        let index = quirk as usize;
        self.0[index / 64] |= 1 << (index % 64);
        self
    }
}
