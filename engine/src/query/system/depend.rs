//! `pg_depend`, as far as it links sequences, columns and defaults (manual, "pg_depend").

use super::{SystemRelation, doubtful, number};
use crate::catalog::{ConstraintKind, Kind, Oid, is_temporary_schema};
use crate::clause::Clause;
use crate::execute::Execution;
use crate::query::Value;
use crate::query::doubt::Fact;
use crate::query::scan::ScanRow;

/// The OIDs of the catalogs whose objects depend on each other here. They are fixed.
const CLASS: i64 = 1259;
const DEFAULT: i64 = 2604;
const CONSTRAINT: i64 = 2606;
const NAMESPACE: i64 = 2615;

impl Execution<'_> {
    pub(super) fn depend_rows(&mut self) -> Vec<ScanRow> {
        self.reach(Clause::CatalogDepend);
        let mut rows = Vec::new();
        for relation in self.seen_relations() {
            let oid = i64::from(relation.oid.0);
            // An index belongs to its table, not to the schema.
            if !matches!(relation.kind, Kind::Index(_)) {
                let schema = match is_temporary_schema(relation.schema) {
                    true => Value::Partial(Fact::AnyOid),
                    false => number(relation.schema.0),
                };
                rows.push(edge([number(CLASS), number(oid), number(0)], [number(NAMESPACE), schema, number(0)], "n"));
            }
            match &relation.kind {
                Kind::Sequence(sequence) => {
                    if let Some(owner) = sequence.owner {
                        let kind = if owner.is_identity { "i" } else { "a" };
                        let column = number(owner.column.number());
                        let table = number(owner.table.0);
                        rows.push(edge([number(CLASS), number(oid), number(0)], [number(CLASS), table, column], kind));
                    }
                }
                Kind::Table(table) => {
                    let mut key = table.partition_key.clone().unwrap_or_default();
                    key.sort_unstable();
                    key.dedup();
                    rows.extend(key.into_iter().map(|place| {
                        let column = [number(CLASS), number(oid), number(place as i64 + 1)];
                        edge(column, [number(CLASS), number(oid), number(0)], "i")
                    }));
                    for (place, column) in table.live_columns() {
                        if let Some(computed) = &column.computed {
                            rows.push(unlisted(&[("classid", number(DEFAULT)), ("objid", number(computed.oid.0))]));
                        }
                        let Some(default) = column.default.as_ref() else { continue };
                        let dependent = || [number(DEFAULT), number(default.oid.0), number(0)];
                        let column = [number(CLASS), number(oid), number(place as i64 + 1)];
                        rows.push(edge(dependent(), column, "a"));
                        for other in &default.relations {
                            rows.push(edge(dependent(), [number(CLASS), number(other.0), number(0)], "n"));
                        }
                        if default.value.is_none() {
                            rows.push(unlisted(&[("classid", number(DEFAULT)), ("objid", number(default.oid.0))]));
                        }
                    }
                }
                // What a view reads is read by its rule, which is none of the relations.
                Kind::View(_) => {}
                Kind::Index(table) => {
                    let target = match self.is_behind_constraint(*table, relation.oid) {
                        true => ("refclassid", number(CONSTRAINT)),
                        // On the columns of its table.
                        false => ("refclassid", number(CLASS)),
                    };
                    rows.push(unlisted(&[("classid", number(CLASS)), ("objid", number(oid)), target]));
                }
            }
        }
        // What PostgreSQL brings: neither side is an object of the model's.
        rows.push(unlisted(&[
            ("objid", Value::Partial(Fact::SystemOid)),
            ("refobjid", Value::Partial(Fact::SystemOid)),
        ]));
        // TOAST tables, which depend on their tables.
        rows.push(unlisted(&[
            ("classid", number(CLASS)),
            ("objid", Value::Partial(Fact::UnlistedOid)),
            ("objsubid", number(0)),
            ("refclassid", number(CLASS)),
            ("refobjsubid", number(0)),
            ("deptype", Value::text("i")),
        ]));
        // Row types, constraints, rules and whatever else has no relation or default as its dependent side.
        rows.push(unlisted(&[
            ("classid", Value::Partial(Fact::NumberBut(&[CLASS, DEFAULT, NAMESPACE]))),
            ("objid", Value::Partial(Fact::UnlistedOid)),
        ]));
        rows
    }
}

impl Execution<'_> {
    fn is_behind_constraint(&self, table: Oid, wanted: Oid) -> bool {
        let table = self.shared.catalog.relation(table, self.query_view()).and_then(|relation| relation.table());
        table.is_some_and(|table| {
            table
                .constraints
                .iter()
                .any(|constraint| matches!(constraint.kind, ConstraintKind::Unique { index, .. } if index == wanted))
        })
    }
}

fn edge(dependent: [Value; 3], referenced: [Value; 3], kind: &str) -> ScanRow {
    let mut values = Vec::with_capacity(7);
    values.extend(dependent);
    values.extend(referenced);
    values.push(Value::text(kind));
    ScanRow::certain(values)
}

fn unlisted(given: &[(&str, Value)]) -> ScanRow {
    doubtful(SystemRelation::Depend, given)
}
