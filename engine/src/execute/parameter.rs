//! SET, RESET, SHOW and DISCARD.

use std::borrow::Cow;
use std::rc::Rc;

use super::transaction::isolation_words;
use super::{Execution, done, rows};
use crate::catalog::quote_identifier;
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::query::Type;
use crate::quirk::Quirk;
use crate::reply::{Cell, Rows, StatementResult};
use crate::sequence::SequenceCache;
use crate::session::{Parameters, PreparedTable};
use crate::statement::{Discard, Identifier, ParameterValue, SetParameter, SetScope};
use crate::transaction::Block;

impl Execution<'_> {
    pub(super) fn set_parameter(&mut self, statement: &SetParameter) -> Result<StatementResult> {
        let name = statement.name.name();
        let tag = if statement.value == ParameterValue::Reset { "RESET" } else { "SET" };
        let local = statement.scope == SetScope::Local;
        if name.eq_ignore_ascii_case("all") && statement.value == ParameterValue::Reset {
            // The role is no part of RESET ALL.
            let role = self.session.parameters.role.clone();
            self.session.parameters = Rc::new(Parameters { role, ..(*self.session.startup).clone() });
            return done(tag);
        }
        if name.eq_ignore_ascii_case("role") {
            return self.set_role(statement, tag);
        }
        if name.eq_ignore_ascii_case("lock_timeout") || name.eq_ignore_ascii_case("deadlock_timeout") {
            return self.set_timeout(statement, tag);
        }
        if !name.eq_ignore_ascii_case("search_path") {
            return self.set_setting(statement, tag);
        }
        if let ParameterValue::List(values) = &statement.value
            && values.iter().any(|value| value.parse::<f64>().is_ok())
        {
            return Err(unsupported("a number in search_path"));
        }
        if local {
            self.warn_outside_block("SET LOCAL");
        }
        let value: Rc<[Rc<str>]> = match &statement.value {
            ParameterValue::List(names) => names.iter().map(|name| Rc::from(name.as_str())).collect(),
            ParameterValue::Default | ParameterValue::Reset => self.session.startup.search_path.value.clone(),
        };
        let mut parameters = (*self.session.parameters).clone();
        parameters.search_path.set(value, local);
        self.session.parameters = parameters.into();
        done(tag)
    }

    /// Sets `lock_timeout`. When a session looks for deadlocks is up to whoever runs the trace, so that
    /// `deadlock_timeout` is taken and changes nothing.
    fn set_timeout(&mut self, statement: &SetParameter, tag: &'static str) -> Result<StatementResult> {
        let local = statement.scope == SetScope::Local;
        let is_lock_timeout = statement.name.name().eq_ignore_ascii_case("lock_timeout");
        if !is_lock_timeout && !self.is_superuser() {
            return Err(error(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                "permission denied to set parameter \"deadlock_timeout\"",
            ));
        }
        if local {
            self.warn_outside_block("SET LOCAL");
        }
        let value = match &statement.value {
            ParameterValue::List(values) => match values.as_slice() {
                [value] => milliseconds(value).ok_or_else(|| unsupported(format!("a time-out of {value}")))?,
                _ => return Err(unsupported("a list of time-outs")),
            },
            ParameterValue::Default | ParameterValue::Reset => 0,
        };
        if is_lock_timeout {
            let mut parameters = (*self.session.parameters).clone();
            parameters.lock_timeout.set(value, local);
            self.session.parameters = parameters.into();
        }
        done(tag)
    }

    fn set_role(&mut self, statement: &SetParameter, tag: &'static str) -> Result<StatementResult> {
        let local = statement.scope == SetScope::Local;
        if local {
            self.warn_outside_block("SET LOCAL");
        }
        let role = match &statement.value {
            ParameterValue::List(names) => match names.as_slice() {
                [name] => self.role_to_take_on(name)?,
                _ => return Err(unsupported("a list of roles in SET ROLE")),
            },
            ParameterValue::Default | ParameterValue::Reset => None,
        };
        let mut parameters = (*self.session.parameters).clone();
        parameters.role.set(role, local);
        self.session.parameters = parameters.into();
        done(tag)
    }

    /// The name of a parameter as SHOW gives it.
    pub(super) fn shown_parameter(&self, name: &Identifier) -> Result<&'static str> {
        self.parameter(name.name()).map(|(column, _)| column)
    }

    pub(super) fn show(&mut self, name: &Identifier) -> Result<StatementResult> {
        let (column, value) = self.parameter(name.name())?;
        let result = Rows {
            columns: vec![Cow::Borrowed(column)],
            types: vec![Type::Text.wire_number()],
            cells: vec![Cell::from_text(&value)],
            count: 1,
            ..Rows::default()
        };
        rows(result, "SHOW")
    }

    /// A parameter's name in its own spelling, and its value.
    pub(crate) fn parameter(&self, name: &str) -> Result<(&'static str, String)> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "search_path" => {
                let names = &self.session.parameters.search_path.value;
                let quoted: Vec<String> = names.iter().map(|name| quote_identifier(name)).collect();
                ("search_path", quoted.join(", "))
            }
            "lock_timeout" => ("lock_timeout", duration_words(self.session.parameters.lock_timeout.value)),
            "role" => {
                let role = self.session.parameters.role.value;
                let name = role.map(|role| self.shared.catalog.role_name(role, self.catalog_view()).to_string());
                ("role", name.unwrap_or_else(|| "none".to_owned()))
            }
            "transaction_isolation" => (
                "transaction_isolation",
                isolation_words(self.session.transaction.characteristics.isolation).to_owned(),
            ),
            "transaction_read_only" => (
                "transaction_read_only",
                if self.session.transaction.characteristics.read_only { "on" } else { "off" }.to_owned(),
            ),
            other => return self.setting(other).ok_or_else(|| unsupported(format!("SHOW {other}"))),
        })
    }

    pub(super) fn discard(&mut self, target: Discard) -> Result<StatementResult> {
        match target {
            Discard::Plans => done("DISCARD PLANS"),
            Discard::Sequences => {
                self.reach(Clause::DiscardSequences);
                self.discard_sequences();
                done("DISCARD SEQUENCES")
            }
            Discard::Temp => {
                if !self.deviates(Quirk::DiscardKeepsTemporary) && self.drop_temporary_relations()? {
                    self.reach(Clause::DiscardTemp);
                }
                if self.deviates(Quirk::DiscardTempForgets) {
                    self.discard_sequences();
                }
                done("DISCARD TEMP")
            }
            Discard::All => {
                self.reach(Clause::DiscardAll);
                if self.session.transaction.block != Block::None {
                    return Err(error(
                        sqlstate::ACTIVE_SQL_TRANSACTION,
                        "DISCARD ALL cannot run inside a transaction block",
                    ));
                }
                self.session.parameters = self.session.startup.clone();
                self.session.prepared = PreparedTable::default();
                self.drop_temporary_relations()?;
                if !self.deviates(Quirk::DiscardAllKeepsSequences) {
                    self.discard_sequences();
                }
                done("DISCARD ALL")
            }
        }
    }

    fn discard_sequences(&mut self) {
        let kept =
            self.session.caches.last_used.filter(|_| self.shared.settings.quirks.contains(Quirk::DiscardKeepsLastval));
        let kept = kept.and_then(|oid| Some((oid, self.session.caches.entries.get(&oid)?.clone())));
        if self.deviates(Quirk::DiscardKeepsCurrval) {
            self.session.caches.last_used = None;
            self.session.caches.entries.values_mut().for_each(SequenceCache::forget_cached);
            return;
        }
        self.session.caches = Default::default();
        if let Some((oid, cache)) = kept {
            self.session.caches.last_used = Some(oid);
            self.session.caches.entries.insert(oid, cache);
        }
    }
}

/// A time-out's value in milliseconds (manual, "Parameter Names and Values").
fn milliseconds(value: &str) -> Option<u32> {
    let value = value.trim();
    let digits = value.find(|character: char| !character.is_ascii_digit()).unwrap_or(value.len());
    let (number, unit) = value.split_at(digits);
    let factor = match unit.trim_start() {
        "" | "ms" => 1,
        "s" => 1000,
        "min" => 60_000,
        _ => return None,
    };
    number.parse::<u32>().ok()?.checked_mul(factor)
}

/// A time-out as SHOW writes it, in the largest unit that leaves no fraction.
fn duration_words(milliseconds: u32) -> String {
    match milliseconds {
        0 => "0".to_owned(),
        whole if whole % 60_000 == 0 => format!("{}min", whole / 60_000),
        whole if whole % 1000 == 0 => format!("{}s", whole / 1000),
        other => format!("{other}ms"),
    }
}
