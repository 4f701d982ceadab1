//! From names to relations (manual, "The Schema Search Path").

use std::rc::Rc;

use super::{Catalog, Oid, PG_CATALOG, Relation, View};
use crate::statement::ObjectName;

/// A relation's name as PostgreSQL takes it apart: at most database, schema and name, each already truncated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RangeName<'a> {
    pub(crate) database: Option<&'a str>,
    pub(crate) schema: Option<&'a str>,
    pub(crate) name: &'a str,
}

impl<'a> RangeName<'a> {
    /// Takes a dotted name apart; `None` when it has more than three parts.
    pub(crate) fn new(name: &'a ObjectName) -> Option<RangeName<'a>> {
        Self::from_parts(name.parts.len(), |index| name.parts[index].name())
    }

    /// The same for parts that are already truncated strings.
    pub(crate) fn from_parts(count: usize, part: impl Fn(usize) -> &'a str) -> Option<RangeName<'a>> {
        match count {
            1 => Some(RangeName { database: None, schema: None, name: part(0) }),
            2 => Some(RangeName { database: None, schema: Some(part(0)), name: part(1) }),
            3 => Some(RangeName { database: Some(part(0)), schema: Some(part(1)), name: part(2) }),
            _ => None,
        }
    }

    /// The name with its schema in front, when it has one, as error messages show it.
    pub(crate) fn dotted(&self) -> String {
        match self.schema {
            Some(schema) => format!("{schema}.{}", self.name),
            None => self.name.to_owned(),
        }
    }
}

/// The schemas that a session searches, resolved.
#[derive(Debug, Clone, Default)]
pub(crate) struct SearchPath {
    /// All schemas in search order, the implicit ones included.
    pub(crate) schemas: Vec<Oid>,
    /// Where a relation without a schema is made.
    pub(crate) creation: Option<Oid>,
}

impl SearchPath {
    /// Resolves the names of the parameter `search_path`: unknown schemas, and those that the role may not use, are
    /// passed over, `pg_catalog` and the
    /// temporary schema are searched first unless the list names them.
    pub(crate) fn resolve(
        names: &[Rc<str>],
        user: &str,
        catalog: &Catalog,
        view: View,
        temporary: Oid,
        usable: impl Fn(Oid) -> bool,
    ) -> SearchPath {
        let mut schemas: Vec<Oid> = Vec::with_capacity(names.len() + 2);
        for name in names {
            let found = match &**name {
                "$user" => catalog.schema_named(user, view),
                "pg_temp" => Some(temporary),
                name => catalog.schema_named(name, view),
            };
            match found {
                Some(oid) if !schemas.contains(&oid) && usable(oid) => schemas.push(oid),
                _ => {}
            }
        }
        let creation = schemas.first().copied();
        if !schemas.contains(&PG_CATALOG) {
            schemas.insert(0, PG_CATALOG);
        }
        if !schemas.contains(&temporary) {
            schemas.insert(0, temporary);
        }
        SearchPath { schemas, creation }
    }
}

impl Catalog {
    /// The first relation of that name on the path.
    pub(crate) fn find_in_path(&self, name: &str, path: &SearchPath, view: View) -> Option<&Rc<Relation>> {
        path.schemas.iter().find_map(|schema| self.relation_named(*schema, name, view))
    }
}
