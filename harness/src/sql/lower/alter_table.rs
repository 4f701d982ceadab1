//! ALTER TABLE.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{
    AlterRelation, AlterTable, IdentityChange, ObjectName, RelationKind, RenameColumn, RenameConstraint,
    SequenceOption, TableAction,
};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::alter::relation_action;
use super::expression::expect_expression;
use super::name::{column, expect_column, table_reference};
use super::relation::behavior;
use super::sequence::{number, option};
use super::table::{column_definition, generated_when, identity_options, table_constraint};
use super::type_name::type_name;
use crate::sql::cursor::{Cursor, Lowered, kind_name, start_of, syntax_error_at, tokens, unsupported_node};
use crate::sql::error::SqlError;

pub(super) fn alter(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::ALTER_KW, SyntaxKind::TABLE_KW])?;
    let if_exists = cursor.node::<ast::IfExists>().is_some();
    let table = table_reference(&cursor.expect_node::<ast::TableRelationName>()?)?;
    let Some(first) = cursor.any_node() else { return Err(cursor.unexpected()) };
    match first.kind() {
        SyntaxKind::RENAME_COLUMN => {
            stop_at_comma(&mut cursor)?;
            return rename_column(if_exists, table.name, &first);
        }
        SyntaxKind::RENAME_CONSTRAINT => {
            stop_at_comma(&mut cursor)?;
            return rename_constraint(if_exists, table.name, &first);
        }
        SyntaxKind::TABLE_RENAME_TO | SyntaxKind::SET_SCHEMA => stop_at_comma(&mut cursor)?,
        _ => {}
    }
    let is_one_of_several = cursor.peek().is_some();
    if !is_one_of_several && is_relation_action(first.kind()) {
        let action = relation_action(&first)?;
        let kind = RelationKind::Table;
        return Ok(Statement::AlterRelation(AlterRelation { kind, if_exists, name: table.name, action }));
    }
    let mut actions = vec![action(&first)?];
    while cursor.has(SyntaxKind::COMMA) {
        let Some(next) = cursor.any_node() else { return Err(cursor.unexpected()) };
        refuse_in_list(&next)?;
        actions.push(action(&next)?);
    }
    cursor.finish()?;
    Ok(Statement::AlterTable(AlterTable { if_exists, table, actions }))
}

fn is_relation_action(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        SyntaxKind::TABLE_RENAME_TO
            | SyntaxKind::SET_SCHEMA
            | SyntaxKind::OWNER_TO
            | SyntaxKind::SET_LOGGED
            | SyntaxKind::SET_UNLOGGED
    )
}

/// RENAME and SET SCHEMA stand alone in PostgreSQL's grammar.
fn stop_at_comma(cursor: &mut Cursor) -> Lowered<()> {
    if cursor.peek() == Some(SyntaxKind::COMMA) { Err(cursor.stop()) } else { Ok(()) }
}

/// As [`stop_at_comma`], for an action that is not the first. Other actions start with SET too, so the error comes at
/// the word after it.
fn refuse_in_list(node: &SyntaxNode) -> Lowered<()> {
    let stops_at = match node.kind() {
        SyntaxKind::RENAME_COLUMN | SyntaxKind::TABLE_RENAME_TO | SyntaxKind::RENAME_CONSTRAINT => 0,
        SyntaxKind::SET_SCHEMA => 1,
        _ => return Ok(()),
    };
    match tokens(node).nth(stops_at) {
        Some(token) => Err(syntax_error_at(&token)),
        None => Err(Cursor::new(node).unexpected()),
    }
}

fn rename_column(if_exists: bool, table: ObjectName, node: &SyntaxNode) -> Lowered<Statement> {
    let mut cursor = Cursor::new(node);
    cursor.expect(&[SyntaxKind::RENAME_KW])?;
    cursor.has(SyntaxKind::COLUMN_KW);
    let column = expect_column::<ast::ColumnNameRef>(&mut cursor)?;
    cursor.expect(&[SyntaxKind::TO_KW])?;
    let new_name = expect_column::<ast::ColumnName>(&mut cursor)?;
    cursor.finish()?;
    Ok(Statement::RenameColumn(RenameColumn { if_exists, table, column, new_name }))
}

fn rename_constraint(if_exists: bool, table: ObjectName, node: &SyntaxNode) -> Lowered<Statement> {
    let mut cursor = Cursor::new(node);
    cursor.expect(&[SyntaxKind::RENAME_KW, SyntaxKind::CONSTRAINT_KW])?;
    let constraint = expect_column::<ast::ConstraintNameRef>(&mut cursor)?;
    cursor.expect(&[SyntaxKind::TO_KW])?;
    let new_name = expect_column::<ast::ConstraintName>(&mut cursor)?;
    cursor.finish()?;
    Ok(Statement::RenameConstraint(RenameConstraint { if_exists, table, constraint, new_name }))
}

fn action(node: &SyntaxNode) -> Lowered<TableAction> {
    let mut cursor = Cursor::new(node);
    let action = match node.kind() {
        kind if is_relation_action(kind) => return Ok(TableAction::Relation(relation_action(node)?)),
        SyntaxKind::ADD_COLUMN => {
            cursor.expect(&[SyntaxKind::ADD_KW])?;
            cursor.has(SyntaxKind::COLUMN_KW);
            let if_not_exists = cursor.node::<ast::IfNotExists>().is_some();
            let definition = column_definition(&mut cursor)?;
            TableAction::AddColumn { if_not_exists, definition }
        }
        SyntaxKind::DROP_COLUMN => {
            cursor.expect(&[SyntaxKind::DROP_KW])?;
            cursor.has(SyntaxKind::COLUMN_KW);
            let if_exists = cursor.node::<ast::IfExists>().is_some();
            let column = expect_column::<ast::ColumnNameRef>(&mut cursor)?;
            TableAction::DropColumn { if_exists, column, behavior: behavior(&mut cursor) }
        }
        SyntaxKind::ALTER_COLUMN => return alter_column(cursor),
        SyntaxKind::ADD_CONSTRAINT => {
            cursor.expect(&[SyntaxKind::ADD_KW])?;
            let constraint = cursor.expect_node::<ast::Constraint>()?;
            TableAction::AddConstraint(table_constraint(&constraint)?)
        }
        SyntaxKind::DROP_CONSTRAINT => {
            cursor.expect(&[SyntaxKind::DROP_KW, SyntaxKind::CONSTRAINT_KW])?;
            let if_exists = cursor.node::<ast::IfExists>().is_some();
            let name = column(&cursor.expect_node::<ast::ConstraintNameRef>()?)?;
            TableAction::DropConstraint { if_exists, name, behavior: behavior(&mut cursor) }
        }
        SyntaxKind::VALIDATE_CONSTRAINT => {
            cursor.expect(&[SyntaxKind::VALIDATE_KW, SyntaxKind::CONSTRAINT_KW])?;
            TableAction::ValidateConstraint(expect_column::<ast::ConstraintNameRef>(&mut cursor)?)
        }
        kind => return Err(unsupported_node(node, kind_name(kind))),
    };
    cursor.finish()?;
    Ok(action)
}

fn alter_column(mut cursor: Cursor) -> Lowered<TableAction> {
    cursor.expect(&[SyntaxKind::ALTER_KW])?;
    cursor.has(SyntaxKind::COLUMN_KW);
    let column = expect_column::<ast::ColumnNameRef>(&mut cursor)?;
    let node = cursor.expect_node::<ast::AlterColumnOption>()?;
    cursor.finish()?;
    let mut cursor = Cursor::new(&node);
    let action = match node.kind() {
        SyntaxKind::SET_TYPE => {
            if cursor.has(SyntaxKind::SET_KW) {
                cursor.expect(&[SyntaxKind::DATA_KW])?;
            }
            cursor.expect(&[SyntaxKind::TYPE_KW])?;
            let type_name = type_name(&cursor.expect_node::<ast::Type>()?)?;
            let using = match cursor.node::<ast::UsingExpr>() {
                Some(clause) => {
                    let mut inner = Cursor::new(&clause);
                    inner.expect(&[SyntaxKind::USING_KW])?;
                    let value = expect_expression(&mut inner)?;
                    inner.finish()?;
                    Some(value)
                }
                None => None,
            };
            TableAction::SetType { column, type_name, using }
        }
        SyntaxKind::SET_DEFAULT => {
            cursor.expect(&[SyntaxKind::SET_KW, SyntaxKind::DEFAULT_KW])?;
            TableAction::SetDefault(column, expect_expression(&mut cursor)?)
        }
        SyntaxKind::DROP_DEFAULT => {
            cursor.expect(&[SyntaxKind::DROP_KW, SyntaxKind::DEFAULT_KW])?;
            TableAction::DropDefault(column)
        }
        SyntaxKind::SET_NOT_NULL => {
            cursor.expect(&[SyntaxKind::SET_KW, SyntaxKind::NOT_KW, SyntaxKind::NULL_KW])?;
            TableAction::SetNotNull(column)
        }
        SyntaxKind::DROP_NOT_NULL => {
            cursor.expect(&[SyntaxKind::DROP_KW, SyntaxKind::NOT_KW, SyntaxKind::NULL_KW])?;
            TableAction::DropNotNull(column)
        }
        SyntaxKind::ADD_GENERATED => {
            cursor.expect(&[SyntaxKind::ADD_KW, SyntaxKind::GENERATED_KW])?;
            let generated = generated_when(&mut cursor)?;
            let options = identity_options(&mut cursor)?;
            TableAction::AddIdentity { column, generated, options }
        }
        SyntaxKind::SET_GENERATED_OPTIONS => {
            let mut changes = Vec::new();
            while let Some(change) = cursor.any_node() {
                changes.push(identity_change(&change)?);
            }
            TableAction::SetIdentity { column, changes }
        }
        SyntaxKind::RESTART | SyntaxKind::SET_GENERATED | SyntaxKind::SET_SEQUENCE_OPTION => {
            return Ok(TableAction::SetIdentity { column, changes: vec![identity_change(&node)?] });
        }
        SyntaxKind::DROP_IDENTITY => {
            cursor.expect(&[SyntaxKind::DROP_KW, SyntaxKind::IDENTITY_KW])?;
            TableAction::DropIdentity { column, if_exists: cursor.node::<ast::IfExists>().is_some() }
        }
        kind => return Err(unsupported_node(&node, kind_name(kind))),
    };
    cursor.finish()?;
    Ok(action)
}

fn identity_change(node: &SyntaxNode) -> Lowered<IdentityChange> {
    let mut cursor = Cursor::new(node);
    let change = match node.kind() {
        SyntaxKind::SET_GENERATED => {
            cursor.expect(&[SyntaxKind::SET_KW, SyntaxKind::GENERATED_KW])?;
            IdentityChange::Generated(generated_when(&mut cursor)?)
        }
        SyntaxKind::SET_SEQUENCE_OPTION => {
            cursor.expect(&[SyntaxKind::SET_KW])?;
            let value = option(&cursor.expect_node::<ast::SequenceOption>()?)?;
            refuse_identity_option(node, &value)?;
            IdentityChange::Set(value)
        }
        SyntaxKind::RESTART => {
            cursor.expect(&[SyntaxKind::RESTART_KW])?;
            let has_value = cursor.has(SyntaxKind::WITH_KW) || cursor.peek().is_some();
            IdentityChange::Restart(if has_value { Some(number(&mut cursor)?) } else { None })
        }
        kind => return Err(unsupported_node(node, kind_name(kind))),
    };
    cursor.finish()?;
    Ok(change)
}

/// PostgreSQL's parser takes every option of a sequence here, only to refuse two of them itself. (It refuses RESTART too,
/// which is left to `Bridged::restore`.)
fn refuse_identity_option(node: &SyntaxNode, option: &SequenceOption) -> Lowered<()> {
    match option {
        SequenceOption::As(_) => Err(option_not_supported(node, "as")),
        SequenceOption::OwnedBy(_) => Err(option_not_supported(node, "owned_by")),
        _ => Ok(()),
    }
}

/// The error of PostgreSQL's parser for an option that an identity column does not take after SET.
pub(in crate::sql) fn option_not_supported(node: &SyntaxNode, option: &str) -> SqlError {
    let place =
        tokens(node).nth(1).map_or_else(|| start_of(&node.clone().into()), |word| word.text_range().start().into());
    SqlError::refused(place, format!("sequence option \"{option}\" not supported here"))
}
