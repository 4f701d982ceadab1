//! CREATE SEQUENCE and option lists.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{CreateSequence, Number, ObjectName, Persistence, SequenceOption};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::name::{Place, dotted, relation_name, signed_number};
use super::type_name::type_name;
use crate::sql::cursor::{Cursor, Lowered, kind_name, syntax_error_at, tokens, unsupported_node};

pub(super) fn create(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::CREATE_KW])?;
    let (persistence, is_global) = persistence(&mut cursor)?;
    cursor.expect(&[SyntaxKind::SEQUENCE_KW])?;
    let if_not_exists = cursor.node::<ast::IfNotExists>().is_some();
    let name = relation_name(&cursor.expect_node::<ast::Sequence>()?)?;
    let options = options(&mut cursor)?;
    cursor.finish()?;
    Ok(Statement::CreateSequence(CreateSequence { persistence, is_global, if_not_exists, name, options }))
}

/// Takes TEMPORARY or UNLOGGED, when one comes next, and tells whether GLOBAL stands before it. LOCAL means nothing
/// (manual, "CREATE TABLE", Compatibility).
pub(super) fn persistence(cursor: &mut Cursor) -> Lowered<(Persistence, bool)> {
    Ok(match cursor.node::<ast::Persistence>() {
        None => (Persistence::Permanent, false),
        Some(node) if node.kind() == SyntaxKind::TEMP => {
            (Persistence::Temporary, tokens(&node).any(|token| token.kind() == SyntaxKind::GLOBAL_KW))
        }
        Some(node) if node.kind() == SyntaxKind::UNLOGGED => (Persistence::Unlogged, false),
        Some(node) => return Err(unsupported_node(&node, kind_name(node.kind()))),
    })
}

/// Takes options until something else comes.
pub(super) fn options(cursor: &mut Cursor) -> Lowered<Vec<SequenceOption>> {
    let mut options = Vec::new();
    while let Some(node) = cursor.node::<ast::SequenceOption>() {
        options.push(option(&node)?);
    }
    Ok(options)
}

/// Lowers one option.
pub(super) fn option(node: &SyntaxNode) -> Lowered<SequenceOption> {
    let mut cursor = Cursor::new(node);
    let option = match node.kind() {
        SyntaxKind::OPTION_AS_TYPE => {
            cursor.expect(&[SyntaxKind::AS_KW])?;
            let node = cursor.expect_node::<ast::Type>()?;
            let type_name = type_name(&node)?;
            if let Some(bracket) = tokens(&node).find(|token| token.kind() == SyntaxKind::L_BRACK) {
                return Err(syntax_error_at(&bracket));
            }
            SequenceOption::As(type_name)
        }
        SyntaxKind::OPTION_INCREMENT => {
            cursor.expect(&[SyntaxKind::INCREMENT_KW])?;
            cursor.has(SyntaxKind::BY_KW);
            SequenceOption::Increment(number(&mut cursor)?)
        }
        SyntaxKind::OPTION_MIN_VALUE => {
            cursor.expect(&[SyntaxKind::MINVALUE_KW])?;
            SequenceOption::MinValue(number(&mut cursor)?)
        }
        SyntaxKind::OPTION_MAX_VALUE => {
            cursor.expect(&[SyntaxKind::MAXVALUE_KW])?;
            SequenceOption::MaxValue(number(&mut cursor)?)
        }
        SyntaxKind::OPTION_START => {
            cursor.expect(&[SyntaxKind::START_KW])?;
            cursor.has(SyntaxKind::WITH_KW);
            SequenceOption::Start(number(&mut cursor)?)
        }
        SyntaxKind::OPTION_RESTART => {
            cursor.expect(&[SyntaxKind::RESTART_KW])?;
            let has_value = cursor.has(SyntaxKind::WITH_KW) || cursor.peek().is_some();
            SequenceOption::Restart(if has_value { Some(number(&mut cursor)?) } else { None })
        }
        SyntaxKind::OPTION_CACHE => {
            cursor.expect(&[SyntaxKind::CACHE_KW])?;
            SequenceOption::Cache(number(&mut cursor)?)
        }
        SyntaxKind::OPTION_NO_MIN_VALUE => {
            cursor.expect(&[SyntaxKind::NO_KW, SyntaxKind::MINVALUE_KW])?;
            SequenceOption::NoMinValue
        }
        SyntaxKind::OPTION_NO_MAX_VALUE => {
            cursor.expect(&[SyntaxKind::NO_KW, SyntaxKind::MAXVALUE_KW])?;
            SequenceOption::NoMaxValue
        }
        SyntaxKind::OPTION_CYCLE => {
            cursor.expect(&[SyntaxKind::CYCLE_KW])?;
            SequenceOption::Cycle
        }
        SyntaxKind::OPTION_NO_CYCLE => {
            cursor.expect(&[SyntaxKind::NO_KW, SyntaxKind::CYCLE_KW])?;
            SequenceOption::NoCycle
        }
        SyntaxKind::OPTION_OWNED_BY => {
            cursor.expect(&[SyntaxKind::OWNED_KW, SyntaxKind::BY_KW])?;
            SequenceOption::OwnedBy(owner(&mut cursor)?)
        }
        SyntaxKind::OPTION_SEQUENCE_NAME => {
            cursor.expect(&[SyntaxKind::SEQUENCE_KW, SyntaxKind::NAME_KW])?;
            SequenceOption::SequenceName(relation_name(&cursor.expect_node::<ast::Sequence>()?)?)
        }
        kind => return Err(unsupported_node(node, kind_name(kind))),
    };
    cursor.finish()?;
    Ok(option)
}

/// NONE is no keyword to PostgreSQL here, just the single name `none`.
fn owner(cursor: &mut Cursor) -> Lowered<ObjectName> {
    if cursor.node_of(SyntaxKind::OWNED_BY_NONE).is_some() {
        return Ok(ObjectName::bare("none"));
    }
    dotted(&cursor.expect_node::<ast::QualifiedColumnNameRef>()?, Place::Column)
}

/// Takes the number of an option.
pub(super) fn number(cursor: &mut Cursor) -> Lowered<Number> {
    signed_number(&cursor.expect_node::<ast::Expr>()?)
}
