//! ALTER TABLE's actions on ordinary properties of columns.

use super::super::Execution;
use super::alter::check_free_column;
use super::column::{Place, Planned, PlannedDefault};
use crate::catalog::{ConstraintKind, Object, Oid, Relation, TableData, TableRow};
use crate::error::{Result, error, notice, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::query::{Bound, CastContext, Row, SYSTEM_COLUMNS, Type, Typed, Value};
use crate::quirk::Quirk;
use crate::reply::Severity;
use crate::statement::{Behavior, ColumnDefinition, Expression, Identifier, TypeName};

impl Execution<'_> {
    pub(super) fn add_column(
        &mut self,
        relation: &Relation,
        mut data: TableData,
        definition: &ColumnDefinition,
        if_not_exists: bool,
    ) -> Result<()> {
        let name = definition.name.name();
        if if_not_exists && data.column(name).is_some() {
            if self.deviates(Quirk::AddColumnMakesSequence) {
                let place = Place { name: &relation.name, schema: relation.schema, persistence: relation.persistence };
                let mut planned = Planned::default();
                self.plan_column(definition, &place, &mut planned)?;
                self.create_planned_sequences(&planned.sequences, relation.owner)?;
            }
            self.notice(notice(
                Severity::Notice,
                sqlstate::DUPLICATE_COLUMN,
                format!("column \"{name}\" of relation \"{}\" already exists, skipping", relation.name),
            ));
            return Ok(());
        }
        check_free_column(relation, &data, name)?;
        let place = Place { name: &relation.name, schema: relation.schema, persistence: relation.persistence };
        let mut planned = Planned::default();
        self.plan_column(definition, &place, &mut planned)?;
        let Some(plan) = planned.columns.first() else { return Ok(()) };
        let sequences = self.create_planned_sequences(&planned.sequences, relation.owner)?;
        let mut column = plan.to_column();
        column.default = match &plan.default {
            None => None,
            Some(default) => Some(self.bind_default(default, &column, &sequences)?),
        };
        data.columns.push(column);
        self.update_table(relation, data)?;
        self.own_planned_sequences(relation.oid, &planned.sequences, &sequences)?;
        let (relation, data) = self.table_now(relation.oid)?;
        let added = data.columns.len() - 1;
        let mut computed = None;
        self.rewrite_rows(&relation, &data, |execution, row| {
            let mut row = row.to_vec();
            let known = computed.clone().filter(|_| execution.deviates(Quirk::AddColumnComputesOnce));
            let value = known.map_or_else(|| execution.default_value(&relation, &data, added), Ok)?;
            computed = Some(value.clone());
            row.push(value);
            Ok(row)
        })?;
        let rows = self.shared.catalog.rows(self.table_now(relation.oid)?.0.storage, self.catalog_view());
        if data.columns[added].not_null && rows.iter().any(|row| row[added].is_null()) {
            return Err(contains_null(name, &relation.name));
        }
        if !planned.constraints.is_empty() {
            self.add_constraints(relation.oid, &planned.constraints)?;
        }
        Ok(())
    }

    /// Computes every row anew, into new storage.
    fn rewrite_rows(
        &mut self,
        relation: &Relation,
        data: &TableData,
        mut compute: impl FnMut(&mut Self, &[Value]) -> Result<Vec<Value>>,
    ) -> Result<()> {
        let view = self.catalog_view();
        let storage = self.shared.catalog.new_storage();
        for row in self.shared.catalog.rows(relation.storage, view) {
            let row: TableRow = compute(self, &row)?.into();
            self.shared.catalog.insert_row(storage, row, view, &mut self.session.transaction.undo);
        }
        self.update_table(&Relation { storage, ..relation.clone() }, data.clone())?;
        Ok(())
    }

    pub(super) fn drop_column(
        &mut self,
        relation: &Relation,
        data: &TableData,
        column: &Identifier,
        if_exists: bool,
        behavior: Behavior,
    ) -> Result<()> {
        let Some((place, _)) = data.column(column.name()) else {
            if SYSTEM_COLUMNS.contains(&column.name()) {
                return Err(error(
                    sqlstate::FEATURE_NOT_SUPPORTED,
                    format!("cannot drop system column \"{}\"", column.name()),
                ));
            }
            if !if_exists {
                return Err(super::no_column(column.name(), &relation.name));
            }
            self.notice(notice(
                Severity::Notice,
                sqlstate::SUCCESSFUL_COMPLETION,
                format!("column \"{}\" of relation \"{}\" does not exist, skipping", column.name(), relation.name),
            ));
            return Ok(());
        };
        self.drop_objects(&[Object::Column(relation.oid, place)], behavior)
    }

    pub(super) fn set_column_default(
        &mut self,
        relation: &Relation,
        mut data: TableData,
        column: &Identifier,
        expression: Option<&Expression>,
    ) -> Result<()> {
        let place = self.require_column(relation, &data, column)?;
        if data.columns[place].identity.is_some() {
            let refused = error(
                sqlstate::SYNTAX_ERROR,
                format!("column \"{}\" of relation \"{}\" is an identity column", column.name(), relation.name),
            );
            return Err(match expression {
                Some(_) => refused,
                None => refused.hint("Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead."),
            });
        }
        if let Some(old) = &data.columns[place].default {
            self.lock(old.oid, LockMode::AccessExclusive)?;
        }
        data.columns[place].default = match expression {
            None => None,
            Some(expression) => {
                let plan = PlannedDefault::Expression(expression.clone());
                // DEFAULT NULL is no default at all.
                Some(self.bind_default(&plan, &data.columns[place].clone(), &[])?)
                    .filter(|default| !matches!(default.value, Some(Bound::Constant(Value::Null))))
            }
        };
        self.update_table(relation, data)?;
        Ok(())
    }

    pub(super) fn set_not_null(&mut self, relation: &Relation, mut data: TableData, column: &Identifier) -> Result<()> {
        let place = self.require_column(relation, &data, column)?;
        let rows = self.shared.catalog.rows(relation.storage, self.catalog_view());
        if rows.iter().any(|row| row[place].is_null()) {
            return Err(contains_null(column.name(), &relation.name));
        }
        data.columns[place].not_null = true;
        self.update_table(relation, data)?;
        Ok(())
    }

    pub(super) fn drop_not_null(
        &mut self,
        relation: &Relation,
        mut data: TableData,
        column: &Identifier,
    ) -> Result<()> {
        let place = self.require_column(relation, &data, column)?;
        if data.columns[place].identity.is_some() {
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                format!("column \"{}\" of relation \"{}\" is an identity column", column.name(), relation.name),
            ));
        }
        let in_primary_key = data.constraints.iter().any(|constraint| {
            matches!(&constraint.kind, ConstraintKind::Unique { columns, is_primary: true, .. }
                     if columns.contains(&place))
        });
        if in_primary_key {
            return Err(error(
                sqlstate::INVALID_TABLE_DEFINITION,
                format!("column \"{}\" is in a primary key", column.name()),
            ));
        }
        data.columns[place].not_null = false;
        self.update_table(relation, data)?;
        Ok(())
    }

    /// What a change of type asks before any action of its ALTER TABLE is done: an identity column's sequence changes
    /// here already, and a type without a cast is refused.
    pub(super) fn prepare_column_type(
        &mut self,
        relation: &Relation,
        data: &TableData,
        column: &Identifier,
        type_name: &TypeName,
        using: Option<&Expression>,
    ) -> Result<()> {
        let place = self.require_column(relation, data, column)?;
        if using.is_some() {
            return Err(unsupported("ALTER COLUMN … TYPE … USING"));
        }
        let (new_type, _) = self.column_type(type_name)?;
        if new_type == Type::Opaque || data.columns[place].column_type == Type::Opaque {
            return Err(unsupported("a change to or from a type outside the model"));
        }
        let view = self.catalog_view();
        let is_own_key = data.constraints.iter().any(|constraint| {
            matches!(constraint.kind, ConstraintKind::Foreign(_)) && constraint.kind.columns().contains(&place)
        });
        let is_referenced = self
            .shared
            .catalog
            .referencing(relation.oid, view)
            .iter()
            .any(|(_, _, key)| key.referenced_columns.contains(&place));
        if is_own_key || is_referenced {
            return Err(unsupported("a change of type of a foreign key's column"));
        }
        if data.columns[place].identity.is_some() {
            self.alter_identity_type(relation, place, new_type)?;
        }
        self.cast_of_column(data, place, new_type).map(|_| ())
    }

    fn cast_of_column(&mut self, data: &TableData, place: usize, new_type: Type) -> Result<Typed> {
        let column = &data.columns[place];
        let value = Typed { bound: Bound::Column { level: 0, index: place }, value_type: column.column_type };
        self.coerce(value, new_type, CastContext::Assignment)?.ok_or_else(|| {
            let type_words = new_type.sql_name();
            let quoted = crate::catalog::quote_identifier(&column.name);
            error(
                sqlstate::DATATYPE_MISMATCH,
                format!("column \"{}\" cannot be cast automatically to type {type_words}", column.name),
            )
            .hint(format!("You might need to specify \"USING {quoted}::{type_words}\"."))
        })
    }

    pub(super) fn set_column_type(
        &mut self,
        relation: &Relation,
        mut data: TableData,
        column: &Identifier,
        type_name: &TypeName,
    ) -> Result<()> {
        let place = self.require_column(relation, &data, column)?;
        let (new_type, length) = self.column_type(type_name)?;
        let old_type = data.columns[place].column_type;
        let cast = self.cast_of_column(&data, place, new_type)?;
        if let Some(default) = data.columns[place].default.clone() {
            let Some(value) = default.value else { return Err(unsupported("a default outside the model")) };
            self.lock(default.oid, LockMode::AccessExclusive)?;
            let typed = Typed { bound: value, value_type: old_type };
            let converted = self.coerce(typed, new_type, CastContext::Assignment)?;
            let Some(converted) = converted else {
                return Err(error(
                    sqlstate::DATATYPE_MISMATCH,
                    format!(
                        "default for column \"{}\" cannot be cast automatically to type {}",
                        column.name(),
                        new_type.sql_name()
                    ),
                ));
            };
            let default = crate::catalog::ColumnDefault { value: Some(converted.bound), ..default };
            data.columns[place].default = Some(default);
        }
        self.check_not_in_view(relation.oid, place)?;
        data.columns[place].column_type = new_type;
        data.columns[place].length = length;
        if self.deviates(Quirk::ColumnTypeRestarts) {
            for sequence in self.shared.catalog.owned_sequences(relation.oid, self.catalog_view()) {
                self.reset_sequence(sequence)?;
            }
        }
        self.rewrite_rows(relation, &data, |execution, row| {
            let mut new = row.to_vec();
            new[place] = execution.evaluate(&cast.bound, &Row { values: row, ..Row::default() })?;
            Ok(new)
        })
    }

    /// Refuses to change the type of a column that a view shows or tests.
    fn check_not_in_view(&mut self, table: Oid, place: usize) -> Result<()> {
        let view = self.catalog_view();
        let views: Vec<Oid> = self.shared.catalog.views(view, |uses| uses.columns.contains(&(table, place))).collect();
        let [user] = views.as_slice() else {
            return match views.is_empty() {
                true => Ok(()),
                // Which one is named depends on the order in the catalog.
                false => Err(unsupported("a change of type of a column in several views")),
            };
        };
        let shown = self.describe(Object::Relation(*user));
        let column = self.shared.catalog.relation(table, view).and_then(|relation| {
            let column = relation.table()?.columns.get(place)?;
            Some(column.name.clone())
        });
        Err(error(sqlstate::FEATURE_NOT_SUPPORTED, "cannot alter type of a column used by a view or rule")
            .detail(format!("rule _RETURN on {shown} depends on column \"{}\"", column.as_deref().unwrap_or("?"))))
    }
}

pub(super) fn contains_null(column: &str, table: &str) -> crate::error::Stop {
    error(sqlstate::NOT_NULL_VIOLATION, format!("column \"{column}\" of relation \"{table}\" contains null values"))
}
