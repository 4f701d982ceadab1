//! Types that users make: enumerated ones (manual, "Enumerated Types").

use std::rc::Rc;

use super::{Catalog, Oid, SearchPath, Slot, Stamp, View, Write, WritePlace};

/// An enumerated type (manual, "pg_type" and "pg_enum").
#[derive(Debug, Clone)]
pub(crate) struct Enumeration {
    pub(crate) oid: Oid,
    pub(crate) schema: Oid,
    pub(crate) name: Rc<str>,
    pub(crate) owner: Oid,
    pub(crate) labels: Vec<Rc<str>>,
}

impl Catalog {
    /// The enumerated types that `view` sees.
    pub(crate) fn enumerations(&self, view: View) -> impl Iterator<Item = &Enumeration> {
        self.enumerations.visible(view).map(|(_, enumeration)| enumeration)
    }

    /// The enumerated type with that number.
    pub(crate) fn enumeration(&self, oid: Oid, view: View) -> Option<&Enumeration> {
        self.enumerations(view).find(|enumeration| enumeration.oid == oid)
    }

    /// The enumerated type `name` in `schema`.
    pub(crate) fn enumeration_named(&self, schema: Oid, name: &str, view: View) -> Option<&Enumeration> {
        self.enumerations(view).find(|enumeration| enumeration.schema == schema && *enumeration.name == *name)
    }

    /// The first enumerated type of that name on the path.
    pub(crate) fn enumeration_in_path(&self, name: &str, path: &SearchPath, view: View) -> Option<&Enumeration> {
        path.schemas.iter().find_map(|schema| self.enumeration_named(*schema, name, view))
    }

    /// Whether another session's open transaction has made, changed or dropped an enumerated type of that name.
    pub(crate) fn is_enumeration_in_doubt(&self, name: &str, view: View) -> bool {
        let is_others = |stamp: Stamp| stamp.is_open_elsewhere(view);
        self.enumerations.versions().any(|(_, version)| {
            *version.value.name == *name && (is_others(version.created) || version.deleted.is_some_and(is_others))
        })
    }

    /// Makes an enumerated type.
    pub(crate) fn insert_enumeration(&mut self, enumeration: Enumeration, view: View, undo: &mut Vec<Write>) {
        let slot = self.enumerations.insert(enumeration, Stamp::Open(view.session));
        undo.push(Write::created(WritePlace::Enumeration(slot)));
    }

    /// Deletes the version of an enumerated type that `view` sees.
    pub(crate) fn delete_enumeration(&mut self, oid: Oid, view: View, undo: &mut Vec<Write>) {
        let mut seen = self.enumerations.visible(view);
        let found: Option<Slot> = seen.find(|(_, enumeration)| enumeration.oid == oid).map(|(slot, _)| slot);
        drop(seen);
        if let Some(slot) = found {
            self.delete_at(WritePlace::Enumeration(slot), view, undo);
        }
    }

    /// Replaces the version of an enumerated type that `view` sees.
    pub(crate) fn update_enumeration(&mut self, enumeration: Enumeration, view: View, undo: &mut Vec<Write>) {
        self.delete_enumeration(enumeration.oid, view, undo);
        self.insert_enumeration(enumeration, view, undo);
    }
}
