//! Schemas and relations: who exists, under which name, and who sees it.

mod access;
mod column_number;
mod comment;
mod data_type;
mod dependency;
mod describe;
mod heap;
mod lookup;
mod relation;
mod role;
mod rows;
mod write;

use std::collections::HashMap;
use std::rc::Rc;

pub(crate) use access::{Access, AccessChange, Inherits, Privileges};
pub(crate) use column_number::{ColumnNumber, SYSTEM_COLUMNS, is_system_column};
pub(crate) use data_type::Enumeration;
pub(crate) use dependency::{Deletion, Gathered, Object};
pub(crate) use describe::{quote_identifier, quote_qualified};
pub(crate) use heap::{CommitNumber, Heap, Slot, Stamp, View};
pub(crate) use lookup::{RangeName, SearchPath};
pub(crate) use relation::{
    Column, ColumnOwner, Computed, Constraint, ConstraintKind, Default as ColumnDefault, ForeignKey, Index, Kind,
    Modifier, OpaqueType, Persistence, Relation, SequenceData, StorageId, TableData, ViewData,
};
pub(crate) use role::{DefaultAccess, Membership, Role, SeenRoles};
pub(crate) use rows::{KeyHolder, TableRow};
pub(crate) use write::{Write, WritePlace};

use crate::dialect::Major;
use crate::number_map::NumberMap;
use crate::statement::Privilege;

/// An object identifier. The model's numbers are its own; they never appear in replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Oid(pub(crate) u32);

/// The superuser that a new cluster has.
pub(crate) const BOOTSTRAP_ROLE: Oid = Oid(10);
/// The schema `pg_catalog`.
pub(crate) const PG_CATALOG: Oid = Oid(11);
/// The schema `pg_toast`.
pub(crate) const PG_TOAST: Oid = Oid(99);
/// The schema `information_schema`.
pub(crate) const INFORMATION_SCHEMA: Oid = Oid(100);
/// The schema `public` of a new database.
pub(crate) const PUBLIC: Oid = Oid(2200);
/// The first OID of an ordinary object.
pub(crate) const FIRST_NORMAL_OID: u32 = 16_384;
/// Temporary schemas take OIDs from here: one for each session, beyond any ordinary object's.
const FIRST_TEMPORARY_SCHEMA: u32 = 1 << 31;

/// The temporary schema of a session.
pub(crate) fn temporary_schema(session: crate::cluster::SessionId) -> Oid {
    Oid(FIRST_TEMPORARY_SCHEMA + session.0)
}

/// Whether `schema` is some session's temporary schema.
pub(crate) fn is_temporary_schema(schema: Oid) -> bool {
    schema.0 >= FIRST_TEMPORARY_SCHEMA
}

/// A schema (manual, "pg_namespace").
#[derive(Debug, Clone)]
pub(crate) struct Schema {
    pub(crate) oid: Oid,
    pub(crate) name: Rc<str>,
    pub(crate) owner: Oid,
    /// Who may use it and create in it; only the owner when `None`.
    pub(crate) access: Option<Access>,
}

/// Every schema, relation, table row and role, with their versions.
#[derive(Debug, Default, Clone)]
pub(crate) struct Catalog {
    schemas: Heap<Schema>,
    relations: Heap<Rc<Relation>>,
    by_name: HashMap<Rc<str>, Vec<Slot>>,
    by_oid: NumberMap<Oid, Vec<Slot>>,
    /// When the relations that a name stands for last changed by a commit.
    renamed: HashMap<Rc<str>, CommitNumber>,
    /// When the set of schemas last changed by a commit.
    schemas_changed: CommitNumber,
    rows: NumberMap<StorageId, rows::TableRows>,
    roles: Heap<Rc<Role>>,
    memberships: Heap<Membership>,
    default_access: Heap<DefaultAccess>,
    enumerations: Heap<Enumeration>,
    comments: Heap<comment::Comment>,
    last_oid: u32,
    last_storage: u32,
    /// Grows with every change to schemas and roles, so that a resolved search path knows when it is stale.
    pub(crate) schema_generation: u64,
}

impl Catalog {
    /// The catalog of a new database, whose one role is the superuser `user`.
    pub(crate) fn new(user: &str, major: Major) -> Catalog {
        let mut catalog = Catalog { last_oid: FIRST_NORMAL_OID, ..Catalog::default() };
        let superuser = Role {
            oid: BOOTSTRAP_ROLE,
            name: user.into(),
            is_superuser: true,
            inherits: true,
            may_create_roles: true,
            may_create_databases: true,
            may_log_in: true,
        };
        catalog.roles.insert(Rc::new(superuser), Stamp::Committed(0));
        let usage = Privileges::of(&[Privilege::Usage]);
        let public = if major.everybody_creates_in_public() { Privileges::SCHEMA } else { usage };
        for (oid, name, everybody) in [
            (PG_CATALOG, "pg_catalog", usage),
            (PG_TOAST, "pg_toast", Privileges::NONE),
            (INFORMATION_SCHEMA, "information_schema", usage),
            (PUBLIC, "public", public),
        ] {
            let owner = BOOTSTRAP_ROLE;
            let access = Access::of_owner(owner, Privileges::SCHEMA).merged(&Access::of_everybody(owner, everybody));
            let schema = Schema { oid, name: name.into(), owner, access: Some(access) };
            catalog.schemas.insert(schema, Stamp::Committed(0));
        }
        catalog
    }

    /// A number for a new object.
    pub(crate) fn new_oid(&mut self) -> Oid {
        self.last_oid += 1;
        Oid(self.last_oid)
    }

    /// A number for new storage: what `pg_class.relfilenode` is in PostgreSQL.
    pub(crate) fn new_storage(&mut self) -> StorageId {
        self.last_storage += 1;
        StorageId(self.last_storage)
    }

    /// The schemas that `view` sees.
    pub(crate) fn schemas(&self, view: View) -> impl Iterator<Item = &Schema> {
        self.schemas.visible(view).map(|(_, schema)| schema)
    }

    /// The schema called `name`, temporary ones aside.
    pub(crate) fn schema_named(&self, name: &str, view: View) -> Option<Oid> {
        self.schemas(view).find(|schema| &*schema.name == name).map(|schema| schema.oid)
    }

    /// The schema with that number.
    pub(crate) fn schema(&self, oid: Oid, view: View) -> Option<&Schema> {
        self.schemas(view).find(|schema| schema.oid == oid)
    }

    /// A schema's name.
    pub(crate) fn schema_name(&self, oid: Oid, view: View) -> Option<Rc<str>> {
        self.schemas(view).find(|schema| schema.oid == oid).map(|schema| schema.name.clone())
    }

    /// The catalog that an object other than a relation is kept in, or was, by the number that PostgreSQL gives it.
    pub(crate) fn class_of(&self, object: Oid) -> Option<u32> {
        const TYPES: u32 = 1247;
        const ATTRIBUTE_DEFAULTS: u32 = 2604;
        const CONSTRAINTS: u32 = 2606;
        const SCHEMAS: u32 = 2615;
        if self.schemas.versions().any(|(_, schema)| schema.value.oid == object) {
            return Some(SCHEMAS);
        }
        if self.enumerations.versions().any(|(_, enumeration)| enumeration.value.oid == object) {
            return Some(TYPES);
        }
        self.relations.versions().filter_map(|(_, relation)| relation.value.table()).find_map(|table| {
            let is_default = |column: &Column| column.default.as_ref().is_some_and(|default| default.oid == object);
            if table.columns.iter().any(is_default) {
                return Some(ATTRIBUTE_DEFAULTS);
            }
            table.constraints.iter().any(|constraint| constraint.oid == object).then_some(CONSTRAINTS)
        })
    }

    /// The session that has made a schema of that name and not committed yet, unless it is the one that asks.
    pub(crate) fn uncommitted_schema(&self, name: &str, view: View) -> Option<crate::cluster::SessionId> {
        self.schemas.versions().find_map(|(_, version)| match version.created {
            Stamp::Open(session) if session != view.session && &*version.value.name == name => Some(session),
            _ => None,
        })
    }

    /// Whether another open transaction has replaced or deleted a schema's entry.
    pub(crate) fn is_schema_being_changed(&self, oid: Oid, view: View) -> bool {
        self.schemas.versions().any(|(_, version)| {
            version.value.oid == oid && version.deleted.is_some_and(|stamp| stamp.is_open_elsewhere(view))
        })
    }

    /// Makes a schema.
    pub(crate) fn insert_schema(&mut self, schema: Schema, view: View, undo: &mut Vec<Write>) {
        let slot = self.schemas.insert(schema, Stamp::Open(view.session));
        self.schema_generation += 1;
        undo.push(Write::created(WritePlace::Schema(slot)));
    }

    /// Deletes the version of a schema that `view` sees.
    pub(crate) fn delete_schema(&mut self, oid: Oid, view: View, undo: &mut Vec<Write>) {
        let found = self.schemas.visible(view).find(|(_, schema)| schema.oid == oid).map(|(slot, _)| slot);
        if let Some(slot) = found {
            self.delete_at(WritePlace::Schema(slot), view, undo);
        }
    }

    /// Replaces the version of a schema that `view` sees.
    pub(crate) fn update_schema(&mut self, schema: Schema, view: View, undo: &mut Vec<Write>) {
        self.delete_schema(schema.oid, view, undo);
        self.insert_schema(schema, view, undo);
    }

    /// The relations that `view` sees, in order of creation of their current versions.
    pub(crate) fn relations(&self, view: View) -> impl Iterator<Item = &Rc<Relation>> {
        self.relations.visible(view).map(|(_, relation)| relation)
    }

    /// The relation `name` in `schema`.
    pub(crate) fn relation_named(&self, schema: Oid, name: &str, view: View) -> Option<&Rc<Relation>> {
        self.by_name
            .get(name)?
            .iter()
            .map(|slot| self.relations.version(*slot))
            .find(|version| version.value.schema == schema && version.visible(view))
            .map(|version| &version.value)
    }

    /// A session other than `view`'s whose open transaction made a relation `name` in `schema` that nobody else sees
    /// yet; making another of that name waits for it.
    pub(crate) fn uncommitted_namesake(
        &self,
        schema: Oid,
        name: &str,
        view: View,
    ) -> Option<crate::cluster::SessionId> {
        self.by_name.get(name)?.iter().map(|slot| self.relations.version(*slot)).find_map(|version| {
            match version.created {
                Stamp::Open(session) if session != view.session && version.value.schema == schema => Some(session),
                _ => None,
            }
        })
    }

    /// Whether a relation is as a commit after this one has made it.
    pub(crate) fn has_relation_changed_since(&self, oid: Oid, number: CommitNumber, view: View) -> bool {
        let versions = self.by_oid.get(&oid).into_iter().flatten().map(|slot| self.relations.version(*slot));
        versions
            .filter(|version| version.visible(view))
            .any(|version| matches!(version.created, Stamp::Committed(created) if created > number))
    }

    /// The relation with number `oid`.
    pub(crate) fn relation(&self, oid: Oid, view: View) -> Option<&Rc<Relation>> {
        self.by_oid
            .get(&oid)?
            .iter()
            .map(|slot| self.relations.version(*slot))
            .find(|version| version.visible(view))
            .map(|version| &version.value)
    }

    /// Whether another session's open transaction has replaced or deleted the version that `view` sees.
    pub(crate) fn is_being_changed(&self, oid: Oid, view: View) -> bool {
        let Some(slots) = self.by_oid.get(&oid) else { return false };
        let mut deleted = slots.iter().filter_map(|slot| self.relations.version(*slot).deleted);
        deleted.any(|stamp| stamp.is_open_elsewhere(view))
    }

    /// Adds a version of a relation.
    pub(crate) fn insert_relation(&mut self, relation: Relation, view: View, undo: &mut Vec<Write>) {
        let name = relation.name.clone();
        let oid = relation.oid;
        let slot = self.relations.insert(Rc::new(relation), Stamp::Open(view.session));
        self.by_name.entry(name).or_default().push(slot);
        self.by_oid.entry(oid).or_default().push(slot);
        undo.push(Write::created(WritePlace::Relation(slot)));
    }

    /// Deletes the version of a relation that `view` sees.
    pub(crate) fn delete_relation(&mut self, oid: Oid, view: View, undo: &mut Vec<Write>) {
        let found = self
            .by_oid
            .get(&oid)
            .and_then(|slots| slots.iter().copied().find(|slot| self.relations.version(*slot).visible(view)));
        if let Some(slot) = found {
            self.delete_at(WritePlace::Relation(slot), view, undo);
        }
    }

    /// Replaces the version of a relation that `view` sees.
    pub(crate) fn update_relation(&mut self, relation: Relation, view: View, undo: &mut Vec<Write>) {
        self.delete_relation(relation.oid, view, undo);
        self.insert_relation(relation, view, undo);
    }

    /// Whether a name, or the set of schemas, has been changed by a commit after `known_until`.
    pub(crate) fn renamed_since(&self, name: &str, known_until: CommitNumber) -> bool {
        self.schemas_changed > known_until || self.renamed.get(name).is_some_and(|changed| *changed > known_until)
    }

    /// Whether a schema was made or dropped by a commit after `known_until`.
    pub(crate) fn schemas_changed_since(&self, known_until: CommitNumber) -> bool {
        self.schemas_changed > known_until
    }
}
