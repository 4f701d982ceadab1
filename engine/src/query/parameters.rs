//! Functions that read a sequence's parameters or find a sequence.

use std::rc::Rc;

use super::function::SEQUENCE_PARAMETERS;
use super::{Type, Value};
use crate::catalog::{FIRST_NORMAL_OID, Oid, Persistence, Privileges, Relation, is_temporary_schema, temporary_schema};
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::execute::{Execution, no_column};
use crate::quirk::Quirk;
use crate::sequence::IntegerType;
use crate::statement::Privilege;

/// One of these is needed to learn a sequence's value.
const VALUE_READERS: [Privilege; 2] = [Privilege::Select, Privilege::Usage];

impl Execution<'_> {
    /// `pg_sequence_last_value`: the stored value, NULL before the first use.
    pub(super) fn sequence_last_value(&mut self, oid: Oid) -> Result<Value> {
        self.once(|execution| execution.stored_last_value(oid))
    }

    fn stored_last_value(&mut self, oid: Oid) -> Result<Value> {
        let relation = self.open_sequence(oid)?;
        if !self.may_read_value(&relation) {
            if self.shared.settings.major.hides_last_value() {
                return Ok(Value::Null);
            }
            self.check_any(&relation, &VALUE_READERS)?;
        }
        let page = self.page(&relation);
        let is_shown = page.is_called || self.deviates(Quirk::LastValueBeforeUse);
        // A standby has nothing of an unlogged sequence.
        let is_here = !(self.shared.in_recovery && relation.persistence == Persistence::Unlogged);
        Ok(match is_shown && is_here && !self.is_other_temporary(&relation) {
            true => Value::Integer(page.last_value),
            false => Value::Null,
        })
    }

    /// Whether the current role may learn a sequence's value.
    pub(super) fn may_read_value(&self, sequence: &Relation) -> bool {
        !self.rights_on(sequence, self.current_role(), Privileges::of(&VALUE_READERS)).is_empty()
    }

    pub(crate) fn is_other_temporary(&self, relation: &Relation) -> bool {
        is_temporary_schema(relation.schema) && relation.schema != temporary_schema(self.session.id)
    }

    /// `pg_sequence_parameters`.
    pub(super) fn sequence_parameters(&mut self, oid: Oid) -> Result<Vec<Value>> {
        let view = self.catalog_view();
        let Some(relation) = self.shared.catalog.relation(oid, view).cloned() else {
            if oid.0 < FIRST_NORMAL_OID {
                return Err(unsupported("pg_sequence_parameters of a relation of the system"));
            }
            return Err(error(sqlstate::UNDEFINED_TABLE, format!("relation with OID {} does not exist", oid.0)));
        };
        // It takes no lock, so that it may find what the session's caches have kept.
        if self.shared.catalog.has_relation_changed_since(oid, self.session.names_known_until, view) {
            return Err(unsupported("pg_sequence_parameters of what others have changed since the transaction began"));
        }
        self.check_any(&relation, &[Privilege::Select, Privilege::Update, Privilege::Usage])?;
        let Some(sequence) = relation.sequence() else {
            return Err(unsupported("pg_sequence_parameters of a relation that is no sequence"));
        };
        let definition = &sequence.definition;
        Ok(vec![
            Value::Integer(definition.start),
            Value::Integer(definition.minimum),
            Value::Integer(definition.maximum),
            Value::Integer(definition.increment),
            Value::Boolean(definition.cycle),
            Value::Integer(definition.cache),
            // The OIDs of the integer types are fixed, unlike those of relations.
            Value::Integer(match definition.value_type {
                IntegerType::SmallInt => 21,
                IntegerType::Integer => 23,
                IntegerType::BigInt => 20,
            }),
        ])
    }

    /// `to_regclass`: as reading a `regclass`, but NULL for a relation that does not exist. Before 16 it reads names only.
    pub(super) fn find_regclass(&mut self, text: &str) -> Result<Value> {
        self.once(|execution| execution.find_regclass_now(text))
    }

    fn find_regclass_now(&mut self, text: &str) -> Result<Value> {
        let is_input = self.shared.settings.major.reads_to_regclass_as_input();
        let read = if is_input { self.read_regclass_now(text) } else { self.cast_to_regclass_now(text) };
        match read {
            Ok(oid) => Ok(Value::Integer(oid.0.into())),
            Err(crate::error::Stop::Error(message))
                if matches!(message.sqlstate, sqlstate::UNDEFINED_TABLE | sqlstate::INVALID_SCHEMA_NAME)
                    || is_input && message.sqlstate == sqlstate::INVALID_NAME =>
            {
                Ok(Value::Null)
            }
            Err(other) => Err(other),
        }
    }

    /// `pg_get_serial_sequence`: the sequence that a column owns, qualified and quoted (manual, "System Catalog
    /// Information Functions"). The table's name is folded unless quoted, the column's is taken as it is.
    pub(super) fn serial_sequence(&mut self, table: &str, column: &str) -> Result<Value> {
        self.reach(Clause::SerialSequence);
        let oid = self.cast_to_regclass(table)?;
        let view = self.catalog_view();
        let Some(relation) = self.shared.catalog.relation(oid, view).cloned() else {
            return Err(unsupported("a table given by its OID"));
        };
        let Some(data) = relation.table() else {
            return Err(unsupported("pg_get_serial_sequence of a relation that is no table"));
        };
        let Some(number) = data.column_number(column) else {
            return Err(no_column(column, &relation.name));
        };
        let owned = self.shared.catalog.column_sequences(oid, number, view);
        let recorded_by = |sequence: &Oid| {
            self.shared.catalog.relation(*sequence, view)?.sequence()?.owner.map(|owner| owner.recorded_by)
        };
        if owned.windows(2).any(|pair| recorded_by(&pair[0]) != recorded_by(&pair[1])) {
            return Err(unsupported("which comes first of sequences that several sessions have given to a column"));
        }
        // Of several, the index of pg_depend gives the one that the column has owned for longest.
        let Some(sequence) = owned.first() else { return Ok(Value::Null) };
        let Some(sequence) = self.shared.catalog.relation(*sequence, view) else { return Ok(Value::Null) };
        if is_temporary_schema(sequence.schema) {
            return Err(unsupported("a name in a temporary schema, which has a number"));
        }
        let schema = self.shared.catalog.schema_name(sequence.schema, view).unwrap_or_else(|| "?".into());
        if self.deviates(Quirk::SerialSequenceUnquoted) {
            return Ok(Value::text(&format!("{schema}.{}", sequence.name)));
        }
        Ok(Value::text(&crate::catalog::quote_qualified(&schema, &sequence.name)))
    }

    /// A role's name as a value.
    pub(super) fn role_value(&self, role: Oid) -> Value {
        Value::Text(self.shared.catalog.role_name(role, self.query_view()))
    }

    /// `pg_table_is_visible`: whether the bare name finds the relation.
    pub(super) fn is_visible(&mut self, oid: Oid) -> Result<Value> {
        let path = self.search_path();
        let view = self.catalog_view();
        let Some(relation) = self.shared.catalog.relation(oid, view) else {
            return Err(unsupported("whether a relation outside the model is visible"));
        };
        let found = self.shared.catalog.find_in_path(&relation.name, &path, view);
        Ok(Value::Boolean(found.is_some_and(|found| found.oid == oid)))
    }

    /// `current_schema()`.
    pub(super) fn current_schema(&mut self) -> Result<Value> {
        let path = self.search_path();
        if path.creation.is_some_and(is_temporary_schema) {
            return Err(unsupported("the name of a temporary schema"));
        }
        let name = path.creation.and_then(|oid| self.shared.catalog.schema_name(oid, self.catalog_view()));
        Ok(name.map_or(Value::Null, Value::Text))
    }
}

/// The columns of `pg_sequence_parameters` in FROM.
pub(super) fn parameter_columns() -> Vec<(Rc<str>, Type)> {
    SEQUENCE_PARAMETERS.iter().map(|(name, value_type)| (Rc::from(*name), *value_type)).collect()
}
