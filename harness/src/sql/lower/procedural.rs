//! DO, and PL/pgSQL in it. SQL statements inside are parsed as texts of their own, once INTO has been cut out.
//!
//! What is wrong with the text of a block is outside the model: PL/pgSQL has an order of its own in which it finds such
//! things.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{
    Block, Condition, Declaration, Do, Dynamic, Expression, Handler, Identifier, Into, LoopQuery, ProceduralStatement,
    RaiseLevel, RaiseOption,
};
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode, SyntaxToken};

use super::expression::expect_expression;
use super::name::{Place, identifier, single};
use super::procedural_sql::{one_statement, sql};
use super::query::select;
use super::string::string;
use super::type_name::type_name;
use crate::sql::cursor::{Cursor, Lowered, kind_name, tokens, unsupported_node};
use crate::sql::error::SqlError;

/// Lowers DO.
pub(super) fn anonymous_block(node: &SyntaxNode) -> Lowered<Statement> {
    let here = |what: String| unsupported_node(node, what);
    let body = ast::Do::cast(node.clone())
        .and_then(|block| block.plpgsql())
        .ok_or_else(|| here("DO in another language than PL/pgSQL".to_owned()))?;
    let root = body.syntax();
    // The grammar knows no INTO in SQL statements, and leaves those aside as errors.
    let aside: Vec<_> = root.descendants().filter(is_aside).map(|node| body.source_range(node.text_range())).collect();
    let known = |error: &squawk_syntax::syntax_error::SyntaxError| {
        aside.iter().any(|range| range.start() <= error.range().start() && error.range().end() <= range.end())
    };
    if let Some(error) = body.errors().iter().find(|error| !known(error)) {
        return Err(here(format!("a block that may be wrong ({})", error.message())));
    }
    let mut cursor = Cursor::new(&root);
    let Some(outer) = cursor.node::<ast::PlpgsqlBlock>() else { return Err(here("an empty block".to_owned())) };
    let lowered = block(&outer).and_then(|block| cursor.finish().map(|()| block));
    // Places in the body mean nothing outside of it.
    let block = lowered.map_err(|error| {
        here(match error {
            SqlError::Unsupported { what, .. } => format!("DO with {what}"),
            SqlError::Syntax { message, .. } => format!("DO with {message}"),
        })
    })?;
    Ok(Statement::Do(Do { block }))
}

fn is_aside(node: &SyntaxNode) -> bool {
    node.kind() == SyntaxKind::ERROR
}

fn block(node: &SyntaxNode) -> Lowered<Block> {
    let mut cursor = Cursor::new(node);
    let mut declarations = Vec::new();
    if let Some(section) = cursor.node::<ast::PlpgsqlDeclareSection>() {
        let mut inner = Cursor::new(&section);
        inner.expect(&[SyntaxKind::DECLARE_KW])?;
        while let Some(variable) = inner.node::<ast::PlpgsqlVarDecl>() {
            declarations.push(declaration(&variable)?);
        }
        inner.finish()?;
    }
    cursor.expect(&[SyntaxKind::BEGIN_KW])?;
    let statements = body(&mut cursor)?;
    let mut handlers = Vec::new();
    if let Some(section) = cursor.node::<ast::PlpgsqlExceptionSection>() {
        let mut inner = Cursor::new(&section);
        inner.expect(&[SyntaxKind::EXCEPTION_KW])?;
        while let Some(node) = inner.node::<ast::PlpgsqlExceptionHandler>() {
            handlers.push(handler(&node)?);
        }
        inner.finish()?;
    }
    cursor.expect(&[SyntaxKind::END_KW])?;
    cursor.finish()?;
    Ok(Block { declarations, statements, handlers })
}

fn declaration(node: &SyntaxNode) -> Lowered<Declaration> {
    let mut cursor = Cursor::new(node);
    let name = single(&cursor.expect_node::<ast::PlpgsqlVarName>()?, Place::Column)?;
    let constant = cursor.has(SyntaxKind::CONSTANT_KW);
    let Some(of) = cursor.any_node() else { return Err(cursor.unexpected()) };
    let type_name = type_name(&of)?;
    let not_null = cursor.node::<ast::PlpgsqlNotNull>().is_some();
    let mut value = None;
    if let Some(first) = cursor.node::<ast::PlpgsqlVarInit>() {
        let mut inner = Cursor::new(&first);
        if !inner.has(SyntaxKind::COLON_EQ) && !inner.has(SyntaxKind::EQ) {
            inner.expect(&[SyntaxKind::DEFAULT_KW])?;
        }
        value = Some(expression(&mut inner)?);
        inner.finish()?;
    }
    cursor.finish()?;
    Ok(Declaration { name, constant, not_null, type_name, value })
}

fn handler(node: &SyntaxNode) -> Lowered<Handler> {
    let mut cursor = Cursor::new(node);
    cursor.expect(&[SyntaxKind::WHEN_KW])?;
    let mut conditions = Vec::new();
    while let Some(node) = cursor.node::<ast::PlpgsqlCondition>() {
        conditions.push(condition(&node)?);
        cursor.has(SyntaxKind::OR_KW);
    }
    cursor.expect(&[SyntaxKind::THEN_KW])?;
    let statements = body(&mut cursor)?;
    cursor.finish()?;
    Ok(Handler { conditions, statements })
}

fn condition(node: &SyntaxNode) -> Lowered<Condition> {
    let words: Vec<SyntaxToken> = tokens(node).collect();
    match words.as_slice() {
        [word, code] if word.kind() == SyntaxKind::SQLSTATE_KW && code.kind() == SyntaxKind::STRING => {
            Ok(Condition::SqlState(code.text().trim_matches('\'').to_owned()))
        }
        [name] => Ok(Condition::Name(identifier(name, Place::Label)?.name().to_owned())),
        _ => Err(unsupported_node(node, "a condition of this kind")),
    }
}

/// Takes the body that comes next, an empty one included.
fn body(cursor: &mut Cursor) -> Lowered<Vec<ProceduralStatement>> {
    let Some(node) = cursor.node::<ast::PlpgsqlBody>() else { return Ok(Vec::new()) };
    Cursor::new(&node).all_nodes()?.iter().map(statement).collect()
}

fn statement(node: &SyntaxNode) -> Lowered<ProceduralStatement> {
    let mut cursor = Cursor::new(node);
    let statement = match node.kind() {
        SyntaxKind::PLPGSQL_NULL_STMT => {
            cursor.expect(&[SyntaxKind::NULL_KW])?;
            ProceduralStatement::Null
        }
        SyntaxKind::PLPGSQL_BLOCK => return block(node).map(ProceduralStatement::Block),
        SyntaxKind::PLPGSQL_ASSIGN_STMT => {
            let variable = target(&cursor.expect_node::<ast::PlpgsqlAssignTarget>()?)?;
            if !cursor.has(SyntaxKind::COLON_EQ) {
                cursor.expect(&[SyntaxKind::EQ])?;
            }
            ProceduralStatement::Assign { variable, value: expression(&mut cursor)? }
        }
        SyntaxKind::PLPGSQL_PERFORM_STMT => {
            let Some(query) = cursor.node_of(SyntaxKind::SELECT) else { return Err(cursor.unexpected()) };
            ProceduralStatement::Perform(Box::new(select(Cursor::new(&query))?))
        }
        SyntaxKind::PLPGSQL_EXEC_SQL_STMT | SyntaxKind::ERROR => return sql(node),
        SyntaxKind::PLPGSQL_DYN_EXECUTE_STMT => {
            cursor.expect(&[SyntaxKind::EXECUTE_KW])?;
            let text = expression(&mut cursor)?;
            let into = into_clause(&mut cursor)?;
            let arguments = using(&mut cursor)?;
            ProceduralStatement::Execute { dynamic: Dynamic { text, arguments }, into }
        }
        SyntaxKind::PLPGSQL_IF_STMT => choice(&mut cursor)?,
        SyntaxKind::PLPGSQL_LOOP_STMT => ProceduralStatement::Loop { condition: None, body: looped(&mut cursor)? },
        SyntaxKind::PLPGSQL_WHILE_STMT => {
            cursor.expect(&[SyntaxKind::WHILE_KW])?;
            let condition = Some(expression(&mut cursor)?);
            ProceduralStatement::Loop { condition, body: looped(&mut cursor)? }
        }
        SyntaxKind::PLPGSQL_FOR_I_STMT => range(&mut cursor)?,
        SyntaxKind::PLPGSQL_FOR_QUERY_STMT | SyntaxKind::PLPGSQL_FOR_DYN_STMT => rows(&mut cursor)?,
        SyntaxKind::PLPGSQL_EXIT_STMT => {
            cursor.expect(&[SyntaxKind::EXIT_KW])?;
            ProceduralStatement::Exit(when(&mut cursor)?)
        }
        SyntaxKind::PLPGSQL_CONTINUE_STMT => {
            cursor.expect(&[SyntaxKind::CONTINUE_KW])?;
            ProceduralStatement::Continue(when(&mut cursor)?)
        }
        SyntaxKind::PLPGSQL_RETURN_STMT => {
            cursor.expect(&[SyntaxKind::RETURN_KW])?;
            ProceduralStatement::Return
        }
        SyntaxKind::PLPGSQL_RAISE_STMT => raise(&mut cursor)?,
        SyntaxKind::PLPGSQL_ASSERT_STMT => {
            cursor.expect(&[SyntaxKind::ASSERT_KW])?;
            let condition = expression(&mut cursor)?;
            let message = if cursor.has(SyntaxKind::COMMA) { Some(expression(&mut cursor)?) } else { None };
            ProceduralStatement::Assert { condition, message }
        }
        SyntaxKind::PLPGSQL_CASE_STMT => case(&mut cursor)?,
        SyntaxKind::PLPGSQL_GET_DIAG_STMT => row_count(&mut cursor)?,
        kind => return Err(unsupported_node(node, kind_name(kind))),
    };
    cursor.finish()?;
    Ok(statement)
}

/// Takes an expression, which PL/pgSQL reads as what follows SELECT. One with more than a value is outside the model.
fn expression(cursor: &mut Cursor) -> Lowered<Expression> {
    let node = cursor.expect_node::<ast::PlpgsqlExpr>()?;
    let mut inner = Cursor::new(&node);
    let list = inner.expect_node::<ast::TargetList>()?;
    inner.finish()?;
    let mut inner = Cursor::new(&list);
    let item = inner.expect_node::<ast::Target>()?;
    inner.finish()?;
    let mut inner = Cursor::new(&item);
    let value = expect_expression(&mut inner)?;
    inner.finish()?;
    Ok(value)
}

/// The variable that a node names, without fields or elements.
fn target(node: &SyntaxNode) -> Lowered<Identifier> {
    let mut cursor = Cursor::new(node);
    let name = single(&cursor.expect_node::<ast::PlpgsqlVarNameRef>()?, Place::Column)?;
    cursor.finish()?;
    Ok(name)
}

fn choice(cursor: &mut Cursor) -> Lowered<ProceduralStatement> {
    cursor.expect(&[SyntaxKind::IF_KW])?;
    let mut branches = vec![branch(cursor)?];
    while let Some(node) = cursor.node::<ast::PlpgsqlElsifClause>() {
        let mut inner = Cursor::new(&node);
        if !inner.has(SyntaxKind::ELSIF_KW) {
            inner.expect(&[SyntaxKind::ELSEIF_KW])?;
        }
        branches.push(branch(&mut inner)?);
        inner.finish()?;
    }
    let otherwise = otherwise(cursor)?.unwrap_or_default();
    cursor.expect(&[SyntaxKind::END_KW, SyntaxKind::IF_KW])?;
    Ok(ProceduralStatement::If { branches, otherwise })
}

fn case(cursor: &mut Cursor) -> Lowered<ProceduralStatement> {
    cursor.expect(&[SyntaxKind::CASE_KW])?;
    if let Some(operand) = cursor.node::<ast::PlpgsqlExpr>() {
        return Err(unsupported_node(&operand, "CASE with an operand"));
    }
    let mut branches = Vec::new();
    while let Some(node) = cursor.node::<ast::PlpgsqlCaseWhen>() {
        let mut inner = Cursor::new(&node);
        inner.expect(&[SyntaxKind::WHEN_KW])?;
        branches.push(branch(&mut inner)?);
        inner.finish()?;
    }
    let otherwise = otherwise(cursor)?;
    cursor.expect(&[SyntaxKind::END_KW, SyntaxKind::CASE_KW])?;
    Ok(ProceduralStatement::Case { branches, otherwise })
}

/// Takes ELSE, when it comes next.
fn otherwise(cursor: &mut Cursor) -> Lowered<Option<Vec<ProceduralStatement>>> {
    let Some(node) = cursor.node::<ast::PlpgsqlElseClause>() else { return Ok(None) };
    let mut inner = Cursor::new(&node);
    inner.expect(&[SyntaxKind::ELSE_KW])?;
    let body = body(&mut inner)?;
    inner.finish()?;
    Ok(Some(body))
}

/// GET DIAGNOSTICS of one thing, the number of rows.
fn row_count(cursor: &mut Cursor) -> Lowered<ProceduralStatement> {
    cursor.expect(&[SyntaxKind::GET_KW])?;
    cursor.expect(&[SyntaxKind::DIAGNOSTICS_KW])?;
    let list = cursor.expect_node::<ast::PlpgsqlDiagItemList>()?;
    let mut inner = Cursor::new(&list);
    let item = inner.expect_node::<ast::PlpgsqlDiagItem>()?;
    inner.finish()?;
    let mut inner = Cursor::new(&item);
    let variable = target(&inner.expect_node::<ast::PlpgsqlDiagTarget>()?)?;
    if !inner.has(SyntaxKind::COLON_EQ) {
        inner.expect(&[SyntaxKind::EQ])?;
    }
    let kind = inner.expect_node::<ast::PlpgsqlDiagKind>()?;
    inner.finish()?;
    match tokens(&kind).next().map(|token| token.text().to_ascii_lowercase()).as_deref() {
        Some("row_count") => Ok(ProceduralStatement::GetRowCount(variable)),
        _ => Err(unsupported_node(&kind, "GET DIAGNOSTICS of anything but ROW_COUNT")),
    }
}

fn branch(cursor: &mut Cursor) -> Lowered<(Expression, Vec<ProceduralStatement>)> {
    let condition = expression(cursor)?;
    cursor.expect(&[SyntaxKind::THEN_KW])?;
    Ok((condition, body(cursor)?))
}

/// Takes `LOOP … END LOOP`.
fn looped(cursor: &mut Cursor) -> Lowered<Vec<ProceduralStatement>> {
    cursor.expect(&[SyntaxKind::LOOP_KW])?;
    let body = body(cursor)?;
    cursor.expect(&[SyntaxKind::END_KW, SyntaxKind::LOOP_KW])?;
    Ok(body)
}

fn loop_variables(cursor: &mut Cursor) -> Lowered<Vec<Identifier>> {
    cursor.expect(&[SyntaxKind::FOR_KW])?;
    let variables = cursor.comma_separated::<ast::PlpgsqlForVariable, _>(target)?;
    cursor.expect(&[SyntaxKind::IN_KW])?;
    Ok(variables)
}

fn range(cursor: &mut Cursor) -> Lowered<ProceduralStatement> {
    let variables = loop_variables(cursor)?;
    let reverse = cursor.has(SyntaxKind::REVERSE_KW);
    let node = cursor.expect_node::<ast::PlpgsqlForRange>()?;
    let mut inner = Cursor::new(&node);
    let first = expression(&mut inner)?;
    inner.expect(&[SyntaxKind::DOT_DOT])?;
    let last = expression(&mut inner)?;
    let step = if inner.has(SyntaxKind::BY_KW) { Some(expression(&mut inner)?) } else { None };
    inner.finish()?;
    let body = looped(cursor)?;
    match <[Identifier; 1]>::try_from(variables) {
        Ok([variable]) => Ok(ProceduralStatement::ForRange { variable, reverse, first, last, step, body }),
        Err(_) => Err(unsupported_node(&node, "a loop over numbers with several variables")),
    }
}

fn rows(cursor: &mut Cursor) -> Lowered<ProceduralStatement> {
    let targets = loop_variables(cursor)?;
    if cursor.has(SyntaxKind::EXECUTE_KW) {
        let text = expression(cursor)?;
        let query = LoopQuery::Execute(Dynamic { text, arguments: using(cursor)? });
        return Ok(ProceduralStatement::ForQuery { targets, query, body: looped(cursor)? });
    }
    let Some(node) = cursor.any_node() else { return Err(cursor.unexpected()) };
    let query = match one_statement(&node.text().to_string())? {
        Statement::Query(query) => LoopQuery::Query(query),
        _ => return Err(unsupported_node(&node, "a loop over what a statement returns")),
    };
    Ok(ProceduralStatement::ForQuery { targets, query, body: looped(cursor)? })
}

/// Takes INTO of EXECUTE, when it comes next.
fn into_clause(cursor: &mut Cursor) -> Lowered<Option<Into>> {
    let Some(node) = cursor.node::<ast::PlpgsqlIntoClause>() else { return Ok(None) };
    let mut inner = Cursor::new(&node);
    inner.expect(&[SyntaxKind::INTO_KW])?;
    let strict = inner.has(SyntaxKind::STRICT_KW);
    let list = inner.expect_node::<ast::PlpgsqlIntoTargetList>()?;
    inner.finish()?;
    let mut inner = Cursor::new(&list);
    let targets = inner.comma_separated::<ast::PlpgsqlIntoTarget, _>(target)?;
    inner.finish()?;
    Ok(Some(Into { strict, targets }))
}

/// Takes USING, when it comes next.
fn using(cursor: &mut Cursor) -> Lowered<Vec<Expression>> {
    let Some(node) = cursor.node::<ast::PlpgsqlUsingClause>() else { return Ok(Vec::new()) };
    let mut inner = Cursor::new(&node);
    inner.expect(&[SyntaxKind::USING_KW])?;
    let mut arguments = vec![expression(&mut inner)?];
    while inner.has(SyntaxKind::COMMA) {
        arguments.push(expression(&mut inner)?);
    }
    inner.finish()?;
    Ok(arguments)
}

fn when(cursor: &mut Cursor) -> Lowered<Option<Expression>> {
    let Some(node) = cursor.node::<ast::PlpgsqlExitWhen>() else { return Ok(None) };
    let mut inner = Cursor::new(&node);
    inner.expect(&[SyntaxKind::WHEN_KW])?;
    let condition = expression(&mut inner)?;
    inner.finish()?;
    Ok(Some(condition))
}

fn raise(cursor: &mut Cursor) -> Lowered<ProceduralStatement> {
    cursor.expect(&[SyntaxKind::RAISE_KW])?;
    let mut level = RaiseLevel::Exception;
    if let Some(node) = cursor.node::<ast::PlpgsqlRaiseLevel>() {
        level = match tokens(&node).next().map(|token| token.text().to_ascii_lowercase()).as_deref() {
            Some("debug") => RaiseLevel::Debug,
            Some("log") => RaiseLevel::Log,
            Some("info") => RaiseLevel::Info,
            Some("notice") => RaiseLevel::Notice,
            Some("warning") => RaiseLevel::Warning,
            _ => RaiseLevel::Exception,
        };
    }
    let condition = cursor.node::<ast::PlpgsqlCondition>().map(|node| condition(&node)).transpose()?;
    let mut message = None;
    let mut arguments = Vec::new();
    if let Some(node) = cursor.node::<ast::PlpgsqlRaiseMessage>() {
        let mut inner = Cursor::new(&node);
        message = Some(match inner.any_node() {
            Some(literal) => string(&literal)?,
            None => return Err(inner.unexpected()),
        });
        inner.finish()?;
        while cursor.has(SyntaxKind::COMMA) {
            arguments.push(expression(cursor)?);
        }
    }
    let mut options = Vec::new();
    if let Some(clause) = cursor.node::<ast::PlpgsqlRaiseUsingClause>() {
        let mut inner = Cursor::new(&clause);
        inner.expect(&[SyntaxKind::USING_KW])?;
        options = inner.comma_separated::<ast::PlpgsqlRaiseOption, _>(raise_option)?;
        inner.finish()?;
    }
    Ok(ProceduralStatement::Raise { level, condition, message, arguments, options })
}

fn raise_option(node: &SyntaxNode) -> Lowered<(RaiseOption, Expression)> {
    let option = match node.kind() {
        SyntaxKind::PLPGSQL_RAISE_OPTION_ERRCODE => RaiseOption::Errcode,
        SyntaxKind::PLPGSQL_RAISE_OPTION_MESSAGE => RaiseOption::Message,
        SyntaxKind::PLPGSQL_RAISE_OPTION_DETAIL => RaiseOption::Detail,
        SyntaxKind::PLPGSQL_RAISE_OPTION_HINT => RaiseOption::Hint,
        kind => return Err(unsupported_node(node, kind_name(kind))),
    };
    let mut cursor = Cursor::new(node);
    // Its name, and the sign behind that.
    cursor.take();
    cursor.take();
    let value = expression(&mut cursor)?;
    cursor.finish()?;
    Ok((option, value))
}
