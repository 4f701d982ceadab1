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

/// What is inside can stand alone.
fn unwrap(statement: &mut ProceduralStatement, turn: &mut Turn) {
    let inner: Vec<&Vec<ProceduralStatement>> = match &*statement {
        ProceduralStatement::Block(block) => {
            block.handlers.iter().map(|handler| &handler.statements).chain([&block.statements]).collect()
        }
        ProceduralStatement::Case { branches, otherwise } => {
            branches.iter().map(|(_, body)| body).chain(otherwise.iter()).collect()
        }
        ProceduralStatement::If { branches, otherwise } => {
            branches.iter().map(|(_, body)| body).chain([otherwise]).collect()
        }
        ProceduralStatement::ForRange { body, .. } | ProceduralStatement::ForQuery { body, .. } => vec![body],
        _ => return,
    };
    let alone: Vec<ProceduralStatement> = inner.into_iter().flatten().cloned().collect();
    for one in alone {
        if turn.is_now() {
            *statement = one;
            return;
        }
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
        ProceduralStatement::Block(block) => inner_statements(block),
        ProceduralStatement::If { branches, otherwise } => {
            branches.iter().flat_map(|(_, body)| body).chain(otherwise).flat_map(inner).collect()
        }
        ProceduralStatement::Case { branches, otherwise } => {
            branches.iter().map(|(_, body)| body).chain(otherwise).flatten().flat_map(inner).collect()
        }
        ProceduralStatement::Loop { body, .. }
        | ProceduralStatement::ForRange { body, .. }
        | ProceduralStatement::ForQuery { body, .. } => body.iter().flat_map(inner).collect(),
        _ => Vec::new(),
    }
}
