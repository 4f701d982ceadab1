//! Constraints of tables, and the indexes behind keys.

use std::rc::Rc;

use super::super::Execution;
use super::column::{PlannedConstraint, PlannedConstraintKind, object_name};
use super::table_scope;
use crate::catalog::{Constraint, ConstraintKind, Kind, Oid, Persistence, Relation, TableData};
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::query::{Binder, Bound, Place};
use crate::statement::Expression;

impl Execution<'_> {
    /// Adds constraints to a table that exists: checks first, then keys, as PostgreSQL does.
    pub(super) fn add_constraints(&mut self, table: Oid, planned: &[PlannedConstraint]) -> Result<()> {
        for constraint in planned {
            if let PlannedConstraintKind::Check { condition, column } = &constraint.kind {
                self.add_check(table, constraint.name.as_ref(), condition, column.as_deref())?;
            }
        }
        let primaries = planned
            .iter()
            .filter(|constraint| matches!(constraint.kind, PlannedConstraintKind::Unique { is_primary: true, .. }))
            .count();
        let (relation, data) = self.table_by_oid(table)?;
        let has_primary = data
            .constraints
            .iter()
            .any(|constraint| matches!(constraint.kind, ConstraintKind::Unique { is_primary: true, .. }));
        if primaries + usize::from(has_primary) > 1 {
            return Err(error(
                sqlstate::INVALID_TABLE_DEFINITION,
                format!("multiple primary keys for table \"{}\" are not allowed", relation.name),
            ));
        }
        // The primary key's index is made first.
        for wanted in [true, false] {
            for constraint in planned {
                if let PlannedConstraintKind::Unique { columns, is_primary } = &constraint.kind
                    && *is_primary == wanted
                {
                    self.add_key(table, constraint.name.as_ref(), columns, *is_primary)?;
                }
            }
        }
        Ok(())
    }

    fn table_by_oid(&self, oid: Oid) -> Result<(Rc<Relation>, TableData)> {
        let found = self.shared.catalog.relation(oid, self.catalog_view()).cloned();
        let Some(relation) = found else { return Err(unsupported("a table that is gone")) };
        let data = relation.table().cloned().unwrap_or_default();
        Ok((relation, data))
    }

    fn add_check(
        &mut self,
        table: Oid,
        name: Option<&Rc<str>>,
        condition: &Expression,
        column: Option<&str>,
    ) -> Result<()> {
        let (relation, mut data) = self.table_by_oid(table)?;
        let bound = self.bind_check(condition, &relation, &data);
        let condition = match bound {
            Ok(bound) => Some(bound),
            Err(Stop::Unsupported(_)) => None,
            Err(other) => return Err(other),
        };
        let columns = condition.as_ref().map(Bound::columns).unwrap_or_default();
        let name = match name {
            Some(name) => {
                check_constraint_name(name, &relation.name, &data)?;
                name.clone()
            }
            None => free_constraint_name(&relation.name, column, "check", &data),
        };
        data.constraints.push(Constraint { name, kind: ConstraintKind::Check { condition, columns } });
        self.update_table(&relation, data);
        Ok(())
    }

    fn bind_check(&mut self, condition: &Expression, relation: &Relation, data: &TableData) -> Result<Bound> {
        let scope = table_scope(relation, &data.columns);
        Binder::new(self, scope).boolean(condition, Place::Check, "CHECK")
    }

    fn add_key(&mut self, table: Oid, name: Option<&Rc<str>>, columns: &[Rc<str>], is_primary: bool) -> Result<()> {
        let (relation, mut data) = self.table_by_oid(table)?;
        let mut places = Vec::with_capacity(columns.len());
        for column in columns {
            let Some((place, _)) = data.column(column) else {
                return Err(error(
                    sqlstate::UNDEFINED_COLUMN,
                    format!("column \"{column}\" named in key does not exist"),
                ));
            };
            if places.contains(&place) {
                let kind = if is_primary { "primary key" } else { "unique" };
                return Err(error(
                    sqlstate::DUPLICATE_COLUMN,
                    format!("column \"{column}\" appears twice in {kind} constraint"),
                ));
            }
            places.push(place);
        }
        let index_name: Rc<str> = match name {
            Some(name) => {
                self.check_new_relation(relation.schema, name)?;
                name.clone()
            }
            None if is_primary => self.choose_relation_name(&relation.name, None, "pkey", relation.schema),
            None => {
                let joined = columns.join("_");
                self.choose_relation_name(&relation.name, Some(&joined), "key", relation.schema)
            }
        };
        let index = self.shared.catalog.new_oid();
        let view = self.catalog_view();
        let index_relation = Relation {
            oid: index,
            schema: relation.schema,
            name: index_name.clone(),
            owner: relation.owner,
            persistence: if relation.persistence == Persistence::Temporary {
                Persistence::Temporary
            } else {
                relation.persistence
            },
            storage: self.shared.catalog.new_storage(),
            kind: Kind::Index(table),
        };
        self.shared.catalog.insert_relation(index_relation, view, &mut self.session.transaction.undo);
        if is_primary {
            for place in &places {
                data.columns[*place].not_null = true;
            }
        }
        let kind = ConstraintKind::Unique { columns: places, index, is_primary };
        data.constraints.push(Constraint { name: index_name, kind });
        self.update_table(&relation, data);
        Ok(())
    }
}

fn check_constraint_name(name: &str, table: &str, data: &TableData) -> Result<()> {
    match data.constraints.iter().any(|constraint| *constraint.name == *name) {
        true => Err(error(
            sqlstate::DUPLICATE_OBJECT,
            format!("constraint \"{name}\" for relation \"{table}\" already exists"),
        )),
        false => Ok(()),
    }
}

fn free_constraint_name(table: &str, column: Option<&str>, label: &str, data: &TableData) -> Rc<str> {
    let mut number = 0;
    loop {
        let label = if number == 0 { label.to_owned() } else { format!("{label}{number}") };
        let name = object_name(table, column, &label);
        if !data.constraints.iter().any(|constraint| *constraint.name == *name) {
            return name.into();
        }
        number += 1;
    }
}
