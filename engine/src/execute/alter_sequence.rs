//! ALTER SEQUENCE with an option list (manual, "ALTER SEQUENCE").

use super::names::MissingSchema;
use super::{Execution, done};
use crate::catalog::{Kind, Oid, Persistence, RangeName, Relation};
use crate::clause::Clause;
use crate::error::{Result, notice, sqlstate};
use crate::lock::LockMode;
use crate::quirk::Quirk;
use crate::reply::{Severity, StatementResult};
use crate::sequence::Page;
use crate::statement::{AlterSequence, SequenceOption};

impl Execution<'_> {
    pub(super) fn alter_sequence(&mut self, statement: &AlterSequence) -> Result<StatementResult> {
        self.prevent_if_read_only("ALTER SEQUENCE")?;
        let name = self.range_name(&statement.name)?;
        let Some(relation) = self.relation_to_alter(name, statement.if_exists)? else {
            return done("ALTER SEQUENCE");
        };
        if !self.deviates(Quirk::AlterUnowned) {
            self.check_owner(&relation)?;
        }
        self.lock_to_set_options(relation.oid)?;
        if relation.sequence().is_none() {
            self.reach(Clause::AlterNotSequence);
            // Opened like a sequence before anybody sees that it is none, it stays locked until the transaction ends.
            self.lock_sequence(relation.oid)?;
            return Err(self.shared.settings.major.not_a_sequence(&relation));
        }
        self.alter_sequence_options(&relation, statement, false)?;
        done("ALTER SEQUENCE")
    }

    /// Takes the lock under which the options of a sequence are changed.
    pub(super) fn lock_to_set_options(&mut self, sequence: Oid) -> Result<()> {
        let mode = match () {
            () if self.deviates(Quirk::AlterLetsOthersFetch) => LockMode::ShareUpdateExclusive,
            () if self.deviates(Quirk::AlterExcludesReaders) => LockMode::AccessExclusive,
            () => LockMode::ShareRowExclusive,
        };
        self.lock(sequence, mode)
    }

    /// Changes a sequence that is locked, on its own or on behalf of its identity column.
    pub(super) fn alter_sequence_options(
        &mut self,
        relation: &Relation,
        statement: &AlterSequence,
        for_identity: bool,
    ) -> Result<()> {
        let relation = self.open_sequence(relation.oid)?;
        let Some(sequence) = relation.sequence() else {
            return Err(self.shared.settings.major.not_a_sequence(&relation));
        };
        let page = self.page(&relation);
        let change = self.apply_options(&statement.options, Some((&sequence.definition, page)), for_identity);
        if change.is_err() && self.deviates(Quirk::RefusedAlterRestarts) {
            let restarted = self.first_page(&relation);
            self.store_page(&relation, restarted);
        }
        let change = change?;
        self.reach(Clause::AlterOptions);

        self.forget_cached(
            relation.oid,
            if change.rewrite { Quirk::AlterKeepsCache } else { Quirk::OwnedByKeepsCache },
        );
        let mut altered = (*relation).clone();
        if change.rewrite {
            if self.deviates(Quirk::RestartSurvivesRollback)
                && statement.options.iter().any(|option| matches!(option, SequenceOption::Restart(_)))
            {
                self.store_page(&relation, change.page);
            }
            match self.deviates(Quirk::AlterInPlace) {
                true => self.store_page(&relation, change.page),
                false => altered.storage = self.new_page(change.page, relation.persistence),
            }
            if self.deviates(Quirk::AlterNotLogged)
                && let Some(new) = self.shared.pages.get_mut(&altered.storage)
            {
                new.recovered = page.row();
            }
        }
        if let Kind::Sequence(data) = &mut altered.kind {
            data.definition = change.definition;
        }
        match &change.owned_by {
            None => self.replace_relation(altered)?,
            Some(owned_by) => {
                // The new storage is there before anybody looks for the owner, and has to go again without one.
                self.replace_relation(altered.clone())?;
                self.own(&mut altered, owned_by, for_identity)?;
                self.replace_relation(altered)?;
            }
        }
        if change.rewrite {
            self.session.transaction.undoing_exercises(Clause::AlterRollsBack);
        }
        Ok(())
    }

    /// Forgets the values that the session has cached of a sequence that it alters, whatever it alters.
    pub(super) fn forget_cached(&mut self, sequence: Oid, unless: Quirk) {
        if self.deviates(unless) {
            return;
        }
        let cache = self.session.caches.entries.entry(sequence).or_default();
        if cache.cached != cache.last {
            self.clauses.insert(Clause::AlterForgetsCache);
        }
        cache.forget_cached();
    }

    /// The relation that an ALTER names; `None`, with a notice, when it is missing and IF EXISTS allows that.
    pub(super) fn relation_to_alter(
        &mut self,
        name: RangeName<'_>,
        if_exists: bool,
    ) -> Result<Option<std::rc::Rc<Relation>>> {
        if !if_exists {
            return match self.find_to_lock(name, MissingSchema::Fails)? {
                Some(relation) => Ok(Some(relation)),
                None => {
                    self.reach(Clause::AlterMissing);
                    Err(super::names::no_relation(name))
                }
            };
        }
        let found = self.find_to_lock(name, MissingSchema::IsMissingRelation)?;
        if found.is_none() {
            self.reach(Clause::AlterIfExists);
            self.notice(notice(
                Severity::Notice,
                sqlstate::SUCCESSFUL_COMPLETION,
                format!("relation \"{}\" does not exist, skipping", name.name),
            ));
        }
        Ok(found)
    }

    /// A sequence's stored row.
    pub(crate) fn page(&self, relation: &Relation) -> Page {
        self.shared.pages.get(&relation.storage).copied().unwrap_or_default()
    }

    /// The row that a sequence would have if it were made now.
    pub(super) fn first_page(&self, relation: &Relation) -> Page {
        let start = relation.sequence().map_or(0, |sequence| sequence.definition.start);
        Page { last_value: start, is_called: false, log_cnt: 0, ..self.page(relation) }
    }

    pub(super) fn store_page(&mut self, relation: &Relation, page: Page) {
        self.shared.pages.insert(relation.storage, page);
    }

    /// Changes whether a sequence is logged; its state moves to new storage.
    pub(super) fn change_persistence(&mut self, relation: &Relation, persistence: Persistence) -> Result<()> {
        self.lock(relation.oid, LockMode::AccessExclusive)?;
        let relation = self.open_sequence(relation.oid)?;
        let mut altered = (*relation).clone();
        altered.persistence = persistence;
        let page = match self.deviates(Quirk::SetPersistenceRestarts) {
            true => self.first_page(&relation),
            false => self.page(&relation),
        };
        altered.storage = self.new_page(page, persistence);
        self.replace_relation(altered)?;
        Ok(())
    }
}
