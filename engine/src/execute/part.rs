//! Work that leaves the transaction around it open: messages of the extended protocol, and parts of a simple query that
//! has to stop for the lines of a COPY (manual, "Message Flow", Pipelining).

use std::rc::Rc;

use super::{Execution, is_exit};
use crate::cluster::Progress;
use crate::error::{Result, Stop};
use crate::reply::Message;
use crate::session::{Part, Pending};
use crate::statement::Statement;
use crate::transaction::Block;

impl Execution<'_> {
    /// Runs a part; one that is outside the model leaves nothing behind.
    pub(crate) fn run_part(&mut self, part: Part) -> Progress {
        let before = (self.shared.clone(), self.session.clone());
        match self.part(&part) {
            Ok(()) => Progress::Done(std::mem::take(&mut self.reply)),
            Err(Stop::Error(message)) => {
                self.reply.error = Some(*message);
                Progress::Done(std::mem::take(&mut self.reply))
            }
            Err(Stop::Unsupported(reason)) => {
                (*self.shared, *self.session) = before;
                Progress::Unsupported(reason)
            }
            Err(Stop::Waits(blockers)) => {
                // Statements that have run are not run again.
                let done = self.reply.results.len();
                let part = match part {
                    Part::Statements(statements) => Part::Statements(statements[done..].to_vec()),
                    other => other,
                };
                self.session.pending = Some(Pending {
                    statements: Vec::new(),
                    next: 0,
                    part: Some(part),
                    reply: std::mem::take(&mut self.reply),
                    notices: std::mem::take(&mut self.interrupted_notices),
                });
                Progress::Waits { blockers }
            }
        }
    }

    fn part(&mut self, part: &Part) -> Result<()> {
        match part {
            Part::Statements(statements) => {
                for statement in statements {
                    self.or_abort(|execution| execution.read_statement(statement))?;
                    let result =
                        self.in_transaction(is_exit(statement), true, |execution| execution.execute(statement))?;
                    self.reply.results.push(result);
                    self.end_command(statement);
                }
                Ok(())
            }
            Part::Prepare { name, statement, types } => {
                self.or_abort(|execution| execution.read_statement(statement))?;
                self.in_transaction(is_exit(statement), false, |execution| {
                    execution.parse_message(name, statement, types)
                })
            }
            Part::Bind { portal, statement, values } => {
                let prepared = self.or_abort(|execution| execution.prepared_by_message(statement))?;
                self.in_transaction(prepared.is_exit(), false, |execution| {
                    execution.bind_message(portal, statement, values)
                })
            }
            Part::Execute { portal, copy_data } => {
                let portal = self.or_abort(|execution| execution.portal_by_message(portal))?;
                let result = self.in_transaction(portal.prepared.is_exit(), false, |execution| {
                    execution.execute_message(&portal, copy_data)
                })?;
                self.reply.results.push(result);
                let statement = Rc::clone(&portal.prepared.statement);
                self.end_command(&statement);
                Ok(())
            }
        }
    }

    /// Looks something up whose absence is an error like any other.
    fn or_abort<T>(&mut self, look_up: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        look_up(self).inspect_err(|_| {
            if self.session.transaction.in_progress() {
                self.abort_after_error();
            }
        })
    }

    /// After a transaction statement nothing stays open but what it has opened.
    fn end_command(&mut self, statement: &Statement) {
        if matches!(statement, Statement::Transaction(_))
            && self.session.transaction.block == Block::None
            && self.session.transaction.in_progress()
        {
            self.commit_transaction();
        }
    }

    /// The end of a simple query, or Sync: commits what nobody has said BEGIN for.
    pub(crate) fn end_parts(&mut self) -> Progress {
        let transaction = &self.session.transaction;
        if transaction.in_progress() && matches!(transaction.block, Block::None | Block::Implicit) {
            self.commit_transaction();
        }
        Progress::Done(std::mem::take(&mut self.reply))
    }

    /// Fails what the session is doing, a wait for a lock included.
    pub(crate) fn interrupt(&mut self, message: Message) -> Progress {
        if let Some(pending) = self.session.pending.take() {
            self.shared.locks.stop_waiting(self.session.id);
            self.forget_progress();
            self.reply = pending.reply;
            self.reply.notices.extend(pending.notices);
        }
        if self.session.transaction.in_progress() {
            self.abort_statement();
        }
        self.reply.error = Some(message);
        Progress::Done(std::mem::take(&mut self.reply))
    }
}
