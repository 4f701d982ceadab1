//! Run-time parameters of a server that runs on the model: what drivers set and ask for when they connect
//! (manual, "Server Configuration").
//!
//! But for which notices a session gets to see, nothing in the model depends on them. A value that would have an effect is outside the model.

use std::rc::Rc;

use super::{Execution, done};
use crate::error::{Result, error, sqlstate, unsupported};
use crate::reply::{Severity, StatementResult};
use crate::session::Settings;
use crate::statement::{ParameterValue, SetParameter, SetScope};

/// A parameter that is kept and shown.
struct Known {
    name: &'static str,
    default: &'static str,
    accepts: Accepts,
}

/// Which values a parameter takes.
enum Accepts {
    /// Any text.
    Anything,
    /// One of these, each with the text that it is shown as.
    OneOf(&'static [(&'static str, &'static str)]),
}

use Accepts::{Anything, OneOf};

#[rustfmt::skip]
const KNOWN: &[Known] = &[
    Known { name: "application_name", default: "", accepts: Anything },
    Known { name: "bytea_output", default: "hex", accepts: OneOf(&[("hex", "hex"), ("escape", "escape")]) },
    Known { name: "client_encoding", default: "UTF8", accepts: OneOf(&[("UTF8", "UTF8"), ("UTF-8", "UTF8"), ("unicode", "UTF8")]) },
    Known { name: "client_min_messages", default: "notice", accepts: OneOf(&[
        ("debug5", "debug5"), ("debug4", "debug4"), ("debug3", "debug3"), ("debug2", "debug2"), ("debug1", "debug1"),
        ("debug", "debug2"), ("log", "log"), ("notice", "notice"), ("warning", "warning"), ("error", "error")]) },
    Known { name: "DateStyle", default: "ISO, MDY", accepts: OneOf(&[("ISO", "ISO, MDY"), ("ISO, MDY", "ISO, MDY")]) },
    Known { name: "extra_float_digits", default: "1", accepts: OneOf(&[("0", "0"), ("1", "1"), ("2", "2"), ("3", "3")]) },
    Known { name: "idle_in_transaction_session_timeout", default: "0", accepts: OneOf(&[("0", "0")]) },
    Known { name: "IntervalStyle", default: "postgres", accepts: OneOf(&[
        ("postgres", "postgres"), ("postgres_verbose", "postgres_verbose"), ("sql_standard", "sql_standard"),
        ("iso_8601", "iso_8601")]) },
    Known { name: "lc_messages", default: "C", accepts: OneOf(&[("C", "C")]) },
    Known { name: "lock_timeout", default: "0", accepts: OneOf(&[("0", "0")]) },
    Known { name: "standard_conforming_strings", default: "on", accepts: OneOf(&[("on", "on"), ("true", "on")]) },
    Known { name: "statement_timeout", default: "0", accepts: OneOf(&[("0", "0")]) },
    Known { name: "TimeZone", default: "UTC", accepts: OneOf(&[("UTC", "UTC"), ("GMT", "GMT"), ("Etc/UTC", "Etc/UTC")]) },
];

/// Parameters that never change, and what they show.
const FIXED: [(&str, &str); 5] = [
    ("in_hot_standby", "off"),
    ("integer_datetimes", "on"),
    ("max_identifier_length", "63"),
    ("server_encoding", "UTF8"),
    ("default_transaction_deferrable", "off"),
];

impl Execution<'_> {
    /// SET, or RESET, of a parameter that only a server has.
    pub(super) fn set_setting(&mut self, statement: &SetParameter, tag: &'static str) -> Result<StatementResult> {
        let name = statement.name.name();
        if self.shared.settings.host.is_none() {
            return Err(unsupported(format!("parameter {name}")));
        }
        let Some(known) = KNOWN.iter().find(|known| known.name.eq_ignore_ascii_case(name)) else {
            return Err(match self.fixed_setting(name) {
                Some((name, _)) => {
                    error(sqlstate::CANT_CHANGE_RUNTIME_PARAM, format!("parameter \"{name}\" cannot be changed"))
                }
                None => unsupported(format!("parameter {name}")),
            });
        };
        let value: Rc<str> = match &statement.value {
            ParameterValue::List(values) => {
                let text = values.join(", ");
                match known.accepts {
                    Anything => text.into(),
                    OneOf(values) => match values.iter().find(|(one, _)| one.eq_ignore_ascii_case(&text)) {
                        Some((_, shown)) => Rc::from(*shown),
                        None => return Err(unsupported(format!("the value \"{text}\" of {}", known.name))),
                    },
                }
            }
            ParameterValue::Default | ParameterValue::Reset => {
                let kept = self.session.startup.settings.value.get(known.name).cloned();
                kept.unwrap_or_else(|| Rc::from(known.default))
            }
        };
        let local = statement.scope == SetScope::Local;
        if local {
            self.warn_outside_block("SET LOCAL");
        }
        let parameters = Rc::make_mut(&mut self.session.parameters);
        let change = |settings: &mut Settings| {
            Rc::make_mut(settings).insert(known.name, value.clone());
        };
        change(&mut parameters.settings.value);
        if !local {
            change(&mut parameters.settings.after_commit);
        }
        done(tag)
    }

    /// A parameter that only a server has: its name in its own spelling, and its value.
    pub(super) fn setting(&self, name: &str) -> Option<(&'static str, String)> {
        self.shared.settings.host.as_ref()?;
        let settings = &self.session.parameters.settings.value;
        KNOWN
            .iter()
            .find(|known| known.name.eq_ignore_ascii_case(name))
            .map(|known| {
                let value = settings.get(known.name).map_or(known.default, |value| value);
                (known.name, value.to_owned())
            })
            .or_else(|| self.fixed_setting(name))
    }

    /// Whether `client_min_messages` lets notices of that severity pass (manual, "When To Log").
    pub(super) fn wants_to_see(&self, severity: Severity) -> bool {
        const LEVELS: [&str; 9] =
            ["debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"];
        let Some((_, least)) = self.setting("client_min_messages") else { return true };
        let level = match severity {
            Severity::Debug => "debug1",
            Severity::Log => "log",
            Severity::Notice => "notice",
            Severity::Warning => "warning",
            Severity::Info | Severity::Error | Severity::Fatal | Severity::Panic => return true,
        };
        let rank = |name: &str| LEVELS.iter().position(|level| *level == name);
        rank(level) >= rank(&least)
    }

    fn fixed_setting(&self, name: &str) -> Option<(&'static str, String)> {
        let host = self.shared.settings.host.as_ref()?;
        let on_off = |value: bool| if value { "on" } else { "off" }.to_owned();
        let defaults = &self.session.parameters;
        Some(match name.to_ascii_lowercase().as_str() {
            "server_version" => ("server_version", host.version.clone()),
            "server_version_num" => {
                ("server_version_num", (u32::from(self.shared.settings.major.number()) * 10_000).to_string())
            }
            "max_prepared_transactions" => {
                ("max_prepared_transactions", self.shared.settings.max_prepared_transactions.to_string())
            }
            "is_superuser" => ("is_superuser", on_off(self.is_superuser())),
            "session_authorization" => (
                "session_authorization",
                self.shared.catalog.role_name(self.session.user(), self.catalog_view()).to_string(),
            ),
            "default_transaction_isolation" => (
                "default_transaction_isolation",
                super::transaction::isolation_words(defaults.default_isolation.value).to_owned(),
            ),
            "default_transaction_read_only" => {
                ("default_transaction_read_only", on_off(defaults.default_read_only.value))
            }
            other => FIXED.iter().find(|(name, _)| *name == other).map(|(name, value)| (*name, (*value).to_owned()))?,
        })
    }
}
