//! Who acts, and what belongs to whom.

use super::Execution;
use crate::catalog::{BOOTSTRAP_ROLE, Oid, Relation};
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::statement::RoleName;

impl Execution<'_> {
    /// The role whose privileges count: so far there is only the superuser.
    pub(super) fn current_role(&self) -> Oid {
        BOOTSTRAP_ROLE
    }

    /// Refuses a change of a relation by anybody but its owner.
    pub(super) fn check_owner(&self, relation: &Relation) -> Result<()> {
        match relation.owner == self.current_role() {
            true => Ok(()),
            false => Err(unsupported("a relation of another role")),
        }
    }

    /// Refuses a drop by anybody but the relation's owner and its schema's.
    pub(super) fn check_drop_owner(&self, relation: &Relation) -> Result<()> {
        self.check_owner(relation)
    }

    /// OWNER TO.
    pub(super) fn owner_to(&mut self, _relation: &Relation, role: &RoleName) -> Result<()> {
        self.reach(Clause::OwnerTo);
        match role {
            RoleName::CurrentRole | RoleName::CurrentUser | RoleName::SessionUser => Ok(()),
            RoleName::Named(name) if name.name() == self.shared.settings.user => Ok(()),
            RoleName::Named(name) if name.name().starts_with("pg_") => {
                Err(unsupported(format!("role {}, which may be predefined", name.name())))
            }
            RoleName::Named(name) => {
                Err(error(sqlstate::UNDEFINED_OBJECT, format!("role \"{}\" does not exist", name.name())))
            }
        }
    }
}
