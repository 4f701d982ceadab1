//! Who acts, and what they may do (manual, "Privileges").

use super::Execution;
use crate::catalog::{Access, BOOTSTRAP_ROLE, Kind, Oid, Privileges, Relation, SeenRoles, is_temporary_schema};
use crate::clause::Clause;
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::quirk::Quirk;
use crate::statement::Privilege;

impl Execution<'_> {
    /// The role whose privileges count.
    pub(crate) fn current_role(&self) -> Oid {
        self.session.parameters.role.value.unwrap_or(self.session.user())
    }

    /// Whether the current role may do everything.
    pub(crate) fn is_superuser(&self) -> bool {
        let role = self.current_role();
        role == BOOTSTRAP_ROLE || self.shared.catalog.is_superuser(role, self.catalog_view())
    }

    /// The roles as the session sees them.
    pub(crate) fn seen_roles(&self) -> SeenRoles<'_> {
        SeenRoles { catalog: &self.shared.catalog, view: self.catalog_view() }
    }

    /// Whether the current role has the privileges of an owner.
    pub(crate) fn acts_as(&self, owner: Oid) -> bool {
        use crate::catalog::Inherits;
        let role = self.current_role();
        role == owner || self.seen_roles().has_privileges_of(role, owner)
    }

    /// Everything that a relation of this kind knows.
    pub(crate) fn all_privileges(&self, relation: &Relation) -> Privileges {
        match relation.kind {
            Kind::Sequence(_) => Privileges::SEQUENCE,
            _ => Privileges::table(self.shared.settings.major),
        }
    }

    /// A relation's access control list, or what stands for it.
    pub(crate) fn access_of(&self, relation: &Relation) -> Access {
        relation.access.clone().unwrap_or_else(|| Access::of_owner(relation.owner, self.all_privileges(relation)))
    }

    /// Which of some privileges a role has on a relation.
    pub(crate) fn rights_on(&self, relation: &Relation, role: Oid, wanted: Privileges) -> Privileges {
        match self.shared.catalog.is_superuser(role, self.catalog_view()) {
            true => wanted,
            false => self.access_of(relation).rights_of(role, wanted, &self.seen_roles()),
        }
    }

    /// Whether another session has changed privileges without this session surely knowing of it.
    pub(super) fn check_privileges_known(&self) -> Result<()> {
        match self.shared.privileges_changed > self.session.names_known_until {
            true => Err(unsupported("privileges that another session has changed during this session's transaction")),
            false => Ok(()),
        }
    }

    /// Refuses to go on as a role that another session has dropped.
    pub(super) fn check_own_role(&self) -> Result<()> {
        let is_gone =
            |role: Oid| role != BOOTSTRAP_ROLE && self.shared.catalog.role(role, self.catalog_view()).is_none();
        match is_gone(self.session.user()) || is_gone(self.current_role()) {
            true => Err(unsupported("a session whose role has been dropped")),
            false => Ok(()),
        }
    }

    /// Whether the current role is known to need no checks.
    pub(super) fn is_unrestricted(&self) -> bool {
        self.current_role() == BOOTSTRAP_ROLE
    }

    /// Refuses the use of a relation by a role that has none of these privileges on it.
    pub(crate) fn check_any(&mut self, relation: &Relation, wanted: &[Privilege]) -> Result<()> {
        if self.is_unrestricted() {
            return Ok(());
        }
        self.check_privileges_known()?;
        match self.rights_on(relation, self.current_role(), Privileges::of(wanted)).is_empty() {
            true => Err(self.denied(relation)),
            false => Ok(()),
        }
    }

    fn denied(&mut self, relation: &Relation) -> Stop {
        if relation.sequence().is_some() {
            self.reach(Clause::PrivilegeNeeded);
        }
        permission_denied(relation.kind_word(), &relation.name)
    }

    /// Notes what the query needs on a relation; [`Execution::check_needed`] checks it when the query is about to run.
    pub(crate) fn need(&mut self, relation: Oid, privilege: Privilege) {
        if self.is_unrestricted() {
            return;
        }
        let privileges = Privileges::of(&[privilege]);
        match self.needed.iter_mut().find(|(known, _)| *known == relation) {
            Some((_, known)) => *known = known.with(privileges),
            None => self.needed.push((relation, privileges)),
        }
    }

    /// Refuses a query that needs privileges which the current role lacks.
    pub(crate) fn check_needed(&mut self) -> Result<()> {
        if self.needed.is_empty() {
            return Ok(());
        }
        if self.session.progress.is_allowed {
            self.needed.clear();
            return Ok(());
        }
        self.check_privileges_known()?;
        let mut denied = None;
        for (oid, privileges) in std::mem::take(&mut self.needed) {
            let Some(relation) = self.shared.catalog.relation(oid, self.catalog_view()).cloned() else { continue };
            if relation.sequence().is_some() && self.deviates(Quirk::LastValueUnprivileged) {
                continue;
            }
            if self.rights_on(&relation, self.current_role(), privileges) != privileges
                && denied.replace(relation).is_some()
            {
                return Err(unsupported("several relations without the privileges, of which the planner picks one"));
            }
        }
        match denied {
            Some(relation) => Err(self.denied(&relation)),
            None => Ok(()),
        }
    }

    /// Refuses a change of a relation by anybody but its owner.
    pub(crate) fn check_owner(&mut self, relation: &Relation) -> Result<()> {
        if self.is_unrestricted() {
            return Ok(());
        }
        self.check_privileges_known()?;
        match self.acts_as(relation.owner) {
            true => Ok(()),
            false => Err(self.not_owner(relation)),
        }
    }

    /// Refuses a drop by anybody but the relation's owner and its schema's.
    pub(super) fn check_drop_owner(&mut self, relation: &Relation) -> Result<()> {
        let schema = self.shared.catalog.schema(relation.schema, self.catalog_view());
        match schema.map(|schema| schema.owner) {
            Some(owner) if self.acts_as(owner) => Ok(()),
            _ => self.check_owner(relation),
        }
    }

    fn not_owner(&mut self, relation: &Relation) -> Stop {
        if relation.sequence().is_some() {
            self.reach(Clause::OwnershipNeeded);
        }
        must_be_owner(relation.kind_word(), &relation.name)
    }

    /// Which of some privileges a role has on a schema.
    pub(crate) fn rights_on_schema(&self, schema: Oid, role: Oid, wanted: Privileges) -> Privileges {
        let view = self.catalog_view();
        if is_temporary_schema(schema) || self.shared.catalog.is_superuser(role, view) {
            return wanted;
        }
        match self.shared.catalog.schema(schema, view) {
            Some(schema) => {
                let access =
                    schema.access.clone().unwrap_or_else(|| Access::of_owner(schema.owner, Privileges::SCHEMA));
                access.rights_of(role, wanted, &self.seen_roles())
            }
            None => Privileges::NONE,
        }
    }

    /// Refuses to look into, or create in, a schema without that privilege on it.
    pub(crate) fn check_schema(&mut self, schema: Oid, wanted: Privilege) -> Result<()> {
        self.check_schema_for(schema, self.current_role(), wanted)
    }

    /// The same for another role.
    pub(crate) fn check_schema_for(&mut self, schema: Oid, role: Oid, wanted: Privilege) -> Result<()> {
        if role == BOOTSTRAP_ROLE {
            return Ok(());
        }
        self.check_privileges_known()?;
        if !self.rights_on_schema(schema, role, Privileges::of(&[wanted])).is_empty() {
            return Ok(());
        }
        self.reach(Clause::SchemaPrivilege);
        let name = self.shared.catalog.schema_name(schema, self.catalog_view());
        Err(permission_denied("schema", name.as_deref().unwrap_or("?")))
    }

    /// Refuses a change of a schema by anybody but its owner.
    pub(super) fn check_schema_owner(&mut self, schema: Oid) -> Result<()> {
        if self.is_unrestricted() {
            return Ok(());
        }
        self.check_privileges_known()?;
        let found = self.shared.catalog.schema(schema, self.catalog_view());
        let Some((owner, name)) = found.map(|schema| (schema.owner, schema.name.clone())) else { return Ok(()) };
        match self.acts_as(owner) {
            true => Ok(()),
            false => Err(must_be_owner("schema", &name)),
        }
    }
}

/// The error of a missing privilege.
pub(super) fn permission_denied(kind: &str, name: &str) -> Stop {
    error(sqlstate::INSUFFICIENT_PRIVILEGE, format!("permission denied for {kind} {name}"))
}

fn must_be_owner(kind: &str, name: &str) -> Stop {
    error(sqlstate::INSUFFICIENT_PRIVILEGE, format!("must be owner of {kind} {name}"))
}
