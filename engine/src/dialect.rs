//! What differs between PostgreSQL's major versions, each difference in one place with the major that brought it, and
//! which databases besides PostgreSQL are modelled.

pub mod aurora_dsql;

use crate::catalog::Relation;
use crate::error::{Stop, error, sqlstate};
use crate::reply::SqlState;

/// Whose SQL is modelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Dialect {
    /// PostgreSQL itself.
    #[default]
    PostgreSql,
    /// Amazon Aurora DSQL, a subset of PostgreSQL 16 with rules of its own. They are documented, and not observed.
    AuroraDsql,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Dialect; 2] = [Dialect::PostgreSql, Dialect::AuroraDsql];

    /// Its name in commands.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::PostgreSql => "postgresql",
            Dialect::AuroraDsql => "aurora-dsql",
        }
    }

    /// The dialect of that name.
    pub fn from_name(name: &str) -> Option<Dialect> {
        Dialect::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// How the product calls itself.
    pub fn product(self) -> &'static str {
        match self {
            Dialect::PostgreSql => "PostgreSQL",
            Dialect::AuroraDsql => "Aurora DSQL",
        }
    }

    /// The major version of PostgreSQL that it follows; none for PostgreSQL, which has several.
    pub fn major(self) -> Option<Major> {
        match self {
            Dialect::PostgreSql => None,
            // Aurora DSQL User Guide, "SQL feature compatibility in Aurora DSQL".
            Dialect::AuroraDsql => Some(Major(16)),
        }
    }

    /// Whether what is modelled has been seen on running servers, and not only read about.
    pub fn is_observed(self) -> bool {
        self == Dialect::PostgreSql
    }
}

impl std::fmt::Display for Dialect {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A PostgreSQL major version that the model knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Major(u8);

impl Major {
    /// The oldest major version modelled.
    pub const OLDEST: Major = Major(13);
    /// The newest major version modelled.
    pub const NEWEST: Major = Major(18);

    /// The major version with this number, 13 to 18.
    pub fn new(number: u8) -> Option<Major> {
        (Self::OLDEST.0..=Self::NEWEST.0).contains(&number).then_some(Major(number))
    }

    /// Its number.
    pub fn number(self) -> u8 {
        self.0
    }

    /// All of them, oldest first.
    pub fn all() -> impl Iterator<Item = Major> {
        (Self::OLDEST.0..=Self::NEWEST.0).map(Major)
    }

    /// A name whose schema does not exist is reported as a missing relation where a `regclass` is read (16).
    pub(crate) fn missing_schema_is_missing_relation_in_regclass(self) -> bool {
        self.0 >= 16
    }

    /// A sequence's name is a type's name too, as a table's is (until 13).
    pub(crate) fn sequences_have_row_types(self) -> bool {
        self.0 <= 13
    }

    /// A sequence function, or ALTER SEQUENCE, meets a relation of another kind: reworded in 17.
    pub(crate) fn not_a_sequence(self, relation: &Relation) -> Stop {
        if self.0 >= 17 {
            error(sqlstate::WRONG_OBJECT_TYPE, format!("cannot open relation \"{}\"", relation.name))
                .detail(format!("This operation is not supported for {}.", relation.kind_plural()))
        } else {
            error(sqlstate::WRONG_OBJECT_TYPE, format!("\"{}\" is not a sequence", relation.name))
        }
    }

    /// Several rows of VALUES may say DEFAULT for an identity column (14).
    pub(crate) fn takes_default_in_values(self) -> bool {
        self.0 >= 14
    }

    /// INSERT gives a value for a GENERATED ALWAYS column: reworded in 14.
    pub(crate) fn refused_identity_value(self, column: &str) -> String {
        match self.0 >= 14 {
            true => format!("cannot insert a non-DEFAULT value into column \"{column}\""),
            false => format!("cannot insert into column \"{column}\""),
        }
    }

    /// The code of refusing a value for a stored generated column: another one since 14.
    pub(crate) fn refused_computed_value(self) -> SqlState {
        match self.0 >= 14 {
            true => sqlstate::GENERATED_ALWAYS,
            false => sqlstate::SYNTAX_ERROR,
        }
    }

    /// SET SCHEMA meets an index: reworded in 15.
    pub(crate) fn cannot_move_index(self, name: &str) -> Stop {
        match self.0 >= 15 {
            true => error(sqlstate::WRONG_OBJECT_TYPE, format!("cannot change schema of index \"{name}\""))
                .hint("Change the schema of the table instead."),
            false => error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("\"{name}\" is not a table, view, materialized view, sequence, or foreign table"),
            ),
        }
    }

    /// A statement that reads or changes rows meets an index: reworded in 16.
    pub(crate) fn cannot_open_index(self, name: &str) -> Stop {
        match self.0 >= 16 {
            true => error(sqlstate::WRONG_OBJECT_TYPE, format!("cannot open relation \"{name}\""))
                .detail("This operation is not supported for indexes."),
            false => error(sqlstate::WRONG_OBJECT_TYPE, format!("\"{name}\" is an index")),
        }
    }

    /// ALTER TABLE names the action that a relation of another kind refuses (15).
    pub(crate) fn names_refused_actions(self) -> bool {
        self.0 >= 15
    }

    /// LOCK TABLE names what is neither table nor view: reworded in 15.
    pub(crate) fn cannot_lock(self, relation: &Relation) -> Stop {
        let name = &relation.name;
        if self.0 >= 15 {
            error(sqlstate::WRONG_OBJECT_TYPE, format!("cannot lock relation \"{name}\""))
                .detail(format!("This operation is not supported for {}.", relation.kind_plural()))
        } else {
            error(sqlstate::WRONG_OBJECT_TYPE, format!("\"{name}\" is not a table or view"))
        }
    }

    /// RENAME COLUMN, and RENAME CONSTRAINT, of a sequence: reworded in 15.
    pub(crate) fn cannot_rename_columns(self, name: &str) -> Stop {
        if self.0 >= 15 {
            error(sqlstate::WRONG_OBJECT_TYPE, format!("cannot rename columns of relation \"{name}\""))
                .detail("This operation is not supported for sequences.")
        } else {
            let kinds = "table, view, materialized view, composite type, index, or foreign table";
            error(sqlstate::WRONG_OBJECT_TYPE, format!("\"{name}\" is not a {kinds}"))
        }
    }

    /// CHECKPOINT is for superusers, and since 15 for members of `pg_checkpoint`: reworded in 16.
    pub(crate) fn cannot_checkpoint(self) -> Stop {
        let refused = |message: &'static str| error(sqlstate::INSUFFICIENT_PRIVILEGE, message);
        match self.0 {
            ..=14 => refused("must be superuser to do CHECKPOINT"),
            15 => refused("must be superuser or have privileges of pg_checkpoint to do CHECKPOINT"),
            _ => refused("permission denied to execute CHECKPOINT command")
                .detail("Only roles with privileges of the \"pg_checkpoint\" role may execute this command."),
        }
    }

    /// Partitioned tables may be UNLOGGED, which says nothing about their partitions (until 17).
    pub(crate) fn has_unlogged_partitioned_tables(self) -> bool {
        self.0 <= 17
    }

    /// Identity columns of a partitioned table are its partitions' too (17).
    pub(crate) fn partitions_have_identity(self) -> bool {
        self.0 >= 17
    }

    /// GRANT and REVOKE of a role lock it, one at a time (16).
    pub(crate) fn grant_locks_role(self) -> bool {
        self.0 >= 16
    }

    /// DROP ROLE finds all roles that it names before it drops one (16).
    pub(crate) fn finds_all_roles_to_drop(self) -> bool {
        self.0 >= 16
    }

    /// The inquiry about a table's privileges knows RULE, which nobody has (until 17).
    pub(crate) fn knows_rule_privilege(self) -> bool {
        self.0 <= 17
    }

    /// GRANT and REVOKE lock what they name, though not what they find in a schema (since 18).
    pub(crate) fn grant_locks(self) -> bool {
        self.0 >= 18
    }

    /// `NOWAIT` gets a lock for which a session that holds another one on the object goes before those who wait (17). Until
    /// 16 it fails as soon as somebody waits for what conflicts.
    pub(crate) fn nowait_goes_before_waiters(self) -> bool {
        self.0 >= 17
    }

    /// OWNED BY names a relation that is no table: reworded in 15.
    pub(crate) fn cannot_own_a_sequence(self, relation: &Relation) -> Stop {
        let name = &relation.name;
        if self.0 >= 15 {
            let kinds = relation.kind_plural();
            error(sqlstate::WRONG_OBJECT_TYPE, format!("sequence cannot be owned by relation \"{name}\""))
                .detail(format!("This operation is not supported for {kinds}."))
        } else {
            error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("referenced relation \"{name}\" is not a table or foreign table"),
            )
        }
    }

    /// NOT NULL is a constraint with a name (18).
    pub(crate) fn names_not_null_constraints(self) -> bool {
        self.0 >= 18
    }

    /// VALIDATE CONSTRAINT of a key. 18 has other words for it.
    pub(crate) fn cannot_validate(self, constraint: &str, table: &str) -> Stop {
        let shown = format!("constraint \"{constraint}\" of relation \"{table}\"");
        match self.names_not_null_constraints() {
            true => error(sqlstate::WRONG_OBJECT_TYPE, format!("cannot validate {shown}"))
                .detail("This operation is not supported for this type of constraint."),
            false => error(sqlstate::WRONG_OBJECT_TYPE, format!("{shown} is not a foreign key or check constraint")),
        }
    }

    /// A foreign key's column cannot be compared with the one that it refers to: reworded in 18.
    pub(crate) fn incompatible_key_columns(
        self,
        (own, own_type): (&str, String),
        (other, other_type): (&str, String),
    ) -> String {
        let (referencing, referenced) = match self.0 >= 18 {
            true => (" of the referencing table", " of the referenced table"),
            false => ("", ""),
        };
        format!(
            "Key columns \"{own}\"{referencing} and \"{other}\"{referenced} are of incompatible types: {own_type} and {other_type}."
        )
    }

    /// A row goes that others refer to: what RESTRICT refuses has an error of its own (18).
    pub(crate) fn still_referenced(
        self,
        referenced: &str,
        constraint: &str,
        table: &str,
        key: &str,
        is_restrict: bool,
    ) -> Stop {
        let (code, violated, still) = match is_restrict && self.0 >= 18 {
            true => (sqlstate::RESTRICT_VIOLATION, "RESTRICT setting of foreign key", ""),
            false => (sqlstate::FOREIGN_KEY_VIOLATION, "foreign key", "still "),
        };
        error(
            code,
            format!(
                "update or delete on table \"{referenced}\" violates {violated} constraint \"{constraint}\" on table \"{table}\""
            ),
        )
        .detail(format!("Key{key} is {still}referenced from table \"{table}\"."))
    }

    /// CURRENT_ROLE stands for a role in statements about roles (14).
    pub(crate) fn takes_current_role(self) -> bool {
        self.0 >= 14
    }

    /// TRUE and FALSE are casts to `bool` rather than constants, which names their columns and lets a query be sorted by
    /// them (until 14).
    pub(crate) fn reads_booleans_as_casts(self) -> bool {
        self.0 <= 14
    }

    /// The category of `"char"`: strings until 14, a type of its own kind since 15.
    pub(crate) fn category_of_char(self) -> char {
        if self.0 <= 14 { 'S' } else { 'Z' }
    }

    /// A subquery in FROM must have an alias (until 15).
    pub(crate) fn must_name_subqueries(self) -> bool {
        self.0 <= 15
    }

    /// Tables know the privilege MAINTAIN (17).
    pub(crate) fn has_maintain(self) -> bool {
        self.0 >= 17
    }

    /// Everybody may create in the schema public of a new database (until 14).
    pub(crate) fn everybody_creates_in_public(self) -> bool {
        self.0 <= 14
    }

    /// `to_regclass` reads its text as the type does, and gives NULL also for what cannot be read (since 16).
    pub(crate) fn reads_to_regclass_as_input(self) -> bool {
        self.0 >= 16
    }

    /// `pg_sequence_last_value` gives NULL without the privileges (18), and refuses before.
    pub(crate) fn hides_last_value(self) -> bool {
        self.0 >= 18
    }

    /// A role that may not create roles tries to: detailed in 16.
    pub(crate) fn may_not_create_role(self, superuser: bool) -> Stop {
        let refused = error(sqlstate::INSUFFICIENT_PRIVILEGE, "permission denied to create role");
        match (self.0 >= 16, superuser) {
            (true, _) => refused.detail("Only roles with the CREATEROLE attribute may create roles."),
            (false, true) => error(sqlstate::INSUFFICIENT_PRIVILEGE, "must be superuser to create superusers"),
            (false, false) => refused,
        }
    }

    /// A role that may not create roles tries to drop one: detailed in 16.
    pub(crate) fn may_not_drop_role(self) -> Stop {
        let refused = error(sqlstate::INSUFFICIENT_PRIVILEGE, "permission denied to drop role");
        match self.0 >= 16 {
            true => refused.detail(
                "Only roles with the CREATEROLE attribute and the ADMIN option on the target roles may drop roles.",
            ),
            false => refused,
        }
    }

    /// GRANT of a membership that exists: reworded in 16, where it matters who granted it.
    pub(crate) fn already_member(self, role: &str, member: &str, grantor: &str) -> String {
        match self.0 >= 16 {
            true => format!(
                "role \"{member}\" has already been granted membership in role \"{role}\" by role \"{grantor}\""
            ),
            false => format!("role \"{member}\" is already a member of role \"{role}\""),
        }
    }

    /// REVOKE of a membership that does not exist: reworded in 16.
    pub(crate) fn not_member(self, role: &str, member: &str, grantor: &str) -> String {
        match self.0 >= 16 {
            true => {
                format!("role \"{member}\" has not been granted membership in role \"{role}\" by role \"{grantor}\"")
            }
            false => format!("role \"{member}\" is not a member of role \"{role}\""),
        }
    }

    /// An owner gives to a role whose member it is not: reworded in 16.
    pub(crate) fn may_not_give_to(self, role: &str) -> Stop {
        let ability = if self.0 >= 16 { "able to SET ROLE" } else { "member of role" };
        error(sqlstate::INSUFFICIENT_PRIVILEGE, format!("must be {ability} \"{role}\""))
    }

    /// ALTER DEFAULT PRIVILEGES for a role asks for membership in it (until 15), since 16 for its privileges.
    pub(crate) fn defaults_need_membership(self) -> bool {
        self.0 <= 15
    }

    /// ALTER DEFAULT PRIVILEGES for a role whose privileges one does not have: reworded in 16.
    pub(crate) fn may_not_change_defaults_of(self, role: &str) -> Stop {
        match self.0 >= 16 {
            true => error(sqlstate::INSUFFICIENT_PRIVILEGE, "permission denied to change default privileges"),
            false => error(sqlstate::INSUFFICIENT_PRIVILEGE, format!("must be member of role \"{role}\"")),
        }
    }

    /// REASSIGN OWNED BY a role whose privileges one does not have: detailed in 16.
    pub(crate) fn may_not_reassign_from(self, role: &str) -> Stop {
        self.may_not_own("reassign objects", format!("{role}\" may reassign objects owned by it."))
    }

    /// REASSIGN OWNED to such a role.
    pub(crate) fn may_not_reassign_to(self, role: &str) -> Stop {
        self.may_not_own("reassign objects", format!("{role}\" may reassign objects to it."))
    }

    /// DROP OWNED BY such a role.
    pub(crate) fn may_not_drop_owned(self, role: &str) -> Stop {
        self.may_not_own("drop objects", format!("{role}\" may drop objects owned by it."))
    }

    fn may_not_own(self, what: &str, rest: String) -> Stop {
        let refused = error(sqlstate::INSUFFICIENT_PRIVILEGE, format!("permission denied to {what}"));
        match self.0 >= 16 {
            true => refused.detail(format!("Only roles with privileges of role \"{rest}")),
            false => refused,
        }
    }

    /// CREATE INDEX names a relation that is no table: reworded in 15.
    pub(crate) fn cannot_be_indexed(self, relation: &Relation) -> Stop {
        let name = &relation.name;
        match self.0 >= 15 {
            true => error(sqlstate::WRONG_OBJECT_TYPE, format!("cannot create index on relation \"{name}\""))
                .detail(format!("This operation is not supported for {}.", relation.kind_plural())),
            false => error(sqlstate::WRONG_OBJECT_TYPE, format!("\"{name}\" is not a table or materialized view")),
        }
    }

    /// Whether each sequence has a row type (until 13).
    pub(crate) fn sequences_have_types(self) -> bool {
        self.number() <= 13
    }

    /// Sequences may be UNLOGGED, and ALTER SEQUENCE takes SET LOGGED and SET UNLOGGED (15).
    pub(crate) fn has_unlogged_sequences(self) -> bool {
        self.0 >= 15
    }
}

impl std::fmt::Display for Major {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}
