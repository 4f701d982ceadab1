//! Statements that hold others, and statements that look after storage.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{
    Deallocate, Execute, Expression, Insert, InsertSource, Literal, MaintainedTable, Maintenance, Prepare, Query,
    ReindexTarget,
};

use super::Generator;
use super::query::{call, item, select, text, text_of};
use super::table::builtin_type;
use super::value::number_expression;

const NAMES: [&str; 3] = ["p", "q", "p"];

impl Generator<'_> {
    pub(super) fn prepared(&mut self) -> Statement {
        match self.choice.weighted(&[8, 14, 2, 3, 12]) {
            0 => self.prepare(),
            1 => {
                let count = [0, 1, 1, 2][self.choice.index(4)];
                let arguments = (0..count).map(|_| self.argument()).collect();
                Statement::Execute(Execute { name: NAMES[self.choice.index(NAMES.len())].into(), arguments })
            }
            2 => Statement::Deallocate(match self.choice.chance(1, 4) {
                true => Deallocate::All,
                false => Deallocate::Named(NAMES[self.choice.index(NAMES.len())].into()),
            }),
            3 => self.maintenance(),
            _ => self.block(),
        }
    }

    fn prepare(&mut self) -> Statement {
        let statement = match self.choice.below(5) {
            0 => self.sequence_call(),
            1 => {
                let sequence = text(text_of(&self.target_name().0));
                let arguments = [sequence, Expression::Parameter(1), Expression::Parameter(2)];
                let count = 2 + self.choice.index(2);
                select(vec![item(call("setval", arguments[..count].to_vec()))], Vec::new())
            }
            2 => select(vec![item(call("nextval", vec![Expression::Parameter(1)]))], Vec::new()),
            _ => {
                let (table, summary) = self.table_name();
                let column = self.column_name(summary.as_ref());
                Statement::Insert(Insert {
                    table,
                    alias: None,
                    columns: vec![column],
                    overriding: None,
                    source: InsertSource::Query(Query::Values(vec![vec![Expression::Parameter(1)]])),
                    on_conflict: None,
                    returning: vec![item(Expression::Wildcard(None))],
                })
            }
        };
        let types = match self.choice.chance(1, 6) {
            true => vec![builtin_type(["int4", "int8", "text"][self.choice.index(3)])],
            false => Vec::new(),
        };
        let name = NAMES[self.choice.index(NAMES.len())].into();
        Statement::Prepare(Prepare { name, types, statement: Box::new(statement) })
    }

    fn argument(&mut self) -> Expression {
        match self.choice.below(8) {
            0 => Expression::Literal(Literal::Boolean(true)),
            1 => text(text_of(&self.target_name().0)),
            2 => Expression::Literal(Literal::Null),
            3 => self.nextval_default(),
            _ => number_expression(self.choice.below(12) as i64),
        }
    }

    fn maintenance(&mut self) -> Statement {
        let name = match self.choice.chance(1, 4) {
            true => self.target_name().0,
            false => self.table_name().0,
        };
        let tables = vec![MaintainedTable { name: name.clone(), columns: Vec::new() }];
        Statement::Maintenance(match self.choice.below(4) {
            0 => Maintenance::Vacuum { full: self.choice.chance(1, 2), freeze: false, analyze: false, tables },
            1 => Maintenance::Analyze(tables),
            2 => Maintenance::Reindex(ReindexTarget::Table(name)),
            _ => Maintenance::Reindex(ReindexTarget::Index(name)),
        })
    }
}
