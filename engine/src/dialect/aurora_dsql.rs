//! What Aurora DSQL refuses of PostgreSQL's syntax (Aurora DSQL User Guide; each rule's page is its clause's source).
//!
//! The guide says what is refused, and mostly not with which error. All of these are SQLSTATE 0A000, as users have
//! reported for some; the wording is theirs where they give it, and ours elsewhere.

use crate::clause::{Clause, ClauseSet};
use crate::error::{Result, Stop, error, sqlstate};
use crate::statement::{
    AlterTable, ColumnConstraintKind, ColumnDefinition, CreateTable, IdentityChange, Maintenance, Persistence,
    RelationAction, SequenceOption, Statement, TableAction, TableElement, Transaction, TypeName,
};

/// The smallest cache above 1 (CREATE SEQUENCE, Parameters, cache).
pub const LEAST_CACHE: i64 = 65_536;

const CACHE_RULE: &str =
    "is not supported without an explicit cache size. please define CACHE greater than or equal to 65536 or equal to 1";

/// Refuses a statement that is no part of the dialect, whatever it would find when it runs.
pub(crate) fn check(statement: &Statement, clauses: &mut ClauseSet) -> Result<()> {
    let mut refuse = |clause: Clause, stop: Stop| -> Result<()> {
        clauses.insert(clause);
        Err(stop)
    };
    match statement {
        Statement::CreateSequence(create) => {
            if create.persistence != Persistence::Permanent {
                return refuse(Clause::DsqlPermanentOnly, kept_out("TEMPORARY and UNLOGGED", "CREATE SEQUENCE"));
            }
            if create.options.iter().any(is_other_type) {
                return refuse(Clause::DsqlBigintOnly, unsupported("sequence type must be bigint"));
            }
            match cache_of(&create.options) {
                None => refuse(Clause::DsqlCacheRequired, unsupported(format!("CREATE SEQUENCE {CACHE_RULE}"))),
                Some(false) => refuse(Clause::DsqlCacheSizes, unsupported(format!("CREATE SEQUENCE {CACHE_RULE}"))),
                Some(true) => Ok(()),
            }
        }
        Statement::AlterSequence(alter) => {
            if alter.options.iter().any(|option| matches!(option, SequenceOption::As(_))) {
                return refuse(Clause::DsqlAlterSyntax, kept_out("AS", "ALTER SEQUENCE"));
            }
            match cache_of(&alter.options) {
                Some(false) => refuse(Clause::DsqlAlterCacheSizes, unsupported(format!("ALTER SEQUENCE {CACHE_RULE}"))),
                _ => Ok(()),
            }
        }
        Statement::AlterRelation(alter)
            if matches!(alter.action, RelationAction::SetLogged | RelationAction::SetUnlogged) =>
        {
            refuse(Clause::DsqlAlterSyntax, kept_out("SET LOGGED and SET UNLOGGED", "ALTER"))
        }
        Statement::CreateTable(create) => check_table(create, clauses),
        // Its guide does not say.
        Statement::CreateTableAs(_) => Err(crate::error::unsupported("CREATE TABLE AS in Aurora DSQL")),
        Statement::AlterTable(AlterTable { actions, .. }) => {
            actions.iter().try_for_each(|action| check_action(action, clauses))
        }
        Statement::CreateView(create) if create.persistence != Persistence::Permanent => {
            refuse(Clause::DsqlPermanentOnly, kept_out("TEMPORARY", "CREATE VIEW"))
        }
        Statement::Truncate(_) => refuse(Clause::DsqlCommands, unsupported("unsupported statement: Truncate")),
        Statement::Maintenance(Maintenance::Vacuum { .. }) => {
            refuse(Clause::DsqlCommands, unsupported("unsupported VACUUM statement"))
        }
        Statement::Transaction(transaction) => match savepoint_command(transaction) {
            Some(command) => {
                let text = format!("unsupported transaction statement: {command}");
                refuse(Clause::DsqlCommands, unsupported(text))
            }
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

fn check_table(create: &CreateTable, clauses: &mut ClauseSet) -> Result<()> {
    if create.partition_by.is_some() {
        return Err(crate::error::unsupported("PARTITION BY in Aurora DSQL"));
    }
    if create.persistence != Persistence::Permanent {
        clauses.insert(Clause::DsqlPermanentOnly);
        return Err(match create.persistence {
            Persistence::Unlogged => kept_out("UNLOGGED table", "CREATE TABLE"),
            _ => kept_out("TEMPORARY or TEMP table", "CREATE TABLE"),
        });
    }
    create.elements.iter().try_for_each(|element| match element {
        TableElement::Column(column) => check_column(column, clauses),
        _ => Ok(()),
    })
}

fn check_action(action: &TableAction, clauses: &mut ClauseSet) -> Result<()> {
    match action {
        TableAction::AddColumn { definition, .. } => check_column(definition, clauses),
        TableAction::AddIdentity { options, .. } => check_identity_cache(options, clauses),
        TableAction::SetIdentity { changes, .. } => changes.iter().try_for_each(|change| match change {
            IdentityChange::Set(option) if cache_of(std::slice::from_ref(option)) == Some(false) => {
                clauses.insert(Clause::DsqlIdentityCache);
                Err(unsupported(format!("identity column {CACHE_RULE}")))
            }
            _ => Ok(()),
        }),
        _ => Ok(()),
    }
}

fn check_column(column: &ColumnDefinition, clauses: &mut ClauseSet) -> Result<()> {
    if let [name] = column.type_name.name.parts.as_slice()
        && matches!(name.name(), "smallserial" | "serial2" | "serial" | "serial4" | "bigserial" | "serial8")
    {
        clauses.insert(Clause::DsqlNoSerial);
        return Err(error(sqlstate::UNDEFINED_OBJECT, format!("type \"{}\" does not exist", name.name())));
    }
    column.constraints.iter().try_for_each(|constraint| match &constraint.kind {
        ColumnConstraintKind::Identity { options, .. } => {
            check_identity_cache(options, clauses)?;
            if is_bigint(&column.type_name) {
                return Ok(());
            }
            clauses.insert(Clause::DsqlIdentityBigint);
            let given = shown(&column.type_name);
            Err(unsupported(format!("datatype {given} not supported, identity column type must be bigint")))
        }
        _ => Ok(()),
    })
}

fn check_identity_cache(options: &[SequenceOption], clauses: &mut ClauseSet) -> Result<()> {
    if cache_of(options) == Some(true) {
        return Ok(());
    }
    clauses.insert(Clause::DsqlIdentityCache);
    Err(unsupported(format!("identity column {CACHE_RULE}")))
}

/// Whether the CACHE of an option list is 1 or large enough, if there is one. A number that no bigint holds is for
/// others to refuse.
fn cache_of(options: &[SequenceOption]) -> Option<bool> {
    options.iter().find_map(|option| match option {
        SequenceOption::Cache(number) => {
            Some(number.0.parse::<i64>().is_ok_and(|cache| cache == 1 || cache >= LEAST_CACHE))
        }
        _ => None,
    })
}

fn is_other_type(option: &SequenceOption) -> bool {
    matches!(option, SequenceOption::As(name) if !is_bigint(name))
}

fn is_bigint(name: &TypeName) -> bool {
    name.dimensions == 0 && name.name.parts.last().is_some_and(|last| last.name() == "int8")
}

/// A type's name as PostgreSQL shows it.
fn shown(name: &TypeName) -> String {
    let last = name.name.parts.last().map_or("", |last| last.name());
    match last {
        "int2" => "smallint".to_owned(),
        "int4" => "integer".to_owned(),
        other => other.to_owned(),
    }
}

/// The savepoint commands, and the others that hold a transaction in two phases.
fn savepoint_command(transaction: &Transaction) -> Option<&'static str> {
    match transaction {
        Transaction::Savepoint(_) => Some("SAVEPOINT"),
        Transaction::Release(_) => Some("RELEASE"),
        Transaction::RollbackTo(_) => Some("ROLLBACK TO"),
        _ => None,
    }
}

fn unsupported(text: impl Into<std::borrow::Cow<'static, str>>) -> Stop {
    error(sqlstate::FEATURE_NOT_SUPPORTED, text)
}

fn kept_out(what: &str, command: &str) -> Stop {
    unsupported(format!("{what} not supported for {command}"))
}
