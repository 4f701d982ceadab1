//! Splitting psql-style scripts into statements (manual, "psql").
//!
//! psql reads a script from top to bottom, and so does this: variables and `\if` decide what the text after them is.
//! What only running the script would tell, such as a value that `\gset` stores, makes what depends on it
//! [`ScriptContent::LeftOut`].

mod arguments;
mod branches;
mod commands;
mod query;
mod variables;

use super::error::{Location, SqlError};
use super::lex::{Lexer, Token};
use branches::{Activity, Branches};
use query::Query;
use variables::{Expansion, Reference, Variables};

/// What a script holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// Its statements and commands.
    pub items: Vec<ScriptItem>,
    /// A COPY whose data no `\.` ends: all the rest of the script was taken for it.
    pub unended_copy: Option<Location>,
}

/// One item of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptItem {
    /// Where its first token is.
    pub location: Location,
    /// What it is.
    pub content: ScriptContent,
    /// Whether the script ends with it when it fails: psql's `ON_ERROR_STOP` is on.
    pub is_error_the_end: bool,
}

/// What an item of a script is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptContent {
    /// One simple query.
    Statement {
        /// Its text without the closing semicolon and without comments before it, with variables replaced. Statements
        /// joined by `\;` are one query with semicolons in it.
        sql: String,
        /// The lines that follow `COPY … FROM STDIN`, without the closing `\.`; `None` for other statements.
        copy_data: Option<Vec<String>>,
    },
    /// `\connect`: a new session.
    Connect {
        /// As whom, if not as before.
        role: Option<String>,
    },
    /// A statement or a meta-command that cannot be followed.
    LeftOut {
        /// Its text.
        text: String,
        /// What it takes that cannot be known or done.
        reason: String,
    },
}

/// Splits a script by psql's rules: a semicolon outside quotes, comments, parentheses and `BEGIN ATOMIC … END` ends a
/// statement, as do `\g` and `\gx`; a last statement needs none. Variables are replaced, branches of `\if` taken or not,
/// and `\q` ends it.
pub fn split(text: &str) -> Script {
    let mut splitter = Splitter::new(text);
    while splitter.step() {}
    if splitter.branches.activity() != Activity::Inactive {
        splitter.end_query();
    }
    Script { items: splitter.items, unended_copy: splitter.unended_copy }
}

/// How much text variables may add to a script; what goes beyond counts as unknown. Values that hold each other grow
/// without bounds.
const MOST_ADDED: usize = 1 << 20;

struct Splitter<'script> {
    script: &'script str,
    /// The script with the variables replaced that stand before `position`.
    text: String,
    position: usize,
    /// The variables whose values are being read, with where each value ends in the text.
    values: Vec<(String, usize)>,
    /// Where the last value ends in the text, and where its reference starts and ends in the script.
    last_value: (usize, usize, usize),
    /// How much variables have added.
    added: usize,
    /// Where data of a COPY stood, at the end of this line, and how long they were.
    cut: Option<(usize, usize)>,
    variables: Variables,
    branches: Branches,
    query: Query,
    /// What `\g` without a statement sends once more.
    previous: Query,
    /// Why nothing of what comes can be followed, up to the next session or for good.
    session_doubt: Option<String>,
    doubt: Option<String>,
    /// Whether statements are sent without waiting for answers: `\startpipeline`.
    is_pipeline: bool,
    items: Vec<ScriptItem>,
    unended_copy: Option<Location>,
}

impl<'script> Splitter<'script> {
    fn new(script: &'script str) -> Splitter<'script> {
        Splitter {
            script,
            text: script.to_owned(),
            position: if script.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 },
            values: Vec::new(),
            last_value: (0, 0, 0),
            added: 0,
            cut: None,
            variables: Variables::new(),
            branches: Branches::default(),
            query: Query::default(),
            previous: Query::default(),
            session_doubt: None,
            doubt: None,
            is_pipeline: false,
            items: Vec::new(),
            unended_copy: None,
        }
    }

    /// The place in the script of a place of the text.
    fn original(&self, position: usize) -> usize {
        let (end, start_of_reference, end_of_reference) = self.last_value;
        if position < end { start_of_reference } else { position - end + end_of_reference }
    }

    fn location(&self, position: usize) -> Location {
        Location::of(self.script, self.original(position))
    }

    /// Reads one token; false at the end.
    fn step(&mut self) -> bool {
        let Some(token) = Lexer::new(&self.text, self.position).next() else { return false };
        while self.values.last().is_some_and(|(_, end)| *end <= token.start) {
            self.values.pop();
        }
        if let Some((place, length)) = self.cut.take_if(|(place, _)| token.start >= *place) {
            let original = self.original(place);
            self.last_value = (place, original, original + length);
        }
        match &self.text[token.start..token.end] {
            "\\" => self.backslash(token),
            ";" if self.query.is_outermost() && self.branches.activity() != Activity::Inactive => {
                self.position = token.end;
                self.send(token.end);
            }
            ":" if self.branches.activity() != Activity::Inactive => self.colon(token),
            _ => self.push(token, token.start),
        }
        true
    }

    /// Gives a token to the query; `gap_end` is where the white space before it ends.
    fn push(&mut self, token: Token, gap_end: usize) {
        self.position = token.end;
        if self.query.is_empty() {
            self.query.location = Some(self.location(gap_end));
            self.query.end = gap_end;
        }
        if let Activity::Undecided(why) = self.branches.activity() {
            self.query.doubt.get_or_insert(why);
        }
        let (gap, text) = (&self.text[self.query.end..gap_end], &self.text[token.start..token.end]);
        self.query.push(gap, text, token.kind, token.end);
    }

    /// Reads a colon, behind which the name of a variable may stand.
    fn colon(&mut self, token: Token) {
        let start = token.start;
        // A reference lies in the script or in a value as a whole.
        let end = self.values.last().map_or(self.text.len(), |(_, end)| *end);
        let Some(reference) = Reference::read(&self.text[start..end]) else { return self.push(token, start) };
        if self.values.iter().any(|(name, _)| name == reference.name) {
            return self.push(token, start);
        }
        let (name, length) = (reference.name.to_owned(), reference.length);
        match self.variables.expand(&reference) {
            Expansion::Unset => self.push(token, start),
            Expansion::Text(value) if self.added + value.len() <= MOST_ADDED => {
                self.insert(start, length, name, &value)
            }
            Expansion::Text(_) => self.push_unknown(token, "psql variables that grow this long".to_owned()),
            Expansion::Unknown(reason) => self.push_unknown(token, reason),
        }
    }

    fn push_unknown(&mut self, token: Token, reason: String) {
        self.push(token, token.start);
        self.query.doubt.get_or_insert(reason);
    }

    /// Puts a value in the place of a reference. It is read as if it stood in the script.
    fn insert(&mut self, start: usize, length: usize, name: String, value: &str) {
        self.last_value = match self.last_value {
            (end, from, to) if start < end => (end - length + value.len(), from, to),
            _ => (start + value.len(), self.original(start), self.original(start) + length),
        };
        if let Some((place, _)) = &mut self.cut {
            *place = *place - length + value.len();
        }
        for (_, end) in &mut self.values {
            *end = *end - length + value.len();
        }
        self.text.replace_range(start..start + length, value);
        self.values.push((name, start + value.len()));
        self.added += value.len();
        self.position = start;
    }

    /// Sends the statement that is being read, and reads the data that follow the line of `end`.
    fn send(&mut self, end: usize) {
        // psql reads none for what the server refuses to parse.
        let is_known = self.query.doubt.is_none();
        let is_refused = || is_known && matches!(super::parse(&self.query.sql), Err(SqlError::Syntax { .. }));
        let reads_data = self.query.is_copy_from_stdin() && !is_refused();
        let count = self.items.len();
        self.end_query();
        if reads_data && let Some(location) = self.items.get(count).map(|item| item.location) {
            let data = self.copy_data(end, location);
            if let ScriptContent::Statement { copy_data, .. } = &mut self.items[count].content {
                *copy_data = Some(data);
            }
        }
    }

    /// Ends the statement that is being read, unless there is none.
    fn end_query(&mut self) {
        let query = std::mem::take(&mut self.query);
        let Some(location) = query.location.filter(|_| !query.is_empty()) else { return };
        self.previous = query.clone();
        let undecided = match self.branches.activity() {
            Activity::Undecided(why) => Some(why),
            _ => None,
        };
        let pipeline = self.is_pipeline.then(|| "psql's \\startpipeline".to_owned());
        let sticky = pipeline.or_else(|| self.doubt.clone()).or_else(|| self.session_doubt.clone());
        let doubt = query.doubt.or(undecided).or(sticky).or_else(|| self.variables.doubt());
        if doubt.is_some() && self.variables.begins_transactions() {
            self.session_doubt
                .get_or_insert("a transaction that psql may have begun before, with AUTOCOMMIT off".to_owned());
        }
        let content = match doubt {
            Some(reason) => ScriptContent::LeftOut { text: query.sql, reason },
            None => ScriptContent::Statement { sql: query.sql, copy_data: None },
        };
        self.item(location, content);
    }

    fn item(&mut self, location: Location, content: ScriptContent) {
        let is_error_the_end = self.variables.is_error_the_end();
        self.items.push(ScriptItem { location, content, is_error_the_end });
    }

    fn leave_out(&mut self, location: Location, text: &str, reason: impl Into<String>) {
        self.item(location, ScriptContent::LeftOut { text: text.to_owned(), reason: reason.into() });
    }

    /// Takes the lines after the one that ended a COPY, up to `\.`, out of the text. What still stands on that line is
    /// read afterwards.
    fn copy_data(&mut self, from: usize, copy: Location) -> Vec<String> {
        let start = self.text[from..].find('\n').map_or(self.text.len(), |length| from + length + 1);
        let mut lines = Vec::new();
        let mut end = start;
        let mut is_ended = false;
        for line in self.text[start..].split_inclusive('\n') {
            end += line.len();
            let line = line.strip_suffix('\n').unwrap_or(line);
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line == "\\." {
                is_ended = true;
                break;
            }
            lines.push(line.to_owned());
        }
        if !is_ended {
            self.unended_copy.get_or_insert(copy);
        }
        self.text.replace_range(start..end, "");
        let cut_before = self.cut.map_or(0, |(_, length)| length);
        self.cut = Some((start, cut_before + end - start));
        lines
    }
}
