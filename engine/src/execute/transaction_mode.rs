//! Properties of transactions as parameters (manual, "Client Connection Defaults", Statement Behavior).

use super::Execution;
use super::transaction::isolation_level;
use crate::error::{Result, unsupported};
use crate::session::Parameters;
use crate::statement::TransactionMode;

/// What a property of transactions is set for.
#[derive(Clone, Copy)]
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

impl Mode {
    /// The property set to a value of the parameter.
    fn set_to(self, value: &str) -> TransactionMode {
        match self {
            Mode::Isolation => TransactionMode::Isolation(isolation_level(value)),
            Mode::ReadOnly => read_only(value == "on"),
            Mode::Deferrable => deferrable(value == "on"),
        }
    }

    /// The property as transactions begin with it under these parameters.
    fn by_default(self, parameters: &Parameters) -> TransactionMode {
        match self {
            Mode::Isolation => TransactionMode::Isolation(parameters.default_isolation.value),
            Mode::ReadOnly => read_only(parameters.default_read_only.value),
            Mode::Deferrable => deferrable(parameters.default_deferrable.value),
        }
    }
}

fn read_only(is_on: bool) -> TransactionMode {
    if is_on { TransactionMode::ReadOnly } else { TransactionMode::ReadWrite }
}

fn deferrable(is_on: bool) -> TransactionMode {
    if is_on { TransactionMode::Deferrable } else { TransactionMode::NotDeferrable }
}

impl Execution<'_> {
    /// Sets a property of the transaction, or what transactions begin with; without a value the latter goes back to what
    /// the session began with.
    pub(super) fn put_mode(&mut self, scope: ModeScope, mode: Mode, value: Option<&str>, local: bool) -> Result<()> {
        match (scope, value) {
            (ModeScope::Transaction, Some(value)) => self.apply_modes(&[mode.set_to(value)]),
            (ModeScope::Transaction, None) => Err(unsupported("RESET of a property of the transaction")),
            (ModeScope::Default, value) => {
                let initial = || mode.by_default(&self.session.startup);
                let mode = value.map_or_else(initial, |value| mode.set_to(value));
                self.set_default_modes(&[mode], local);
                Ok(())
            }
        }
    }

    /// Sets what transactions begin with.
    pub(super) fn set_default_modes(&mut self, modes: &[TransactionMode], local: bool) {
        let mut parameters = (*self.session.parameters).clone();
        for mode in modes {
            match *mode {
                TransactionMode::Isolation(level) => parameters.default_isolation.set(level, local),
                TransactionMode::ReadOnly => parameters.default_read_only.set(true, local),
                TransactionMode::ReadWrite => parameters.default_read_only.set(false, local),
                TransactionMode::Deferrable => parameters.default_deferrable.set(true, local),
                TransactionMode::NotDeferrable => parameters.default_deferrable.set(false, local),
            }
        }
        self.session.parameters = parameters.into();
    }
}
