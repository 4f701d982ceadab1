//! Traces in which sessions wait for each other.

use seqcheck_engine::statement::{
    AlterSequence, CreateSequence, LockTables, ObjectName, Persistence, SequenceOption, Transaction,
};
use seqcheck_engine::{LockMode, SessionId, Statement, TransactionStatus};

use super::query::{everything_in, of_sequence};
use super::{GeneratedAction, GeneratedStep, Generator};

/// How many steps may be spent at a trace's end on those that still wait.
const ENDINGS: usize = 8;

impl Generator<'_> {
    /// Puts most sessions into transactions.
    pub(super) fn begin_transactions(&mut self) {
        for session in 0..self.sessions.len() {
            if self.choice.chance(2, 3) {
                let statement = Statement::Transaction(Transaction::Begin(Vec::new()));
                self.cluster.step(self.sessions[session], std::slice::from_ref(&statement));
                self.steps.push(GeneratedStep { session, action: GeneratedAction::Query(vec![statement]) });
            }
        }
    }

    /// Sees to it that the current session can take a step. False when none can.
    pub(super) fn prepare_for_waits(&mut self) -> bool {
        let free: Vec<usize> = (0..self.sessions.len()).filter(|index| !self.is_waiting(*index)).collect();
        if free.is_empty() {
            return false;
        }
        if !free.contains(&self.current) {
            self.current = free[self.choice.index(free.len())];
        }
        true
    }

    /// Puts in place of drawn statements, now and then, one that lets sessions meet.
    pub(super) fn move_towards_waits(&mut self, statements: &mut Vec<Statement>) {
        if !self.plan.waits {
            return;
        }
        let status = self.cluster.transaction_status(self.sessions[self.current]);
        let somebody_waits = (0..self.sessions.len()).any(|index| self.is_waiting(index));
        if somebody_waits
            && status != TransactionStatus::Failed
            && let Some(awaited) = &self.awaited
            && self.choice.chance(1, 6)
        {
            *statements = vec![awaited.clone()];
            return;
        }
        match status {
            TransactionStatus::Idle if self.choice.chance(1, 3) => {
                *statements = vec![Statement::Transaction(Transaction::Begin(Vec::new()))];
            }
            TransactionStatus::InTransaction if somebody_waits && self.choice.chance(1, 9) => {
                *statements = vec![self.ending()];
            }
            // Whoever is waited for and now asks for more may close a circle.
            TransactionStatus::InTransaction if somebody_waits && self.choice.chance(3, 5) => {
                *statements = vec![self.plain_alter()];
            }
            TransactionStatus::InTransaction if self.choice.chance(1, 12) => {
                *statements = vec![self.lock_table()];
            }
            // What a savepoint has locked since is free again.
            TransactionStatus::InTransaction if self.choice.chance(1, 12) => {
                *statements = vec![self.savepoint_or_back()];
            }
            TransactionStatus::InTransaction | TransactionStatus::Idle if self.choice.chance(4, 5) => {
                *statements = vec![self.contend()];
            }
            _ => {}
        }
    }

    /// Whether a step that waits stays in the trace: somebody must be left who can go on. Sessions that wait for the same go on
    /// side by side, in an order that nobody can predict, and often one that lockstep does not follow.
    pub(super) fn accepts_wait(&mut self) -> bool {
        let one_is_free = (0..self.sessions.len()).any(|index| !self.is_waiting(index));
        one_is_free && (!self.cluster.may_race(self.sessions[self.current]) || self.choice.chance(1, 2))
    }

    /// Ends transactions until nobody waits any more, as far as that can be predicted.
    pub(super) fn end_waits(&mut self) {
        for _ in 0..ENDINGS {
            if !self.plan.waits || !(0..self.sessions.len()).any(|index| self.is_waiting(index)) {
                return;
            }
            let in_the_way: Vec<usize> = (0..self.sessions.len())
                .filter(|index| {
                    let status = self.cluster.transaction_status(self.sessions[*index]);
                    !self.is_waiting(*index) && status != TransactionStatus::Idle
                })
                .collect();
            if in_the_way.is_empty() {
                return;
            }
            let session = in_the_way[self.choice.index(in_the_way.len())];
            let before = self.cluster.clone();
            let statement = self.ending();
            let lost = self.cluster.step(self.sessions[session], std::slice::from_ref(&statement)).lost;
            if lost.is_some() && !self.follows_orders() {
                self.cluster = before;
                continue;
            }
            self.steps.push(GeneratedStep { session, action: GeneratedAction::Query(vec![statement]) });
        }
    }

    /// The session that waits, if one is to stop waiting, be it that it is closed or that its statement is cancelled.
    pub(super) fn waiting_session_to_end(&mut self) -> Option<usize> {
        if !self.plan.waits || !self.choice.chance(1, 15) {
            return None;
        }
        (0..self.sessions.len()).find(|index| self.is_waiting(*index))
    }

    /// A statement about a sequence that others may be busy with.
    fn contend(&mut self) -> Statement {
        let name = self.plain_name();
        let of_tables = if self.tables.is_empty() { 0 } else { 3 };
        if of_tables > 0
            && self.choice.chance(1, 4)
            && let Some(insert) = self.insert_key()
        {
            return insert;
        }
        match self.choice.weighted(&[14, 4, 10, 3, 2, 2, 3, of_tables, 3]) {
            0 => {
                // Tables' sequences are busy, too.
                let name = if self.choice.chance(1, 5) { self.target_name().0 } else { ObjectName::bare(name) };
                of_sequence("nextval", &name)
            }
            1 => self.sequence_call(),
            2 => self.plain_alter(),
            3 => self.drop_sequence(),
            4 => self.move_relation(),
            5 => self.create_sequence(),
            7 if self.choice.chance(1, 3) => self.truncate(),
            7 => self.table(),
            8 => everything_in(ObjectName::bare(name)),
            _ => Statement::CreateSequence(CreateSequence {
                persistence: Persistence::Permanent,
                is_global: false,
                if_not_exists: self.choice.chance(1, 4),
                name: ObjectName::bare(name),
                options: Vec::new(),
            }),
        }
    }

    /// An ALTER SEQUENCE that most often succeeds.
    fn plain_alter(&mut self) -> Statement {
        let name = ObjectName::bare(self.plain_name());
        let option = match self.choice.below(5) {
            0 => SequenceOption::Cache(self.cache()),
            1 => SequenceOption::Restart(None),
            2 => SequenceOption::NoCycle,
            3 => SequenceOption::Increment((1 + self.choice.below(3) as i64).into()),
            _ => return self.alter_sequence(),
        };
        Statement::AlterSequence(AlterSequence { if_exists: false, name, options: vec![option] })
    }

    fn savepoint_or_back(&mut self) -> Statement {
        let name = self.savepoint_name();
        let has_one = std::mem::replace(&mut self.savepoints[self.current], true);
        Statement::Transaction(if has_one { Transaction::RollbackTo(name) } else { Transaction::Savepoint(name) })
    }

    fn ending(&mut self) -> Statement {
        if self.plan.two_phase && self.choice.chance(1, 2) {
            return Statement::Transaction(self.two_phase(TransactionStatus::InTransaction));
        }
        Statement::Transaction(match self.choice.chance(1, 2) {
            true => Transaction::Commit { chain: false },
            false => Transaction::Rollback { chain: false },
        })
    }

    fn lock_table(&mut self) -> Statement {
        let tables = self.cluster.tables(self.sessions[self.current]);
        let name = match tables.is_empty() || self.choice.chance(1, 6) {
            true => self.plan.names[self.choice.index(self.plan.names.len())].to_owned(),
            false => tables[self.choice.index(tables.len())].name.to_string(),
        };
        let mode = LockMode::ALL[self.choice.index(LockMode::ALL.len())];
        let tables = vec![ObjectName::bare(name.as_str())];
        Statement::Lock(LockTables { tables, mode, nowait: self.choice.chance(1, 2) })
    }

    fn is_waiting(&self, index: usize) -> bool {
        let session: SessionId = self.sessions[index];
        self.cluster.is_waiting(session)
    }
}
