//! GRANT and REVOKE of privileges (manual, "GRANT" and "REVOKE").

use super::names::{MissingSchema, no_schema};
use super::privilege::permission_denied;
use super::{Execution, done};
use crate::catalog::{Access, AccessChange, Kind, Oid, Privileges, Relation, Schema};
use crate::clause::Clause;
use crate::error::{Result, error, notice, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::reply::{Severity, StatementResult};
use crate::statement::{Behavior, Grant, GrantTarget, Grantee, Identifier, Privilege};

/// An object on which privileges can be granted.
struct Target {
    name: String,
    owner: Oid,
    access: Access,
    /// Everything that objects of its kind know.
    all: Privileges,
    /// What messages call its kind.
    kind: &'static str,
}

impl Execution<'_> {
    pub(super) fn grant(&mut self, statement: &Grant) -> Result<StatementResult> {
        let tag = if statement.is_grant { "GRANT" } else { "REVOKE" };
        self.prevent_if_read_only(tag)?;
        self.check_roles_settled()?;
        let major = self.shared.settings.major;
        let (relations, schemas) = self.grant_targets(&statement.target)?;
        let grantees = self.grantees(&statement.grantees)?;
        let (known, kind) = match statement.target {
            GrantTarget::Tables(_) | GrantTarget::AllTables(_) => {
                (Privileges::table(major).with(Privileges::SEQUENCE), "relation")
            }
            GrantTarget::Sequences(_) | GrantTarget::AllSequences(_) => (Privileges::SEQUENCE, "sequence"),
            GrantTarget::Schemas(_) => (Privileges::SCHEMA, "schema"),
        };
        let wanted = self.wanted_privileges(statement.privileges.as_deref(), known, kind)?;
        let (several, notices) = (relations.len() > 1, self.reply.notices.len());
        let is_all = matches!(statement.target, GrantTarget::AllTables(_) | GrantTarget::AllSequences(_));
        for oid in relations {
            let granted = self.grant_on_relation(oid, statement, wanted, &grantees);
            // PostgreSQL comes upon them as they lie in its catalog.
            if is_all && several && (granted.is_err() || self.reply.notices.len() > notices + 1) {
                return Err(unsupported(
                    "messages about several of all relations, in an order that nobody can predict",
                ));
            }
            granted?;
        }
        for oid in schemas {
            self.grant_on_schema(oid, statement, wanted, &grantees)?;
        }
        self.reach(if statement.is_grant { Clause::Grant } else { Clause::Revoke });
        self.privileges_change();
        done(tag)
    }

    /// The relations and schemas that a statement is about.
    fn grant_targets(&mut self, target: &GrantTarget) -> Result<(Vec<Oid>, Vec<Oid>)> {
        let mut relations = Vec::new();
        let mut schemas = Vec::new();
        match target {
            GrantTarget::Tables(names) | GrantTarget::Sequences(names) => {
                for name in names {
                    let name = self.range_name(name)?;
                    if !self.shared.settings.major.grant_locks() {
                        // Without a lock, PostgreSQL may answer from its caches.
                        self.check_name_known(name.name)?;
                    }
                    let oid = self.require_relation(name, MissingSchema::Fails)?.oid;
                    self.lock_to_grant(oid)?;
                    relations.push(oid);
                }
            }
            GrantTarget::Schemas(names) => {
                for name in names {
                    let oid = self.schema_to_change(name)?;
                    self.lock_to_grant(oid)?;
                    schemas.push(oid);
                }
            }
            GrantTarget::AllTables(names) | GrantTarget::AllSequences(names) => {
                let of_sequences = matches!(target, GrantTarget::AllSequences(_));
                for name in names {
                    let schema = self.schema_to_change(name)?;
                    self.check_schema(schema, Privilege::Usage)?;
                    self.reach(Clause::GrantOnAll);
                    let found = self.shared.catalog.relations(self.catalog_view()).filter(|relation| {
                        relation.schema == schema
                            && match relation.kind {
                                Kind::Sequence(_) => of_sequences,
                                Kind::Index(_) => false,
                                _ => !of_sequences,
                            }
                    });
                    relations.extend(found.map(|relation| relation.oid));
                }
            }
        }
        Ok((relations, schemas))
    }

    fn lock_to_grant(&mut self, oid: Oid) -> Result<()> {
        match self.shared.settings.major.grant_locks() {
            true => self.lock(oid, LockMode::AccessShare),
            false => Ok(()),
        }
    }

    /// A schema that must exist and be no system schema.
    pub(super) fn schema_to_change(&mut self, name: &Identifier) -> Result<Oid> {
        self.check_schemas_known()?;
        match self.schema_named(name.name()) {
            Some(_) if name.name().starts_with("pg_") || name.name() == "information_schema" => {
                Err(unsupported(format!("privileges on schema {}", name.name())))
            }
            Some(oid) => Ok(oid),
            None if name.name().starts_with("pg_") => {
                Err(unsupported(format!("schema {}, which may be a system schema", name.name())))
            }
            None => Err(no_schema(name.name())),
        }
    }

    pub(super) fn grantees(&mut self, grantees: &[Grantee]) -> Result<Vec<Option<Oid>>> {
        grantees
            .iter()
            .map(|grantee| match grantee {
                Grantee::Public => Ok(None),
                Grantee::Role(role) => self.role_oid(role).map(Some),
            })
            .collect()
    }

    /// The privileges that a statement lists; `None` for ALL.
    pub(super) fn wanted_privileges(
        &self,
        listed: Option<&[Privilege]>,
        known: Privileges,
        kind: &str,
    ) -> Result<Option<Privileges>> {
        let Some(listed) = listed else { return Ok(None) };
        for privilege in listed {
            let words = privilege.keyword();
            if *privilege == Privilege::Maintain && !self.shared.settings.major.has_maintain() {
                return Err(error(sqlstate::SYNTAX_ERROR, "unrecognized privilege type \"maintain\""));
            }
            if Privileges::of(&[*privilege]).common(known).is_empty() {
                return Err(error(
                    sqlstate::INVALID_GRANT_OPERATION,
                    format!("invalid privilege type {words} for {kind}"),
                ));
            }
        }
        Ok(Some(Privileges::of(listed)))
    }

    fn grant_on_relation(
        &mut self,
        oid: Oid,
        statement: &Grant,
        wanted: Option<Privileges>,
        grantees: &[Option<Oid>],
    ) -> Result<()> {
        let Some(relation) = self.shared.catalog.relation(oid, self.catalog_view()).cloned() else {
            return Err(unsupported("privileges on a relation that is gone"));
        };
        if matches!(relation.kind, Kind::Index(_)) {
            return Err(error(sqlstate::WRONG_OBJECT_TYPE, format!("\"{}\" is an index", relation.name)));
        }
        let of_sequences = matches!(statement.target, GrantTarget::Sequences(_) | GrantTarget::AllSequences(_));
        let is_sequence = relation.sequence().is_some();
        if of_sequences && !is_sequence {
            return Err(error(sqlstate::WRONG_OBJECT_TYPE, format!("\"{}\" is not a sequence", relation.name)));
        }
        let all = self.all_privileges(&relation);
        let mut privileges = wanted.unwrap_or(all);
        if !privileges.without(all).is_empty() {
            if !is_sequence {
                return Err(error(sqlstate::INVALID_GRANT_OPERATION, "invalid privilege type USAGE for table"));
            }
            self.notice(notice(
                Severity::Warning,
                sqlstate::INVALID_GRANT_OPERATION,
                format!("sequence \"{}\" only supports USAGE, SELECT, and UPDATE privileges", relation.name),
            ));
            privileges = privileges.common(all);
        }
        if privileges.is_empty() {
            return Ok(());
        }
        let target = Target {
            name: relation.name.to_string(),
            owner: relation.owner,
            access: self.access_of(&relation),
            all,
            kind: if is_sequence { "sequence" } else { "table" },
        };
        let access = self.changed_access(&target, statement, wanted.is_none(), privileges, grantees)?;
        self.replace_relation(Relation { access: Some(access), ..(*relation).clone() })
    }

    fn grant_on_schema(
        &mut self,
        oid: Oid,
        statement: &Grant,
        wanted: Option<Privileges>,
        grantees: &[Option<Oid>],
    ) -> Result<()> {
        let view = self.catalog_view();
        let Some(schema) = self.shared.catalog.schema(oid, view).cloned() else { return Ok(()) };
        self.check_schema_settled(oid)?;
        let target = Target {
            name: schema.name.to_string(),
            owner: schema.owner,
            access: schema.access.clone().unwrap_or_else(|| Access::of_owner(schema.owner, Privileges::SCHEMA)),
            all: Privileges::SCHEMA,
            kind: "schema",
        };
        let privileges = wanted.unwrap_or(Privileges::SCHEMA);
        let access = self.changed_access(&target, statement, wanted.is_none(), privileges, grantees)?;
        let changed = Schema { access: Some(access), ..schema };
        self.shared.catalog.update_schema(changed, view, &mut self.session.transaction.undo);
        Ok(())
    }

    /// Applies a statement to one object's list, as the best grantor there is.
    fn changed_access(
        &mut self,
        target: &Target,
        statement: &Grant,
        says_all: bool,
        privileges: Privileges,
        grantees: &[Option<Oid>],
    ) -> Result<Access> {
        let (grantor, available) = self.best_grantor(target, privileges)?;
        if available.is_empty() {
            let has_any = self.shared.catalog.is_superuser(grantor, self.catalog_view())
                || !target.access.rights_of(grantor, target.all, &self.seen_roles()).is_empty()
                || !target.access.options_of(grantor, target.owner, target.all, &self.seen_roles()).is_empty();
            if !has_any {
                self.reach(Clause::GrantOptionNeeded);
                return Err(permission_denied(target.kind, &target.name));
            }
        }
        let possible = privileges.common(available);
        let of_columns =
            Privileges::of(&[Privilege::Select, Privilege::Insert, Privilege::Update, Privilege::References]);
        if possible != privileges && !statement.is_grant && !privileges.common(of_columns).is_empty() {
            // There would be one warning for each column, system columns included, or an error.
            return Err(unsupported("REVOKE of privileges that columns have, too, without all the grant options"));
        }
        if possible.is_empty() || (!says_all && possible != privileges) {
            self.reach(Clause::GrantOptionNeeded);
            let amount = if possible.is_empty() { "no" } else { "not all" };
            let (verb, code) = match statement.is_grant {
                true => ("were granted", sqlstate::PRIVILEGE_NOT_GRANTED),
                false => ("could be revoked", sqlstate::PRIVILEGE_NOT_REVOKED),
            };
            let told = format!("{amount} privileges {verb} for \"{}\"", target.name);
            self.notice(notice(Severity::Warning, code, told));
        }
        let change = AccessChange {
            is_grant: statement.is_grant,
            grant_option: statement.grant_option,
            privileges: possible,
            grantor,
            owner: target.owner,
            behavior: statement.behavior,
        };
        if statement.grant_option {
            self.reach(Clause::GrantOption);
        }
        target.access.changed(change, grantees, &self.seen_roles())
    }

    /// The role in whose name privileges are granted, and the grant options that it has.
    fn best_grantor(&self, target: &Target, wanted: Privileges) -> Result<(Oid, Privileges)> {
        let role = self.current_role();
        if role == target.owner || self.is_superuser() {
            return Ok((target.owner, wanted));
        }
        let options = |role: Oid| target.access.own_options(role, target.owner, wanted);
        let roles = self.shared.catalog.roles_of(role, true, self.catalog_view());
        let most = roles.iter().map(|role| options(*role).count()).max().unwrap_or_default();
        if most == 0 {
            return Ok((role, Privileges::NONE));
        }
        let mut best = roles.iter().copied().filter(|role| options(*role).count() == most);
        match (best.next(), best.next()) {
            (Some(first), None) => Ok((first, options(first))),
            (Some(first), Some(_)) if first == role && options(first) == wanted => Ok((first, wanted)),
            _ => Err(unsupported("several roles that could be the grantor")),
        }
    }

    /// Takes from a role, as DROP OWNED does, what it was granted on a relation.
    pub(super) fn revoke_everything(&mut self, relation: &Relation, role: Oid) -> Result<()> {
        let all = self.all_privileges(relation);
        let access = self.access_of(relation).changed(
            revocation(all, relation.owner, relation.owner),
            &[Some(role)],
            &self.seen_roles(),
        )?;
        self.replace_relation(Relation { access: Some(access), ..relation.clone() })
    }

    /// The same for a schema.
    pub(super) fn revoke_everything_on_schema(&mut self, schema: &Schema, role: Oid) -> Result<()> {
        let Some(access) = &schema.access else { return Ok(()) };
        let change = revocation(Privileges::SCHEMA, schema.owner, schema.owner);
        let access = access.changed(change, &[Some(role)], &self.seen_roles())?;
        let view = self.catalog_view();
        let changed = Schema { access: Some(access), ..schema.clone() };
        self.shared.catalog.update_schema(changed, view, &mut self.session.transaction.undo);
        Ok(())
    }
}

/// The change that takes privileges from a role, with all that it has granted on the strength of them.
pub(super) fn revocation(privileges: Privileges, grantor: Oid, owner: Oid) -> AccessChange {
    AccessChange { is_grant: false, grant_option: false, privileges, grantor, owner, behavior: Behavior::Cascade }
}
