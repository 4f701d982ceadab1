//! TRUNCATE (manual, "TRUNCATE").

use std::rc::Rc;

use super::super::{Execution, MissingSchema, done};
use crate::catalog::{Kind, Oid, Relation};
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate};
use crate::lock::LockMode;
use crate::quirk::Quirk;
use crate::reply::StatementResult;
use crate::statement::{Privilege, Truncate};

impl Execution<'_> {
    pub(in crate::execute) fn truncate(&mut self, statement: &Truncate) -> Result<StatementResult> {
        self.prevent_if_read_only("TRUNCATE TABLE")?;
        let mut tables: Vec<Rc<Relation>> = Vec::with_capacity(statement.tables.len());
        for name in &statement.tables {
            let name = self.range_name(name)?;
            let relation = self.require_relation(name, MissingSchema::Fails)?;
            if relation.table().is_none() {
                if relation.sequence().is_some() {
                    self.reach(Clause::NotUpdatable);
                }
                return Err(error(sqlstate::WRONG_OBJECT_TYPE, format!("\"{}\" is not a table", relation.name)));
            }
            self.check_any(&relation, &[Privilege::Truncate])?;
            self.lock(relation.oid, LockMode::AccessExclusive)?;
            if !tables.iter().any(|other| other.oid == relation.oid) {
                tables.push(relation);
            }
        }
        let view = self.catalog_view();
        let mut sequences: Vec<Oid> = Vec::new();
        let restarts = match statement.restart_identity {
            Some(true) => !self.deviates(Quirk::TruncateKeepsIdentity),
            _ => self.deviates(Quirk::TruncateAlwaysRestarts),
        };
        if restarts {
            self.reach(Clause::TruncateRestart);
            for table in &tables {
                sequences.extend(self.shared.catalog.owned_sequences(table.oid, view));
            }
            for sequence in &sequences {
                self.lock(*sequence, LockMode::AccessExclusive)?;
                if let Some(sequence) = self.shared.catalog.relation(*sequence, view).cloned() {
                    self.check_owner(&sequence)?;
                }
            }
        }
        for table in &tables {
            let emptied = Relation { storage: self.shared.catalog.new_storage(), ..(**table).clone() };
            self.replace_relation(emptied)?;
        }
        for sequence in sequences {
            self.reset_sequence(sequence)?;
        }
        done("TRUNCATE TABLE")
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
