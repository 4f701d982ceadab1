//! Transactions and DISCARD.

use seqcheck_engine::statement::{Discard, Identifier, IsolationLevel, Transaction, TransactionMode};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::name::expect_column;
use super::string::expect_string;
use crate::sql::cursor::{Cursor, Lowered, kind_name, unsupported_node};

pub(super) fn transaction(kind: SyntaxKind, mut cursor: Cursor) -> Lowered<Transaction> {
    let transaction = match kind {
        SyntaxKind::BEGIN if cursor.has(SyntaxKind::START_KW) => {
            cursor.expect(&[SyntaxKind::TRANSACTION_KW])?;
            Transaction::Start(optional_modes(&mut cursor)?)
        }
        SyntaxKind::BEGIN => {
            cursor.expect(&[SyntaxKind::BEGIN_KW])?;
            work(&mut cursor);
            Transaction::Begin(optional_modes(&mut cursor)?)
        }
        SyntaxKind::COMMIT_TRANSACTION => {
            // COMMIT or END.
            cursor.take();
            work(&mut cursor);
            Transaction::Commit { chain: chain(&mut cursor) }
        }
        SyntaxKind::ROLLBACK_TRANSACTION => {
            // ROLLBACK or ABORT.
            cursor.take();
            work(&mut cursor);
            Transaction::Rollback { chain: chain(&mut cursor) }
        }
        SyntaxKind::SAVEPOINT_CREATE => {
            cursor.expect(&[SyntaxKind::SAVEPOINT_KW])?;
            Transaction::Savepoint(expect_column::<ast::Savepoint>(&mut cursor)?)
        }
        SyntaxKind::RELEASE_SAVEPOINT => {
            cursor.expect(&[SyntaxKind::RELEASE_KW])?;
            Transaction::Release(savepoint(&mut cursor)?)
        }
        SyntaxKind::ROLLBACK_TO_SAVEPOINT => {
            cursor.expect(&[SyntaxKind::ROLLBACK_KW])?;
            work(&mut cursor);
            cursor.expect(&[SyntaxKind::TO_KW])?;
            Transaction::RollbackTo(savepoint(&mut cursor)?)
        }
        SyntaxKind::PREPARE_TRANSACTION => {
            cursor.expect(&[SyntaxKind::PREPARE_KW, SyntaxKind::TRANSACTION_KW])?;
            Transaction::Prepare(expect_string(&mut cursor)?)
        }
        SyntaxKind::COMMIT_PREPARED => {
            cursor.expect(&[SyntaxKind::COMMIT_KW, SyntaxKind::PREPARED_KW])?;
            Transaction::CommitPrepared(expect_string(&mut cursor)?)
        }
        SyntaxKind::ROLLBACK_PREPARED => {
            cursor.expect(&[SyntaxKind::ROLLBACK_KW, SyntaxKind::PREPARED_KW])?;
            Transaction::RollbackPrepared(expect_string(&mut cursor)?)
        }
        _ => set_transaction(&mut cursor)?,
    };
    cursor.finish()?;
    Ok(transaction)
}

pub(super) fn discard(mut cursor: Cursor) -> Lowered<Discard> {
    cursor.expect(&[SyntaxKind::DISCARD_KW])?;
    let target = cursor.expect_node::<ast::DiscardTarget>()?;
    cursor.finish()?;
    match target.kind() {
        SyntaxKind::DISCARD_ALL => Ok(Discard::All),
        SyntaxKind::DISCARD_PLANS => Ok(Discard::Plans),
        SyntaxKind::DISCARD_SEQUENCES => Ok(Discard::Sequences),
        SyntaxKind::DISCARD_TEMP => Ok(Discard::Temp),
        kind => Err(unsupported_node(&target, kind_name(kind))),
    }
}

/// Takes the words that mean nothing: WORK or TRANSACTION.
fn work(cursor: &mut Cursor) {
    let _ = cursor.has(SyntaxKind::WORK_KW) || cursor.has(SyntaxKind::TRANSACTION_KW);
}

fn chain(cursor: &mut Cursor) -> bool {
    let chain = cursor.node_of(SyntaxKind::AND_CHAIN).is_some();
    if !chain {
        cursor.node_of(SyntaxKind::AND_NO_CHAIN);
    }
    chain
}

fn savepoint(cursor: &mut Cursor) -> Lowered<Identifier> {
    cursor.has(SyntaxKind::SAVEPOINT_KW);
    expect_column::<ast::SavepointRef>(cursor)
}

fn set_transaction(cursor: &mut Cursor) -> Lowered<Transaction> {
    cursor.expect(&[SyntaxKind::SET_KW])?;
    if let Some(node) = cursor.node_of(SyntaxKind::SESSION_CHARACTERISTICS) {
        let mut inner = Cursor::new(&node);
        inner.expect(&[
            SyntaxKind::SESSION_KW,
            SyntaxKind::CHARACTERISTICS_KW,
            SyntaxKind::AS_KW,
            SyntaxKind::TRANSACTION_KW,
        ])?;
        let modes = required_modes(&mut inner)?;
        inner.finish()?;
        return Ok(Transaction::SetCharacteristics(modes));
    }
    let Some(node) = cursor.node_of(SyntaxKind::TRANSACTION_MODES) else { return Err(cursor.unexpected()) };
    let mut inner = Cursor::new(&node);
    inner.expect(&[SyntaxKind::TRANSACTION_KW])?;
    let modes = required_modes(&mut inner)?;
    inner.finish()?;
    Ok(Transaction::SetTransaction(modes))
}

fn required_modes(cursor: &mut Cursor) -> Lowered<Vec<TransactionMode>> {
    let modes = optional_modes(cursor)?;
    if modes.is_empty() { Err(cursor.unexpected()) } else { Ok(modes) }
}

fn optional_modes(cursor: &mut Cursor) -> Lowered<Vec<TransactionMode>> {
    let Some(list) = cursor.node::<ast::TransactionModeList>() else { return Ok(Vec::new()) };
    let mut inner = Cursor::new(&list);
    let mut modes = Vec::new();
    while let Some(node) = inner.node::<ast::TransactionMode>() {
        modes.push(mode(&node)?);
        // The grammar takes modes without commas too.
        inner.has(SyntaxKind::COMMA);
    }
    inner.finish()?;
    Ok(modes)
}

fn mode(node: &SyntaxNode) -> Lowered<TransactionMode> {
    Ok(match node.kind() {
        SyntaxKind::READ_UNCOMMITTED => TransactionMode::Isolation(IsolationLevel::ReadUncommitted),
        SyntaxKind::READ_COMMITTED => TransactionMode::Isolation(IsolationLevel::ReadCommitted),
        SyntaxKind::REPEATABLE_READ => TransactionMode::Isolation(IsolationLevel::RepeatableRead),
        SyntaxKind::SERIALIZABLE => TransactionMode::Isolation(IsolationLevel::Serializable),
        SyntaxKind::READ_ONLY => TransactionMode::ReadOnly,
        SyntaxKind::READ_WRITE => TransactionMode::ReadWrite,
        SyntaxKind::DEFERRABLE => TransactionMode::Deferrable,
        SyntaxKind::NOT_DEFERRABLE => TransactionMode::NotDeferrable,
        kind => return Err(unsupported_node(node, kind_name(kind))),
    })
}
