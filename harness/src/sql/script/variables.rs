//! psql's variables (manual, "Variables" and "SQL Interpolation" in "psql").

use std::collections::BTreeMap;

use seqcheck_engine::read_boolean;

use crate::sql::quoted_identifier;
/// How long a value may become; longer ones count as unknown. Values that hold each other grow without bounds.
const LONGEST: usize = 1 << 16;

/// Variables that decide how statements are sent or what ends the script, which are on or off.
const MEANINGFUL: [(&str, &str); 4] =
    [("AUTOCOMMIT", "on"), ("ON_ERROR_ROLLBACK", "off"), ("ON_ERROR_STOP", "off"), ("SINGLELINE", "off")];

/// Variables that change what is shown only, with their values at the start.
const SHOWN: [(&str, &str); 16] = [
    ("COMP_KEYWORD_CASE", "preserve-upper"),
    ("ECHO", "none"),
    ("ECHO_HIDDEN", "off"),
    ("FETCH_COUNT", "0"),
    ("HIDE_TABLEAM", "off"),
    ("HIDE_TOAST_COMPRESSION", "off"),
    ("HISTCONTROL", "none"),
    ("HISTSIZE", "500"),
    ("IGNOREEOF", "0"),
    ("PROMPT1", "%/%R%x%# "),
    ("PROMPT2", "%/%R%x%# "),
    ("PROMPT3", ">> "),
    ("QUIET", "off"),
    ("SHOW_CONTEXT", "errors"),
    ("SINGLESTEP", "off"),
    ("VERBOSITY", "default"),
];

/// Variables that psql sets: when it connects, or after each statement.
const OF_THE_SESSION: [&str; 17] = [
    "DBNAME",
    "ENCODING",
    "ERROR",
    "HOST",
    "LAST_ERROR_MESSAGE",
    "LAST_ERROR_SQLSTATE",
    "PORT",
    "ROW_COUNT",
    "SERVER_VERSION_NAME",
    "SERVER_VERSION_NUM",
    "SHELL_ERROR",
    "SHELL_EXIT_CODE",
    "SQLSTATE",
    "USER",
    "VERSION",
    "VERSION_NAME",
    "VERSION_NUM",
];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Unset,
    Known(String),
    /// Not known, with what sets it.
    Unknown(String),
}

/// The variables at one place of a script.
#[derive(Debug, Clone)]
pub(super) struct Variables {
    values: BTreeMap<String, Value>,
    /// Beginnings of names any of which may have been set, with what sets them.
    unnamed: Vec<(String, String)>,
}

/// What a reference stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expansion {
    /// For itself: there is no such variable.
    Unset,
    /// For this text.
    Text(String),
    /// For what cannot be known, with the reason.
    Unknown(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Literal,
    Identifier,
    IsSet,
}

/// A place where a variable is used: `:name`, `:'name'`, `:"name"` or `:{?name}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference<'text> {
    /// The variable.
    pub(super) name: &'text str,
    /// How long the reference is.
    pub(super) length: usize,
    form: Form,
}

impl<'text> Reference<'text> {
    /// Reads the reference that `text`, which starts with a colon, starts with.
    pub(super) fn read(text: &'text str) -> Option<Reference<'text>> {
        let rest = &text[1..];
        let forms = [
            ("{?", "}", Form::IsSet),
            ("'", "'", Form::Literal),
            ("\"", "\"", Form::Identifier),
            ("", "", Form::Plain),
        ];
        let (open, close, form) = forms.into_iter().find(|(open, ..)| rest.starts_with(open))?;
        let name = &rest[open.len()..];
        let name = &name[..name.bytes().take_while(|byte| is_name_part(*byte)).count()];
        let is_closed = rest[open.len() + name.len()..].starts_with(close);
        let length = 1 + open.len() + name.len() + close.len();
        (is_closed && !name.is_empty()).then_some(Reference { name, length, form })
    }
}

impl Variables {
    /// The variables as psql starts with them, without options and without a file of its own.
    pub(super) fn new() -> Variables {
        let known = MEANINGFUL.iter().chain(&SHOWN);
        let known = known.map(|(name, value)| ((*name).to_owned(), Value::Known((*value).to_owned())));
        let unknown = OF_THE_SESSION.iter().map(|name| ((*name).to_owned(), Value::Unknown("the session".to_owned())));
        Variables { values: known.chain(unknown).collect(), unnamed: Vec::new() }
    }

    /// What a reference stands for.
    pub(super) fn expand(&self, reference: &Reference<'_>) -> Expansion {
        let name = reference.name;
        let unknown = |by: &str| Expansion::Unknown(format!("the psql variable {name}, which {by} sets"));
        let unnamed = || self.unnamed.iter().find(|(prefix, _)| name.starts_with(prefix));
        let value = match self.values.get(name) {
            Some(Value::Unknown(by)) => return unknown(by),
            Some(Value::Known(value)) => Some(value),
            Some(Value::Unset) => None,
            None => match unnamed() {
                Some((_, by)) => return unknown(by),
                None => None,
            },
        };
        match (value, reference.form) {
            (value, Form::IsSet) => Expansion::Text(if value.is_some() { "TRUE" } else { "FALSE" }.to_owned()),
            (None, _) => Expansion::Unset,
            (Some(value), Form::Plain) => Expansion::Text(value.clone()),
            (Some(value), Form::Literal) => Expansion::Text(literal(value)),
            (Some(value), Form::Identifier) => Expansion::Text(quoted_identifier(value)),
        }
    }

    /// `\set`; false where psql refuses it.
    pub(super) fn set(&mut self, name: &str, mut value: String) -> bool {
        if name.is_empty() || !name.bytes().all(is_name_part) {
            return false;
        }
        if is_switch(name) {
            if value.is_empty() {
                value = "on".to_owned();
            }
            let is_interactive = name == "ON_ERROR_ROLLBACK" && value.eq_ignore_ascii_case("interactive");
            if !is_interactive && read_boolean(&value).is_none() {
                return false;
            }
        }
        if value.len() > LONGEST {
            self.set_unknown(name, "a text this long");
        } else if !OF_THE_SESSION.contains(&name) {
            self.values.insert(name.to_owned(), Value::Known(value));
        }
        true
    }

    /// `\unset`; false where psql refuses it. Those that decide something return to a value.
    pub(super) fn unset(&mut self, name: &str) -> bool {
        if is_switch(name) {
            return self.set(name, "off".to_owned());
        }
        let initial = SHOWN.iter().find(|(known, _)| *known == name);
        let value = initial.map_or(Value::Unset, |(_, value)| Value::Known((*value).to_owned()));
        if !OF_THE_SESSION.contains(&name) {
            self.values.insert(name.to_owned(), value);
        }
        !name.is_empty() && name.bytes().all(is_name_part)
    }

    /// Notes that a value cannot be known; `by` is what sets it.
    pub(super) fn set_unknown(&mut self, name: &str, by: &str) {
        self.values.insert(name.to_owned(), Value::Unknown(by.to_owned()));
    }

    /// Notes that a result's columns become variables. psql refuses to set those so that mean something to it.
    pub(super) fn store_columns(&mut self, prefix: &str, columns: Option<&[String]>, by: &str) {
        let is_safe = |name: &str| is_switch(name) || SHOWN.iter().any(|(shown, _)| *shown == name);
        match columns {
            Some(columns) => {
                for name in columns.iter().map(|column| format!("{prefix}{column}")).filter(|name| !is_safe(name)) {
                    self.set_unknown(&name, by);
                }
            }
            None => {
                let of_prefix = self.values.iter_mut().filter(|(name, _)| name.starts_with(prefix) && !is_safe(name));
                of_prefix.for_each(|(_, value)| *value = Value::Unknown(by.to_owned()));
                self.unnamed.push((prefix.to_owned(), by.to_owned()));
            }
        }
    }

    /// Notes that any variable may have been set, also one that decides something.
    pub(super) fn forget(&mut self, by: &str) {
        self.values.values_mut().for_each(|value| *value = Value::Unknown(by.to_owned()));
        self.unnamed.push((String::new(), by.to_owned()));
    }

    /// Whether a variable that decides something is on; an error says what has set it to what is not known.
    fn is_on(&self, name: &str) -> Result<bool, String> {
        match self.values.get(name) {
            Some(Value::Known(value)) => Ok(read_boolean(value).unwrap_or(false)),
            Some(Value::Unknown(by)) => Err(format!("the psql variable {name}, which {by} sets")),
            Some(Value::Unset) | None => Ok(false),
        }
    }

    /// Whether the script ends with an error of the statement that is sent now.
    pub(super) fn is_error_the_end(&self) -> bool {
        self.is_on("ON_ERROR_STOP") == Ok(true)
    }

    /// Whether a transaction begins with the statement that is sent now, if none is open.
    pub(super) fn begins_transactions(&self) -> bool {
        self.is_on("AUTOCOMMIT") != Ok(true)
    }

    /// Why it cannot be told what psql makes of a statement.
    pub(super) fn doubt(&self) -> Option<String> {
        let doubts = [
            ("AUTOCOMMIT", true, "psql's AUTOCOMMIT off, which begins a transaction"),
            ("ON_ERROR_ROLLBACK", false, "psql's ON_ERROR_ROLLBACK, which sets savepoints"),
            ("SINGLELINE", false, "psql's SINGLELINE, where lines end statements"),
        ];
        let found = doubts.into_iter().find_map(|(name, usual, what)| match self.is_on(name) {
            Ok(is_on) => (is_on != usual).then(|| what.to_owned()),
            Err(what) => Some(what),
        });
        found.or_else(|| self.is_on("ON_ERROR_STOP").err())
    }
}

fn is_switch(name: &str) -> bool {
    MEANINGFUL.iter().any(|(known, _)| *known == name)
}

fn is_name_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// A text as a string constant, as libpq writes it.
fn literal(value: &str) -> String {
    let quoted = format!("'{}'", value.replace('\'', "''").replace('\\', "\\\\"));
    if value.contains('\\') { format!(" E{quoted}") } else { quoted }
}
