//! The run-time parameters that scripts set around sequences (manual, "Server Configuration").
//!
//! None of them changes what a sequence does; `client_min_messages` decides which notices are sent, and the rest is only
//! remembered for SHOW. `search_path`, `lock_timeout`, the roles and the transaction modes are kept elsewhere.

use crate::dialect::Major;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::reply::Severity;

/// What a parameter takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// One of the words for true and false.
    Boolean,
    /// A whole number, with the units in which it may be given.
    Number { minimum: i64, maximum: i64, units: &'static [(&'static str, i64)] },
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any text.
    Text,
    /// Only these values are within the model, whatever else PostgreSQL takes; the first is how SHOW writes them.
    Only(&'static [&'static str]),
}

/// A parameter that the model knows.
#[derive(Debug)]
pub(crate) struct Parameter {
    /// Its name as SHOW writes it.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Its value in a new session.
    pub(crate) initial: Initial,
    /// The major version that brought it.
    since: u8,
    /// Whether only a superuser may set it.
    pub(crate) for_superusers: bool,
}

/// What a parameter is in a new session.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Initial {
    /// The same everywhere.
    Always(&'static str),
    /// The installation or the client decides; this is what a server has that runs on the model.
    Served(&'static str),
}

use Initial::{Always, Served};

const fn known(name: &'static str, kind: Kind, initial: Initial) -> Parameter {
    Parameter { name, kind, initial, since: 0, for_superusers: false }
}

const fn since(major: u8, name: &'static str, kind: Kind, initial: Initial) -> Parameter {
    Parameter { name, kind, initial, since: major, for_superusers: false }
}

/// Milliseconds, from the largest unit to the smallest.
const TIME: Kind = Kind::Number {
    minimum: 0,
    maximum: i32::MAX as i64,
    units: &[("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)],
};

/// Kilobytes, from the largest unit to the smallest.
const fn memory(minimum: i64) -> Kind {
    Kind::Number {
        minimum,
        maximum: i32::MAX as i64,
        units: &[("TB", 1 << 30), ("GB", 1 << 20), ("MB", 1 << 10), ("kB", 1)],
    }
}

const LEVELS: &[&str] = &["debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"];

const ISOLATION_LEVELS: &[&str] = &["serializable", "repeatable read", "read committed", "read uncommitted"];

const PARAMETERS: &[Parameter] = &[
    known("application_name", Kind::Text, Served("")),
    known("backslash_quote", Kind::Word(&["safe_encoding", "on", "off"]), Always("safe_encoding")),
    known("bytea_output", Kind::Word(&["escape", "hex"]), Always("hex")),
    known("check_function_bodies", Kind::Boolean, Always("on")),
    known("client_encoding", Kind::Only(&["UTF8", "utf-8", "unicode"]), Always("UTF8")),
    known("client_min_messages", Kind::Word(LEVELS), Always("notice")),
    known("DateStyle", Kind::Only(&["ISO, MDY", "iso, mdy", "iso"]), Served("ISO, MDY")),
    known("default_table_access_method", Kind::Only(&["heap"]), Always("heap")),
    known("default_tablespace", Kind::Only(&[""]), Always("")),
    since(14, "default_toast_compression", Kind::Only(&["pglz"]), Always("pglz")),
    known("default_transaction_deferrable", Kind::Boolean, Always("off")),
    known("default_transaction_isolation", Kind::Word(ISOLATION_LEVELS), Always("read committed")),
    known("default_transaction_read_only", Kind::Boolean, Always("off")),
    known("default_with_oids", Kind::Boolean, Always("off")),
    known("escape_string_warning", Kind::Boolean, Always("on")),
    known(
        "extra_float_digits",
        Kind::Number { minimum: -15, maximum: 3, units: &[] },
        // Drivers set it when they connect.
        Served("1"),
    ),
    known("idle_in_transaction_session_timeout", TIME, Always("0")),
    since(14, "idle_session_timeout", TIME, Always("0")),
    known(
        "IntervalStyle",
        Kind::Word(&["postgres", "postgres_verbose", "sql_standard", "iso_8601"]),
        Always("postgres"),
    ),
    Parameter { name: "lc_messages", kind: Kind::Only(&["C"]), initial: Served("C"), since: 0, for_superusers: true },
    known("maintenance_work_mem", memory(1024), Always("64MB")),
    known("row_security", Kind::Boolean, Always("on")),
    known("standard_conforming_strings", Kind::Only(&["on", "true", "yes", "1"]), Always("on")),
    known("statement_timeout", TIME, Always("0")),
    known("synchronous_commit", Kind::Word(&["local", "remote_write", "remote_apply", "on", "off"]), Served("on")),
    known("TimeZone", Kind::Word(&["UTC", "GMT", "Etc/UTC"]), Served("UTC")),
    since(17, "transaction_timeout", TIME, Always("0")),
    known("transaction_deferrable", Kind::Boolean, Always("off")),
    known("transaction_isolation", Kind::Word(ISOLATION_LEVELS), Always("read committed")),
    known("transaction_read_only", Kind::Boolean, Always("off")),
    known("work_mem", memory(64), Always("4MB")),
    known("xmloption", Kind::Word(&["content", "document"]), Always("content")),
    Parameter {
        name: "session_replication_role",
        kind: Kind::Only(&["origin"]),
        initial: Always("origin"),
        since: 0,
        for_superusers: true,
    },
];

/// The parameter of that name, in any case, that a major version has.
///
/// # Errors
///
/// 42704 for one that a later major version has brought; outside the model for one that nobody has heard of here.
pub(crate) fn find(name: &str, major: Major) -> Result<&'static Parameter> {
    let wanted = if name.eq_ignore_ascii_case("time zone") { "TimeZone" } else { name };
    match PARAMETERS.iter().find(|known| known.name.eq_ignore_ascii_case(wanted)) {
        Some(parameter) if parameter.since > major.number() => {
            Err(error(sqlstate::UNDEFINED_OBJECT, format!("unrecognized configuration parameter \"{name}\"")))
        }
        Some(parameter) => Ok(parameter),
        None => Err(unsupported(format!("parameter {name}"))),
    }
}

/// Whether a name is one of those that anybody may make up (manual, "Customized Options").
pub(crate) fn is_custom(name: &str) -> bool {
    let is_word = |part: &str| {
        part.chars().next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
            && part.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
    };
    let mut parts = name.split('.');
    // PL/pgSQL has parameters of its own once it is loaded.
    parts.clone().count() == 2 && parts.all(is_word) && !name.to_ascii_lowercase().starts_with("plpgsql.")
}

impl Parameter {
    /// A value as the parameter keeps it.
    ///
    /// # Errors
    ///
    /// 22023 for a value that it does not take.
    pub(crate) fn read(&self, text: &str) -> Result<String> {
        let invalid = || {
            error(
                sqlstate::INVALID_PARAMETER_VALUE,
                format!("invalid value for parameter \"{}\": \"{text}\"", self.name),
            )
        };
        match self.kind {
            Kind::Boolean => match (read_boolean(text), self.name) {
                (Some(true), "default_with_oids") => {
                    Err(error(sqlstate::FEATURE_NOT_SUPPORTED, "tables declared WITH OIDS are not supported"))
                }
                (Some(value), _) => Ok(if value { "on" } else { "off" }.to_owned()),
                (None, _) => Err(error(
                    sqlstate::INVALID_PARAMETER_VALUE,
                    format!("parameter \"{}\" requires a Boolean value", self.name),
                )),
            },
            Kind::Word(words) => match words.iter().find(|word| word.eq_ignore_ascii_case(text)) {
                Some(word) => Ok((*word).to_owned()),
                // Other spellings, such as the booleans, are taken by some and not listed.
                None if self.name != "client_min_messages" && !self.name.ends_with("transaction_isolation") => {
                    Err(unsupported(format!("this value of parameter {}", self.name)))
                }
                None if text.eq_ignore_ascii_case("debug") => Ok("debug2".to_owned()),
                None if text.eq_ignore_ascii_case("info") => {
                    Err(unsupported(format!("this value of parameter {}", self.name)))
                }
                None => Err(invalid().hint(format!("Available values: {}.", words.join(", ")))),
            },
            Kind::Text => Ok(text.to_owned()),
            Kind::Only(values) => match values.iter().any(|value| value.eq_ignore_ascii_case(text)) {
                true => Ok(values.first().copied().unwrap_or_default().to_owned()),
                false => Err(unsupported(format!("this value of parameter {}", self.name))),
            },
            Kind::Number { minimum, maximum, units } => self.read_number(text, minimum, maximum, units),
        }
    }

    fn read_number(&self, text: &str, minimum: i64, maximum: i64, units: &[(&str, i64)]) -> Result<String> {
        let outside = || unsupported(format!("this value of parameter {}", self.name));
        let text = text.trim();
        let digits = text.find(|character: char| !character.is_ascii_digit() && character != '-').unwrap_or(text.len());
        let number: i64 = text[..digits].parse().map_err(|_| outside())?;
        let factor = match text[digits..].trim() {
            "" => 1,
            unit => units.iter().find(|(known, _)| *known == unit).map(|(_, factor)| *factor).ok_or_else(outside)?,
        };
        let value =
            number.checked_mul(factor).filter(|value| (minimum..=maximum).contains(value)).ok_or_else(outside)?;
        // SHOW writes the largest unit that divides the value.
        Ok(match units.iter().find(|(_, factor)| value % factor == 0).filter(|_| value != 0) {
            Some((unit, factor)) => format!("{}{unit}", value / factor),
            None => value.to_string(),
        })
    }
}

/// Whether a text is one of the words for true or for false, in any case, which may be cut where they stay distinct
/// (manual, "Setting Parameters"; psql's variables and conditions take the same).
pub fn read_boolean(text: &str) -> Option<bool> {
    let text = text.to_ascii_lowercase();
    let starts = |word: &str, least: usize| text.len() >= least && word.starts_with(&text);
    match () {
        () if starts("true", 1) || starts("yes", 1) || text == "on" || text == "1" => Some(true),
        () if starts("false", 1) || starts("no", 1) || starts("off", 2) || text == "0" => Some(false),
        () => None,
    }
}

/// Whether messages of a severity are kept from the client under a value of `client_min_messages`.
pub(crate) fn suppresses(level: &str, severity: Severity) -> bool {
    match severity {
        Severity::Notice => matches!(level, "warning" | "error"),
        Severity::Warning => level == "error",
        Severity::Log => level != "log" && !level.starts_with("debug"),
        Severity::Debug => !level.starts_with("debug"),
        _ => false,
    }
}
