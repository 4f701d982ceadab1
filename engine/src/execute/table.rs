//! Tables, as far as the documented examples of sequences need them.

use std::rc::Rc;

use super::query::{check_types, column_names};
use super::{Execution, done, rows, shared_str};
use super::{MissingSchema, no_relation};
use crate::catalog::{Column, Kind, Persistence, Relation, TableRow};
use crate::clause::Clause;
use crate::error::{Result, error, notice, sqlstate, unsupported};
use crate::lock::Mode;
use crate::query::{
    Binder, Bound, CastContext, Place, Row, Scope, ScopeTable, Type, Typed, Value, read_value, resolve_type,
};
use crate::reply::{Rows, Severity, StatementResult};
use crate::statement::{
    ColumnConstraint, Copy, CreateTable, Delete, Identifier, Insert, InsertSource, ObjectName, Query, SelectItem,
    Truncate, Update,
};

impl Execution<'_> {
    pub(super) fn create_table(&mut self, statement: &CreateTable) -> Result<StatementResult> {
        self.prevent_if_read_only("CREATE TABLE")?;
        let name = self.range_name(&statement.name)?;
        let (schema, persistence) = self.creation_schema(name, statement.persistence)?;
        if statement.if_not_exists
            && self.shared.catalog.relation_named(schema, name.name, self.catalog_view()).is_some()
        {
            self.notice(notice(
                Severity::Notice,
                sqlstate::DUPLICATE_TABLE,
                format!("relation \"{}\" already exists, skipping", name.name),
            ));
            return done("CREATE TABLE");
        }
        let mut columns: Vec<Column> = Vec::with_capacity(statement.columns.len());
        for definition in &statement.columns {
            let mut column = Column {
                name: shared_str(definition.name.name()),
                column_type: column_type(definition)?,
                not_null: false,
            };
            for constraint in &definition.constraints {
                match constraint {
                    ColumnConstraint::NotNull => column.not_null = true,
                    ColumnConstraint::Null => {}
                    ColumnConstraint::Default(_) => return Err(unsupported("a column's DEFAULT")),
                    ColumnConstraint::PrimaryKey => return Err(unsupported("PRIMARY KEY")),
                    ColumnConstraint::Unique => return Err(unsupported("UNIQUE")),
                    ColumnConstraint::Identity { .. } => return Err(unsupported("an identity column")),
                }
            }
            if columns.iter().any(|other| other.name == column.name) {
                return Err(error(
                    sqlstate::DUPLICATE_COLUMN,
                    format!("column \"{}\" specified more than once", column.name),
                ));
            }
            columns.push(column);
        }
        self.lock(schema, Mode::AccessShare)?;
        self.check_new_relation(schema, name.name)?;
        let oid = self.shared.catalog.new_oid();
        self.lock(oid, Mode::AccessExclusive)?;
        let relation = Relation {
            oid,
            schema,
            name: shared_str(name.name),
            persistence,
            storage: self.shared.catalog.new_storage(),
            kind: Kind::Table(columns.into()),
        };
        let view = self.catalog_view();
        self.shared.catalog.insert_relation(relation, view, &mut self.session.transaction.undo);
        done("CREATE TABLE")
    }

    /// The relation that a statement changes, with its columns. A sequence has columns too: that it cannot be changed
    /// is found only when the statement is about to run.
    fn relation_to_change(&mut self, name: &ObjectName) -> Result<(Rc<Relation>, Rc<[Column]>)> {
        let name = self.range_name(name)?;
        let Some(relation) = self.find_relation(name, MissingSchema::IsMissingRelation)? else {
            return Err(no_relation(name));
        };
        self.lock(relation.oid, Mode::RowExclusive)?;
        let columns = match &relation.kind {
            Kind::Table(columns) => columns.clone(),
            Kind::Sequence(_) => SEQUENCE_COLUMNS
                .iter()
                .map(|(name, column_type)| Column { name: shared_str(name), column_type: *column_type, not_null: true })
                .collect(),
        };
        Ok((relation, columns))
    }

    /// The last checks before rows are changed: the transaction may write, and the relation is a table.
    fn check_change(&mut self, relation: &Relation, command: &str, verb: &str) -> Result<()> {
        self.prevent_table_change_if_read_only(relation, command)?;
        if relation.sequence().is_some() {
            self.reach(Clause::NotUpdatable);
            return Err(error(sqlstate::WRONG_OBJECT_TYPE, format!("cannot {verb} sequence \"{}\"", relation.name)));
        }
        Ok(())
    }

    fn prevent_table_change_if_read_only(&self, relation: &Relation, command: &str) -> Result<()> {
        let read_only = self.session.transaction.characteristics.read_only;
        match relation.persistence {
            Persistence::Permanent | Persistence::Unlogged if read_only => Err(error(
                sqlstate::READ_ONLY_SQL_TRANSACTION,
                format!("cannot execute {command} in a read-only transaction"),
            )),
            _ => Ok(()),
        }
    }

    pub(super) fn insert(&mut self, statement: &Insert) -> Result<StatementResult> {
        let (table, columns) = self.relation_to_change(&statement.table)?;
        let targets = target_columns(&table, &columns, &statement.columns)?;
        let mut returned = Returning::new(self, &table, &columns, &statement.returning)?;
        let mut inserted = 0;
        match &statement.source {
            InsertSource::DefaultValues => {
                self.check_change(&table, "INSERT", "change")?;
                self.insert_row(&table, &columns, &[], Vec::new(), &mut returned)?;
                inserted = 1;
            }
            InsertSource::Query(query) => {
                let source = self.bind_insert_source(query, &columns, &targets)?;
                self.check_change(&table, "INSERT", "change")?;
                let mut pending: Vec<Vec<Value>> = Vec::new();
                match source {
                    InsertRows::Values(rows) => {
                        for row in rows {
                            let values =
                                row.iter().map(|value| self.evaluate(value, &Row::default())).collect::<Result<_>>()?;
                            self.insert_row(&table, &columns, &targets, values, &mut returned)?;
                            inserted += 1;
                        }
                    }
                    InsertRows::Query { plan, casts } => {
                        self.run_plan(&plan, None, &mut |_, values| {
                            pending.push(values.to_vec());
                            Ok(true)
                        })?;
                        for values in pending {
                            let row = Row { values: &values, ..Row::default() };
                            let values = casts.iter().map(|cast| self.evaluate(cast, &row)).collect::<Result<_>>()?;
                            self.insert_row(&table, &columns, &targets, values, &mut returned)?;
                            inserted += 1;
                        }
                    }
                }
            }
        }
        returned.finish(format!("INSERT 0 {inserted}"))
    }

    fn bind_insert_source(&mut self, query: &Query, columns: &[Column], targets: &[usize]) -> Result<InsertRows> {
        let mut binder = Binder::new(self, Scope::default());
        match query {
            Query::Values(rows) => {
                let mut bound = Vec::with_capacity(rows.len());
                for row in rows {
                    check_width(row.len(), targets.len())?;
                    let mut values = Vec::with_capacity(row.len());
                    for (value, target) in row.iter().zip(targets) {
                        values.push(match value {
                            crate::statement::Expression::Default => Bound::Constant(Value::Null),
                            value => {
                                let typed = binder.expression(value, Place::Values)?;
                                binder.assign(typed, &columns[*target])?
                            }
                        });
                    }
                    bound.push(values);
                }
                Ok(InsertRows::Values(bound))
            }
            Query::Select(_) => {
                let plan = binder.query(query)?;
                let types = plan.types();
                check_width(types.len(), targets.len())?;
                let mut casts = Vec::with_capacity(types.len());
                for (index, (value_type, target)) in types.into_iter().zip(targets).enumerate() {
                    let typed = Typed { bound: Bound::Column { level: 0, index }, value_type };
                    casts.push(binder.assign(typed, &columns[*target])?);
                }
                Ok(InsertRows::Query { plan, casts })
            }
        }
    }

    fn insert_row(
        &mut self,
        table: &Relation,
        columns: &[Column],
        targets: &[usize],
        values: Vec<Value>,
        returned: &mut Returning,
    ) -> Result<()> {
        let mut row = vec![Value::Null; columns.len()];
        for (target, value) in targets.iter().zip(values) {
            row[*target] = value;
        }
        self.check_not_null(table, columns, &row)?;
        let row: TableRow = row.into();
        let view = self.catalog_view();
        self.shared.catalog.insert_row(table.storage, row.clone(), view, &mut self.session.transaction.undo);
        returned.add(self, &row)
    }

    fn check_not_null(&self, table: &Relation, columns: &[Column], row: &[Value]) -> Result<()> {
        for (column, value) in columns.iter().zip(row) {
            if column.not_null && value.is_null() {
                let shown: Vec<String> = columns
                    .iter()
                    .zip(row)
                    .map(|(column, value)| match value {
                        Value::Null => "null".to_owned(),
                        value => value.to_text(column.column_type),
                    })
                    .collect();
                return Err(error(
                    sqlstate::NOT_NULL_VIOLATION,
                    format!(
                        "null value in column \"{}\" of relation \"{}\" violates not-null constraint",
                        column.name, table.name
                    ),
                )
                .detail(format!("Failing row contains ({}).", shown.join(", "))));
            }
        }
        Ok(())
    }

    pub(super) fn update(&mut self, statement: &Update) -> Result<StatementResult> {
        let (relation, columns) = self.relation_to_change(&statement.table)?;
        let scope = table_scope(&relation, &columns);
        let mut binder = Binder::new(self, scope);
        for (name, value) in &statement.assignments {
            let Some(column) = columns.iter().find(|column| *column.name == *name.name()) else {
                return Err(error(
                    sqlstate::UNDEFINED_COLUMN,
                    format!("column \"{}\" of relation \"{}\" does not exist", name.name(), relation.name),
                ));
            };
            let typed = binder.expression(value, Place::Update)?;
            binder.assign(typed, column)?;
        }
        if statement.filter.is_some() || !statement.returning.is_empty() {
            return Err(unsupported("UPDATE with WHERE or RETURNING"));
        }
        self.check_change(&relation, "UPDATE", "change")?;
        Err(unsupported("UPDATE of a table"))
    }

    pub(super) fn delete(&mut self, statement: &Delete) -> Result<StatementResult> {
        let (relation, _) = self.relation_to_change(&statement.table)?;
        if statement.filter.is_some() || !statement.returning.is_empty() {
            return Err(unsupported("DELETE with WHERE or RETURNING"));
        }
        self.check_change(&relation, "DELETE", "change")?;
        Err(unsupported("DELETE from a table"))
    }

    pub(super) fn truncate(&mut self, statement: &Truncate) -> Result<StatementResult> {
        self.prevent_if_read_only("TRUNCATE TABLE")?;
        for name in &statement.tables {
            let name = self.range_name(name)?;
            let Some(relation) = self.find_relation(name, MissingSchema::Fails)? else {
                return Err(no_relation(name));
            };
            if relation.sequence().is_some() {
                self.reach(Clause::NotUpdatable);
                return Err(error(sqlstate::WRONG_OBJECT_TYPE, format!("\"{}\" is not a table", relation.name)));
            }
        }
        Err(unsupported("TRUNCATE of a table"))
    }

    pub(super) fn copy(&mut self, statement: &Copy) -> Result<StatementResult> {
        let (table, columns) = self.relation_to_change(&statement.table)?;
        let targets = target_columns(&table, &columns, &statement.columns)?;
        self.check_change(&table, "COPY FROM", "copy to")?;
        let mut returned = Returning::none();
        let mut copied = 0;
        for line in &statement.data {
            let fields: Vec<&str> = line.split('\t').collect();
            if fields.len() > targets.len() {
                return Err(error(sqlstate::BAD_COPY_FILE_FORMAT, "extra data after last expected column"));
            }
            let mut values = Vec::with_capacity(targets.len());
            for (index, target) in targets.iter().enumerate() {
                let Some(field) = fields.get(index) else {
                    return Err(error(
                        sqlstate::BAD_COPY_FILE_FORMAT,
                        format!("missing data for column \"{}\"", columns[*target].name),
                    ));
                };
                values.push(copied_value(field, columns[*target].column_type)?);
            }
            self.insert_row(&table, &columns, &targets, values, &mut returned)?;
            copied += 1;
        }
        done(format!("COPY {copied}"))
    }
}

/// The rows of an INSERT, analysed.
enum InsertRows {
    Values(Vec<Vec<Bound>>),
    Query { plan: crate::query::Plan, casts: Vec<Bound> },
}

/// RETURNING, row by row.
struct Returning {
    outputs: Vec<crate::query::Output>,
    types: Vec<Type>,
    rows: Option<Rows>,
}

impl Returning {
    fn none() -> Returning {
        Returning { outputs: Vec::new(), types: Vec::new(), rows: None }
    }

    fn new(
        execution: &mut Execution<'_>,
        table: &Relation,
        columns: &[Column],
        items: &[SelectItem],
    ) -> Result<Returning> {
        if items.is_empty() {
            return Ok(Returning::none());
        }
        let outputs = Binder::new(execution, table_scope(table, columns)).select_list(items)?;
        let types: Vec<Type> = outputs.iter().map(|output| output.value_type).collect();
        check_types(&types)?;
        let names: Vec<Rc<str>> = outputs.iter().map(|output| output.name.clone()).collect();
        let rows = Some(Rows { columns: column_names(&names), ..Rows::default() });
        Ok(Returning { outputs, types, rows })
    }

    fn add(&mut self, execution: &mut Execution<'_>, row: &[Value]) -> Result<()> {
        let Some(rows) = &mut self.rows else { return Ok(()) };
        let context = Row { values: row, ..Row::default() };
        let values = self
            .outputs
            .iter()
            .map(|output| execution.evaluate(&output.value, &context))
            .collect::<Result<Vec<_>>>()?;
        execution.push_row(rows, &self.types, &values);
        Ok(())
    }

    fn finish(self, tag: String) -> Result<StatementResult> {
        match self.rows {
            Some(result) => rows(result, tag),
            None => done(tag),
        }
    }
}

/// The columns of the row that a sequence is.
const SEQUENCE_COLUMNS: [(&str, Type); 3] =
    [("last_value", Type::BigInt), ("log_cnt", Type::BigInt), ("is_called", Type::Boolean)];

/// One relation's columns as expressions name them.
fn table_scope(table: &Relation, columns: &[Column]) -> Scope {
    Scope {
        tables: vec![ScopeTable {
            name: table.name.clone(),
            columns: columns.iter().map(|column| (column.name.clone(), column.column_type)).collect(),
        }],
    }
}

fn column_type(definition: &crate::statement::ColumnDefinition) -> Result<Type> {
    let serial = ["serial", "serial2", "serial4", "serial8", "smallserial", "bigserial"];
    if let [name] = definition.type_name.name.parts.as_slice()
        && serial.contains(&name.name())
    {
        return Err(unsupported(format!("type {}", name.name())));
    }
    match resolve_type(&definition.type_name)? {
        Type::Record | Type::Array(_) | Type::Oid | Type::Regclass => Err(unsupported("a column of this type")),
        other => Ok(other),
    }
}

/// The columns that INSERT and COPY name, by their places; all of them when none is named.
fn target_columns(table: &Relation, columns: &[Column], named: &[Identifier]) -> Result<Vec<usize>> {
    if named.is_empty() {
        return Ok((0..columns.len()).collect());
    }
    let mut targets: Vec<usize> = Vec::with_capacity(named.len());
    for name in named {
        let Some(index) = columns.iter().position(|column| *column.name == *name.name()) else {
            return Err(error(
                sqlstate::UNDEFINED_COLUMN,
                format!("column \"{}\" of relation \"{}\" does not exist", name.name(), table.name),
            ));
        };
        if targets.contains(&index) {
            return Err(error(
                sqlstate::DUPLICATE_COLUMN,
                format!("column \"{}\" specified more than once", name.name()),
            ));
        }
        targets.push(index);
    }
    Ok(targets)
}

fn check_width(values: usize, targets: usize) -> Result<()> {
    if values > targets {
        return Err(error(sqlstate::SYNTAX_ERROR, "INSERT has more expressions than target columns"));
    }
    if values < targets {
        return Err(unsupported("INSERT with fewer values than columns"));
    }
    Ok(())
}

/// Reads one field of COPY's text format (manual, "COPY", Text Format).
fn copied_value(field: &str, column_type: Type) -> Result<Value> {
    if field == "\\N" {
        return Ok(Value::Null);
    }
    if field.contains('\\') {
        return Err(unsupported("a backslash in COPY data"));
    }
    read_value(field, column_type)
}

impl Binder<'_, '_> {
    /// Converts a value for storing into a column.
    pub(super) fn assign(&mut self, typed: Typed, column: &Column) -> Result<Bound> {
        let found = typed.value_type;
        match self.coerce(typed, column.column_type, CastContext::Assignment)? {
            Some(typed) => Ok(typed.bound),
            None => Err(error(
                sqlstate::DATATYPE_MISMATCH,
                format!(
                    "column \"{}\" is of type {} but expression is of type {}",
                    column.name,
                    column.column_type.sql_name(),
                    found.sql_name()
                ),
            )
            .hint("You will need to rewrite or cast the expression.")),
        }
    }
}
