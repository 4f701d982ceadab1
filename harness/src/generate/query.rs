//! SELECT with sequence functions, and reading a sequence's state.

use seqcheck_engine::Statement;
use seqcheck_engine::render::write_identifier;
use seqcheck_engine::statement::{
    Call, Expression, FromItem, Identifier, Literal, ObjectName, OrderItem, Query, Select, SelectItem, TypeName,
};

use super::Generator;
use super::value::number_expression;

impl Generator<'_> {
    /// A query that calls sequence functions.
    pub(super) fn sequence_call(&mut self) -> Statement {
        let count = [1, 1, 1, 1, 2, 3][self.choice.index(6)];
        let items = (0..count).map(|_| self.call()).map(item).collect();
        let from = match self.choice.chance(1, 8) {
            true => vec![self.series()],
            false => Vec::new(),
        };
        select(items, from)
    }

    fn call(&mut self) -> Expression {
        match self.choice.weighted(&[12, 4, 3, 6, 4]) {
            0 => call("nextval", vec![self.sequence_argument()]),
            1 => call("currval", vec![self.sequence_argument()]),
            2 => call("lastval", Vec::new()),
            3 => self.setval(None),
            _ => {
                let called = self.choice.chance(1, 2);
                self.setval(Some(called))
            }
        }
    }

    fn setval(&mut self, called: Option<bool>) -> Expression {
        let around = self.some_sequence();
        let name = match &around {
            Some(sequence) if self.choice.chance(9, 10) => text_of(&ObjectName::bare(Identifier::new(&*sequence.name))),
            _ => text_of(&self.any_name()),
        };
        let value = match self.choice.chance(1, 40) {
            true => Expression::Literal(Literal::Null),
            false => number_expression(self.value(around.as_ref())),
        };
        let mut arguments = vec![text(name), value];
        if let Some(called) = called {
            arguments.push(Expression::Literal(Literal::Boolean(called)));
        }
        call("setval", arguments)
    }

    /// A sequence as a function's argument: text most often, in all the ways that name one.
    fn sequence_argument(&mut self) -> Expression {
        let name = text_of(&self.target_name().0);
        let constant = text(name.clone());
        match self.choice.below(24) {
            0 => Expression::Cast(Box::new(constant), regclass()),
            1 => Expression::Cast(Box::new(constant), text_type()),
            2 => text(name.to_uppercase()),
            3 => text(format!(" {name}")),
            4 if self.choice.chance(1, 3) => Expression::Literal(Literal::Null),
            5 if self.choice.chance(1, 3) => {
                let odd = ["", "s.", "\"s", "a.b.c.d", "s s", "1s"];
                text(odd[self.choice.index(odd.len())])
            }
            _ => constant,
        }
    }

    pub(super) fn series(&mut self) -> FromItem {
        let end = 1 + self.choice.below(if self.plan.narrow { 8 } else { 40 }) as i64;
        FromItem::Function {
            call: Call {
                name: ObjectName::bare("generate_series"),
                distinct: false,
                star: false,
                arguments: vec![number_expression(1), number_expression(end)],
                order_by: Vec::new(),
            },
            alias: None,
            columns: Vec::new(),
        }
    }

    /// A query that shows a sequence's state or parameters.
    pub(super) fn inspect(&mut self) -> Statement {
        let (name, _) = self.target_name();
        match self.choice.below(20) {
            0 => {
                let argument = Expression::Cast(Box::new(text(text_of(&name))), regclass());
                select(vec![item(call("pg_sequence_last_value", vec![argument]))], Vec::new())
            }
            1 => {
                let argument = Expression::Cast(Box::new(text(text_of(&name))), regclass());
                select(vec![item(call("pg_sequence_parameters", vec![argument]))], Vec::new())
            }
            2 => all_of(ObjectName::bare("pg_sequences"), &["schemaname", "sequencename"]),
            3 => {
                let view = ObjectName::qualified("information_schema", "sequences");
                all_of(view, &["sequence_schema", "sequence_name"])
            }
            12.. => self.catalog_query(),
            4 => {
                let column = ["last_value", "log_cnt", "is_called"][self.choice.index(3)];
                let item = item(Expression::Column(ObjectName::bare(column)));
                select(vec![item], vec![relation(name)])
            }
            _ => everything_in(name),
        }
    }
}

/// A relation in FROM.
pub(super) fn relation(name: ObjectName) -> FromItem {
    FromItem::Relation { name, alias: None, columns: Vec::new() }
}

/// All columns of all rows of a relation.
pub(super) fn everything_in(name: ObjectName) -> Statement {
    select(vec![item(Expression::Wildcard(None))], vec![relation(name)])
}

/// A function of a sequence.
pub(super) fn of_sequence(function: &str, sequence: &ObjectName) -> Statement {
    select(vec![item(call(function, vec![text(text_of(sequence))]))], Vec::new())
}

/// A string constant.
pub(super) fn text(text: impl Into<String>) -> Expression {
    Expression::Literal(Literal::String(text.into()))
}

fn all_of(view: ObjectName, order: &[&str]) -> Statement {
    let order_by = order
        .iter()
        .map(|column| OrderItem { expression: Expression::Column(ObjectName::bare(*column)), descending: false })
        .collect();
    Statement::Query(Query::Select(Box::new(Select {
        items: vec![item(Expression::Wildcard(None))],
        from: vec![relation(view)],
        order_by,
        ..Select::default()
    })))
}

pub(super) fn select(items: Vec<SelectItem>, from: Vec<FromItem>) -> Statement {
    Statement::Query(Query::Select(Box::new(Select { items, from, ..Select::default() })))
}

pub(super) fn item(expression: Expression) -> SelectItem {
    SelectItem { expression, alias: None }
}

pub(super) fn call(name: &str, arguments: Vec<Expression>) -> Expression {
    Expression::Call(Call {
        name: ObjectName::bare(name),
        distinct: false,
        star: false,
        arguments,
        order_by: Vec::new(),
    })
}

fn regclass() -> TypeName {
    TypeName { name: ObjectName::bare("regclass"), modifiers: Vec::new(), dimensions: 0 }
}

fn text_type() -> TypeName {
    TypeName { name: ObjectName::bare("text"), modifiers: Vec::new(), dimensions: 0 }
}

/// A name as text that reads back as it.
pub(super) fn text_of(name: &ObjectName) -> String {
    let mut text = String::new();
    for (index, part) in name.parts.iter().enumerate() {
        if index > 0 {
            text.push('.');
        }
        write_identifier(&mut text, part.written());
    }
    text
}
