//! How PostgreSQL writes objects' names in messages and values.

use std::rc::Rc;

use super::{Catalog, Object, Oid, SearchPath, View};
use crate::render::write_identifier;

/// An identifier, in double quotes when SQL needs them.
pub(crate) fn quote_identifier(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len() + 2);
    write_identifier(&mut quoted, name);
    quoted
}

/// A qualified name, each part quoted when SQL needs it.
pub(crate) fn quote_qualified(schema: &str, name: &str) -> String {
    format!("{}.{}", quote_identifier(schema), quote_identifier(name))
}

impl Catalog {
    /// An object as error details name it: its kind, and its name qualified unless the search path finds it.
    pub(crate) fn describe(&self, object: Object, path: &SearchPath, view: View) -> String {
        match object {
            Object::Schema(oid) => format!("schema {}", self.schema_name(oid, view).as_deref().unwrap_or("?")),
            Object::Relation(oid) => match self.relation(oid, view) {
                None => format!("relation {}", oid.0),
                Some(relation) => {
                    format!("{} {}", relation.kind_word(), self.name_in_path(relation, path, view))
                }
            },
            Object::Column(table, column) => {
                format!(
                    "column {} of {}",
                    self.column_name(table, column, view),
                    self.describe(Object::Relation(table), path, view)
                )
            }
            Object::Constraint { table, oid } => {
                let name = self.relation(table, view).and_then(|relation| {
                    let constraints = &relation.table()?.constraints;
                    Some(constraints.iter().find(|constraint| constraint.oid == oid)?.name.clone())
                });
                let table = self.describe(Object::Relation(table), path, view);
                format!("constraint {} on {table}", name.as_deref().unwrap_or("?"))
            }
            Object::Type(oid) => format!("type {}", self.type_in_path(oid, path, view)),
            Object::Default { table, column, .. } => {
                format!("default value for {}", self.describe(Object::Column(table, column), path, view))
            }
        }
    }

    /// An enumerated type's name, qualified and quoted as needed to find it through `path`.
    pub(crate) fn type_in_path(&self, oid: Oid, path: &SearchPath, view: View) -> String {
        let Some(enumeration) = self.enumeration(oid, view) else { return "?".to_owned() };
        let found = self.enumeration_in_path(&enumeration.name, path, view);
        if found.is_some_and(|found| found.oid == oid) {
            return quote_identifier(&enumeration.name);
        }
        let schema = self.schema_name(enumeration.schema, view);
        quote_qualified(schema.as_deref().unwrap_or("?"), &enumeration.name)
    }

    fn column_name(&self, table: Oid, column: usize, view: View) -> Rc<str> {
        self.relation(table, view)
            .and_then(|relation| Some(relation.table()?.columns.get(column)?.name.clone()))
            .unwrap_or_else(|| "?".into())
    }

    /// A relation's name, qualified and quoted as needed to find it through `path`.
    pub(crate) fn name_in_path(&self, relation: &super::Relation, path: &SearchPath, view: View) -> String {
        let found = self.find_in_path(&relation.name, path, view);
        if found.is_some_and(|found| found.oid == relation.oid) {
            return quote_identifier(&relation.name);
        }
        let schema = match super::is_temporary_schema(relation.schema) {
            true => "pg_temp".into(),
            false => self.schema_name(relation.schema, view).unwrap_or_else(|| "?".into()),
        };
        quote_qualified(&schema, &relation.name)
    }
}
