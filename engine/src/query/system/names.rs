//! Names that the model does not list row by row.

use crate::query::doubt::Fact;

/// The tables of `information_schema` in PostgreSQL 13 to 18.
const INFORMATION_SCHEMA_TABLES: &[&str] = &["sql_features", "sql_implementation_info", "sql_parts", "sql_sizing"];

/// The views of `information_schema` in PostgreSQL 13 to 18.
const INFORMATION_SCHEMA_VIEWS: &[&str] = &[
    "_pg_foreign_data_wrappers",
    "_pg_foreign_servers",
    "_pg_foreign_table_columns",
    "_pg_foreign_tables",
    "_pg_user_mappings",
    "administrable_role_authorizations",
    "applicable_roles",
    "attributes",
    "character_sets",
    "check_constraint_routine_usage",
    "check_constraints",
    "collation_character_set_applicability",
    "collations",
    "column_column_usage",
    "column_domain_usage",
    "column_options",
    "column_privileges",
    "column_udt_usage",
    "columns",
    "constraint_column_usage",
    "constraint_table_usage",
    "data_type_privileges",
    "domain_constraints",
    "domain_udt_usage",
    "domains",
    "element_types",
    "enabled_roles",
    "foreign_data_wrapper_options",
    "foreign_data_wrappers",
    "foreign_server_options",
    "foreign_servers",
    "foreign_table_options",
    "foreign_tables",
    "information_schema_catalog_name",
    "key_column_usage",
    "parameters",
    "referential_constraints",
    "role_column_grants",
    "role_routine_grants",
    "role_table_grants",
    "role_udt_grants",
    "role_usage_grants",
    "routine_column_usage",
    "routine_privileges",
    "routine_routine_usage",
    "routine_sequence_usage",
    "routine_table_usage",
    "routines",
    "schemata",
    "sequences",
    "table_constraints",
    "table_privileges",
    "tables",
    "transforms",
    "triggered_update_columns",
    "triggers",
    "udt_privileges",
    "usage_privileges",
    "user_defined_types",
    "user_mapping_options",
    "user_mappings",
    "view_column_usage",
    "view_routine_usage",
    "view_table_usage",
    "views",
];

/// The name of a relation that PostgreSQL brings in `pg_catalog`.
pub(super) const CATALOG_RELATION_NAME: Fact = Fact::Begins("pg_");

/// The name of a table that PostgreSQL brings in `information_schema`.
pub(super) const INFORMATION_SCHEMA_TABLE_NAME: Fact = Fact::TextAmong(INFORMATION_SCHEMA_TABLES);

/// The name of a view that PostgreSQL brings in `information_schema`.
pub(super) const INFORMATION_SCHEMA_VIEW_NAME: Fact = Fact::TextAmong(INFORMATION_SCHEMA_VIEWS);
