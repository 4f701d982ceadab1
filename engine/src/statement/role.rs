//! Roles, privileges and ownership.

use super::{Behavior, Identifier, ObjectName, RoleName};

/// `CREATE ROLE name [LOGIN|SUPERUSER|…]`, or CREATE USER, which implies LOGIN.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CreateRole {
    /// The role.
    pub name: Identifier,
    /// Its attributes in the order written.
    pub attributes: Vec<RoleAttribute>,
}

/// An attribute of a role (manual, "CREATE ROLE").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoleAttribute {
    /// `LOGIN` (true) or `NOLOGIN`.
    Login(bool),
    /// `SUPERUSER` (true) or `NOSUPERUSER`.
    Superuser(bool),
    /// `INHERIT` (true) or `NOINHERIT`.
    Inherit(bool),
    /// `CREATEDB` (true) or `NOCREATEDB`.
    CreateDatabase(bool),
    /// `CREATEROLE` (true) or `NOCREATEROLE`.
    CreateRole(bool),
}

/// `DROP ROLE [IF EXISTS] name, …`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DropRole {
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// The roles, at least one.
    pub names: Vec<RoleName>,
}

/// A privilege (manual, "Privileges").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the privilege of its name")]
pub enum Privilege {
    Select,
    Insert,
    Update,
    Delete,
    Truncate,
    References,
    Trigger,
    Usage,
    Create,
    Maintain,
}

impl Privilege {
    /// The word that stands for it in SQL.
    pub fn keyword(self) -> &'static str {
        match self {
            Privilege::Select => "SELECT",
            Privilege::Insert => "INSERT",
            Privilege::Update => "UPDATE",
            Privilege::Delete => "DELETE",
            Privilege::Truncate => "TRUNCATE",
            Privilege::References => "REFERENCES",
            Privilege::Trigger => "TRIGGER",
            Privilege::Usage => "USAGE",
            Privilege::Create => "CREATE",
            Privilege::Maintain => "MAINTAIN",
        }
    }
}

/// What privileges are granted on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum GrantTarget {
    /// `[TABLE] name, …`: any relations.
    Tables(Vec<ObjectName>),
    /// `SEQUENCE name, …`.
    Sequences(Vec<ObjectName>),
    /// `SCHEMA name, …`.
    Schemas(Vec<Identifier>),
    /// `ALL TABLES IN SCHEMA name, …`.
    AllTables(Vec<Identifier>),
    /// `ALL SEQUENCES IN SCHEMA name, …`.
    AllSequences(Vec<Identifier>),
}

/// Who gets or loses privileges.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Grantee {
    /// `PUBLIC`.
    Public,
    /// A role.
    Role(RoleName),
}

/// `GRANT privileges ON target TO grantee, … [WITH GRANT OPTION]` or the corresponding REVOKE.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Grant {
    /// GRANT, or else REVOKE.
    pub is_grant: bool,
    /// `WITH GRANT OPTION`, or for REVOKE `GRANT OPTION FOR`.
    pub grant_option: bool,
    /// The privileges; `None` for ALL.
    pub privileges: Option<Vec<Privilege>>,
    /// On what.
    pub target: GrantTarget,
    /// To or from whom, at least one.
    pub grantees: Vec<Grantee>,
    /// CASCADE or RESTRICT; always unspecified for GRANT.
    pub behavior: Behavior,
}

/// `GRANT role, … TO role, …` or `REVOKE role, … FROM role, …`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GrantRole {
    /// GRANT, or else REVOKE.
    pub is_grant: bool,
    /// The roles whose membership is given.
    pub roles: Vec<Identifier>,
    /// To or from whom.
    pub members: Vec<RoleName>,
}

/// What default privileges are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DefaultTarget {
    /// `TABLES`.
    Tables,
    /// `SEQUENCES`.
    Sequences,
}

/// `ALTER DEFAULT PRIVILEGES [FOR ROLE …] [IN SCHEMA …] GRANT|REVOKE … ON TABLES|SEQUENCES TO|FROM …`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DefaultPrivileges {
    /// `FOR ROLE name, …`; empty means the current role.
    pub roles: Vec<RoleName>,
    /// `IN SCHEMA name, …`; empty means everywhere.
    pub schemas: Vec<Identifier>,
    /// GRANT, or else REVOKE.
    pub is_grant: bool,
    /// `WITH GRANT OPTION`, or for REVOKE `GRANT OPTION FOR`.
    pub grant_option: bool,
    /// The privileges; `None` for ALL.
    pub privileges: Option<Vec<Privilege>>,
    /// On what.
    pub target: DefaultTarget,
    /// To or from whom, at least one.
    pub grantees: Vec<Grantee>,
    /// CASCADE or RESTRICT; always unspecified for GRANT.
    pub behavior: Behavior,
}

/// `REASSIGN OWNED BY role, … TO role`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReassignOwned {
    /// The old owners, at least one.
    pub from: Vec<RoleName>,
    /// The new owner.
    pub to: RoleName,
}

/// `DROP OWNED BY role, … [CASCADE|RESTRICT]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DropOwned {
    /// The owners, at least one.
    pub roles: Vec<RoleName>,
    /// CASCADE or RESTRICT.
    pub behavior: Behavior,
}
