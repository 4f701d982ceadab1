//! Finding relations by name, and the place for new ones, with PostgreSQL's errors.

use std::rc::Rc;

use super::Execution;
use crate::catalog::{
    INFORMATION_SCHEMA, Kind, Oid, PG_CATALOG, PG_TOAST, Persistence, Privileges, RangeName, Relation, SearchPath,
    is_temporary_schema, temporary_schema,
};
use crate::clause::Clause;
use crate::error::{Result, Stop, error, notice, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::quirk::Quirk;
use crate::reply::{Message, Severity};
use crate::session::{Awaited, CachedPath};
use crate::statement::{ObjectName, Privilege};

/// What a lookup does when the schema that a name gives does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MissingSchema {
    /// Error 3F000.
    Fails,
    /// As if the relation did not exist.
    IsMissingRelation,
}

impl Execution<'_> {
    /// Takes a name apart where the grammar reads it as a relation's name.
    pub(super) fn range_name<'n>(&self, name: &'n ObjectName) -> Result<RangeName<'n>> {
        RangeName::new(name).ok_or_else(|| too_many_dots("qualified", name))
    }

    /// Takes a name apart where the grammar reads it as any dotted name.
    pub(super) fn any_name<'n>(&self, name: &'n ObjectName) -> Result<RangeName<'n>> {
        RangeName::new(name).ok_or_else(|| too_many_dots("relation", name))
    }

    /// The session's search path, resolved against the schemas it sees now.
    pub(crate) fn search_path(&mut self) -> Rc<SearchPath> {
        let names = self.session.parameters.search_path.value.clone();
        let generation = self.shared.catalog.schema_generation;
        let role = self.current_role();
        if let Some(cached) = &self.session.path
            && cached.generation == generation
            && cached.role == role
            && Rc::ptr_eq(&cached.names, &names)
        {
            return cached.path.clone();
        }
        let view = self.catalog_view();
        let user = self.shared.catalog.role_name(role, view);
        let usable = |schema: Oid| !self.rights_on_schema(schema, role, Privileges::of(&[Privilege::Usage])).is_empty();
        let temporary = temporary_schema(self.session.id);
        let path = Rc::new(SearchPath::resolve(&names, &user, &self.shared.catalog, view, temporary, usable));
        self.session.path = Some(CachedPath { names, role, generation, path: path.clone() });
        path
    }

    /// A schema by name, `pg_temp` included.
    pub(super) fn schema_named(&self, name: &str) -> Option<Oid> {
        if name == "pg_temp" {
            return self.session.has_temporary_schema.then(|| temporary_schema(self.session.id));
        }
        self.shared.catalog.schema_named(name, self.catalog_view())
    }

    /// Refuses a lookup whose outcome depends on what the session's caches of the catalogs still hold: another session
    /// has changed what the name stands for, and nothing has made this session take note of it.
    pub(crate) fn check_name_known(&self, name: &str) -> Result<()> {
        let known_until = self.session.names_known_until;
        match self.shared.commits > known_until && self.shared.catalog.renamed_since(name, known_until) {
            true => Err(unsupported("a name that another session has changed during this session's transaction")),
            false => Ok(()),
        }
    }

    /// The relation that a statement looks up and judges before it locks it: only with the lock does the session take
    /// note of what others have changed.
    pub(super) fn find_to_lock(&mut self, name: RangeName<'_>, missing: MissingSchema) -> Result<Option<Rc<Relation>>> {
        self.check_name_known(name.name)?;
        self.find_relation(name, missing)
    }

    /// The same for the names of schemas.
    pub(super) fn check_schemas_known(&self) -> Result<()> {
        match self.shared.catalog.schemas_changed_since(self.session.names_known_until) {
            true => Err(unsupported("a schema that another session has changed during this session's transaction")),
            false => Ok(()),
        }
    }

    /// The relation of that name, if the session sees one.
    pub(crate) fn find_relation(
        &mut self,
        name: RangeName<'_>,
        missing: MissingSchema,
    ) -> Result<Option<Rc<Relation>>> {
        self.check_database(name)?;
        let view = self.catalog_view();
        if name.schema.is_some() {
            self.check_schemas_known()?;
        }
        let found = match name.schema {
            None => {
                let path = self.search_path();
                let mut found = self.shared.catalog.find_in_path(name.name, &path, view).cloned();
                if found.is_none() && self.deviates(Quirk::NameIgnoresPath) {
                    let mut relations = self.shared.catalog.relations(view);
                    found = relations.find(|relation| *relation.name == *name.name).cloned();
                }
                if let Some(relation) = &found
                    // The system's own relations come before all but temporary ones.
                    && (!name.name.starts_with("pg_") || is_temporary_schema(relation.schema))
                {
                    self.reach_by_path(relation, &path);
                } else if name.name.starts_with("pg_") {
                    return Err(unsupported(format!("relation {}, which may be a system catalog", name.name)));
                }
                found
            }
            Some(schema) => match self.schema_named(schema) {
                Some(oid) => {
                    self.check_schema(oid, Privilege::Usage)?;
                    let found = self.shared.catalog.relation_named(oid, name.name, view).cloned();
                    if found.is_none() && (oid == PG_CATALOG || oid == INFORMATION_SCHEMA) {
                        return Err(unsupported(format!("relation {}, which may be a system catalog", name.dotted())));
                    }
                    found
                }
                None if schema.starts_with("pg_") && schema != "pg_temp" => {
                    return Err(unsupported(format!("schema {schema}, which may be a system schema")));
                }
                None if missing == MissingSchema::Fails => return Err(no_schema(schema)),
                None => None,
            },
        };
        self.note_lookup(found.as_ref());
        Ok(found)
    }

    /// Notes what a name means in a statement that is being analysed, to be compared with what it means later.
    pub(crate) fn note_lookup(&mut self, found: Option<&Rc<Relation>>) {
        if let (Some(lookups), Some(relation)) = (&mut self.lookups, found) {
            lookups.push(relation.clone());
        }
    }

    /// The relation of that name, or error 42P01.
    pub(crate) fn require_relation(&mut self, name: RangeName<'_>, missing: MissingSchema) -> Result<Rc<Relation>> {
        match self.find_relation(name, missing)? {
            Some(relation) => Ok(relation),
            None => Err(no_relation(name)),
        }
    }

    fn reach_by_path(&mut self, relation: &Relation, path: &SearchPath) {
        self.reach(Clause::PathOrder);
        if is_temporary_schema(relation.schema) {
            let view = self.catalog_view();
            let hidden = path.schemas.iter().any(|schema| {
                *schema != relation.schema
                    && self.shared.catalog.relation_named(*schema, &relation.name, view).is_some()
            });
            if hidden {
                self.reach(Clause::TemporaryHides);
            }
        }
    }

    fn check_database(&self, name: RangeName<'_>) -> Result<()> {
        match name.database {
            Some(database) if database != self.shared.settings.database => Err(error(
                sqlstate::FEATURE_NOT_SUPPORTED,
                format!(
                    "cross-database references are not implemented: \"{database}.{}.{}\"",
                    name.schema.unwrap_or_default(),
                    name.name
                ),
            )),
            _ => Ok(()),
        }
    }

    /// The schema in which a relation of that name and persistence is to be made, and the persistence it will have.
    pub(super) fn creation_schema(
        &mut self,
        name: RangeName<'_>,
        persistence: Persistence,
    ) -> Result<(Oid, Persistence)> {
        let schema = self.creation_place(name, persistence)?;
        Ok((schema, self.persistence_in(schema, persistence)?))
    }

    /// The schema alone, of which nobody has asked yet whether it takes relations of this persistence.
    pub(super) fn creation_place(&mut self, name: RangeName<'_>, persistence: Persistence) -> Result<Oid> {
        self.check_database(name)?;
        self.check_schemas_known()?;
        let temporary = temporary_schema(self.session.id);
        let schema = match name.schema {
            Some("pg_temp") => temporary,
            Some(schema) => match self.schema_named(schema) {
                Some(oid) => {
                    self.reach(Clause::CreateInSchema);
                    oid
                }
                None if schema.starts_with("pg_") => {
                    return Err(unsupported(format!("schema {schema}, which may be a system schema")));
                }
                None => return Err(no_schema(schema)),
            },
            None if persistence == Persistence::Temporary => temporary,
            None => match self.search_path().creation {
                Some(oid) => {
                    self.reach(Clause::Create);
                    oid
                }
                None => {
                    self.reach(Clause::CreateNoSchema);
                    return Err(error(sqlstate::INVALID_SCHEMA_NAME, "no schema has been selected to create in"));
                }
            },
        };
        self.check_schema(schema, Privilege::Create)?;
        if schema == temporary {
            if !self.session.has_temporary_schema && self.shared.has_orphans {
                // A server process clears away what a crash has left in the schema that it happens to get.
                return Err(unsupported("a temporary schema where a crash has left temporary relations"));
            }
            self.session.has_temporary_schema = true;
            self.session.transaction.uses_temporary = true;
        }
        self.lock(schema, LockMode::AccessShare)?;
        Ok(schema)
    }

    /// The persistence that a relation gets in a schema.
    pub(super) fn persistence_in(&mut self, schema: Oid, persistence: Persistence) -> Result<Persistence> {
        let temporary = temporary_schema(self.session.id);
        match persistence {
            Persistence::Temporary if schema != temporary => {
                self.reach(Clause::CreateTemporary);
                Err(error(
                    sqlstate::INVALID_TABLE_DEFINITION,
                    "cannot create temporary relation in non-temporary schema",
                ))
            }
            Persistence::Permanent if schema == temporary => Ok(Persistence::Temporary),
            Persistence::Unlogged if schema == temporary => Err(error(
                sqlstate::INVALID_TABLE_DEFINITION,
                "only temporary relations may be created in temporary schemas",
            )),
            other => Ok(other),
        }
    }

    /// Whether a relation has the name, as far as the statement at hand could know when it began: it may have waited
    /// since for a transaction that has made one.
    pub(super) fn is_name_taken(&self, schema: Oid, name: &str) -> bool {
        !self.has_awaited(schema, name)
            && self.shared.catalog.relation_named(schema, name, self.catalog_view()).is_some()
    }

    fn has_awaited(&self, schema: Oid, name: &str) -> bool {
        matches!(&self.session.awaited, Some(Awaited::Relation(place, awaited))
            if *place == schema && **awaited == *name)
    }

    pub(super) fn has_awaited_schema(&self, name: &str) -> bool {
        matches!(&self.session.awaited, Some(Awaited::Schema(awaited)) if **awaited == *name)
    }

    /// Checks that a new relation may have this name in this schema. `has_type` says whether a type comes with it.
    pub(super) fn check_new_relation(&mut self, schema: Oid, name: &str, has_type: bool) -> Result<()> {
        self.check_free_name(schema, name)?;
        if schema == INFORMATION_SCHEMA {
            return Err(unsupported("making something in information_schema, which outlives the trace"));
        }
        let system = match schema {
            PG_CATALOG => Some("pg_catalog"),
            PG_TOAST => Some("pg_toast"),
            _ => None,
        };
        if let Some(schema) = system {
            return Err(error(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                format!("permission denied to create \"{schema}.{name}\""),
            )
            .detail("System catalog modifications are currently disallowed."));
        }
        self.check_no_type(schema, name)?;
        self.wait_for_namesake(schema, name, has_type)
    }

    /// The same for an index: where its table may stand it may stand too.
    pub(super) fn check_new_index(&mut self, schema: Oid, name: &str) -> Result<()> {
        self.check_free_name(schema, name)?;
        self.wait_for_namesake(schema, name, false)
    }

    fn check_free_name(&mut self, schema: Oid, name: &str) -> Result<()> {
        if self.is_name_taken(schema, name) {
            self.reach(Clause::CreateNameTaken);
            return Err(relation_exists(name));
        }
        Ok(())
    }

    /// Waits for another session's uncommitted relation of the same name. Once it is committed, the unique index of the
    /// catalog that is written first refuses the name.
    pub(super) fn wait_for_namesake(&mut self, schema: Oid, name: &str, has_type: bool) -> Result<()> {
        let view = self.catalog_view();
        if self.has_awaited(schema, name)
            && let Some(other) = self.shared.catalog.relation_named(schema, name, view)
        {
            let other_has_type = match other.kind {
                Kind::Table(_) | Kind::View(_) => true,
                Kind::Sequence(_) => self.shared.settings.major.sequences_have_types(),
                Kind::Index(_) => false,
            };
            self.reach(Clause::CreateNameTaken);
            return Err(duplicate_relation(name, has_type && other_has_type));
        }
        self.check_not_interrupted(schema, name)?;
        match self.shared.catalog.uncommitted_namesake(schema, name, view) {
            Some(_) if self.deviates(Quirk::TakenNameFailsAtOnce) => Err(duplicate_relation(name, has_type)),
            Some(session) => {
                self.session.awaited = Some(Awaited::Relation(schema, name.into()));
                Err(self.wait_for_transaction(session))
            }
            None => Ok(()),
        }
    }
}

/// The error of the unique index that finds a relation's name taken by a transaction that has just committed.
fn duplicate_relation(name: &str, of_type: bool) -> Stop {
    let (index, columns) = match of_type {
        true => ("pg_type_typname_nsp_index", "typname, typnamespace"),
        false => ("pg_class_relname_nsp_index", "relname, relnamespace"),
    };
    duplicate(index).detail(format!("Key ({columns})=({name}, N) already exists."))
}

/// The same for a schema's name.
pub(super) fn duplicate_schema(name: &str) -> Stop {
    duplicate("pg_namespace_nspname_index").detail(format!("Key (nspname)=({name}) already exists."))
}

fn duplicate(index: &str) -> Stop {
    error(sqlstate::UNIQUE_VIOLATION, format!("duplicate key value violates unique constraint \"{index}\""))
}

/// The error of a name that another relation has.
pub(super) fn relation_exists(name: &str) -> Stop {
    error(sqlstate::DUPLICATE_TABLE, format!("relation \"{name}\" already exists"))
}

/// The notice of IF NOT EXISTS.
pub(super) fn relation_exists_notice(name: &str) -> Message {
    notice(Severity::Notice, sqlstate::DUPLICATE_TABLE, format!("relation \"{name}\" already exists, skipping"))
}

fn too_many_dots(kind: &str, name: &ObjectName) -> Stop {
    let dotted: Vec<&str> = name.parts.iter().map(|part| part.name()).collect();
    error(sqlstate::SYNTAX_ERROR, format!("improper {kind} name (too many dotted names): {}", dotted.join(".")))
}

pub(crate) fn no_schema(name: &str) -> Stop {
    error(sqlstate::INVALID_SCHEMA_NAME, format!("schema \"{name}\" does not exist"))
}

pub(crate) fn no_relation(name: RangeName<'_>) -> Stop {
    error(sqlstate::UNDEFINED_TABLE, format!("relation \"{}\" does not exist", name.dotted()))
}
