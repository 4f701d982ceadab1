//! ALTER TABLE … ALTER COLUMN … TYPE (manual, "ALTER TABLE", SET DATA TYPE).

use std::rc::Rc;

use super::super::Execution;
use super::check::unique_keys;
use super::opaque::{ResolvedType, is_reliable};
use super::partition::check_not_partition_key;
use super::row_work::{NewKey, RowWork};
use super::table_scope;
use crate::catalog::{ColumnDefault, ConstraintKind, Modifier, Object, Oid, OpaqueType, Relation, TableData};
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::query::{Binder, Bound, CastContext, Place as ExpressionPlace, Type, Typed, Value};
use crate::quirk::Quirk;
use crate::statement::{Expression, Identifier, TypeName};

/// `ALTER COLUMN … TYPE`.
pub(super) struct TypeChange<'s> {
    pub(super) column: &'s Identifier,
    pub(super) type_name: &'s TypeName,
    pub(super) using: Option<&'s Expression>,
}

impl Execution<'_> {
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
        let old_type = data.columns[place].column_type;
        if (is_own_key || is_referenced) && !(old_type.is_integer() && new_type.is_integer()) {
            return Err(unsupported("a change of type of a foreign key's column, except among integers"));
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
        let ResolvedType { column_type: new_type, modifier, .. } = self.column_type(change.type_name)?;
        let has_rows = !self.shared.catalog.rows(relation.storage, self.catalog_view()).is_empty();
        let value = match using {
            // Nobody can predict what comes of the rows, but without rows nothing does.
            Some(None) if has_rows => return Err(unsupported("USING outside the model")),
            Some(None) => return Ok(Bound::Constant(Value::Null)),
            Some(Some(typed)) if new_type.is_opaque() || typed.value_type.is_opaque() => {
                return Err(unsupported(format!(
                    "USING with {} for a type outside the model",
                    typed.value_type.sql_name()
                )));
            }
            None if new_type.is_opaque() || column.column_type.is_opaque() => {
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
                .hint(format!(
                    "You might need to specify \"USING {quoted}::{type_words}{}\".",
                    modifier_words(modifier)
                ))
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
        let ResolvedType { column_type: new_type, modifier, opaque } = self.column_type(type_name)?;
        let old_type = data.columns[place].column_type;
        let using = using.map(|using| self.bind_using(using, relation, &data)).transpose()?;
        let cast = self.cast_of_column(relation, &data, place, change, using)?;
        if let Some(default) = data.columns[place].default.clone() {
            // What the column's old type made of the expression is undone (PostgreSQL's `strip_implicit_coercions`).
            let Some((value, given)) = default.given(old_type) else {
                return Err(unsupported("a default outside the model"));
            };
            if new_type.is_opaque() || old_type.is_opaque() {
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
        self.rebuild_foreign_keys(relation, &mut data, place, work)?;
        let is_text = |column_type: Type| matches!(column_type, Type::Text | Type::Varchar);
        let old_modifier = data.columns[place].modifier;
        let is_wide_enough = modifier.is_none_or(|new| old_modifier.is_some_and(|old| new.holds_all_of(old)));
        let written = |opaque: &Option<Rc<OpaqueType>>| opaque.as_ref().map(|opaque| opaque.written.clone());
        let is_kept = old_type == new_type && written(&data.columns[place].opaque) == written(&opaque)
            || is_text(old_type) && is_text(new_type);
        // Another column's values are not the column's own.
        let is_itself = matches!(cast, Bound::Column { level: 0, index } if index == place);
        let computes = change.using.is_some() && !is_itself;
        work.converts |= computes || !is_kept || !is_wide_enough;
        data.columns[place].column_type = new_type;
        data.columns[place].modifier = modifier;
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
        self.check_describable(Object::Relation(*user))?;
        let shown = self.describe(Object::Relation(*user));
        let column = self.shared.catalog.relation(table, view).and_then(|relation| {
            let column = relation.table()?.columns.get(place)?;
            Some(column.name.clone())
        });
        Err(error(sqlstate::FEATURE_NOT_SUPPORTED, "cannot alter type of a column used by a view or rule")
            .detail(format!("rule _RETURN on {shown} depends on column \"{}\"", column.as_deref().unwrap_or("?"))))
    }
}

/// A modifier as `format_type` writes it behind the type's name.
fn modifier_words(modifier: Option<Modifier>) -> String {
    match modifier {
        None => String::new(),
        Some(Modifier::Length(length)) => format!("({length})"),
        Some(Modifier::Precision(precision, scale)) => format!("({precision},{scale})"),
    }
}
