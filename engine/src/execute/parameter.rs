//! SET, RESET, SHOW and DISCARD.

use std::borrow::Cow;
use std::rc::Rc;

use super::transaction::isolation_words;
use super::transaction_mode::mode_of;
use super::{Execution, done, rows};
use crate::catalog::quote_identifier;
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::parameter::{self, Initial};
use crate::query::{Type, Value};
use crate::quirk::Quirk;
use crate::reply::{Cell, Rows, StatementResult};
use crate::sequence::SequenceCache;
use crate::session::{Parameters, PreparedTable, Setting};
use crate::statement::{Discard, Identifier, ParameterValue, SetParameter, SetScope};
use crate::transaction::Block;

impl Execution<'_> {
    pub(super) fn set_parameter(&mut self, statement: &SetParameter) -> Result<StatementResult> {
        let name = statement.name.name();
        let tag = if statement.value == ParameterValue::Reset { "RESET" } else { "SET" };
        let local = statement.scope == SetScope::Local;
        if name.eq_ignore_ascii_case("all") && statement.value == ParameterValue::Reset {
            // The roles are no part of RESET ALL.
            let before = &self.session.parameters;
            let (role, session_role) = (before.role.clone(), before.session_role.clone());
            self.session.parameters = Rc::new(Parameters { role, session_role, ..(*self.session.startup).clone() });
            return done(tag);
        }
        if name.eq_ignore_ascii_case("role") || name.eq_ignore_ascii_case("session_authorization") {
            return self.set_role(statement, tag);
        }
        if name.eq_ignore_ascii_case("lock_timeout") || name.eq_ignore_ascii_case("deadlock_timeout") {
            return self.set_timeout(statement, tag);
        }
        if !name.eq_ignore_ascii_case("search_path") {
            return self.set_other(statement, tag);
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
        let of_session = statement.name.name().eq_ignore_ascii_case("session_authorization");
        let role = match &statement.value {
            ParameterValue::List(names) => match names.as_slice() {
                [name] if of_session => self.role_to_act_for(name)?,
                [name] => self.role_to_take_on(name)?,
                _ => return Err(unsupported("a list of roles")),
            },
            ParameterValue::Default | ParameterValue::Reset => None,
        };
        let mut parameters = (*self.session.parameters).clone();
        if of_session {
            parameters.session_role.set(role, local);
            // Whoever acts for another role starts without a role taken on.
            parameters.role.set(None, local);
        } else {
            parameters.role.set(role, local);
        }
        self.session.parameters = parameters.into();
        done(tag)
    }

    /// SET and RESET of the parameters that are only remembered.
    fn set_other(&mut self, statement: &SetParameter, tag: &'static str) -> Result<StatementResult> {
        let name = statement.name.name();
        let local = statement.scope == SetScope::Local;
        if local {
            self.warn_outside_block("SET LOCAL");
        }
        let value = match &statement.value {
            ParameterValue::List(values) => match values.as_slice() {
                [value] => Some(value.clone()),
                several if name.eq_ignore_ascii_case("datestyle") => Some(several.join(", ")),
                _ => {
                    return Err(error(
                        sqlstate::INVALID_PARAMETER_VALUE,
                        format!("SET {name} takes only one argument"),
                    ));
                }
            },
            ParameterValue::Default | ParameterValue::Reset => None,
        };
        self.put_other(name, value.as_deref(), local)?;
        self.reach(Clause::SetKept);
        done(tag)
    }

    /// Gives such a parameter a value, or its initial one.
    fn put_other(&mut self, name: &str, value: Option<&str>, local: bool) -> Result<()> {
        let key = name.to_ascii_lowercase();
        let value: Option<Rc<str>> = if parameter::is_custom(name) {
            value.map(Rc::from)
        } else {
            if let Some((name, _)) = self.served_parameter(name) {
                let text = format!("parameter \"{name}\" cannot be changed");
                return Err(error(sqlstate::CANT_CHANGE_RUNTIME_PARAM, text));
            }
            let known = parameter::find(name, self.shared.settings.major)?;
            if known.for_superusers && !self.is_superuser() {
                return Err(error(
                    sqlstate::INSUFFICIENT_PRIVILEGE,
                    format!("permission denied to set parameter \"{}\"", known.name),
                ));
            }
            let value = value.map(|value| known.read(value)).transpose()?.map(Rc::from);
            if known.name.ends_with("_timeout") {
                self.check_time_out(known.name, value.as_deref())?;
            }
            value
        };
        if let Some((scope, mode)) = mode_of(&key) {
            return self.put_mode(scope, mode, value.as_deref(), local);
        }
        // What came with the connection is what RESET goes back to.
        let value = value.or_else(|| self.session.startup.other(&key).map(Rc::from));
        let mut parameters = (*self.session.parameters).clone();
        Rc::make_mut(&mut parameters.others).entry(key.into()).or_insert_with(|| Setting::new(None)).set(value, local);
        self.session.parameters = parameters.into();
        Ok(())
    }

    /// Refuses time-outs that the model does not keep to.
    fn check_time_out(&self, name: &str, value: Option<&str>) -> Result<()> {
        let value = value.and_then(milliseconds).unwrap_or(0);
        let is_served = self.shared.settings.host.is_some();
        match value {
            0 => Ok(()),
            // A server that runs on the model looks at the time only where a statement waits.
            _ if is_served && name != "statement_timeout" => {
                Err(unsupported(format!("a value of parameter {name} other than 0")))
            }
            // It may strike while nobody knows how long a statement takes.
            1..10_000 if !is_served => Err(unsupported("a time-out of less than ten seconds")),
            _ => Ok(()),
        }
    }

    /// A parameter's name in its own spelling, and its value.
    pub(crate) fn parameter(&self, name: &str) -> Result<(Cow<'static, str>, String)> {
        let on_off = |value: bool| if value { "on" } else { "off" }.to_owned();
        let parameters = &self.session.parameters;
        let characteristics = &self.session.transaction.characteristics;
        let lower = name.to_ascii_lowercase();
        let (column, value): (&'static str, String) = match lower.as_str() {
            "search_path" => {
                let quoted: Vec<String> =
                    parameters.search_path.value.iter().map(|name| quote_identifier(name)).collect();
                ("search_path", quoted.join(", "))
            }
            "lock_timeout" => ("lock_timeout", duration_words(parameters.lock_timeout.value)),
            "role" => {
                let role = parameters.role.value;
                let name = role.map(|role| self.shared.catalog.role_name(role, self.catalog_view()).to_string());
                ("role", name.unwrap_or_else(|| "none".to_owned()))
            }
            "session_authorization" => (
                "session_authorization",
                self.shared.catalog.role_name(self.session.user(), self.catalog_view()).to_string(),
            ),
            "transaction_isolation" => ("transaction_isolation", isolation_words(characteristics.isolation).to_owned()),
            "transaction_read_only" => ("transaction_read_only", on_off(characteristics.read_only)),
            "transaction_deferrable" => ("transaction_deferrable", on_off(characteristics.deferrable)),
            "default_transaction_isolation" => {
                ("default_transaction_isolation", isolation_words(parameters.default_isolation.value).to_owned())
            }
            "default_transaction_read_only" => {
                ("default_transaction_read_only", on_off(parameters.default_read_only.value))
            }
            "default_transaction_deferrable" => {
                ("default_transaction_deferrable", on_off(parameters.default_deferrable.value))
            }
            custom if parameter::is_custom(custom) => {
                let Some(setting) = parameters.others.get(custom) else {
                    return Err(unsupported(format!("parameter {custom}, which was not set here")));
                };
                let value = setting.value.as_deref().unwrap_or_default().to_owned();
                return Ok((Cow::Owned(name.to_owned()), value));
            }
            other => {
                if let Some(served) = self.served_parameter(other) {
                    return Ok((Cow::Borrowed(served.0), served.1));
                }
                let known = parameter::find(other, self.shared.settings.major)?;
                let initial = match known.initial {
                    Initial::Always(value) => Some(value),
                    Initial::Served(value) => self.shared.settings.host.is_some().then_some(value),
                };
                match parameters.other(other).or(initial) {
                    Some(value) => (known.name, value.to_owned()),
                    None => return Err(unsupported(format!("parameter {other}, which was not set here"))),
                }
            }
        };
        Ok((Cow::Borrowed(column), value))
    }

    /// `set_config`: SET as a function, which returns what the parameter is then.
    pub(crate) fn set_config(&mut self, name: &str, value: &str, local: bool) -> Result<Value> {
        if !name.eq_ignore_ascii_case("search_path") {
            if name.eq_ignore_ascii_case("role") || name.eq_ignore_ascii_case("session_authorization") {
                return Err(unsupported("set_config of a role"));
            }
            self.put_other(name, Some(value), local)?;
            return self.parameter(name).map(|(_, value)| Value::text(&value));
        }
        let is_plain = |name: &&str| quote_identifier(name) == *name;
        let names: Vec<&str> = if value.is_empty() { Vec::new() } else { value.split(", ").collect() };
        if !names.iter().all(is_plain) {
            return Err(unsupported("set_config of a search_path with quotes"));
        }
        let mut parameters = (*self.session.parameters).clone();
        parameters.search_path.set(names.into_iter().map(Rc::from).collect(), local);
        self.session.parameters = parameters.into();
        self.parameter(name).map(|(_, value)| Value::text(&value))
    }

    /// The name of a parameter as SHOW gives it.
    pub(super) fn shown_parameter(&self, name: &Identifier) -> Result<Cow<'static, str>> {
        self.parameter(name.name()).map(|(column, _)| column)
    }

    pub(super) fn show(&mut self, name: &Identifier) -> Result<StatementResult> {
        let (column, value) = self.parameter(name.name())?;
        let result = Rows {
            columns: vec![column],
            types: vec![Type::Text.wire_number()],
            cells: vec![Cell::from_text(&value)],
            count: 1,
            ..Rows::default()
        };
        rows(result, "SHOW")
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
pub(crate) fn milliseconds(value: &str) -> Option<u32> {
    let value = value.trim();
    let digits = value.find(|character: char| !character.is_ascii_digit()).unwrap_or(value.len());
    let (number, unit) = value.split_at(digits);
    let factor = match unit.trim_start() {
        "" | "ms" => 1,
        "s" => 1000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<u32>().ok()?.checked_mul(factor)
}

/// A time-out as SHOW writes it, in the largest unit that leaves no fraction.
fn duration_words(milliseconds: u32) -> String {
    match milliseconds {
        0 => "0".to_owned(),
        whole if whole % 86_400_000 == 0 => format!("{}d", whole / 86_400_000),
        whole if whole % 3_600_000 == 0 => format!("{}h", whole / 3_600_000),
        whole if whole % 60_000 == 0 => format!("{}min", whole / 60_000),
        whole if whole % 1000 == 0 => format!("{}s", whole / 1000),
        other => format!("{other}ms"),
    }
}
