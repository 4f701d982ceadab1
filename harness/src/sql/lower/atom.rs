//! The operands of expressions: constants, columns, calls, CASE, subqueries.

use seqcheck_engine::statement::{Call, Case, Expression, Identifier, Literal, ObjectName, Query, SessionValue};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxElement, SyntaxKind, SyntaxNode, SyntaxToken};

use super::expression::{expect_expression, expression, expressions, parenthesised_query};
use super::name::{Place, identifier, number};
use super::query::{is_query, order_by, query};
use super::string::string;
use super::type_name::{constant_type_name, type_name};
use crate::sql::beyond::is_called_keyword;
use crate::sql::cursor::{
    Cursor, Lowered, kind_name, syntax_error_after, syntax_error_at, tokens, unsupported, unsupported_node,
};

/// Lowers a node that is one operand.
pub(super) fn atom(node: &SyntaxNode) -> Lowered<Expression> {
    match node.kind() {
        SyntaxKind::LITERAL => literal(node),
        SyntaxKind::NAME_REF => column(node),
        SyntaxKind::FIELD_EXPR => field(node),
        SyntaxKind::CALL_EXPR => call_or_exists(node),
        SyntaxKind::CAST_EXPR => cast(node),
        SyntaxKind::CASE_EXPR => case(node),
        SyntaxKind::ARRAY_EXPR => array(node),
        SyntaxKind::PAREN_EXPR => {
            if let Some(query) = parenthesised_query(node) {
                return Ok(Expression::Subquery(Box::new(query?)));
            }
            let mut cursor = Cursor::new(node);
            cursor.expect(&[SyntaxKind::L_PAREN])?;
            let inner = expect_expression(&mut cursor)?;
            cursor.expect(&[SyntaxKind::R_PAREN])?;
            cursor.finish()?;
            Ok(inner)
        }
        SyntaxKind::BIN_EXPR | SyntaxKind::PREFIX_EXPR | SyntaxKind::POSTFIX_EXPR | SyntaxKind::BETWEEN_EXPR => {
            expression(node)
        }
        kind => Err(unsupported_node(node, kind_name(kind))),
    }
}

fn literal(node: &SyntaxNode) -> Lowered<Expression> {
    let mut tokens = tokens(node);
    let Some(token) = tokens.next() else { return Err(Cursor::new(node).unexpected()) };
    let literal = match token.kind() {
        SyntaxKind::NULL_KW => Literal::Null,
        SyntaxKind::TRUE_KW => Literal::Boolean(true),
        SyntaxKind::FALSE_KW => Literal::Boolean(false),
        SyntaxKind::INT_NUMBER | SyntaxKind::NUMERIC_NUMBER => Literal::Number(number(&token)?),
        SyntaxKind::DEFAULT_KW => return Ok(Expression::Default),
        SyntaxKind::POSITIONAL_PARAM => return parameter(node, &token),
        _ => return Ok(Expression::Literal(Literal::String(string(node)?))),
    };
    match tokens.next() {
        Some(token) => Err(syntax_error_at(&token)),
        None => Ok(Expression::Literal(literal)),
    }
}

fn parameter(node: &SyntaxNode, token: &SyntaxToken) -> Lowered<Expression> {
    match token.text().trim_start_matches('$').parse() {
        Ok(number) => Ok(Expression::Parameter(number)),
        Err(_) => Err(unsupported_node(node, "parameter of that number")),
    }
}

fn column(node: &SyntaxNode) -> Lowered<Expression> {
    let mut tokens = tokens(node);
    match (tokens.next(), tokens.next()) {
        (Some(token), None) => match session_value(&token) {
            Some(value) => Ok(Expression::Session(value)),
            None => Ok(Expression::Column(ObjectName { parts: vec![column_word(&token)?] })),
        },
        _ => Err(Cursor::new(node).unexpected()),
    }
}

/// Words that are values without parentheses (manual, "System Information Functions" and "Date/Time Functions").
const VALUE_WORDS: &[&str] = &[
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "localtime",
    "localtimestamp",
    "session_user",
    "system_user",
    "user",
];

/// Whether PostgreSQL reads a word as a value, or a function without parentheses, wherever a column may stand.
pub(super) fn is_value_word(token: &SyntaxToken) -> bool {
    VALUE_WORDS.contains(&token.text().to_ascii_lowercase().as_str())
}

fn session_value(token: &SyntaxToken) -> Option<SessionValue> {
    Some(match token.text().to_ascii_lowercase().as_str() {
        "current_user" => SessionValue::CurrentUser,
        "current_role" => SessionValue::CurrentRole,
        "session_user" => SessionValue::SessionUser,
        "user" => SessionValue::User,
        "current_catalog" => SessionValue::CurrentCatalog,
        "current_schema" => SessionValue::CurrentSchema,
        "current_date" => SessionValue::CurrentDate,
        "current_time" => SessionValue::CurrentTime,
        "current_timestamp" => SessionValue::CurrentTimestamp,
        "localtime" => SessionValue::LocalTime,
        "localtimestamp" => SessionValue::LocalTimestamp,
        _ => return None,
    })
}

/// A word in an expression: a column, unless PostgreSQL knows it as something else.
fn column_word(token: &SyntaxToken) -> Lowered<Identifier> {
    if is_value_word(token) {
        return Err(unsupported(&SyntaxElement::Token(token.clone())));
    }
    // A word that may name a function but no column is read as the start of a call, so the error comes after it.
    identifier(token, Place::Column).map_err(|error| match identifier(token, Place::TypeOrFunction) {
        Ok(_) => syntax_error_after(token),
        Err(_) => error,
    })
}

/// Lowers `a.b.c` or `a.b.*`.
fn field(node: &SyntaxNode) -> Lowered<Expression> {
    match dotted_field(node)? {
        Some((name, false)) => Ok(Expression::Column(name)),
        Some((name, true)) => Ok(Expression::Wildcard(Some(name))),
        None => Err(unsupported_node(node, kind_name(node.kind()))),
    }
}

/// The name in nested FIELD_EXPR nodes and whether `*` ends it; `None` when it starts with anything but a word.
fn dotted_field(node: &SyntaxNode) -> Lowered<Option<(ObjectName, bool)>> {
    let is_name = node.descendants().all(|part| matches!(part.kind(), SyntaxKind::FIELD_EXPR | SyntaxKind::NAME_REF));
    if !is_name {
        return Ok(None);
    }
    let mut parts = Vec::new();
    let mut has_star = false;
    for (position, token) in tokens(node).enumerate() {
        match token.kind() {
            SyntaxKind::DOT if position % 2 == 1 && !has_star => {}
            SyntaxKind::STAR if position % 2 == 0 => has_star = true,
            _ if position == 0 && is_value_word(&token) => {
                return Err(syntax_error_after(&token));
            }
            _ if position == 0 => parts.push(identifier(&token, Place::Column)?),
            _ if position % 2 == 0 => parts.push(identifier(&token, Place::Label)?),
            _ => return Err(syntax_error_at(&token)),
        }
    }
    Ok(Some((ObjectName { parts }, has_star)))
}

fn call_or_exists(node: &SyntaxNode) -> Lowered<Expression> {
    let mut cursor = Cursor::new(node);
    if let Some(exists) = cursor.node_of(SyntaxKind::EXISTS_FN) {
        cursor.finish()?;
        let mut cursor = Cursor::new(&exists);
        cursor.expect(&[SyntaxKind::EXISTS_KW, SyntaxKind::L_PAREN])?;
        let query = query(&cursor.expect_node::<ast::SelectVariant>()?)?;
        cursor.expect(&[SyntaxKind::R_PAREN])?;
        cursor.finish()?;
        return Ok(Expression::Exists(Box::new(query)));
    }
    Ok(Expression::Call(call(node)?))
}

/// Lowers a function call.
pub(super) fn call(node: &SyntaxNode) -> Lowered<Call> {
    let mut cursor = Cursor::new(node);
    let Some(name) = cursor.node_of(SyntaxKind::NAME_REF).or_else(|| cursor.node_of(SyntaxKind::FIELD_EXPR)) else {
        return Err(cursor.unexpected());
    };
    let name = function_name(&name)?;
    let arguments = cursor.expect_node::<ast::ArgList>()?;
    cursor.finish()?;
    let mut call = Call { name, distinct: false, star: false, arguments: Vec::new(), order_by: Vec::new() };
    let mut cursor = Cursor::new(&arguments);
    cursor.expect(&[SyntaxKind::L_PAREN])?;
    call.star = cursor.has(SyntaxKind::STAR);
    if cursor.node_of(SyntaxKind::DISTINCT).is_some() {
        call.distinct = true;
    } else {
        // ALL is the default.
        cursor.node_of(SyntaxKind::ALL);
    }
    while let Some(argument) = cursor.node_of(SyntaxKind::ARG) {
        let mut inner = Cursor::new(&argument);
        call.arguments.push(expect_expression(&mut inner)?);
        call.order_by = order_by(&mut inner)?;
        inner.finish()?;
        if !call.order_by.is_empty() || !cursor.has(SyntaxKind::COMMA) {
            break;
        }
    }
    cursor.expect(&[SyntaxKind::R_PAREN])?;
    cursor.finish()?;
    Ok(call)
}

/// A function's name. COALESCE and its like are grammar, and named by the word alone; a quoted function of such a name
/// is outside the model.
fn function_name(node: &SyntaxNode) -> Lowered<ObjectName> {
    if node.kind() == SyntaxKind::FIELD_EXPR {
        return match dotted_field(node)? {
            Some((name, false)) => Ok(name),
            _ => Err(unsupported_node(node, kind_name(node.kind()))),
        };
    }
    let Some(token) = tokens(node).next() else { return Err(Cursor::new(node).unexpected()) };
    let folded = token.text().to_ascii_lowercase();
    if matches!(folded.as_str(), "coalesce" | "greatest" | "least" | "nullif") {
        return Ok(ObjectName::bare(folded.as_str()));
    }
    if is_called_keyword(&folded) {
        return Err(unsupported_node(node, format!("expression {}", folded.to_ascii_uppercase())));
    }
    let name = identifier(&token, Place::TypeOrFunction)?;
    if matches!(name.written(), "coalesce" | "greatest" | "least" | "nullif") {
        return Err(unsupported_node(node, "function named by a quoted keyword"));
    }
    Ok(ObjectName { parts: vec![name] })
}

/// Lowers `CAST(value AS type)` or `type 'text'`, which mean `value::type`.
fn cast(node: &SyntaxNode) -> Lowered<Expression> {
    let mut cursor = Cursor::new(node);
    let (value, target) = if cursor.has(SyntaxKind::CAST_KW) {
        cursor.expect(&[SyntaxKind::L_PAREN])?;
        let value = expect_expression(&mut cursor)?;
        cursor.expect(&[SyntaxKind::AS_KW])?;
        let target = type_name(&cursor.expect_node::<ast::Type>()?)?;
        cursor.expect(&[SyntaxKind::R_PAREN])?;
        (value, target)
    } else {
        let target = constant_type_name(&cursor.expect_node::<ast::Type>()?)?;
        match cursor.node_of(SyntaxKind::LITERAL) {
            Some(text) => (Expression::Literal(Literal::String(string(&text)?)), target),
            None => return Err(cursor.unexpected()),
        }
    };
    cursor.finish()?;
    Ok(Expression::Cast(Box::new(value), target))
}

fn case(node: &SyntaxNode) -> Lowered<Expression> {
    let mut cursor = Cursor::new(node);
    cursor.expect(&[SyntaxKind::CASE_KW])?;
    let operand = match cursor.peek() {
        Some(SyntaxKind::WHEN_CLAUSE_LIST) => None,
        _ => Some(Box::new(expect_expression(&mut cursor)?)),
    };
    let mut list = Cursor::new(&cursor.expect_node::<ast::WhenClauseList>()?);
    let mut branches = Vec::new();
    while let Some(branch) = list.node::<ast::WhenClause>() {
        let mut inner = Cursor::new(&branch);
        inner.expect(&[SyntaxKind::WHEN_KW])?;
        let condition = expect_expression(&mut inner)?;
        inner.expect(&[SyntaxKind::THEN_KW])?;
        branches.push((condition, expect_expression(&mut inner)?));
        inner.finish()?;
    }
    list.finish()?;
    let otherwise = match cursor.node::<ast::ElseClause>() {
        Some(clause) => {
            let mut inner = Cursor::new(&clause);
            inner.expect(&[SyntaxKind::ELSE_KW])?;
            let value = expect_expression(&mut inner)?;
            inner.finish()?;
            Some(Box::new(value))
        }
        None => None,
    };
    cursor.expect(&[SyntaxKind::END_KW])?;
    cursor.finish()?;
    Ok(Expression::Case(Case { operand, branches, otherwise }))
}

/// Lowers `ARRAY[…]`; in one, brackets alone are an array too.
fn array(node: &SyntaxNode) -> Lowered<Expression> {
    let mut cursor = Cursor::new(node);
    cursor.has(SyntaxKind::ARRAY_KW);
    if cursor.peek() == Some(SyntaxKind::L_PAREN) {
        return Err(unsupported_node(node, "ARRAY with a subquery"));
    }
    cursor.expect(&[SyntaxKind::L_BRACK])?;
    let elements = match cursor.peek() {
        Some(SyntaxKind::R_BRACK) => Vec::new(),
        _ => expressions(&mut cursor)?,
    };
    cursor.expect(&[SyntaxKind::R_BRACK])?;
    cursor.finish()?;
    refuse_mixed_elements(node)?;
    Ok(Expression::Array(elements))
}

/// The elements of an array are all in brackets or none is.
fn refuse_mixed_elements(array: &SyntaxNode) -> Lowered<()> {
    let in_brackets = |node: &SyntaxNode| {
        tokens(node).next().filter(|token| node.kind() == SyntaxKind::ARRAY_EXPR && token.kind() == SyntaxKind::L_BRACK)
    };
    let mut elements = array.children();
    let Some(first) = elements.next() else { return Ok(()) };
    let is_nested = in_brackets(&first).is_some();
    match elements.find(|element| in_brackets(element).is_some() != is_nested) {
        Some(other) => Err(Cursor::new(&other).stop()),
        None => Ok(()),
    }
}

/// What follows IN.
pub(super) enum InSource {
    /// A list in parentheses.
    List(Vec<Expression>),
    /// A subquery.
    Query(Box<Query>),
}

/// Lowers what follows IN.
pub(super) fn in_source(node: &SyntaxNode) -> Lowered<InSource> {
    let mut cursor = Cursor::new(node);
    if !matches!(node.kind(), SyntaxKind::PAREN_EXPR | SyntaxKind::TUPLE_EXPR) {
        let token = tokens(node).next();
        return Err(token.map_or_else(|| cursor.unexpected(), |token| syntax_error_at(&token)));
    }
    cursor.expect(&[SyntaxKind::L_PAREN])?;
    let source = if cursor.peek().is_some_and(is_query) {
        InSource::Query(Box::new(query(&cursor.expect_node::<ast::SelectVariant>()?)?))
    } else {
        match <[Expression; 1]>::try_from(expressions(&mut cursor)?) {
            // Parentheses around a subquery mean nothing, so this is no list of one.
            Ok([Expression::Subquery(query)]) => InSource::Query(query),
            Ok(items) => InSource::List(items.into()),
            Err(items) => InSource::List(items),
        }
    };
    cursor.expect(&[SyntaxKind::R_PAREN])?;
    cursor.finish()?;
    Ok(source)
}
