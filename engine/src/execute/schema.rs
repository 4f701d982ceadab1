//! CREATE SCHEMA, ALTER SCHEMA and DROP SCHEMA.

use super::names::{duplicate_schema, no_schema};
use super::privilege::permission_denied;
use super::{Execution, done};
use crate::catalog::{INFORMATION_SCHEMA, Object, Oid, PG_CATALOG, PG_TOAST, Schema};
use crate::error::{Result, Stop, error, notice, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::reply::{Severity, StatementResult};
use crate::session::Awaited;
use crate::statement::{AlterSchema, CreateSchema, DropSchema, SchemaAction};

impl Execution<'_> {
    pub(super) fn create_schema(&mut self, statement: &CreateSchema) -> Result<StatementResult> {
        self.prevent_if_read_only("CREATE SCHEMA")?;
        if !self.is_superuser() {
            return Err(permission_denied("database", &self.shared.settings.database));
        }
        let owner = match &statement.owner {
            Some(role) => self.role_oid(role)?,
            None => self.current_role(),
        };
        let of_owner = self.shared.catalog.role_name(owner, self.catalog_view());
        // A schema without a name has its owner's.
        let name = statement.name.as_ref().map_or(&*of_owner, |name| name.name());
        if !self.has_awaited_schema(name) {
            self.check_schemas_known()?;
        }
        let view = self.catalog_view();
        if name.starts_with("pg_") {
            return Err(unacceptable_name(name));
        }
        if self.has_awaited_schema(name) {
            // It was free when the statement began.
            if self.shared.catalog.schema_named(name, view).is_some() {
                return Err(duplicate_schema(name));
            }
        } else if self.shared.catalog.schema_named(name, view).is_some() {
            if statement.if_not_exists {
                self.notice(notice(
                    Severity::Notice,
                    sqlstate::DUPLICATE_SCHEMA,
                    format!("schema \"{name}\" already exists, skipping"),
                ));
                return done("CREATE SCHEMA");
            }
            return Err(error(sqlstate::DUPLICATE_SCHEMA, format!("schema \"{name}\" already exists")));
        }
        if let Some(session) = self.shared.catalog.uncommitted_schema(name, view) {
            self.session.awaited = Some(Awaited::Schema(name.into()));
            return Err(self.wait_for_transaction(session));
        }
        let oid = self.shared.catalog.new_oid();
        let schema = Schema { oid, name: name.into(), owner, access: None };
        self.shared.catalog.insert_schema(schema, view, &mut self.session.transaction.undo);
        self.lock(oid, LockMode::AccessExclusive)?;
        done("CREATE SCHEMA")
    }

    pub(super) fn alter_schema(&mut self, statement: &AlterSchema) -> Result<StatementResult> {
        self.prevent_if_read_only("ALTER SCHEMA")?;
        self.check_schemas_known()?;
        let view = self.catalog_view();
        let name = statement.name.name();
        let found = self.shared.catalog.schema_named(name, view);
        let Some(schema) = found.and_then(|oid| self.shared.catalog.schema(oid, view)).cloned() else {
            return Err(match name.starts_with("pg_") {
                true => unsupported(format!("schema {name}, which may be a system schema")),
                false => no_schema(name),
            });
        };
        if !self.is_superuser() || matches!(schema.oid, PG_CATALOG | PG_TOAST | INFORMATION_SCHEMA) {
            return Err(unsupported("ALTER SCHEMA by a role that is no superuser, or of a system schema"));
        }
        self.check_schema_settled(schema.oid)?;
        let changed = match &statement.action {
            SchemaAction::RenameTo(new_name) => {
                let new_name = new_name.name();
                if self.shared.catalog.schema_named(new_name, view).is_some() {
                    return Err(error(sqlstate::DUPLICATE_SCHEMA, format!("schema \"{new_name}\" already exists")));
                }
                if new_name.starts_with("pg_") {
                    return Err(unacceptable_name(new_name));
                }
                if self.shared.catalog.uncommitted_schema(new_name, view).is_some() {
                    return Err(unsupported("a schema's name that another open transaction has taken"));
                }
                Schema { name: new_name.into(), ..schema }
            }
            SchemaAction::OwnerTo(role) => {
                let owner = self.role_oid(role)?;
                if owner == schema.owner {
                    return done("ALTER SCHEMA");
                }
                let access = schema.access.as_ref().map(|access| access.with_owner(schema.owner, owner));
                Schema { owner, access, ..schema }
            }
        };
        self.shared.catalog.update_schema(changed, view, &mut self.session.transaction.undo);
        self.privileges_change();
        done("ALTER SCHEMA")
    }

    /// Refuses to change a schema that another open transaction has changed: PostgreSQL waits for it, and may then fail
    /// with "tuple concurrently updated".
    pub(super) fn check_schema_settled(&self, oid: Oid) -> Result<()> {
        match self.shared.catalog.is_schema_being_changed(oid, self.catalog_view()) {
            true => Err(unsupported("a schema that another open transaction has changed")),
            false => Ok(()),
        }
    }

    pub(super) fn drop_schemas(&mut self, statement: &DropSchema) -> Result<StatementResult> {
        self.prevent_if_read_only("DROP SCHEMA")?;
        self.check_schemas_known()?;
        let mut objects = Vec::with_capacity(statement.names.len());
        for name in &statement.names {
            let name = name.name();
            let Some(oid) = self.shared.catalog.schema_named(name, self.catalog_view()) else {
                if name.starts_with("pg_") {
                    return Err(unsupported(format!("schema {name}, which may be a system schema")));
                }
                if !statement.if_exists {
                    return Err(no_schema(name));
                }
                self.notice(notice(
                    Severity::Notice,
                    sqlstate::SUCCESSFUL_COMPLETION,
                    format!("schema \"{name}\" does not exist, skipping"),
                ));
                continue;
            };
            self.lock(oid, LockMode::AccessExclusive)?;
            self.check_schema_owner(oid)?;
            self.check_schema_settled(oid)?;
            if oid == PG_CATALOG {
                return Err(error(
                    sqlstate::DEPENDENT_OBJECTS_STILL_EXIST,
                    "cannot drop schema pg_catalog because it is required by the database system",
                ));
            }
            if oid == PG_TOAST || oid == INFORMATION_SCHEMA {
                return Err(unsupported(format!("dropping schema {name}")));
            }
            objects.push(Object::Schema(oid));
        }
        self.drop_objects(&objects, statement.behavior)?;
        done("DROP SCHEMA")
    }
}

fn unacceptable_name(name: &str) -> Stop {
    error(sqlstate::RESERVED_NAME, format!("unacceptable schema name \"{name}\""))
        .detail("The prefix \"pg_\" is reserved for system schemas.")
}
