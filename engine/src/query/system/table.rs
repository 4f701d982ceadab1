//! `pg_tables`, `information_schema.tables` and `pg_type` (manual, the pages of these names).

use super::names::{CATALOG_RELATION_NAME, INFORMATION_SCHEMA_TABLE_NAME, INFORMATION_SCHEMA_VIEW_NAME};
use super::{SystemRelation, doubtful, number, row_of};
use crate::catalog::{PG_CATALOG, Privileges};
use crate::clause::Clause;
use crate::execute::Execution;
use crate::query::doubt::Fact;
use crate::query::scan::ScanRow;
use crate::query::{Type, Value};
use crate::statement::Privilege;

/// The types that the model knows. The numbers are their OIDs.
const KNOWN_TYPES: &[i64] = &[16, 18, 19, 20, 21, 23, 25, 26, 194, 1043, 1700, 2205, 2206, 4089];

/// The tables and views that PostgreSQL brings: schema, name and type.
const SYSTEM_TABLES: [(&str, Fact, &str); 4] = [
    ("pg_catalog", CATALOG_RELATION_NAME, "BASE TABLE"),
    ("pg_catalog", CATALOG_RELATION_NAME, "VIEW"),
    ("information_schema", INFORMATION_SCHEMA_TABLE_NAME, "BASE TABLE"),
    ("information_schema", INFORMATION_SCHEMA_VIEW_NAME, "VIEW"),
];

impl Execution<'_> {
    pub(super) fn tables_rows(&mut self) -> Vec<ScanRow> {
        self.reach(Clause::ViewTables);
        let mut rows: Vec<ScanRow> = Vec::new();
        for relation in self.seen_relations() {
            if relation.table().is_none() {
                continue;
            }
            rows.push(ScanRow::certain(row_of(
                SystemRelation::Tables,
                &[
                    ("schemaname", self.schema_of(&relation)),
                    ("tablename", Value::Text(relation.name.clone())),
                    ("tableowner", self.role_value(relation.owner)),
                    ("tablespace", Value::Null),
                    ("hasrules", Value::Boolean(false)),
                    ("rowsecurity", Value::Boolean(false)),
                ],
            )));
        }
        for (schema, name, kind) in SYSTEM_TABLES {
            if kind == "BASE TABLE" {
                let given = [("schemaname", Value::text(schema)), ("tablename", Value::Partial(name))];
                rows.push(doubtful(SystemRelation::Tables, &given));
            }
        }
        rows
    }

    pub(super) fn information_tables_rows(&mut self) -> Vec<ScanRow> {
        self.reach(Clause::ViewTables);
        let database = Value::text(&self.shared.settings.database);
        let mut rows: Vec<ScanRow> = Vec::new();
        for relation in self.seen_relations() {
            if relation.view().is_some() {
                let name = Value::Text(relation.name.clone());
                let given = [("table_name", name), ("table_type", Value::text("VIEW"))];
                rows.push(doubtful(SystemRelation::InformationTables, &given));
            }
            if relation.table().is_none() || self.is_of_other_session(&relation) {
                continue;
            }
            let shown = Privileges::of(&[
                Privilege::Select,
                Privilege::Insert,
                Privilege::Update,
                Privilege::Delete,
                Privilege::Truncate,
                Privilege::References,
                Privilege::Trigger,
            ]);
            if !self.has_any_right(&relation, shown) {
                continue;
            }
            let is_temporary = crate::catalog::is_temporary_schema(relation.schema);
            let mut given = vec![
                ("table_catalog", database.clone()),
                ("table_schema", self.schema_of(&relation)),
                ("table_name", Value::Text(relation.name.clone())),
                ("table_type", Value::text(if is_temporary { "LOCAL TEMPORARY" } else { "BASE TABLE" })),
                ("is_insertable_into", Value::text("YES")),
                ("is_typed", Value::text("NO")),
                // What happens to a temporary table at commit.
                ("commit_action", if is_temporary { Value::Opaque } else { Value::Null }),
            ];
            for always_null in [
                "self_referencing_column_name",
                "reference_generation",
                "user_defined_type_catalog",
                "user_defined_type_schema",
                "user_defined_type_name",
            ] {
                given.push((always_null, Value::Null));
            }
            rows.push(ScanRow::certain(row_of(SystemRelation::InformationTables, &given)));
        }
        for (schema, name, kind) in SYSTEM_TABLES {
            rows.push(doubtful(
                SystemRelation::InformationTables,
                &[
                    ("table_catalog", database.clone()),
                    ("table_schema", Value::text(schema)),
                    ("table_name", Value::Partial(name)),
                    ("table_type", Value::text(kind)),
                ],
            ));
        }
        rows
    }
}

pub(super) fn type_rows() -> Vec<ScanRow> {
    let known = KNOWN_TYPES.iter().filter_map(|oid| Some((*oid, Type::of_number(*oid)?.internal_name()?)));
    let mut rows: Vec<ScanRow> = known
        .map(|(oid, name)| {
            ScanRow::certain(row_of(
                SystemRelation::Types,
                &[("oid", number(oid)), ("typname", Value::text(name)), ("typnamespace", number(PG_CATALOG.0))],
            ))
        })
        .collect();
    rows.push(doubtful(SystemRelation::Types, &[("oid", Value::Partial(Fact::NumberBut(KNOWN_TYPES)))]));
    rows
}
