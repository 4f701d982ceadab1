//! CREATE SEQUENCE (manual, "CREATE SEQUENCE").

use std::rc::Rc;

use super::names::{MissingSchema, relation_exists_notice};
use super::{Execution, done};
use crate::catalog::{ColumnNumber, ColumnOwner, Kind, Oid, Persistence, RangeName, Relation, SequenceData, StorageId};
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::quirk::Quirk;
use crate::reply::StatementResult;
use crate::sequence::{DefinitionChange, IntegerType, OptionList, Page, SequenceCache};
use crate::statement::{CreateSequence, ObjectName, SequenceOption, TypeName};

impl Execution<'_> {
    pub(super) fn create_sequence(&mut self, statement: &CreateSequence) -> Result<StatementResult> {
        self.prevent_if_read_only("CREATE SEQUENCE")?;
        let name = self.range_name(&statement.name)?;
        if statement.persistence == Persistence::Unlogged && !self.shared.settings.major.has_unlogged_sequences() {
            return Err(error(sqlstate::FEATURE_NOT_SUPPORTED, "unlogged sequences are not supported"));
        }
        if statement.if_not_exists {
            let (schema, _) = self.creation_schema(name, statement.persistence)?;
            let view = self.catalog_view();
            let existing = match self.is_name_taken(schema, name.name) {
                true => self.shared.catalog.relation_named(schema, name.name, view),
                false => None,
            };
            if let Some(existing) = existing.map(|relation| relation.oid) {
                self.reach(Clause::CreateIfNotExists);
                self.notice(relation_exists_notice(name.name));
                if self.deviates(Quirk::IfNotExistsRestarts) {
                    self.reset_sequence(existing)?;
                }
                return done("CREATE SEQUENCE");
            }
        }
        let change = self.apply_options(&statement.options, None, false)?;
        let (schema, persistence) = self.creation_schema(name, statement.persistence)?;
        self.check_new_relation(schema, name.name, self.shared.settings.major.sequences_have_types())?;
        match persistence {
            Persistence::Temporary => self.reach(Clause::CreateTemporary),
            Persistence::Unlogged => self.reach(Clause::CreateUnlogged),
            Persistence::Permanent => {}
        }
        let owner = self.current_role();
        self.make_sequence(schema, name.name.into(), persistence, owner, change)?;
        self.session.transaction.undoing_exercises(Clause::CreateRollsBack);
        done("CREATE SEQUENCE")
    }

    /// Makes a sequence of a name that is free.
    pub(super) fn make_sequence(
        &mut self,
        schema: Oid,
        name: Rc<str>,
        persistence: Persistence,
        owner: Oid,
        change: DefinitionChange,
    ) -> Result<Oid> {
        let oid = self.shared.catalog.new_oid();
        self.lock(oid, LockMode::AccessExclusive)?;
        let relation = Relation {
            oid,
            schema,
            name,
            persistence,
            storage: self.new_page(change.page, persistence),
            owner,
            access: match self.deviates(Quirk::DefaultPrivilegesMissSequences) {
                true => None,
                false => self.access_of_new(owner, schema, true),
            },
            kind: Kind::Sequence(SequenceData { definition: change.definition, owner: None }),
        };
        self.add_relation(relation.clone());
        let remembered = self.session.caches.by_name.iter().rev().find(|(name, _)| *name == relation.name);
        if let Some((_, cache)) = remembered {
            let cache = SequenceCache { storage: Some(relation.storage), locked_by: None, ..cache.clone() };
            self.session.caches.entries.insert(oid, cache);
        }
        if let Some(owned_by) = &change.owned_by {
            // The sequence exists by now: OWNED BY may name the sequence itself, and is refused as such.
            let mut owned = relation;
            self.own(&mut owned, owned_by, change.for_identity)?;
            self.replace_relation(owned)?;
        }
        Ok(oid)
    }

    /// Applies an option list to a new sequence, or to an existing one.
    pub(super) fn apply_options(
        &mut self,
        options: &[SequenceOption],
        old: Option<(&crate::sequence::Definition, Page)>,
        for_identity: bool,
    ) -> Result<DefinitionChange> {
        let mut value_type = None;
        for option in options {
            if let SequenceOption::As(name) = option {
                value_type = Some(self.integer_type(name));
            }
        }
        let quirks = self.shared.settings.quirks;
        OptionList { options, for_identity, value_type, quirks: &quirks }.apply(old, self.clauses)
    }

    /// The integer type of that name; `None` for a type that exists and is none, an error for one that does not.
    fn integer_type(&mut self, name: &TypeName) -> Result<Option<IntegerType>> {
        let parts: Vec<&str> = name.name.parts.iter().map(|part| part.name()).collect();
        let (schema, base) = match parts.as_slice() {
            [base] => (None, *base),
            [schema, base] => (Some(*schema), *base),
            _ => return Err(unsupported("a type's name with three parts")),
        };
        if let Some(schema) = schema {
            self.check_schemas_known()?;
            if self.schema_named(schema).is_none() {
                return Err(super::names::no_schema(schema));
            }
        }
        let in_catalog = schema.is_none_or(|schema| schema == "pg_catalog");
        if in_catalog && name.dimensions == 0 {
            if !name.modifiers.is_empty() && matches!(base, "int2" | "int4" | "int8") {
                return Err(error(
                    sqlstate::SYNTAX_ERROR,
                    format!("type modifier is not allowed for type \"{}\"", parts.join(".")),
                ));
            }
            match base {
                "int2" => return Ok(Some(IntegerType::SmallInt)),
                "int4" => return Ok(Some(IntegerType::Integer)),
                "int8" => return Ok(Some(IntegerType::BigInt)),
                _ => {}
            }
        }
        if in_catalog && crate::query::is_known_type(base) {
            return Ok(None);
        }
        if name.dimensions > 0 || crate::query::may_be_system_type(base) {
            return Err(unsupported(format!("type {base}")));
        }
        self.check_name_known(base)?;
        let range = RangeName { database: None, schema, name: base };
        let is_type = match self.find_relation(range, MissingSchema::Fails)? {
            Some(relation) => relation.sequence().is_none() || self.shared.settings.major.sequences_have_row_types(),
            None => self.find_type(&name.name)?.is_some(),
        };
        match is_type {
            true => Ok(None),
            false => Err(error(sqlstate::UNDEFINED_OBJECT, format!("type \"{}\" does not exist", parts.join(".")))),
        }
    }

    /// Makes storage that holds `page`.
    pub(super) fn new_page(&mut self, page: Page, persistence: Persistence) -> StorageId {
        let storage = self.shared.catalog.new_storage();
        let position = match persistence {
            Persistence::Permanent => self.shared.log.insert_new(storage, page.row()),
            Persistence::Unlogged | Persistence::Temporary => 0,
        };
        self.shared.pages.insert(storage, Page { set_count: page.set_count, ..Page::new(page.row(), position) });
        storage
    }

    /// An identity column's sequence cannot be given to another column.
    fn check_not_identity(&self, sequence: &Relation) -> Result<()> {
        let owner = sequence.sequence().and_then(|sequence| sequence.owner).filter(|owner| owner.is_identity);
        let Some(owner) = owner else { return Ok(()) };
        Err(error(sqlstate::FEATURE_NOT_SUPPORTED, "cannot change ownership of identity sequence")
            .detail(self.linked_to(&sequence.name, owner.table)))
    }

    /// The detail that tells which table a sequence is linked to.
    pub(super) fn linked_to(&self, sequence: &str, table: Oid) -> String {
        let table = self.shared.catalog.relation(table, self.catalog_view()).map(|table| table.name.clone());
        format!("Sequence \"{sequence}\" is linked to table \"{}\".", table.as_deref().unwrap_or("?"))
    }

    /// Refuses a table as the owner of another role's sequence.
    pub(super) fn check_owner_is(&self, sequence: &Relation, table: &Relation) -> Result<()> {
        match table.owner == sequence.owner {
            true => Ok(()),
            false => Err(error(
                sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
                "sequence must have same owner as table it is linked to",
            )),
        }
    }

    /// Processes OWNED BY for a sequence; one that is made for an identity column comes to be the named column's just so.
    pub(in crate::execute) fn own(
        &mut self,
        sequence: &mut Relation,
        owned_by: &ObjectName,
        is_identity: bool,
    ) -> Result<()> {
        let Some((column, table_parts)) = owned_by.parts.split_last() else {
            return Err(unsupported("OWNED BY without a name"));
        };
        if table_parts.is_empty() {
            if column.name() != "none" {
                self.reach(Clause::OwnedByForm);
                return Err(error(sqlstate::SYNTAX_ERROR, "invalid OWNED BY option")
                    .hint("Specify OWNED BY table.column or OWNED BY NONE."));
            }
            if !is_identity {
                self.check_not_identity(sequence)?;
            }
            if sequence.sequence().is_some_and(|data| data.owner.is_some()) {
                self.reach(Clause::OwnedByNone);
            }
            if !self.deviates(Quirk::OwnedByNoneIgnored) {
                set_owner(sequence, None);
            }
            return Ok(());
        }
        let table_name = ObjectName { parts: table_parts.to_vec() };
        let name: RangeName<'_> = self.any_name(&table_name)?;
        let table = match self.find_relation(name, MissingSchema::Fails)? {
            Some(table) => table,
            None => {
                self.reach(Clause::OwnedByMissing);
                return Err(super::names::no_relation(name));
            }
        };
        self.lock(table.oid, LockMode::AccessShare)?;
        let number = match &table.kind {
            Kind::Table(data) => data.column_number(column.name()),
            Kind::View(data) => {
                data.columns.iter().position(|(name, _)| **name == *column.name()).map(ColumnNumber::of_place)
            }
            Kind::Sequence(_) | Kind::Index(_) => {
                return Err(self.shared.settings.major.cannot_own_a_sequence(&table));
            }
        };
        self.check_owner_is(sequence, &table)?;
        if table.schema != sequence.schema && !self.deviates(Quirk::OwnedByAnySchema) {
            self.reach(Clause::OwnedBySchema);
            return Err(error(
                sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
                "sequence must be in same schema as table it is linked to",
            ));
        }
        let Some(number) = number else {
            self.reach(Clause::OwnedByColumn);
            return Err(super::no_column(column.name(), &table.name));
        };
        if !is_identity {
            self.check_not_identity(sequence)?;
        }
        self.reach(Clause::OwnedBy);
        let recorded = self.shared.catalog.new_oid();
        set_owner(
            sequence,
            Some(ColumnOwner { table: table.oid, column: number, is_identity, recorded, recorded_by: self.session.id }),
        );
        Ok(())
    }
}

/// Sets the column that a sequence belongs to.
pub(super) fn set_owner(sequence: &mut Relation, owner: Option<ColumnOwner>) {
    if let Kind::Sequence(data) = &mut sequence.kind {
        data.owner = owner;
    }
}
