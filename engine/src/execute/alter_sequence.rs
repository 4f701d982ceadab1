//! ALTER SEQUENCE with an option list (manual, "ALTER SEQUENCE").

use super::names::MissingSchema;
use super::{Execution, done};
use crate::catalog::{Kind, Persistence, RangeName, Relation};
use crate::clause::Clause;
use crate::error::{Result, notice, sqlstate};
use crate::lock::Mode;
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
        self.check_owner(&relation)?;
        self.lock(relation.oid, Mode::ShareRowExclusive)?;
        if relation.sequence().is_none() {
            self.reach(Clause::AlterNotSequence);
            return Err(self.shared.settings.major.not_a_sequence(&relation));
        }
        self.alter_sequence_options(&relation, statement, false)?;
        done("ALTER SEQUENCE")
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
        let change = self.apply_options(&statement.options, Some((&sequence.definition, page)), for_identity)?;
        self.reach(Clause::AlterOptions);

        if !self.shared.settings.quirks.contains(Quirk::AlterKeepsCache) {
            let cache = self.session.caches.entries.entry(relation.oid).or_default();
            if cache.cached != cache.last {
                self.clauses.insert(Clause::AlterForgetsCache);
            }
            cache.forget_cached();
        }
        let mut altered = (*relation).clone();
        if change.rewrite {
            if self.shared.settings.quirks.contains(Quirk::RestartSurvivesRollback)
                && statement.options.iter().any(|option| matches!(option, SequenceOption::Restart(_)))
            {
                self.store_page(&relation, change.page);
            }
            altered.storage = self.new_page(change.page, relation.persistence);
        }
        if let Some(owned_by) = &change.owned_by {
            self.own(&mut altered, owned_by)?;
        }
        if let Kind::Sequence(data) = &mut altered.kind {
            data.definition = change.definition;
        }
        self.replace_relation(altered)?;
        if change.rewrite {
            self.session.transaction.undoing_exercises(Clause::AlterRollsBack);
        }
        Ok(())
    }

    /// The relation that an ALTER names; `None`, with a notice, when it is missing and IF EXISTS allows that.
    pub(super) fn relation_to_alter(
        &mut self,
        name: RangeName<'_>,
        if_exists: bool,
    ) -> Result<Option<std::rc::Rc<Relation>>> {
        if !if_exists {
            return match self.find_relation(name, MissingSchema::Fails)? {
                Some(relation) => Ok(Some(relation)),
                None => {
                    self.reach(Clause::AlterMissing);
                    Err(super::names::no_relation(name))
                }
            };
        }
        let found = self.find_relation(name, MissingSchema::IsMissingRelation)?;
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

    pub(super) fn store_page(&mut self, relation: &Relation, page: Page) {
        self.shared.pages.insert(relation.storage, page);
    }

    /// Changes whether a sequence is logged; its state moves to new storage.
    pub(super) fn change_persistence(&mut self, relation: &Relation, persistence: Persistence) -> Result<()> {
        self.lock(relation.oid, Mode::AccessExclusive)?;
        let relation = self.open_sequence(relation.oid)?;
        let mut altered = (*relation).clone();
        altered.persistence = persistence;
        altered.storage = self.new_page(self.page(&relation), persistence);
        self.replace_relation(altered)?;
        Ok(())
    }
}
