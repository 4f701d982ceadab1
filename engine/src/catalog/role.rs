//! Roles, who is a member of which, and the privileges that their new objects get (manual, "Database Roles").

use std::rc::Rc;

use super::access::Inherits;
use super::{Access, BOOTSTRAP_ROLE, Catalog, Oid, Slot, Stamp, View, Write, WritePlace};

/// A role (manual, "pg_authid").
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) oid: Oid,
    pub(crate) name: Rc<str>,
    pub(crate) is_superuser: bool,
    /// Whether it has the privileges of the roles whose member it is without SET ROLE.
    pub(crate) inherits: bool,
    pub(crate) may_create_roles: bool,
    pub(crate) may_create_databases: bool,
    pub(crate) may_log_in: bool,
}

/// That one role is a member of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Membership {
    pub(crate) role: Oid,
    pub(crate) member: Oid,
}

/// What new objects of a role get (manual, "pg_default_acl").
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DefaultAccess {
    pub(crate) oid: Oid,
    pub(crate) role: Oid,
    /// Only in this schema.
    pub(crate) schema: Option<Oid>,
    /// Sequences, or else tables.
    pub(crate) of_sequences: bool,
    pub(crate) access: Access,
}

impl Catalog {
    /// The roles that `view` sees.
    pub(crate) fn roles(&self, view: View) -> impl Iterator<Item = &Rc<Role>> {
        self.roles.visible(view).map(|(_, role)| role)
    }

    /// The role of that name.
    pub(crate) fn role_named(&self, name: &str, view: View) -> Option<&Rc<Role>> {
        self.roles(view).find(|role| &*role.name == name)
    }

    /// The role with that number.
    pub(crate) fn role(&self, oid: Oid, view: View) -> Option<&Rc<Role>> {
        self.roles(view).find(|role| role.oid == oid)
    }

    /// A role's name.
    pub(crate) fn role_name(&self, oid: Oid, view: View) -> Rc<str> {
        self.role(oid, view).map_or_else(|| format!("unknown (OID={})", oid.0).into(), |role| role.name.clone())
    }

    /// Whether another session has made a role of that name and not committed yet.
    pub(crate) fn has_uncommitted_role(&self, name: &str, view: View) -> bool {
        self.roles
            .versions()
            .any(|(_, version)| &*version.value.name == name && version.created.is_open_elsewhere(view))
    }

    /// Whether another open transaction has changed roles, memberships or default privileges.
    pub(crate) fn has_uncommitted_roles(&self, view: View) -> bool {
        fn open<'v>(stamps: impl Iterator<Item = (Stamp, Option<Stamp>)> + 'v, view: View) -> bool {
            stamps
                .flat_map(|(created, deleted)| [Some(created), deleted])
                .flatten()
                .any(|stamp| stamp.is_open_elsewhere(view))
        }
        open(self.roles.versions().map(|(_, version)| (version.created, version.deleted)), view)
            || open(self.memberships.versions().map(|(_, version)| (version.created, version.deleted)), view)
            || open(self.default_access.versions().map(|(_, version)| (version.created, version.deleted)), view)
    }

    /// Whether another open transaction has given something to a role: it owns it, or has privileges on it.
    pub(crate) fn is_role_about_to_be_needed(&self, role: Oid, view: View) -> bool {
        let is_needed = |created: Stamp, owner: Oid, access: Option<&Access>| {
            created.is_open_elsewhere(view) && (owner == role || access.is_some_and(|access| access.mentions(role)))
        };
        let relations = self.relations.versions().map(|(_, version)| (version.created, &version.value));
        let schemas = self.schemas.versions().map(|(_, version)| (version.created, &version.value));
        relations.into_iter().any(|(created, relation)| is_needed(created, relation.owner, relation.access.as_ref()))
            || schemas.into_iter().any(|(created, schema)| is_needed(created, schema.owner, schema.access.as_ref()))
    }

    /// Adds a role.
    pub(crate) fn insert_role(&mut self, role: Role, view: View, undo: &mut Vec<Write>) {
        let slot = self.roles.insert(Rc::new(role), Stamp::Open(view.session));
        self.schema_generation += 1;
        undo.push(Write::created(WritePlace::Role(slot)));
    }

    /// Deletes a role with its memberships.
    pub(crate) fn delete_role(&mut self, oid: Oid, view: View, undo: &mut Vec<Write>) {
        let slots: Vec<Slot> =
            self.roles.visible(view).filter(|(_, role)| role.oid == oid).map(|(slot, _)| slot).collect();
        for slot in slots {
            self.delete_at(WritePlace::Role(slot), view, undo);
        }
        self.delete_memberships(|membership| membership.role == oid || membership.member == oid, view, undo);
    }

    /// Whether `member` was made a member of `role` itself.
    pub(crate) fn is_direct_member(&self, role: Oid, member: Oid, view: View) -> bool {
        self.memberships.visible(view).any(|(_, membership)| *membership == Membership { role, member })
    }

    /// Makes a role a member of another.
    pub(crate) fn insert_membership(&mut self, membership: Membership, view: View, undo: &mut Vec<Write>) {
        let slot = self.memberships.insert(membership, Stamp::Open(view.session));
        self.schema_generation += 1;
        undo.push(Write::created(WritePlace::Membership(slot)));
    }

    /// Ends the memberships for which `condition` holds.
    pub(crate) fn delete_memberships(
        &mut self,
        condition: impl Fn(&Membership) -> bool,
        view: View,
        undo: &mut Vec<Write>,
    ) {
        let slots: Vec<Slot> = self
            .memberships
            .visible(view)
            .filter(|(_, membership)| condition(membership))
            .map(|(slot, _)| slot)
            .collect();
        for slot in slots {
            self.delete_at(WritePlace::Membership(slot), view, undo);
        }
    }

    /// The roles that `role` belongs to, itself included, nearest first; with `inherited`, only as far as it has their
    /// privileges without SET ROLE.
    pub(crate) fn roles_of(&self, role: Oid, inherited: bool, view: View) -> Vec<Oid> {
        let mut found = vec![role];
        let mut next = 0;
        while let Some(member) = found.get(next).copied() {
            next += 1;
            if inherited && !self.role(member, view).is_some_and(|role| role.inherits) {
                continue;
            }
            for (_, membership) in self.memberships.visible(view) {
                if membership.member == member && !found.contains(&membership.role) {
                    found.push(membership.role);
                }
            }
        }
        found
    }

    /// Whether a role is a superuser.
    pub(crate) fn is_superuser(&self, role: Oid, view: View) -> bool {
        role == BOOTSTRAP_ROLE || self.role(role, view).is_some_and(|role| role.is_superuser)
    }

    /// The entries for new objects' privileges that `view` sees.
    pub(crate) fn default_access(&self, view: View) -> impl Iterator<Item = &DefaultAccess> {
        self.default_access.visible(view).map(|(_, entry)| entry)
    }

    /// Adds an entry for new objects' privileges.
    pub(crate) fn insert_default_access(&mut self, entry: DefaultAccess, view: View, undo: &mut Vec<Write>) {
        let slot = self.default_access.insert(entry, Stamp::Open(view.session));
        undo.push(Write::created(WritePlace::DefaultAccess(slot)));
    }

    /// Deletes the entries for new objects' privileges for which `condition` holds.
    pub(crate) fn delete_default_access(
        &mut self,
        condition: impl Fn(&DefaultAccess) -> bool,
        view: View,
        undo: &mut Vec<Write>,
    ) {
        let slots: Vec<Slot> =
            self.default_access.visible(view).filter(|(_, entry)| condition(entry)).map(|(slot, _)| slot).collect();
        for slot in slots {
            self.delete_at(WritePlace::DefaultAccess(slot), view, undo);
        }
    }
}

/// The catalog's roles as one session sees them.
pub(crate) struct SeenRoles<'c> {
    pub(crate) catalog: &'c Catalog,
    pub(crate) view: View,
}

impl Inherits for SeenRoles<'_> {
    fn has_privileges_of(&self, role: Oid, other: Oid) -> bool {
        role == other
            || self.catalog.is_superuser(role, self.view)
            || self.catalog.roles_of(role, true, self.view).contains(&other)
    }
}
