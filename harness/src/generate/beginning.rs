//! What traces begin with: most of what can be said needs something to be said about.

use seqcheck_engine::statement::{
    Behavior, CreateSchema, Grant, GrantTarget, Grantee, ObjectName, ParameterValue, Privilege, RoleName, SetParameter,
    SetScope,
};
use seqcheck_engine::{Progress, Statement};

use super::{GeneratedAction, GeneratedStep, Generator};

/// How many rows are put into the first table at most.
const FIRST_ROWS: usize = 3;

impl Generator<'_> {
    /// Makes what the plan wants to be there.
    pub(super) fn begin(&mut self) {
        if self.plan.roles {
            for role in self.first_roles() {
                self.begin_with(role);
            }
        }
        if self.plan.first_schema {
            self.begin_with(Statement::CreateSchema(CreateSchema {
                if_not_exists: false,
                name: Some("a".into()),
                owner: None,
            }));
        }
        if self.plan.roles && self.choice.chance(1, 3) {
            let privileges = self.default_privileges();
            self.begin_with(privileges);
        }
        if self.plan.first_sequences {
            for name in self.plan.names.clone() {
                let create = self.create_sequence_called(ObjectName::bare(name));
                self.begin_with(create);
            }
        }
        if self.plan.first_table {
            let create = self.create_table();
            self.begin_with(create);
            if self.plan.waits && self.choice.chance(1, 2) {
                let key = self.add_key();
                self.begin_with(key);
            }
            for _ in 0..self.choice.index(FIRST_ROWS) {
                self.look_around();
                let insert = self.insert();
                self.begin_with(insert);
            }
        }
        if self.plan.roles {
            self.first_privileges();
        }
        if self.plan.waits {
            self.begin_transactions();
        }
    }

    /// Lets the first session run a statement, unless the engine cannot, or the dialect has none like it.
    fn begin_with(&mut self, statement: Statement) {
        let Some(statement) = self.within_dialect(statement) else { return };
        let outcome = self.cluster.step(self.sessions[0], std::slice::from_ref(&statement));
        if !matches!(outcome.progress, Progress::Unsupported(_)) {
            self.steps.push(GeneratedStep { session: 0, action: GeneratedAction::Query(vec![statement]) });
        }
        self.look_around();
    }

    /// Lets a role do one thing or another with the sequences that there are, and lets it begin.
    fn first_privileges(&mut self) {
        let role = self.plain_role();
        for name in self.plan.names.clone() {
            if self.choice.chance(3, 4) {
                let privilege = [Privilege::Usage, Privilege::Select, Privilege::Update][self.choice.index(3)];
                self.begin_with(Statement::Grant(Grant {
                    is_grant: true,
                    grant_option: false,
                    privileges: Some(vec![privilege]),
                    target: GrantTarget::Sequences(vec![ObjectName::bare(name)]),
                    grantees: vec![Grantee::Role(RoleName::Named(role.clone()))],
                    behavior: Behavior::Unspecified,
                }));
            }
        }
        if self.choice.chance(1, 2) {
            self.begin_with(Statement::SetParameter(SetParameter {
                scope: SetScope::Unspecified,
                name: "role".into(),
                value: ParameterValue::List(vec![role.name().to_owned()]),
            }));
        }
    }
}
