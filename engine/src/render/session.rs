//! Transactions, parameters and DISCARD.

use super::name::is_plain;
use super::{Output, keyword, separated, sql_if};
use crate::statement::{
    Discard, Identifier, IsolationLevel, ParameterValue, SetParameter, SetScope, Transaction, TransactionMode,
};

pub(super) fn transaction(out: &mut impl Output, transaction: &Transaction) {
    match transaction {
        Transaction::Begin(modes) => {
            out.sql("BEGIN");
            transaction_modes(out, modes);
        }
        Transaction::Start(modes) => {
            out.sql("START TRANSACTION");
            transaction_modes(out, modes);
        }
        Transaction::Commit { chain } => {
            out.sql("COMMIT");
            sql_if(out, *chain, " AND CHAIN");
        }
        Transaction::Rollback { chain } => {
            out.sql("ROLLBACK");
            sql_if(out, *chain, " AND CHAIN");
        }
        Transaction::Savepoint(name) => named(out, "SAVEPOINT ", name),
        Transaction::Release(name) => named(out, "RELEASE SAVEPOINT ", name),
        Transaction::RollbackTo(name) => named(out, "ROLLBACK TO SAVEPOINT ", name),
        Transaction::SetTransaction(modes) => {
            out.sql("SET TRANSACTION");
            transaction_modes(out, modes);
        }
        Transaction::SetCharacteristics(modes) => {
            out.sql("SET SESSION CHARACTERISTICS AS TRANSACTION");
            transaction_modes(out, modes);
        }
        Transaction::Prepare(id) => with_id(out, "PREPARE TRANSACTION ", id),
        Transaction::CommitPrepared(id) => with_id(out, "COMMIT PREPARED ", id),
        Transaction::RollbackPrepared(id) => with_id(out, "ROLLBACK PREPARED ", id),
    }
}

pub(super) fn set_parameter(out: &mut impl Output, set: &SetParameter) {
    let words = match set.name.written() {
        "role" => Some("ROLE"),
        "session_authorization" => Some("SESSION AUTHORIZATION"),
        _ => None,
    };
    if set.value == ParameterValue::Reset {
        out.sql("RESET ");
        return match words {
            Some(words) => out.sql(words),
            None => parameter_name(out, &set.name),
        };
    }
    out.sql(match set.scope {
        SetScope::Unspecified => "SET ",
        SetScope::Session => "SET SESSION ",
        SetScope::Local => "SET LOCAL ",
    });
    // The words take one value, and only those of SESSION AUTHORIZATION take DEFAULT.
    let takes_words = match &set.value {
        ParameterValue::List(values) => values.len() == 1,
        ParameterValue::Default | ParameterValue::Reset => set.name.written() == "session_authorization",
    };
    let words = words.filter(|_| takes_words);
    match words {
        Some(words) => {
            out.sql(words);
            out.sql(" ");
        }
        None => {
            parameter_name(out, &set.name);
            out.sql(" TO ");
        }
    }
    match &set.value {
        ParameterValue::List(values) => {
            separated(out, ", ", values, |out, value| parameter_value(out, value, words.is_some()));
        }
        ParameterValue::Default | ParameterValue::Reset => out.sql("DEFAULT"),
    }
}

pub(super) fn show(out: &mut impl Output, name: &Identifier) {
    out.sql("SHOW ");
    parameter_name(out, name);
}

pub(super) fn discard(out: &mut impl Output, discard: Discard) {
    out.sql(match discard {
        Discard::All => "DISCARD ALL",
        Discard::Plans => "DISCARD PLANS",
        Discard::Sequences => "DISCARD SEQUENCES",
        Discard::Temp => "DISCARD TEMP",
    });
}

fn named(out: &mut impl Output, words: &str, name: &Identifier) {
    out.sql(words);
    out.identifier(name);
}

fn with_id(out: &mut impl Output, words: &str, id: &str) {
    out.sql(words);
    out.string(id);
}

fn transaction_modes(out: &mut impl Output, modes: &[TransactionMode]) {
    sql_if(out, !modes.is_empty(), " ");
    separated(out, ", ", modes, |out, mode| {
        out.sql(match mode {
            TransactionMode::Isolation(IsolationLevel::ReadUncommitted) => "ISOLATION LEVEL READ UNCOMMITTED",
            TransactionMode::Isolation(IsolationLevel::ReadCommitted) => "ISOLATION LEVEL READ COMMITTED",
            TransactionMode::Isolation(IsolationLevel::RepeatableRead) => "ISOLATION LEVEL REPEATABLE READ",
            TransactionMode::Isolation(IsolationLevel::Serializable) => "ISOLATION LEVEL SERIALIZABLE",
            TransactionMode::ReadOnly => "READ ONLY",
            TransactionMode::ReadWrite => "READ WRITE",
            TransactionMode::Deferrable => "DEFERRABLE",
            TransactionMode::NotDeferrable => "NOT DEFERRABLE",
        });
    });
}

/// Writes a parameter's name; the name `all` stands for the keyword. A word that starts another SET, RESET or SHOW command
/// is a parameter without doubt only in quotes.
fn parameter_name(out: &mut impl Output, name: &Identifier) {
    match name.written() {
        "all" => out.sql("ALL"),
        "role" | "session" | "local" | "time" | "schema" | "names" | "transaction" | "catalog" | "xml" => {
            out.quoted(name)
        }
        _ => out.identifier(name),
    }
}

/// Writes one value as a bare word where that is a word of the grammar, else as a string, which means the same
/// (manual, "SET", Parameters). A role's name may not be any of the boolean words.
fn parameter_value(out: &mut impl Output, value: &str, is_role: bool) {
    let is_free_word = is_plain(value) && value.len() <= crate::statement::IDENTIFIER_BYTES;
    let is_boolean = matches!(value, "true" | "false" | "on") && !is_role;
    if is_boolean || is_free_word && keyword::category(value).is_none() {
        out.sql(value);
    } else {
        out.string(value);
    }
}
