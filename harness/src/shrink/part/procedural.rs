//! DO, and PL/pgSQL in it.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{
    Block, Condition, Declaration, Do, Dynamic, Handler, Into, LoopQuery, ProceduralStatement, Query, RaiseLevel,
    RaiseOption,
};

use super::{Leaf, Part, Turn, atoms, structure, variants, words};

atoms!(Condition);

words!(RaiseLevel: RaiseLevel::Notice);
atoms!(RaiseOption);

structure!(Do { block });
structure!(Block { handlers, statements, declarations });
structure!(Declaration { constant, not_null, value, type_name, name });
structure!(Handler { conditions, statements });
structure!(Into { strict, targets });
structure!(Dynamic { text, arguments });

variants!(LoopQuery {
    Query(query),
    Execute(dynamic),
});

/// The bodies that a statement holds.
fn bodies(statement: &ProceduralStatement) -> Vec<&Vec<ProceduralStatement>> {
    match statement {
        ProceduralStatement::Block(block) => {
            std::iter::once(&block.statements).chain(block.handlers.iter().map(|one| &one.statements)).collect()
        }
        ProceduralStatement::If { branches, otherwise } => {
            branches.iter().map(|(_, body)| body).chain([otherwise]).collect()
        }
        ProceduralStatement::Case { branches, otherwise } => {
            branches.iter().map(|(_, body)| body).chain(otherwise).collect()
        }
        ProceduralStatement::Loop { body, .. }
        | ProceduralStatement::ForRange { body, .. }
        | ProceduralStatement::ForQuery { body, .. } => vec![body],
        _ => Vec::new(),
    }
}

/// What is inside can stand alone.
fn unwrap(statement: &mut ProceduralStatement, turn: &mut Turn) {
    let alone: Vec<ProceduralStatement> = bodies(statement).into_iter().flatten().cloned().collect();
    if let Some(one) = alone.into_iter().find(|_| turn.is_now()) {
        *statement = one;
    }
}

variants!(ProceduralStatement first unwrap {
    Null,
    Block(block),
    Assign { variable, value },
    Perform(select),
    Sql { statement, into },
    Execute { dynamic, into },
    If { branches, otherwise },
    Loop { condition, body },
    ForRange { variable, reverse, first, last, step, body },
    ForQuery { targets, query, body },
    Exit(condition),
    Continue(condition),
    Return,
    Raise { level, condition, message, arguments, options },
    Assert { condition, message },
    Case { branches, otherwise },
    GetRowCount(variable),
});

/// The statements that a block runs, any of which may be all that matters.
pub(super) fn inner_statements(block: &Block) -> Vec<Statement> {
    block
        .statements
        .iter()
        .chain(block.handlers.iter().flat_map(|handler| &handler.statements))
        .flat_map(inner)
        .collect()
}

fn inner(statement: &ProceduralStatement) -> Vec<Statement> {
    match statement {
        ProceduralStatement::Sql { statement, into: None } => vec![(**statement).clone()],
        ProceduralStatement::Perform(select) => vec![Statement::Query(Query::Select(select.clone()))],
        other => bodies(other).into_iter().flatten().flat_map(inner).collect(),
    }
}
