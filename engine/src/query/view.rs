//! Views of the system catalogs, and functions that read a sequence's parameters.

use std::rc::Rc;

use super::function::SEQUENCE_PARAMETERS;
use super::{Type, Value};
use crate::catalog::{Oid, Privileges, Relation, is_temporary_schema, temporary_schema};
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::execute::{Execution, no_column};
use crate::sequence::IntegerType;
use crate::statement::Privilege;

/// One of these is needed to learn a sequence's value.
const VALUE_READERS: [Privilege; 2] = [Privilege::Select, Privilege::Usage];

/// The views that the model knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SystemView {
    /// `pg_sequences` (manual, "pg_sequences").
    Sequences,
    /// `information_schema.sequences` (manual, "sequences").
    InformationSchemaSequences,
}

impl SystemView {
    /// The view that a name in FROM means.
    pub(super) fn named(schema: Option<&str>, name: &str) -> Option<SystemView> {
        match (schema, name) {
            (None | Some("pg_catalog"), "pg_sequences") => Some(SystemView::Sequences),
            (Some("information_schema"), "sequences") => Some(SystemView::InformationSchemaSequences),
            _ => None,
        }
    }

    pub(super) fn columns(self) -> Vec<(Rc<str>, Type)> {
        let columns: &[(&str, Type)] = match self {
            SystemView::Sequences => &[
                ("schemaname", Type::Name),
                ("sequencename", Type::Name),
                ("sequenceowner", Type::Name),
                // A regtype in PostgreSQL, which reads as the type's name.
                ("data_type", Type::Text),
                ("start_value", Type::BigInt),
                ("min_value", Type::BigInt),
                ("max_value", Type::BigInt),
                ("increment_by", Type::BigInt),
                ("cycle", Type::Boolean),
                ("cache_size", Type::BigInt),
                ("last_value", Type::BigInt),
            ],
            SystemView::InformationSchemaSequences => &[
                ("sequence_catalog", Type::Name),
                ("sequence_schema", Type::Name),
                ("sequence_name", Type::Name),
                ("data_type", Type::Varchar),
                ("numeric_precision", Type::Integer),
                ("numeric_precision_radix", Type::Integer),
                ("numeric_scale", Type::Integer),
                ("start_value", Type::Varchar),
                ("minimum_value", Type::Varchar),
                ("maximum_value", Type::Varchar),
                ("increment", Type::Varchar),
                ("cycle_option", Type::Varchar),
            ],
        };
        columns.iter().map(|(name, value_type)| (Rc::from(*name), *value_type)).collect()
    }
}

impl Execution<'_> {
    /// Refuses a view that would show a temporary schema, whose number nobody can predict.
    pub(super) fn check_view(&self) -> Result<()> {
        let temporary = temporary_schema(self.session.id);
        let shown = self
            .shared
            .catalog
            .relations(self.query_view())
            .any(|relation| relation.schema == temporary && relation.sequence().is_some());
        match shown {
            true => Err(unsupported("a list of sequences that includes temporary ones, whose schema has a number")),
            false => Ok(()),
        }
    }

    pub(super) fn view_rows(&mut self, view: SystemView) -> Result<Vec<Vec<Value>>> {
        let sequences: Vec<Rc<Relation>> = self
            .shared
            .catalog
            .relations(self.query_view())
            .filter(|relation| relation.sequence().is_some() && !is_temporary_schema(relation.schema))
            .cloned()
            .collect();
        let mut rows = Vec::with_capacity(sequences.len());
        for relation in sequences {
            let is_identity =
                relation.sequence().and_then(|sequence| sequence.owner).is_some_and(|owner| owner.is_identity);
            if is_identity && view == SystemView::InformationSchemaSequences {
                // The standard knows them as part of their columns.
                continue;
            }
            let is_visible = self.acts_as(relation.owner)
                || !self.rights_on(&relation, self.current_role(), Privileges::SEQUENCE).is_empty();
            if !is_visible && view == SystemView::InformationSchemaSequences {
                continue;
            }
            rows.push(match view {
                SystemView::Sequences => self.sequences_row(&relation)?,
                SystemView::InformationSchemaSequences => self.information_schema_row(&relation),
            });
        }
        Ok(rows)
    }

    /// A role's name as a value.
    pub(super) fn role_value(&self, role: Oid) -> Value {
        Value::Text(self.shared.catalog.role_name(role, self.query_view()))
    }

    fn schema_of(&self, relation: &Relation) -> Value {
        let name = self.shared.catalog.schema_name(relation.schema, self.query_view());
        name.map_or(Value::Null, Value::Text)
    }

    fn sequences_row(&mut self, relation: &Relation) -> Result<Vec<Value>> {
        self.reach(Clause::ViewSequences);
        let Some(sequence) = relation.sequence() else { return Ok(Vec::new()) };
        let definition = &sequence.definition;
        Ok(vec![
            self.schema_of(relation),
            Value::Text(relation.name.clone()),
            self.role_value(relation.owner),
            Value::text(definition.value_type.name()),
            Value::Integer(definition.start),
            Value::Integer(definition.minimum),
            Value::Integer(definition.maximum),
            Value::Integer(definition.increment),
            Value::Boolean(definition.cycle),
            Value::Integer(definition.cache),
            match self.may_read_value(relation) || self.shared.settings.major.hides_last_value() {
                true => self.sequence_last_value(relation.oid)?,
                false => Value::Null,
            },
        ])
    }

    fn information_schema_row(&mut self, relation: &Relation) -> Vec<Value> {
        self.reach(Clause::ViewInformationSchema);
        let Some(sequence) = relation.sequence() else { return Vec::new() };
        let definition = &sequence.definition;
        let text = |value: i64| Value::text(&value.to_string());
        vec![
            Value::text(&self.shared.settings.database),
            self.schema_of(relation),
            Value::Text(relation.name.clone()),
            Value::text(definition.value_type.name()),
            Value::Integer(match definition.value_type {
                IntegerType::SmallInt => 16,
                IntegerType::Integer => 32,
                IntegerType::BigInt => 64,
            }),
            Value::Integer(2),
            Value::Integer(0),
            text(definition.start),
            text(definition.minimum),
            text(definition.maximum),
            text(definition.increment),
            Value::text(if definition.cycle { "YES" } else { "NO" }),
        ]
    }

    /// `pg_sequence_last_value`: the stored value, NULL before the first use.
    pub(super) fn sequence_last_value(&mut self, oid: Oid) -> Result<Value> {
        let relation = self.open_sequence(oid)?;
        if !self.may_read_value(&relation) {
            if self.shared.settings.major.hides_last_value() {
                return Ok(Value::Null);
            }
            self.check_any(&relation, &VALUE_READERS)?;
        }
        let page = self.page(&relation);
        Ok(match page.is_called && !self.is_other_temporary(&relation) {
            true => Value::Integer(page.last_value),
            false => Value::Null,
        })
    }

    fn may_read_value(&self, sequence: &Relation) -> bool {
        !self.rights_on(sequence, self.current_role(), Privileges::of(&VALUE_READERS)).is_empty()
    }

    pub(crate) fn is_other_temporary(&self, relation: &Relation) -> bool {
        is_temporary_schema(relation.schema) && relation.schema != temporary_schema(self.session.id)
    }

    /// `pg_sequence_parameters`.
    pub(super) fn sequence_parameters(&mut self, oid: Oid) -> Result<Vec<Value>> {
        let view = self.catalog_view();
        let Some(relation) = self.shared.catalog.relation(oid, view).cloned() else {
            return Err(error(sqlstate::UNDEFINED_TABLE, format!("relation with OID {} does not exist", oid.0)));
        };
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

    /// `to_regclass`: as reading a `regclass`, but NULL for a relation that does not exist.
    pub(super) fn find_regclass(&mut self, text: &str) -> Result<Value> {
        match self.read_regclass(text) {
            Ok(oid) => Ok(Value::Integer(oid.0.into())),
            Err(crate::error::Stop::Error(message))
                if matches!(message.sqlstate, sqlstate::UNDEFINED_TABLE | sqlstate::INVALID_SCHEMA_NAME) =>
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
        let Some((place, _)) = data.column(column) else {
            return Err(no_column(column, &relation.name));
        };
        let owned = self.shared.catalog.column_sequences(oid, place, view);
        let [sequence] = owned.as_slice() else {
            return match owned.is_empty() {
                true => Ok(Value::Null),
                false => Err(unsupported("a column that owns several sequences")),
            };
        };
        let Some(sequence) = self.shared.catalog.relation(*sequence, view) else { return Ok(Value::Null) };
        if is_temporary_schema(sequence.schema) {
            return Err(unsupported("a name in a temporary schema, which has a number"));
        }
        let schema = self.shared.catalog.schema_name(sequence.schema, view).unwrap_or_else(|| "?".into());
        Ok(Value::text(&crate::catalog::quote_qualified(&schema, &sequence.name)))
    }

    /// `current_schema()`.
    pub(super) fn current_schema(&mut self) -> Value {
        let path = self.search_path();
        let name = path.creation.and_then(|oid| self.shared.catalog.schema_name(oid, self.catalog_view()));
        name.map_or(Value::Null, Value::Text)
    }
}

/// The columns of `pg_sequence_parameters` in FROM.
pub(super) fn parameter_columns() -> Vec<(Rc<str>, Type)> {
    SEQUENCE_PARAMETERS.iter().map(|(name, value_type)| (Rc::from(*name), *value_type)).collect()
}
