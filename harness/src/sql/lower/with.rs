//! WITH, CREATE TABLE AS and SELECT INTO.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{CommonTable, CreateTableAs, Persistence, Query, With, WithQuery};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::name::{expect_column, relation_name};
use super::query::{body, column_list, is_query, query, select_with};
use super::rows;
use super::sequence::persistence;
use crate::sql::cursor::{Cursor, Lowered, kind_name, unsupported_node};

/// Lowers a statement that may stand behind WITH.
pub(super) fn statement(node: &SyntaxNode) -> Lowered<Statement> {
    let mut cursor = Cursor::new(node);
    let tables = match cursor.node::<ast::WithClause>() {
        Some(clause) => common_tables(&clause)?,
        None => Vec::new(),
    };
    let statement = match node.kind() {
        SyntaxKind::INSERT => rows::insert(cursor)?,
        SyntaxKind::UPDATE => rows::update(cursor)?,
        SyntaxKind::DELETE => rows::delete(cursor)?,
        SyntaxKind::SELECT_INTO => return select_into(cursor, tables),
        kind if is_query(kind) => Statement::Query(body(node, cursor)?),
        kind => return Err(unsupported_node(node, kind_name(kind))),
    };
    let changes = tables.iter().any(|table| !matches!(table.statement, Statement::Query(_)));
    Ok(match statement {
        statement if tables.is_empty() => statement,
        Statement::Query(query) if !changes => Statement::Query(Query::With(Box::new(WithQuery { tables, query }))),
        statement => Statement::With(With { tables, statement: Box::new(statement) }),
    })
}

/// Lowers `WITH name AS (…), …`.
pub(super) fn common_tables(clause: &SyntaxNode) -> Lowered<Vec<CommonTable>> {
    let mut cursor = Cursor::new(clause);
    cursor.expect(&[SyntaxKind::WITH_KW])?;
    if cursor.peek() == Some(SyntaxKind::RECURSIVE_KW) {
        return Err(unsupported_node(clause, "WITH RECURSIVE"));
    }
    let tables = cursor.comma_separated::<ast::WithTable, _>(common_table)?;
    cursor.finish()?;
    Ok(tables)
}

fn common_table(node: &SyntaxNode) -> Lowered<CommonTable> {
    let mut cursor = Cursor::new(node);
    let name = expect_column::<ast::CteName>(&mut cursor)?;
    let columns = column_list(&mut cursor)?;
    cursor.expect(&[SyntaxKind::AS_KW])?;
    let materialized = if cursor.node_of(SyntaxKind::MATERIALIZED).is_some() {
        Some(true)
    } else {
        cursor.node_of(SyntaxKind::NOT_MATERIALIZED).map(|_| false)
    };
    cursor.expect(&[SyntaxKind::L_PAREN])?;
    let statement = statement(&cursor.expect_node::<ast::WithQuery>()?)?;
    cursor.expect(&[SyntaxKind::R_PAREN])?;
    cursor.finish()?;
    match statement {
        Statement::CreateTableAs(_) | Statement::With(_) => Err(unsupported_node(node, "such a statement in WITH")),
        statement => Ok(CommonTable { name, columns, materialized, statement }),
    }
}

fn select_into(mut cursor: Cursor, tables: Vec<CommonTable>) -> Lowered<Statement> {
    if tables.iter().any(|table| !matches!(table.statement, Statement::Query(_))) {
        return Err(unsupported_node(&cursor.owner(), "WITH that changes rows before SELECT INTO"));
    }
    let mut target = None;
    let select = select_with(&mut cursor, |cursor| {
        let clause = cursor.expect_node::<ast::IntoClause>()?;
        let mut inner = Cursor::new(&clause);
        inner.expect(&[SyntaxKind::INTO_KW])?;
        let (persistence, is_global) = persistence(&mut inner)?;
        inner.has(SyntaxKind::TABLE_KW);
        let name = relation_name(&inner.expect_node::<ast::TableName>()?)?;
        inner.finish()?;
        target = Some((persistence, is_global, name));
        Ok(())
    })?;
    let Some((persistence, is_global, name)) = target else { return Err(cursor.unexpected()) };
    if is_global {
        return Err(unsupported_node(&cursor.owner(), "SELECT INTO GLOBAL"));
    }
    cursor.finish()?;
    let select = Query::Select(Box::new(select));
    let query = match tables.is_empty() {
        true => select,
        false => Query::With(Box::new(WithQuery { tables, query: select })),
    };
    Ok(create(true, persistence, false, false, name, query))
}

fn create(
    is_select_into: bool,
    persistence: Persistence,
    is_global: bool,
    if_not_exists: bool,
    name: seqcheck_engine::statement::ObjectName,
    query: Query,
) -> Statement {
    Statement::CreateTableAs(CreateTableAs {
        is_select_into,
        persistence,
        is_global,
        if_not_exists,
        name,
        columns: Vec::new(),
        query,
        without_data: false,
    })
}

pub(super) fn create_table_as(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::CREATE_KW])?;
    let (persistence, is_global) = persistence(&mut cursor)?;
    cursor.expect(&[SyntaxKind::TABLE_KW])?;
    let if_not_exists = cursor.node::<ast::IfNotExists>().is_some();
    let name = relation_name(&cursor.expect_node::<ast::TableName>()?)?;
    let mut columns = Vec::new();
    if let Some(list) = cursor.node::<ast::TableArgList>() {
        let mut inner = Cursor::new(&list);
        inner.expect(&[SyntaxKind::L_PAREN])?;
        columns = inner.comma_separated::<ast::Column, _>(|node| {
            let mut column = Cursor::new(node);
            let name = expect_column::<ast::ColumnName>(&mut column)?;
            column.finish()?;
            Ok(name)
        })?;
        inner.expect(&[SyntaxKind::R_PAREN])?;
        inner.finish()?;
    }
    cursor.expect(&[SyntaxKind::AS_KW])?;
    let query = query(&cursor.expect_node::<ast::SelectVariant>()?)?;
    cursor.node_of(SyntaxKind::WITH_DATA);
    let without_data = cursor.node_of(SyntaxKind::WITH_NO_DATA).is_some();
    cursor.finish()?;
    let mut created = create(false, persistence, is_global, if_not_exists, name, query);
    if let Statement::CreateTableAs(create) = &mut created {
        create.columns = columns;
        create.without_data = without_data;
    }
    Ok(created)
}
