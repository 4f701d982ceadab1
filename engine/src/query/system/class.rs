//! `pg_class` and `pg_namespace` (manual, "pg_class" and "pg_namespace").

use std::rc::Rc;

use super::names::{CATALOG_RELATION_NAME, INFORMATION_SCHEMA_TABLE_NAME, INFORMATION_SCHEMA_VIEW_NAME};
use super::{SystemRelation, doubtful, number, row_of};
use crate::catalog::{
    BOOTSTRAP_ROLE, ConstraintKind, INFORMATION_SCHEMA, Kind, Oid, PG_CATALOG, PG_TOAST, Persistence, Relation,
    TableData, is_temporary_schema,
};
use crate::clause::Clause;
use crate::execute::Execution;
use crate::query::Value;
use crate::query::doubt::Fact;
use crate::query::scan::ScanRow;

impl Execution<'_> {
    pub(super) fn class_rows(&mut self) -> Vec<ScanRow> {
        self.reach(Clause::CatalogClass);
        let relations = self.seen_relations();
        let mut rows: Vec<ScanRow> = relations
            .iter()
            .map(|relation| ScanRow::certain(class_row(relation, relation_kind(relation, &relations))))
            .collect();
        // The kinds of relations that PostgreSQL makes for itself, by schema: no sequences among them.
        for (schema, name, kinds) in [
            (PG_CATALOG, CATALOG_RELATION_NAME, ["r", "v", "i"].as_slice()),
            (INFORMATION_SCHEMA, INFORMATION_SCHEMA_TABLE_NAME, &["r"]),
            (INFORMATION_SCHEMA, INFORMATION_SCHEMA_VIEW_NAME, &["v"]),
            (PG_TOAST, Fact::Numbered("pg_toast_"), &["t", "i"]),
        ] {
            for kind in kinds {
                rows.push(doubtful(
                    SystemRelation::Class,
                    &[
                        ("oid", Value::Partial(Fact::SystemOid)),
                        ("relname", Value::Partial(name)),
                        ("relnamespace", number(schema.0)),
                        ("relowner", number(BOOTSTRAP_ROLE.0)),
                        ("relpersistence", Value::text("p")),
                        ("relkind", Value::text(kind)),
                        ("relispartition", Value::Boolean(false)),
                    ],
                ));
            }
        }
        // The TOAST tables of tables, and their indexes.
        for schema in [number(PG_TOAST.0), Value::Partial(Fact::UnlistedOid)] {
            for kind in ["t", "i"] {
                rows.push(doubtful(
                    SystemRelation::Class,
                    &[
                        ("oid", Value::Partial(Fact::UnlistedOid)),
                        ("relname", Value::Partial(Fact::Numbered("pg_toast_"))),
                        ("relnamespace", schema.clone()),
                        ("relpersistence", Value::Partial(Fact::TextAmong(&["p", "u", "t"]))),
                        ("relkind", Value::text(kind)),
                        ("relisshared", Value::Boolean(false)),
                        ("relispartition", Value::Boolean(false)),
                    ],
                ));
            }
        }
        rows
    }

    pub(super) fn namespace_rows(&mut self) -> Vec<ScanRow> {
        let view = self.query_view();
        let mut rows: Vec<ScanRow> = self
            .shared
            .catalog
            .schemas(view)
            .map(|schema| {
                ScanRow::certain(row_of(
                    SystemRelation::Namespace,
                    &[("oid", number(schema.oid.0)), ("nspname", Value::Text(schema.name.clone()))],
                ))
            })
            .collect();
        let mut temporary: Vec<_> = self
            .seen_relations()
            .iter()
            .map(|relation| relation.schema)
            .filter(|oid| is_temporary_schema(*oid))
            .collect();
        temporary.sort_unstable();
        temporary.dedup();
        for schema in temporary {
            let name = Value::Partial(Fact::Numbered("pg_temp_"));
            rows.push(ScanRow::certain(row_of(
                SystemRelation::Namespace,
                &[("oid", number(schema.0)), ("nspname", name)],
            )));
        }
        // Temporary schemas stay when their relations and sessions are gone, and each has one for TOAST tables.
        for prefix in ["pg_temp_", "pg_toast_temp_"] {
            rows.push(doubtful(
                SystemRelation::Namespace,
                &[
                    ("oid", Value::Partial(Fact::UnlistedOid)),
                    ("nspname", Value::Partial(Fact::Numbered(prefix))),
                    ("nspowner", number(BOOTSTRAP_ROLE.0)),
                ],
            ));
        }
        rows
    }
}

fn relation_kind(relation: &Relation, relations: &[Rc<Relation>]) -> &'static str {
    let is_partitioned = |table: Oid| {
        let table = relations.iter().find(|relation| relation.oid == table).and_then(|relation| relation.table());
        table.is_some_and(TableData::is_partitioned)
    };
    match relation.kind {
        Kind::Sequence(_) => "S",
        Kind::Table(_) if is_partitioned(relation.oid) => "p",
        Kind::Table(_) => "r",
        Kind::Index(table) if is_partitioned(table) => "I",
        Kind::Index(_) => "i",
        Kind::View(_) => "v",
    }
}

fn class_row(relation: &Relation, kind: &str) -> Vec<Value> {
    let persistence = match relation.persistence {
        Persistence::Permanent => "p",
        Persistence::Unlogged => "u",
        Persistence::Temporary => "t",
    };
    let (columns, checks) = match relation.table() {
        Some(table) => {
            let is_check =
                |constraint: &&crate::catalog::Constraint| matches!(constraint.kind, ConstraintKind::Check { .. });
            let checks = table.constraints.iter().filter(is_check).count();
            (number(table.columns.len() as i64), number(checks as i64))
        }
        None if relation.sequence().is_some() => (number(3), number(0)),
        None => (Value::Opaque, number(0)),
    };
    row_of(
        SystemRelation::Class,
        &[
            ("oid", number(relation.oid.0)),
            ("relname", Value::Text(relation.name.clone())),
            ("relnamespace", number(relation.schema.0)),
            ("relowner", number(relation.owner.0)),
            ("relisshared", Value::Boolean(false)),
            ("relpersistence", Value::text(persistence)),
            ("relkind", Value::text(kind)),
            ("relnatts", columns),
            ("relchecks", checks),
            ("relispopulated", Value::Boolean(true)),
            ("relispartition", Value::Boolean(false)),
        ],
    )
}
