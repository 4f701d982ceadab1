//! GRANT, REVOKE and ALTER DEFAULT PRIVILEGES.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{
    Behavior, DefaultPrivileges, DefaultTarget, Grant, GrantRole, GrantTarget, Grantee, Identifier, Privilege, RoleName,
};
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode, SyntaxToken};

use super::name::{Place, column, identifier, relation_name};
use super::relation::behavior;
use super::role::{role_value, roles};
use crate::sql::cursor::{
    Cursor, Lowered, kind_name, start_of, syntax_error_at, tokens, unsupported, unsupported_node,
};
use crate::sql::error::SqlError;

pub(super) fn grant(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::GRANT_KW])?;
    let words = cursor.expect_node::<ast::Privileges>()?;
    let Some(target) = cursor.node::<ast::OnPrivilegeObjectsClause>() else {
        return grant_role(cursor, true, &words);
    };
    let privileges = privileges(&words)?;
    let target = grant_target(&target)?;
    cursor.expect(&[SyntaxKind::TO_KW])?;
    let grantees = grantees(&mut cursor)?;
    let grant_option = with_grant_option(&mut cursor)?;
    cursor.finish()?;
    let behavior = Behavior::Unspecified;
    Ok(Statement::Grant(Grant { is_grant: true, grant_option, privileges, target, grantees, behavior }))
}

pub(super) fn revoke(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::REVOKE_KW])?;
    let grant_option = cursor.node_of(SyntaxKind::GRANT_OPTION_FOR);
    let words = cursor.expect_node::<ast::Privileges>()?;
    let Some(target) = cursor.node::<ast::OnPrivilegeObjectsClause>() else {
        return match grant_option {
            Some(option) => Err(unsupported(&option.into())),
            None => grant_role(cursor, false, &words),
        };
    };
    let grant_option = grant_option.is_some();
    let privileges = privileges(&words)?;
    let target = grant_target(&target)?;
    cursor.expect(&[SyntaxKind::FROM_KW])?;
    let grantees = grantees(&mut cursor)?;
    let behavior = behavior(&mut cursor);
    cursor.finish()?;
    Ok(Statement::Grant(Grant { is_grant: false, grant_option, privileges, target, grantees, behavior }))
}

/// Lowers GRANT or REVOKE of roles from TO or FROM on.
fn grant_role(mut cursor: Cursor, is_grant: bool, words: &SyntaxNode) -> Lowered<Statement> {
    // The grammar takes ALL before ON only.
    if words.kind() == SyntaxKind::ALL_PRIVILEGES {
        return Err(cursor.stop());
    }
    let mut list = Cursor::new(words);
    let roles_given = list.comma_separated::<ast::RevokeCommand, _>(|command| {
        let token = command_word(command)?;
        privilege_name(&token)
    })?;
    list.finish()?;
    cursor.expect(&[if is_grant { SyntaxKind::TO_KW } else { SyntaxKind::FROM_KW }])?;
    let members = roles(&mut cursor)?;
    cursor.finish()?;
    Ok(Statement::GrantRole(GrantRole { is_grant, roles: roles_given, members }))
}

pub(super) fn default_privileges(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::ALTER_KW, SyntaxKind::DEFAULT_KW, SyntaxKind::PRIVILEGES_KW])?;
    let owners = match cursor.node::<ast::ForRoles>() {
        Some(node) => {
            let mut inner = Cursor::new(&node);
            inner.expect(&[SyntaxKind::FOR_KW])?;
            let _ = inner.has(SyntaxKind::ROLE_KW) || inner.has(SyntaxKind::USER_KW);
            let owners = roles(&mut inner)?;
            inner.finish()?;
            owners
        }
        None => Vec::new(),
    };
    let schemas = match cursor.node::<ast::InSchemas>() {
        Some(node) => {
            let mut inner = Cursor::new(&node);
            inner.expect(&[SyntaxKind::IN_KW, SyntaxKind::SCHEMA_KW])?;
            names::<ast::SchemaRef, _>(inner, column)?
        }
        None => Vec::new(),
    };
    let node = cursor.expect_node::<ast::AlterDefaultPrivilegesAction>()?;
    cursor.finish()?;
    let mut cursor = Cursor::new(&node);
    let is_grant = cursor.has(SyntaxKind::GRANT_KW);
    if !is_grant {
        cursor.expect(&[SyntaxKind::REVOKE_KW])?;
    }
    let option_for = cursor.node_of(SyntaxKind::GRANT_OPTION_FOR).is_some();
    let privileges = privileges(&cursor.expect_node::<ast::Privileges>()?)?;
    cursor.expect(&[SyntaxKind::ON_KW])?;
    let target = default_target(&cursor.expect_node::<ast::PrivilegeTarget>()?)?;
    cursor.expect(&[if is_grant { SyntaxKind::TO_KW } else { SyntaxKind::FROM_KW }])?;
    let grantees = grantees(&mut cursor)?;
    let grant_option = option_for || with_grant_option(&mut cursor)?;
    let behavior = behavior(&mut cursor);
    cursor.finish()?;
    Ok(Statement::DefaultPrivileges(DefaultPrivileges {
        roles: owners,
        schemas,
        is_grant,
        grant_option,
        privileges,
        target,
        grantees,
        behavior,
    }))
}

fn default_target(node: &SyntaxNode) -> Lowered<DefaultTarget> {
    match node.kind() {
        SyntaxKind::PRIVILEGE_TARGET_TABLES => Ok(DefaultTarget::Tables),
        SyntaxKind::PRIVILEGE_TARGET_SEQUENCES => Ok(DefaultTarget::Sequences),
        kind => {
            let what = kind_name(kind).replacen("PRIVILEGE TARGET", "default privileges on", 1);
            Err(unsupported_node(node, what))
        }
    }
}

/// Lowers ALL or a list of privileges.
fn privileges(node: &SyntaxNode) -> Lowered<Option<Vec<Privilege>>> {
    let mut cursor = Cursor::new(node);
    if node.kind() == SyntaxKind::ALL_PRIVILEGES {
        cursor.expect(&[SyntaxKind::ALL_KW])?;
        cursor.has(SyntaxKind::PRIVILEGES_KW);
        if let Some(columns) = cursor.node::<ast::ColumnRefList>() {
            return Err(unsupported_node(&columns, "column privilege"));
        }
        cursor.finish()?;
        return Ok(None);
    }
    let list = cursor.comma_separated::<ast::RevokeCommand, _>(privilege)?;
    cursor.finish()?;
    Ok(Some(list))
}

fn privilege(node: &SyntaxNode) -> Lowered<Privilege> {
    let token = command_word(node)?;
    Ok(match privilege_name(&token)?.written() {
        "select" => Privilege::Select,
        "insert" => Privilege::Insert,
        "update" => Privilege::Update,
        "delete" => Privilege::Delete,
        "truncate" => Privilege::Truncate,
        "references" => Privilege::References,
        "trigger" => Privilege::Trigger,
        "usage" => Privilege::Usage,
        "create" => Privilege::Create,
        "maintain" => Privilege::Maintain,
        other => {
            let place = token.text_range().start().into();
            return Err(SqlError::unsupported(place, format!("privilege {}", other.to_uppercase())));
        }
    })
}

/// The one word of a privilege or role before ON, TO or FROM.
fn command_word(node: &SyntaxNode) -> Lowered<SyntaxToken> {
    if let Some(columns) = node.children().find(|child| ast::ColumnRefList::can_cast(child.kind())) {
        return Err(unsupported_node(&columns, "column privilege"));
    }
    let mut words = tokens(node);
    match (words.next(), words.next()) {
        (Some(token), None) => Ok(token),
        (Some(token), Some(second)) if token.kind() == SyntaxKind::GROUP_KW => Err(syntax_error_at(&second)),
        _ => Err(unsupported_node(node, kind_of_words(node))),
    }
}

fn kind_of_words(node: &SyntaxNode) -> String {
    let words: Vec<_> = tokens(node).map(|token| token.text().to_uppercase()).collect();
    format!("privilege {}", words.join(" "))
}

/// Three of the privileges are reserved words, which the grammar takes besides names.
fn privilege_name(token: &SyntaxToken) -> Lowered<Identifier> {
    match token.kind() {
        SyntaxKind::SELECT_KW => Ok("select".into()),
        SyntaxKind::REFERENCES_KW => Ok("references".into()),
        SyntaxKind::CREATE_KW => Ok("create".into()),
        _ => identifier(token, Place::Column),
    }
}

fn grant_target(clause: &SyntaxNode) -> Lowered<GrantTarget> {
    let mut cursor = Cursor::new(clause);
    cursor.expect(&[SyntaxKind::ON_KW])?;
    let node = cursor.expect_node::<ast::PrivilegeObjects>()?;
    cursor.finish()?;
    let mut cursor = Cursor::new(&node);
    Ok(match node.kind() {
        SyntaxKind::PRIVILEGE_DEFAULT => GrantTarget::Tables(names::<ast::RelationNameRef, _>(cursor, relation_name)?),
        SyntaxKind::PRIVILEGE_TABLE => {
            cursor.expect(&[SyntaxKind::TABLE_KW])?;
            GrantTarget::Tables(names::<ast::RelationNameRef, _>(cursor, relation_name)?)
        }
        SyntaxKind::PRIVILEGE_SEQUENCE => {
            cursor.expect(&[SyntaxKind::SEQUENCE_KW])?;
            GrantTarget::Sequences(names::<ast::SequenceRef, _>(cursor, relation_name)?)
        }
        SyntaxKind::PRIVILEGE_SCHEMA => {
            cursor.expect(&[SyntaxKind::SCHEMA_KW])?;
            GrantTarget::Schemas(names::<ast::SchemaRef, _>(cursor, column)?)
        }
        SyntaxKind::PRIVILEGE_ALL_TABLES_IN_SCHEMA => {
            cursor.expect(&[SyntaxKind::ALL_KW, SyntaxKind::TABLES_KW, SyntaxKind::IN_KW, SyntaxKind::SCHEMA_KW])?;
            GrantTarget::AllTables(names::<ast::SchemaRef, _>(cursor, column)?)
        }
        SyntaxKind::PRIVILEGE_ALL_SEQUENCES_IN_SCHEMA => {
            cursor.expect(&[SyntaxKind::ALL_KW, SyntaxKind::SEQUENCES_KW, SyntaxKind::IN_KW, SyntaxKind::SCHEMA_KW])?;
            GrantTarget::AllSequences(names::<ast::SchemaRef, _>(cursor, column)?)
        }
        kind => {
            let what = kind_name(kind).replacen("PRIVILEGE", "privileges on", 1);
            return Err(SqlError::unsupported(start_of(&node.into()), what));
        }
    })
}

/// Takes names to the end.
fn names<N: AstNode, T>(mut cursor: Cursor, lower: impl Fn(&SyntaxNode) -> Lowered<T>) -> Lowered<Vec<T>> {
    let names = cursor.comma_separated::<N, T>(lower)?;
    if names.is_empty() {
        return Err(cursor.unexpected());
    }
    cursor.finish()?;
    Ok(names)
}

fn grantees(cursor: &mut Cursor) -> Lowered<Vec<Grantee>> {
    let mut list = Cursor::new(&cursor.expect_node::<ast::RoleRefList>()?);
    let grantees = list.comma_separated::<ast::RoleRef, _>(|node| {
        let mut inner = Cursor::new(node);
        inner.has(SyntaxKind::GROUP_KW);
        let Some(value) = inner.any_node() else { return Err(inner.unexpected()) };
        inner.finish()?;
        // PUBLIC is no keyword to PostgreSQL, so it is one in quotes too.
        Ok(match role_value(&value)? {
            RoleName::Named(name) if name.written() == "public" => Grantee::Public,
            role => Grantee::Role(role),
        })
    })?;
    list.finish()?;
    Ok(grantees)
}

fn with_grant_option(cursor: &mut Cursor) -> Lowered<bool> {
    let Some(clause) = cursor.node::<ast::GrantWithClause>() else { return Ok(false) };
    let mut inner = Cursor::new(&clause);
    inner.expect(&[SyntaxKind::WITH_KW])?;
    if inner.node_of(SyntaxKind::GRANT_OPTION).is_none() {
        return Err(inner.stop());
    }
    inner.finish()?;
    Ok(true)
}
