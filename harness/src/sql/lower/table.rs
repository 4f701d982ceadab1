//! CREATE TABLE and the statements that change rows.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{
    ColumnConstraint, ColumnDefinition, Copy, CreateTable, Delete, Expression, Identifier, Insert, InsertSource,
    SelectItem, Truncate, Update,
};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::expression::expect_expression;
use super::name::{column, expect_column, relation_name, type_name, with_only};
use super::query::{filter, query, select_items};
use super::relation::behavior;
use super::sequence::{options, persistence};
use crate::sql::cursor::{Cursor, Lowered, kind_name, unsupported_node};

pub(super) fn create(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::CREATE_KW])?;
    let persistence = persistence(&mut cursor)?;
    cursor.expect(&[SyntaxKind::TABLE_KW])?;
    let if_not_exists = cursor.node::<ast::IfNotExists>().is_some();
    let name = relation_name(&cursor.expect_node::<ast::TableName>()?)?;
    let list = cursor.expect_node::<ast::TableArgList>()?;
    cursor.finish()?;
    let mut cursor = Cursor::new(&list);
    cursor.expect(&[SyntaxKind::L_PAREN])?;
    let columns = cursor.comma_separated::<ast::Column, _>(column_definition)?;
    cursor.expect(&[SyntaxKind::R_PAREN])?;
    cursor.finish()?;
    Ok(Statement::CreateTable(CreateTable { persistence, if_not_exists, name, columns }))
}

fn column_definition(node: &SyntaxNode) -> Lowered<ColumnDefinition> {
    let mut cursor = Cursor::new(node);
    let name = expect_column::<ast::ColumnName>(&mut cursor)?;
    let type_name = type_name(&cursor.expect_node::<ast::Type>()?)?;
    let mut constraints = Vec::new();
    while let Some(clause) = cursor.node::<ast::ColumnClause>() {
        constraints.push(constraint(&clause)?);
    }
    cursor.finish()?;
    Ok(ColumnDefinition { name, type_name, constraints })
}

fn constraint(node: &SyntaxNode) -> Lowered<ColumnConstraint> {
    let mut cursor = Cursor::new(node);
    let constraint = match node.kind() {
        SyntaxKind::NOT_NULL_CONSTRAINT => {
            cursor.expect(&[SyntaxKind::NOT_KW, SyntaxKind::NULL_KW])?;
            ColumnConstraint::NotNull
        }
        SyntaxKind::NULL_CONSTRAINT => {
            cursor.expect(&[SyntaxKind::NULL_KW])?;
            ColumnConstraint::Null
        }
        SyntaxKind::DEFAULT_CONSTRAINT => {
            cursor.expect(&[SyntaxKind::DEFAULT_KW])?;
            ColumnConstraint::Default(expect_expression(&mut cursor)?)
        }
        SyntaxKind::PRIMARY_KEY_CONSTRAINT => {
            cursor.expect(&[SyntaxKind::PRIMARY_KW, SyntaxKind::KEY_KW])?;
            index_parameters(&mut cursor)?;
            ColumnConstraint::PrimaryKey
        }
        SyntaxKind::UNIQUE_CONSTRAINT => {
            cursor.expect(&[SyntaxKind::UNIQUE_KW])?;
            index_parameters(&mut cursor)?;
            ColumnConstraint::Unique
        }
        SyntaxKind::GENERATED_CONSTRAINT => {
            cursor.expect(&[SyntaxKind::GENERATED_KW])?;
            match cursor.node_of(SyntaxKind::GENERATED_IDENTITY) {
                Some(identity) => self::identity(&identity)?,
                None => return Err(unsupported_node(node, "generated column")),
            }
        }
        kind => return Err(unsupported_node(node, kind_name(kind))),
    };
    cursor.finish()?;
    Ok(constraint)
}

fn index_parameters(cursor: &mut Cursor) -> Lowered<()> {
    match cursor.node::<ast::IndexParameters>() {
        Some(node) => Cursor::new(&node).finish(),
        None => Ok(()),
    }
}

fn identity(node: &SyntaxNode) -> Lowered<ColumnConstraint> {
    let mut cursor = Cursor::new(node);
    let always = cursor.node_of(SyntaxKind::GENERATED_ALWAYS).is_some();
    if !always && cursor.node_of(SyntaxKind::GENERATED_BY_DEFAULT).is_none() {
        return Err(cursor.unexpected());
    }
    cursor.expect(&[SyntaxKind::AS_KW, SyntaxKind::IDENTITY_KW])?;
    let mut list = Vec::new();
    if let Some(node) = cursor.node::<ast::SequenceOptionList>() {
        let mut inner = Cursor::new(&node);
        inner.expect(&[SyntaxKind::L_PAREN])?;
        list = options(&mut inner)?;
        if list.is_empty() {
            return Err(inner.stop());
        }
        inner.expect(&[SyntaxKind::R_PAREN])?;
        inner.finish()?;
    }
    cursor.finish()?;
    Ok(ColumnConstraint::Identity { always, options: list })
}

pub(super) fn insert(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::INSERT_KW, SyntaxKind::INTO_KW])?;
    let table = relation_name(&cursor.expect_node::<ast::RelationNameRef>()?)?;
    let columns = match cursor.node::<ast::ColumnTargetList>() {
        Some(list) => {
            let mut inner = Cursor::new(&list);
            inner.expect(&[SyntaxKind::L_PAREN])?;
            let columns = inner.comma_separated::<ast::ColumnTarget, _>(column_target)?;
            inner.expect(&[SyntaxKind::R_PAREN])?;
            inner.finish()?;
            columns
        }
        None => Vec::new(),
    };
    let source = match cursor.node_of(SyntaxKind::DEFAULT_VALUES) {
        // The grammar has DEFAULT VALUES without a column list only.
        Some(node) if !columns.is_empty() => return Err(Cursor::new(&node).stop()),
        Some(_) => InsertSource::DefaultValues,
        None => InsertSource::Query(query(&cursor.expect_node::<ast::SelectVariant>()?)?),
    };
    let returning = returning(&mut cursor)?;
    cursor.finish()?;
    Ok(Statement::Insert(Insert { table, columns, source, returning }))
}

fn column_target(node: &SyntaxNode) -> Lowered<Identifier> {
    let mut cursor = Cursor::new(node);
    let name = expect_column::<ast::ColumnNameRef>(&mut cursor)?;
    cursor.finish()?;
    Ok(name)
}

fn returning(cursor: &mut Cursor) -> Lowered<Vec<SelectItem>> {
    let Some(clause) = cursor.node::<ast::ReturningClause>() else { return Ok(Vec::new()) };
    let mut inner = Cursor::new(&clause);
    inner.expect(&[SyntaxKind::RETURNING_KW])?;
    let items = select_items(&inner.expect_node::<ast::TargetList>()?)?;
    inner.finish()?;
    Ok(items)
}

pub(super) fn update(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::UPDATE_KW])?;
    let table = with_only(&cursor.expect_node::<ast::RelationName>()?)?;
    let clause = cursor.expect_node::<ast::SetClause>()?;
    let mut inner = Cursor::new(&clause);
    inner.expect(&[SyntaxKind::SET_KW])?;
    let list = inner.expect_node::<ast::SetColumnList>()?;
    inner.finish()?;
    let mut inner = Cursor::new(&list);
    let assignments = inner.comma_separated::<ast::SetColumn, _>(assignment)?;
    inner.finish()?;
    let filter = filter(&mut cursor)?;
    let returning = returning(&mut cursor)?;
    cursor.finish()?;
    Ok(Statement::Update(Update { table, assignments, filter, returning }))
}

fn assignment(node: &SyntaxNode) -> Lowered<(Identifier, Expression)> {
    if node.kind() != SyntaxKind::SET_SINGLE_COLUMN {
        return Err(unsupported_node(node, "assignment to several columns"));
    }
    let mut cursor = Cursor::new(node);
    let column = column_target(&cursor.expect_node::<ast::ColumnTarget>()?)?;
    cursor.expect(&[SyntaxKind::EQ])?;
    let node = cursor.expect_node::<ast::SetExpr>()?;
    cursor.finish()?;
    let mut cursor = Cursor::new(&node);
    let value = match cursor.has(SyntaxKind::DEFAULT_KW) {
        true => Expression::Default,
        false => expect_expression(&mut cursor)?,
    };
    cursor.finish()?;
    Ok((column, value))
}

pub(super) fn delete(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::DELETE_KW, SyntaxKind::FROM_KW])?;
    let table = with_only(&cursor.expect_node::<ast::RelationName>()?)?;
    let filter = filter(&mut cursor)?;
    let returning = returning(&mut cursor)?;
    cursor.finish()?;
    Ok(Statement::Delete(Delete { table, filter, returning }))
}

pub(super) fn truncate(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::TRUNCATE_KW])?;
    cursor.has(SyntaxKind::TABLE_KW);
    let mut list = Cursor::new(&cursor.expect_node::<ast::TableList>()?);
    let tables = list.comma_separated::<ast::TableRelationName, _>(with_only)?;
    list.finish()?;
    let restart_identity = if cursor.node_of(SyntaxKind::RESTART_IDENTITY).is_some() {
        Some(true)
    } else {
        cursor.node_of(SyntaxKind::CONTINUE_IDENTITY).map(|_| false)
    };
    let behavior = behavior(&mut cursor);
    cursor.finish()?;
    Ok(Statement::Truncate(Truncate { tables, restart_identity, behavior }))
}

/// The data lines are for the caller to fill in.
pub(super) fn copy(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::COPY_KW])?;
    let Some(table) = cursor.node_of(SyntaxKind::COPY_TABLE) else { return Err(cursor.unexpected()) };
    let mut inner = Cursor::new(&table);
    let name = relation_name(&inner.expect_node::<ast::TableNameRef>()?)?;
    let columns = match inner.node::<ast::ColumnRefList>() {
        Some(list) => {
            let mut names = Cursor::new(&list);
            names.expect(&[SyntaxKind::L_PAREN])?;
            let columns = names.comma_separated::<ast::ColumnNameRef, _>(column)?;
            names.expect(&[SyntaxKind::R_PAREN])?;
            names.finish()?;
            columns
        }
        None => Vec::new(),
    };
    inner.finish()?;
    let Some(source) = cursor.node_of(SyntaxKind::COPY_FROM) else { return Err(cursor.unexpected()) };
    let mut inner = Cursor::new(&source);
    inner.expect(&[SyntaxKind::FROM_KW])?;
    if inner.node_of(SyntaxKind::COPY_STDIN).is_none() {
        return Err(unsupported_node(&source, "COPY from a file or program"));
    }
    inner.finish()?;
    if cursor.peek().is_some() {
        cursor.has(SyntaxKind::WITH_KW);
        return Err(cursor.unexpected());
    }
    Ok(Statement::Copy(Copy { table: name, columns, data: Vec::new() }))
}
