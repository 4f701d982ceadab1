//! `information_schema.columns` (manual, "columns").

use super::names::{CATALOG_RELATION_NAME, INFORMATION_SCHEMA_TABLE_NAME, INFORMATION_SCHEMA_VIEW_NAME};
use super::{SystemRelation, doubtful, number, row_of};
use crate::catalog::{Column, Modifier, Oid, Privileges, Relation};
use crate::clause::Clause;
use crate::execute::Execution;
use crate::lock::LockMode;
use crate::query::scan::ScanRow;
use crate::query::{Type, Value};
use crate::statement::{Generated, Privilege};

impl Execution<'_> {
    pub(super) fn information_columns_rows(&mut self) -> Vec<ScanRow> {
        self.reach(Clause::ViewInformationSchemaColumns);
        let mut rows = Vec::new();
        for relation in self.seen_relations() {
            if relation.view().is_some() {
                let name = Value::Text(relation.name.clone());
                rows.push(doubtful(SystemRelation::InformationColumns, &[("table_name", name)]));
            }
            let Some(table) = relation.table().filter(|_| !self.is_of_other_session(&relation)) else { continue };
            let shown =
                Privileges::of(&[Privilege::Select, Privilege::Insert, Privilege::Update, Privilege::References]);
            if !self.has_any_right(&relation, shown) {
                continue;
            }
            for (place, column) in table.live_columns() {
                let values = self.column_of_standard(&relation, place, column);
                // PostgreSQL locks a table to write a default, when a query wants that.
                let may_wait = column.default.is_some()
                    && self.shared.locks.would_wait(self.session.id, relation.oid, LockMode::AccessShare);
                rows.push(ScanRow { values, doubtful: may_wait });
            }
        }
        for (schema, name) in [
            ("pg_catalog", CATALOG_RELATION_NAME),
            ("information_schema", INFORMATION_SCHEMA_TABLE_NAME),
            ("information_schema", INFORMATION_SCHEMA_VIEW_NAME),
        ] {
            rows.push(doubtful(
                SystemRelation::InformationColumns,
                &[
                    ("table_catalog", Value::text(&self.shared.settings.database)),
                    ("table_schema", Value::text(schema)),
                    ("table_name", Value::Partial(name)),
                    ("is_identity", Value::text("NO")),
                    ("identity_generation", Value::Null),
                    ("column_default", Value::Null),
                ],
            ));
        }
        rows
    }

    fn column_of_standard(&mut self, table: &Relation, place: usize, column: &Column) -> Vec<Value> {
        let database = Value::text(&self.shared.settings.database);
        let ordinal = place as i64 + 1;
        let yes_or_no = |yes: bool| Value::text(if yes { "YES" } else { "NO" });
        let mut given = vec![
            ("table_catalog", database.clone()),
            ("table_schema", self.schema_of(table)),
            ("table_name", Value::Text(table.name.clone())),
            ("column_name", Value::Text(column.name.clone())),
            ("ordinal_position", number(ordinal)),
            ("column_default", self.deparsed_default(column)),
            ("is_nullable", yes_or_no(!column.not_null)),
            ("udt_catalog", database.clone()),
            ("dtd_identifier", Value::text(&ordinal.to_string())),
            ("is_self_referencing", yes_or_no(false)),
            ("is_identity", yes_or_no(column.identity.is_some())),
            ("is_generated", Value::text(if column.computed.is_some() { "ALWAYS" } else { "NEVER" })),
            ("generation_expression", if column.computed.is_some() { Value::Opaque } else { Value::Null }),
            ("is_updatable", yes_or_no(true)),
        ];
        for always_null in [
            "interval_precision",
            "character_set_catalog",
            "character_set_schema",
            "character_set_name",
            "scope_catalog",
            "scope_schema",
            "scope_name",
            "maximum_cardinality",
        ] {
            given.push((always_null, Value::Null));
        }
        given.extend(type_values(column, &database));
        given.extend(self.identity_values(table.oid, place, column));
        row_of(SystemRelation::InformationColumns, &given)
    }

    fn identity_values(&self, table: Oid, place: usize, column: &Column) -> Vec<(&'static str, Value)> {
        let generation = match column.identity {
            Some(Generated::Always) => Value::text("ALWAYS"),
            Some(Generated::ByDefault) => Value::text("BY DEFAULT"),
            None => Value::Null,
        };
        let view = self.query_view();
        let sequence = self.shared.catalog.identity_sequences(table, place, view).first().copied();
        let definition = sequence
            .and_then(|oid| self.shared.catalog.relation(oid, view))
            .and_then(|relation| Some(relation.sequence()?.definition.clone()));
        let mut values = vec![("identity_generation", generation)];
        let text = |value: i64| Value::text(&value.to_string());
        match definition {
            Some(definition) => values.extend([
                ("identity_start", text(definition.start)),
                ("identity_increment", text(definition.increment)),
                ("identity_maximum", text(definition.maximum)),
                ("identity_minimum", text(definition.minimum)),
                ("identity_cycle", Value::text(if definition.cycle { "YES" } else { "NO" })),
            ]),
            None => {
                let absent = ["identity_start", "identity_increment", "identity_maximum", "identity_minimum"];
                values.extend(absent.map(|name| (name, Value::Null)));
                values.push(("identity_cycle", Value::text("NO")));
            }
        }
        values
    }
}

/// What follows from a column's type.
fn type_values(column: &Column, database: &Value) -> Vec<(&'static str, Value)> {
    let value_type = column.column_type;
    let Some(internal_name) = value_type.internal_name() else { return Vec::new() };
    let precision = match value_type {
        Type::SmallInt => number(16),
        Type::Integer => number(32),
        Type::BigInt => number(64),
        _ => match column.modifier {
            Some(Modifier::Precision(precision, _)) => number(precision),
            _ => Value::Null,
        },
    };
    let scale = match column.modifier {
        Some(Modifier::Precision(_, scale)) => number(scale),
        _ if value_type.is_integer() => number(0),
        _ => Value::Null,
    };
    let length = match column.modifier {
        Some(Modifier::Length(length)) => number(length as i64),
        _ => Value::Null,
    };
    let radix = match value_type {
        Type::Numeric => number(10),
        _ if value_type.is_integer() => number(2),
        _ => Value::Null,
    };
    let octets = match (value_type, column.modifier) {
        (Type::Text | Type::Varchar, None) => number(1 << 30),
        // It depends on the encoding of the database.
        (Type::Varchar, Some(_)) => Value::Opaque,
        _ => Value::Null,
    };
    // The collation of name is C; those of the others are the database's own, which the view leaves out.
    let collation = |value: Value| if value_type == Type::Name { value } else { Value::Null };
    let mut values = vec![
        ("data_type", Value::text(&value_type.sql_name())),
        ("character_maximum_length", length),
        ("character_octet_length", octets),
        ("numeric_precision", precision),
        ("numeric_precision_radix", radix),
        ("numeric_scale", scale),
        ("collation_catalog", collation(database.clone())),
        ("collation_schema", collation(Value::text("pg_catalog"))),
        ("collation_name", collation(Value::text("C"))),
        ("udt_schema", Value::text("pg_catalog")),
        ("udt_name", Value::text(internal_name)),
    ];
    for always_null in ["datetime_precision", "interval_type", "domain_catalog", "domain_schema", "domain_name"] {
        values.push((always_null, Value::Null));
    }
    values
}
