//! The names of errors (manual, Appendix A, "PostgreSQL Error Codes").

use crate::error::sqlstate;
use crate::reply::SqlState;
use crate::statement::Condition;

/// The conditions that come up around sequences. One whose code ends in `000` stands for its whole class.
#[rustfmt::skip]
const CONDITIONS: [(&str, &str); 64] = [
    ("active_sql_transaction", "25001"),
    ("ambiguous_column", "42702"),
    ("ambiguous_function", "42725"),
    ("assert_failure", "P0004"),
    ("cannot_coerce", "42846"),
    ("cardinality_violation", "21000"),
    ("case_not_found", "20000"),
    ("check_violation", "23514"),
    ("datatype_mismatch", "42804"),
    ("data_exception", "22000"),
    ("deadlock_detected", "40P01"),
    ("dependent_objects_still_exist", "2BP01"),
    ("division_by_zero", "22012"),
    ("duplicate_alias", "42712"),
    ("duplicate_column", "42701"),
    ("duplicate_object", "42710"),
    ("duplicate_prepared_statement", "42P05"),
    ("duplicate_schema", "42P06"),
    ("duplicate_table", "42P07"),
    ("feature_not_supported", "0A000"),
    ("foreign_key_violation", "23503"),
    ("generated_always", "428C9"),
    ("grouping_error", "42803"),
    ("indeterminate_datatype", "42P18"),
    ("insufficient_privilege", "42501"),
    ("integrity_constraint_violation", "23000"),
    ("internal_error", "XX000"),
    ("invalid_column_reference", "42P10"),
    ("invalid_foreign_key", "42830"),
    ("invalid_grant_operation", "0LP01"),
    ("invalid_name", "42602"),
    ("invalid_object_definition", "42P17"),
    ("invalid_parameter_value", "22023"),
    ("invalid_schema_name", "3F000"),
    ("invalid_sql_statement_name", "26000"),
    ("invalid_table_definition", "42P16"),
    ("invalid_text_representation", "22P02"),
    ("lock_not_available", "55P03"),
    ("name_too_long", "42622"),
    ("no_data_found", "P0002"),
    ("not_null_violation", "23502"),
    ("null_value_not_allowed", "22004"),
    ("numeric_value_out_of_range", "22003"),
    ("object_in_use", "55006"),
    ("object_not_in_prerequisite_state", "55000"),
    ("plpgsql_error", "P0000"),
    ("query_canceled", "57014"),
    ("raise_exception", "P0001"),
    ("read_only_sql_transaction", "25006"),
    ("reserved_name", "42939"),
    ("restrict_violation", "23001"),
    ("sequence_generator_limit_exceeded", "2200H"),
    ("string_data_right_truncation", "22001"),
    ("syntax_error", "42601"),
    ("syntax_error_or_access_rule_violation", "42000"),
    ("too_many_rows", "P0003"),
    ("undefined_column", "42703"),
    ("undefined_function", "42883"),
    ("undefined_object", "42704"),
    ("undefined_parameter", "42P02"),
    ("undefined_table", "42P01"),
    ("unique_violation", "23505"),
    ("wrong_object_type", "42809"),
    ("serialization_failure", "40001"),
];

/// Whether the model knows the condition.
pub(super) fn is_known(condition: &Condition) -> bool {
    match condition {
        Condition::Name(name) => name == "others" || code_of(name).is_some(),
        Condition::SqlState(code) => SqlState::parse(code).is_some(),
    }
}

/// Whether an error of this code is meant.
pub(super) fn matches(condition: &Condition, error: SqlState) -> bool {
    let code = match condition {
        // Being cancelled is no error that somebody may mean in general, and nor is a failed ASSERT.
        Condition::Name(name) if name == "others" => {
            return error != sqlstate::QUERY_CANCELED && error != sqlstate::ASSERT_FAILURE;
        }
        Condition::Name(name) => code_of(name),
        Condition::SqlState(code) => Some(code.as_str()),
    };
    code.is_some_and(|code| match code.strip_suffix("000") {
        Some(class) => error.code().starts_with(class),
        None => error.code() == code,
    })
}

pub(super) fn code_of(name: &str) -> Option<&'static str> {
    CONDITIONS.iter().find(|(known, _)| *known == name).map(|(_, code)| *code)
}
