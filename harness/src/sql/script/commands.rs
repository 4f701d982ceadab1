//! psql's meta-commands (manual, "Meta-Commands" in "psql").

use seqcheck_engine::read_boolean;

use super::arguments::{self, Argument};
use super::branches::Activity;
use super::query::Query;
use super::{ScriptContent, Splitter};
use crate::sql::error::Location;
use crate::sql::lex::{Token, TokenKind};

/// A meta-command.
struct Command {
    location: Location,
    /// All of it, from the backslash on.
    text: String,
    /// Its name without the backslash.
    name: String,
    arguments: Vec<Argument>,
    /// Where it ends in the text.
    end: usize,
}

impl Command {
    /// The first thing about its arguments that is not known.
    fn doubt(&self) -> Option<&String> {
        self.arguments.iter().find_map(|argument| argument.doubt.as_ref())
    }

    /// What sets a variable with it.
    fn place(&self) -> String {
        format!("\\{} in line {}", self.name, self.location.line)
    }

    fn reason(&self) -> String {
        format!("psql's \\{}", self.name)
    }
}

impl Splitter<'_> {
    /// Reads what follows a backslash.
    pub(super) fn backslash(&mut self, token: Token) {
        let rest = &self.text[token.end..];
        if rest.starts_with(';') {
            self.position = token.end + 1;
            self.query.separate(self.position);
        } else if rest.starts_with(':') {
            // A colon behind which no variable is looked for.
            let colon = Token { kind: TokenKind::Punctuation, start: token.end, end: token.end + 1 };
            self.push(colon, token.start);
        } else {
            let command = self.read_command(token);
            self.position = command.end;
            match (self.branches.activity(), command.name.as_str()) {
                (_, "if" | "elif" | "else" | "endif") => self.branch(&command),
                (Activity::Inactive, _) => {}
                (Activity::Active, _) => self.command(&command, None),
                (Activity::Undecided(why), _) => self.command(&command, Some(why)),
            }
        }
    }

    fn read_command(&self, token: Token) -> Command {
        let rest = &self.text[token.end..];
        let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
        let name = &line[..line.find(|next: char| next.is_ascii_whitespace() || next == '\\').unwrap_or(line.len())];
        let takes_line = matches!(name, "" | "." | "!" | "copy" | "ef" | "ev" | "h" | "help" | "sf" | "sv");
        let is_skipped = self.branches.activity() == Activity::Inactive;
        // Conditions are looked at in a branch of a block that is not skipped itself.
        let variables = (!is_skipped || name == "elif" && self.branches.asks_elif()).then_some(&self.variables);
        let (arguments, length) = match takes_line {
            true => (Vec::new(), line.len()),
            false => {
                let (arguments, length) = arguments::read(&line[name.len()..], variables);
                (arguments, name.len() + length)
            }
        };
        // Two backslashes end a command and begin none.
        let separator = if line[length..].starts_with("\\\\") { 2 } else { 0 };
        Command {
            location: self.location(token.start),
            text: format!("\\{}", line[..length].trim_end()),
            name: name.to_owned(),
            arguments,
            end: token.end + length + separator,
        }
    }

    fn branch(&mut self, command: &Command) {
        let condition = || match command.doubt() {
            Some(why) => Err(format!("psql's \\{}, whose condition is up to {why}", command.name)),
            None => {
                let words: Vec<&str> = command.arguments.iter().map(|argument| argument.text.as_str()).collect();
                // Anything else is an error, and taken for false.
                Ok(read_boolean(&words.join(" ")).unwrap_or(false))
            }
        };
        let is_placed = match command.name.as_str() {
            "if" => {
                self.branches.open(condition(), &self.query);
                true
            }
            "elif" => self.branches.next(Some(condition()), &mut self.query),
            "else" => self.branches.next(None, &mut self.query),
            _ => self.branches.close(&mut self.query),
        };
        self.query.is_interrupted = true;
        if !is_placed {
            self.leave_out(command.location, &command.text, command.reason());
        }
    }

    /// Follows a command that psql carries out, or may carry out where `undecided` says why.
    fn command(&mut self, command: &Command, undecided: Option<String>) {
        match command.name.as_str() {
            "g" | "gx" | "gset" | "gexec" | "gdesc" | "crosstabview" | "watch" => return self.send_with(command),
            "bind" => {
                let reason = format!("{}, which sends the statement with parameters", command.reason());
                self.query.doubt.get_or_insert(reason);
                return;
            }
            "bind_named" => {
                // It stands for a statement, whatever has been read.
                self.query = Query { is_bound: true, ..Query::default() };
                return self.leave_out(command.location, &command.text, command.reason());
            }
            "parse" => {
                self.query.doubt.get_or_insert(command.reason());
                return self.end_query();
            }
            "r" | "reset" => return self.query = Query::default(),
            _ => self.query.is_interrupted = true,
        }
        match command.name.as_str() {
            "set" | "unset" => return self.set(command, undecided.is_some()),
            "prompt" | "getenv" => {
                let name = if command.name == "prompt" { command.arguments.last() } else { command.arguments.first() };
                if let Some(name) = name {
                    self.variables.set_unknown(&name.text, &command.place());
                }
            }
            "i" | "ir" | "include" | "include_relative" => self.variables.forget(&command.place()),
            _ => {}
        }
        if let Some(why) = undecided {
            if matches!(command.name.as_str(), "q" | "quit") {
                self.doubt.get_or_insert(format!("{} in line {}", command.reason(), command.location.line));
            }
            self.leave_out(command.location, &command.text, why);
            return self.copy_command(command);
        }
        match command.name.as_str() {
            "q" | "quit" => self.position = self.text.len(),
            // What pg_dump writes around everything keeps psql from running commands of the data's.
            "restrict" | "unrestrict" => {}
            "c" | "connect" => self.connect(command),
            "startpipeline" => self.is_pipeline = true,
            "endpipeline" => self.is_pipeline = false,
            _ => {
                self.leave_out(command.location, &command.text, command.reason());
                self.copy_command(command);
            }
        }
    }

    /// Reads the data of `\copy … from stdin`.
    fn copy_command(&mut self, command: &Command) {
        let words: Vec<String> = command.text.split_whitespace().map(str::to_ascii_lowercase).collect();
        if command.name == "copy" && words.windows(2).any(|pair| pair == ["from", "stdin"]) {
            self.copy_data(command.end, command.location);
        }
    }

    /// A command that sends the statement before it, or where there is none the last one once more.
    fn send_with(&mut self, command: &Command) {
        if self.query.is_empty() && !self.query.is_bound && !self.previous.is_empty() {
            self.query = Query { location: Some(command.location), ..self.previous.clone() };
        }
        let columns = self.query.column_names();
        if command.name == "gdesc" {
            self.query.doubt.get_or_insert(format!("{}, which does not run its statement", command.reason()));
        }
        self.send(command.end);
        let prefix = command.arguments.first();
        match command.name.as_str() {
            "gset" if command.doubt().is_some() => self.variables.store_columns("", None, &command.place()),
            "gset" => {
                let prefix = prefix.map_or("", |prefix| prefix.text.as_str());
                self.variables.store_columns(prefix, columns.as_deref(), &command.place());
            }
            "g" | "gx" if prefix.is_none() => {}
            "gdesc" => {}
            _ => self.leave_out(command.location, &command.text, command.reason()),
        }
    }

    /// `\set` and `\unset`.
    fn set(&mut self, command: &Command, is_undecided: bool) {
        let Some((name, values)) = command.arguments.split_first() else { return };
        let is_done = match (&name.doubt, command.doubt()) {
            (Some(_), _) => {
                self.variables.forget(&command.place());
                true
            }
            (None, doubt) if is_undecided || doubt.is_some() => {
                self.variables.set_unknown(&name.text, &command.place());
                true
            }
            _ if command.name == "unset" => self.variables.unset(&name.text),
            _ => self.variables.set(&name.text, values.iter().map(|value| value.text.as_str()).collect()),
        };
        if !is_done {
            self.leave_out(command.location, &command.text, command.reason());
        }
    }

    /// `\connect`. Whatever the new session is connected to, it is a new one.
    fn connect(&mut self, command: &Command) {
        let words: Vec<&str> = command.arguments.iter().map(|argument| argument.text.as_str()).collect();
        let role = match words.as_slice() {
            _ if command.doubt().is_some() => Err(()),
            [] | ["-"] => Ok(None),
            ["-", role] if *role != "-" && !role.contains([':', '"', '\'']) => Ok(Some((*role).to_owned())),
            _ => Err(()),
        };
        self.session_doubt = None;
        if role.is_err() {
            self.leave_out(command.location, &command.text, command.reason());
        }
        self.item(command.location, ScriptContent::Connect { role: role.unwrap_or_default() });
    }
}
