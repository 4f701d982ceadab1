//! Schemas and relations: who exists, under which name, and who sees it.

mod dependency;
mod describe;
mod heap;
mod lookup;
mod relation;

use std::collections::HashMap;
use std::rc::Rc;

pub(crate) use dependency::Object;
pub(crate) use describe::{quote_identifier, quote_qualified};
pub(crate) use heap::{CommitNumber, Heap, Slot, Stamp, View};
pub(crate) use lookup::{RangeName, SearchPath};
pub(crate) use relation::{
    Column, ColumnOwner, Constraint, ConstraintKind, Default as ColumnDefault, Kind, Persistence, Relation,
    SequenceData, StorageId, TableData,
};

use crate::number_map::NumberMap;

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
}

/// A write that a rollback takes back and a commit confirms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write {
    SchemaCreated(Slot),
    SchemaDeleted(Slot),
    RelationCreated(Slot),
    RelationDeleted(Slot),
    RowCreated(StorageId, Slot),
    RowDeleted(StorageId, Slot),
}

/// One row of a table.
pub(crate) type TableRow = Rc<[crate::query::Value]>;

/// Every schema, relation and table row, with their versions.
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
    rows: NumberMap<StorageId, Heap<TableRow>>,
    last_oid: u32,
    last_storage: u32,
    /// Grows with every change to the set of visible schemas, so that a resolved search path knows when it is stale.
    pub(crate) schema_generation: u64,
}

impl Catalog {
    /// The catalog of a new database.
    pub(crate) fn new() -> Catalog {
        let mut catalog = Catalog { last_oid: FIRST_NORMAL_OID, ..Catalog::default() };
        for (oid, name) in [
            (PG_CATALOG, "pg_catalog"),
            (PG_TOAST, "pg_toast"),
            (INFORMATION_SCHEMA, "information_schema"),
            (PUBLIC, "public"),
        ] {
            catalog.schemas.insert(Schema { oid, name: name.into() }, Stamp::Committed(0));
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

    /// A schema's name.
    pub(crate) fn schema_name(&self, oid: Oid, view: View) -> Option<Rc<str>> {
        self.schemas(view).find(|schema| schema.oid == oid).map(|schema| schema.name.clone())
    }

    /// Whether another session has made a schema of that name and not committed yet.
    pub(crate) fn has_uncommitted_schema(&self, name: &str, view: View) -> bool {
        self.schemas.versions().any(|(_, version)| {
            &*version.value.name == name && matches!(version.created, Stamp::Open(session) if session != view.session)
        })
    }

    /// Makes a schema.
    pub(crate) fn create_schema(&mut self, name: &str, view: View, undo: &mut Vec<Write>) -> Oid {
        let oid = self.new_oid();
        let slot = self.schemas.insert(Schema { oid, name: name.into() }, Stamp::Open(view.session));
        undo.push(Write::SchemaCreated(slot));
        self.schema_generation += 1;
        oid
    }

    /// Deletes a schema that `view` sees.
    pub(crate) fn delete_schema(&mut self, oid: Oid, view: View, undo: &mut Vec<Write>) {
        let found = self.schemas.visible(view).find(|(_, schema)| schema.oid == oid).map(|(slot, _)| slot);
        if let Some(slot) = found {
            self.schemas.mark_deleted(slot, Some(Stamp::Open(view.session)));
            undo.push(Write::SchemaDeleted(slot));
            self.schema_generation += 1;
        }
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
                Stamp::Open(session)
                    if session != view.session && version.value.schema == schema && version.deleted.is_none() =>
                {
                    Some(session)
                }
                _ => None,
            }
        })
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

    /// Adds a version of a relation.
    pub(crate) fn insert_relation(&mut self, relation: Relation, view: View, undo: &mut Vec<Write>) {
        let name = relation.name.clone();
        let oid = relation.oid;
        let slot = self.relations.insert(Rc::new(relation), Stamp::Open(view.session));
        self.by_name.entry(name).or_default().push(slot);
        self.by_oid.entry(oid).or_default().push(slot);
        undo.push(Write::RelationCreated(slot));
    }

    /// Deletes the version of a relation that `view` sees.
    pub(crate) fn delete_relation(&mut self, oid: Oid, view: View, undo: &mut Vec<Write>) {
        let found = self
            .by_oid
            .get(&oid)
            .and_then(|slots| slots.iter().copied().find(|slot| self.relations.version(*slot).visible(view)));
        if let Some(slot) = found {
            self.relations.mark_deleted(slot, Some(Stamp::Open(view.session)));
            undo.push(Write::RelationDeleted(slot));
        }
    }

    /// Replaces the version of a relation that `view` sees.
    pub(crate) fn update_relation(&mut self, relation: Relation, view: View, undo: &mut Vec<Write>) {
        self.delete_relation(relation.oid, view, undo);
        self.insert_relation(relation, view, undo);
    }

    /// The rows of a table that `view` sees.
    pub(crate) fn rows(&self, storage: StorageId, view: View) -> Vec<TableRow> {
        self.slots(storage, view).into_iter().map(|(_, row)| row).collect()
    }

    /// The rows of a table that `view` sees, with their places.
    pub(crate) fn slots(&self, storage: StorageId, view: View) -> Vec<(Slot, TableRow)> {
        self.rows
            .get(&storage)
            .map(|heap| heap.visible(view).map(|(slot, row)| (slot, row.clone())).collect())
            .unwrap_or_default()
    }

    /// Adds a row to a table.
    pub(crate) fn insert_row(&mut self, storage: StorageId, row: TableRow, view: View, undo: &mut Vec<Write>) {
        let slot = self.rows.entry(storage).or_default().insert(row, Stamp::Open(view.session));
        undo.push(Write::RowCreated(storage, slot));
    }

    /// Deletes a row of a table.
    pub(crate) fn delete_row(&mut self, storage: StorageId, slot: Slot, view: View, undo: &mut Vec<Write>) {
        if let Some(heap) = self.rows.get_mut(&storage) {
            heap.mark_deleted(slot, Some(Stamp::Open(view.session)));
            undo.push(Write::RowDeleted(storage, slot));
        }
    }

    /// Another session whose open transaction has written a row of this table.
    pub(crate) fn other_writer(&self, storage: StorageId, view: View) -> Option<crate::cluster::SessionId> {
        self.rows.get(&storage)?.versions().find_map(|(_, version)| {
            [Some(version.created), version.deleted].into_iter().flatten().find_map(|stamp| match stamp {
                Stamp::Open(session) if session != view.session => Some(session),
                _ => None,
            })
        })
    }

    /// Notes which names stand for something else from commit `number` on. To be called before the writes are confirmed.
    pub(crate) fn note_renamings(&mut self, writes: &[Write], number: CommitNumber) {
        let mut changed: Vec<(Rc<str>, Oid, Oid)> = Vec::new();
        for write in writes {
            match write {
                Write::SchemaCreated(_) | Write::SchemaDeleted(_) => self.schemas_changed = number,
                Write::RelationCreated(slot) | Write::RelationDeleted(slot) => {
                    let relation = &self.relations.version(*slot).value;
                    let binding = (relation.name.clone(), relation.schema, relation.oid);
                    // A version that goes and its successor of the same name cancel each other out.
                    match changed.iter().position(|other| *other == binding) {
                        Some(index) => drop(changed.swap_remove(index)),
                        None => changed.push(binding),
                    }
                }
                Write::RowCreated(..) | Write::RowDeleted(..) => {}
            }
        }
        for (name, _, _) in changed {
            self.renamed.insert(name, number);
        }
    }

    /// Whether a name, or the set of schemas, has been changed by a commit after `known_until`.
    pub(crate) fn renamed_since(&self, name: &str, known_until: CommitNumber) -> bool {
        self.schemas_changed > known_until || self.renamed.get(name).is_some_and(|changed| *changed > known_until)
    }

    /// Whether a schema was made or dropped by a commit after `known_until`.
    pub(crate) fn schemas_changed_since(&self, known_until: CommitNumber) -> bool {
        self.schemas_changed > known_until
    }

    /// Confirms a write as the commit with this number. Deleted versions are dropped unless `keep_dead` says that an
    /// open snapshot may still need them. Returns the storage of a sequence that no version refers to any more.
    pub(crate) fn commit(&mut self, write: Write, number: CommitNumber, keep_dead: bool) -> Option<StorageId> {
        let stamp = Stamp::Committed(number);
        match write {
            Write::SchemaCreated(slot) => {
                self.schemas.mark_created(slot, stamp);
                self.schema_generation += 1;
            }
            Write::RelationCreated(slot) => self.relations.mark_created(slot, stamp),
            Write::RowCreated(storage, slot) => {
                if let Some(heap) = self.rows.get_mut(&storage) {
                    heap.mark_created(slot, stamp);
                }
            }
            Write::SchemaDeleted(slot) => {
                self.schema_generation += 1;
                match keep_dead {
                    true => self.schemas.mark_deleted(slot, Some(stamp)),
                    false => drop(self.schemas.remove(slot)),
                }
            }
            Write::RelationDeleted(slot) => match keep_dead {
                true => self.relations.mark_deleted(slot, Some(stamp)),
                false => return self.remove_relation_version(slot),
            },
            Write::RowDeleted(storage, slot) => {
                if let Some(heap) = self.rows.get_mut(&storage) {
                    match keep_dead {
                        true => heap.mark_deleted(slot, Some(stamp)),
                        false => drop(heap.remove(slot)),
                    }
                }
            }
        }
        None
    }

    /// Takes a write back. Returns storage that no version refers to any more.
    pub(crate) fn undo(&mut self, write: Write) -> Option<StorageId> {
        match write {
            Write::SchemaCreated(slot) => {
                self.schemas.remove(slot);
                self.schema_generation += 1;
            }
            Write::SchemaDeleted(slot) => {
                self.schemas.mark_deleted(slot, None);
                self.schema_generation += 1;
            }
            Write::RelationCreated(slot) => return self.remove_relation_version(slot),
            Write::RelationDeleted(slot) => self.relations.mark_deleted(slot, None),
            Write::RowCreated(storage, slot) => {
                if let Some(heap) = self.rows.get_mut(&storage) {
                    heap.remove(slot);
                }
            }
            Write::RowDeleted(storage, slot) => {
                if let Some(heap) = self.rows.get_mut(&storage) {
                    heap.mark_deleted(slot, None);
                }
            }
        }
        None
    }

    fn remove_relation_version(&mut self, slot: Slot) -> Option<StorageId> {
        let relation = self.relations.remove(slot)?;
        if let Some(slots) = self.by_name.get_mut(&relation.name) {
            slots.retain(|other| *other != slot);
            if slots.is_empty() {
                self.by_name.remove(&relation.name);
            }
        }
        let slots = self.by_oid.get_mut(&relation.oid)?;
        slots.retain(|other| *other != slot);
        let storage = relation.storage;
        if slots.iter().any(|other| self.relations.version(*other).value.storage == storage) {
            return None;
        }
        if slots.is_empty() {
            self.by_oid.remove(&relation.oid);
        }
        self.rows.remove(&storage);
        Some(storage)
    }
}
