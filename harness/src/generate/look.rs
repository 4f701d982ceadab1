//! Looks at what a trace has done, at its end: most faults leave a wrong state behind that no later step would show.

use seqcheck_engine::statement::{
    Expression, FromItem, Identifier, Insert, InsertSource, Literal, ObjectName, Transaction,
};
use seqcheck_engine::{Progress, Statement, TransactionStatus};

use super::query::{call, item, select, text_of};
use super::{GeneratedAction, GeneratedStep, Generator};

/// How many of the sequences, and of the tables, are looked at.
const LOOKED_AT: usize = 2;

impl Generator<'_> {
    /// Ends all transactions, and has the sessions look at sequences and tables.
    pub(super) fn last_looks(&mut self) {
        for session in 0..self.sessions.len() {
            if self.cluster.is_waiting(self.sessions[session]) {
                return;
            }
            if self.cluster.transaction_status(self.sessions[session]) != TransactionStatus::Idle {
                let end = match self.choice.chance(1, 2) {
                    true => Transaction::Commit { chain: false },
                    false => Transaction::Rollback { chain: false },
                };
                if !self.look(session, Statement::Transaction(end)) {
                    return;
                }
            }
        }
        for session in 0..self.sessions.len() {
            for statement in self.looks(session) {
                let Some(statement) = self.within_dialect(statement) else { continue };
                if !self.look(session, statement) {
                    return;
                }
            }
        }
    }

    /// What one session looks at. What changes nothing comes first.
    fn looks(&mut self, session: usize) -> Vec<Statement> {
        let sequences = self.cluster.sequences(self.sessions[session]);
        let tables = self.cluster.tables(self.sessions[session]);
        let name = |schema: &str, name: &str| ObjectName::qualified(schema, Identifier::new(name));
        let mut looks = Vec::new();
        if self.choice.chance(1, 2) {
            looks.push(select(vec![item(call("lastval", Vec::new()))], Vec::new()));
        }
        for sequence in sequences.iter().rev().take(LOOKED_AT) {
            let name = name(&sequence.schema, &sequence.name);
            let argument = || vec![Expression::Literal(Literal::String(text_of(&name)))];
            if self.choice.chance(1, 2) {
                looks.push(select(vec![item(call("currval", argument()))], Vec::new()));
            }
            if self.choice.chance(1, 2) {
                let from = FromItem::Relation { name: name.clone(), alias: None, columns: Vec::new() };
                looks.push(select(vec![item(Expression::Wildcard(None))], vec![from]));
            }
            if self.choice.chance(1, 2) {
                looks.push(select(vec![item(call("nextval", argument()))], Vec::new()));
            }
        }
        for table in tables.iter().rev().take(LOOKED_AT) {
            if self.choice.chance(1, 2) {
                looks.push(Statement::Insert(Insert {
                    table: name(&table.schema, &table.name),
                    alias: None,
                    columns: Vec::new(),
                    overriding: None,
                    source: InsertSource::DefaultValues,
                    on_conflict: None,
                    returning: vec![item(Expression::Wildcard(None))],
                }));
            }
        }
        looks
    }

    /// A look at the sequence that the trace is about at the moment.
    pub(super) fn quick_look(&mut self) -> Option<Statement> {
        let sequence = self.some_sequence()?;
        let name = ObjectName::qualified(sequence.schema.as_str(), Identifier::new(sequence.name.as_str()));
        Some(match self.choice.chance(2, 3) {
            true => {
                let argument = Expression::Literal(Literal::String(text_of(&name)));
                select(vec![item(call("nextval", vec![argument]))], Vec::new())
            }
            false => {
                let from = FromItem::Relation { name, alias: None, columns: Vec::new() };
                select(vec![item(Expression::Wildcard(None))], vec![from])
            }
        })
    }

    /// Takes one look. False when the engine cannot follow it to its end, with which the trace ends.
    fn look(&mut self, session: usize, statement: Statement) -> bool {
        let outcome = self.cluster.step(self.sessions[session], std::slice::from_ref(&statement));
        let is_over = matches!(outcome.progress, Progress::Done(_)) && outcome.lost.is_none();
        if is_over {
            self.steps.push(GeneratedStep { session, action: GeneratedAction::Query(vec![statement]) });
        }
        is_over
    }
}
