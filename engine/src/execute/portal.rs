//! Prepared statements and portals of the extended query protocol (manual, "Message Flow", Extended Query).

use std::rc::Rc;

use super::prepared::not_prepared;
use super::{Execution, StatementParameters, is_exit};
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::query::Type;
use crate::reply::StatementResult;
use crate::session::{Portal, Prepared};
use crate::statement::{Expression, Literal, Statement};

impl Execution<'_> {
    /// Parse: prepares any statement; one without a name takes the place of the one before.
    pub(super) fn parse_message(&mut self, name: &str, statement: &Statement, types: &[u32]) -> Result<()> {
        let known = types.iter().map(|number| parameter_type(*number)).collect::<Result<Vec<_>>>()?;
        if name.is_empty() {
            Rc::make_mut(&mut self.session.prepared).remove(name);
        }
        let prepared = match is_plannable(statement) {
            true => self.analyse_to_prepare(statement, known)?,
            false => self.prepared_command(statement)?,
        };
        self.keep_prepared(name, prepared)
    }

    /// A statement that is not planned: it takes no parameters, and its names are looked up when it runs.
    fn prepared_command(&mut self, statement: &Statement) -> Result<Prepared> {
        let text = |name: &str| vec![(Rc::from(name), Type::Text)];
        let columns = match statement {
            Statement::Show(name) => text(&self.shown_parameter(name)?),
            Statement::Explain(_) => text("QUERY PLAN"),
            Statement::Execute(execute) => {
                let name = execute.name.name();
                self.session.prepared.get(name).ok_or_else(|| not_prepared(name))?.columns.clone()
            }
            _ => Vec::new(),
        };
        Ok(Prepared {
            statement: Rc::new(statement.clone()),
            types: Vec::new(),
            columns,
            relations: Vec::new(),
            search_path: self.session.parameters.search_path.value.clone(),
            executions: 0,
        })
    }

    /// Bind: makes a portal of a prepared statement and values in text format.
    pub(super) fn bind_message(&mut self, portal: &str, name: &str, values: &[Option<String>]) -> Result<()> {
        let prepared = self.prepared_by_message(name)?;
        if values.len() != prepared.types.len() {
            return Err(error(
                sqlstate::PROTOCOL_VIOLATION,
                format!(
                    "bind message supplies {} parameters, but prepared statement \"{name}\" requires {}",
                    values.len(),
                    prepared.types.len()
                ),
            ));
        }
        if !portal.is_empty() && self.session.portals.contains_key(portal) {
            return Err(error(sqlstate::DUPLICATE_CURSOR, format!("cursor \"{portal}\" already exists")));
        }
        let bound = match is_plannable(&prepared.statement) {
            false => Portal { prepared, values: None, may_share_plan: false },
            true => {
                let constant =
                    |value: &Option<String>| Expression::Literal(value.clone().map_or(Literal::Null, Literal::String));
                let arguments: Vec<Expression> = values.iter().map(constant).collect();
                let values = self.argument_values(&arguments, &prepared.types)?;
                let (_, parameters, may_share_plan) = self.revalidate(name, prepared.clone(), values)?;
                Portal { prepared, values: Some(parameters), may_share_plan }
            }
        };
        self.session.portals.insert(portal.into(), bound);
        Ok(())
    }

    /// Execute: runs a portal to its end.
    pub(super) fn execute_message(&mut self, portal: &Portal, copy_data: &[String]) -> Result<StatementResult> {
        let Some(parameters) = &portal.values else {
            return match &*portal.prepared.statement {
                Statement::Copy(copy) => {
                    let mut copy = copy.clone();
                    copy.data = copy_data.to_vec();
                    self.execute(&Statement::Copy(copy))
                }
                other => self.execute(other),
            };
        };
        self.parameters = Some(StatementParameters { undecided: 0, ..parameters.clone() });
        let result = self.execute_plannable(&portal.prepared.statement);
        self.parameters = None;
        match result {
            Err(Stop::Error(_)) if portal.may_share_plan => {
                Err(unsupported("an error of a statement whose plan may be kept for all values of its parameters"))
            }
            other => other,
        }
    }

    fn execute_plannable(&mut self, statement: &Statement) -> Result<StatementResult> {
        if !matches!(statement, Statement::Query(_)) {
            self.take_snapshot();
        }
        self.plannable(statement)
    }

    /// A prepared statement that a message names.
    pub(super) fn prepared_by_message(&self, name: &str) -> Result<Prepared> {
        self.session.prepared.get(name).cloned().ok_or_else(|| match name.is_empty() {
            true => error(sqlstate::INVALID_SQL_STATEMENT_NAME, "unnamed prepared statement does not exist"),
            false => not_prepared(name),
        })
    }

    /// A portal that a message names.
    pub(super) fn portal_by_message(&self, name: &str) -> Result<Portal> {
        self.session
            .portals
            .get(name)
            .cloned()
            .ok_or_else(|| error(sqlstate::INVALID_CURSOR_NAME, format!("portal \"{name}\" does not exist")))
    }
}

impl Prepared {
    /// Whether an aborted transaction takes it.
    pub(super) fn is_exit(&self) -> bool {
        is_exit(&self.statement)
    }
}

/// The columns that a prepared statement gives, `None` for one that gives no rows by nature.
pub(crate) fn result_columns(prepared: &Prepared) -> Option<&[(Rc<str>, Type)]> {
    let gives_rows = match &*prepared.statement {
        Statement::Query(_) => true,
        _ => !prepared.columns.is_empty(),
    };
    gives_rows.then_some(prepared.columns.as_slice())
}

/// Whether a statement is analysed when it is prepared, and takes parameters.
fn is_plannable(statement: &Statement) -> bool {
    matches!(statement, Statement::Query(_) | Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_))
}

/// The type of a parameter by its OID; zero and that of `unknown` leave it to the parameter's use.
fn parameter_type(number: u32) -> Result<Type> {
    const UNKNOWN: u32 = 705;
    match number {
        0 | UNKNOWN => Ok(Type::Unknown),
        other => Type::of_number(other.into())
            .ok_or_else(|| unsupported(format!("a parameter whose type has the OID {other}"))),
    }
}
