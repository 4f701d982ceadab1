//! The ALTER actions that any relation has: RENAME, SET SCHEMA, OWNER TO, SET LOGGED and SET UNLOGGED.

use std::rc::Rc;

use super::function::no_relation_of_number;
use super::names::relation_exists;
use super::{Execution, done, shared_str};
use crate::catalog::{
    ConstraintKind, INFORMATION_SCHEMA, Kind, Object, Oid, PG_CATALOG, PG_TOAST, Persistence, RangeName, Relation,
    TableData, is_temporary_schema,
};
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::quirk::Quirk;
use crate::reply::StatementResult;
use crate::statement::{AlterRelation, Identifier, Privilege, RelationAction, RelationKind};

impl Execution<'_> {
    pub(super) fn alter_relation(&mut self, statement: &AlterRelation) -> Result<StatementResult> {
        let tag = match statement.kind {
            RelationKind::Sequence => "ALTER SEQUENCE",
            RelationKind::Table => "ALTER TABLE",
            RelationKind::View => "ALTER VIEW",
            RelationKind::Index => "ALTER INDEX",
        };
        self.prevent_if_read_only(tag)?;
        let name = self.range_name(&statement.name)?;
        self.check_name_known(name.name)?;
        let Some(relation) = self.relation_to_alter(name, statement.if_exists)? else {
            return done(tag);
        };
        self.check_owner(&relation)?;
        if matches!(statement.action, RelationAction::RenameTo(_)) {
            self.check_schema(relation.schema, Privilege::Create)?;
        }
        self.check_kind(statement, &relation, name)?;
        if statement.kind == RelationKind::Table && relation.sequence().is_some() {
            self.reach(Clause::AlterTableForm);
        }
        self.lock_to_alter(statement, &relation)?;
        match &statement.action {
            RelationAction::RenameTo(new_name) => self.rename(&relation, new_name)?,
            RelationAction::SetSchema(schema) => self.set_schema(&relation, schema)?,
            RelationAction::OwnerTo(role) => self.owner_to(&relation, role)?,
            RelationAction::SetLogged => self.set_persistence(&relation, Persistence::Permanent)?,
            RelationAction::SetUnlogged => self.set_persistence(&relation, Persistence::Unlogged)?,
        }
        done(tag)
    }

    /// Renaming as ALTER INDEX takes a weaker lock, and only then finds out that the relation is no index and needs the
    /// stronger one (manual, "Table-Level Locks", SHARE UPDATE EXCLUSIVE).
    fn lock_to_alter(&mut self, statement: &AlterRelation, relation: &Relation) -> Result<()> {
        if statement.kind == RelationKind::Index && matches!(statement.action, RelationAction::RenameTo(_)) {
            if matches!(relation.kind, Kind::Index(_)) {
                return self.lock(relation.oid, LockMode::ShareUpdateExclusive);
            }
            self.lock_briefly(relation.oid, LockMode::ShareUpdateExclusive)?;
        }
        if matches!(statement.action, RelationAction::RenameTo(_)) && self.deviates(Quirk::RenameLetsOthersFetch) {
            return self.lock(relation.oid, LockMode::ShareUpdateExclusive);
        }
        self.lock(relation.oid, LockMode::AccessExclusive)
    }

    /// ALTER TABLE works on every kind of relation and ALTER INDEX may rename every kind; the others insist.
    fn check_kind(&mut self, statement: &AlterRelation, relation: &Relation, name: RangeName<'_>) -> Result<()> {
        let renames = matches!(statement.action, RelationAction::RenameTo(_));
        let wanted = match statement.kind {
            RelationKind::Sequence if relation.sequence().is_none() => "a sequence",
            RelationKind::View if relation.view().is_none() => "a view",
            RelationKind::Index if !renames => "an index",
            _ if matches!(relation.kind, Kind::Index(_)) => {
                return match statement.action {
                    RelationAction::SetSchema(_) => Err(self.shared.settings.major.cannot_move_index(&relation.name)),
                    RelationAction::SetLogged | RelationAction::SetUnlogged => {
                        Err(unsupported("an index's persistence"))
                    }
                    RelationAction::RenameTo(_) | RelationAction::OwnerTo(_) => Ok(()),
                };
            }
            _ => return Ok(()),
        };
        if statement.kind == RelationKind::Sequence {
            self.reach(Clause::AlterNotSequence);
        }
        Err(error(sqlstate::WRONG_OBJECT_TYPE, format!("\"{}\" is not {wanted}", name.name)))
    }

    pub(super) fn rename(&mut self, relation: &Relation, new_name: &Identifier) -> Result<()> {
        if self.is_name_taken(relation.schema, new_name.name()) {
            return Err(relation_exists(new_name.name()));
        }
        if self.shared.catalog.enumeration_named(relation.schema, new_name.name(), self.catalog_view()).is_some() {
            return Err(unsupported("a relation renamed to what a type is called"));
        }
        self.wait_for_namesake(relation.schema, new_name.name(), false)?;
        if relation.sequence().is_some() {
            self.reach(Clause::Rename);
        }
        if let Kind::Index(table) = relation.kind {
            self.rename_constraint_of(table, relation.oid, new_name.name())?;
        }
        let mut renamed = Relation { name: shared_str(new_name.name()), ..relation.clone() };
        if relation.sequence().is_some() && self.deviates(Quirk::RenameRestarts) {
            renamed.storage = self.new_page(self.first_page(relation), relation.persistence);
        }
        if relation.sequence().is_some() && self.deviates(Quirk::RenameReplaces) {
            renamed.oid = self.shared.catalog.new_oid();
            renamed.storage = self.new_page(self.page(relation), relation.persistence);
            self.remove_relation(relation.oid)?;
            self.add_relation(renamed);
            return Ok(());
        }
        self.replace_relation(renamed)?;
        Ok(())
    }

    /// A constraint has the name of its index.
    fn rename_constraint_of(&mut self, table: Oid, index: Oid, new_name: &str) -> Result<()> {
        self.change_table(table, |data| {
            for constraint in &mut data.constraints {
                if matches!(constraint.kind, ConstraintKind::Unique { index: other, .. } if other == index) {
                    constraint.name = shared_str(new_name);
                }
            }
        })
    }

    fn set_schema(&mut self, relation: &Relation, schema: &Identifier) -> Result<()> {
        let view = self.catalog_view();
        if let Some(owner) = relation.sequence().and_then(|sequence| sequence.owner) {
            self.reach(Clause::OwnedStays);
            return Err(error(sqlstate::FEATURE_NOT_SUPPORTED, "cannot move an owned sequence into another schema")
                .detail(self.linked_to(&relation.name, owner.table)));
        }
        let name = RangeName { database: None, schema: Some(schema.name()), name: &relation.name };
        let (new_schema, _) = self.creation_schema(name, Persistence::Permanent)?;
        if is_temporary_schema(new_schema) || is_temporary_schema(relation.schema) {
            return Err(error(sqlstate::FEATURE_NOT_SUPPORTED, "cannot move objects into or out of temporary schemas"));
        }
        if new_schema == PG_TOAST || relation.schema == PG_TOAST {
            return Err(error(sqlstate::FEATURE_NOT_SUPPORTED, "cannot move objects into or out of TOAST schema"));
        }
        let owned = match relation.table().is_some() && !self.deviates(Quirk::OwnedSequenceNotMoved) {
            true => self.sequences_to_take_along(relation.oid),
            false => Vec::new(),
        };
        if new_schema == relation.schema {
            // Even then, the sequences that move along are locked as for a move.
            return owned
                .into_iter()
                .try_for_each(|sequence| self.lock_by_number(sequence, LockMode::AccessExclusive).map(|_| ()));
        }
        if matches!(new_schema, PG_CATALOG | INFORMATION_SCHEMA) {
            return Err(unsupported("moving something into a system schema, which outlives the trace"));
        }
        if relation.sequence().is_some() {
            self.reach(Clause::SetSchema);
        }
        let mut moving = vec![relation.oid];
        if relation.table().is_some() {
            moving.extend(self.shared.catalog.indexes_of(relation.oid, view));
            moving.extend(&owned);
        }
        for oid in moving {
            if owned.contains(&oid) {
                self.lock_by_number(oid, LockMode::AccessExclusive)?;
            }
            let Some(relation) = self.shared.catalog.relation(oid, view).cloned() else { continue };
            if self.is_name_taken(new_schema, &relation.name) {
                return Err(error(
                    sqlstate::DUPLICATE_TABLE,
                    format!("relation \"{}\" already exists in schema \"{}\"", relation.name, schema.name()),
                ));
            }
            let has_row_type = relation.table().is_some()
                || relation.view().is_some()
                || relation.sequence().is_some() && self.shared.settings.major.sequences_have_types();
            if has_row_type && self.shared.catalog.enumeration_named(new_schema, &relation.name, view).is_some() {
                return Err(error(
                    sqlstate::DUPLICATE_OBJECT,
                    format!("type \"{}\" already exists in schema \"{}\"", relation.name, schema.name()),
                ));
            }
            self.wait_for_namesake(new_schema, &relation.name, false)?;
            let mut moved = Relation { schema: new_schema, ..(*relation).clone() };
            if relation.sequence().is_some() && self.deviates(Quirk::SetSchemaRestarts) {
                moved.storage = self.new_page(self.first_page(&relation), relation.persistence);
            }
            self.replace_relation(moved)?;
        }
        Ok(())
    }

    /// The sequences that a table's columns own, as the statement has found them at its first look: when it then waits for
    /// one, it does not look again.
    pub(in crate::execute) fn sequences_to_take_along(&mut self, table: Oid) -> Vec<Oid> {
        if let Some((_, owned)) = self.session.progress.owned.iter().find(|(known, _)| *known == table) {
            return owned.clone();
        }
        let owned = self.shared.catalog.owned_sequences(table, self.catalog_view());
        self.session.progress.owned.push((table, owned.clone()));
        owned
    }

    /// Locks a relation that was not found by its name. It may be gone when the lock is there.
    pub(in crate::execute) fn lock_by_number(&mut self, oid: Oid, mode: LockMode) -> Result<Rc<Relation>> {
        self.lock(oid, mode)?;
        self.shared.catalog.relation(oid, self.catalog_view()).cloned().ok_or_else(|| no_relation_of_number(oid))
    }

    fn set_persistence(&mut self, relation: &Relation, persistence: Persistence) -> Result<()> {
        let is_sequence = relation.sequence().is_some();
        if !is_sequence && relation.table().is_none() {
            return Err(unsupported("SET LOGGED and SET UNLOGGED of an index or a view"));
        }
        if is_sequence && !self.shared.settings.major.has_unlogged_sequences() {
            return Err(error(sqlstate::WRONG_OBJECT_TYPE, format!("\"{}\" is not a table", relation.name)));
        }
        if relation.table().is_some_and(TableData::is_partitioned) {
            return Err(unsupported("SET LOGGED and SET UNLOGGED of a partitioned table"));
        }
        self.reach(Clause::SetPersistence);
        if relation.persistence == Persistence::Temporary {
            return Err(error(
                sqlstate::INVALID_TABLE_DEFINITION,
                format!("cannot change logged status of table \"{}\" because it is temporary", relation.name),
            ));
        }
        if relation.persistence == persistence {
            return Ok(());
        }
        if is_sequence {
            return self.change_persistence(relation, persistence);
        }
        self.check_foreign_persistence(relation, persistence)?;
        let view = self.catalog_view();
        let storage = self.shared.catalog.new_storage();
        for row in self.shared.catalog.rows(relation.storage, view) {
            self.shared.catalog.insert_row(storage, row, view, &mut self.session.transaction.undo);
        }
        let altered = Relation { persistence, storage, ..relation.clone() };
        self.lock_to_build_indexes(relation.oid)?;
        self.replace_relation(altered)?;
        if self.shared.settings.major.has_unlogged_sequences() {
            for oid in self.sequences_to_take_along(relation.oid) {
                let sequence = self.lock_by_number(oid, LockMode::AccessExclusive)?;
                self.change_persistence(&sequence, persistence)?;
            }
        }
        Ok(())
    }

    /// A logged table cannot refer to an unlogged one, so that a foreign key may stand against the change. (PostgreSQL says
    /// "it references" in both directions.)
    fn check_foreign_persistence(&self, relation: &Relation, persistence: Persistence) -> Result<()> {
        let view = self.catalog_view();
        let refused = |words: &str, other: &str| {
            Err(error(
                sqlstate::INVALID_TABLE_DEFINITION,
                format!("could not change table \"{}\" to {words} table \"{other}\"", relation.name),
            ))
        };
        if persistence == Persistence::Permanent {
            let mut constraints: Vec<_> = relation.table().iter().flat_map(|data| &data.constraints).collect();
            constraints.sort_by(|one, other| one.name.cmp(&other.name));
            for constraint in constraints {
                let ConstraintKind::Foreign(key) = &constraint.kind else { continue };
                let Some(referenced) = self.shared.catalog.relation(key.referenced, view) else { continue };
                if referenced.oid != relation.oid && referenced.persistence != Persistence::Permanent {
                    return refused("logged because it references unlogged", &referenced.name);
                }
            }
            return Ok(());
        }
        for (_, referencing, _) in self.shared.catalog.referencing(relation.oid, view) {
            let Some(referencing) = self.shared.catalog.relation(referencing, view) else { continue };
            if referencing.oid != relation.oid && referencing.persistence == Persistence::Permanent {
                return refused("unlogged because it references logged", &referencing.name);
            }
        }
        Ok(())
    }

    /// A relation as messages describe it.
    pub(super) fn describe(&mut self, object: Object) -> String {
        let path = self.search_path();
        self.shared.catalog.describe(object, &path, self.catalog_view())
    }
}
