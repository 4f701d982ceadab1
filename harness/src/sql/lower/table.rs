//! CREATE TABLE, its columns and constraints.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{
    BinaryOperator, ColumnConstraint, ColumnConstraintKind, ColumnDefinition, CreateTable, Deferral, Expression,
    Generated, Identifier, LikeFeature, ObjectName, PartitionBy, PartitionStrategy, Persistence, References,
    ReferentialAction, SequenceOption, TableConstraint, TableConstraintKind, TableElement, UnaryOperator,
};
use squawk_syntax::ast;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::expression::expect_expression;
use super::name::{column, expect_column, relation_name};
use super::sequence::{options, persistence};
use super::type_name::type_name;
use super::view::index_element;
use crate::sql::cursor::{Cursor, Lowered, kind_name, tokens, unsupported_node};

pub(super) fn create(mut cursor: Cursor) -> Lowered<Statement> {
    cursor.expect(&[SyntaxKind::CREATE_KW])?;
    let (persistence, is_global) = persistence(&mut cursor)?;
    cursor.expect(&[SyntaxKind::TABLE_KW])?;
    let if_not_exists = cursor.node::<ast::IfNotExists>().is_some();
    let name = relation_name(&cursor.expect_node::<ast::TableName>()?)?;
    let list = cursor.expect_node::<ast::TableArgList>()?;
    let partition_by = match cursor.node::<ast::PartitionBy>() {
        Some(node) => Some(partition_by(&node)?),
        None => None,
    };
    if let (Some(_), Some(SyntaxKind::WITH_PARAMS)) = (&partition_by, cursor.peek()) {
        return Err(unsupported_node(&list, "storage parameters of a partitioned table"));
    }
    inert_options(&mut cursor, persistence)?;
    cursor.finish()?;
    let mut cursor = Cursor::new(&list);
    cursor.expect(&[SyntaxKind::L_PAREN])?;
    let elements = cursor.comma_separated::<ast::TableArg, _>(element)?;
    cursor.expect(&[SyntaxKind::R_PAREN])?;
    cursor.finish()?;
    Ok(Statement::CreateTable(CreateTable { persistence, is_global, if_not_exists, name, elements, partition_by }))
}

fn partition_by(node: &SyntaxNode) -> Lowered<PartitionBy> {
    let mut cursor = Cursor::new(node);
    cursor.expect(&[SyntaxKind::PARTITION_KW])?;
    cursor.expect(&[SyntaxKind::BY_KW])?;
    let strategy = cursor.expect_node::<ast::PartitionStrategy>()?;
    let words: Vec<String> = tokens(&strategy).map(|token| token.text().to_ascii_lowercase()).collect();
    let strategy = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["range"] => PartitionStrategy::Range,
        ["list"] => PartitionStrategy::List,
        ["hash"] => PartitionStrategy::Hash,
        _ => return Err(unsupported_node(&strategy, "partitioning strategy")),
    };
    let mut list = Cursor::new(&cursor.expect_node::<ast::PartitionItemList>()?);
    cursor.finish()?;
    list.expect(&[SyntaxKind::L_PAREN])?;
    let columns = list.comma_separated::<ast::PartitionItem, _>(partition_column)?;
    list.expect(&[SyntaxKind::R_PAREN])?;
    list.finish()?;
    Ok(PartitionBy { strategy, columns })
}

fn partition_column(node: &SyntaxNode) -> Lowered<Identifier> {
    let element = index_element(node)?;
    match element.key {
        Expression::Column(ObjectName { parts }) if parts.len() == 1 && element.operator_class.is_none() => {
            Ok(parts[0].clone())
        }
        _ => Err(unsupported_node(node, "such an element of a partition key")),
    }
}

/// Takes what may follow the columns and says what would be without it, or shows in no reply (manual, "CREATE TABLE",
/// Storage Parameters; ON COMMIT; WITHOUT OIDS).
fn inert_options(cursor: &mut Cursor, persistence: Persistence) -> Lowered<()> {
    if let Some(parameters) = cursor.node_of(SyntaxKind::WITH_PARAMS) {
        storage_parameters(&parameters)?;
    } else {
        cursor.node_of(SyntaxKind::WITHOUT_OIDS);
    }
    if persistence == Persistence::Temporary
        && cursor.peek() == Some(SyntaxKind::ON_COMMIT)
        && let Some(node) = cursor.any_node()
        && !node.children().any(|action| action.kind() == SyntaxKind::PRESERVE_ROWS)
    {
        return Err(unsupported_node(&node, "ON COMMIT"));
    }
    Ok(())
}

/// Takes `WITH (parameter = value, …)` whose parameters tell how rows are stored and no more.
pub(super) fn storage_parameters(node: &SyntaxNode) -> Lowered<()> {
    let mut cursor = Cursor::new(node);
    cursor.expect(&[SyntaxKind::WITH_KW])?;
    let mut list = Cursor::new(&cursor.expect_node::<ast::AttributeList>()?);
    cursor.finish()?;
    list.expect(&[SyntaxKind::L_PAREN])?;
    let names = list.comma_separated::<ast::AttributeOption, _>(storage_parameter)?;
    if (1..names.len()).any(|place| names[..place].contains(&names[place])) {
        return Err(unsupported_node(node, "storage parameter given twice"));
    }
    list.expect(&[SyntaxKind::R_PAREN])?;
    list.finish()
}

/// Lowers a parameter to its name.
fn storage_parameter(node: &SyntaxNode) -> Lowered<String> {
    let words: Vec<String> = tokens(node).map(|token| token.text().to_ascii_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_inert = match words.as_slice() {
        ["fillfactor", "=", number] => number.parse().is_ok_and(|number: u32| (10..=100).contains(&number)),
        ["autovacuum_enabled", "=", value] => matches!(*value, "true" | "false" | "on" | "off"),
        ["oids", "=", value] => matches!(*value, "false" | "off"),
        _ => false,
    };
    if is_inert { Ok(words[0].to_owned()) } else { Err(unsupported_node(node, "storage parameter")) }
}

fn element(node: &SyntaxNode) -> Lowered<TableElement> {
    let mut cursor = Cursor::new(node);
    match node.kind() {
        SyntaxKind::COLUMN => {
            let definition = column_definition(&mut cursor)?;
            cursor.finish()?;
            Ok(TableElement::Column(definition))
        }
        SyntaxKind::LIKE_CLAUSE => like(cursor),
        _ => Ok(TableElement::Constraint(table_constraint(node)?)),
    }
}

fn like(mut cursor: Cursor) -> Lowered<TableElement> {
    cursor.expect(&[SyntaxKind::LIKE_KW])?;
    let source = relation_name(&cursor.expect_node::<ast::RelationNameRef>()?)?;
    let mut features = Vec::new();
    while let Some(node) = cursor.node::<ast::LikeOption>() {
        let mut inner = Cursor::new(&node);
        let is_included = inner.has(SyntaxKind::INCLUDING_KW);
        if !is_included {
            inner.expect(&[SyntaxKind::EXCLUDING_KW])?;
        }
        let property = inner.expect_node::<ast::TableProperty>()?;
        let feature = match property.kind() {
            SyntaxKind::PROPERTY_ALL => LikeFeature::All,
            SyntaxKind::PROPERTY_DEFAULTS => LikeFeature::Defaults,
            SyntaxKind::PROPERTY_IDENTITY => LikeFeature::Identity,
            SyntaxKind::PROPERTY_CONSTRAINTS => LikeFeature::Constraints,
            SyntaxKind::PROPERTY_INDEXES => LikeFeature::Indexes,
            kind => {
                let what = kind_name(kind).replacen("PROPERTY", "LIKE with", 1);
                return Err(unsupported_node(&property, what));
            }
        };
        inner.finish()?;
        features.push((is_included, feature));
    }
    cursor.finish()?;
    Ok(TableElement::Like { source, features })
}

/// Takes a column with its type and constraints.
pub(super) fn column_definition(cursor: &mut Cursor) -> Lowered<ColumnDefinition> {
    let name = expect_column::<ast::ColumnName>(cursor)?;
    let type_name = type_name(&cursor.expect_node::<ast::Type>()?)?;
    let mut constraints = Vec::new();
    let mut collation = None;
    while let Some(clause) = cursor.node::<ast::ColumnClause>() {
        match clause.kind() {
            SyntaxKind::COLLATE if collation.is_none() => collation = Some(collation_name(&clause)?),
            _ => constraints.push(column_constraint(&clause)?),
        }
    }
    Ok(ColumnDefinition { name, type_name, collation, constraints })
}

fn collation_name(node: &SyntaxNode) -> Lowered<ObjectName> {
    let mut cursor = Cursor::new(node);
    cursor.expect(&[SyntaxKind::COLLATE_KW])?;
    let name = relation_name(&cursor.expect_node::<ast::CollationRef>()?)?;
    cursor.finish()?;
    Ok(name)
}

fn column_constraint(node: &SyntaxNode) -> Lowered<ColumnConstraint> {
    let mut cursor = Cursor::new(node);
    let name = constraint_name(&mut cursor)?;
    let kind = match node.kind() {
        SyntaxKind::NOT_NULL_CONSTRAINT => {
            cursor.expect(&[SyntaxKind::NOT_KW, SyntaxKind::NULL_KW])?;
            ColumnConstraintKind::NotNull
        }
        SyntaxKind::NULL_CONSTRAINT => {
            cursor.expect(&[SyntaxKind::NULL_KW])?;
            ColumnConstraintKind::Null
        }
        SyntaxKind::DEFAULT_CONSTRAINT => {
            cursor.expect(&[SyntaxKind::DEFAULT_KW])?;
            ColumnConstraintKind::Default(default_value(&mut cursor)?)
        }
        SyntaxKind::PRIMARY_KEY_CONSTRAINT => {
            cursor.expect(&[SyntaxKind::PRIMARY_KW, SyntaxKind::KEY_KW])?;
            index_parameters(&mut cursor)?;
            ColumnConstraintKind::PrimaryKey
        }
        SyntaxKind::UNIQUE_CONSTRAINT => {
            cursor.expect(&[SyntaxKind::UNIQUE_KW])?;
            index_parameters(&mut cursor)?;
            ColumnConstraintKind::Unique
        }
        SyntaxKind::CHECK_CONSTRAINT => ColumnConstraintKind::Check(check(&mut cursor)?),
        SyntaxKind::GENERATED_CONSTRAINT => {
            cursor.expect(&[SyntaxKind::GENERATED_KW])?;
            match cursor.node_of(SyntaxKind::GENERATED_IDENTITY) {
                Some(identity) => {
                    let mut inner = Cursor::new(&identity);
                    let generated = generated_when(&mut inner)?;
                    let options = identity_options(&mut inner)?;
                    inner.finish()?;
                    ColumnConstraintKind::Identity { generated, options }
                }
                None => ColumnConstraintKind::Computed(stored_expression(&mut cursor)?),
            }
        }
        SyntaxKind::REFERENCES_CONSTRAINT => {
            cursor.expect(&[SyntaxKind::REFERENCES_KW])?;
            let table = relation_name(&cursor.expect_node::<ast::TableNameRef>()?)?;
            let mut columns = Vec::new();
            if cursor.has(SyntaxKind::L_PAREN) {
                columns.push(expect_column::<ast::ColumnNameRef>(&mut cursor)?);
                cursor.expect(&[SyntaxKind::R_PAREN])?;
            }
            ColumnConstraintKind::References(references(&mut cursor, table, columns)?)
        }
        kind => return Err(unsupported_node(node, kind_name(kind))),
    };
    cursor.finish()?;
    Ok(ColumnConstraint { name, kind })
}

/// Takes `ALWAYS AS (expression) STORED`; only PostgreSQL 18 has generated columns of another kind.
fn stored_expression(cursor: &mut Cursor) -> Lowered<Expression> {
    let Some(node) = cursor.node_of(SyntaxKind::GENERATED_STORED) else { return Err(cursor.unexpected()) };
    let mut inner = Cursor::new(&node);
    match generated_when(&mut inner)? {
        Generated::Always => {}
        Generated::ByDefault => return Err(unsupported_node(&node, "generated column BY DEFAULT")),
    }
    inner.expect(&[SyntaxKind::AS_KW, SyntaxKind::L_PAREN])?;
    let value = expect_expression(&mut inner)?;
    inner.expect(&[SyntaxKind::R_PAREN])?;
    match inner.node::<ast::GeneratedKind>() {
        Some(kind) if kind.kind() == SyntaxKind::STORED => {}
        _ => return Err(unsupported_node(&node, "generated column that is not STORED")),
    }
    inner.finish()?;
    Ok(value)
}

/// Takes a column's default: PostgreSQL's grammar takes fewer operators here than elsewhere (its `b_expr`).
fn default_value(cursor: &mut Cursor) -> Lowered<Expression> {
    let value = expect_expression(cursor)?;
    let needs_parentheses = match &value {
        Expression::InList { .. }
        | Expression::InQuery { .. }
        | Expression::Between { .. }
        | Expression::IsNull { .. }
        | Expression::Unary(UnaryOperator::Not, _) => true,
        Expression::Binary(operator, ..) => matches!(
            operator,
            BinaryOperator::And
                | BinaryOperator::Or
                | BinaryOperator::Like
                | BinaryOperator::NotLike
                | BinaryOperator::ILike
                | BinaryOperator::NotILike
        ),
        _ => false,
    };
    let owner = cursor.owner();
    // A constraint's name may stand before DEFAULT.
    let next = tokens(&owner).skip_while(|token| token.kind() != SyntaxKind::DEFAULT_KW).nth(1);
    match needs_parentheses && next.is_some_and(|token| token.kind() != SyntaxKind::L_PAREN) {
        true => Err(unsupported_node(&owner, "DEFAULT with an operator that asks for parentheses")),
        false => Ok(value),
    }
}

/// Lowers a constraint of a whole table.
pub(super) fn table_constraint(node: &SyntaxNode) -> Lowered<TableConstraint> {
    let mut cursor = Cursor::new(node);
    let name = constraint_name(&mut cursor)?;
    let kind = match node.kind() {
        SyntaxKind::PRIMARY_KEY_CONSTRAINT => {
            cursor.expect(&[SyntaxKind::PRIMARY_KW, SyntaxKind::KEY_KW])?;
            TableConstraintKind::PrimaryKey(index_columns(&mut cursor)?)
        }
        SyntaxKind::UNIQUE_CONSTRAINT => {
            cursor.expect(&[SyntaxKind::UNIQUE_KW])?;
            TableConstraintKind::Unique(index_columns(&mut cursor)?)
        }
        SyntaxKind::CHECK_CONSTRAINT => TableConstraintKind::Check {
            condition: check(&mut cursor)?,
            not_valid: cursor.node_of(SyntaxKind::NOT_VALID).is_some(),
        },
        SyntaxKind::FOREIGN_KEY_CONSTRAINT => {
            cursor.expect(&[SyntaxKind::FOREIGN_KW, SyntaxKind::KEY_KW])?;
            let columns = key_columns(&cursor.expect_node::<ast::ForeignKeyColumnList>()?)?;
            cursor.expect(&[SyntaxKind::REFERENCES_KW])?;
            let table = relation_name(&cursor.expect_node::<ast::TableNameRef>()?)?;
            let referenced = match cursor.node::<ast::ForeignKeyColumnList>() {
                Some(list) => key_columns(&list)?,
                None => Vec::new(),
            };
            TableConstraintKind::ForeignKey(columns, references(&mut cursor, table, referenced)?)
        }
        kind => return Err(unsupported_node(node, kind_name(kind))),
    };
    cursor.finish()?;
    Ok(TableConstraint { name, kind })
}

fn key_columns(node: &SyntaxNode) -> Lowered<Vec<Identifier>> {
    let mut list = Cursor::new(node);
    list.expect(&[SyntaxKind::L_PAREN])?;
    let columns = list.comma_separated::<ast::ColumnNameRef, _>(column)?;
    list.expect(&[SyntaxKind::R_PAREN])?;
    list.finish()?;
    Ok(columns)
}

/// Takes what follows the table and columns that a foreign key refers to.
fn references(cursor: &mut Cursor, table: ObjectName, columns: Vec<Identifier>) -> Lowered<References> {
    let mut references = References {
        table,
        columns,
        on_delete: ReferentialAction::NoAction,
        on_update: ReferentialAction::NoAction,
        deferral: Deferral::Never,
        not_valid: false,
    };
    // MATCH SIMPLE is the default.
    cursor.node_of(SyntaxKind::MATCH_SIMPLE);
    let (mut has_delete, mut has_update) = (false, false);
    while let Some(node) = cursor.node::<ast::ReferentialAction>() {
        let mut inner = Cursor::new(&node);
        inner.expect(&[SyntaxKind::ON_KW])?;
        let is_delete = inner.has(SyntaxKind::DELETE_KW);
        if !is_delete {
            inner.expect(&[SyntaxKind::UPDATE_KW])?;
        }
        let action = referential_action(&inner.expect_node::<ast::RefAction>()?)?;
        inner.finish()?;
        let (seen, place) = match is_delete {
            true => (&mut has_delete, &mut references.on_delete),
            false => (&mut has_update, &mut references.on_update),
        };
        if std::mem::replace(seen, true) {
            return Err(unsupported_node(&node, "referential action given twice"));
        }
        *place = action;
    }
    let mut deferrable = None;
    let mut deferred = None;
    while let Some(node) = cursor.node::<ast::ConstraintOption>() {
        let (known, value) = match node.kind() {
            SyntaxKind::DEFERRABLE_CONSTRAINT_OPTION => (&mut deferrable, true),
            SyntaxKind::NOT_DEFERRABLE_CONSTRAINT_OPTION => (&mut deferrable, false),
            SyntaxKind::INITIALLY_DEFERRED_CONSTRAINT_OPTION => (&mut deferred, true),
            SyntaxKind::INITIALLY_IMMEDIATE_CONSTRAINT_OPTION => (&mut deferred, false),
            SyntaxKind::NOT_VALID => {
                references.not_valid = true;
                continue;
            }
            kind => return Err(unsupported_node(&node, kind_name(kind))),
        };
        if known.replace(value).is_some() {
            return Err(unsupported_node(&node, "DEFERRABLE given twice"));
        }
    }
    references.deferral = match (deferrable, deferred) {
        (Some(false), Some(true)) => {
            return Err(unsupported_node(&cursor.owner(), "INITIALLY DEFERRED and NOT DEFERRABLE"));
        }
        (_, Some(true)) => Deferral::Deferred,
        (Some(true), _) => Deferral::Deferrable,
        _ => Deferral::Never,
    };
    Ok(references)
}

fn referential_action(node: &SyntaxNode) -> Lowered<ReferentialAction> {
    let action = match node.kind() {
        SyntaxKind::NO_ACTION => ReferentialAction::NoAction,
        SyntaxKind::RESTRICT => ReferentialAction::Restrict,
        SyntaxKind::CASCADE => ReferentialAction::Cascade,
        SyntaxKind::SET_NULL_COLUMNS => ReferentialAction::SetNull,
        SyntaxKind::SET_DEFAULT_COLUMNS => ReferentialAction::SetDefault,
        kind => return Err(unsupported_node(node, kind_name(kind))),
    };
    if node.children().next().is_some() {
        return Err(unsupported_node(node, "referential action on some of the columns"));
    }
    Ok(action)
}

fn constraint_name(cursor: &mut Cursor) -> Lowered<Option<Identifier>> {
    let Some(clause) = cursor.node::<ast::ConstraintNameClause>() else { return Ok(None) };
    let mut inner = Cursor::new(&clause);
    inner.expect(&[SyntaxKind::CONSTRAINT_KW])?;
    let name = expect_column::<ast::ConstraintName>(&mut inner)?;
    inner.finish()?;
    Ok(Some(name))
}

fn check(cursor: &mut Cursor) -> Lowered<Expression> {
    cursor.expect(&[SyntaxKind::CHECK_KW, SyntaxKind::L_PAREN])?;
    let condition = expect_expression(cursor)?;
    cursor.expect(&[SyntaxKind::R_PAREN])?;
    Ok(condition)
}

/// Takes what may follow a column's PRIMARY KEY or UNIQUE, none of which is in the model.
fn index_parameters(cursor: &mut Cursor) -> Lowered<()> {
    match cursor.node::<ast::IndexParameters>() {
        Some(node) => {
            let mut inner = Cursor::new(&node);
            if let Some(parameters) = inner.node_of(SyntaxKind::WITH_PARAMS) {
                storage_parameters(&parameters)?;
            }
            inner.finish()
        }
        None => Ok(()),
    }
}

/// Takes the columns of a table's PRIMARY KEY or UNIQUE.
fn index_columns(cursor: &mut Cursor) -> Lowered<Vec<Identifier>> {
    let mut parameters = Cursor::new(&cursor.expect_node::<ast::IndexParameters>()?);
    let mut list = Cursor::new(&parameters.expect_node::<ast::ConstraintColumnRefList>()?);
    if let Some(storage) = parameters.node_of(SyntaxKind::WITH_PARAMS) {
        storage_parameters(&storage)?;
    }
    parameters.finish()?;
    list.expect(&[SyntaxKind::L_PAREN])?;
    let columns = list.comma_separated::<ast::ColumnNameRef, _>(column)?;
    list.expect(&[SyntaxKind::R_PAREN])?;
    list.finish()?;
    Ok(columns)
}

/// Takes ALWAYS or BY DEFAULT.
pub(super) fn generated_when(cursor: &mut Cursor) -> Lowered<Generated> {
    if cursor.node_of(SyntaxKind::GENERATED_ALWAYS).is_some() {
        Ok(Generated::Always)
    } else if cursor.node_of(SyntaxKind::GENERATED_BY_DEFAULT).is_some() {
        Ok(Generated::ByDefault)
    } else {
        Err(cursor.unexpected())
    }
}

/// Takes AS IDENTITY with its options.
pub(super) fn identity_options(cursor: &mut Cursor) -> Lowered<Vec<SequenceOption>> {
    cursor.expect(&[SyntaxKind::AS_KW, SyntaxKind::IDENTITY_KW])?;
    let Some(node) = cursor.node::<ast::SequenceOptionList>() else { return Ok(Vec::new()) };
    let mut inner = Cursor::new(&node);
    inner.expect(&[SyntaxKind::L_PAREN])?;
    let list = options(&mut inner)?;
    if list.is_empty() {
        return Err(inner.stop());
    }
    inner.expect(&[SyntaxKind::R_PAREN])?;
    inner.finish()?;
    Ok(list)
}
