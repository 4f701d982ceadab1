//! The functions that the model knows, with their argument types.

use super::Type;

/// Functions that return one value for each call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Nextval,
    Currval,
    Lastval,
    Setval,
    SetvalCalled,
    SequenceLastValue,
    SequenceParameters,
    ToRegclass,
    SerialSequence,
    CurrentSchema,
    HasPrivilege(PrivilegeTarget),
    Length,
    Lower,
    Upper,
    QuoteIdentifier,
    QuoteLiteral,
    Replace,
    Left,
    Right,
    PadLeft,
    PadRight,
    /// `abs` of this type.
    Absolute(Type),
    /// `round`, `trunc`, `ceil` and `floor` of `numeric`.
    Round(Rounding),
    /// `to_char` of a number.
    FormatNumber,
    /// `concat`, of texts as their types write them.
    Concat,
    /// `concat_ws`.
    ConcatWith,
    /// `format`.
    Format,
    CurrentDatabase,
    /// `pg_get_expr`.
    Expression,
    /// `pg_get_userbyid`.
    RoleById,
    /// `pg_table_is_visible`.
    IsVisible,
    /// `format_type`.
    FormatType,
    /// `obj_description`.
    RelationComment,
    /// `col_description`.
    ColumnComment,
    /// `set_config`.
    SetConfig,
    /// `pg_typeof`, whose result is its second argument.
    TypeOf,
    /// One about the server that runs on the model.
    Host(HostFunction),
}

/// Functions that only a server can answer; of them only `current_setting` is known without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HostFunction {
    /// `version`.
    Version,
    /// `pg_backend_pid`.
    ProcessId,
    /// `pg_blocking_pids`.
    Blocking,
    /// `pg_cancel_backend`.
    Cancel,
    /// `pg_terminate_backend`.
    Terminate,
    /// `current_setting`.
    Setting,
}

/// What kind of object a question about privileges is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PrivilegeTarget {
    Sequence,
    Table,
    Schema,
}

impl Function {
    /// Whether it calls for a sequence's state, or changes it, so that it matters how often and when it is called.
    pub(super) fn is_sequence_function(self) -> bool {
        matches!(
            self,
            Function::Nextval | Function::Currval | Function::Lastval | Function::Setval | Function::SetvalCalled
        )
    }

    /// Whether its result follows what sequence functions do.
    pub(super) fn reads_state(self) -> bool {
        self.is_sequence_function() || self == Function::SequenceLastValue
    }

    /// Whether a NULL argument gives NULL without a call.
    pub(super) fn is_strict(self) -> bool {
        !matches!(
            self,
            Function::Concat
                | Function::ConcatWith
                | Function::Format
                | Function::FormatType
                | Function::TypeOf
                | Function::SetConfig
        )
    }

    /// Whether it can neither fail nor do anything, whatever its arguments.
    pub(super) fn is_harmless(self) -> bool {
        matches!(
            self,
            Function::Length
                | Function::Lower
                | Function::Upper
                | Function::QuoteIdentifier
                | Function::QuoteLiteral
                | Function::Replace
                | Function::Left
                | Function::Right
                | Function::Concat
                | Function::ConcatWith
                | Function::CurrentDatabase
                | Function::CurrentSchema
                | Function::Expression
                | Function::RoleById
                | Function::IsVisible
                | Function::RelationComment
                | Function::ColumnComment
        )
    }
}

/// Functions over all rows of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aggregate {
    Count,
    CountRows,
    Maximum,
    Minimum,
    /// The sum of integers as `bigint`.
    Sum,
    /// The sum as `numeric`.
    Total,
    Average,
    Array,
    Join,
    All,
    Any,
}

/// Functions that return a set of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetFunction {
    Series,
}

/// What a function's name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Routine {
    Scalar(Function),
    Aggregate(Aggregate),
    Set(SetFunction),
}

/// One function with its argument and result types.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signature {
    pub(super) name: &'static str,
    pub(super) routine: Routine,
    pub(super) arguments: &'static [Type],
    pub(super) result: Type,
}

const fn scalar(name: &'static str, function: Function, arguments: &'static [Type], result: Type) -> Signature {
    Signature { name, routine: Routine::Scalar(function), arguments, result }
}

const fn aggregate(name: &'static str, function: Aggregate, arguments: &'static [Type], result: Type) -> Signature {
    Signature { name, routine: Routine::Aggregate(function), arguments, result }
}

const fn series(arguments: &'static [Type], result: Type) -> Signature {
    Signature { name: "generate_series", routine: Routine::Set(SetFunction::Series), arguments, result }
}

use super::decimal::Rounding;
use Type::{BigInt, Boolean, Integer, Name, Numeric, Oid, Record, Regclass, SmallInt, Text, Tree};

/// Every signature. Among several of one name the first whose arguments fit exactly wins, then the first that fits
/// through implicit conversion.
pub(super) const SIGNATURES: &[Signature] = &[
    scalar("nextval", Function::Nextval, &[Regclass], BigInt),
    scalar("currval", Function::Currval, &[Regclass], BigInt),
    scalar("lastval", Function::Lastval, &[], BigInt),
    scalar("setval", Function::Setval, &[Regclass, BigInt], BigInt),
    scalar("setval", Function::SetvalCalled, &[Regclass, BigInt, Boolean], BigInt),
    scalar("pg_sequence_last_value", Function::SequenceLastValue, &[Regclass], BigInt),
    scalar("pg_sequence_parameters", Function::SequenceParameters, &[Oid], Record),
    scalar("pg_get_serial_sequence", Function::SerialSequence, &[Text, Text], Text),
    scalar("to_regclass", Function::ToRegclass, &[Text], Regclass),
    scalar("current_schema", Function::CurrentSchema, &[], Type::Name),
    scalar("has_sequence_privilege", Function::HasPrivilege(PrivilegeTarget::Sequence), &[Text, Text], Boolean),
    scalar("has_sequence_privilege", Function::HasPrivilege(PrivilegeTarget::Sequence), &[Oid, Text], Boolean),
    scalar("has_sequence_privilege", Function::HasPrivilege(PrivilegeTarget::Sequence), &[Text, Text, Text], Boolean),
    scalar("has_sequence_privilege", Function::HasPrivilege(PrivilegeTarget::Sequence), &[Text, Oid, Text], Boolean),
    scalar("has_table_privilege", Function::HasPrivilege(PrivilegeTarget::Table), &[Text, Text], Boolean),
    scalar("has_table_privilege", Function::HasPrivilege(PrivilegeTarget::Table), &[Oid, Text], Boolean),
    scalar("has_table_privilege", Function::HasPrivilege(PrivilegeTarget::Table), &[Text, Text, Text], Boolean),
    scalar("has_table_privilege", Function::HasPrivilege(PrivilegeTarget::Table), &[Text, Oid, Text], Boolean),
    scalar("has_schema_privilege", Function::HasPrivilege(PrivilegeTarget::Schema), &[Text, Text], Boolean),
    scalar("has_schema_privilege", Function::HasPrivilege(PrivilegeTarget::Schema), &[Text, Text, Text], Boolean),
    scalar("length", Function::Length, &[Text], Integer),
    scalar("lower", Function::Lower, &[Text], Text),
    scalar("upper", Function::Upper, &[Text], Text),
    scalar("quote_ident", Function::QuoteIdentifier, &[Text], Text),
    scalar("quote_literal", Function::QuoteLiteral, &[Text], Text),
    scalar("replace", Function::Replace, &[Text, Text, Text], Text),
    scalar("left", Function::Left, &[Text, Integer], Text),
    scalar("right", Function::Right, &[Text, Integer], Text),
    scalar("lpad", Function::PadLeft, &[Text, Integer, Text], Text),
    scalar("lpad", Function::PadLeft, &[Text, Integer], Text),
    scalar("rpad", Function::PadRight, &[Text, Integer, Text], Text),
    scalar("rpad", Function::PadRight, &[Text, Integer], Text),
    scalar("abs", Function::Absolute(Integer), &[Integer], Integer),
    scalar("abs", Function::Absolute(BigInt), &[BigInt], BigInt),
    scalar("abs", Function::Absolute(SmallInt), &[SmallInt], SmallInt),
    scalar("abs", Function::Absolute(Numeric), &[Numeric], Numeric),
    scalar("round", Function::Round(Rounding::HalfAway), &[Numeric], Numeric),
    scalar("round", Function::Round(Rounding::HalfAway), &[Numeric, Integer], Numeric),
    scalar("trunc", Function::Round(Rounding::Truncate), &[Numeric], Numeric),
    scalar("trunc", Function::Round(Rounding::Truncate), &[Numeric, Integer], Numeric),
    scalar("ceil", Function::Round(Rounding::Up), &[Numeric], Numeric),
    scalar("ceiling", Function::Round(Rounding::Up), &[Numeric], Numeric),
    scalar("floor", Function::Round(Rounding::Down), &[Numeric], Numeric),
    scalar("to_char", Function::FormatNumber, &[Integer, Text], Text),
    scalar("to_char", Function::FormatNumber, &[BigInt, Text], Text),
    scalar("to_char", Function::FormatNumber, &[Numeric, Text], Text),
    scalar("current_database", Function::CurrentDatabase, &[], Name),
    scalar("pg_get_expr", Function::Expression, &[Tree, Oid], Text),
    scalar("pg_get_expr", Function::Expression, &[Tree, Oid, Boolean], Text),
    scalar("pg_get_userbyid", Function::RoleById, &[Oid], Name),
    scalar("pg_table_is_visible", Function::IsVisible, &[Oid], Boolean),
    scalar("obj_description", Function::RelationComment, &[Oid, Name], Text),
    scalar("obj_description", Function::RelationComment, &[Oid], Text),
    scalar("col_description", Function::ColumnComment, &[Oid, Integer], Text),
    scalar("version", Function::Host(HostFunction::Version), &[], Text),
    scalar("pg_backend_pid", Function::Host(HostFunction::ProcessId), &[], Integer),
    scalar("pg_blocking_pids", Function::Host(HostFunction::Blocking), &[Integer], Type::Array(&Integer)),
    scalar("pg_cancel_backend", Function::Host(HostFunction::Cancel), &[Integer], Boolean),
    scalar("pg_terminate_backend", Function::Host(HostFunction::Terminate), &[Integer], Boolean),
    scalar("current_setting", Function::Host(HostFunction::Setting), &[Text], Text),
    scalar("current_setting", Function::Host(HostFunction::Setting), &[Text, Boolean], Text),
    scalar("format_type", Function::FormatType, &[Oid, Integer], Text),
    scalar("set_config", Function::SetConfig, &[Text, Text, Boolean], Text),
    aggregate("max", Aggregate::Maximum, &[Integer], Integer),
    aggregate("max", Aggregate::Maximum, &[BigInt], BigInt),
    aggregate("max", Aggregate::Maximum, &[SmallInt], SmallInt),
    aggregate("max", Aggregate::Maximum, &[Numeric], Numeric),
    aggregate("max", Aggregate::Maximum, &[Text], Text),
    aggregate("min", Aggregate::Minimum, &[Integer], Integer),
    aggregate("min", Aggregate::Minimum, &[BigInt], BigInt),
    aggregate("min", Aggregate::Minimum, &[SmallInt], SmallInt),
    aggregate("min", Aggregate::Minimum, &[Numeric], Numeric),
    aggregate("min", Aggregate::Minimum, &[Text], Text),
    aggregate("sum", Aggregate::Sum, &[Integer], BigInt),
    aggregate("sum", Aggregate::Total, &[BigInt], Numeric),
    aggregate("sum", Aggregate::Sum, &[SmallInt], BigInt),
    aggregate("sum", Aggregate::Total, &[Numeric], Numeric),
    aggregate("avg", Aggregate::Average, &[Integer], Numeric),
    aggregate("avg", Aggregate::Average, &[BigInt], Numeric),
    aggregate("avg", Aggregate::Average, &[SmallInt], Numeric),
    aggregate("avg", Aggregate::Average, &[Numeric], Numeric),
    aggregate("string_agg", Aggregate::Join, &[Text, Text], Text),
    aggregate("bool_and", Aggregate::All, &[Boolean], Boolean),
    aggregate("every", Aggregate::All, &[Boolean], Boolean),
    aggregate("bool_or", Aggregate::Any, &[Boolean], Boolean),
    series(&[Integer, Integer], Integer),
    series(&[Integer, Integer, Integer], Integer),
    series(&[BigInt, BigInt], BigInt),
    series(&[BigInt, BigInt, BigInt], BigInt),
];

/// The columns of `pg_sequence_parameters` (since its function signature is not in the manual: PostgreSQL's catalog).
pub(super) const SEQUENCE_PARAMETERS: [(&str, Type); 7] = [
    ("start_value", BigInt),
    ("minimum_value", BigInt),
    ("maximum_value", BigInt),
    ("increment", BigInt),
    ("cycle_option", Boolean),
    ("cache_size", BigInt),
    ("data_type", Oid),
];
