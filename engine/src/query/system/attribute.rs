//! `pg_attribute` and `pg_attrdef` (manual, "pg_attribute" and "pg_attrdef").

use super::{SystemRelation, doubtful, number, row_of};
use crate::catalog::{Column, ColumnNumber, ConstraintKind, Kind, Modifier, Oid, SYSTEM_COLUMNS};
use crate::clause::Clause;
use crate::execute::Execution;
use crate::query::doubt::Fact;
use crate::query::scan::ScanRow;
use crate::query::{Type, Value};
use crate::statement::Generated;

impl Execution<'_> {
    pub(super) fn attribute_rows(&mut self) -> Vec<ScanRow> {
        self.reach(Clause::CatalogAttribute);
        let relations = self.seen_relations();
        let mut rows = Vec::new();
        for relation in &relations {
            match &relation.kind {
                Kind::Table(table) => {
                    for (place, column) in table.columns.iter().enumerate() {
                        rows.push(ScanRow::certain(column_row(relation.oid, place, column)));
                    }
                    rows.extend(SYSTEM_COLUMNS.map(|column| system_column(relation.oid, column)));
                }
                Kind::View(_) => {
                    rows.push(doubtful(SystemRelation::Attribute, &[("attrelid", number(relation.oid.0))]));
                }
                Kind::Sequence(_) => {
                    for (place, (name, column_type)) in
                        [("last_value", 20), ("log_cnt", 20), ("is_called", 16)].into_iter().enumerate()
                    {
                        rows.push(fixed_column(relation.oid, name, place as i64 + 1, column_type));
                    }
                    rows.extend(SYSTEM_COLUMNS.map(|column| system_column(relation.oid, column)));
                }
                Kind::Index(table) => {
                    let table = relations.iter().find(|other| other.oid == *table).and_then(|other| other.table());
                    let columns =
                        table.into_iter().flat_map(|table| &table.constraints).find_map(|constraint| match &constraint
                            .kind
                        {
                            ConstraintKind::Unique { columns, index, .. } if *index == relation.oid => {
                                Some(columns.len())
                            }
                            _ => None,
                        });
                    match columns {
                        Some(count) => rows.extend((1..=count).map(|place| index_column(relation.oid, place))),
                        None => rows.push(doubtful(SystemRelation::Attribute, &[("attrelid", number(relation.oid.0))])),
                    }
                }
            }
        }
        for relation in [Fact::SystemOid, Fact::UnlistedOid] {
            rows.push(doubtful(
                SystemRelation::Attribute,
                &[
                    ("attrelid", Value::Partial(relation)),
                    // Places count from 1, and from -1 for system columns.
                    ("attnum", Value::Partial(Fact::NumberBut(&[0]))),
                    ("atthasdef", Value::Boolean(false)),
                    ("attidentity", Value::text("")),
                    ("attgenerated", Value::text("")),
                    ("attisdropped", Value::Boolean(false)),
                ],
            ));
        }
        rows
    }

    pub(super) fn attribute_default_rows(&mut self) -> Vec<ScanRow> {
        self.reach(Clause::CatalogDefault);
        let mut rows = Vec::new();
        for relation in self.seen_relations() {
            let Some(table) = relation.table() else { continue };
            for (place, column) in table.live_columns() {
                let (oid, text) = match (column.default.as_ref(), &column.computed) {
                    (Some(default), _) => (default.oid, self.deparsed_default(column)),
                    (None, Some(computed)) => (computed.oid, Value::Opaque),
                    (None, None) => continue,
                };
                rows.push(ScanRow::certain(row_of(
                    SystemRelation::AttributeDefault,
                    &[
                        ("oid", number(oid.0)),
                        ("adrelid", number(relation.oid.0)),
                        ("adnum", number(place as i64 + 1)),
                        ("adbin", text),
                    ],
                )));
            }
        }
        rows
    }
}

fn column_row(table: Oid, place: usize, column: &Column) -> Vec<Value> {
    let place = place as i64 + 1;
    let dropped = column.is_dropped;
    let identity = match column.identity {
        Some(Generated::Always) if !dropped => "a",
        Some(Generated::ByDefault) if !dropped => "d",
        _ => "",
    };
    let value_type = if dropped { Some(0) } else { column.column_type.number() };
    let name = match dropped {
        true => Value::text(&format!("........pg.dropped.{place}........")),
        false => Value::Text(column.name.clone()),
    };
    let modifier = match (column.modifier, column.column_type) {
        (Some(Modifier::Length(length)), _) => number(length as i64 + 4),
        (Some(Modifier::Precision(precision, scale)), _) => number(i64::from(precision << 16 | scale) + 4),
        (None, Type::Opaque(_)) => Value::Opaque,
        (None, _) => number(-1),
    };
    row_of(
        SystemRelation::Attribute,
        &[
            ("attrelid", number(table.0)),
            ("attname", name),
            ("atttypid", value_type.map_or(Value::Opaque, Value::Integer)),
            ("attnum", number(place)),
            ("atttypmod", modifier),
            ("attnotnull", Value::Boolean(column.not_null && !dropped)),
            ("atthasdef", Value::Boolean((column.default.is_some() || column.computed.is_some()) && !dropped)),
            ("attidentity", Value::text(identity)),
            ("attgenerated", Value::text(if column.computed.is_some() && !dropped { "s" } else { "" })),
            ("attisdropped", Value::Boolean(dropped)),
        ],
    )
}

fn fixed_column(relation: Oid, name: &str, place: i64, value_type: i64) -> ScanRow {
    ScanRow::certain(row_of(
        SystemRelation::Attribute,
        &[
            ("attrelid", number(relation.0)),
            ("attname", Value::text(name)),
            ("atttypid", number(value_type)),
            ("attnum", number(place)),
            ("atttypmod", number(-1)),
            ("attnotnull", Value::Boolean(true)),
            ("atthasdef", Value::Boolean(false)),
            ("attidentity", Value::text("")),
            ("attgenerated", Value::text("")),
            ("attisdropped", Value::Boolean(false)),
        ],
    ))
}

fn system_column(relation: Oid, (name, number, value_type): (&str, ColumnNumber, i64)) -> ScanRow {
    fixed_column(relation, name, number.number(), value_type)
}

fn index_column(index: Oid, place: usize) -> ScanRow {
    ScanRow::certain(row_of(
        SystemRelation::Attribute,
        &[
            ("attrelid", number(index.0)),
            ("attnum", number(place as i64)),
            ("attnotnull", Value::Boolean(false)),
            ("atthasdef", Value::Boolean(false)),
            ("attidentity", Value::text("")),
            ("attgenerated", Value::text("")),
            ("attisdropped", Value::Boolean(false)),
        ],
    ))
}
