//! From trace files, scripts and generated statements to the steps that lockstep runs.

use seqcheck_engine::Statement;
use seqcheck_engine::render::render;

use crate::generate::{GeneratedAction, GeneratedStep};
use crate::lockstep::{Action, Refusal, Step};
use crate::sql::{self, SqlError};
use crate::trace;

/// A trace ready for lockstep, with its sessions' names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prepared {
    /// The steps.
    pub steps: Vec<Step>,
    /// The sessions' names by their numbers.
    pub sessions: Vec<String>,
}

impl Prepared {
    /// Prepares a trace file's steps, all of them whatever their guards say; see [`trace::Step::applies_to`].
    pub fn from_trace<'t>(steps: impl IntoIterator<Item = &'t trace::Step>) -> Prepared {
        let mut prepared = Prepared::default();
        for step in steps {
            let session = prepared.session(&step.session);
            let action = match &step.action {
                trace::Action::Query { sql, copy_data } => match &step.left_out {
                    Some(what) => Action::Query {
                        sql: sql.clone(),
                        copy_data: copy_data.clone(),
                        statements: Err(Refusal::Unsupported { what: what.clone() }),
                    },
                    None => query(sql, copy_data),
                },
                trace::Action::Connect { role } => Action::Connect { role: role.clone() },
                trace::Action::Disconnect => Action::Disconnect,
                trace::Action::Cancel => Action::Cancel,
                trace::Action::Checkpoint => Action::Checkpoint,
                trace::Action::Crash => Action::Crash,
                trace::Action::Restart => Action::Restart,
                trace::Action::Standby => Action::Standby,
                trace::Action::Promote => Action::Promote,
            };
            prepared.steps.push(Step { session, action });
        }
        prepared
    }

    /// Prepares generated steps. Sessions are called S1, S2 and so on.
    pub fn from_generated(steps: &[GeneratedStep]) -> Prepared {
        let mut prepared = Prepared::default();
        for step in steps {
            while prepared.sessions.len() <= step.session {
                prepared.sessions.push(format!("S{}", prepared.sessions.len() + 1));
            }
            let action = match &step.action {
                GeneratedAction::Query(statements) => queried(statements.clone()),
                GeneratedAction::Connect => Action::Connect { role: None },
                GeneratedAction::Disconnect => Action::Disconnect,
                GeneratedAction::Cancel => Action::Cancel,
                GeneratedAction::Checkpoint => Action::Checkpoint,
                GeneratedAction::Crash => Action::Crash,
                GeneratedAction::Restart => Action::Restart,
            };
            prepared.steps.push(Step { session: step.session, action });
        }
        prepared
    }

    /// Steps whose sessions are called by their numbers: S1, S2 and so on.
    pub fn numbered(steps: Vec<Step>) -> Prepared {
        let count = steps.iter().map(|step| step.session + 1).max().unwrap_or_default();
        Prepared { steps, sessions: (1..=count).map(|number| format!("S{number}")).collect() }
    }

    fn session(&mut self, name: &str) -> usize {
        match self.sessions.iter().position(|known| known == name) {
            Some(index) => index,
            None => {
                self.sessions.push(name.to_owned());
                self.sessions.len() - 1
            }
        }
    }

    /// The steps as trace file steps, without expectations.
    pub fn to_trace_steps(&self) -> Vec<trace::Step> {
        self.steps
            .iter()
            .map(|step| {
                let action = match &step.action {
                    Action::Query { sql, copy_data, .. } => {
                        trace::Action::Query { sql: sql.clone(), copy_data: copy_data.clone() }
                    }
                    Action::Connect { role } => trace::Action::Connect { role: role.clone() },
                    Action::Disconnect => trace::Action::Disconnect,
                    Action::Cancel => trace::Action::Cancel,
                    Action::Checkpoint => trace::Action::Checkpoint,
                    Action::Crash => trace::Action::Crash,
                    Action::Restart => trace::Action::Restart,
                    Action::Standby => trace::Action::Standby,
                    Action::Promote => trace::Action::Promote,
                };
                trace::Step::new(self.sessions[step.session].clone(), action)
            })
            .collect()
    }
}

/// Gives the lines that come with a query to its first COPY, to which they belong.
pub(crate) fn give_copy_data(statements: &mut [Statement], copy_data: &[String]) {
    let first = statements.iter_mut().find_map(|statement| match statement {
        Statement::Copy(copy) => Some(copy),
        _ => None,
    });
    if let Some(copy) = first {
        copy.data = copy_data.to_vec();
    }
}

/// One query of these statements, with their text.
pub fn queried(statements: Vec<Statement>) -> Action {
    let sql: Vec<String> = statements.iter().map(render).collect();
    let copy_data = statements.iter().find_map(|statement| match statement {
        Statement::Copy(copy) => Some(copy.data.clone()),
        _ => None,
    });
    Action::Query { sql: sql.join("; "), copy_data: copy_data.unwrap_or_default(), statements: Ok(statements) }
}

/// Parses a query for the engine.
pub fn query(sql: &str, copy_data: &[String]) -> Action {
    let statements = match sql::parse(sql) {
        Ok(mut statements) => {
            give_copy_data(&mut statements, copy_data);
            Ok(statements)
        }
        Err(SqlError::Syntax { message, .. }) => Err(Refusal::Syntax { message }),
        Err(SqlError::Unsupported { what, .. }) => Err(Refusal::Unsupported { what }),
    };
    Action::Query { sql: sql.to_owned(), copy_data: copy_data.to_vec(), statements }
}
