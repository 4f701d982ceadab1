//! EXECUTE: texts that a block makes and runs (manual, "Executing Dynamic Commands").
//!
//! They know no variables, only the parameters that USING gives them. Rows that nobody takes are no error, and FOUND stays.

use super::super::{Execution, StatementParameters};
use super::query::{Turns, no_rows, several_rows};
use crate::error::{Result, error, sqlstate, unsupported};
use crate::query::Type;
use crate::statement::{Dynamic, Into, Statement};

impl Execution<'_> {
    pub(super) fn run_dynamic(&mut self, dynamic: &Dynamic, into: Option<&Into>) -> Result<()> {
        let (statements, parameters) = self.read_dynamic(dynamic)?;
        let mut rows = None;
        for statement in &statements {
            rows = self.apart(parameters.clone(), |execution| match statement {
                Statement::Query(query) => execution.every_row(query).map(Some),
                _ => execution.run_dynamic_change(statement, into.is_some()).map(|()| None),
            })?;
        }
        // What EXECUTE leaves in ROW_COUNT depends on the last of its statements.
        self.row_count = None;
        match (into, rows) {
            (None, _) => Ok(()),
            (Some(into), Some((columns, rows))) => {
                if rows.len() > 1 && !into.strict {
                    return Err(unsupported("the first of several rows of EXECUTE"));
                }
                match rows.len() {
                    0 if into.strict => Err(no_rows()),
                    0 | 1 => self.assign_row(&into.targets, &columns, rows.into_iter().next()),
                    _ => Err(several_rows()),
                }
            }
            (Some(_), None) => Err(unsupported("EXECUTE INTO of a statement that is no query")),
        }
    }

    fn run_dynamic_change(&mut self, statement: &Statement, wants_row: bool) -> Result<()> {
        match statement {
            Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_) if !wants_row => {}
            other => self.check_inner(other)?,
        }
        self.execute_inner(statement)?;
        self.end_inner_statement()
    }

    /// The rows for a loop.
    pub(super) fn dynamic_rows(&mut self, dynamic: &Dynamic) -> Result<Turns> {
        let (statements, parameters) = self.read_dynamic(dynamic)?;
        let [Statement::Query(query)] = statements.as_slice() else {
            return Err(unsupported("a loop over a text that is no single query"));
        };
        self.apart(parameters, |execution| execution.rows_in_turn(query))
    }

    /// Works without the block's variables, and with parameters.
    fn apart<T>(
        &mut self,
        parameters: Option<StatementParameters>,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let variables = std::mem::take(&mut self.variables);
        self.parameters = parameters;
        let result = work(self);
        self.parameters = None;
        self.variables = variables;
        result
    }

    fn read_dynamic(&mut self, dynamic: &Dynamic) -> Result<(Vec<Statement>, Option<StatementParameters>)> {
        let (from, value) = self.value_of(&dynamic.text)?;
        if value.is_null() {
            return Err(error(sqlstate::NULL_VALUE_NOT_ALLOWED, "query string argument of EXECUTE is null"));
        }
        let text = self.shown_text(from, &value)?;
        let Some(read) = self.shared.settings.reader else {
            return Err(unsupported("EXECUTE of a text, where nobody can read it"));
        };
        let statements = read(&text).map_err(|what| unsupported(format!("EXECUTE of {what}")))?;
        let mut types = Vec::new();
        let mut values = Vec::new();
        for argument in &dynamic.arguments {
            let (from, value) = self.value_of(argument)?;
            if !value.is_known() {
                return Err(unsupported("USING a value that nobody can predict"));
            }
            types.push(if from == Type::Unknown { Type::Text } else { from });
            values.push(value);
        }
        let parameters = (!types.is_empty()).then(|| StatementParameters::new(types, Some(values)));
        if parameters.is_some() && statements.len() > 1 {
            return Err(unsupported("EXECUTE of several statements with parameters"));
        }
        for statement in &statements {
            self.check_read(statement)?;
        }
        Ok((statements, parameters))
    }

    /// Refuses what the grammar would have to say about a text that a block has made.
    fn check_read(&mut self, statement: &Statement) -> Result<()> {
        let before = self.reply.notices.len();
        self.read_statement(statement)?;
        match self.reply.notices.len() == before {
            true => Ok(()),
            false => Err(unsupported("a name that is too long inside a block of PL/pgSQL")),
        }
    }
}
