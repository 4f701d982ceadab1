//! TRUNCATE (manual, "TRUNCATE").

use std::rc::Rc;

use super::super::names::no_relation;
use super::super::{Execution, MissingSchema, done};
use super::partition::check_truncate_only;
use crate::catalog::{Kind, Oid, Relation};
use crate::clause::Clause;
use crate::error::{Result, error, notice, sqlstate};
use crate::lock::LockMode;
use crate::quirk::Quirk;
use crate::reply::{Severity, StatementResult};
use crate::statement::{Behavior, Privilege, TableReference, Truncate};

impl Execution<'_> {
    pub(in crate::execute) fn truncate(&mut self, statement: &Truncate) -> Result<StatementResult> {
        self.prevent_if_read_only("TRUNCATE TABLE")?;
        let mut tables: Vec<Rc<Relation>> = Vec::with_capacity(statement.tables.len());
        for TableReference { only, name } in &statement.tables {
            let name = self.range_name(name)?;
            let Some(relation) = self.find_to_lock(name, MissingSchema::Fails)? else { return Err(no_relation(name)) };
            if relation.table().is_none() {
                if relation.sequence().is_some() {
                    self.reach(Clause::NotUpdatable);
                }
                return Err(error(sqlstate::WRONG_OBJECT_TYPE, format!("\"{}\" is not a table", relation.name)));
            }
            self.check_any(&relation, &[Privilege::Truncate])?;
            self.lock(relation.oid, LockMode::AccessExclusive)?;
            if !tables.iter().any(|other| other.oid == relation.oid) {
                if let Some(data) = relation.table() {
                    check_truncate_only(data, *only)?;
                }
                tables.push(relation);
            }
        }
        self.add_referencing(&mut tables, statement.behavior)?;
        let mut sequences: Vec<Oid> = Vec::new();
        let restarts = match statement.restart_identity {
            Some(true) => !self.deviates(Quirk::TruncateKeepsIdentity),
            _ => self.deviates(Quirk::TruncateAlwaysRestarts),
        };
        if restarts {
            self.reach(Clause::TruncateRestart);
            for table in &tables {
                sequences.extend(self.sequences_to_take_along(table.oid));
            }
            let weakens = self.deviates(Quirk::TruncateLetsOthersFetch);
            let mode = if weakens { LockMode::RowExclusive } else { LockMode::AccessExclusive };
            for sequence in &sequences {
                let sequence = self.lock_by_number(*sequence, mode)?;
                self.check_owner(&sequence)?;
            }
        }
        for table in &tables {
            self.lock_to_build_indexes(table.oid)?;
            let emptied = Relation { storage: self.shared.catalog.new_storage(), ..(**table).clone() };
            self.replace_relation(emptied)?;
        }
        for sequence in sequences {
            self.reset_sequence(sequence)?;
        }
        done("TRUNCATE TABLE")
    }

    /// Adds the tables whose foreign keys refer to those to truncate, or refuses without CASCADE.
    fn add_referencing(&mut self, tables: &mut Vec<Rc<Relation>>, behavior: Behavior) -> Result<()> {
        let view = self.catalog_view();
        loop {
            let mut found: Vec<(Oid, Oid)> = Vec::new();
            for table in tables.iter() {
                let others = self.shared.catalog.referencing(table.oid, view).into_iter().map(|(_, other, _)| other);
                let new = others.filter(|other| !tables.iter().any(|known| known.oid == *other));
                found.extend(new.map(|other| (other, table.oid)));
                if behavior != Behavior::Cascade && !found.is_empty() {
                    break;
                }
            }
            found.sort_unstable();
            found.dedup_by_key(|(other, _)| *other);
            if found.is_empty() {
                return Ok(());
            }
            for (other, referenced) in found {
                let Some(other) = self.shared.catalog.relation(other, view).cloned() else { continue };
                if behavior != Behavior::Cascade {
                    let name = |oid: Oid| self.shared.catalog.relation(oid, view).map(|relation| relation.name.clone());
                    return Err(error(
                        sqlstate::FEATURE_NOT_SUPPORTED,
                        "cannot truncate a table referenced in a foreign key constraint",
                    )
                    .detail(format!(
                        "Table \"{}\" references \"{}\".",
                        other.name,
                        name(referenced).as_deref().unwrap_or("?")
                    ))
                    .hint(format!(
                        "Truncate table \"{}\" at the same time, or use TRUNCATE ... CASCADE.",
                        other.name
                    )));
                }
                self.lock(other.oid, LockMode::AccessExclusive)?;
                self.notice(notice(
                    Severity::Notice,
                    sqlstate::SUCCESSFUL_COMPLETION,
                    format!("truncate cascades to table \"{}\"", other.name),
                ));
                self.check_any(&other, &[Privilege::Truncate])?;
                tables.push(other);
            }
        }
    }

    /// Starts a sequence over, transactionally: in new storage.
    pub(in crate::execute) fn reset_sequence(&mut self, oid: Oid) -> Result<()> {
        let relation = self.open_sequence(oid)?;
        let Kind::Sequence(sequence) = &relation.kind else { return Ok(()) };
        let mut page = self.first_page(&relation);
        if self.deviates(Quirk::TruncateToMinimum) {
            page.last_value = sequence.definition.minimum;
        }
        if self.deviates(Quirk::TruncateSurvivesRollback) {
            self.store_page(&relation, page);
        }
        let restarted = Relation { storage: self.new_page(page, relation.persistence), ..(*relation).clone() };
        self.replace_relation(restarted)?;
        self.session.caches.entries.entry(oid).or_default().forget_cached();
        Ok(())
    }
}
