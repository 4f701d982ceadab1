//! Relations of the system catalogs and the information schema as rows (manual, "System Catalogs", "System Views" and
//! "The Information Schema").
//!
//! The model lists the rows of objects that statements have made. Rows that PostgreSQL itself brings are stood in for by
//! rows of facts, marked as doubtful: a query that may let one of them pass is refused.

mod attribute;
mod class;
mod columns;
mod deparse;
mod depend;
mod information;
mod names;
mod sequence;
mod table;

pub(super) use sequence::LAST_VALUE_OF_SEQUENCES;

use std::rc::Rc;

use super::doubt::Fact;
use super::scan::ScanRow;
use super::{Bound, Row, Type, Value};
use crate::catalog::{Privileges, RangeName, Relation, is_temporary_schema, temporary_schema};
use crate::dialect::Major;
use crate::error::{Result, unsupported};
use crate::execute::Execution;
use table::type_rows;

/// The relations that the model knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SystemRelation {
    /// `pg_class`.
    Class,
    /// `pg_namespace`.
    Namespace,
    /// `pg_sequence`.
    Sequence,
    /// `pg_attribute`.
    Attribute,
    /// `pg_attrdef`.
    AttributeDefault,
    /// `pg_depend`.
    Depend,
    /// `pg_sequences`.
    Sequences,
    /// `pg_tables`.
    Tables,
    /// `pg_type`.
    Types,
    /// `information_schema.tables`.
    InformationTables,
    /// `information_schema.sequences`.
    InformationSequences,
    /// `information_schema.columns`.
    InformationColumns,
}

impl SystemRelation {
    /// The relation that a name in FROM means.
    pub(super) fn named(schema: Option<&str>, name: &str) -> Option<SystemRelation> {
        match (schema, name) {
            (None | Some("pg_catalog"), name) => Some(match name {
                "pg_class" => SystemRelation::Class,
                "pg_namespace" => SystemRelation::Namespace,
                "pg_sequence" => SystemRelation::Sequence,
                "pg_attribute" => SystemRelation::Attribute,
                "pg_attrdef" => SystemRelation::AttributeDefault,
                "pg_depend" => SystemRelation::Depend,
                "pg_sequences" => SystemRelation::Sequences,
                "pg_tables" => SystemRelation::Tables,
                "pg_type" => SystemRelation::Types,
                _ => return None,
            }),
            (Some("information_schema"), "sequences") => Some(SystemRelation::InformationSequences),
            (Some("information_schema"), "tables") => Some(SystemRelation::InformationTables),
            (Some("information_schema"), "columns") => Some(SystemRelation::InformationColumns),
            _ => None,
        }
    }

    /// Its columns with their types. Those whose values nobody can predict are opaque; the list has all columns of all
    /// majors, so that the model never calls one missing that exists.
    pub(super) fn columns(self, _major: Major) -> Vec<(Rc<str>, Type)> {
        columns::of(self).iter().map(|(name, value_type)| (Rc::from(*name), *value_type)).collect()
    }
}

impl Execution<'_> {
    /// Refuses a bare name of a system relation that a relation of the session's temporary schema may hide.
    pub(super) fn check_not_hidden(&self, name: RangeName<'_>) -> Result<()> {
        let temporary = temporary_schema(self.session.id);
        let names_elsewhere = self.shared.catalog.relation_named(temporary, name.name, self.catalog_view()).is_some()
            || self.session.parameters.search_path.value.iter().any(|schema| &**schema == "pg_catalog");
        match name.schema.is_none() && names_elsewhere {
            true => Err(unsupported(format!("relation {}, which another relation may hide", name.name))),
            false => Ok(()),
        }
    }

    /// The rows of a system relation; those that cannot pass `filter` may or may not be left out.
    pub(super) fn system_rows(
        &mut self,
        relation: SystemRelation,
        filter: Option<&Bound>,
        outer: Option<&Row<'_>>,
    ) -> Result<Vec<ScanRow>> {
        Ok(match relation {
            SystemRelation::Class => self.class_rows(),
            SystemRelation::Namespace => self.namespace_rows(),
            SystemRelation::Sequence => self.sequence_rows(),
            SystemRelation::Attribute => self.attribute_rows(),
            SystemRelation::AttributeDefault => self.attribute_default_rows(),
            SystemRelation::Depend => self.depend_rows(),
            SystemRelation::Sequences => self.sequences_rows(filter, outer)?,
            SystemRelation::Tables => self.tables_rows(),
            SystemRelation::Types => type_rows(),
            SystemRelation::InformationTables => self.information_tables_rows(),
            SystemRelation::InformationSequences => self.information_sequences_rows(),
            SystemRelation::InformationColumns => self.information_columns_rows(),
        })
    }

    /// The relations that the query sees, in order of creation.
    fn seen_relations(&self) -> Vec<Rc<Relation>> {
        let mut relations: Vec<Rc<Relation>> = self.shared.catalog.relations(self.query_view()).cloned().collect();
        relations.sort_by_key(|relation| relation.oid);
        relations
    }

    /// Whether a relation belongs to another session's temporary schema, which most views leave out.
    fn is_of_other_session(&self, relation: &Relation) -> bool {
        is_temporary_schema(relation.schema) && relation.schema != temporary_schema(self.session.id)
    }

    /// Whether the information schema shows a relation to the current role: it is the owner, or has one of the privileges.
    fn has_any_right(&self, relation: &Relation, privileges: Privileges) -> bool {
        self.acts_as(relation.owner) || !self.rights_on(relation, self.current_role(), privileges).is_empty()
    }

    /// The name of a relation's schema; that of a temporary one ends with a number that nobody can predict.
    fn schema_of(&self, relation: &Relation) -> Value {
        if is_temporary_schema(relation.schema) {
            return Value::Partial(Fact::Numbered("pg_temp_"));
        }
        let name = self.shared.catalog.schema_name(relation.schema, self.query_view());
        name.map_or(Value::Opaque, Value::Text)
    }
}

/// A row by its columns' names; those not given are unpredictable.
fn row_of(relation: SystemRelation, given: &[(&str, Value)]) -> Vec<Value> {
    columns::of(relation)
        .iter()
        .map(|(name, _)| {
            given.iter().find(|(given, _)| given == name).map_or(Value::Opaque, |(_, value)| value.clone())
        })
        .collect()
}

/// A row that stands for rows which the model does not list.
fn doubtful(relation: SystemRelation, given: &[(&str, Value)]) -> ScanRow {
    ScanRow { values: row_of(relation, given), doubtful: true }
}

fn number(value: impl Into<i64>) -> Value {
    Value::Integer(value.into())
}
