//! The statements that change rows.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{
    ConflictTarget, ConflictUpdate, Copy, Delete, Expression, Identifier, Insert, InsertSource, OnConflict, Overriding,
    SelectItem, Truncate, Update,
};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::expression::expect_expression;
use super::name::{column, expect_column, relation_name, table_reference, with_only};
use super::query::{filter, query, select_items};
use super::relation::behavior;
use crate::sql::cursor::{Cursor, Lowered, kind_name, unsupported_node};

pub(super) fn insert(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::INSERT_KW, SyntaxKind::INTO_KW])?;
    let table = relation_name(&cursor.expect_node::<ast::RelationNameRef>()?)?;
    let alias = match cursor.node::<ast::RequiredAsAlias>() {
        Some(node) => Some(changed_alias(&node)?),
        None => None,
    };
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
    let overriding = overriding(&mut cursor)?;
    let source = match cursor.node_of(SyntaxKind::DEFAULT_VALUES) {
        // The grammar has DEFAULT VALUES with nothing before it only.
        Some(node) if !columns.is_empty() || overriding.is_some() => return Err(Cursor::new(&node).stop()),
        Some(_) => InsertSource::DefaultValues,
        None => InsertSource::Query(query(&cursor.expect_node::<ast::SelectVariant>()?)?),
    };
    let on_conflict = on_conflict(&mut cursor)?;
    let returning = returning(&mut cursor)?;
    cursor.finish()?;
    Ok(Statement::Insert(Insert { table, alias, columns, overriding, source, on_conflict, returning }))
}

fn optional_alias(cursor: &mut Cursor) -> Lowered<Option<Identifier>> {
    cursor.node::<ast::OptionalAsAlias>().map(|node| changed_alias(&node)).transpose()
}

/// The alias of the table whose rows are changed.
fn changed_alias(node: &SyntaxNode) -> Lowered<Identifier> {
    let mut cursor = Cursor::new(node);
    cursor.has(SyntaxKind::AS_KW);
    let alias = expect_column::<ast::TableAlias>(&mut cursor)?;
    cursor.finish()?;
    Ok(alias)
}

fn overriding(cursor: &mut Cursor) -> Lowered<Option<Overriding>> {
    let Some(clause) = cursor.node::<ast::OverridingClause>() else { return Ok(None) };
    match clause.kind() {
        SyntaxKind::OVERRIDING_SYSTEM_VALUE => Ok(Some(Overriding::System)),
        SyntaxKind::OVERRIDING_USER_VALUE => Ok(Some(Overriding::User)),
        kind => Err(unsupported_node(&clause, kind_name(kind))),
    }
}

fn on_conflict(cursor: &mut Cursor) -> Lowered<Option<OnConflict>> {
    let Some(clause) = cursor.node::<ast::OnConflictClause>() else { return Ok(None) };
    let mut inner = Cursor::new(&clause);
    inner.expect(&[SyntaxKind::ON_KW, SyntaxKind::CONFLICT_KW])?;
    let target = match inner.node::<ast::ConflictTarget>() {
        Some(node) => conflict_target(&node)?,
        None => ConflictTarget::Any,
    };
    if inner.node_of(SyntaxKind::CONFLICT_DO_NOTHING).is_some() {
        inner.finish()?;
        return Ok(Some(OnConflict { target, update: None }));
    }
    let Some(node) = inner.node_of(SyntaxKind::CONFLICT_DO_UPDATE_SET) else { return Err(inner.unexpected()) };
    inner.finish()?;
    let mut inner = Cursor::new(&node);
    inner.expect(&[SyntaxKind::DO_KW, SyntaxKind::UPDATE_KW])?;
    let assignments = set_clause(&mut inner)?;
    let filter = filter(&mut inner)?;
    inner.finish()?;
    Ok(Some(OnConflict { target, update: Some(Box::new(ConflictUpdate { assignments, filter })) }))
}

fn conflict_target(node: &SyntaxNode) -> Lowered<ConflictTarget> {
    let mut cursor = Cursor::new(node);
    let target = match node.kind() {
        SyntaxKind::CONFLICT_ON_CONSTRAINT => {
            cursor.expect(&[SyntaxKind::ON_KW, SyntaxKind::CONSTRAINT_KW])?;
            ConflictTarget::Constraint(expect_column::<ast::ConstraintNameRef>(&mut cursor)?)
        }
        _ => {
            let mut list = Cursor::new(&cursor.expect_node::<ast::ConflictIndexItemList>()?);
            list.expect(&[SyntaxKind::L_PAREN])?;
            let columns = list.comma_separated::<ast::ConflictIndexItem, _>(conflict_column)?;
            list.expect(&[SyntaxKind::R_PAREN])?;
            list.finish()?;
            ConflictTarget::Columns(columns)
        }
    };
    cursor.finish()?;
    Ok(target)
}

fn conflict_column(node: &SyntaxNode) -> Lowered<Identifier> {
    let mut cursor = Cursor::new(node);
    let value = expect_expression(&mut cursor)?;
    cursor.finish()?;
    match value {
        Expression::Column(mut name) if name.parts.len() == 1 => Ok(name.parts.remove(0)),
        _ => Err(unsupported_node(node, "ON CONFLICT target that is an expression")),
    }
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
    let alias = optional_alias(&mut cursor)?;
    let assignments = set_clause(&mut cursor)?;
    let filter = filter(&mut cursor)?;
    let returning = returning(&mut cursor)?;
    cursor.finish()?;
    Ok(Statement::Update(Update { table, alias, assignments, filter, returning }))
}

fn set_clause(cursor: &mut Cursor) -> Lowered<Vec<(Identifier, Expression)>> {
    let clause = cursor.expect_node::<ast::SetClause>()?;
    let mut inner = Cursor::new(&clause);
    inner.expect(&[SyntaxKind::SET_KW])?;
    let list = inner.expect_node::<ast::SetColumnList>()?;
    inner.finish()?;
    let mut inner = Cursor::new(&list);
    let assignments = inner.comma_separated::<ast::SetColumn, _>(assignment)?;
    inner.finish()?;
    Ok(assignments)
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
    let alias = optional_alias(&mut cursor)?;
    let filter = filter(&mut cursor)?;
    let returning = returning(&mut cursor)?;
    cursor.finish()?;
    Ok(Statement::Delete(Delete { table, alias, filter, returning }))
}

pub(super) fn truncate(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::TRUNCATE_KW])?;
    cursor.has(SyntaxKind::TABLE_KW);
    let mut list = Cursor::new(&cursor.expect_node::<ast::TableList>()?);
    let tables = list.comma_separated::<ast::TableRelationName, _>(table_reference)?;
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
