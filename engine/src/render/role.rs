//! Roles, privileges and ownership.

use super::name::{identifiers, object_names};
use super::relation::{behavior, role_name};
use super::{Output, separated, sql_if};
use crate::statement::{
    CreateRole, DefaultPrivileges, DefaultTarget, DropOwned, DropRole, Grant, GrantRole, GrantTarget, Grantee,
    Privilege, ReassignOwned, RoleAttribute, RoleName,
};

pub(super) fn create(out: &mut impl Output, create: &CreateRole) {
    out.sql("CREATE ROLE ");
    out.identifier(&create.name);
    for attribute in &create.attributes {
        let (is_set, word) = match attribute {
            RoleAttribute::Login(is_set) => (is_set, "LOGIN"),
            RoleAttribute::Superuser(is_set) => (is_set, "SUPERUSER"),
            RoleAttribute::Inherit(is_set) => (is_set, "INHERIT"),
            RoleAttribute::CreateDatabase(is_set) => (is_set, "CREATEDB"),
            RoleAttribute::CreateRole(is_set) => (is_set, "CREATEROLE"),
        };
        out.sql(if *is_set { " " } else { " NO" });
        out.sql(word);
    }
}

pub(super) fn drop(out: &mut impl Output, drop: &DropRole) {
    out.sql("DROP ROLE ");
    sql_if(out, drop.if_exists, "IF EXISTS ");
    role_names(out, &drop.names);
}

pub(super) fn grant(out: &mut impl Output, grant: &Grant) {
    start(out, grant.is_grant, grant.grant_option, grant.privileges.as_deref());
    match &grant.target {
        GrantTarget::Tables(names) => {
            out.sql("TABLE ");
            object_names(out, names);
        }
        GrantTarget::Sequences(names) => {
            out.sql("SEQUENCE ");
            object_names(out, names);
        }
        GrantTarget::Schemas(names) => {
            out.sql("SCHEMA ");
            identifiers(out, names);
        }
        GrantTarget::AllTables(schemas) => {
            out.sql("ALL TABLES IN SCHEMA ");
            identifiers(out, schemas);
        }
        GrantTarget::AllSequences(schemas) => {
            out.sql("ALL SEQUENCES IN SCHEMA ");
            identifiers(out, schemas);
        }
    }
    grantees(out, grant.is_grant, &grant.grantees);
    sql_if(out, grant.is_grant && grant.grant_option, " WITH GRANT OPTION");
    behavior(out, grant.behavior);
}

pub(super) fn grant_role(out: &mut impl Output, grant: &GrantRole) {
    out.sql(if grant.is_grant { "GRANT " } else { "REVOKE " });
    identifiers(out, &grant.roles);
    out.sql(if grant.is_grant { " TO " } else { " FROM " });
    role_names(out, &grant.members);
}

pub(super) fn default_privileges(out: &mut impl Output, alter: &DefaultPrivileges) {
    out.sql("ALTER DEFAULT PRIVILEGES ");
    if !alter.roles.is_empty() {
        out.sql("FOR ROLE ");
        role_names(out, &alter.roles);
        out.sql(" ");
    }
    if !alter.schemas.is_empty() {
        out.sql("IN SCHEMA ");
        identifiers(out, &alter.schemas);
        out.sql(" ");
    }
    start(out, alter.is_grant, alter.grant_option, alter.privileges.as_deref());
    out.sql(match alter.target {
        DefaultTarget::Tables => "TABLES",
        DefaultTarget::Sequences => "SEQUENCES",
    });
    grantees(out, alter.is_grant, &alter.grantees);
    sql_if(out, alter.is_grant && alter.grant_option, " WITH GRANT OPTION");
    behavior(out, alter.behavior);
}

pub(super) fn reassign_owned(out: &mut impl Output, reassign: &ReassignOwned) {
    out.sql("REASSIGN OWNED BY ");
    role_names(out, &reassign.from);
    out.sql(" TO ");
    role_name(out, &reassign.to);
}

pub(super) fn drop_owned(out: &mut impl Output, drop: &DropOwned) {
    out.sql("DROP OWNED BY ");
    role_names(out, &drop.roles);
    behavior(out, drop.behavior);
}

/// Writes GRANT or REVOKE up to the word ON and a space.
fn start(out: &mut impl Output, is_grant: bool, grant_option: bool, privileges: Option<&[Privilege]>) {
    out.sql(if is_grant { "GRANT " } else { "REVOKE " });
    sql_if(out, !is_grant && grant_option, "GRANT OPTION FOR ");
    match privileges {
        None => out.sql("ALL"),
        Some(privileges) => separated(out, ", ", privileges, |out, privilege| out.sql(privilege.keyword())),
    }
    out.sql(" ON ");
}

fn grantees(out: &mut impl Output, is_grant: bool, grantees: &[Grantee]) {
    out.sql(if is_grant { " TO " } else { " FROM " });
    separated(out, ", ", grantees, |out, grantee| match grantee {
        Grantee::Public => out.sql("PUBLIC"),
        Grantee::Role(role) => role_name(out, role),
    });
}

fn role_names(out: &mut impl Output, roles: &[RoleName]) {
    separated(out, ", ", roles, role_name);
}
