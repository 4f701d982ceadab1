//! SELECT, VALUES and TABLE.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{
    Expression, FromItem, Identifier, Literal, LockStrength, Locking, ObjectName, OrderItem, Query, Select, SelectItem,
    SetOperation, SetOperator, WithQuery,
};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::atom::{atom, call, is_value_word};
use super::expression::{expect_expression, expression, expressions};
use super::join;
use super::name::{Place, column, expect_column, relation_name, single, with_only};
use super::with;
use crate::sql::cursor::{Cursor, Lowered, kind_name, syntax_error_at, tokens, unsupported_node};

/// Whether a node is a query.
pub(super) fn is_query(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        SyntaxKind::SELECT
            | SyntaxKind::VALUES
            | SyntaxKind::TABLE
            | SyntaxKind::PAREN_SELECT
            | SyntaxKind::COMPOUND_SELECT
            | SyntaxKind::SELECT_INTO
    )
}

/// Lowers a node that is a query.
pub(super) fn query(node: &SyntaxNode) -> Lowered<Query> {
    let mut cursor = Cursor::new(node);
    if let Some(clause) = cursor.node::<ast::WithClause>() {
        let tables = with::common_tables(&clause)?;
        if tables.iter().any(|table| !matches!(table.statement, Statement::Query(_))) {
            return Err(unsupported_node(&clause, "WITH that changes rows inside a query"));
        }
        return Ok(Query::With(Box::new(WithQuery { tables, query: body(node, cursor)? })));
    }
    body(node, cursor)
}

/// Lowers a query behind its WITH.
pub(super) fn body(node: &SyntaxNode, mut cursor: Cursor) -> Lowered<Query> {
    match node.kind() {
        SyntaxKind::SELECT => Ok(Query::Select(Box::new(select(cursor)?))),
        SyntaxKind::VALUES => values(cursor),
        SyntaxKind::TABLE => {
            cursor.expect(&[SyntaxKind::TABLE_KW])?;
            let name = with_only(&cursor.expect_node::<ast::RelationName>()?)?;
            let mut select = Select {
                items: vec![SelectItem { expression: Expression::Wildcard(None), alias: None }],
                from: vec![FromItem::Relation { name, alias: None, columns: Vec::new() }],
                ..Select::default()
            };
            tail(&mut cursor, &mut select)?;
            cursor.finish()?;
            Ok(Query::Select(Box::new(select)))
        }
        SyntaxKind::PAREN_SELECT => {
            cursor.expect(&[SyntaxKind::L_PAREN])?;
            let inner = query(&cursor.expect_node::<ast::SelectVariant>()?)?;
            cursor.expect(&[SyntaxKind::R_PAREN])?;
            cursor.finish()?;
            Ok(inner)
        }
        SyntaxKind::COMPOUND_SELECT => set_operation(cursor),
        kind => Err(unsupported_node(node, kind_name(kind))),
    }
}

/// Lowers `left UNION right` and its relatives, with the clauses that end the whole.
fn set_operation(mut cursor: Cursor) -> Lowered<Query> {
    let first = cursor.expect_node::<ast::SelectVariant>()?;
    // WITH before the first of several queries is the whole's, though the parser gives it to the first.
    let (tables, left) = match query(&first)? {
        Query::With(with) if tokens(&first).next().is_some_and(|word| word.kind() == SyntaxKind::WITH_KW) => {
            (with.tables, with.query)
        }
        left => (Vec::new(), left),
    };
    let (operator, word, node) = if let Some(node) = cursor.node_of(SyntaxKind::UNION) {
        (SetOperator::Union, SyntaxKind::UNION_KW, node)
    } else if let Some(node) = cursor.node_of(SyntaxKind::INTERSECT) {
        (SetOperator::Intersect, SyntaxKind::INTERSECT_KW, node)
    } else if let Some(node) = cursor.node_of(SyntaxKind::EXCEPT) {
        (SetOperator::Except, SyntaxKind::EXCEPT_KW, node)
    } else {
        return Err(cursor.unexpected());
    };
    let mut words = Cursor::new(&node);
    words.expect(&[word])?;
    let all = words.has(SyntaxKind::ALL_KW) || words.node_of(SyntaxKind::ALL).is_some();
    // DISTINCT is the default.
    let _ = words.has(SyntaxKind::DISTINCT_KW) || words.node_of(SyntaxKind::DISTINCT).is_some();
    words.finish()?;
    let right = query(&cursor.expect_node::<ast::SelectVariant>()?)?;
    let mut ending = Select::default();
    tail(&mut cursor, &mut ending)?;
    if ending.locking.is_some() {
        return Err(cursor.unexpected());
    }
    cursor.finish()?;
    let operation = Query::Set(Box::new(SetOperation {
        operator,
        all,
        left,
        right,
        order_by: ending.order_by,
        limit: ending.limit,
        offset: ending.offset,
    }));
    Ok(match tables.is_empty() {
        true => operation,
        false => Query::With(Box::new(WithQuery { tables, query: operation })),
    })
}

fn values(mut cursor: Cursor) -> Lowered<Query> {
    cursor.expect(&[SyntaxKind::VALUES_KW])?;
    let list = cursor.expect_node::<ast::RowList>()?;
    cursor.finish()?;
    let mut cursor = Cursor::new(&list);
    let rows = cursor.comma_separated::<ast::Row, _>(|row| {
        let mut inner = Cursor::new(row);
        inner.expect(&[SyntaxKind::L_PAREN])?;
        let values = expressions(&mut inner)?;
        inner.expect(&[SyntaxKind::R_PAREN])?;
        inner.finish()?;
        Ok(values)
    })?;
    cursor.finish()?;
    Ok(Query::Values(rows))
}

pub(super) fn select(mut cursor: Cursor) -> Lowered<Select> {
    let select = select_with(&mut cursor, |_| Ok(()))?;
    cursor.finish()?;
    Ok(select)
}

/// Lowers a SELECT; `into` takes what follows the select list.
pub(super) fn select_with(cursor: &mut Cursor, into: impl FnOnce(&mut Cursor) -> Lowered<()>) -> Lowered<Select> {
    let mut select = Select::default();
    let clause = cursor.expect_node::<ast::SelectClause>()?;
    let mut inner = Cursor::new(&clause);
    // PL/pgSQL's word for SELECT where nobody wants the rows.
    if !inner.has(SyntaxKind::PERFORM_KW) {
        inner.expect(&[SyntaxKind::SELECT_KW])?;
    }
    if let Some(distinct) = inner.node::<ast::DistinctClause>() {
        let mut words = Cursor::new(&distinct);
        words.expect(&[SyntaxKind::DISTINCT_KW])?;
        words.finish()?;
        select.distinct = true;
    } else {
        // ALL is the default.
        inner.node_of(SyntaxKind::ALL);
    }
    select.items = match inner.node::<ast::TargetList>() {
        Some(list) => select_items(&list)?,
        None if select.distinct => return Err(inner.unexpected()),
        None => Vec::new(),
    };
    inner.finish()?;
    into(cursor)?;
    if let Some(clause) = cursor.node::<ast::FromClause>() {
        let mut inner = Cursor::new(&clause);
        inner.expect(&[SyntaxKind::FROM_KW])?;
        select.from = inner.comma_separated::<ast::FromListItem, _>(from_item)?;
        inner.finish()?;
    }
    select.filter = filter(cursor)?;
    if let Some(clause) = cursor.node::<ast::GroupByClause>() {
        select.group_by = group_by(&clause)?;
    }
    if let Some(clause) = cursor.node::<ast::HavingClause>() {
        let mut inner = Cursor::new(&clause);
        inner.expect(&[SyntaxKind::HAVING_KW])?;
        select.having = Some(expect_expression(&mut inner)?);
        inner.finish()?;
    }
    tail(cursor, &mut select)?;
    Ok(select)
}

/// Takes WHERE, when it comes next.
pub(super) fn filter(cursor: &mut Cursor) -> Lowered<Option<Expression>> {
    let Some(clause) = cursor.node::<ast::WhereClause>() else { return Ok(None) };
    let mut inner = Cursor::new(&clause);
    inner.expect(&[SyntaxKind::WHERE_KW])?;
    let condition = expect_expression(&mut inner)?;
    inner.finish()?;
    Ok(Some(condition))
}

/// Lowers a select list.
pub(super) fn select_items(list: &SyntaxNode) -> Lowered<Vec<SelectItem>> {
    let mut cursor = Cursor::new(list);
    let items = cursor.comma_separated::<ast::Target, _>(|target| {
        let mut cursor = Cursor::new(target);
        let expression = match cursor.has(SyntaxKind::STAR) {
            true => Expression::Wildcard(None),
            false => expect_expression(&mut cursor)?,
        };
        let alias = match cursor.node::<ast::AsName>() {
            Some(name) => {
                let mut inner = Cursor::new(&name);
                inner.has(SyntaxKind::AS_KW);
                let alias = single(&inner.expect_node::<ast::ColumnName>()?, Place::Label)?;
                inner.finish()?;
                Some(alias)
            }
            None => None,
        };
        cursor.finish()?;
        Ok(SelectItem { expression, alias })
    })?;
    cursor.finish()?;
    Ok(items)
}

fn group_by(clause: &SyntaxNode) -> Lowered<Vec<Expression>> {
    let mut cursor = Cursor::new(clause);
    cursor.expect(&[SyntaxKind::GROUP_KW, SyntaxKind::BY_KW])?;
    let list = cursor.expect_node::<ast::GroupByList>()?;
    cursor.finish()?;
    let mut cursor = Cursor::new(&list);
    let items = cursor.comma_separated::<ast::GroupingExpr, _>(|item| {
        let mut inner = Cursor::new(item);
        let value = expect_expression(&mut inner)?;
        inner.finish()?;
        Ok(value)
    })?;
    cursor.finish()?;
    Ok(items)
}

/// Takes ORDER BY and its items, when it comes next.
pub(super) fn order_by(cursor: &mut Cursor) -> Lowered<Vec<OrderItem>> {
    let Some(clause) = cursor.node::<ast::OrderByClause>() else { return Ok(Vec::new()) };
    let mut inner = Cursor::new(&clause);
    inner.expect(&[SyntaxKind::ORDER_KW, SyntaxKind::BY_KW])?;
    let list = inner.expect_node::<ast::SortByList>()?;
    inner.finish()?;
    let mut cursor = Cursor::new(&list);
    let items = cursor.comma_separated::<ast::SortBy, _>(|item| {
        let mut inner = Cursor::new(item);
        let expression = expect_expression(&mut inner)?;
        let descending = inner.node_of(SyntaxKind::SORT_DESC).is_some();
        if !descending {
            inner.node_of(SyntaxKind::SORT_ASC);
        }
        inner.finish()?;
        Ok(OrderItem { expression, descending })
    })?;
    cursor.finish()?;
    Ok(items)
}

/// Takes ORDER BY, LIMIT, OFFSET, FETCH and FOR in the orders that the grammar has: ORDER BY first; LIMIT and OFFSET
/// side by side, before or after FOR.
fn tail(cursor: &mut Cursor, select: &mut Select) -> Lowered<()> {
    select.order_by = order_by(cursor)?;
    let had_limit = limits(cursor, select)?;
    if let Some(clause) = cursor.node::<ast::LockingClause>() {
        select.locking = Some(locking(&clause)?);
        if !had_limit {
            limits(cursor, select)?;
        }
    }
    match cursor.peek() {
        Some(
            SyntaxKind::ORDER_BY_CLAUSE
            | SyntaxKind::LIMIT_CLAUSE
            | SyntaxKind::OFFSET_CLAUSE
            | SyntaxKind::FETCH_CLAUSE,
        ) => Err(cursor.stop()),
        _ => Ok(()),
    }
}

fn limits(cursor: &mut Cursor, select: &mut Select) -> Lowered<bool> {
    let mut found = false;
    loop {
        if let Some(clause) = cursor.node::<ast::OffsetClause>() {
            let mut inner = Cursor::new(&clause);
            inner.expect(&[SyntaxKind::OFFSET_KW])?;
            let offset = expect_expression(&mut inner)?;
            let _ = inner.has(SyntaxKind::ROW_KW) || inner.has(SyntaxKind::ROWS_KW);
            inner.finish()?;
            once(&mut select.offset, offset, &clause)?;
        } else if let Some(clause) = cursor.node::<ast::LimitClause>() {
            let mut inner = Cursor::new(&clause);
            inner.expect(&[SyntaxKind::LIMIT_KW])?;
            // LIMIT ALL is LIMIT NULL to PostgreSQL's parser.
            let limit = match inner.node_of(SyntaxKind::ALL) {
                Some(_) => Expression::Literal(Literal::Null),
                None => expect_expression(&mut inner)?,
            };
            inner.finish()?;
            once(&mut select.limit, limit, &clause)?;
        } else if let Some(clause) = cursor.node::<ast::FetchClause>() {
            let limit = fetch(&clause)?;
            once(&mut select.limit, limit, &clause)?;
        } else {
            return Ok(found);
        }
        found = true;
    }
}

/// Fills a clause's slot; the grammar takes each clause once.
fn once(slot: &mut Option<Expression>, value: Expression, clause: &SyntaxNode) -> Lowered<()> {
    match (slot.replace(value), tokens(clause).next()) {
        (Some(_), Some(token)) => Err(syntax_error_at(&token)),
        _ => Ok(()),
    }
}

/// FETCH FIRST is another spelling of LIMIT, and of LIMIT 1 without a count.
fn fetch(clause: &SyntaxNode) -> Lowered<Expression> {
    let mut cursor = Cursor::new(clause);
    cursor.expect(&[SyntaxKind::FETCH_KW])?;
    let _ = cursor.has(SyntaxKind::FIRST_KW) || cursor.has(SyntaxKind::NEXT_KW);
    let count = match cursor.node::<ast::Expr>() {
        Some(count) => expression(&count)?,
        None => Expression::Literal(Literal::Number("1".to_owned())),
    };
    let _ = cursor.has(SyntaxKind::ROW_KW) || cursor.has(SyntaxKind::ROWS_KW);
    if cursor.node_of(SyntaxKind::FETCH_ONLY).is_none() {
        return Err(cursor.unexpected());
    }
    cursor.finish()?;
    Ok(count)
}

fn locking(clause: &SyntaxNode) -> Lowered<Locking> {
    let mut cursor = Cursor::new(clause);
    cursor.expect(&[SyntaxKind::FOR_KW])?;
    let strength = cursor.expect_node::<ast::LockStrength>()?;
    let strength = match strength.kind() {
        SyntaxKind::FOR_UPDATE => LockStrength::Update,
        SyntaxKind::FOR_NO_KEY_UPDATE => LockStrength::NoKeyUpdate,
        SyntaxKind::FOR_SHARE => LockStrength::Share,
        SyntaxKind::FOR_KEY_SHARE => LockStrength::KeyShare,
        kind => return Err(unsupported_node(&strength, kind_name(kind))),
    };
    let mut of = Vec::new();
    if let Some(names) = cursor.node::<ast::LockingOf>() {
        let mut inner = Cursor::new(&names);
        inner.expect(&[SyntaxKind::OF_KW])?;
        of = inner.comma_separated::<ast::Expr, _>(locked_name)?;
        inner.finish()?;
    }
    cursor.finish()?;
    Ok(Locking { strength, of })
}

fn locked_name(node: &SyntaxNode) -> Lowered<ObjectName> {
    match atom(node)? {
        Expression::Column(name) => Ok(name),
        _ => Err(unsupported_node(node, kind_name(node.kind()))),
    }
}

/// Lowers one item of FROM.
pub(super) fn from_item(node: &SyntaxNode) -> Lowered<FromItem> {
    let mut cursor = Cursor::new(node);
    let item = match node.kind() {
        SyntaxKind::RELATION_FROM_ITEM => {
            let is_only = cursor.has(SyntaxKind::ONLY_KW);
            let has_parentheses = is_only && cursor.has(SyntaxKind::L_PAREN);
            let reference = cursor.expect_node::<ast::RelationNameRef>()?;
            if let Some(word) = tokens(&reference).next().filter(is_value_word) {
                return Err(unsupported_node(&reference, format!("{} in FROM", word.text().to_uppercase())));
            }
            let name = relation_name(&reference)?;
            if has_parentheses {
                cursor.expect(&[SyntaxKind::R_PAREN])?;
            } else if !is_only {
                cursor.has(SyntaxKind::STAR);
            }
            let (alias, columns) = alias(&mut cursor)?;
            FromItem::Relation { name, alias, columns }
        }
        SyntaxKind::FUNCTION_FROM_ITEM => {
            // Functions see the items to their left with and without it.
            cursor.has(SyntaxKind::LATERAL_KW);
            let call = call(&cursor.expect_node::<ast::CallExpr>()?)?;
            let (alias, columns) = alias(&mut cursor)?;
            FromItem::Function { call, alias, columns }
        }
        SyntaxKind::PAREN_FROM_ITEM if cursor.peek() == Some(SyntaxKind::PAREN_EXPR) => {
            let inner = cursor.expect_node::<ast::ParenExpr>()?;
            if cursor.peek().is_some() {
                return Err(unsupported_node(node, "alias of a join"));
            }
            return join::parenthesised(&inner);
        }
        SyntaxKind::JOIN_EXPR => return join::join(node),
        SyntaxKind::PAREN_FROM_ITEM => {
            let query = Box::new(query(&cursor.expect_node::<ast::ParenSelect>()?)?);
            let (alias, columns) = alias(&mut cursor)?;
            FromItem::Subquery { query, alias, columns }
        }
        kind => return Err(unsupported_node(node, kind_name(kind))),
    };
    cursor.finish()?;
    Ok(item)
}

fn alias(cursor: &mut Cursor) -> Lowered<(Option<Identifier>, Vec<Identifier>)> {
    let Some(node) = cursor.node::<ast::FromAlias>() else { return Ok((None, Vec::new())) };
    let mut inner = Cursor::new(&node);
    inner.has(SyntaxKind::AS_KW);
    let alias = expect_column::<ast::TableAlias>(&mut inner)?;
    let columns = column_list(&mut inner)?;
    inner.finish()?;
    Ok((Some(alias), columns))
}

/// Takes `(name, …)`, when it comes next.
pub(super) fn column_list(cursor: &mut Cursor) -> Lowered<Vec<Identifier>> {
    let Some(list) = cursor.node::<ast::ColumnList>() else { return Ok(Vec::new()) };
    let mut names = Cursor::new(&list);
    names.expect(&[SyntaxKind::L_PAREN])?;
    let columns = names.comma_separated::<ast::ColumnName, _>(column)?;
    names.expect(&[SyntaxKind::R_PAREN])?;
    names.finish()?;
    Ok(columns)
}
