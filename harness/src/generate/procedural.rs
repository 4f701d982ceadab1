//! Blocks of PL/pgSQL around what is drawn for statements of their own.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{
    BinaryOperator, Block, Condition, Declaration, Do, Expression, Handler, Identifier, Into, LoopQuery, ObjectName,
    ProceduralStatement, Query, RaiseLevel,
};

use super::Generator;
use super::query::{call, item, select, text, text_of};
use super::table::builtin_type;
use super::value::number_expression;

/// How many rounds a loop takes at most.
const MOST_ROUNDS: u64 = 4;

impl Generator<'_> {
    pub(super) fn block(&mut self) -> Statement {
        let block = match self.choice.weighted(&[5, 3, 3, 2]) {
            0 => self.trapping_block(),
            1 => self.looping_block(),
            2 => self.strict_block(),
            _ => self.remembering_block(),
        };
        Statement::Do(Do { block })
    }

    /// Statements, and most often a handler that takes back what they have done.
    fn trapping_block(&mut self) -> Block {
        let count = 1 + self.choice.index(3);
        let mut statements: Vec<ProceduralStatement> = (0..count).map(|_| self.inner_statement()).collect();
        if self.choice.chance(1, 5) {
            statements.push(raise(RaiseLevel::Exception, Some("enough"), Vec::new()));
        }
        let handlers = match self.choice.chance(1, 4) {
            true => Vec::new(),
            false => vec![self.handler()],
        };
        Block { declarations: Vec::new(), statements, handlers }
    }

    fn handler(&mut self) -> Handler {
        let names = ["others", "others", "undefined_table", "raise_exception", "duplicate_table"];
        let conditions = vec![Condition::Name(names[self.choice.index(names.len())].to_owned())];
        let statement = match self.choice.below(4) {
            0 => ProceduralStatement::Null,
            1 => raise_notice(Expression::Column(ObjectName::bare("sqlerrm"))),
            2 => raise_again(),
            _ => self.inner_statement(),
        };
        Handler { conditions, statements: vec![statement] }
    }

    fn looping_block(&mut self) -> Block {
        let body = match self.choice.chance(1, 3) {
            true => vec![ProceduralStatement::Block(self.trapping_block())],
            false => vec![self.inner_call()],
        };
        let last = number_expression(1 + self.choice.below(MOST_ROUNDS) as i64);
        let (first, variable) = (number_expression(1), Identifier::new("i"));
        let mut declarations = Vec::new();
        let range = match self.choice.chance(1, 3) {
            true => {
                let query = LoopQuery::Query(Query::Values(vec![vec![first], vec![last]]));
                declarations.push(variable_of(&variable));
                ProceduralStatement::ForQuery { targets: vec![variable], query, body }
            }
            false => ProceduralStatement::ForRange { variable, reverse: false, first, last, step: None, body },
        };
        Block { declarations, statements: vec![range], handlers: Vec::new() }
    }

    /// A row that must be there, and what FOUND says of it.
    fn strict_block(&mut self) -> Block {
        let variable: Identifier = "v".into();
        let into = Some(Into { strict: self.choice.chance(2, 3), targets: vec![variable.clone()] });
        let read = match self.choice.chance(1, 2) {
            true => self.sequence_call(),
            false => self.inspect(),
        };
        let inner = Block {
            declarations: Vec::new(),
            statements: vec![ProceduralStatement::Sql { statement: Box::new(read), into }],
            handlers: vec![self.handler()],
        };
        let found = Expression::Column(ObjectName::bare("found"));
        let statements = vec![ProceduralStatement::Block(inner), raise_notice(found)];
        Block { declarations: vec![variable_of(&variable)], statements, handlers: Vec::new() }
    }

    /// A value that one statement draws and the next one uses.
    fn remembering_block(&mut self) -> Block {
        let variable: Identifier = "v".into();
        let known = || Expression::Column(ObjectName::bare("v"));
        let sequence = text(text_of(&self.target_name().0));
        let drawn = call("nextval", vec![sequence.clone()]);
        let first = match self.choice.chance(1, 2) {
            true => ProceduralStatement::Assign { variable: variable.clone(), value: drawn },
            false => ProceduralStatement::Sql {
                statement: Box::new(select(vec![item(drawn)], Vec::new())),
                into: Some(Into { strict: false, targets: vec![variable.clone()] }),
            },
        };
        let more = Expression::Binary(
            BinaryOperator::Add,
            Box::new(known()),
            Box::new(number_expression(self.choice.below(4) as i64)),
        );
        let second = match self.choice.chance(1, 2) {
            true => self.inner_call(),
            false => performed(select(vec![item(call("setval", vec![sequence, more]))], Vec::new())),
        };
        let declaration = variable_of(&variable);
        let statements = vec![first, second, raise_notice(known())];
        Block { declarations: vec![declaration], statements, handlers: Vec::new() }
    }

    fn inner_statement(&mut self) -> ProceduralStatement {
        match self.choice.below(6) {
            0 => plain(self.alter_sequence()),
            1 => plain(self.create_sequence()),
            2 => plain(self.drop_sequence()),
            3 => plain(self.move_relation()),
            _ => self.inner_call(),
        }
    }

    fn inner_call(&mut self) -> ProceduralStatement {
        performed(self.sequence_call())
    }
}

fn plain(statement: Statement) -> ProceduralStatement {
    ProceduralStatement::Sql { statement: Box::new(statement), into: None }
}

/// PERFORM of a SELECT; of nothing else.
fn performed(statement: Statement) -> ProceduralStatement {
    match statement {
        Statement::Query(Query::Select(select)) => ProceduralStatement::Perform(select),
        other => plain(other),
    }
}

/// RAISE of the error at hand.
fn raise_again() -> ProceduralStatement {
    raise(RaiseLevel::Exception, None, Vec::new())
}

fn raise_notice(argument: Expression) -> ProceduralStatement {
    raise(RaiseLevel::Notice, Some("%"), vec![argument])
}

fn raise(level: RaiseLevel, message: Option<&str>, arguments: Vec<Expression>) -> ProceduralStatement {
    let (message, options) = (message.map(str::to_owned), Vec::new());
    ProceduralStatement::Raise { level, condition: None, message, arguments, options }
}

fn variable_of(name: &Identifier) -> Declaration {
    let type_name = builtin_type("int8");
    Declaration { name: name.clone(), constant: false, not_null: false, type_name, value: None }
}
