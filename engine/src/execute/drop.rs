//! DROP SEQUENCE and its siblings, and what every DROP has in common.

use super::names::{MissingSchema, no_schema};
use super::{Execution, done};
use crate::catalog::{
    Constraint, ConstraintKind, Deletion, Gathered, Kind, Object, Oid, RangeName, TableData, is_temporary_schema,
    temporary_schema,
};
use crate::clause::Clause;
use crate::error::{Result, error, notice, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::quirk::Quirk;
use crate::reply::{Message, Severity, StatementResult};
use crate::statement::{Behavior, DropRelation, RelationKind};

/// How many dependent objects a message lists at most.
const REPORTED_DEPENDENTS: usize = 100;

impl Execution<'_> {
    pub(super) fn drop_relations(&mut self, statement: &DropRelation) -> Result<StatementResult> {
        let (tag, noun) = match statement.kind {
            RelationKind::Sequence => ("DROP SEQUENCE", "sequence"),
            RelationKind::Table => ("DROP TABLE", "table"),
            RelationKind::View => ("DROP VIEW", "view"),
            RelationKind::Index => ("DROP INDEX", "index"),
        };
        self.prevent_if_read_only(tag)?;
        let mut objects = Vec::with_capacity(statement.names.len());
        for name in &statement.names {
            let name = self.any_name(name)?;
            let Some(relation) = self.find_to_lock(name, MissingSchema::IsMissingRelation)? else {
                self.report_missing(name, noun, statement)?;
                continue;
            };
            let actual = match relation.kind {
                Kind::Sequence(_) => RelationKind::Sequence,
                Kind::Table(_) => RelationKind::Table,
                Kind::Index(_) => RelationKind::Index,
                Kind::View(_) => RelationKind::View,
            };
            if actual != statement.kind {
                if statement.kind == RelationKind::Sequence {
                    self.reach(Clause::DropNotSequence);
                }
                let article = if statement.kind == RelationKind::Index { "an" } else { "a" };
                let right = match actual {
                    RelationKind::Sequence => "Use DROP SEQUENCE to remove a sequence.",
                    RelationKind::Index => "Use DROP INDEX to remove an index.",
                    RelationKind::View => "Use DROP VIEW to remove a view.",
                    _ => "Use DROP TABLE to remove a table.",
                };
                return Err(error(sqlstate::WRONG_OBJECT_TYPE, format!("\"{}\" is not {article} {noun}", name.name))
                    .hint(right));
            }
            if relation.sequence().is_none() || !self.deviates(Quirk::DropUnowned) {
                self.check_drop_owner(&relation)?;
            }
            if let Kind::Index(table) = relation.kind {
                self.lock(table, LockMode::AccessExclusive)?;
            }
            self.lock_to_drop(relation.oid)?;
            objects.push(Object::Relation(relation.oid));
        }
        if statement.kind == RelationKind::Sequence && !objects.is_empty() {
            self.reach(Clause::Drop);
        }
        self.drop_objects(&objects, statement.behavior)?;
        done(tag)
    }

    fn report_missing(&mut self, name: RangeName<'_>, noun: &str, statement: &DropRelation) -> Result<()> {
        let missing_schema = name.schema.filter(|schema| self.schema_named(schema).is_none());
        let of_sequence = statement.kind == RelationKind::Sequence;
        if !statement.if_exists {
            if of_sequence {
                self.reach(Clause::DropMissing);
            }
            return Err(match missing_schema {
                Some(schema) => no_schema(schema),
                None => {
                    let code = match statement.kind {
                        RelationKind::Index => sqlstate::UNDEFINED_OBJECT,
                        _ => sqlstate::UNDEFINED_TABLE,
                    };
                    error(code, format!("{noun} \"{}\" does not exist", name.name))
                }
            });
        }
        if of_sequence {
            self.reach(Clause::DropIfExists);
        }
        let message = match missing_schema {
            Some(schema) => format!("schema \"{schema}\" does not exist, skipping"),
            None => format!("{noun} \"{}\" does not exist, skipping", name.name),
        };
        self.notice(notice(Severity::Notice, sqlstate::SUCCESSFUL_COMPLETION, message));
        Ok(())
    }

    fn lock_to_drop(&mut self, oid: Oid) -> Result<()> {
        let relation = self.shared.catalog.relation(oid, self.catalog_view());
        let weakens =
            self.deviates(Quirk::DropLetsOthersFetch) && relation.is_some_and(|relation| relation.sequence().is_some());
        self.lock(oid, if weakens { LockMode::ShareUpdateExclusive } else { LockMode::AccessExclusive })
    }

    /// Takes the locks under which objects are gathered: nobody else is to drop them meanwhile. A default or a constraint
    /// has a lock of its own, beside its table's.
    fn lock_gathered(&mut self, objects: &[Object], met: &[Object]) -> Result<()> {
        for object in objects.iter().chain(met) {
            match *object {
                Object::Relation(oid) => self.lock_to_drop(oid)?,
                Object::Type(oid)
                | Object::Column(oid, _)
                | Object::Default { oid, .. }
                | Object::Constraint { oid, .. } => self.lock(oid, LockMode::AccessExclusive)?,
                Object::Schema(_) => {}
            }
        }
        Ok(())
    }

    /// Takes the locks under which objects are taken out of their tables.
    fn lock_changed(&mut self, deletions: &[Deletion]) -> Result<()> {
        for deletion in deletions {
            match deletion.object {
                Object::Default { table, .. } => self.lock(table, LockMode::AccessExclusive)?,
                Object::Constraint { table, oid } => {
                    // The triggers of a foreign key go from both tables.
                    let referenced = self.constraint(table, oid).and_then(|constraint| match constraint.kind {
                        ConstraintKind::Foreign(key) => Some(key.referenced),
                        _ => None,
                    });
                    self.lock(table, LockMode::AccessExclusive)?;
                    referenced.map_or(Ok(()), |referenced| self.lock(referenced, LockMode::AccessExclusive))?;
                }
                Object::Relation(_) | Object::Type(_) | Object::Schema(_) | Object::Column(..) => {}
            }
        }
        Ok(())
    }

    /// Objects with all that depends on them, gathered under locks.
    fn gather_deletions(&mut self, objects: &[Object]) -> Result<Vec<Deletion>> {
        let Gathered { mut deletions, met } = self.shared.catalog.gather(objects, self.catalog_view());
        // These locks come first: what there is to drop may change while it waits for them.
        self.lock_gathered(objects, &met)?;
        if self.deviates(Quirk::OwnedSequenceStays) {
            let is_owned =
                |deletion: &Deletion| matches!(deletion.dependee, Some(Object::Relation(_) | Object::Column(..)));
            deletions.retain(|deletion| !is_owned(deletion) || !self.is_sequence(deletion.object));
        }
        if self.deviates(Quirk::DefaultDoesNotDepend) {
            deletions.retain(|deletion| !deletion.is_reported() || !matches!(deletion.object, Object::Default { .. }));
        }
        Ok(deletions)
    }

    /// Drops objects with what depends on them, and says nothing of it.
    pub(super) fn drop_quietly(&mut self, objects: &[Object]) -> Result<()> {
        let deletions = self.gather_deletions(objects)?;
        self.lock_changed(&deletions)?;
        deletions.iter().try_for_each(|deletion| self.delete_object(deletion.object))
    }

    /// Drops objects with what depends on them, or refuses without CASCADE.
    pub(super) fn drop_objects(&mut self, objects: &[Object], behavior: Behavior) -> Result<()> {
        self.check_not_part(objects)?;
        let deletions = self.gather_deletions(objects)?;
        // The report goes from the named objects to those that depend on them.
        let mut reported = Vec::new();
        for deletion in deletions.iter().rev().filter(|deletion| deletion.is_reported()) {
            let Some(dependee) = deletion.dependee else { continue };
            self.check_describable(deletion.object)?;
            let object = self.describe(deletion.object);
            reported.push((object, self.describe(dependee)));
        }
        if !reported.is_empty() {
            if objects.iter().any(|object| matches!(object, Object::Schema(_))) {
                self.reach(Clause::SchemaDropped);
            }
            if deletions.iter().any(|deletion| deletion.is_reported() && self.is_view(deletion.object)) {
                self.reach(Clause::ViewDependencies);
            }
            if behavior != Behavior::Cascade && !self.deviates(Quirk::DropAlwaysCascades) {
                let subject = match objects {
                    [object] => format!("cannot drop {} because other objects depend on it", self.describe(*object)),
                    _ => "cannot drop desired object(s) because other objects depend on them".to_owned(),
                };
                let lines = reported.iter().map(|(object, dependee)| format!("{object} depends on {dependee}"));
                return Err(error(sqlstate::DEPENDENT_OBJECTS_STILL_EXIST, subject)
                    .detail(listing(lines, reported.len()))
                    .hint("Use DROP ... CASCADE to drop the dependent objects too."));
            }
            self.notice_cascade(&reported);
        }
        self.lock_changed(&deletions)?;
        let mut with_owner = deletions
            .iter()
            .filter(|deletion| matches!(deletion.dependee, Some(Object::Relation(_) | Object::Column(..))));
        if with_owner.any(|deletion| self.is_sequence(deletion.object)) {
            self.reach(Clause::OwnedByDropped);
        }
        let drops_sequences = deletions.iter().any(|deletion| self.is_sequence(deletion.object));
        for deletion in &deletions {
            self.delete_object(deletion.object)?;
        }
        if drops_sequences {
            self.session.transaction.undoing_exercises(Clause::DropRollsBack);
        }
        Ok(())
    }

    /// Refuses to name what is in another session's temporary schema, which has a number.
    pub(super) fn check_describable(&self, object: Object) -> Result<()> {
        let (Object::Relation(oid)
        | Object::Column(oid, _)
        | Object::Default { table: oid, .. }
        | Object::Constraint { table: oid, .. }) = object
        else {
            return Ok(());
        };
        let schema = self.shared.catalog.relation(oid, self.catalog_view()).map(|relation| relation.schema);
        match schema {
            Some(schema) if is_temporary_schema(schema) && schema != temporary_schema(self.session.id) => {
                Err(unsupported("a message about another session's temporary relation"))
            }
            _ => Ok(()),
        }
    }

    fn is_view(&self, object: Object) -> bool {
        let Object::Relation(oid) = object else { return false };
        self.shared.catalog.relation(oid, self.catalog_view()).is_some_and(|relation| relation.view().is_some())
    }

    fn is_sequence(&self, object: Object) -> bool {
        match object {
            Object::Relation(oid) => {
                let relation = self.shared.catalog.relation(oid, self.catalog_view());
                relation.is_some_and(|relation| relation.sequence().is_some())
            }
            Object::Schema(_)
            | Object::Type(_)
            | Object::Column(..)
            | Object::Default { .. }
            | Object::Constraint { .. } => false,
        }
    }

    /// An identity column's sequence and a key's index can only go with what they are part of.
    fn check_not_part(&mut self, objects: &[Object]) -> Result<()> {
        let view = self.catalog_view();
        for object in objects {
            let Object::Relation(oid) = object else { continue };
            let Some(relation) = self.shared.catalog.relation(*oid, view).cloned() else { continue };
            let whole = match &relation.kind {
                Kind::Sequence(sequence) => match sequence.owner {
                    Some(owner) if owner.is_identity => match owner.column.place() {
                        Some(place) => self.describe(Object::Column(owner.table, place)),
                        None => return Err(unsupported("an identity sequence of a system column")),
                    },
                    _ => continue,
                },
                Kind::Index(table) if objects.contains(&Object::Relation(*table)) => continue,
                Kind::Index(table) => {
                    let data = self.shared.catalog.relation(*table, view).and_then(|relation| relation.table());
                    if data.is_some_and(|data| data.indexes.iter().any(|index| index.oid == *oid)) {
                        continue;
                    }
                    format!("constraint {} on {}", relation.name, self.describe(Object::Relation(*table)))
                }
                Kind::Table(_) | Kind::View(_) => continue,
            };
            let part = self.describe(*object);
            return Err(error(
                sqlstate::DEPENDENT_OBJECTS_STILL_EXIST,
                format!("cannot drop {part} because {whole} requires it"),
            )
            .hint(format!("You can drop {whole} instead.")));
        }
        Ok(())
    }

    fn delete_object(&mut self, object: Object) -> Result<()> {
        let view = self.catalog_view();
        match object {
            Object::Relation(oid) => {
                self.forget_key(oid)?;
                self.remove_relation(oid)
            }
            Object::Schema(oid) => {
                let undo = &mut self.session.transaction.undo;
                self.shared.catalog.delete_default_access(|entry| entry.schema == Some(oid), view, undo);
                self.shared.catalog.delete_schema(oid, view, undo);
                Ok(())
            }
            Object::Type(oid) => {
                let undo = &mut self.session.transaction.undo;
                self.shared.catalog.delete_enumeration(oid, view, undo);
                Ok(())
            }
            Object::Default { table, column, .. } => {
                self.change_table(table, |data| data.columns[column].default = None)
            }
            Object::Column(table, column) => self.change_table(table, |data| {
                super::table::drop_from(&mut data.columns[column]);
                data.constraints.retain(|constraint| !constraint.kind.columns().contains(&column));
            }),
            Object::Constraint { table, oid } => {
                self.change_table(table, |data| data.constraints.retain(|constraint| constraint.oid != oid))
            }
        }
    }

    /// Takes the key of an index that goes out of its table.
    fn forget_key(&mut self, index: Oid) -> Result<()> {
        let found = self.shared.catalog.relation(index, self.catalog_view()).cloned();
        match found.map(|relation| relation.kind.clone()) {
            Some(Kind::Index(table)) => self.change_table(table, |data| {
                data.constraints.retain(|constraint| {
                    !matches!(constraint.kind, ConstraintKind::Unique { index: other, .. } if other == index)
                });
                data.indexes.retain(|other| other.oid != index);
            }),
            _ => Ok(()),
        }
    }

    /// A table's constraint by its number.
    fn constraint(&self, table: Oid, oid: Oid) -> Option<Constraint> {
        let relation = self.shared.catalog.relation(table, self.catalog_view())?;
        relation.table()?.constraints.iter().find(|constraint| constraint.oid == oid).cloned()
    }

    /// Changes a table's entry.
    pub(super) fn change_table(&mut self, table: Oid, change: impl FnOnce(&mut TableData)) -> Result<()> {
        if self.shared.catalog.relation(table, self.catalog_view()).is_none() {
            // It went before, with everything that belongs to it.
            return Ok(());
        }
        let (relation, mut data) = self.table_now(table)?;
        change(&mut data);
        self.update_table(&relation, data)
    }

    fn notice_cascade(&mut self, reported: &[(String, String)]) {
        let message = match reported {
            [(object, _)] => {
                notice(Severity::Notice, sqlstate::SUCCESSFUL_COMPLETION, format!("drop cascades to {object}"))
            }
            _ => {
                let lines = reported.iter().map(|(object, _)| format!("drop cascades to {object}"));
                Message {
                    detail: Some(listing(lines, reported.len())),
                    ..notice(
                        Severity::Notice,
                        sqlstate::SUCCESSFUL_COMPLETION,
                        format!("drop cascades to {} other objects", reported.len()),
                    )
                }
            }
        };
        let told = &mut self.session.progress.cascades;
        if told.len() == self.cascades {
            told.push(message);
        }
        let message = told[self.cascades].clone();
        self.cascades += 1;
        self.notice(message);
    }
}

/// Objects line by line, up to the number that messages list.
pub(super) fn listing(lines: impl Iterator<Item = String>, count: usize) -> String {
    let mut text = lines.take(REPORTED_DEPENDENTS).collect::<Vec<_>>().join("\n");
    if count > REPORTED_DEPENDENTS {
        let rest = count - REPORTED_DEPENDENTS;
        let plural = if rest == 1 { "" } else { "s" };
        text.push_str(&format!("\nand {rest} other object{plural} (see server log for list)"));
    }
    text
}
