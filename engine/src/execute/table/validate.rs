//! VALIDATE CONSTRAINT and RENAME CONSTRAINT (manual, "ALTER TABLE").

use super::super::{Execution, done};
use super::index::check_constraint_name;
use super::row_work::RowWork;
use crate::catalog::{ConstraintKind, Relation, TableData};
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::reply::StatementResult;
use crate::statement::{Identifier, RenameConstraint};

impl Execution<'_> {
    pub(super) fn validate_constraint(
        &mut self,
        relation: &Relation,
        mut data: TableData,
        name: &Identifier,
        work: &mut RowWork,
    ) -> Result<()> {
        let found = data.constraints.iter_mut().find(|constraint| *constraint.name == *name.name());
        let Some(constraint) = found else {
            let missing = self.missing_constraint(relation, &data, name, "VALIDATE CONSTRAINT")?;
            return Err(error(sqlstate::UNDEFINED_OBJECT, missing));
        };
        let name = constraint.name.clone();
        match &mut constraint.kind {
            ConstraintKind::Unique { .. } => {
                return Err(self.shared.settings.major.cannot_validate(&name, &relation.name));
            }
            ConstraintKind::Check { condition, is_valid, .. } => {
                if !std::mem::replace(is_valid, true) {
                    work.checks.push((name, condition.clone()));
                }
            }
            ConstraintKind::Foreign(key) => {
                if !std::mem::replace(&mut key.is_valid, true) {
                    let key = key.clone();
                    self.lock(key.referenced, LockMode::RowShare)?;
                    work.references.push((name, key));
                }
            }
        }
        self.update_table(relation, data)
    }

    pub(in crate::execute) fn rename_constraint(&mut self, statement: &RenameConstraint) -> Result<StatementResult> {
        let found = self.table_of_what_is_renamed(&statement.table, statement.if_exists, "RENAME CONSTRAINT")?;
        let Some((relation, mut data)) = found else { return done("ALTER TABLE") };
        let (old, new) = (statement.constraint.name(), statement.new_name.name());
        let Some(place) = data.constraints.iter().position(|constraint| *constraint.name == *old) else {
            self.missing_constraint(&relation, &data, &statement.constraint, "RENAME CONSTRAINT")?;
            return Err(error(
                sqlstate::UNDEFINED_OBJECT,
                format!("constraint \"{old}\" for table \"{}\" does not exist", relation.name),
            ));
        };
        self.reach(Clause::ConstraintRenamed);
        if let ConstraintKind::Unique { index, .. } = data.constraints[place].kind {
            // The index is renamed, and its constraint with it.
            let Some(index) = self.shared.catalog.relation(index, self.catalog_view()).cloned() else {
                return Err(unsupported("a key without its index"));
            };
            self.lock(index.oid, LockMode::AccessExclusive)?;
            self.rename(&index, &statement.new_name)?;
            return done("ALTER TABLE");
        }
        check_constraint_name(new, &relation.name, &data)?;
        data.constraints[place].name = new.into();
        self.update_table(&relation, data)?;
        done("ALTER TABLE")
    }
}
