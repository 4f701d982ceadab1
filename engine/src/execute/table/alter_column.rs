//! ALTER TABLE's actions on ordinary properties of columns.

use super::super::Execution;
use super::alter::check_free_column;
use super::check::{check_length, unique_keys};
use super::column::{Place, Planned, PlannedConstraint, PlannedDefault};
use super::opaque::{ResolvedType, is_reliable};
use super::partition::check_not_partition_key;
use super::row_work::{NewKey, NewValue, RowWork};
use super::table_scope;
use crate::catalog::{ColumnDefault, ConstraintKind, Object, Oid, Relation, TableData, TableRow, is_system_column};
use crate::error::{Result, Stop, error, notice, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::query::{Binder, Bound, CastContext, Place as ExpressionPlace, Type, Typed, Value};
use crate::quirk::Quirk;
use crate::reply::Severity;
use crate::statement::{Behavior, ColumnDefinition, Expression, Identifier, TypeName};

/// `ALTER COLUMN … TYPE`.
pub(super) struct TypeChange<'s> {
    pub(super) column: &'s Identifier,
    pub(super) type_name: &'s TypeName,
    pub(super) using: Option<&'s Expression>,
}

impl Execution<'_> {
    pub(super) fn add_column(
        &mut self,
        relation: &Relation,
        mut data: TableData,
        definition: &ColumnDefinition,
        if_not_exists: bool,
        work: &mut RowWork,
    ) -> Result<Vec<PlannedConstraint>> {
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
            return Ok(Vec::new());
        }
        check_free_column(relation, &data, name)?;
        let place = Place { name: &relation.name, schema: relation.schema, persistence: relation.persistence };
        let mut planned = Planned::default();
        self.plan_column(definition, &place, &mut planned)?;
        planned.demand_not_null_of_keys();
        planned.trust_references_without_default();
        let Some(plan) = planned.columns.first() else { return Ok(Vec::new()) };
        let sequences = self.create_planned_sequences(&planned.sequences, relation.owner)?;
        let mut column = plan.to_column();
        column.default = match &plan.default {
            None => None,
            Some(default) => Some(self.bind_default(default, &column, &sequences)?),
        };
        data.columns.push(column);
        if let Some(expression) = &plan.computed {
            let added = data.columns.len() - 1;
            let is_computed = |place: usize| place == added || data.columns[place].computed.is_some();
            let computed = self.bind_computed(expression, added, relation, &data, is_computed)?;
            data.columns[added].computed = Some(computed);
        }
        self.update_table(relation, data)?;
        let (relation, data) = self.table_now(relation.oid)?;
        let added = data.columns.len() - 1;
        let column = &data.columns[added];
        let default = column.default.as_ref();
        let is_volatile = default.is_some_and(ColumnDefault::is_volatile);
        let source = match column.identity.and(sequences.last()) {
            Some(sequence) => Some(NewValue::Identity(*sequence)),
            None if column.computed.is_some() => Some(NewValue::Computed),
            None if is_volatile => Some(NewValue::Default(default.and_then(|default| default.value.clone()))),
            None => None,
        };
        let rows = self.shared.catalog.rows(relation.storage, self.catalog_view());
        let constant = match (&source, rows.is_empty()) {
            (None, false) => self.default_value(&relation, &data, added)?,
            _ => Value::Null,
        };
        check_length(column, &constant)?;
        work.verifies_nulls |= column.not_null;
        work.added.extend(source.map(|source| (added, source)));
        work.sequences.extend(planned.sequences.iter().cloned().zip(sequences));
        // A constant stands in every row at once; the others are computed row by row at the end.
        let view = self.catalog_view();
        let storage = self.shared.catalog.new_storage();
        for row in rows {
            let row: TableRow = row.iter().cloned().chain([constant.clone()]).collect();
            self.shared.catalog.insert_row(storage, row, view, &mut self.session.transaction.undo);
        }
        self.update_table(&Relation { storage, ..(*relation).clone() }, data)?;
        planned.constraints_in_order(&relation.name)
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
            if is_system_column(column.name()) {
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
        check_not_partition_key(relation, data, place, "drop")?;
        self.drop_objects(&[Object::Column(relation.oid, place)], behavior)
    }

    pub(super) fn set_column_default(
        &mut self,
        relation: &Relation,
        mut data: TableData,
        column: &Identifier,
        expression: Option<&Expression>,
    ) -> Result<()> {
        let place = self.require_column(relation, &data, column.name())?;
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

    pub(super) fn set_not_null(
        &mut self,
        relation: &Relation,
        mut data: TableData,
        column: &str,
        work: &mut RowWork,
    ) -> Result<()> {
        let place = self.require_column(relation, &data, column)?;
        work.verifies_nulls |= !data.columns[place].not_null;
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
        let place = self.require_column(relation, &data, column.name())?;
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

    /// What a change of type asks before any action of its ALTER TABLE is done: USING is analysed, an identity column's
    /// sequence changes here already, and a type without a cast is refused.
    pub(super) fn prepare_column_type(
        &mut self,
        relation: &Relation,
        data: &TableData,
        change: &TypeChange,
    ) -> Result<()> {
        let TypeChange { column, type_name, using } = change;
        let using = using.map(|using| self.bind_using(using, relation, data)).transpose()?;
        let place = self.require_column(relation, data, column.name())?;
        let is_identity = data.columns[place].identity.is_some();
        if !is_identity {
            check_not_partition_key(relation, data, place, "alter")?;
        }
        let new_type = self.column_type(type_name)?.column_type;
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
        if is_identity {
            self.alter_identity_type(relation, place, new_type)?;
            check_not_partition_key(relation, data, place, "alter")?;
        }
        self.cast_of_column(relation, data, place, change, using).map(|_| ())
    }

    /// Analyses USING; `None` when it is outside the model, though it is certainly valid.
    fn bind_using(&mut self, using: &Expression, relation: &Relation, data: &TableData) -> Result<Option<Typed>> {
        let bound =
            Binder::new(self, table_scope(relation, None, &data.columns)).expression(using, ExpressionPlace::Transform);
        match bound {
            Ok(typed) => Ok(Some(typed)),
            Err(Stop::Unsupported(_)) if is_reliable(using, Some(data)) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// What computes a column's new value from the old row. `using` is the analysed USING, when there is one.
    fn cast_of_column(
        &mut self,
        relation: &Relation,
        data: &TableData,
        place: usize,
        change: &TypeChange,
        using: Option<Option<Typed>>,
    ) -> Result<Bound> {
        let column = &data.columns[place];
        let new_type = self.column_type(change.type_name)?.column_type;
        let has_rows = !self.shared.catalog.rows(relation.storage, self.catalog_view()).is_empty();
        let value = match using {
            // Nobody can predict what comes of the rows, but without rows nothing does.
            Some(None) if has_rows => return Err(unsupported("USING outside the model")),
            Some(None) => return Ok(Bound::Constant(Value::Null)),
            Some(Some(typed)) if new_type == Type::Opaque || typed.value_type == Type::Opaque => {
                return Err(unsupported(format!(
                    "USING with {} for a type outside the model",
                    typed.value_type.sql_name()
                )));
            }
            None if new_type == Type::Opaque || column.column_type == Type::Opaque => {
                return Err(unsupported("a change to or from a type outside the model"));
            }
            Some(Some(typed)) => typed,
            None => Typed { bound: Bound::Column { level: 0, index: place }, value_type: column.column_type },
        };
        if let Some(converted) = self.coerce(value, new_type, CastContext::Assignment)? {
            return Ok(converted.bound);
        }
        let type_words = new_type.sql_name();
        Err(match change.using {
            Some(_) => error(
                sqlstate::DATATYPE_MISMATCH,
                format!(
                    "result of USING clause for column \"{}\" cannot be cast automatically to type {type_words}",
                    column.name
                ),
            )
            .hint("You might need to add an explicit cast."),
            None => {
                let quoted = crate::catalog::quote_identifier(&column.name);
                error(
                    sqlstate::DATATYPE_MISMATCH,
                    format!("column \"{}\" cannot be cast automatically to type {type_words}", column.name),
                )
                .hint(format!("You might need to specify \"USING {quoted}::{type_words}\"."))
            }
        })
    }

    pub(super) fn set_column_type(
        &mut self,
        relation: &Relation,
        mut data: TableData,
        change: &TypeChange,
        work: &mut RowWork,
    ) -> Result<()> {
        let TypeChange { column, type_name, using } = change;
        let place = self.require_column(relation, &data, column.name())?;
        let ResolvedType { column_type: new_type, length, opaque } = self.column_type(type_name)?;
        let old_type = data.columns[place].column_type;
        let using = using.map(|using| self.bind_using(using, relation, &data)).transpose()?;
        let cast = self.cast_of_column(relation, &data, place, change, using)?;
        if let Some(default) = data.columns[place].default.clone() {
            // What the column's old type made of the expression is undone (PostgreSQL's `strip_implicit_coercions`).
            let Some((value, given)) = default.given(old_type) else {
                return Err(unsupported("a default outside the model"));
            };
            if new_type == Type::Opaque || old_type == Type::Opaque {
                return Err(unsupported("a default of a column that changes to or from a type outside the model"));
            }
            self.lock(default.oid, LockMode::AccessExclusive)?;
            let typed = Typed { bound: value.clone(), value_type: given };
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
            let converted_from = (given != new_type).then_some(given);
            // It is a new one, which depends on its sequence later than others do.
            let oid = self.shared.catalog.new_oid();
            let default = ColumnDefault { oid, value: Some(converted.bound), converted_from, ..default };
            data.columns[place].default = Some(default);
        }
        self.check_not_in_view(relation.oid, place)?;
        self.rebuild_for_type(&mut data, place, old_type.is_integer() && new_type.is_integer(), work)?;
        let is_text = |column_type: Type| matches!(column_type, Type::Text | Type::Varchar);
        let old_length = data.columns[place].length;
        let is_wide_enough = length.is_none_or(|new| old_length.is_some_and(|old| new >= old));
        let is_kept = old_type == new_type || is_text(old_type) && is_text(new_type);
        let computes = change.using.is_some() && !matches!(cast, Bound::Column { .. });
        work.converts |= computes || !is_kept || !is_wide_enough;
        data.columns[place].column_type = new_type;
        data.columns[place].length = length;
        data.columns[place].opaque = opaque;
        if self.deviates(Quirk::ColumnTypeRestarts) {
            for sequence in self.shared.catalog.owned_sequences(relation.oid, self.catalog_view()) {
                self.reset_sequence(sequence)?;
            }
        }
        work.casts.push((place, cast));
        self.update_table(relation, data)
    }

    /// What stands on a column is made anew with its type: keys, and checks, whose operators are looked up again. Among
    /// integers these stay what they are.
    fn rebuild_for_type(
        &mut self,
        data: &mut TableData,
        place: usize,
        among_integers: bool,
        work: &mut RowWork,
    ) -> Result<()> {
        self.rebuild_indexes(data, place, work);
        if data.indexes.iter().any(|index| index.others.contains(&place)) {
            return Err(unsupported("a change of type of a column that an index's expression reads"));
        }
        for constraint in &data.constraints {
            if let ConstraintKind::Check { condition, columns, is_valid } = &constraint.kind
                && columns.contains(&place)
            {
                if !among_integers {
                    return Err(unsupported("a change of type of a column with a CHECK"));
                }
                if *is_valid {
                    work.checks.push((constraint.name.clone(), condition.clone()));
                }
            }
        }
        Ok(())
    }

    /// Makes the indexes on a column that gets another type new ones: of all such columns those of constraints first, whether
    /// rows are written anew or not (`ATPostAlterTypeCleanup` in `tablecmds.c`).
    fn rebuild_indexes(&mut self, data: &mut TableData, place: usize, work: &mut RowWork) {
        for (oid, columns) in unique_keys(data) {
            let is_plain = data.indexes.iter().any(|index| index.oid == oid);
            let rebuilt = if is_plain { &mut work.rebuilt_indexes } else { &mut work.rebuilt_keys };
            if columns.contains(&place) && !rebuilt.contains(&oid) {
                rebuilt.push(oid);
            }
        }
        // Nothing but changes of type has had keys looked at so far.
        work.keys.clear();
        for oid in work.rebuilt_keys.iter().chain(&work.rebuilt_indexes) {
            let found = unique_keys(data).into_iter().find(|(known, _)| known == oid);
            let columns = found.map(|(_, columns)| columns.to_vec()).unwrap_or_default();
            if let Some(index) = self.shared.catalog.relation(*oid, self.catalog_view()) {
                work.keys.push(NewKey { columns, index: index.name.clone() });
            }
            data.rebuilt_indexes.retain(|(known, _)| known != oid);
            data.rebuilt_indexes.push((*oid, self.shared.catalog.new_oid()));
        }
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
