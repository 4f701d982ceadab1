//! nextval, currval, lastval and setval (manual, "Sequence Manipulation Functions").

use std::rc::Rc;

use super::Execution;
use crate::catalog::{FIRST_NORMAL_OID, Oid, Persistence, Relation, StorageId};
use crate::clause::Clause;
use crate::dialect::Dialect;
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::query::{Type, Value};
use crate::quirk::Quirk;
use crate::sequence::{IntegerType, NoValue};
use crate::statement::Privilege;
use crate::transaction::Block;

impl Execution<'_> {
    /// Opens a sequence: takes the lock that the session keeps until its transaction ends, and drops cached values
    /// that belong to storage of the past.
    pub(crate) fn open_sequence(&mut self, oid: Oid) -> Result<Rc<Relation>> {
        let serial = self.session.transaction.serial;
        let known = self.session.caches.entries.entry(oid).or_default();
        if known.locked_by != Some(serial) {
            // The lock belongs to the whole transaction: a savepoint's end does not give it back.
            self.lock_sequence(oid)?;
        }
        let view = self.catalog_view();
        let Some(relation) = self.shared.catalog.relation(oid, view).cloned() else {
            if (1..FIRST_NORMAL_OID).contains(&oid.0) {
                return Err(unsupported("a number that may be a system relation's"));
            }
            return Err(no_relation_of_number(oid));
        };
        if relation.sequence().is_none() {
            self.reach(Clause::FunctionNotSequence);
            return Err(self.shared.settings.major.not_a_sequence(&relation));
        }
        let cache = self.session.caches.entries.entry(oid).or_default();
        cache.locked_by = Some(serial);
        if cache.storage != Some(relation.storage) {
            if cache.cached != cache.last {
                self.clauses.insert(Clause::AlterSeenByCaches);
            }
            cache.storage = Some(relation.storage);
            if !self.shared.settings.quirks.contains(Quirk::NewStorageKeepsCache) {
                cache.forget_cached();
            }
        }
        Ok(relation)
    }

    pub(super) fn lock_sequence(&mut self, oid: Oid) -> Result<()> {
        if self.deviates(Quirk::FunctionsTakeNoLock) {
            return Ok(());
        }
        let taken = match self.deviates(Quirk::FunctionLocksEndEarly) {
            true => self.lock_briefly(oid, LockMode::RowExclusive),
            false => self.lock_at(oid, LockMode::RowExclusive, 0),
        };
        if let Err(Stop::Waits(_)) = taken {
            self.session.waits_at_work = true;
            self.reach(Clause::AlterBlocks);
        }
        taken
    }

    /// Does once what a statement that begins anew after a wait must neither repeat nor see otherwise: a call of a sequence
    /// function, a look at a sequence.
    pub(crate) fn once(&mut self, call: impl FnOnce(&mut Self) -> Result<Value>) -> Result<Value> {
        let progress = &mut self.session.progress;
        if let Some(value) = progress.journal.get(progress.position) {
            progress.position += 1;
            return Ok(value.clone());
        }
        let value = call(self)?;
        let progress = &mut self.session.progress;
        progress.journal.push(value.clone());
        progress.position += 1;
        Ok(value)
    }

    /// `nextval`.
    pub(crate) fn nextval(&mut self, oid: Oid) -> Result<Value> {
        self.touch(oid);
        self.once(|execution| execution.nextval_now(oid, true).map(Value::Integer))
    }

    /// The next value of an identity column of this type, for which the right to insert is enough.
    pub(super) fn next_identity(&mut self, oid: Oid, column_type: Type) -> Result<Value> {
        self.touch(oid);
        self.once(|execution| {
            let value = execution.nextval_now(oid, false)?;
            Ok(Value::Integer(cut_to_column(value, column_type)))
        })
    }

    /// Computes a value anew, unless a quirk keeps the statement's first value for all its calls.
    fn unless_computed(
        &mut self,
        quirk: Quirk,
        oid: Oid,
        compute: impl FnOnce(&mut Self) -> Result<i64>,
    ) -> Result<i64> {
        if !self.deviates(quirk) {
            return compute(self);
        }
        if let Some((_, value)) = self.computed.iter().find(|(known, _)| *known == oid) {
            return Ok(*value);
        }
        let value = compute(self)?;
        self.computed.push((oid, value));
        Ok(value)
    }

    fn nextval_now(&mut self, oid: Oid, checks_privileges: bool) -> Result<i64> {
        self.unless_computed(Quirk::NextvalOncePerStatement, oid, |execution| {
            execution.next_value(oid, checks_privileges)
        })
    }

    fn next_value(&mut self, oid: Oid, checks_privileges: bool) -> Result<i64> {
        let relation = self.open_sequence(oid)?;
        if self.deviates(Quirk::NextvalExcludesOthers) {
            self.lock_at(oid, LockMode::ShareRowExclusive, 0)?;
        }
        if checks_privileges && !self.deviates(Quirk::NextvalUnprivileged) {
            let enough: &[Privilege] = match () {
                () if self.deviates(Quirk::NextvalNeedsUpdate) => &[Privilege::Update],
                () if self.deviates(Quirk::NextvalNeedsUsage) => &[Privilege::Usage],
                () => &[Privilege::Usage, Privilege::Update],
            };
            self.check_any(&relation, enough)?;
        }
        let may_read_only = relation.persistence == Persistence::Temporary
            && !self.deviates(Quirk::NextvalRefusesTemporary)
            || self.deviates(Quirk::NextvalIgnoresReadOnly);
        if !may_read_only {
            self.prevent_if_read_only("nextval()")?;
        }
        self.clauses.insert(Clause::Nextval);
        let Some(sequence) = relation.sequence() else {
            return Err(self.shared.settings.major.not_a_sequence(&relation));
        };
        if self.shared.settings.dialect == Dialect::AuroraDsql {
            let is_cached = sequence.definition.cache > 1;
            self.clauses.insert(match self.session.transaction.block {
                _ if !is_cached => Clause::DsqlCacheOne,
                Block::None => Clause::DsqlOrderInSession,
                _ => Clause::DsqlOrderInTransaction,
            });
        }
        let quirks = self.shared.settings.quirks;
        let cache = self.session.caches.entries.entry(oid).or_default();
        let is_void = quirks.contains(Quirk::SetvalDropsOtherCaches)
            && self.shared.pages.get(&relation.storage).is_some_and(|page| page.set_count != cache.set_count);
        let defines_lastval = checks_privileges || !quirks.contains(Quirk::IdentityLeavesLastval);
        if cache.last != cache.cached && !is_void {
            cache.last = cache.last.wrapping_add(cache.increment);
            if defines_lastval {
                self.session.caches.last_used = Some(oid);
                self.session.caches.last_used_in = self.session.transaction.serial;
            }
            self.clauses.insert(Clause::Cached);
            if self.shared.pages.get(&relation.storage).is_some_and(|page| page.set_count != cache.set_count) {
                self.clauses.insert(Clause::SetvalUnnoticed);
            }
            return Ok(cache.last);
        }
        let definition = &sequence.definition;
        if self.is_other_temporary(&relation) {
            return Err(other_session());
        }
        let cache = self.session.caches.entries.entry(oid).or_default();
        cache.increment = definition.increment;
        let logged = (relation.persistence == Persistence::Permanent).then_some(relation.storage);
        let Some(page) = self.shared.pages.get_mut(&relation.storage) else {
            return Err(no_relation_of_number(oid));
        };
        if !page.is_called && page.last_value == definition.start {
            self.clauses.insert(Clause::NextvalFirst);
        }
        match page.fetch(definition, &mut self.shared.log, logged, &quirks, self.clauses) {
            Ok(fetched) => {
                cache.last = fetched.result;
                cache.cached = fetched.last;
                cache.set_count = page.set_count;
                note_oldest(&mut self.session.transaction.advanced, relation.storage);
                self.session.transaction.has_logged |= fetched.logs;
                cache.last_valid |= checks_privileges || !quirks.contains(Quirk::IdentityLeavesCurrval);
                if defines_lastval {
                    self.session.caches.last_used = Some(oid);
                    self.session.caches.last_used_in = self.session.transaction.serial;
                }
                if fetched.result != fetched.last {
                    self.clauses.insert(Clause::CachePerSession);
                }
                Ok(fetched.result)
            }
            Err(NoValue::TooManyToCount) => Err(unsupported("a CACHE that the server counts through for minutes")),
            Err(NoValue::LimitReached) => {
                let (clause, limit, value) = match definition.increment > 0 {
                    true => (Clause::NoCycleMaximum, "maximum", definition.maximum),
                    false => (Clause::NoCycleMinimum, "minimum", definition.minimum),
                };
                self.clauses.insert(clause);
                Err(error(
                    sqlstate::SEQUENCE_GENERATOR_LIMIT_EXCEEDED,
                    format!("nextval: reached {limit} value of sequence \"{}\" ({value})", relation.name),
                ))
            }
        }
    }

    /// `currval`.
    pub(crate) fn currval(&mut self, oid: Oid) -> Result<Value> {
        self.touch(oid);
        self.once(|execution| {
            let value = execution
                .unless_computed(Quirk::CurrvalOncePerStatement, oid, |execution| execution.current_value(oid))?;
            Ok(Value::Integer(value))
        })
    }

    fn current_value(&mut self, oid: Oid) -> Result<i64> {
        let relation = self.open_sequence(oid)?;
        if !self.deviates(Quirk::CurrvalUnprivileged) {
            let enough: &[Privilege] = match self.deviates(Quirk::CurrvalNeedsSelect) {
                true => &[Privilege::Select],
                false => &[Privilege::Select, Privilege::Usage],
            };
            self.check_any(&relation, enough)?;
        }
        match self.session.caches.entries.get(&oid) {
            Some(cache) if cache.last_valid => {
                self.clauses.insert(Clause::Currval);
                match self.deviates(Quirk::CurrvalGlobal) {
                    true => Ok(self.page(&relation).last_value),
                    false => Ok(cache.last),
                }
            }
            _ => {
                self.clauses.insert(Clause::CurrvalUndefined);
                Err(error(
                    sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
                    format!("currval of sequence \"{}\" is not yet defined in this session", relation.name),
                ))
            }
        }
    }

    /// `lastval`.
    pub(crate) fn lastval(&mut self) -> Result<Value> {
        self.touch_last();
        self.once(|execution| execution.last_value_used().map(Value::Integer))
    }

    fn last_value_used(&mut self) -> Result<i64> {
        let undefined =
            || error(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, "lastval is not yet defined in this session");
        let Some(oid) = self.session.caches.last_used else {
            self.reach(Clause::LastvalUndefined);
            return Err(undefined());
        };
        if self.shared.settings.dialect == Dialect::AuroraDsql
            && self.session.caches.last_used_in != self.session.transaction.serial
        {
            self.reach(Clause::DsqlLastval);
            return Err(undefined());
        }
        let Some(relation) = self.shared.catalog.relation(oid, self.catalog_view()).cloned() else {
            if self.session.progress.awaits_last {
                // It was there when the wait for its lock began.
                return Err(no_relation_of_number(oid));
            }
            if self.shared.commits > self.session.names_known_until {
                return Err(unsupported(
                    "a sequence that another session has dropped during this session's transaction",
                ));
            }
            if let Some(cache) = self.session.caches.entries.get(&oid)
                && self.deviates(Quirk::LastvalSurvivesDrop)
            {
                return Ok(cache.last);
            }
            self.reach(Clause::LastvalDropped);
            return Err(undefined());
        };
        let serial = self.session.transaction.serial;
        if self.session.caches.entries.get(&oid).is_some_and(|cache| cache.locked_by != Some(serial)) {
            self.session.progress.awaits_last = true;
            self.lock_sequence(oid)?;
            self.session.progress.awaits_last = false;
            self.session.caches.entries.entry(oid).or_default().locked_by = Some(serial);
        }
        if !self.deviates(Quirk::LastvalUnprivileged) {
            self.check_any(&relation, &[Privilege::Select, Privilege::Usage])?;
        }
        self.reach(Clause::Lastval);
        Ok(self.session.caches.entries.get(&oid).map_or(0, |cache| cache.last))
    }

    /// `setval`.
    pub(crate) fn setval(&mut self, oid: Oid, value: i64, is_called: bool) -> Result<Value> {
        self.touch(oid);
        self.once(|execution| execution.setval_now(oid, value, is_called).map(Value::Integer))
    }

    fn setval_now(&mut self, oid: Oid, value: i64, is_called: bool) -> Result<i64> {
        let relation = self.open_sequence(oid)?;
        if !self.deviates(Quirk::SetvalUnprivileged) {
            let enough: &[Privilege] = match self.deviates(Quirk::SetvalAcceptsUsage) {
                true => &[Privilege::Update, Privilege::Usage],
                false => &[Privilege::Update],
            };
            self.check_any(&relation, enough)?;
        }
        let Some(sequence) = relation.sequence() else {
            return Err(self.shared.settings.major.not_a_sequence(&relation));
        };
        if relation.persistence != Persistence::Temporary && !self.deviates(Quirk::SetvalIgnoresReadOnly) {
            self.prevent_if_read_only("setval()")?;
        }
        if self.is_other_temporary(&relation) {
            return Err(other_session());
        }
        let (minimum, maximum) = (sequence.definition.minimum, sequence.definition.maximum);
        let value = match sequence.definition.value_type {
            IntegerType::SmallInt if self.deviates(Quirk::SetvalNarrows) => i64::from(value as i16),
            IntegerType::Integer if self.deviates(Quirk::SetvalNarrows) => i64::from(value as i32),
            _ => value,
        };
        let is_refused = value < minimum
            || value > maximum
            || (value == minimum && self.deviates(Quirk::SetvalRefusesMinimum))
            || (value == maximum && self.deviates(Quirk::SetvalRefusesMaximum));
        if is_refused && !self.deviates(Quirk::SetvalUnchecked) {
            self.reach(Clause::SetvalBounds);
            if self.deviates(Quirk::FailedSetvalDefinesCurrval) {
                let cache = self.session.caches.entries.entry(oid).or_default();
                (cache.last, cache.cached, cache.last_valid) = (value, value, true);
            }
            return Err(error(
                sqlstate::NUMERIC_VALUE_OUT_OF_RANGE,
                format!(
                    "setval: value {value} is out of bounds for sequence \"{}\" ({minimum}..{maximum})",
                    relation.name
                ),
            ));
        }
        self.reach(if is_called { Clause::SetvalCalled } else { Clause::SetvalUncalled });
        let quirks = self.shared.settings.quirks;
        let cache = self.session.caches.entries.entry(oid).or_default();
        let had_cached = cache.cached != cache.last;
        let defines_currval = is_called && !quirks.contains(Quirk::SetvalKeepsCurrval);
        if defines_currval || quirks.contains(Quirk::SetvalUncalledDefinesCurrval) {
            cache.last = value;
            cache.last_valid = true;
        }
        if !quirks.contains(Quirk::SetvalKeepsCache) {
            cache.forget_cached();
        }
        if quirks.contains(Quirk::SetvalDefinesLastval) && is_called {
            self.session.caches.last_used = Some(oid);
        }
        if had_cached {
            self.clauses.insert(Clause::SetvalForgetsCache);
        }
        let logged = (relation.persistence == Persistence::Permanent).then_some(relation.storage);
        if let Some(page) = self.shared.pages.get_mut(&relation.storage) {
            note_oldest(&mut self.session.transaction.set, relation.storage);
            self.session.transaction.has_logged |= logged.is_some();
            if quirks.contains(Quirk::SetvalRollsBack)
                && let Some(level) = self.session.transaction.levels.first_mut()
            {
                level.pages.get_or_insert_default().entry(relation.storage).or_insert(*page);
            }
            let (stored, is_called) = match is_called {
                true => (value, !quirks.contains(Quirk::SetvalNeverCalled)),
                false if quirks.contains(Quirk::SetvalStoresPredecessor) => {
                    (value.wrapping_sub(sequence.definition.increment), true)
                }
                false => (value, quirks.contains(Quirk::SetvalAlwaysCalled)),
            };
            page.set(stored, is_called, &mut self.shared.log, logged, &quirks);
        }
        Ok(value)
    }
}

/// The error of a number that belongs to no relation. The model's numbers are not the server's.
pub(super) fn no_relation_of_number(oid: Oid) -> Stop {
    let number = if oid.0 < FIRST_NORMAL_OID { oid.0.to_string() } else { "N".to_owned() };
    error(sqlstate::INTERNAL_ERROR, format!("could not open relation with OID {number}"))
}

/// The stored row of another session's temporary sequence is out of reach.
fn other_session() -> Stop {
    error(sqlstate::FEATURE_NOT_SUPPORTED, "cannot access temporary tables of other sessions")
}

/// Keeps the older storage of two: what the transaction did not make itself outlives its rollback.
fn note_oldest(noted: &mut Option<StorageId>, storage: StorageId) {
    *noted = Some(noted.map_or(storage, |older| older.min(storage)));
}

/// An identity column takes as many low bytes of the sequence's value as its type has: nothing checks the range when the
/// sequence's type has been made wider than the column's.
fn cut_to_column(value: i64, column_type: Type) -> i64 {
    match column_type {
        Type::SmallInt => i64::from(value as i16),
        Type::Integer => i64::from(value as i32),
        _ => value,
    }
}
