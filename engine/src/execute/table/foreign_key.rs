//! FOREIGN KEY as a definition, and DROP CONSTRAINT (manual, "CREATE TABLE", REFERENCES; "ALTER TABLE").

use std::rc::Rc;

use super::super::{Execution, MissingSchema};
use super::check::unique_keys;
use super::index::check_constraint_name;
use super::row_work::RowWork;
use crate::catalog::{
    Constraint, ConstraintKind, ForeignKey, Object, Oid, Persistence, Relation, TableData, is_system_column,
};
use crate::clause::Clause;
use crate::error::{Result, error, notice, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::query::Type;
use crate::reply::Severity;
use crate::statement::{Behavior, Deferral, Identifier, Privilege, References};

impl Execution<'_> {
    /// Adds a foreign key to a table, and returns it with its name: rows that are there already are another matter.
    pub(super) fn add_foreign_key(
        &mut self,
        table: Oid,
        name: Option<&Rc<str>>,
        columns: &[Rc<str>],
        references: &References,
    ) -> Result<(Rc<str>, ForeignKey)> {
        if let Some(name) = name {
            let (relation, data) = self.table_now(table)?;
            check_constraint_name(name, &relation.name, &data)?;
        }
        let target = self.range_name(&references.table)?;
        let referenced = self.require_relation(target, MissingSchema::Fails)?;
        self.lock(referenced.oid, LockMode::ShareRowExclusive)?;
        let (relation, mut data) = self.table_now(table)?;
        let Some(target) = referenced.table() else {
            return Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("referenced relation \"{}\" is not a table", referenced.name),
            ));
        };
        check_persistence(&relation, &referenced)?;
        let places = referencing_places(columns, &data)?;
        let (target_places, index) = match references.columns.as_slice() {
            [] => primary_key(&referenced, target)?,
            named => {
                let names: Vec<Rc<str>> = named.iter().map(|name| name.name().into()).collect();
                let places = referencing_places(&names, target)?;
                let index = matching_key(&places, &referenced, target)?;
                (places, index)
            }
        };
        self.check_any(&referenced, &[Privilege::References])?;
        if places.len() != target_places.len() {
            return Err(error(
                sqlstate::INVALID_FOREIGN_KEY,
                "number of referencing and referenced columns for foreign key disagree",
            ));
        }
        let name: Rc<str> = match name {
            Some(name) => name.clone(),
            None => {
                let joined = columns.join("_");
                self.choose_constraint_name(&relation, Some(&joined), "fkey")
            }
        };
        for (own, other) in places.iter().zip(&target_places) {
            let (own, other) = (&data.columns[*own], &target.columns[*other]);
            if !are_comparable(own.column_type, other.column_type)? {
                return Err(error(
                    sqlstate::DATATYPE_MISMATCH,
                    format!("foreign key constraint \"{name}\" cannot be implemented"),
                )
                .detail(self.shared.settings.major.incompatible_key_columns(
                    (&own.name, own.column_type.sql_name()),
                    (&other.name, other.column_type.sql_name()),
                )));
            }
        }
        let key = ForeignKey {
            columns: places,
            referenced: referenced.oid,
            referenced_columns: target_places,
            index,
            on_delete: references.on_delete,
            on_update: references.on_update,
            is_deferred: references.deferral == Deferral::Deferred,
            is_valid: !references.not_valid,
        };
        let oid = self.shared.catalog.new_oid();
        let kind = ConstraintKind::Foreign(key.clone());
        data.constraints.push(Constraint { oid, name: name.clone(), kind });
        self.update_table(&relation, data)?;
        self.reach(Clause::ForeignKey);
        Ok((name, key))
    }

    /// What is said of a constraint that an action names and the table has not; from 18 on, NOT NULL has names, too, which
    /// are outside the model.
    pub(super) fn missing_constraint(
        &self,
        relation: &Relation,
        data: &TableData,
        name: &Identifier,
        action: &str,
    ) -> Result<String> {
        let has_not_null = data.live_columns().any(|(_, column)| column.not_null);
        if has_not_null && self.shared.settings.major.names_not_null_constraints() {
            return Err(unsupported(format!("{action} of what may be a NOT NULL constraint")));
        }
        Ok(format!("constraint \"{}\" of relation \"{}\" does not exist", name.name(), relation.name))
    }

    /// ALTER TABLE … DROP CONSTRAINT.
    pub(super) fn drop_constraint(
        &mut self,
        relation: &Relation,
        data: &TableData,
        name: &Identifier,
        if_exists: bool,
        behavior: Behavior,
    ) -> Result<()> {
        let found = data.constraints.iter().find(|constraint| *constraint.name == *name.name());
        let Some(constraint) = found else {
            let missing = self.missing_constraint(relation, data, name, "DROP CONSTRAINT")?;
            if !if_exists {
                return Err(error(sqlstate::UNDEFINED_OBJECT, missing));
            }
            self.notice(notice(Severity::Notice, sqlstate::SUCCESSFUL_COMPLETION, format!("{missing}, skipping")));
            return Ok(());
        };
        let view = self.catalog_view();
        let is_primary = matches!(constraint.kind, ConstraintKind::Unique { is_primary: true, .. });
        if is_primary && self.shared.catalog.views(view, |uses| uses.depends_on(relation.oid)).next().is_some() {
            return Err(unsupported("DROP CONSTRAINT of a primary key by which a view may group"));
        }
        self.drop_objects(&[Object::Constraint { table: relation.oid, oid: constraint.oid }], behavior)
    }

    /// Makes the foreign keys anew that a column with another type is a part of, on either side. They come after the
    /// others then, and are looked at again (`ATPostAlterTypeCleanup` in `tablecmds.c`).
    pub(super) fn rebuild_foreign_keys(
        &mut self,
        relation: &Relation,
        data: &mut TableData,
        place: usize,
        work: &mut RowWork,
    ) -> Result<()> {
        let refers_to_it = |key: &ForeignKey| key.referenced == relation.oid && key.referenced_columns.contains(&place);
        for (name, key) in self.renew_foreign_keys(data, |key| key.columns.contains(&place) || refers_to_it(key)) {
            if key.referenced != relation.oid {
                self.lock(key.referenced, LockMode::AccessExclusive)?;
                let (referenced, _) = self.table_now(key.referenced)?;
                self.check_any(&referenced, &[Privilege::References])?;
            }
            work.references.retain(|(known, _)| *known != name);
            work.references.extend(key.is_valid.then_some((name, key)));
        }
        let mut others: Vec<Oid> = Vec::new();
        for (_, owner, key) in self.shared.catalog.referencing(relation.oid, self.catalog_view()) {
            if owner != relation.oid && refers_to_it(&key) && !others.contains(&owner) {
                others.push(owner);
            }
        }
        for owner in others {
            self.lock(owner, LockMode::AccessExclusive)?;
            let (other, mut data) = self.table_now(owner)?;
            for (name, key) in self.renew_foreign_keys(&mut data, refers_to_it) {
                work.referencing.retain(|(table, known, _)| (*table, known) != (owner, &name));
                work.referencing.extend(key.is_valid.then_some((owner, name, key)));
            }
            self.update_table(&other, data)?;
        }
        Ok(())
    }

    /// Puts some of a table's foreign keys last, as new ones.
    fn renew_foreign_keys(
        &mut self,
        data: &mut TableData,
        is_meant: impl Fn(&ForeignKey) -> bool,
    ) -> Vec<(Rc<str>, ForeignKey)> {
        let meant = |constraint: &Constraint| matches!(&constraint.kind, ConstraintKind::Foreign(key) if is_meant(key));
        let (renewed, kept): (Vec<_>, Vec<_>) = data.constraints.drain(..).partition(meant);
        data.constraints = kept;
        let mut keys = Vec::with_capacity(renewed.len());
        for mut constraint in renewed {
            constraint.oid = self.shared.catalog.new_oid();
            if let ConstraintKind::Foreign(key) = &constraint.kind {
                keys.push((constraint.name.clone(), key.clone()));
            }
            data.constraints.push(constraint);
        }
        keys
    }
}

/// A table must live no longer than what it refers to.
fn check_persistence(table: &Relation, referenced: &Relation) -> Result<()> {
    let message = match (table.persistence, referenced.persistence) {
        (Persistence::Permanent, Persistence::Permanent)
        | (Persistence::Unlogged, Persistence::Permanent | Persistence::Unlogged)
        | (Persistence::Temporary, Persistence::Temporary) => return Ok(()),
        (Persistence::Permanent, _) => "constraints on permanent tables may reference only permanent tables",
        (Persistence::Unlogged, _) => "constraints on unlogged tables may reference only permanent or unlogged tables",
        (Persistence::Temporary, _) => "constraints on temporary tables may reference only temporary tables",
    };
    Err(error(sqlstate::INVALID_TABLE_DEFINITION, message))
}

fn referencing_places(columns: &[Rc<str>], data: &TableData) -> Result<Vec<usize>> {
    let mut places = Vec::with_capacity(columns.len());
    for column in columns {
        let Some((place, _)) = data.column(column) else {
            if is_system_column(column) {
                return Err(error(sqlstate::FEATURE_NOT_SUPPORTED, "system columns cannot be used in foreign keys"));
            }
            return Err(error(
                sqlstate::UNDEFINED_COLUMN,
                format!("column \"{column}\" referenced in foreign key constraint does not exist"),
            ));
        };
        if places.contains(&place) {
            return Err(unsupported("a foreign key that names a column twice"));
        }
        places.push(place);
    }
    Ok(places)
}

fn primary_key(table: &Relation, data: &TableData) -> Result<(Vec<usize>, Oid)> {
    data.constraints
        .iter()
        .find_map(|constraint| match &constraint.kind {
            ConstraintKind::Unique { columns, index, is_primary: true } => Some((columns.clone(), *index)),
            _ => None,
        })
        .ok_or_else(|| {
            error(
                sqlstate::UNDEFINED_OBJECT,
                format!("there is no primary key for referenced table \"{}\"", table.name),
            )
        })
}

/// The unique index over just these columns, in any order.
fn matching_key(places: &[usize], table: &Relation, data: &TableData) -> Result<Oid> {
    let matches =
        |columns: &[usize]| columns.len() == places.len() && columns.iter().all(|column| places.contains(column));
    unique_keys(data).into_iter().find(|(_, columns)| matches(columns)).map(|(index, _)| index).ok_or_else(|| {
        error(
            sqlstate::INVALID_FOREIGN_KEY,
            format!("there is no unique constraint matching given keys for referenced table \"{}\"", table.name),
        )
    })
}

/// Whether values of two types can be compared through the index of one of them.
fn are_comparable(own: Type, referenced: Type) -> Result<bool> {
    let is_text = |value_type| matches!(value_type, Type::Text | Type::Varchar);
    let is_known = |value_type: Type| value_type.is_integer() || is_text(value_type) || value_type == Type::Boolean;
    match (own, referenced) {
        (own, referenced) if !is_known(own) || !is_known(referenced) => {
            Err(unsupported("a foreign key over a type that the model does not compare"))
        }
        (own, referenced) => {
            Ok(own == referenced || own.is_integer() && referenced.is_integer() || is_text(own) && is_text(referenced))
        }
    }
}
