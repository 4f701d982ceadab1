//! What must go when an object goes (manual, "Dependency Tracking").
//!
//! The edges follow from the catalog's own contents; nothing records them separately, so they cannot go stale.

use super::{Catalog, Oid, View};

/// Something that can be dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Object {
    /// A schema.
    Schema(Oid),
    /// A relation of any kind.
    Relation(Oid),
}

impl Object {
    pub(crate) fn oid(self) -> Oid {
        match self {
            Object::Schema(oid) | Object::Relation(oid) => oid,
        }
    }
}

/// What kind of dependency it is (manual, "pg_depend").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dependency {
    /// The dependent object may only be dropped with CASCADE.
    Normal,
    /// The dependent object goes along silently.
    Automatic,
}

/// How an object came to be among those that a DROP removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deletion {
    pub(crate) object: Object,
    /// The object that it depends on; `None` for those the statement names.
    pub(crate) dependee: Option<Object>,
    /// Whether it goes along without being mentioned.
    automatic: bool,
}

impl Deletion {
    /// Whether RESTRICT complains about it and CASCADE tells of it.
    pub(crate) fn is_reported(&self) -> bool {
        self.dependee.is_some() && !self.automatic
    }
}

impl Catalog {
    /// Everything that goes with `originals`, dependents before what they depend on.
    pub(crate) fn deletions(&self, originals: &[Object], view: View) -> Vec<Deletion> {
        let mut found = Vec::new();
        for original in originals {
            self.collect(*original, None, originals, &mut found, view);
        }
        found
    }

    fn collect(
        &self,
        object: Object,
        reached: Option<(Object, Dependency)>,
        originals: &[Object],
        found: &mut Vec<Deletion>,
        view: View,
    ) {
        let automatic = matches!(reached, Some((_, Dependency::Automatic)));
        if let Some(earlier) = found.iter_mut().find(|deletion| deletion.object == object) {
            // One silent way to reach it is enough.
            earlier.automatic |= automatic;
            return;
        }
        let mut dependents = self.dependents(object, view);
        // PostgreSQL visits the youngest dependent first, so that the report, read backwards, is in order of creation.
        dependents.sort_by_key(|(dependent, _)| std::cmp::Reverse(dependent.oid()));
        for (dependent, dependency) in dependents {
            self.collect(dependent, Some((object, dependency)), originals, found, view);
        }
        let dependee = reached.map(|(dependee, _)| dependee).filter(|_| !originals.contains(&object));
        found.push(Deletion { object, dependee, automatic });
    }

    fn dependents(&self, object: Object, view: View) -> Vec<(Object, Dependency)> {
        match object {
            Object::Schema(schema) => self
                .relations(view)
                .filter(|relation| relation.schema == schema)
                .map(|relation| (Object::Relation(relation.oid), Dependency::Normal))
                .collect(),
            Object::Relation(table) => self
                .owned_sequences(table, view)
                .into_iter()
                .map(|sequence| (Object::Relation(sequence), Dependency::Automatic))
                .collect(),
        }
    }

    /// The sequences that a table's columns own.
    pub(crate) fn owned_sequences(&self, table: Oid, view: View) -> Vec<Oid> {
        self.relations(view)
            .filter(|relation| {
                relation.sequence().and_then(|sequence| sequence.owned_by).is_some_and(|(owner, _)| owner == table)
            })
            .map(|relation| relation.oid)
            .collect()
    }
}
