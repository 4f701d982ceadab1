//! CREATE ROLE, DROP ROLE, GRANT and REVOKE of membership, SET ROLE (manual, "Database Roles").

use std::rc::Rc;

use super::{Execution, done};
use crate::catalog::{BOOTSTRAP_ROLE, Membership, Oid, Role};
use crate::clause::Clause;
use crate::error::{Result, Stop, error, notice, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::reply::{Severity, StatementResult};
use crate::statement::{CreateRole, DropRole, GrantRole, RoleAttribute, RoleName};

impl Execution<'_> {
    /// The role that a statement names.
    pub(super) fn role_oid(&mut self, role: &RoleName) -> Result<Oid> {
        self.check_role_word(role)?;
        match role {
            RoleName::CurrentRole | RoleName::CurrentUser => Ok(self.current_role()),
            RoleName::SessionUser => Ok(self.session.user()),
            RoleName::Named(name) => self.role_named(name.name()),
        }
    }

    /// Refuses what an old grammar does not take as a role.
    fn check_role_word(&self, role: &RoleName) -> Result<()> {
        match *role == RoleName::CurrentRole && !self.shared.settings.major.takes_current_role() {
            true => Err(unsupported("CURRENT_ROLE where PostgreSQL 13 takes no role")),
            false => Ok(()),
        }
    }

    /// The role of that name, or error 42704.
    pub(crate) fn role_named(&mut self, name: &str) -> Result<Oid> {
        check_not_none(name)?;
        match self.known_role(name)? {
            Some(oid) => Ok(oid),
            None => Err(no_role(sqlstate::UNDEFINED_OBJECT, name)),
        }
    }

    /// The role of that name, if there is one.
    fn known_role(&mut self, name: &str) -> Result<Option<Oid>> {
        self.check_roles_settled()?;
        self.check_privileges_known()?;
        if name.len() > crate::statement::IDENTIFIER_BYTES {
            return Err(unsupported("a role's name in a string that is longer than a name"));
        }
        match self.shared.catalog.role_named(name, self.catalog_view()) {
            Some(role) => Ok(Some(role.oid)),
            None if name.starts_with("pg_") => Err(unsupported(format!("role {name}, which may be predefined"))),
            None => Ok(None),
        }
    }

    /// Leaves alone what depends on the roles of transactions that are still open.
    pub(super) fn check_roles_settled(&self) -> Result<()> {
        match self.shared.catalog.has_uncommitted_roles(self.catalog_view()) {
            true => Err(unsupported("roles that another open transaction has changed")),
            false => Ok(()),
        }
    }

    /// Notes that others must take note of changed privileges once the transaction commits.
    pub(super) fn privileges_change(&mut self) {
        self.session.transaction.changes_privileges = true;
    }

    pub(super) fn create_role(&mut self, statement: &CreateRole) -> Result<StatementResult> {
        self.prevent_if_read_only("CREATE ROLE")?;
        let mut role = Role {
            oid: BOOTSTRAP_ROLE,
            name: statement.name.name().into(),
            is_superuser: false,
            inherits: true,
            may_create_roles: false,
            may_create_databases: false,
            may_log_in: false,
        };
        let mut seen: Vec<std::mem::Discriminant<RoleAttribute>> = Vec::new();
        for attribute in &statement.attributes {
            if seen.contains(&std::mem::discriminant(attribute)) {
                return Err(error(sqlstate::SYNTAX_ERROR, "conflicting or redundant options"));
            }
            seen.push(std::mem::discriminant(attribute));
            match *attribute {
                RoleAttribute::Login(value) => role.may_log_in = value,
                RoleAttribute::Superuser(value) => role.is_superuser = value,
                RoleAttribute::Inherit(value) => role.inherits = value,
                RoleAttribute::CreateDatabase(value) => role.may_create_databases = value,
                RoleAttribute::CreateRole(value) => role.may_create_roles = value,
            }
        }
        let name = role.name.clone();
        check_free_word(&name)?;
        self.check_role_administrator(|major| major.may_not_create_role(role.is_superuser))?;
        if name.starts_with("pg_") {
            return Err(error(sqlstate::RESERVED_NAME, format!("role name \"{name}\" is reserved"))
                .detail("Role names starting with \"pg_\" are reserved."));
        }
        if self.shared.catalog.has_uncommitted_role(&name, self.catalog_view()) {
            return Err(unsupported("waiting for another session's uncommitted role of the same name"));
        }
        if self.known_role(&name)?.is_some() {
            return Err(error(sqlstate::DUPLICATE_OBJECT, format!("role \"{name}\" already exists")));
        }
        self.reach(Clause::CreateRole);
        role.oid = self.shared.catalog.new_oid();
        let view = self.catalog_view();
        self.shared.catalog.insert_role(role, view, &mut self.session.transaction.undo);
        self.privileges_change();
        done("CREATE ROLE")
    }

    /// Refuses the administration of roles to those who may not; superusers may everything.
    fn check_role_administrator(&self, refusal: impl FnOnce(crate::dialect::Major) -> Stop) -> Result<()> {
        if self.is_superuser() {
            return Ok(());
        }
        let role = self.shared.catalog.role(self.current_role(), self.catalog_view());
        match role.is_some_and(|role| role.may_create_roles) {
            true => Err(unsupported("administration of roles by a role that is no superuser")),
            false => Err(refusal(self.shared.settings.major)),
        }
    }

    pub(super) fn drop_roles(&mut self, statement: &DropRole) -> Result<StatementResult> {
        self.prevent_if_read_only("DROP ROLE")?;
        self.check_role_administrator(crate::dialect::Major::may_not_drop_role)?;
        let mut doomed = Vec::with_capacity(statement.names.len());
        let mut has_dropped = false;
        for name in &statement.names {
            self.check_role_word(name)?;
            let name = match name {
                RoleName::Named(name) if name.name() != "public" => name,
                _ => {
                    let message = "cannot use special role specifier in DROP ROLE";
                    return Err(error(sqlstate::INVALID_PARAMETER_VALUE, message));
                }
            };
            let Some(oid) = self.known_role(name.name())? else {
                if !statement.if_exists {
                    return Err(no_role(sqlstate::UNDEFINED_OBJECT, name.name()));
                }
                self.notice(notice(
                    Severity::Notice,
                    sqlstate::SUCCESSFUL_COMPLETION,
                    format!("role \"{}\" does not exist, skipping", name.name()),
                ));
                continue;
            };
            let in_use = match oid {
                oid if oid == self.current_role() => Some("current user cannot be dropped"),
                oid if oid == self.session.user() => Some("session user cannot be dropped"),
                _ => None,
            };
            if let Some(message) = in_use {
                return Err(error(sqlstate::OBJECT_IN_USE, message));
            }
            if oid == BOOTSTRAP_ROLE {
                return Err(error(
                    sqlstate::DEPENDENT_OBJECTS_STILL_EXIST,
                    format!("cannot drop role {} because it is required by the database system", name.name()),
                ));
            }
            match self.shared.settings.major.finds_all_roles_to_drop() {
                true => doomed.push((oid, Rc::<str>::from(name.name()))),
                false => {
                    self.drop_role(oid, name.name(), has_dropped)?;
                    has_dropped = true;
                }
            }
        }
        let several = doomed.len() > 1;
        for (oid, name) in doomed {
            self.drop_role(oid, &name, several)?;
        }
        self.privileges_change();
        done("DROP ROLE")
    }

    /// Drops a role that may be dropped but for what depends on it. `several` tells that the statement drops others too, maybe
    /// before it.
    fn drop_role(&mut self, oid: Oid, name: &str, several: bool) -> Result<()> {
        if self.shared.catalog.role(oid, self.catalog_view()).is_none() {
            return Err(unsupported("dropping a role twice"));
        }
        if self.shared.catalog.is_role_about_to_be_needed(oid, self.catalog_view()) {
            return Err(unsupported("dropping a role that another open transaction has given something"));
        }
        self.lock(oid, LockMode::AccessExclusive)?;
        let dependents = self.role_dependents(oid)?;
        if !dependents.is_empty() {
            if several {
                return Err(unsupported("dropping several roles, one of which owns something"));
            }
            self.reach(Clause::RoleNeeded);
            return Err(error(
                sqlstate::DEPENDENT_OBJECTS_STILL_EXIST,
                format!("role \"{name}\" cannot be dropped because some objects depend on it"),
            )
            .detail(super::drop::listing(dependents.iter().cloned(), dependents.len())));
        }
        let view = self.catalog_view();
        self.shared.catalog.delete_role(oid, view, &mut self.session.transaction.undo);
        Ok(())
    }

    pub(super) fn grant_role(&mut self, statement: &GrantRole) -> Result<StatementResult> {
        let tag = if statement.is_grant { "GRANT ROLE" } else { "REVOKE ROLE" };
        self.prevent_if_read_only(tag)?;
        let members = statement.members.iter().map(|member| self.role_oid(member)).collect::<Result<Vec<_>>>()?;
        for name in &statement.roles {
            let role = self.role_named(name.name())?;
            if !self.is_superuser() {
                return Err(unsupported("membership granted by a role that is no superuser"));
            }
            if self.shared.settings.major.grant_locks_role() {
                self.lock(role, LockMode::ShareUpdateExclusive)?;
            }
            for member in &members {
                self.change_membership(statement.is_grant, role, *member)?;
            }
        }
        self.reach(Clause::Membership);
        self.privileges_change();
        done(tag)
    }

    fn change_membership(&mut self, is_grant: bool, role: Oid, member: Oid) -> Result<()> {
        let view = self.catalog_view();
        let catalog = &mut self.shared.catalog;
        let (role_name, member_name) = (catalog.role_name(role, view), catalog.role_name(member, view));
        let is_member = catalog.is_direct_member(role, member, view);
        let undo = &mut self.session.transaction.undo;
        let grantor = self.shared.settings.user.as_str();
        let major = self.shared.settings.major;
        match (is_grant, is_member) {
            (true, _) if catalog.roles_of(role, false, view).contains(&member) => {
                return Err(error(
                    sqlstate::INVALID_GRANT_OPERATION,
                    format!("role \"{role_name}\" is a member of role \"{member_name}\""),
                ));
            }
            (true, false) => catalog.insert_membership(Membership { role, member }, view, undo),
            (true, true) => {
                let told = major.already_member(&role_name, &member_name, grantor);
                self.notice(notice(Severity::Notice, sqlstate::SUCCESSFUL_COMPLETION, told));
            }
            (false, true) => catalog.delete_memberships(|known| *known == Membership { role, member }, view, undo),
            (false, false) => {
                let told = major.not_member(&role_name, &member_name, grantor);
                self.notice(notice(Severity::Warning, sqlstate::WARNING, told));
            }
        }
        Ok(())
    }

    /// SET SESSION AUTHORIZATION: only a superuser acts for others.
    pub(super) fn role_to_act_for(&mut self, name: &str) -> Result<Option<Oid>> {
        let Some(oid) = self.known_role(name)? else {
            return Err(no_role(sqlstate::INVALID_PARAMETER_VALUE, name));
        };
        let own = self.session.authenticated;
        if oid != own && !self.shared.catalog.is_superuser(own, self.catalog_view()) {
            return Err(error(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                format!("permission denied to set session authorization \"{name}\""),
            ));
        }
        self.reach(Clause::SessionAuthorization);
        Ok(Some(oid))
    }

    /// SET ROLE: the session's role must be a member of the one that it takes on.
    pub(super) fn role_to_take_on(&mut self, name: &str) -> Result<Option<Oid>> {
        if name == "none" {
            return Ok(None);
        }
        let Some(oid) = self.known_role(name)? else {
            return Err(no_role(sqlstate::INVALID_PARAMETER_VALUE, name));
        };
        let view = self.catalog_view();
        let own = self.session.user();
        let catalog = &self.shared.catalog;
        if !catalog.is_superuser(own, view) && !catalog.roles_of(own, false, view).contains(&oid) {
            return Err(error(sqlstate::INSUFFICIENT_PRIVILEGE, format!("permission denied to set role \"{name}\"")));
        }
        self.reach(Clause::SetRole);
        Ok(Some(oid))
    }
}

/// The error of a role that does not exist.
fn no_role(code: crate::reply::SqlState, name: &str) -> Stop {
    error(code, format!("role \"{name}\" does not exist"))
}

/// Refuses a new role's name that stands for everybody or for no role.
fn check_free_word(name: &str) -> Result<()> {
    match name {
        "public" => Err(error(sqlstate::RESERVED_NAME, "role name \"public\" is reserved")),
        name => check_not_none(name),
    }
}

/// Refuses the name that stands for no role.
fn check_not_none(name: &str) -> Result<()> {
    match name {
        "none" => Err(error(sqlstate::RESERVED_NAME, "role name \"none\" is reserved")),
        _ => Ok(()),
    }
}
