//! Looks at what a trace has done, at its end: most faults leave a wrong state behind that no later step would show.

use seqcheck_engine::statement::{Expression, Identifier, Insert, InsertSource, ObjectName, Transaction};
use seqcheck_engine::{Progress, Statement, TableSummary, TransactionStatus};

use super::query::{call, everything_in, item, of_sequence, select, text, text_of};
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
        let thorough = self.choice.index(self.sessions.len());
        for session in 0..self.sessions.len() {
            for statement in self.looks(session, session == thorough) {
                let Some(statement) = self.within_dialect(statement) else { continue };
                if !self.look(session, statement) {
                    return;
                }
            }
        }
    }

    /// What one session looks at. What changes nothing comes first. One session looks at everything, and the others at
    /// what is their own.
    fn looks(&mut self, session: usize, is_thorough: bool) -> Vec<Statement> {
        let sequences = self.cluster.sequences(self.sessions[session]);
        let tables = self.cluster.tables(self.sessions[session]);
        let mut looks = Vec::new();
        if self.choice.chance(1, 2) {
            looks.push(select(vec![item(call("lastval", Vec::new()))], Vec::new()));
        }
        let mut moves = Vec::new();
        for sequence in sequences.iter().rev().take(LOOKED_AT) {
            let name = name_of(&sequence.schema, &sequence.name);
            if self.choice.chance(1, 2) {
                looks.push(of_sequence("currval", &name));
            }
            if is_thorough && self.choice.chance(1, 2) {
                looks.push(everything_in(name.clone()));
            }
            if self.choice.chance(1, 2) {
                moves.push(of_sequence("nextval", &name));
            }
        }
        if is_thorough && self.choice.chance(1, 2) {
            looks.extend(self.listing());
        }
        for table in tables.iter().rev().take(LOOKED_AT).filter(|_| is_thorough) {
            if self.choice.chance(1, 3) {
                looks.push(everything_in(name_of(&table.schema, &table.name)));
            }
            if self.choice.chance(1, 3) {
                looks.push(sequences_of(table));
            }
            if self.choice.chance(1, 2) {
                moves.push(insert_defaults(table));
            }
        }
        looks.extend(moves);
        looks
    }

    /// A look at what the trace is about at the moment.
    pub(super) fn quick_look(&mut self) -> Option<Statement> {
        if self.choice.chance(1, 10) {
            return self.listing();
        }
        let of_table = self.plan.first_table && self.choice.chance(1, 2);
        if of_table && let Some(table) = self.some_table() {
            return Some(match self.choice.weighted(&[4, 3, 2]) {
                0 => insert_defaults(&table),
                1 => everything_in(name_of(&table.schema, &table.name)),
                _ => sequences_of(&table),
            });
        }
        let sequence = self.some_sequence()?;
        let name = name_of(&sequence.schema, &sequence.name);
        Some(match self.choice.weighted(&[8, 4, 2]) {
            0 => of_sequence("nextval", &name),
            1 => everything_in(name),
            _ => of_sequence("currval", &name),
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

fn name_of(schema: &str, name: &str) -> ObjectName {
    ObjectName::qualified(schema, Identifier::new(name))
}

/// Asks which sequence each column of a table owns.
fn sequences_of(table: &TableSummary) -> Statement {
    let name = text_of(&name_of(&table.schema, &table.name));
    let owned = |column: &str| item(call("pg_get_serial_sequence", vec![text(name.as_str()), text(column)]));
    select(table.columns.iter().map(|column| owned(&column.name)).collect(), Vec::new())
}

fn insert_defaults(table: &TableSummary) -> Statement {
    Statement::Insert(Insert {
        table: name_of(&table.schema, &table.name),
        alias: None,
        columns: Vec::new(),
        overriding: None,
        source: InsertSource::DefaultValues,
        on_conflict: None,
        returning: vec![item(Expression::Wildcard(None))],
    })
}
