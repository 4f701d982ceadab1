//! SET, RESET and SHOW.

use seqcheck_engine::statement::{Identifier, ParameterValue, SetParameter, SetScope};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxElement, SyntaxKind, SyntaxNode};

use super::name::{Place, dotted, identifier, signed_number, single};
use super::string::{expect_string, string};
use crate::sql::cursor::{Cursor, Lowered, tokens, unsupported, unsupported_node};

pub(super) fn set(mut cursor: Cursor) -> Lowered<SetParameter> {
    cursor.expect(&[SyntaxKind::SET_KW])?;
    let scope = scope(&mut cursor);
    if let Some(node) = cursor.node_of(SyntaxKind::SET_SCHEMA_VALUE) {
        let mut inner = Cursor::new(&node);
        inner.expect(&[SyntaxKind::SCHEMA_KW])?;
        let schema = expect_string(&mut inner)?;
        inner.finish()?;
        cursor.finish()?;
        return Ok(SetParameter { scope, name: "search_path".into(), value: ParameterValue::List(vec![schema]) });
    }
    let Some(node) = cursor.node_of(SyntaxKind::SET_CONFIG) else { return Err(cursor.unexpected()) };
    let mut inner = Cursor::new(&node);
    let reference = inner.expect_node::<ast::ConfigParameterRef>()?;
    let name = parameter(&reference)?;
    if name.written() == "all" {
        return Err(unsupported_node(&reference, "parameter named all"));
    }
    let Some(assignment) = inner.node_of(SyntaxKind::TO_CONFIG_VALUE) else { return Err(inner.unexpected()) };
    let value = value(&assignment)?;
    inner.finish()?;
    cursor.finish()?;
    Ok(SetParameter { scope, name, value })
}

/// `SET ROLE name` is to PostgreSQL's parser what `SET role TO name` is.
pub(super) fn set_role(mut cursor: Cursor) -> Lowered<SetParameter> {
    cursor.expect(&[SyntaxKind::SET_KW])?;
    let scope = scope(&mut cursor);
    cursor.expect(&[SyntaxKind::ROLE_KW])?;
    cursor.has(SyntaxKind::TO_KW);
    Ok(SetParameter { scope, name: "role".into(), value: role_value(cursor)? })
}

/// `SET SESSION AUTHORIZATION name` is to PostgreSQL's parser what `SET session_authorization TO name` is.
pub(super) fn set_session_authorization(mut cursor: Cursor) -> Lowered<SetParameter> {
    cursor.expect(&[SyntaxKind::SET_KW])?;
    let scope = scope(&mut cursor);
    cursor.expect(&[SyntaxKind::SESSION_KW, SyntaxKind::AUTHORIZATION_KW])?;
    Ok(SetParameter { scope, name: "session_authorization".into(), value: role_value(cursor)? })
}

/// Takes the rest, which must be one word or string.
fn role_value(mut cursor: Cursor) -> Lowered<ParameterValue> {
    let Some(target) = cursor.any_node() else { return Err(cursor.unexpected()) };
    cursor.finish()?;
    let name = SyntaxElement::Node(target.clone());
    let mut tokens = tokens(&target);
    let value = match (tokens.next(), tokens.next()) {
        (Some(token), None) if token.kind() == SyntaxKind::DEFAULT_KW => ParameterValue::Default,
        (Some(_), None) if target.kind() == SyntaxKind::LITERAL => ParameterValue::List(vec![string(&target)?]),
        (Some(token), None) => ParameterValue::List(vec![word(identifier(&token, Place::NonReserved)?, &target)?]),
        _ => return Err(unsupported(&name)),
    };
    Ok(value)
}

pub(super) fn reset(mut cursor: Cursor) -> Lowered<SetParameter> {
    cursor.expect(&[SyntaxKind::RESET_KW])?;
    let name = parameter_or_all(&mut cursor)?;
    cursor.finish()?;
    Ok(SetParameter { scope: SetScope::Unspecified, name, value: ParameterValue::Reset })
}

pub(super) fn reset_role(mut cursor: Cursor) -> Lowered<SetParameter> {
    cursor.expect(&[SyntaxKind::RESET_KW, SyntaxKind::ROLE_KW])?;
    cursor.finish()?;
    Ok(SetParameter { scope: SetScope::Unspecified, name: "role".into(), value: ParameterValue::Reset })
}

pub(super) fn reset_session_authorization(mut cursor: Cursor) -> Lowered<SetParameter> {
    cursor.expect(&[SyntaxKind::RESET_KW, SyntaxKind::SESSION_KW, SyntaxKind::AUTHORIZATION_KW])?;
    cursor.finish()?;
    let value = ParameterValue::Reset;
    Ok(SetParameter { scope: SetScope::Unspecified, name: "session_authorization".into(), value })
}

pub(super) fn show(mut cursor: Cursor) -> Lowered<Identifier> {
    cursor.expect(&[SyntaxKind::SHOW_KW])?;
    let name = parameter_or_all(&mut cursor)?;
    cursor.finish()?;
    Ok(name)
}

fn scope(cursor: &mut Cursor) -> SetScope {
    if cursor.node_of(SyntaxKind::SESSION_SCOPE).is_some() {
        SetScope::Session
    } else if cursor.node_of(SyntaxKind::LOCAL_SCOPE).is_some() {
        SetScope::Local
    } else {
        SetScope::Unspecified
    }
}

fn parameter_or_all(cursor: &mut Cursor) -> Lowered<Identifier> {
    if cursor.node_of(SyntaxKind::ALL).is_some() {
        return Ok("all".into());
    }
    let node = cursor.expect_node::<ast::ConfigParameterRef>()?;
    let name = parameter(&node)?;
    if name.written() == "all" { Err(unsupported_node(&node, "parameter named all")) } else { Ok(name) }
}

/// A parameter's name; the parts of a customized one make one name.
fn parameter(node: &SyntaxNode) -> Lowered<Identifier> {
    let mut name = dotted(node, Place::Column)?;
    if name.parts.len() == 1 {
        return Ok(name.parts.remove(0));
    }
    if name.parts.iter().any(Identifier::is_truncated) {
        return Err(unsupported_node(node, "parameter name that is cut"));
    }
    let parts: Vec<&str> = name.parts.iter().map(Identifier::written).collect();
    Ok(parts.join(".").as_str().into())
}

fn value(node: &SyntaxNode) -> Lowered<ParameterValue> {
    let mut cursor = Cursor::new(node);
    if !cursor.has(SyntaxKind::TO_KW) {
        cursor.expect(&[SyntaxKind::EQ])?;
    }
    if cursor.has(SyntaxKind::DEFAULT_KW) {
        cursor.finish()?;
        return Ok(ParameterValue::Default);
    }
    let mut values = Vec::new();
    while let Some(kind) = cursor.peek() {
        let Some(item) = cursor.node_of(kind) else { return Err(cursor.unexpected()) };
        values.push(list_item(&item)?);
        if !cursor.has(SyntaxKind::COMMA) {
            break;
        }
    }
    if values.is_empty() {
        return Err(cursor.unexpected());
    }
    cursor.finish()?;
    Ok(ParameterValue::List(values))
}

fn list_item(node: &SyntaxNode) -> Lowered<String> {
    let first = tokens(node).next();
    match (node.kind(), first.map(|token| token.kind())) {
        (SyntaxKind::CONFIG_VALUE_NAME, _) => word(single(node, Place::NonReserved)?, node),
        (SyntaxKind::LITERAL, Some(SyntaxKind::TRUE_KW)) => Ok("true".to_owned()),
        (SyntaxKind::LITERAL, Some(SyntaxKind::FALSE_KW)) => Ok("false".to_owned()),
        (SyntaxKind::LITERAL, Some(SyntaxKind::ON_KW)) => Ok("on".to_owned()),
        (SyntaxKind::LITERAL, Some(SyntaxKind::INT_NUMBER | SyntaxKind::NUMERIC_NUMBER))
        | (SyntaxKind::PREFIX_EXPR, _) => Ok(signed_number(node)?.0),
        (SyntaxKind::LITERAL, _) => string(node),
        _ => Err(unsupported(&SyntaxElement::Node(node.clone()))),
    }
}

/// A word that PostgreSQL cuts raises a notice, which a plain text cannot remember.
fn word(word: Identifier, node: &SyntaxNode) -> Lowered<String> {
    if word.is_truncated() {
        Err(unsupported_node(node, "parameter value that is cut"))
    } else {
        Ok(word.written().to_owned())
    }
}
