//! ALTER DEFAULT PRIVILEGES (manual, page of that name), and what new relations get by it.

use super::grant::revocation;
use super::{Execution, done};
use crate::catalog::{Access, AccessChange, DefaultAccess, Oid, Privileges};
use crate::clause::Clause;
use crate::error::Result;
use crate::reply::StatementResult;
use crate::statement::{DefaultPrivileges, DefaultTarget};

impl Execution<'_> {
    pub(super) fn alter_default_privileges(&mut self, statement: &DefaultPrivileges) -> Result<StatementResult> {
        self.prevent_if_read_only("ALTER DEFAULT PRIVILEGES")?;
        self.check_roles_settled()?;
        let grantees = self.grantees(&statement.grantees)?;
        let (known, kind) = match statement.target {
            DefaultTarget::Tables => (Privileges::table(self.shared.settings.major), "relation"),
            DefaultTarget::Sequences => (Privileges::SEQUENCE, "sequence"),
        };
        let wanted = self.wanted_privileges(statement.privileges.as_deref(), known, kind)?;
        if statement.roles.is_empty() {
            self.set_default_access(self.current_role(), statement, wanted.unwrap_or(known), known, &grantees)?;
        }
        for role in &statement.roles {
            let role = self.role_oid(role)?;
            self.check_may_change_defaults_of(role)?;
            self.set_default_access(role, statement, wanted.unwrap_or(known), known, &grantees)?;
        }
        self.reach(Clause::DefaultPrivileges);
        done("ALTER DEFAULT PRIVILEGES")
    }

    fn check_may_change_defaults_of(&self, role: Oid) -> Result<()> {
        let view = self.catalog_view();
        let major = self.shared.settings.major;
        let may = match major.defaults_need_membership() {
            true => self.shared.catalog.roles_of(self.current_role(), false, view).contains(&role),
            false => self.acts_as(role),
        };
        match may || self.is_superuser() {
            true => Ok(()),
            false => Err(major.may_not_change_defaults_of(&self.shared.catalog.role_name(role, view))),
        }
    }

    fn set_default_access(
        &mut self,
        role: Oid,
        statement: &DefaultPrivileges,
        privileges: Privileges,
        known: Privileges,
        grantees: &[Option<Oid>],
    ) -> Result<()> {
        let mut schemas = vec![None];
        if !statement.schemas.is_empty() {
            schemas.clear();
            for schema in &statement.schemas {
                schemas.push(Some(self.schema_to_change(schema)?));
            }
        }
        let of_sequences = statement.target == DefaultTarget::Sequences;
        let change = AccessChange {
            is_grant: statement.is_grant,
            grant_option: statement.grant_option,
            privileges,
            grantor: role,
            owner: role,
            behavior: statement.behavior,
        };
        for schema in schemas {
            self.change_default_access(role, schema, of_sequences, known, change, grantees)?;
        }
        Ok(())
    }

    fn change_default_access(
        &mut self,
        role: Oid,
        schema: Option<Oid>,
        of_sequences: bool,
        known: Privileges,
        change: AccessChange,
        grantees: &[Option<Oid>],
    ) -> Result<()> {
        let view = self.catalog_view();
        // Entries for one schema add to the others; an entry without a schema replaces what is built in.
        let built_in = match schema {
            Some(_) => Access::default(),
            None => Access::of_owner(role, known),
        };
        let is_it =
            |entry: &DefaultAccess| entry.role == role && entry.schema == schema && entry.of_sequences == of_sequences;
        let old = self.shared.catalog.default_access(view).find(|entry| is_it(entry)).cloned();
        let before = old.as_ref().map_or(&built_in, |entry| &entry.access);
        let access = before.changed(change, grantees, &self.seen_roles())?;
        let oid = old.as_ref().map(|entry| entry.oid);
        let undo = &mut self.session.transaction.undo;
        self.shared.catalog.delete_default_access(is_it, view, undo);
        if !access.is_same(&built_in) {
            let oid = oid.unwrap_or_else(|| self.shared.catalog.new_oid());
            let entry = DefaultAccess { oid, role, schema, of_sequences, access };
            self.shared.catalog.insert_default_access(entry, view, undo);
        }
        Ok(())
    }

    /// Takes from a role what it would get on new objects of others.
    pub(super) fn revoke_default_access(&mut self, entry: &DefaultAccess, role: Oid) -> Result<()> {
        let known = match entry.of_sequences {
            true => Privileges::SEQUENCE,
            false => Privileges::table(self.shared.settings.major),
        };
        let change = revocation(known, entry.role, entry.role);
        self.change_default_access(entry.role, entry.schema, entry.of_sequences, known, change, &[Some(role)])
    }

    /// What a new relation of this owner gets, by ALTER DEFAULT PRIVILEGES (manual, "ALTER DEFAULT PRIVILEGES").
    pub(super) fn access_of_new(&mut self, owner: Oid, schema: Oid, is_sequence: bool) -> Option<Access> {
        let view = self.catalog_view();
        let entry = |wanted: Option<Oid>| {
            let mut entries = self.shared.catalog.default_access(view);
            entries
                .find(|entry| entry.role == owner && entry.of_sequences == is_sequence && entry.schema == wanted)
                .map(|entry| entry.access.clone())
        };
        let (everywhere, in_schema) = (entry(None), entry(Some(schema)));
        if everywhere.is_none() && in_schema.is_none() {
            return None;
        }
        let all = if is_sequence { Privileges::SEQUENCE } else { Privileges::table(self.shared.settings.major) };
        let built_in = Access::of_owner(owner, all);
        let access = everywhere.unwrap_or_else(|| built_in.clone());
        let access = in_schema.map_or_else(|| access.clone(), |extra| access.merged(&extra));
        self.reach(Clause::DefaultPrivileges);
        // PostgreSQL stores nothing for what is built in, and nothing for an empty list: both mean what is built in.
        (!access.is_empty() && !access.is_same(&built_in)).then_some(access)
    }
}
