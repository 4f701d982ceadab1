//! LOCK TABLE, VACUUM, ANALYZE, REINDEX and CHECKPOINT.

use seqcheck_engine::statement::{LockTables, MaintainedTable, Maintenance, ReindexTarget};
use seqcheck_engine::{LockMode, Statement};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::name::{column, relation_name, table_reference, with_only};
use crate::sql::cursor::{Cursor, Lowered, tokens, unsupported_node};

pub(super) fn vacuum(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::VACUUM_KW])?;
    let mut full = cursor.has(SyntaxKind::FULL_KW);
    let mut freeze = cursor.has(SyntaxKind::FREEZE_KW);
    let mut analyze = cursor.has(SyntaxKind::ANALYZE_KW) || cursor.has(SyntaxKind::ANALYSE_KW);
    if let Some(list) = cursor.node::<ast::VacuumOptionList>() {
        for option in list.children() {
            let words: Vec<String> = tokens(&option).map(|token| token.text().to_ascii_lowercase()).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            match words.as_slice() {
                ["full"] | ["full", "true" | "on"] => full = true,
                ["freeze"] | ["freeze", "true" | "on"] => freeze = true,
                ["analyze" | "analyse"] | ["analyze" | "analyse", "true" | "on"] => analyze = true,
                _ => return Err(unsupported_node(&option, "VACUUM option")),
            }
        }
    }
    let tables = tables(&mut cursor)?;
    cursor.finish()?;
    Ok(Statement::Maintenance(Maintenance::Vacuum { full, freeze, analyze, tables }))
}

pub(super) fn analyze(mut cursor: Cursor) -> Lowered<Statement> {
    // ANALYZE or ANALYSE.
    cursor.take();
    let tables = tables(&mut cursor)?;
    cursor.finish()?;
    Ok(Statement::Maintenance(Maintenance::Analyze(tables)))
}

fn tables(cursor: &mut Cursor) -> Lowered<Vec<MaintainedTable>> {
    let Some(list) = cursor.node::<ast::TableAndColumnsList>() else { return Ok(Vec::new()) };
    let mut list = Cursor::new(&list);
    let tables = list.comma_separated::<ast::TableAndColumns, _>(table)?;
    list.finish()?;
    Ok(tables)
}

fn table(node: &SyntaxNode) -> Lowered<MaintainedTable> {
    let mut cursor = Cursor::new(node);
    let table = cursor.expect_node::<ast::TableRelationName>()?;
    let reference = table_reference(&table)?;
    if reference.only {
        return Err(unsupported_node(&table, "VACUUM or ANALYZE of ONLY a table, which 18 brought"));
    }
    let name = reference.name;
    let mut columns = Vec::new();
    if let Some(list) = cursor.node::<ast::ColumnRefList>() {
        let mut list = Cursor::new(&list);
        list.expect(&[SyntaxKind::L_PAREN])?;
        columns = list.comma_separated::<ast::ColumnNameRef, _>(column)?;
        list.expect(&[SyntaxKind::R_PAREN])?;
        list.finish()?;
    }
    cursor.finish()?;
    Ok(MaintainedTable { name, columns })
}

pub(super) fn lock(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::LOCK_KW])?;
    cursor.has(SyntaxKind::TABLE_KW);
    let list = cursor.expect_node::<ast::RelationList>()?;
    let mut names = Cursor::new(&list);
    let tables = names.comma_separated::<ast::RelationName, _>(with_only)?;
    names.finish()?;
    let mode = match cursor.node::<ast::LockModeClause>() {
        None => LockMode::AccessExclusive,
        Some(clause) => {
            let mut clause = Cursor::new(&clause);
            clause.expect(&[SyntaxKind::IN_KW])?;
            let mode = lock_mode(&clause.expect_node::<ast::LockMode>()?)?;
            clause.expect(&[SyntaxKind::MODE_KW])?;
            clause.finish()?;
            mode
        }
    };
    let nowait = cursor.node_of(SyntaxKind::NOWAIT).is_some();
    cursor.finish()?;
    Ok(Statement::Lock(LockTables { tables, mode, nowait }))
}

fn lock_mode(node: &SyntaxNode) -> Lowered<LockMode> {
    Ok(match node.kind() {
        SyntaxKind::ACCESS_SHARE => LockMode::AccessShare,
        SyntaxKind::ROW_SHARE => LockMode::RowShare,
        SyntaxKind::ROW_EXCLUSIVE => LockMode::RowExclusive,
        SyntaxKind::SHARE_UPDATE_EXCLUSIVE => LockMode::ShareUpdateExclusive,
        SyntaxKind::SHARE => LockMode::Share,
        SyntaxKind::SHARE_ROW_EXCLUSIVE => LockMode::ShareRowExclusive,
        SyntaxKind::EXCLUSIVE => LockMode::Exclusive,
        SyntaxKind::ACCESS_EXCLUSIVE => LockMode::AccessExclusive,
        _ => return Err(unsupported_node(node, "lock mode")),
    })
}

pub(super) fn reindex(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::REINDEX_KW])?;
    let target = cursor.expect_node::<ast::ReindexTarget>()?;
    cursor.finish()?;
    let mut inner = Cursor::new(&target);
    let target = match target.kind() {
        SyntaxKind::REINDEX_TARGET_INDEX => {
            inner.expect(&[SyntaxKind::INDEX_KW])?;
            ReindexTarget::Index(relation_name(&inner.expect_node::<ast::IndexRef>()?)?)
        }
        SyntaxKind::REINDEX_TARGET_TABLE => {
            inner.expect(&[SyntaxKind::TABLE_KW])?;
            ReindexTarget::Table(relation_name(&inner.expect_node::<ast::TableNameRef>()?)?)
        }
        _ => return Err(unsupported_node(&target, "REINDEX of more than a table")),
    };
    inner.finish()?;
    Ok(Statement::Maintenance(Maintenance::Reindex(target)))
}

pub(super) fn checkpoint(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::CHECKPOINT_KW])?;
    cursor.finish()?;
    Ok(Statement::Maintenance(Maintenance::Checkpoint))
}
