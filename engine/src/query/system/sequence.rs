//! `pg_sequence`, `pg_sequences` and `information_schema.sequences` (manual, the pages of these names). PostgreSQL
//! brings no sequences of its own, so the model lists all rows.

use super::{SystemRelation, number, row_of};
use crate::catalog::{Privileges, Relation};
use crate::clause::Clause;
use crate::error::{Result, Stop, unsupported};
use crate::execute::Execution;
use crate::query::scan::ScanRow;
use crate::query::{Bound, Row, Value};
use crate::quirk::Quirk;
use crate::sequence::{Definition, IntegerType};

/// The place of `last_value` in `pg_sequences`.
pub(in crate::query) const LAST_VALUE_OF_SEQUENCES: usize = 10;

impl Execution<'_> {
    pub(super) fn sequence_rows(&mut self) -> Vec<ScanRow> {
        self.reach(Clause::CatalogSequence);
        self.seen_relations()
            .iter()
            .filter_map(|relation| {
                let definition = &relation.sequence()?.definition;
                Some(ScanRow::certain(vec![
                    number(relation.oid.0),
                    number(type_number(definition)),
                    number(definition.start),
                    number(definition.increment),
                    number(definition.maximum),
                    number(definition.minimum),
                    number(definition.cache),
                    Value::Boolean(definition.cycle),
                ]))
            })
            .collect()
    }

    /// The rows of `pg_sequences` that may pass a filter.
    ///
    /// To tell a last value PostgreSQL locks the sequence until the transaction ends. It does so for every row that passes
    /// what it can decide beforehand, whether the query wants the last value or not: a view whose columns call a volatile
    /// function is not merged into the query.
    pub(super) fn sequences_rows(&mut self, filter: Option<&Bound>, outer: Option<&Row<'_>>) -> Result<Vec<ScanRow>> {
        let mut conditions = filter.map(Bound::conjuncts).unwrap_or_default();
        conditions.retain(|condition| {
            let reads_last_value = condition.columns().contains(&LAST_VALUE_OF_SEQUENCES);
            !reads_last_value && !condition.is_volatile() && !condition.any(|part: &Bound| part.subquery().is_some())
        });
        let mut rows = Vec::new();
        for relation in self.seen_relations() {
            let Some(sequence) = relation.sequence().filter(|_| !self.is_of_other_session(&relation)) else { continue };
            self.reach(Clause::ViewSequences);
            let definition = &sequence.definition;
            let mut values = vec![
                self.schema_of(&relation),
                Value::Text(relation.name.clone()),
                self.role_value(relation.owner),
                number(type_number(definition)),
                number(definition.start),
                number(definition.minimum),
                number(definition.maximum),
                number(definition.increment),
                Value::Boolean(definition.cycle),
                number(definition.cache),
                Value::Null,
            ];
            if !self.may_all_hold(&conditions, &Row { values: &values, outer, ..Row::default() })? {
                continue;
            }
            // Privileges are asked of the sequence as it is now, not as the snapshot has it: it may be gone.
            let now = self.shared.catalog.relation(relation.oid, self.catalog_view());
            if now.is_some_and(|now| self.may_read_value(now)) || self.shared.settings.major.hides_last_value() {
                // The view's other rows are of the time before the wait, while the model would begin anew.
                values[LAST_VALUE_OF_SEQUENCES] =
                    self.sequence_last_value(relation.oid).map_err(|stop| match stop {
                        Stop::Waits(_) => unsupported("reading pg_sequences while another session changes a sequence"),
                        other => other,
                    })?;
            }
            rows.push(ScanRow::certain(values));
        }
        Ok(rows)
    }

    fn may_all_hold(&mut self, conditions: &[&Bound], row: &Row<'_>) -> Result<bool> {
        for condition in conditions {
            if !self.judge(condition, row)?.may_hold {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn information_sequences_rows(&mut self) -> Vec<ScanRow> {
        let mut rows = Vec::new();
        for relation in self.seen_relations() {
            let Some(sequence) = relation.sequence().filter(|_| !self.is_of_other_session(&relation)) else { continue };
            if sequence.owner.is_some_and(|owner| owner.is_identity) && !self.deviates(Quirk::IdentitySequencesListed) {
                // The standard knows them as part of their columns.
                continue;
            }
            if !self.has_any_right(&relation, Privileges::SEQUENCE) {
                continue;
            }
            self.reach(Clause::ViewInformationSchema);
            rows.push(ScanRow::certain(self.information_sequence_row(&relation, &sequence.definition)));
        }
        rows
    }

    fn information_sequence_row(&self, relation: &Relation, definition: &Definition) -> Vec<Value> {
        let text = |value: i64| Value::text(&value.to_string());
        let precision = match definition.value_type {
            IntegerType::SmallInt => 16,
            IntegerType::Integer => 32,
            IntegerType::BigInt => 64,
        };
        row_of(
            SystemRelation::InformationSequences,
            &[
                ("sequence_catalog", Value::text(&self.shared.settings.database)),
                ("sequence_schema", self.schema_of(relation)),
                ("sequence_name", Value::Text(relation.name.clone())),
                ("data_type", Value::text(definition.value_type.name())),
                ("numeric_precision", number(precision)),
                ("numeric_precision_radix", number(2)),
                ("numeric_scale", number(0)),
                ("start_value", text(definition.start)),
                ("minimum_value", text(definition.minimum)),
                ("maximum_value", text(definition.maximum)),
                ("increment", text(definition.increment)),
                ("cycle_option", Value::text(if definition.cycle { "YES" } else { "NO" })),
            ],
        )
    }
}

/// The OID of a sequence's type. Those of the integer types are fixed.
fn type_number(definition: &Definition) -> i64 {
    match definition.value_type {
        IntegerType::SmallInt => 21,
        IntegerType::Integer => 23,
        IntegerType::BigInt => 20,
    }
}
