//! UPDATE and DELETE, of tables and by way of views.

use seqcheck_engine::statement::{BinaryOperator, Delete, Expression, ObjectName, Query, Select, SelectItem, Update};
use seqcheck_engine::{Statement, TableSummary};

use super::Generator;
use super::query::{call, item, relation};
use super::value::number_expression;

impl Generator<'_> {
    pub(super) fn update(&mut self) -> Statement {
        let (table, known) = match self.choice.chance(1, 12) {
            true => (self.view_name(), None),
            false => self.table_name(),
        };
        let filter = self.choice.chance(1, 2).then(|| self.filter(known.as_ref()));
        let returning = self.returning(known.as_ref());
        match self.choice.chance(1, 3) {
            true => Statement::Delete(Delete { table, alias: None, filter, returning }),
            false => {
                let column = self.column_name(known.as_ref());
                let value = self.assigned_value(known.as_ref());
                let assignments = vec![(column, value)];
                Statement::Update(Update { table, alias: None, assignments, filter, returning })
            }
        }
    }

    /// A condition on the rows to change.
    fn filter(&mut self, table: Option<&TableSummary>) -> Expression {
        let operand = Box::new(self.column_of(table));
        match self.choice.weighted(&[5, 3, 1, 1]) {
            0 => Expression::IsNull { operand, negated: true },
            1 => {
                let operator = [BinaryOperator::Equal, BinaryOperator::Less][self.choice.index(2)];
                let number = number_expression(self.choice.below(8) as i64);
                Expression::Binary(operator, operand, Box::new(number))
            }
            2 => {
                let query = self.column_of_table(None);
                Expression::InQuery { operand, query: Box::new(query), negated: self.choice.chance(1, 3) }
            }
            _ => {
                let query = self.column_of_table(Some("max"));
                Expression::Binary(BinaryOperator::Equal, operand, Box::new(Expression::Subquery(Box::new(query))))
            }
        }
    }

    fn assigned_value(&mut self, table: Option<&TableSummary>) -> Expression {
        match self.choice.weighted(&[6, 2, 1, 1]) {
            0 => self.value_for_column(),
            1 => {
                let column = Box::new(self.column_of(table));
                Expression::Binary(BinaryOperator::Add, column, Box::new(number_expression(1)))
            }
            2 => Expression::Subquery(Box::new(self.column_of_table(Some("max")))),
            _ => {
                let items = vec![item(self.nextval_default())];
                Expression::Subquery(Box::new(Query::Select(Box::new(Select { items, ..Select::default() }))))
            }
        }
    }

    pub(super) fn column_of(&mut self, table: Option<&TableSummary>) -> Expression {
        Expression::Column(ObjectName { parts: vec![self.column_name(table)] })
    }

    /// `SELECT column FROM table`, or an aggregate of it.
    fn column_of_table(&mut self, aggregate: Option<&str>) -> Query {
        let (name, table) = self.table_name();
        let column = self.column_of(table.as_ref());
        let expression = match aggregate {
            Some(aggregate) => call(aggregate, vec![column]),
            None => column,
        };
        let items: Vec<SelectItem> = vec![item(expression)];
        Query::Select(Box::new(Select { items, from: vec![relation(name)], ..Select::default() }))
    }
}
