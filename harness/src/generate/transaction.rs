//! Transaction control and DISCARD.

use seqcheck_engine::statement::{Discard, Identifier, IsolationLevel, Transaction, TransactionMode};
use seqcheck_engine::{Statement, TransactionStatus};

use super::Generator;

impl Generator<'_> {
    /// A way out of a failed transaction.
    pub(super) fn way_out(&mut self) -> Statement {
        Statement::Transaction(match self.choice.below(4) {
            0 => Transaction::Commit { chain: false },
            1 => Transaction::RollbackTo(self.savepoint_name()),
            _ => Transaction::Rollback { chain: self.choice.chance(1, 8) },
        })
    }

    pub(super) fn transaction(&mut self, status: TransactionStatus) -> Statement {
        if self.plan.two_phase && self.choice.chance(1, 3) {
            return Statement::Transaction(self.two_phase(status));
        }
        let weights: [u32; 9] = match status {
            TransactionStatus::Idle => [20, 2, 1, 1, 1, 1, 1, 1, 1],
            _ => [1, 1, 6, 8, 12, 3, 6, 2, 1],
        };
        Statement::Transaction(match self.choice.weighted(&weights) {
            0 => Transaction::Begin(self.modes()),
            1 => Transaction::Start(self.modes()),
            2 => Transaction::Commit { chain: self.choice.chance(1, 12) },
            3 => Transaction::Rollback { chain: self.choice.chance(1, 12) },
            4 => {
                self.savepoints[self.current] = true;
                Transaction::Savepoint(self.savepoint_name())
            }
            5 => Transaction::Release(self.savepoint_name()),
            6 => Transaction::RollbackTo(self.savepoint_name()),
            7 => Transaction::SetTransaction(self.some_modes()),
            _ => Transaction::SetCharacteristics(self.some_modes()),
        })
    }

    pub(super) fn two_phase(&mut self, status: TransactionStatus) -> Transaction {
        let known: Vec<String> = self.cluster.prepared_transactions().map(str::to_owned).collect();
        let identifier = match known.is_empty() || self.choice.chance(1, 6) {
            true => ["g", "h"][self.choice.index(2)].to_owned(),
            false => known[self.choice.index(known.len())].clone(),
        };
        let weights: [u32; 3] = if status == TransactionStatus::Idle { [1, 4, 4] } else { [8, 1, 1] };
        match self.choice.weighted(&weights) {
            0 => Transaction::Prepare(["g", "h"][self.choice.index(2)].to_owned()),
            1 => Transaction::CommitPrepared(identifier),
            _ => Transaction::RollbackPrepared(identifier),
        }
    }

    pub(super) fn savepoint_name(&mut self) -> Identifier {
        if self.choice.chance(4, 5) { "p".into() } else { "q".into() }
    }

    fn modes(&mut self) -> Vec<TransactionMode> {
        match self.choice.chance(1, 4) {
            _ if self.plan.read_only && self.choice.chance(2, 3) => vec![TransactionMode::ReadOnly],
            true => self.some_modes(),
            false => Vec::new(),
        }
    }

    fn some_modes(&mut self) -> Vec<TransactionMode> {
        let modes = [
            TransactionMode::ReadOnly,
            TransactionMode::ReadOnly,
            TransactionMode::ReadWrite,
            TransactionMode::Isolation(IsolationLevel::RepeatableRead),
            TransactionMode::Isolation(IsolationLevel::ReadCommitted),
            TransactionMode::Isolation(IsolationLevel::Serializable),
            TransactionMode::NotDeferrable,
        ];
        let count = 1 + self.choice.index(2);
        (0..count).map(|_| modes[self.choice.index(modes.len())]).collect()
    }

    pub(super) fn discard(&mut self) -> Statement {
        Statement::Discard(
            [Discard::Sequences, Discard::Sequences, Discard::Temp, Discard::All, Discard::Plans][self.choice.index(5)],
        )
    }
}
