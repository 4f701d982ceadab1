//! CREATE INDEX (manual, "CREATE INDEX"), and what the rows of a table must satisfy before a unique index is made.

use std::rc::Rc;

use super::super::{Execution, MissingSchema, done, no_relation};
use super::computed::is_immutable;
use super::opaque::{is_reliable, named_columns};
use super::partition::check_covers_partition_key;
use super::shown::shown_key;
use super::table_scope;
use crate::catalog::{Column, Index, Kind, Oid, Relation, TableData, TableRow, is_system_column};
use crate::clause::Clause;
use crate::error::{Result, Stop, error, notice, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::query::{Binder, Place, Type, Value, check_looks_alike};
use crate::reply::{Severity, StatementResult};
use crate::statement::{BinaryOperator, CreateIndex, Expression, Identifier, ObjectName, Privilege, UnaryOperator};

impl Execution<'_> {
    /// Takes the lock under which a table's indexes are built. A statement that rewrites the table takes it beside its
    /// stronger lock, whether there are indexes or not.
    pub(in crate::execute) fn lock_to_build_indexes(&mut self, table: Oid) -> Result<()> {
        self.lock(table, LockMode::Share)
    }

    pub(in crate::execute) fn create_index(&mut self, statement: &CreateIndex) -> Result<StatementResult> {
        self.prevent_if_read_only("CREATE INDEX")?;
        let name = self.range_name(&statement.table)?;
        let Some(relation) = self.find_to_lock(name, MissingSchema::Fails)? else {
            return Err(no_relation(name));
        };
        self.check_owner(&relation)?;
        self.lock_to_build_indexes(relation.oid)?;
        let Some(data) = relation.table() else {
            return Err(self.shared.settings.major.cannot_be_indexed(&relation));
        };
        self.check_schema(relation.schema, Privilege::Create)?;
        let index_name: Rc<str> = match &statement.name {
            Some(name) => name.name().into(),
            None => {
                let names =
                    statement.elements.iter().map(|element| key_name(&element.key)).collect::<Result<Vec<_>>>()?;
                let columns = index_column_names(names.into_iter());
                self.choose_relation_name(&relation.name, Some(&columns.join("_")), "idx", relation.schema)?
            }
        };
        let is_plain = statement.filter.is_none()
            && statement.elements.iter().all(|element| matches!(element.key, Expression::Column(_)));
        let method = statement.method.as_ref().map_or("btree", |method| method.name());
        if !["btree", "hash", "gin", "brin"].contains(&method) {
            return Err(unsupported(format!("access method {method}")));
        }
        if statement.unique && (!is_plain || method != "btree") {
            return Err(unsupported("a unique index over expressions or some of the rows"));
        }
        let mut places = Vec::with_capacity(statement.elements.len());
        let mut others = Vec::new();
        for element in &statement.elements {
            let Expression::Column(name) = &element.key else {
                others.extend(self.bind_index_expression(&element.key, &relation, data, method)?);
                if element.operator_class.is_some() {
                    return Err(unsupported("an index on an expression with an operator class"));
                }
                continue;
            };
            let name = name.parts.last().map(Identifier::name).unwrap_or_default();
            let Some((place, found)) = data.column(name) else {
                if is_system_column(name) {
                    return Err(unsupported("an index of system columns"));
                }
                return Err(error(sqlstate::UNDEFINED_COLUMN, format!("column \"{name}\" does not exist")));
            };
            check_method(found, method, element.operator_class.as_ref(), statement.elements.len())?;
            places.push(place);
        }
        if let Some(filter) = &statement.filter {
            others.extend(self.bind_index_filter(filter, &relation, data)?);
        }
        if statement.unique {
            check_covers_partition_key(&relation, data, &places, "UNIQUE")?;
        }
        if statement.if_not_exists && self.is_name_taken(relation.schema, &index_name) {
            self.notice(notice(
                Severity::Notice,
                sqlstate::DUPLICATE_TABLE,
                format!("relation \"{index_name}\" already exists, skipping"),
            ));
            return done("CREATE INDEX");
        }
        self.check_new_index(relation.schema, &index_name)?;
        if statement.unique {
            self.check_rows_unique(&relation, data, &places, &index_name)?;
        }
        self.reach(Clause::IndexName);
        let oid = self.insert_index(&relation, index_name);
        let mut data = data.clone();
        data.indexes.push(Index { oid, columns: places, others, is_unique: statement.unique });
        self.update_table(&relation, data)?;
        done("CREATE INDEX")
    }

    /// Analyses an expression that an index has entries for; tells the places of the columns that it reads.
    fn bind_index_expression(
        &mut self,
        key: &Expression,
        relation: &Relation,
        data: &TableData,
        method: &str,
    ) -> Result<Vec<usize>> {
        if method != "btree" || !is_immutable(key, data) || may_fail(key) {
            return Err(unsupported("an index on such an expression"));
        }
        let scope = table_scope(relation, None, &data.columns);
        Binder::new(self, scope).expression(key, Place::IndexExpression)?;
        Ok(named_columns(key, data))
    }

    /// The same for the condition of an index on some of the rows.
    fn bind_index_filter(&mut self, filter: &Expression, relation: &Relation, data: &TableData) -> Result<Vec<usize>> {
        if !is_immutable(filter, data) || may_fail(filter) {
            return Err(unsupported("an index with such a condition"));
        }
        let scope = table_scope(relation, None, &data.columns);
        match Binder::new(self, scope).boolean(filter, Place::IndexFilter, "WHERE") {
            Err(Stop::Unsupported(_)) if is_reliable(filter, Some(data)) => {}
            bound => drop(bound?),
        }
        Ok(named_columns(filter, data))
    }

    /// Makes the relation that an index is.
    pub(super) fn insert_index(&mut self, table: &Relation, name: Rc<str>) -> Oid {
        let oid = self.shared.catalog.new_oid();
        let index = Relation {
            oid,
            schema: table.schema,
            name,
            owner: table.owner,
            access: None,
            persistence: table.persistence,
            storage: self.shared.catalog.new_storage(),
            kind: Kind::Index(table.oid),
        };
        self.add_relation(index);
        oid
    }

    /// Refuses a unique index over columns that hold a key twice.
    pub(super) fn check_rows_unique(
        &mut self,
        table: &Relation,
        data: &TableData,
        columns: &[usize],
        index: &str,
    ) -> Result<()> {
        let rows = self.shared.catalog.rows(table.storage, self.catalog_view());
        let key = |row: &TableRow| -> Vec<Value> { columns.iter().map(|place| row[*place].clone()).collect() };
        let keys: Vec<Vec<Value>> = rows.iter().map(key).collect();
        let mut twice: Vec<&Vec<Value>> = Vec::new();
        for (position, key) in keys.iter().enumerate() {
            if key.contains(&Value::Opaque) {
                return Err(unsupported("a key whose value nobody can predict"));
            }
            let mut is_there = false;
            for other in keys[..position].iter().filter(|other| *other == key) {
                check_looks_alike(other, key)?;
                is_there = true;
            }
            if is_there && !key.iter().any(Value::is_null) && !twice.contains(&key) {
                twice.push(key);
            }
        }
        let [values] = twice.as_slice() else {
            return match twice.is_empty() {
                true => Ok(()),
                // Which one is found first depends on how PostgreSQL sorts.
                false => Err(unsupported("several keys that a new unique index would hold twice")),
            };
        };
        self.reach(Clause::IndexUnique);
        // An index is built as the table's owner.
        let detail = match self.may_read(table, table.owner)? {
            true => format!("{} is duplicated.", shown_key(data, columns, *values)),
            false => "Duplicate keys exist.".to_owned(),
        };
        Err(error(sqlstate::UNIQUE_VIOLATION, format!("could not create unique index \"{index}\"")).detail(detail))
    }
}

/// The names of an index's own columns: a name that comes again is numbered.
fn index_column_names<'n>(columns: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for column in columns {
        let mut name = column.to_owned();
        let mut number = 0;
        while names.contains(&name) {
            number += 1;
            name = format!("{column}{number}");
        }
        names.push(name);
    }
    names
}

/// Whether computing an expression may fail for some row, and refuse that to the table.
fn may_fail(expression: &Expression) -> bool {
    match expression {
        Expression::Call(call) => call.arguments.iter().any(may_fail),
        Expression::Cast(operand, name) => {
            let target = name.name.parts.last().map(Identifier::name);
            !matches!(target, Some("text")) || may_fail(operand)
        }
        Expression::Unary(UnaryOperator::Not, operand) | Expression::IsNull { operand, .. } => may_fail(operand),
        Expression::Unary(_, operand) => !matches!(**operand, Expression::Literal(_)),
        Expression::Binary(
            BinaryOperator::And
            | BinaryOperator::Or
            | BinaryOperator::Concatenate
            | BinaryOperator::Equal
            | BinaryOperator::NotEqual
            | BinaryOperator::Less
            | BinaryOperator::LessOrEqual
            | BinaryOperator::Greater
            | BinaryOperator::GreaterOrEqual,
            left,
            right,
        ) => may_fail(left) || may_fail(right),
        Expression::Binary(..) => true,
        Expression::InList { operand, items, .. } => may_fail(operand) || items.iter().any(may_fail),
        Expression::Literal(_) | Expression::Column(_) => false,
        _ => true,
    }
}

/// The name of an index's column, from which its own is made up.
fn key_name(key: &Expression) -> Result<&str> {
    match key {
        Expression::Column(name) => Ok(name.parts.last().map(Identifier::name).unwrap_or_default()),
        Expression::Call(call) => Ok(call.name.parts.last().map(Identifier::name).unwrap_or_default()),
        Expression::Binary(..) | Expression::IsNull { .. } => Ok("expr"),
        _ => Err(unsupported("the name of an index on such an expression")),
    }
}

/// Keeps to the access methods and operator classes that the model knows to fit a column.
fn check_method(column: &Column, method: &str, class: Option<&ObjectName>, elements: usize) -> Result<()> {
    let opaque = column.opaque.as_ref().map(|opaque| &opaque.written);
    let written = opaque.and_then(|written| written.name.parts.last()).map(Identifier::name).unwrap_or_default();
    let is_array = opaque.is_some_and(|written| written.dimensions > 0);
    let is_text = matches!(column.column_type, Type::Text | Type::Varchar);
    let class = match class.map(|class| class.parts.as_slice()) {
        None => "",
        Some([name]) => name.name(),
        Some(_) => return Err(unsupported("an operator class in a schema")),
    };
    let fits = match (method, class) {
        ("btree", "") => !column.column_type.is_opaque() || has_order(column),
        ("btree", "text_pattern_ops" | "varchar_pattern_ops") => is_text,
        ("hash", "") => elements == 1 && !column.column_type.is_opaque(),
        ("brin", "") => column.column_type.is_integer() || matches!(written, "date" | "timestamp" | "timestamptz"),
        ("gin", "") => is_array || matches!(written, "jsonb" | "tsvector"),
        ("gin", "jsonb_path_ops" | "jsonb_ops") => written == "jsonb" && !is_array,
        _ => false,
    };
    match fits {
        true => Ok(()),
        false => Err(unsupported("an index on a column whose type is outside the model")),
    }
}

/// Whether the values of a column whose type is outside the model have an order, and so a default operator class.
pub(super) fn has_order(column: &Column) -> bool {
    const ORDERED: [&str; 16] = [
        "bpchar",
        "bytea",
        "date",
        "float4",
        "float8",
        "inet",
        "interval",
        "jsonb",
        "numeric",
        "text",
        "time",
        "timetz",
        "timestamp",
        "timestamptz",
        "uuid",
        "varchar",
    ];
    let Some(opaque) = &column.opaque else { return false };
    if opaque.enumeration.is_some() {
        return true;
    }
    let name = opaque.written.name.parts.last().filter(|_| opaque.written.dimensions == 0);
    name.is_some_and(|name| ORDERED.contains(&name.name()))
}
