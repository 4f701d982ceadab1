//! Syntax tree to [`Statement`], one file per statement family.
//!
//! Every function reads its node with a [`Cursor`], which refuses children that nobody took.

mod alter;
mod alter_table;
mod atom;
mod data_type;
mod expression;
mod join;
mod maintenance;
mod name;
mod operator;
mod prepared;
mod privilege;
mod procedural;
mod procedural_sql;
mod query;
mod relation;
mod role;
mod rows;
mod sequence;
mod session;
mod set;
mod string;
mod table;
mod type_name;
mod view;
mod with;

use seqcheck_engine::Statement;
use seqcheck_engine::statement::RelationKind;
use squawk_syntax::{SyntaxKind, SyntaxNode};

pub(super) use alter_table::option_not_supported;

use super::cursor::{Cursor, Lowered, kind_name, unsupported_node};

/// Lowers one statement; `None` for an empty one.
pub(super) fn statement(node: &SyntaxNode) -> Lowered<Option<Statement>> {
    let cursor = Cursor::new(node);
    let statement = match node.kind() {
        SyntaxKind::EMPTY_STMT => return Ok(None),
        SyntaxKind::CREATE_SEQUENCE => sequence::create(cursor)?,
        SyntaxKind::ALTER_SEQUENCE => alter::sequence(cursor)?,
        SyntaxKind::ALTER_TABLE => alter_table::alter(cursor)?,
        SyntaxKind::ALTER_VIEW => alter::relation(cursor, RelationKind::View)?,
        SyntaxKind::ALTER_INDEX => alter::relation(cursor, RelationKind::Index)?,
        SyntaxKind::DROP_SEQUENCE => relation::drop(cursor, RelationKind::Sequence)?,
        SyntaxKind::DROP_TABLE => relation::drop(cursor, RelationKind::Table)?,
        SyntaxKind::DROP_VIEW => relation::drop(cursor, RelationKind::View)?,
        SyntaxKind::DROP_INDEX => relation::drop(cursor, RelationKind::Index)?,
        SyntaxKind::COMMENT_ON => relation::comment(cursor)?,
        SyntaxKind::CREATE_SCHEMA => relation::create_schema(cursor)?,
        SyntaxKind::ALTER_SCHEMA => relation::alter_schema(cursor)?,
        SyntaxKind::DROP_SCHEMA => relation::drop_schema(cursor)?,
        SyntaxKind::CREATE_TYPE => data_type::create(cursor)?,
        SyntaxKind::ALTER_TYPE => data_type::alter(cursor)?,
        SyntaxKind::DROP_TYPE => data_type::drop(cursor)?,
        SyntaxKind::CREATE_TABLE => table::create(cursor)?,
        SyntaxKind::CREATE_TABLE_AS => with::create_table_as(cursor)?,
        SyntaxKind::CREATE_VIEW => view::create(cursor)?,
        SyntaxKind::CREATE_INDEX => view::create_index(cursor)?,
        SyntaxKind::CREATE_ROLE | SyntaxKind::CREATE_USER | SyntaxKind::CREATE_GROUP => {
            role::create(node.kind(), cursor)?
        }
        SyntaxKind::DROP_ROLE | SyntaxKind::DROP_USER | SyntaxKind::DROP_GROUP => role::drop(cursor)?,
        SyntaxKind::GRANT => privilege::grant(cursor)?,
        SyntaxKind::REVOKE => privilege::revoke(cursor)?,
        SyntaxKind::ALTER_DEFAULT_PRIVILEGES => privilege::default_privileges(cursor)?,
        SyntaxKind::REASSIGN => role::reassign_owned(cursor)?,
        SyntaxKind::DROP_OWNED => role::drop_owned(cursor)?,
        SyntaxKind::INSERT | SyntaxKind::UPDATE | SyntaxKind::DELETE => with::statement(node)?,
        SyntaxKind::TRUNCATE => rows::truncate(cursor)?,
        SyntaxKind::COPY => rows::copy(cursor)?,
        SyntaxKind::SELECT
        | SyntaxKind::SELECT_INTO
        | SyntaxKind::VALUES
        | SyntaxKind::TABLE
        | SyntaxKind::PAREN_SELECT
        | SyntaxKind::COMPOUND_SELECT => with::statement(node)?,
        SyntaxKind::BEGIN
        | SyntaxKind::COMMIT_TRANSACTION
        | SyntaxKind::COMMIT_PREPARED
        | SyntaxKind::ROLLBACK_TRANSACTION
        | SyntaxKind::ROLLBACK_TO_SAVEPOINT
        | SyntaxKind::ROLLBACK_PREPARED
        | SyntaxKind::SAVEPOINT_CREATE
        | SyntaxKind::RELEASE_SAVEPOINT
        | SyntaxKind::PREPARE_TRANSACTION
        | SyntaxKind::SET_TRANSACTION => Statement::Transaction(session::transaction(node.kind(), cursor)?),
        SyntaxKind::SET => Statement::SetParameter(set::set(cursor)?),
        SyntaxKind::SET_ROLE => Statement::SetParameter(set::set_role(cursor)?),
        SyntaxKind::SET_SESSION_AUTH => Statement::SetParameter(set::set_session_authorization(cursor)?),
        SyntaxKind::RESET => Statement::SetParameter(set::reset(cursor)?),
        SyntaxKind::RESET_ROLE => Statement::SetParameter(set::reset_role(cursor)?),
        SyntaxKind::RESET_SESSION_AUTH => Statement::SetParameter(set::reset_session_authorization(cursor)?),
        SyntaxKind::SHOW => Statement::Show(set::show(cursor)?),
        SyntaxKind::DISCARD => Statement::Discard(session::discard(cursor)?),
        SyntaxKind::PREPARE => prepared::prepare(cursor)?,
        SyntaxKind::EXECUTE => prepared::execute(cursor)?,
        SyntaxKind::DEALLOCATE => prepared::deallocate(cursor)?,
        SyntaxKind::EXPLAIN => prepared::explain(node)?,
        SyntaxKind::DO => procedural::anonymous_block(node)?,
        SyntaxKind::LOCK => maintenance::lock(cursor)?,
        SyntaxKind::VACUUM => maintenance::vacuum(cursor)?,
        SyntaxKind::ANALYZE => maintenance::analyze(cursor)?,
        SyntaxKind::REINDEX => maintenance::reindex(cursor)?,
        SyntaxKind::CHECKPOINT => maintenance::checkpoint(cursor)?,
        kind => return Err(unsupported_node(node, kind_name(kind))),
    };
    Ok(Some(statement))
}
