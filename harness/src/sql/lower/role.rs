//! Roles and what they own.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{CreateRole, DropOwned, DropRole, ReassignOwned, RoleAttribute, RoleName};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::name::{Place, identifier, single};
use super::relation::behavior;
use crate::sql::cursor::{Cursor, Lowered, kind_name, syntax_error_at, tokens, unsupported, unsupported_node};
use crate::sql::error::SqlError;

pub(super) fn create(kind: SyntaxKind, mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::CREATE_KW])?;
    // ROLE, USER or GROUP.
    cursor.take();
    let role = cursor.expect_node::<ast::Role>()?;
    let name = match tokens(&role).next() {
        Some(token) if is_current_role(token.kind()) => return Err(unsupported(&token.into())),
        _ => single(&role, Place::NonReserved)?,
    };
    let mut attributes = Vec::new();
    if let Some(list) = cursor.node::<ast::RoleOptionList>() {
        let mut inner = Cursor::new(&list);
        inner.has(SyntaxKind::WITH_KW);
        while let Some(option) = inner.node::<ast::RoleOption>() {
            attributes.push(attribute(&option)?);
        }
        inner.finish()?;
    }
    cursor.finish()?;
    // A user is a role that may log in unless the statement says otherwise (manual, "CREATE USER").
    let has_login = attributes.iter().any(|attribute| matches!(attribute, RoleAttribute::Login(_)));
    if kind == SyntaxKind::CREATE_USER && !has_login {
        attributes.insert(0, RoleAttribute::Login(true));
    }
    Ok(Statement::CreateRole(CreateRole { name, attributes }))
}

fn is_current_role(kind: SyntaxKind) -> bool {
    matches!(kind, SyntaxKind::CURRENT_ROLE_KW | SyntaxKind::CURRENT_USER_KW | SyntaxKind::SESSION_USER_KW)
}

fn attribute(node: &SyntaxNode) -> Lowered<RoleAttribute> {
    match node.kind() {
        SyntaxKind::ROLE_OPTION_INHERIT => return Ok(RoleAttribute::Inherit(true)),
        SyntaxKind::ROLE_OPTION_GENERIC => {}
        kind => return Err(unsupported_node(node, kind_name(kind))),
    }
    let Some(token) = tokens(node).next() else { return Err(Cursor::new(node).unexpected()) };
    let word = identifier(&token, Place::NonReserved)?;
    Ok(match word.written() {
        "login" => RoleAttribute::Login(true),
        "nologin" => RoleAttribute::Login(false),
        "superuser" => RoleAttribute::Superuser(true),
        "nosuperuser" => RoleAttribute::Superuser(false),
        "noinherit" => RoleAttribute::Inherit(false),
        "createdb" => RoleAttribute::CreateDatabase(true),
        "nocreatedb" => RoleAttribute::CreateDatabase(false),
        "createrole" => RoleAttribute::CreateRole(true),
        "nocreaterole" => RoleAttribute::CreateRole(false),
        "replication" | "noreplication" | "bypassrls" | "nobypassrls" => return Err(unsupported(&token.into())),
        other => {
            let message = format!("unrecognized role option \"{other}\"");
            return Err(SqlError::refused(token.text_range().start().into(), message));
        }
    })
}

pub(super) fn drop(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::DROP_KW])?;
    // ROLE, USER or GROUP.
    cursor.take();
    let if_exists = cursor.node::<ast::IfExists>().is_some();
    let names = cursor.comma_separated::<ast::RoleRef, _>(role)?;
    if names.is_empty() {
        return Err(cursor.unexpected());
    }
    cursor.finish()?;
    Ok(Statement::DropRole(DropRole { if_exists, names }))
}

pub(super) fn reassign_owned(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::REASSIGN_KW, SyntaxKind::OWNED_KW, SyntaxKind::BY_KW])?;
    let from = roles(&mut cursor)?;
    cursor.expect(&[SyntaxKind::TO_KW])?;
    let mut list = Cursor::new(&cursor.expect_node::<ast::RoleRefList>()?);
    let to = expect_role(&mut list)?;
    if list.peek().is_some() {
        return Err(list.stop());
    }
    cursor.finish()?;
    Ok(Statement::ReassignOwned(ReassignOwned { from, to }))
}

pub(super) fn drop_owned(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::DROP_KW, SyntaxKind::OWNED_KW, SyntaxKind::BY_KW])?;
    let roles = roles(&mut cursor)?;
    let behavior = behavior(&mut cursor);
    cursor.finish()?;
    Ok(Statement::DropOwned(DropOwned { roles, behavior }))
}

/// Takes a list of roles.
pub(super) fn roles(cursor: &mut Cursor) -> Lowered<Vec<RoleName>> {
    let mut list = Cursor::new(&cursor.expect_node::<ast::RoleRefList>()?);
    let roles = list.comma_separated::<ast::RoleRef, _>(role)?;
    list.finish()?;
    Ok(roles)
}

/// Takes a role.
pub(super) fn expect_role(cursor: &mut Cursor) -> Lowered<RoleName> {
    role(&cursor.expect_node::<ast::RoleRef>()?)
}

/// Lowers a role. The word GROUP, which means nothing, is for grantees only.
pub(super) fn role(node: &SyntaxNode) -> Lowered<RoleName> {
    let mut cursor = Cursor::new(node);
    if let Some(token) = cursor.token(SyntaxKind::GROUP_KW) {
        return Err(syntax_error_at(&token));
    }
    let Some(role) = cursor.any_node() else { return Err(cursor.unexpected()) };
    cursor.finish()?;
    role_value(&role)
}

/// Lowers a role without the word GROUP.
pub(super) fn role_value(node: &SyntaxNode) -> Lowered<RoleName> {
    match node.kind() {
        SyntaxKind::ROLE_REF_CURRENT_ROLE => Ok(RoleName::CurrentRole),
        SyntaxKind::ROLE_REF_CURRENT_USER => Ok(RoleName::CurrentUser),
        SyntaxKind::ROLE_REF_SESSION_USER => Ok(RoleName::SessionUser),
        _ => Ok(RoleName::Named(single(node, Place::NonReserved)?)),
    }
}
