//! Operators of value expressions.
//!
//! `squawk-syntax` groups operators almost, but not quite, as PostgreSQL does. So its operator nodes are flattened to a
//! row of operands and operators here, and grouped again by PostgreSQL's own precedence (manual, "Operator Precedence").

use std::iter::Peekable;

use seqcheck_engine::statement::{BinaryOperator, Expression, Query, UnaryOperator};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxElement, SyntaxKind, SyntaxNode, SyntaxToken};

use super::atom::{InSource, atom, in_source};
use super::operator::{AND, COMPARISON, IS, NOT, OR, PATTERN, SIGN, binary_operator};
use super::type_name::type_name;
use crate::sql::cursor::{Cursor, Lowered, start_of, syntax_error_after, syntax_error_at, tokens, unsupported};
use crate::sql::error::SqlError;
use crate::sql::lex;

/// Lowers a node that is an expression.
pub(super) fn expression(node: &SyntaxNode) -> Lowered<Expression> {
    lower(std::slice::from_ref(node))
}

/// Takes the next child, which must be an expression.
///
/// `squawk-syntax` 2.68 gives BETWEEN after a cast a node of its own beside the cast, so an expression may be several
/// nodes.
pub(super) fn expect_expression(cursor: &mut Cursor) -> Lowered<Expression> {
    let mut nodes = vec![cursor.expect_node::<ast::Expr>()?];
    while let Some(node) = cursor.node::<ast::Expr>() {
        nodes.push(node);
    }
    lower(&nodes)
}

/// Takes expressions with commas between them until something else comes.
pub(super) fn expressions(cursor: &mut Cursor) -> Lowered<Vec<Expression>> {
    let mut expressions = vec![expect_expression(cursor)?];
    while cursor.has(SyntaxKind::COMMA) {
        expressions.push(expect_expression(cursor)?);
    }
    Ok(expressions)
}

fn lower(nodes: &[SyntaxNode]) -> Lowered<Expression> {
    match nodes {
        [node] if !is_operator_node(node) => return atom(node),
        _ => {}
    }
    let mut items = Vec::new();
    for node in nodes {
        if is_operator_node(node) {
            flatten(node, &mut items);
        } else {
            items.push(Item::Node(node.clone()));
        }
    }
    let mut row = Row { items: join_operators(items).into_iter().peekable(), last: None };
    let expression = row.expression(0)?;
    match row.items.next() {
        Some(item) => Err(item.refuse()),
        None => Ok(expression),
    }
}

/// An operand, keyword or operator in a row of operators.
enum Item {
    /// A node that is an operand, a type after `::`, or an operator outside the model.
    Node(SyntaxNode),
    /// A keyword, or a piece of an operator until [`join_operators`] has run.
    Token(SyntaxToken),
    /// A complete operator, with the first token that it came from.
    Operator(String, SyntaxToken),
    /// `::`.
    Cast(SyntaxNode),
}

impl Item {
    fn refuse(&self) -> SqlError {
        match self {
            Item::Node(node) | Item::Cast(node) => unsupported(&SyntaxElement::Node(node.clone())),
            Item::Token(token) => unsupported(&SyntaxElement::Token(token.clone())),
            Item::Operator(operator, token) => {
                SqlError::unsupported(token.text_range().start().into(), format!("operator {operator}"))
            }
        }
    }

    /// The syntax error that PostgreSQL reports when it stops here.
    fn stop(&self) -> SqlError {
        match self {
            Item::Node(node) | Item::Cast(node) => match tokens(node).next() {
                Some(token) => syntax_error_at(&token),
                None => self.refuse(),
            },
            Item::Token(token) => syntax_error_at(token),
            Item::Operator(operator, token) => SqlError::syntax(token.text_range().start().into(), Some(operator)),
        }
    }

    fn last_token(&self) -> Option<SyntaxToken> {
        match self {
            Item::Node(node) | Item::Cast(node) => tokens(node).last(),
            Item::Token(token) | Item::Operator(_, token) => Some(token.clone()),
        }
    }
}

/// Whether a node consists of operands and operators, rather than being one operand.
fn is_operator_node(node: &SyntaxNode) -> bool {
    match node.kind() {
        SyntaxKind::BIN_EXPR | SyntaxKind::PREFIX_EXPR | SyntaxKind::POSTFIX_EXPR | SyntaxKind::BETWEEN_EXPR => true,
        SyntaxKind::CAST_EXPR => node.children().any(|child| child.kind() == SyntaxKind::COLON_COLON),
        _ => false,
    }
}

/// Whether a node is an operator of several tokens that the model knows, at least in part.
fn is_operator(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        SyntaxKind::CUSTOM_OP
            | SyntaxKind::IS_NOT
            | SyntaxKind::IS_DISTINCT_FROM
            | SyntaxKind::IS_NOT_DISTINCT_FROM
            | SyntaxKind::NOT_IN
            | SyntaxKind::NOT_LIKE
            | SyntaxKind::NOT_ILIKE
    )
}

fn flatten(node: &SyntaxNode, items: &mut Vec<Item>) {
    let mut cursor = Cursor::new(node);
    while let Some(element) = cursor.take() {
        match element {
            SyntaxElement::Token(token) => items.push(Item::Token(token)),
            SyntaxElement::Node(node) if node.kind() == SyntaxKind::COLON_COLON => items.push(Item::Cast(node)),
            SyntaxElement::Node(node) if is_operator_node(&node) || is_operator(node.kind()) => flatten(&node, items),
            SyntaxElement::Node(node) => items.push(Item::Node(node)),
        }
    }
}

/// Joins the characters of operators and cuts them where PostgreSQL's lexer does: `a=-1` holds two operators.
fn join_operators(items: Vec<Item>) -> Vec<Item> {
    let is_piece = |token: &SyntaxToken| token.text().bytes().all(lex::is_operator);
    let mut joined = Vec::with_capacity(items.len());
    let mut items = items.into_iter().peekable();
    while let Some(item) = items.next() {
        let Item::Token(first) = item else {
            joined.push(item);
            continue;
        };
        if !is_piece(&first) {
            joined.push(Item::Token(first));
            continue;
        }
        let mut pieces = vec![first];
        while let Some(Item::Token(next)) = items.next_if(|next| match (next, pieces.last()) {
            (Item::Token(next), Some(last)) => is_piece(next) && last.text_range().end() == next.text_range().start(),
            _ => false,
        }) {
            pieces.push(next);
        }
        let text: String = pieces.iter().map(SyntaxToken::text).collect();
        let start = usize::from(pieces[0].text_range().start());
        let mut position = 0;
        while position < text.len() {
            let length = lex::operator_length(&text[position..]);
            let token = pieces.iter().rev().find(|piece| usize::from(piece.text_range().start()) <= start + position);
            let token = token.unwrap_or(&pieces[0]).clone();
            joined.push(Item::Operator(text[position..position + length].to_owned(), token));
            position += length;
        }
    }
    joined
}

/// What may follow an operand.
enum Infix {
    Binary(BinaryOperator),
    Is,
    IsNull { negated: bool },
    In,
    Between,
    Not,
    Cast,
}

/// A row of operands and operators, read from the left by precedence climbing.
struct Row {
    items: Peekable<std::vec::IntoIter<Item>>,
    last: Option<SyntaxToken>,
}

impl Row {
    fn next(&mut self) -> Option<Item> {
        let item = self.items.next()?;
        self.last = item.last_token();
        Some(item)
    }

    fn peek_keyword(&mut self) -> Option<SyntaxKind> {
        match self.items.peek() {
            Some(Item::Token(token)) => Some(token.kind()),
            _ => None,
        }
    }

    fn has(&mut self, kind: SyntaxKind) -> bool {
        let is_next = self.peek_keyword() == Some(kind);
        if is_next {
            self.next();
        }
        is_next
    }

    /// The error for a row that ends too early, or goes on with something that cannot come here.
    fn unexpected(&mut self) -> SqlError {
        match (self.items.peek(), &self.last) {
            (Some(item), _) => item.refuse(),
            (None, Some(token)) => syntax_error_after(token),
            (None, None) => SqlError::syntax(0, None),
        }
    }

    /// Reads an expression whose operators bind at least as tightly as `least`.
    fn expression(&mut self, least: u8) -> Lowered<Expression> {
        let mut left = self.prefix()?;
        // The level of the operator that ended last, when it must not meet its equal.
        let mut closed = None;
        while let Some((infix, level)) = self.infix()? {
            if level < least {
                break;
            }
            if closed == Some(level) {
                return Err(self.items.peek().map_or_else(|| SqlError::syntax(0, None), Item::stop));
            }
            self.next();
            (left, closed) = self.continue_with(left, infix, level)?;
        }
        Ok(left)
    }

    fn prefix(&mut self) -> Lowered<Expression> {
        let item = match self.next() {
            Some(item) => item,
            None => return Err(self.unexpected()),
        };
        let unary = |operator, operand| Expression::Unary(operator, Box::new(operand));
        match &item {
            Item::Node(node) => atom(node),
            Item::Token(token) if token.kind() == SyntaxKind::NOT_KW => {
                Ok(unary(UnaryOperator::Not, self.expression(NOT)?))
            }
            Item::Operator(operator, _) if operator == "-" => Ok(unary(UnaryOperator::Minus, self.expression(SIGN)?)),
            Item::Operator(operator, _) if operator == "+" => Ok(unary(UnaryOperator::Plus, self.expression(SIGN)?)),
            _ => Err(item.refuse()),
        }
    }

    /// What comes after an operand, and how tightly it binds.
    fn infix(&mut self) -> Lowered<Option<(Infix, u8)>> {
        let Some(item) = self.items.peek() else { return Ok(None) };
        let found = match item {
            Item::Cast(_) => Some((Infix::Cast, u8::MAX)),
            Item::Operator(operator, _) => {
                binary_operator(operator).map(|(operator, level)| (Infix::Binary(operator), level))
            }
            Item::Token(token) => match token.kind() {
                SyntaxKind::OR_KW => Some((Infix::Binary(BinaryOperator::Or), OR)),
                SyntaxKind::AND_KW => Some((Infix::Binary(BinaryOperator::And), AND)),
                SyntaxKind::IS_KW => Some((Infix::Is, IS)),
                SyntaxKind::ISNULL_KW => Some((Infix::IsNull { negated: false }, IS)),
                SyntaxKind::NOTNULL_KW => Some((Infix::IsNull { negated: true }, IS)),
                SyntaxKind::LIKE_KW => Some((Infix::Binary(BinaryOperator::Like), PATTERN)),
                SyntaxKind::ILIKE_KW => Some((Infix::Binary(BinaryOperator::ILike), PATTERN)),
                SyntaxKind::IN_KW => Some((Infix::In, PATTERN)),
                SyntaxKind::BETWEEN_KW => Some((Infix::Between, PATTERN)),
                SyntaxKind::NOT_KW => Some((Infix::Not, PATTERN)),
                _ => None,
            },
            Item::Node(_) => None,
        };
        match found {
            Some(found) => Ok(Some(found)),
            None => Err(item.refuse()),
        }
    }

    /// Reads the rest of an operator that was just taken. The second value is its level when the same level must not
    /// follow without parentheses: PostgreSQL's non-associative operators that end with an operand.
    fn continue_with(&mut self, left: Expression, infix: Infix, level: u8) -> Lowered<(Expression, Option<u8>)> {
        let operand = Box::new(left);
        match infix {
            Infix::Binary(operator) => {
                if let Some((array, all)) = self.quantified()? {
                    return Ok((Expression::Quantified { operand, operator, array: Box::new(array), all }, None));
                }
                let right = self.expression(level + 1)?;
                let is_closed = matches!(level, COMPARISON | PATTERN);
                Ok((Expression::Binary(operator, operand, Box::new(right)), is_closed.then_some(level)))
            }
            Infix::IsNull { negated } => Ok((Expression::IsNull { operand, negated }, None)),
            Infix::Is => self.is(operand),
            Infix::In => self.in_list(operand, false),
            Infix::Between => self.between(operand, false),
            Infix::Not if self.has(SyntaxKind::IN_KW) => self.in_list(operand, true),
            Infix::Not if self.has(SyntaxKind::BETWEEN_KW) => self.between(operand, true),
            Infix::Not if self.has(SyntaxKind::LIKE_KW) => {
                self.continue_with(*operand, Infix::Binary(BinaryOperator::NotLike), PATTERN)
            }
            Infix::Not if self.has(SyntaxKind::ILIKE_KW) => {
                self.continue_with(*operand, Infix::Binary(BinaryOperator::NotILike), PATTERN)
            }
            Infix::Not => Err(self.unexpected()),
            Infix::Cast => match self.next() {
                Some(Item::Node(node)) => Ok((Expression::Cast(operand, type_name(&node)?), None)),
                Some(item) => Err(item.refuse()),
                None => Err(self.unexpected()),
            },
        }
    }

    /// Takes `ANY (array)` or `ALL (array)` when it comes next.
    fn quantified(&mut self) -> Lowered<Option<(Expression, bool)>> {
        let Some(Item::Node(node)) = self.items.peek() else { return Ok(None) };
        let inner = node.children().next().filter(|_| node.kind() == SyntaxKind::CALL_EXPR);
        let Some(inner) = inner else { return Ok(None) };
        let (word, all) = match inner.kind() {
            SyntaxKind::ANY_FN => (SyntaxKind::ANY_KW, false),
            SyntaxKind::SOME_FN => (SyntaxKind::SOME_KW, false),
            SyntaxKind::ALL_FN => (SyntaxKind::ALL_KW, true),
            _ => return Ok(None),
        };
        let mut cursor = Cursor::new(&inner);
        cursor.expect(&[word, SyntaxKind::L_PAREN])?;
        let array = expect_expression(&mut cursor)?;
        cursor.expect(&[SyntaxKind::R_PAREN])?;
        cursor.finish()?;
        self.next();
        Ok(Some((array, all)))
    }

    fn is(&mut self, operand: Box<Expression>) -> Lowered<(Expression, Option<u8>)> {
        let negated = self.has(SyntaxKind::NOT_KW);
        if self.has(SyntaxKind::DISTINCT_KW) {
            if !self.has(SyntaxKind::FROM_KW) {
                return Err(self.unexpected());
            }
            let operator = if negated { BinaryOperator::IsNotDistinctFrom } else { BinaryOperator::IsDistinctFrom };
            let right = self.expression(IS + 1)?;
            return Ok((Expression::Binary(operator, operand, Box::new(right)), Some(IS)));
        }
        match self.next() {
            Some(Item::Node(node)) if node.text() == "NULL" || node.text().to_string().eq_ignore_ascii_case("null") => {
                Ok((Expression::IsNull { operand, negated }, None))
            }
            Some(Item::Node(node)) => {
                let words = node.text().to_string().to_uppercase();
                Err(SqlError::unsupported(start_of(&SyntaxElement::Node(node)), format!("IS {words}")))
            }
            Some(item) => Err(item.refuse()),
            None => Err(self.unexpected()),
        }
    }

    fn in_list(&mut self, operand: Box<Expression>, negated: bool) -> Lowered<(Expression, Option<u8>)> {
        match self.next() {
            Some(Item::Node(node)) => Ok(match in_source(&node)? {
                InSource::List(items) => (Expression::InList { operand, items, negated }, None),
                InSource::Query(query) => (Expression::InQuery { operand, query, negated }, None),
            }),
            Some(item) => Err(item.refuse()),
            None => Err(self.unexpected()),
        }
    }

    fn between(&mut self, operand: Box<Expression>, negated: bool) -> Lowered<(Expression, Option<u8>)> {
        let low = Box::new(self.expression(PATTERN + 1)?);
        if !self.has(SyntaxKind::AND_KW) {
            return Err(self.unexpected());
        }
        let high = Box::new(self.expression(PATTERN + 1)?);
        Ok((Expression::Between { operand, low, high, negated }, Some(PATTERN)))
    }
}

/// Lowers a node that is a query in parentheses, when it is one.
pub(super) fn parenthesised_query(node: &SyntaxNode) -> Option<Lowered<Query>> {
    let inner = node.children().next()?;
    super::query::is_query(inner.kind()).then(|| super::query::query(&inner))
}
