//! Who owns what: OWNER TO, REASSIGN OWNED, DROP OWNED, and what keeps a role from being dropped.

use super::{Execution, done};
use crate::catalog::{BOOTSTRAP_ROLE, Enumeration, Kind, Object, Oid, Relation, Schema};
use crate::clause::Clause;
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::reply::StatementResult;
use crate::statement::{DropOwned, Privilege, ReassignOwned, RoleName};

impl Execution<'_> {
    /// OWNER TO (manual, "ALTER SEQUENCE" and "ALTER TABLE").
    pub(super) fn owner_to(&mut self, relation: &Relation, role: &RoleName) -> Result<()> {
        self.reach(Clause::OwnerTo);
        let new_owner = self.role_oid(role)?;
        if relation.owner == new_owner {
            return Ok(());
        }
        match &relation.kind {
            Kind::Sequence(sequence) => {
                if let Some(owner) = sequence.owner {
                    self.reach(Clause::OwnedStays);
                    return Err(error(
                        sqlstate::FEATURE_NOT_SUPPORTED,
                        format!("cannot change owner of sequence \"{}\"", relation.name),
                    )
                    .detail(self.linked_to(&relation.name, owner.table)));
                }
            }
            Kind::Index(_) => return Err(unsupported("OWNER TO of an index")),
            _ => {}
        }
        if !self.is_superuser() {
            self.check_owner(relation)?;
            let major = self.shared.settings.major;
            let view = self.catalog_view();
            if !self.shared.catalog.roles_of(self.current_role(), false, view).contains(&new_owner) {
                let name = self.shared.catalog.role_name(new_owner, view);
                return Err(major.may_not_give_to(&name));
            }
            self.check_schema_for(relation.schema, new_owner, Privilege::Create)?;
        }
        self.change_owner(relation.oid, new_owner)
    }

    /// Gives a relation, with its indexes and the sequences that its columns own, to a role.
    fn change_owner(&mut self, oid: Oid, new_owner: Oid) -> Result<()> {
        let relation = self.lock_by_number(oid, LockMode::AccessExclusive)?;
        let view = self.catalog_view();
        if relation.owner != new_owner {
            let access = relation.access.as_ref().map(|access| access.with_owner(relation.owner, new_owner));
            self.replace_relation(Relation { owner: new_owner, access, ..(*relation).clone() })?;
            self.privileges_change();
        }
        if relation.table().is_some() {
            for part in self.shared.catalog.indexes_of(oid, view) {
                if let Some(index) = self.shared.catalog.relation(part, view).cloned() {
                    self.replace_relation(Relation { owner: new_owner, ..(*index).clone() })?;
                }
            }
        }
        for sequence in self.sequences_to_take_along(oid) {
            self.change_owner(sequence, new_owner)?;
        }
        Ok(())
    }

    /// What keeps a role from being dropped, described in order of creation.
    pub(super) fn role_dependents(&mut self, role: Oid) -> Result<Vec<String>> {
        let view = self.catalog_view();
        let mut found: Vec<(Oid, bool, Option<Object>)> = Vec::new();
        for relation in self.shared.catalog.relations(view) {
            if matches!(relation.kind, Kind::Index(_)) {
                continue;
            }
            let mentioned = relation.access.as_ref().is_some_and(|access| access.mentions(role));
            if relation.owner == role || mentioned {
                if self.is_other_temporary(relation) {
                    return Err(unsupported("a role with temporary relations, in a schema whose name has a number"));
                }
                found.push((relation.oid, relation.owner == role, Some(Object::Relation(relation.oid))));
            }
        }
        for enumeration in self.shared.catalog.enumerations(view).filter(|enumeration| enumeration.owner == role) {
            found.push((enumeration.oid, true, Some(Object::Type(enumeration.oid))));
        }
        for schema in self.shared.catalog.schemas(view) {
            let mentioned = schema.access.as_ref().is_some_and(|access| access.mentions(role));
            if schema.owner == role || mentioned {
                found.push((schema.oid, schema.owner == role, Some(Object::Schema(schema.oid))));
            }
        }
        for entry in self.shared.catalog.default_access(view) {
            if entry.role == role || entry.access.mentions(role) {
                found.push((entry.oid, entry.role == role, None));
            }
        }
        found.sort_unstable_by_key(|(oid, ..)| *oid);
        let described = found
            .into_iter()
            .map(|(oid, owns, object)| {
                let described = match object {
                    Some(object) => self.describe(object),
                    None => self.describe_default_access(oid),
                };
                format!("{} {described}", if owns { "owner of" } else { "privileges for" })
            })
            .collect();
        Ok(described)
    }

    fn describe_default_access(&self, oid: Oid) -> String {
        let view = self.catalog_view();
        let catalog = &self.shared.catalog;
        let Some(entry) = catalog.default_access(view).find(|entry| entry.oid == oid) else { return String::new() };
        let kind = if entry.of_sequences { "sequences" } else { "relations" };
        let role = catalog.role_name(entry.role, view);
        let place = match entry.schema.and_then(|schema| catalog.schema_name(schema, view)) {
            Some(schema) => format!(" in schema {schema}"),
            None => String::new(),
        };
        format!("default privileges on new {kind} belonging to role {role}{place}")
    }

    pub(super) fn reassign_owned(&mut self, statement: &ReassignOwned) -> Result<StatementResult> {
        self.prevent_if_read_only("REASSIGN OWNED")?;
        let from = self.owners(&statement.from, |major, role| major.may_not_reassign_from(role))?;
        let to = self.role_oid(&statement.to)?;
        self.check_acts_as(to, |major, role| major.may_not_reassign_to(role))?;
        let view = self.catalog_view();
        for owner in from {
            self.check_not_bootstrap(owner, "reassign ownership of objects")?;
            let schemas: Vec<Schema> =
                self.shared.catalog.schemas(view).filter(|schema| schema.owner == owner).cloned().collect();
            if !schemas.is_empty() && !self.is_superuser() {
                return Err(unsupported("a schema reassigned by a role that is no superuser"));
            }
            for schema in schemas {
                let access = schema.access.as_ref().map(|access| access.with_owner(owner, to));
                let changed = Schema { owner: to, access, ..schema };
                self.shared.catalog.update_schema(changed, view, &mut self.session.transaction.undo);
                self.privileges_change();
            }
            for oid in self.owned_relations(owner) {
                self.change_owner(oid, to)?;
            }
            let types = self.shared.catalog.enumerations(view).filter(|enumeration| enumeration.owner == owner);
            let types: Vec<Enumeration> = types.cloned().collect();
            for enumeration in types {
                let changed = Enumeration { owner: to, ..enumeration };
                self.shared.catalog.update_enumeration(changed, view, &mut self.session.transaction.undo);
            }
        }
        self.reach(Clause::ReassignOwned);
        done("REASSIGN OWNED")
    }

    pub(super) fn drop_owned(&mut self, statement: &DropOwned) -> Result<StatementResult> {
        self.prevent_if_read_only("DROP OWNED")?;
        let owners = self.owners(&statement.roles, |major, role| major.may_not_drop_owned(role))?;
        if !self.is_superuser() {
            return Err(unsupported("DROP OWNED by a role that is no superuser"));
        }
        let is_shared = self.shared.catalog.default_access(self.catalog_view()).any(|entry| {
            let mentions_other = |role: &Oid| *role != entry.role && entry.access.mentions(*role);
            owners.contains(&entry.role) && owners.iter().any(mentions_other)
        });
        if is_shared {
            return Err(unsupported("DROP OWNED of several roles that share an entry of default privileges"));
        }
        let mut objects: Vec<(Oid, Object)> = Vec::new();
        for owner in owners {
            self.check_not_bootstrap(owner, "drop objects")?;
            self.revoke_all_of(owner)?;
            let view = self.catalog_view();
            let schemas = self.shared.catalog.schemas(view).filter(|schema| schema.owner == owner);
            objects.extend(schemas.map(|schema| (schema.oid, Object::Schema(schema.oid))));
            let types = self.shared.catalog.enumerations(view).filter(|enumeration| enumeration.owner == owner);
            objects.extend(types.map(|enumeration| (enumeration.oid, Object::Type(enumeration.oid))));
            for oid in self.owned_relations(owner) {
                // An identity column's sequence goes with its table, and not without it.
                if !self.is_identity_sequence(oid) {
                    objects.push((oid, Object::Relation(oid)));
                }
            }
            let undo = &mut self.session.transaction.undo;
            self.shared.catalog.delete_default_access(|entry| entry.role == owner, view, undo);
        }
        for (oid, _) in &objects {
            self.lock(*oid, LockMode::AccessExclusive)?;
        }
        objects.sort_unstable_by_key(|(oid, _)| std::cmp::Reverse(*oid));
        let objects: Vec<Object> = objects.into_iter().map(|(_, object)| object).collect();
        self.drop_objects(&objects, statement.behavior)?;
        self.privileges_change();
        self.reach(Clause::DropOwned);
        done("DROP OWNED")
    }

    /// Takes from a role everything that others have granted to it.
    fn revoke_all_of(&mut self, role: Oid) -> Result<()> {
        let view = self.catalog_view();
        let relations: Vec<_> = self.shared.catalog.relations(view).cloned().collect();
        for relation in relations.iter().filter(|relation| relation.owner != role) {
            if relation.access.as_ref().is_some_and(|access| access.mentions(role)) {
                self.revoke_everything(relation, role)?;
            }
        }
        let schemas: Vec<Schema> = self.shared.catalog.schemas(view).cloned().collect();
        for schema in schemas.iter().filter(|schema| schema.owner != role) {
            if schema.access.as_ref().is_some_and(|access| access.mentions(role)) {
                self.revoke_everything_on_schema(schema, role)?;
            }
        }
        let entries: Vec<_> = self.shared.catalog.default_access(view).cloned().collect();
        for entry in entries.iter().filter(|entry| entry.role != role && entry.access.mentions(role)) {
            self.revoke_default_access(entry, role)?;
        }
        Ok(())
    }

    fn owned_relations(&self, owner: Oid) -> Vec<Oid> {
        self.shared
            .catalog
            .relations(self.catalog_view())
            .filter(|relation| relation.owner == owner && !matches!(relation.kind, Kind::Index(_)))
            .map(|relation| relation.oid)
            .collect()
    }

    fn is_identity_sequence(&self, oid: Oid) -> bool {
        let relation = self.shared.catalog.relation(oid, self.catalog_view());
        relation.and_then(|relation| relation.sequence()?.owner).is_some_and(|owner| owner.is_identity)
    }

    fn owners(
        &mut self,
        names: &[RoleName],
        refusal: impl Fn(crate::dialect::Major, &str) -> Stop + Copy,
    ) -> Result<Vec<Oid>> {
        let owners = names.iter().map(|role| self.role_oid(role)).collect::<Result<Vec<_>>>()?;
        owners.iter().try_for_each(|owner| self.check_acts_as(*owner, refusal))?;
        Ok(owners)
    }

    fn check_acts_as(&self, role: Oid, refusal: impl FnOnce(crate::dialect::Major, &str) -> Stop) -> Result<()> {
        match self.acts_as(role) {
            true => Ok(()),
            false => {
                let name = self.shared.catalog.role_name(role, self.catalog_view());
                Err(refusal(self.shared.settings.major, &name))
            }
        }
    }

    fn check_not_bootstrap(&self, role: Oid, what: &str) -> Result<()> {
        match role == BOOTSTRAP_ROLE {
            true => Err(error(
                sqlstate::DEPENDENT_OBJECTS_STILL_EXIST,
                format!(
                    "cannot {what} owned by role {} because they are required by the database system",
                    self.shared.settings.user
                ),
            )),
            false => Ok(()),
        }
    }
}
