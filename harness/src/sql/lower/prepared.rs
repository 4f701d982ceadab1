//! Prepared statements, and EXPLAIN.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{Deallocate, Execute, Explain, Expression, Prepare, TypeName};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::expression::expect_expression;
use super::name::expect_column;
use super::statement;
use super::type_name::type_name;
use crate::sql::cursor::{Cursor, Lowered, tokens, unsupported_node};

pub(super) fn prepare(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::PREPARE_KW])?;
    let name = expect_column::<ast::PreparedStatement>(&mut cursor)?;
    let types = match cursor.node::<ast::ParamList>() {
        Some(list) => parameter_types(&list)?,
        None => Vec::new(),
    };
    cursor.expect(&[SyntaxKind::AS_KW])?;
    let Some(inner) = cursor.node::<ast::PreparableStmt>() else { return Err(cursor.stop()) };
    let inner = Box::new(inner_statement(&inner)?);
    cursor.finish()?;
    Ok(Statement::Prepare(Prepare { name, types, statement: inner }))
}

fn parameter_types(list: &SyntaxNode) -> Lowered<Vec<TypeName>> {
    let mut cursor = Cursor::new(list);
    cursor.expect(&[SyntaxKind::L_PAREN])?;
    let types = cursor.comma_separated::<ast::Param, _>(|parameter| {
        let mut cursor = Cursor::new(parameter);
        let target = type_name(&cursor.expect_node::<ast::Type>()?)?;
        cursor.finish()?;
        Ok(target)
    })?;
    if types.is_empty() {
        return Err(cursor.stop());
    }
    cursor.expect(&[SyntaxKind::R_PAREN])?;
    cursor.finish()?;
    Ok(types)
}

fn inner_statement(node: &SyntaxNode) -> Lowered<Statement> {
    match statement(node)? {
        Some(inner) => Ok(inner),
        None => Err(Cursor::new(node).unexpected()),
    }
}

pub(super) fn execute(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::EXECUTE_KW])?;
    let name = expect_column::<ast::PreparedStatementRef>(&mut cursor)?;
    let arguments = match cursor.node::<ast::ArgList>() {
        Some(list) => arguments(&list)?,
        None => Vec::new(),
    };
    cursor.finish()?;
    Ok(Statement::Execute(Execute { name, arguments }))
}

fn arguments(list: &SyntaxNode) -> Lowered<Vec<Expression>> {
    let mut cursor = Cursor::new(list);
    cursor.expect(&[SyntaxKind::L_PAREN])?;
    let arguments = cursor.comma_separated::<ast::Arg, _>(|argument| {
        let mut cursor = Cursor::new(argument);
        let value = expect_expression(&mut cursor)?;
        cursor.finish()?;
        Ok(value)
    })?;
    if arguments.is_empty() {
        return Err(cursor.stop());
    }
    cursor.expect(&[SyntaxKind::R_PAREN])?;
    cursor.finish()?;
    Ok(arguments)
}

pub(super) fn deallocate(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::DEALLOCATE_KW])?;
    // PREPARE may be written and means nothing.
    cursor.has(SyntaxKind::PREPARE_KW);
    let target = match cursor.has(SyntaxKind::ALL_KW) {
        true => Deallocate::All,
        false => Deallocate::Named(expect_column::<ast::PreparedStatementRef>(&mut cursor)?),
    };
    cursor.finish()?;
    Ok(Statement::Deallocate(target))
}

pub(super) fn explain(node: &SyntaxNode) -> Lowered<Statement> {
    let mut cursor = Cursor::new(node);
    cursor.expect(&[SyntaxKind::EXPLAIN_KW])?;
    let options = cursor.node::<ast::ExplainOptionList>();
    let words: Vec<String> = options.iter().flat_map(tokens).map(|token| token.text().to_ascii_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if !matches!(words.as_slice(), ["(", "costs", "off" | "false" | "0", ")"]) {
        return Err(unsupported_node(node, "EXPLAIN with costs"));
    }
    let inner = Box::new(inner_statement(&cursor.expect_node::<ast::ExplainStmt>()?)?);
    cursor.finish()?;
    Ok(Statement::Explain(Explain { statement: inner }))
}
