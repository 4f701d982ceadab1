//! What the lexer and the grammar say of a statement: before anything is run, and before the names in it are read.

use super::Execution;
use crate::clause::Clause;
use crate::error::{Result, Stop, error, notice, sqlstate, unsupported};
use crate::render::Output;
use crate::reply::{Message, Severity};
use crate::statement::{Identifier, Query, Statement};

impl Execution<'_> {
    /// Raises the warnings and notices of the grammar, and gives the error of a statement that the major's grammar refuses.
    pub(super) fn read_statement(&mut self, statement: &Statement) -> Result<()> {
        if is_global(statement) {
            let text = "GLOBAL is deprecated in temporary table creation";
            self.notice(notice(Severity::Warning, sqlstate::WARNING, text));
        }
        let must_name_subqueries = self.shared.settings.major.must_name_subqueries();
        let mut reading = Reading { must_name_subqueries, truncated: Vec::new(), refused: None };
        crate::render::write_statement(&mut reading, statement);
        if matches!(statement, Statement::Do(_)) && !reading.truncated.is_empty() {
            // PL/pgSQL reads the texts inside a block twice before it runs any, and once more then.
            return Err(unsupported("a name that is too long inside a block of PL/pgSQL"));
        }
        if !reading.truncated.is_empty() {
            self.reach(Clause::NameTruncated);
        }
        reading.truncated.into_iter().for_each(|notice| self.notice(notice));
        reading.refused.map_or(Ok(()), Err)
    }
}

/// Whether the grammar warns of GLOBAL.
pub(super) fn is_global(statement: &Statement) -> bool {
    match statement {
        Statement::CreateSequence(create) => create.is_global,
        Statement::CreateTable(create) => create.is_global,
        Statement::CreateTableAs(create) => create.is_global,
        Statement::CreateView(create) => create.is_global,
        _ => false,
    }
}

/// What comes up while a statement is read from its beginning on.
struct Reading {
    must_name_subqueries: bool,
    truncated: Vec<Message>,
    refused: Option<Stop>,
}

impl Output for Reading {
    fn sql(&mut self, _: &str) {}

    fn identifier(&mut self, identifier: &Identifier) {
        if identifier.is_truncated() && self.refused.is_none() {
            let text =
                format!("identifier \"{}\" will be truncated to \"{}\"", identifier.written(), identifier.name());
            self.truncated.push(notice(Severity::Notice, sqlstate::NAME_TOO_LONG, text));
        }
    }

    fn quoted(&mut self, identifier: &Identifier) {
        self.identifier(identifier);
    }

    fn string(&mut self, _: &str) {}

    fn unnamed_subquery(&mut self, query: &Query) {
        if !self.must_name_subqueries || self.refused.is_some() {
            return;
        }
        let query = match query {
            Query::With(with) => &with.query,
            query => query,
        };
        let (what, example) = match query {
            Query::Values(_) => ("VALUES", "VALUES"),
            _ => ("subquery", "SELECT"),
        };
        let refused = error(sqlstate::SYNTAX_ERROR, format!("{what} in FROM must have an alias"));
        self.refused = Some(refused.hint(format!("For example, FROM ({example} ...) [AS] foo.")));
    }
}
