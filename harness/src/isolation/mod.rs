//! Isolation test specs: the format of PostgreSQL's own tests of sessions side by side.
//!
//! A spec has `setup` and `teardown` blocks, sessions with named steps, and permutations that say in which order the
//! steps run; without permutations, every interleaving of the sessions runs. Each permutation becomes one trace.
//! Source: the file `src/test/isolation/README` of PostgreSQL.

mod lex;
mod read;
mod schedule;

use crate::trace::{self, Action};

pub use read::SpecError;

/// The name of the session that runs the setup and teardown of a whole spec.
pub const CONTROL: &str = "control";

/// A block of SQL with the line on which it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The SQL, which may hold several statements. They run as one simple query.
    pub sql: String,
    /// The line in the file, counted from 1.
    pub line: usize,
}

/// A named step of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedStep {
    /// Its name, unique in the spec.
    pub name: String,
    /// What it runs.
    pub block: Block,
}

/// A session of a spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its name.
    pub name: String,
    /// What it runs before its steps.
    pub setup: Option<Block>,
    /// Its steps, in their order when no permutation says otherwise.
    pub steps: Vec<NamedStep>,
    /// What it runs after its steps.
    pub teardown: Option<Block>,
}

/// A spec.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spec {
    /// What runs before each permutation, one simple query after the other.
    pub setup: Vec<Block>,
    /// What runs after each permutation.
    pub teardown: Option<Block>,
    /// The sessions, at least one.
    pub sessions: Vec<Session>,
    /// Orders of steps, by their names; none when every interleaving is meant.
    pub permutations: Vec<Vec<String>>,
}

/// One permutation as a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduled {
    /// The names of its steps.
    pub names: Vec<String>,
    /// Setup, steps and teardown, without expectations.
    pub steps: Vec<trace::Step>,
}

impl Spec {
    /// Reads a spec from the text of a file.
    ///
    /// # Errors
    ///
    /// The first place that does not fit the format, or a step that a permutation names and no session has.
    pub fn parse(text: &str) -> Result<Spec, SpecError> {
        read::spec(text)
    }

    /// The permutations as traces, at most `limit` of them; without permutations the interleavings of all sessions,
    /// those first that run the first sessions first.
    pub fn schedule(&self, limit: usize) -> Vec<Scheduled> {
        let orders = match self.permutations.is_empty() {
            true => schedule::interleavings(&self.sessions, limit),
            false => self.permutations.iter().take(limit).cloned().collect(),
        };
        orders.into_iter().map(|names| self.scheduled(names)).collect()
    }

    /// How many traces there are without a limit.
    pub fn schedules(&self) -> u128 {
        match self.permutations.is_empty() {
            true => schedule::count(&self.sessions),
            false => self.permutations.len() as u128,
        }
    }

    fn scheduled(&self, names: Vec<String>) -> Scheduled {
        let mut steps = Vec::new();
        steps.extend(self.setup.iter().map(|block| query(CONTROL.to_owned(), block)));
        for (index, session) in self.sessions.iter().enumerate() {
            steps.extend(session.setup.iter().map(|block| query(self.session_name(index), block)));
        }
        for name in &names {
            let found = self.sessions.iter().enumerate().find_map(|(index, session)| {
                let step = session.steps.iter().find(|step| step.name == *name)?;
                Some(query(self.session_name(index), &step.block))
            });
            steps.extend(found);
        }
        for (index, session) in self.sessions.iter().enumerate() {
            steps.extend(session.teardown.iter().map(|block| query(self.session_name(index), block)));
        }
        steps.extend(self.teardown.iter().map(|block| query(CONTROL.to_owned(), block)));
        Scheduled { names, steps }
    }

    /// A session's name where traces name it: they take fewer characters than specs.
    fn session_name(&self, index: usize) -> String {
        let name = &self.sessions[index].name;
        let is_plain = name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
            && name.starts_with(|character: char| character.is_ascii_alphabetic())
            && name != CONTROL;
        if is_plain { name.clone() } else { format!("S{}", index + 1) }
    }
}

fn query(session: String, block: &Block) -> trace::Step {
    let action = Action::Query { sql: block.sql.clone(), copy_data: Vec::new() };
    trace::Step { line: block.line, ..trace::Step::new(session, action) }
}
