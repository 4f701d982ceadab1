//! From text to a relation's OID and back: type `regclass` (manual, "Object Identifier Types").

use super::{Type, Value};
use crate::catalog::{FIRST_NORMAL_OID, Oid, RangeName, Relation, SearchPath, is_temporary_schema};
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::execute::{Execution, MissingSchema};
use crate::quirk::{Quirk, QuirkSet};
use crate::session::Resolved;

impl Execution<'_> {
    /// Reads a constant of type `regclass`: a relation's name or number.
    pub(crate) fn read_regclass(&mut self, text: &str) -> Result<Oid> {
        if let Some(known) = self.session.progress.resolved.iter().find(|known| *known.text == *text) {
            let (oid, relation) = (known.oid, known.relation.clone());
            self.note_lookup(relation.as_ref());
            return Ok(oid);
        }
        let oid = self.read_regclass_now(text)?;
        // Where nobody holds a lock, nothing waits.
        if self.shared.locks.len() > 0 {
            let relation = self.shared.catalog.relation(oid, self.catalog_view()).cloned();
            self.session.progress.resolved.push(Resolved { text: text.into(), oid, relation });
        }
        Ok(oid)
    }

    /// Reads a text as `regclass` while a statement runs.
    pub(super) fn read_regclass_now(&mut self, text: &str) -> Result<Oid> {
        if text == "-" {
            return Ok(Oid(0));
        }
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return match text.parse() {
                // The server's numbers of ordinary objects are not the model's.
                Ok(oid @ FIRST_NORMAL_OID..100_000) => Err(unsupported(format!("a relation by its number {oid}"))),
                Ok(oid) => Ok(Oid(oid)),
                Err(_) => Err(unsupported("an OID out of range")),
            };
        }
        let missing = match self.shared.settings.major.missing_schema_is_missing_relation_in_regclass() {
            true => MissingSchema::IsMissingRelation,
            false => MissingSchema::Fails,
        };
        self.resolve_regclass(text, missing)
    }

    /// Casts text to `regclass`: always a name, even of digits, and a missing schema is told from a missing relation.
    /// What a statement finds after it has waited it need not have found before.
    pub(crate) fn cast_to_regclass(&mut self, text: &str) -> Result<Oid> {
        match self.once(|execution| Ok(Value::Integer(execution.cast_to_regclass_now(text)?.0.into())))? {
            Value::Integer(oid) => Ok(Oid(oid as u32)),
            _ => Err(unsupported("a relation by anything but its number")),
        }
    }

    pub(super) fn cast_to_regclass_now(&mut self, text: &str) -> Result<Oid> {
        self.resolve_regclass(text, MissingSchema::Fails)
    }

    fn resolve_regclass(&mut self, text: &str, missing: MissingSchema) -> Result<Oid> {
        self.reach(Clause::FunctionRegclass);
        let quirks = &self.shared.settings.quirks;
        let parts = split_name(text, quirks).ok_or_else(|| error(sqlstate::INVALID_NAME, "invalid name syntax"))?;
        let Some(name) = RangeName::from_parts(parts.len(), |index| parts[index].as_str()) else {
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                format!("improper relation name (too many dotted names): {}", parts.join(".")),
            ));
        };
        // No lock is taken here, so PostgreSQL may answer from its caches.
        self.check_name_known(name.name)?;
        if matches!(name.schema, None | Some("pg_catalog"))
            && name.database.is_none()
            && let Some((oid, _)) = SYSTEM_RELATIONS.iter().find(|(_, known)| *known == name.name)
        {
            self.check_not_hidden(name)?;
            return Ok(Oid(*oid));
        }
        match self.find_relation(name, missing)? {
            Some(relation) => Ok(relation.oid),
            None => {
                self.reach(Clause::FunctionMissing);
                Err(crate::execute::no_relation(name))
            }
        }
    }

    /// Reads a constant of type `regnamespace`: a schema's name.
    pub(super) fn read_regnamespace(&mut self, text: &str) -> Result<Oid> {
        let quirks = &self.shared.settings.quirks;
        let parts = split_name(text, quirks).ok_or_else(|| error(sqlstate::INVALID_NAME, "invalid name syntax"))?;
        let [name] = parts.as_slice() else { return Err(unsupported("a schema's name with dots")) };
        if name.starts_with("pg_temp") || name.starts_with("pg_toast_temp") || text.starts_with('-') {
            return Err(unsupported(format!("schema {name} by its name")));
        }
        match self.shared.catalog.schema_named(name, self.catalog_view()) {
            Some(oid) => Ok(oid),
            None if name.bytes().all(|byte| byte.is_ascii_digit()) => Err(unsupported("a schema by its number")),
            None => Err(error(sqlstate::INVALID_SCHEMA_NAME, format!("schema \"{name}\" does not exist"))),
        }
    }

    /// Writes an object identifier as its type does. Refuses a number that nobody can predict.
    pub(crate) fn write_identifier(&mut self, number: i64, value_type: Type) -> Result<String> {
        let is_fixed = number < i64::from(FIRST_NORMAL_OID);
        let oid = Oid(number as u32);
        let name = match value_type {
            Type::Regclass => {
                let path = self.search_path();
                let is_predictable = match self.shared.catalog.relation(oid, self.catalog_view()) {
                    // A temporary schema that is another session's or not searched is written with its number.
                    Some(relation) => !self.is_other_temporary(relation) && !self.is_hidden_temporary(relation, &path),
                    None => is_fixed || number >= 100_000,
                };
                is_predictable.then(|| self.write_regclass(oid))
            }
            Type::Regtype => Type::of_number(number).map(Type::sql_name),
            Type::Regnamespace => {
                let name = self.shared.catalog.schema_name(oid, self.catalog_view());
                name.map(|name| crate::catalog::quote_identifier(&name))
            }
            _ if is_fixed => Some(number.to_string()),
            _ => None,
        };
        name.ok_or_else(|| unsupported("an OID in a result"))
    }

    /// Whether a temporary relation is not found by its bare name, and so is written with the number of its schema.
    fn is_hidden_temporary(&self, relation: &Relation, path: &SearchPath) -> bool {
        let found = self.shared.catalog.find_in_path(&relation.name, path, self.catalog_view());
        is_temporary_schema(relation.schema) && found.is_none_or(|found| found.oid != relation.oid)
    }

    /// Writes a relation's name, qualified when the search path does not find it; its number when it is gone.
    pub(crate) fn write_regclass(&mut self, oid: Oid) -> String {
        if oid.0 == 0 {
            return "-".into();
        }
        let path = self.search_path();
        let view = self.catalog_view();
        match self.shared.catalog.relation(oid, view) {
            Some(relation) => self.shared.catalog.name_in_path(relation, &path, view),
            None if system_relation(oid).is_some() => system_relation(oid).unwrap_or_default().to_owned(),
            None => oid.0.to_string(),
        }
    }
}

/// System catalogs that are named to tell what kind of object an OID belongs to. Their own OIDs are fixed.
const SYSTEM_RELATIONS: [(u32, &str); 8] = [
    (1247, "pg_type"),
    (1249, "pg_attribute"),
    (1255, "pg_proc"),
    (1259, "pg_class"),
    (2224, "pg_sequence"),
    (2604, "pg_attrdef"),
    (2608, "pg_depend"),
    (2615, "pg_namespace"),
];

fn system_relation(oid: Oid) -> Option<&'static str> {
    SYSTEM_RELATIONS.iter().find(|(known, _)| *known == oid.0).map(|(_, name)| *name)
}

/// Splits a dotted name: parts are folded to lower case unless quoted, and truncated. `None` for bad syntax.
fn split_name(text: &str, quirks: &QuirkSet) -> Option<Vec<String>> {
    let is_space = |c: char| c.is_ascii_whitespace() || c == '\x0b';
    let mut rest = text.trim_start_matches(is_space);
    let mut parts = Vec::with_capacity(1);
    loop {
        let part;
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut name = String::new();
            let mut tail = quoted;
            loop {
                let end = tail.find('"')?;
                name.push_str(&tail[..end]);
                tail = &tail[end + 1..];
                match tail.strip_prefix('"') {
                    Some(more) => {
                        name.push('"');
                        tail = more;
                    }
                    None => break,
                }
            }
            part = if quirks.contains(Quirk::TextAlwaysFolded) { name.to_ascii_lowercase() } else { name };
            rest = tail;
        } else {
            let end = rest.find(|c: char| c == '.' || is_space(c)).unwrap_or(rest.len());
            if end == 0 {
                return None;
            }
            let bare = &rest[..end];
            part = if quirks.contains(Quirk::TextNotFolded) { bare.to_owned() } else { bare.to_ascii_lowercase() };
            rest = &rest[end..];
        }
        if part.is_empty() && parts.is_empty() && rest.is_empty() && !text.contains('"') {
            return None;
        }
        parts.push(crate::statement::truncate(&part).to_owned());
        rest = rest.trim_start_matches(is_space);
        match rest.strip_prefix('.') {
            Some(more) => rest = more.trim_start_matches(is_space),
            None if rest.is_empty() => return Some(parts),
            None => return None,
        }
    }
}
