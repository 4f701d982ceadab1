//! VALIDATE CONSTRAINT (manual, "ALTER TABLE").

use super::super::Execution;
use super::row_work::RowWork;
use crate::catalog::{ConstraintKind, Relation, TableData};
use crate::error::{Result, error, sqlstate};
use crate::lock::LockMode;
use crate::statement::Identifier;

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
}
