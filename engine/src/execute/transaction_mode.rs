//! Properties of transactions as parameters (manual, "Client Connection Defaults", Statement Behavior).

use super::Execution;
use super::transaction::isolation_level;
use crate::error::{Result, unsupported};
use crate::statement::TransactionMode;

/// What a property of transactions is set for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ModeScope {
    /// Those that begin from now on.
    Default,
    /// The one in progress.
    Transaction,
}

/// A property of transactions.
#[derive(Clone, Copy)]
pub(super) enum Mode {
    Isolation,
    ReadOnly,
    Deferrable,
}

/// The property of transactions that a parameter stands for.
pub(super) fn mode_of(parameter: &str) -> Option<(ModeScope, Mode)> {
    let (scope, property) = match parameter.strip_prefix("default_") {
        Some(property) => (ModeScope::Default, property),
        None => (ModeScope::Transaction, parameter),
    };
    let mode = match property {
        "transaction_isolation" => Mode::Isolation,
        "transaction_read_only" => Mode::ReadOnly,
        "transaction_deferrable" => Mode::Deferrable,
        _ => return None,
    };
    Some((scope, mode))
}

impl Execution<'_> {
    /// Sets a property of the transaction, or what transactions begin with; without a value the latter goes back to what
    /// the session began with.
    pub(super) fn put_mode(&mut self, scope: ModeScope, mode: Mode, value: Option<&str>, local: bool) -> Result<()> {
        if scope == ModeScope::Transaction {
            let Some(value) = value else { return Err(unsupported("RESET of a property of the transaction")) };
            let is_on = value == "on";
            return self.apply_modes(&[match (mode, is_on) {
                (Mode::Isolation, _) => TransactionMode::Isolation(isolation_level(value)),
                (Mode::ReadOnly, true) => TransactionMode::ReadOnly,
                (Mode::ReadOnly, false) => TransactionMode::ReadWrite,
                (Mode::Deferrable, true) => TransactionMode::Deferrable,
                (Mode::Deferrable, false) => TransactionMode::NotDeferrable,
            }]);
        }
        let startup = self.session.startup.clone();
        let mut parameters = (*self.session.parameters).clone();
        let is_on = |initial: bool| value.map_or(initial, |value| value == "on");
        match mode {
            Mode::Isolation => {
                parameters.default_isolation.set(value.map_or(startup.default_isolation.value, isolation_level), local)
            }
            Mode::ReadOnly => parameters.default_read_only.set(is_on(startup.default_read_only.value), local),
            Mode::Deferrable => parameters.default_deferrable.set(is_on(startup.default_deferrable.value), local),
        }
        self.session.parameters = parameters.into();
        Ok(())
    }
}
