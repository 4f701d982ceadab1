//! `has_sequence_privilege` and its relatives (manual, "Access Privilege Inquiry Functions").

use super::Value;
use super::function::PrivilegeTarget;
use crate::catalog::{FIRST_NORMAL_OID, Kind, Oid, Privileges};
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::execute::Execution;
use crate::statement::Privilege;

/// The role that stands for everybody.
const EVERYBODY: Oid = Oid(0);

/// One privilege of a list such as `USAGE, SELECT WITH GRANT OPTION`.
struct Asked {
    privilege: Privilege,
    with_grant_option: bool,
}

impl Execution<'_> {
    /// Whether a role has at least one of the privileges that a text lists; NULL for an object that does not exist.
    pub(super) fn has_privilege(
        &mut self,
        target: PrivilegeTarget,
        role: Option<&str>,
        object: &Value,
        list: &str,
    ) -> Result<Value> {
        let role = match role {
            None => self.current_role(),
            Some("public") => EVERYBODY,
            Some(name) => self.role_named(name)?,
        };
        let asked = self.asked_privileges(target, list)?;
        self.reach(Clause::HasPrivilege);
        match target {
            PrivilegeTarget::Schema => self.has_schema_privilege(role, object, &asked),
            PrivilegeTarget::Sequence | PrivilegeTarget::Table => {
                self.has_relation_privilege(target, role, object, &asked)
            }
        }
    }

    fn asked_privileges(&self, target: PrivilegeTarget, list: &str) -> Result<Vec<Asked>> {
        use Privilege::{Create, Delete, Insert, Maintain, References, Select, Trigger, Truncate, Update, Usage};
        let known: &[Privilege] = match target {
            PrivilegeTarget::Sequence => &[Usage, Select, Update],
            PrivilegeTarget::Schema => &[Create, Usage],
            PrivilegeTarget::Table if self.shared.settings.major.has_maintain() => {
                &[Select, Insert, Update, Delete, Truncate, References, Trigger, Maintain]
            }
            PrivilegeTarget::Table => &[Select, Insert, Update, Delete, Truncate, References, Trigger],
        };
        let mut asked = Vec::new();
        for word in list.split(',').map(str::trim) {
            let upper = word.to_ascii_uppercase();
            let (name, with_grant_option) = match upper.strip_suffix(" WITH GRANT OPTION") {
                Some(name) => (name, true),
                None => (upper.as_str(), false),
            };
            if name == "RULE" && target == PrivilegeTarget::Table && self.shared.settings.major.knows_rule_privilege() {
                continue;
            }
            let Some(privilege) = known.iter().find(|privilege| privilege.keyword() == name) else {
                return Err(error(
                    sqlstate::INVALID_PARAMETER_VALUE,
                    format!("unrecognized privilege type: \"{word}\""),
                ));
            };
            asked.push(Asked { privilege: *privilege, with_grant_option });
        }
        Ok(asked)
    }

    fn has_relation_privilege(
        &mut self,
        target: PrivilegeTarget,
        role: Oid,
        object: &Value,
        asked: &[Asked],
    ) -> Result<Value> {
        let oid = match object {
            Value::Text(name) if name.bytes().all(|byte| byte.is_ascii_digit()) || &**name == "-" => {
                return Err(unsupported("a relation whose name is a number"));
            }
            Value::Text(name) => self.cast_to_regclass(name)?,
            Value::Integer(oid) => Oid(*oid as u32),
            _ => return Err(unsupported("a relation that is neither a name nor an OID")),
        };
        let Some(relation) = self.shared.catalog.relation(oid, self.catalog_view()).cloned() else {
            if (1..FIRST_NORMAL_OID).contains(&oid.0) {
                return Err(unsupported("privileges on a system relation"));
            }
            return Ok(Value::Null);
        };
        if target == PrivilegeTarget::Sequence && relation.sequence().is_none() {
            return Err(error(sqlstate::WRONG_OBJECT_TYPE, format!("\"{}\" is not a sequence", relation.name)));
        }
        if matches!(relation.kind, Kind::Index(_)) {
            return Err(unsupported("privileges on an index"));
        }
        let any = asked.iter().any(|asked| {
            let wanted = Privileges::of(&[asked.privilege]);
            let found = match asked.with_grant_option {
                true if self.shared.catalog.is_superuser(role, self.catalog_view()) => wanted,
                true => self.access_of(&relation).options_of(role, relation.owner, wanted, &self.seen_roles()),
                false => self.rights_on(&relation, role, wanted),
            };
            !found.is_empty()
        });
        Ok(Value::Boolean(any))
    }

    fn has_schema_privilege(&mut self, role: Oid, object: &Value, asked: &[Asked]) -> Result<Value> {
        let Value::Text(name) = object else { return Err(unsupported("a schema by its OID")) };
        if name.starts_with("pg_") {
            return Err(unsupported(format!("schema {name}, which may be a system schema")));
        }
        let Some(schema) = self.shared.catalog.schema_named(name, self.catalog_view()) else {
            return Err(error(sqlstate::INVALID_SCHEMA_NAME, format!("schema \"{name}\" does not exist")));
        };
        if asked.iter().any(|asked| asked.with_grant_option) {
            return Err(unsupported("grant options on a schema"));
        }
        let any = asked
            .iter()
            .any(|asked| !self.rights_on_schema(schema, role, Privileges::of(&[asked.privilege])).is_empty());
        Ok(Value::Boolean(any))
    }
}
