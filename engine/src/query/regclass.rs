//! From text to a relation's OID and back: type `regclass` (manual, "Object Identifier Types").

use crate::catalog::{FIRST_NORMAL_OID, Oid, RangeName};
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::execute::{Execution, MissingSchema};

impl Execution<'_> {
    /// Reads a constant of type `regclass`: a relation's name or number.
    pub(crate) fn read_regclass(&mut self, text: &str) -> Result<Oid> {
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
    pub(crate) fn cast_to_regclass(&mut self, text: &str) -> Result<Oid> {
        self.resolve_regclass(text, MissingSchema::Fails)
    }

    fn resolve_regclass(&mut self, text: &str, missing: MissingSchema) -> Result<Oid> {
        self.reach(Clause::FunctionRegclass);
        let parts = split_name(text).ok_or_else(|| error(sqlstate::INVALID_NAME, "invalid name syntax"))?;
        let Some(name) = RangeName::from_parts(parts.len(), |index| parts[index].as_str()) else {
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                format!("improper relation name (too many dotted names): {}", parts.join(".")),
            ));
        };
        // No lock is taken here, so PostgreSQL may answer from its caches.
        self.check_name_known(name.name)?;
        match self.find_relation(name, missing)? {
            Some(relation) => Ok(relation.oid),
            None => {
                self.reach(Clause::FunctionMissing);
                Err(crate::execute::no_relation(name))
            }
        }
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
            None => oid.0.to_string(),
        }
    }
}

/// Splits a dotted name: parts are folded to lower case unless quoted, and truncated. `None` for bad syntax.
fn split_name(text: &str) -> Option<Vec<String>> {
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
            part = name;
            rest = tail;
        } else {
            let end = rest.find(|c: char| c == '.' || is_space(c)).unwrap_or(rest.len());
            if end == 0 {
                return None;
            }
            part = rest[..end].to_ascii_lowercase();
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
