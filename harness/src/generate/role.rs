//! Roles, privileges and ownership.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{
    Behavior, CreateRole, DefaultPrivileges, DefaultTarget, DropOwned, DropRole, Grant, GrantRole, GrantTarget,
    Grantee, Identifier, ObjectName, ParameterValue, Privilege, ReassignOwned, RoleAttribute, RoleName, SetParameter,
    SetScope,
};

use super::Generator;

/// The roles of all traces: few, so that they meet.
const ROLES: [&str; 3] = ["alice", "bob", "Carol"];

impl Generator<'_> {
    /// What a trace about roles begins with: otherwise most of it would be about roles that do not exist.
    pub(super) fn first_roles(&mut self) -> Vec<Statement> {
        let count = [1, 1, 2, 3][self.choice.index(4)];
        ROLES[..count].iter().map(|name| self.create_role(name)).collect()
    }

    pub(super) fn role(&mut self) -> Statement {
        match self.choice.weighted(&[2, 2, 20, 14, 5, 5, 2, 2]) {
            0 => {
                let name = ROLES[self.choice.index(ROLES.len())];
                self.create_role(name)
            }
            1 => Statement::DropRole(DropRole { if_exists: self.choice.chance(1, 3), names: vec![self.role_name()] }),
            2 => self.set_role(),
            3 => self.grant(),
            4 => Statement::GrantRole(GrantRole {
                is_grant: self.choice.chance(3, 4),
                roles: vec![self.plain_role()],
                members: vec![self.role_name()],
            }),
            5 => self.default_privileges(),
            6 => Statement::ReassignOwned(ReassignOwned { from: vec![self.role_name()], to: self.role_name() }),
            _ => Statement::DropOwned(DropOwned { roles: vec![self.role_name()], behavior: self.behavior() }),
        }
    }

    fn create_role(&mut self, name: &str) -> Statement {
        let mut attributes = Vec::new();
        if self.choice.chance(1, 5) {
            attributes.push(RoleAttribute::Inherit(false));
        }
        if self.choice.chance(1, 12) {
            attributes.push(RoleAttribute::Superuser(true));
        }
        Statement::CreateRole(CreateRole { name: name.into(), attributes })
    }

    pub(super) fn plain_role(&mut self) -> Identifier {
        match self.choice.chance(1, 25) {
            true => "nobody".into(),
            false => ROLES[self.choice.index(ROLES.len())].into(),
        }
    }

    /// A role as statements about roles name it.
    pub(super) fn role_name(&mut self) -> RoleName {
        match self.choice.below(16) {
            0 => RoleName::CurrentUser,
            1 => RoleName::SessionUser,
            _ => RoleName::Named(self.plain_role()),
        }
    }

    /// SET ROLE, and often back again: what only the superuser may do has to come up as well.
    fn set_role(&mut self) -> Statement {
        let value = match self.choice.below(5) {
            0 | 1 => ParameterValue::Reset,
            2 if self.choice.chance(1, 3) => ParameterValue::List(vec!["none".to_owned()]),
            _ => ParameterValue::List(vec![self.plain_role().name().to_owned()]),
        };
        let scope = match value {
            ParameterValue::List(_) if self.choice.chance(1, 5) => SetScope::Local,
            _ => SetScope::Unspecified,
        };
        Statement::SetParameter(SetParameter { scope, name: "role".into(), value })
    }

    fn grant(&mut self) -> Statement {
        let is_grant = self.choice.chance(2, 3);
        let target = match self.choice.weighted(&[10, 4, 5, 3, 2]) {
            0 => GrantTarget::Sequences(vec![self.target_name().0]),
            1 => GrantTarget::Tables(vec![self.granted_table()]),
            2 => GrantTarget::Schemas(vec![self.schema_name()]),
            3 => GrantTarget::AllSequences(vec![self.schema_name()]),
            _ => GrantTarget::AllTables(vec![self.schema_name()]),
        };
        let fitting: &[Privilege] = match target {
            GrantTarget::Sequences(_) | GrantTarget::AllSequences(_) => {
                &[Privilege::Usage, Privilege::Select, Privilege::Update]
            }
            GrantTarget::Schemas(_) => &[Privilege::Usage, Privilege::Create],
            GrantTarget::Tables(_) | GrantTarget::AllTables(_) => {
                &[Privilege::Select, Privilege::Insert, Privilege::Update, Privilege::Delete, Privilege::Truncate]
            }
        };
        Statement::Grant(Grant {
            is_grant,
            grant_option: self.choice.chance(1, 5),
            privileges: self.privileges(fitting),
            target,
            grantees: vec![self.grantee()],
            behavior: if is_grant { Behavior::Unspecified } else { self.behavior() },
        })
    }

    fn granted_table(&mut self) -> ObjectName {
        match self.choice.chance(1, 3) {
            true => self.target_name().0,
            false => self.table_name().0,
        }
    }

    fn privileges(&mut self, fitting: &[Privilege]) -> Option<Vec<Privilege>> {
        if self.choice.chance(1, 5) {
            return None;
        }
        let mut privileges = Vec::new();
        for _ in 0..[1, 1, 1, 2][self.choice.index(4)] {
            let privilege = match self.choice.chance(1, 25) {
                true => Privilege::References,
                false => fitting[self.choice.index(fitting.len())],
            };
            if !privileges.contains(&privilege) {
                privileges.push(privilege);
            }
        }
        Some(privileges)
    }

    fn grantee(&mut self) -> Grantee {
        match self.choice.chance(1, 6) {
            true => Grantee::Public,
            false => Grantee::Role(self.role_name()),
        }
    }

    pub(super) fn default_privileges(&mut self) -> Statement {
        let is_grant = self.choice.chance(3, 4);
        let target = if self.choice.chance(2, 3) { DefaultTarget::Sequences } else { DefaultTarget::Tables };
        let fitting: &[Privilege] = match target {
            DefaultTarget::Sequences => &[Privilege::Usage, Privilege::Select, Privilege::Update],
            DefaultTarget::Tables => &[Privilege::Select, Privilege::Insert, Privilege::Update],
        };
        Statement::DefaultPrivileges(DefaultPrivileges {
            roles: if self.choice.chance(1, 2) { vec![self.role_name()] } else { Vec::new() },
            schemas: if self.choice.chance(1, 2) { vec![self.schema_name()] } else { Vec::new() },
            is_grant,
            grant_option: false,
            privileges: self.privileges(fitting),
            target,
            grantees: vec![self.grantee()],
            behavior: if is_grant { Behavior::Unspecified } else { self.behavior() },
        })
    }
}
