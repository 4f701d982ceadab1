//! The statements that decide what comes next (manual, "Control Structures").

use super::super::Execution;
use super::query::Turns;
use super::variable::Variable;
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::query::{Type, Value};
use crate::statement::{Expression, Identifier, LoopQuery, ProceduralStatement, Query};

/// Where a statement leaves its surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// The next statement comes.
    Next,
    /// The loop around it ends.
    Exit,
    /// The loop around it begins its next round.
    Continue,
    /// The block as a whole ends.
    Return,
}

/// A condition, and what is done where it holds.
type Branch = (Expression, Vec<ProceduralStatement>);

/// How a loop over numbers counts.
struct Range<'b> {
    reverse: bool,
    first: &'b Expression,
    last: &'b Expression,
    step: Option<&'b Expression>,
}

impl Execution<'_> {
    pub(super) fn run_all(&mut self, statements: &[ProceduralStatement]) -> Result<Flow> {
        for statement in statements {
            match self.run_one(statement)? {
                Flow::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    fn run_one(&mut self, statement: &ProceduralStatement) -> Result<Flow> {
        match statement {
            ProceduralStatement::Null => {}
            ProceduralStatement::Block(block) => return self.run_block(block),
            ProceduralStatement::Assign { variable, value } => {
                let (from, value) = self.value_of(value)?;
                self.assign(variable, from, value)?;
            }
            ProceduralStatement::Perform(select) => {
                let (_, rows) = self.every_row(&Query::Select(select.clone()))?;
                self.note_rows(rows.len() as u64);
            }
            ProceduralStatement::Sql { statement, into } => self.run_sql(statement, into.as_ref())?,
            ProceduralStatement::Execute { dynamic, into } => self.run_dynamic(dynamic, into.as_ref())?,
            ProceduralStatement::If { branches, otherwise } => {
                return match self.branch(branches)? {
                    Some(body) => self.run_all(body),
                    None => self.run_all(otherwise),
                };
            }
            ProceduralStatement::Loop { condition, body } => return self.run_loop(condition.as_ref(), body),
            ProceduralStatement::ForRange { variable, reverse, first, last, step, body } => {
                let range = Range { reverse: *reverse, first, last, step: step.as_ref() };
                return self.run_range(variable, &range, body);
            }
            ProceduralStatement::ForQuery { targets, query, body } => return self.run_rows(targets, query, body),
            ProceduralStatement::Exit(condition) => return self.jump(condition.as_ref(), Flow::Exit),
            ProceduralStatement::Continue(condition) => return self.jump(condition.as_ref(), Flow::Continue),
            ProceduralStatement::Return => return Ok(Flow::Return),
            ProceduralStatement::Raise { condition: None, message: None, options, .. } if options.is_empty() => {
                let again = self.handled.clone().map(Stop::Error);
                return Err(again.unwrap_or_else(|| unsupported("RAISE without a message outside a handler")));
            }
            ProceduralStatement::Raise { level, condition, message, arguments, options } => {
                self.raise(*level, condition.as_ref(), message.as_deref(), arguments, options)?;
            }
            ProceduralStatement::Assert { condition, message } => self.assert(condition, message.as_ref())?,
            ProceduralStatement::Case { branches, otherwise } => {
                return match self.branch(branches)?.or(otherwise.as_ref()) {
                    Some(body) => self.run_all(body),
                    None => {
                        Err(error(sqlstate::CASE_NOT_FOUND, "case not found")
                            .hint("CASE statement is missing ELSE part."))
                    }
                };
            }
            ProceduralStatement::GetRowCount(variable) => {
                let Some(count) = self.row_count else {
                    return Err(unsupported("ROW_COUNT of what may be no statement"));
                };
                self.assign(variable, Type::BigInt, Value::Integer(count as i64))?;
            }
        }
        Ok(Flow::Next)
    }

    /// The branch whose condition holds first.
    fn branch<'b>(&mut self, branches: &'b [Branch]) -> Result<Option<&'b Vec<ProceduralStatement>>> {
        for (condition, body) in branches {
            if self.holds(condition)? {
                return Ok(Some(body));
            }
        }
        Ok(None)
    }

    /// Runs one round of a loop. Tells whether the loop is over, and if so, how what is around it goes on.
    fn round(&mut self, body: &[ProceduralStatement]) -> Result<Option<Flow>> {
        self.rounds += 1;
        match self.run_all(body)? {
            Flow::Next | Flow::Continue => {}
            Flow::Exit => return Ok(Some(Flow::Next)),
            Flow::Return => return Ok(Some(Flow::Return)),
        }
        // Even a loop that does nothing comes to an end.
        self.end_inner_statement()?;
        Ok(None)
    }

    fn jump(&mut self, condition: Option<&Expression>, flow: Flow) -> Result<Flow> {
        match condition {
            Some(condition) if !self.holds(condition)? => Ok(Flow::Next),
            _ => Ok(flow),
        }
    }

    fn run_loop(&mut self, condition: Option<&Expression>, body: &[ProceduralStatement]) -> Result<Flow> {
        loop {
            if let Some(condition) = condition
                && !self.holds(condition)?
            {
                return Ok(Flow::Next);
            }
            if let Some(flow) = self.round(body)? {
                return Ok(flow);
            }
        }
    }

    fn run_range(&mut self, variable: &Identifier, range: &Range<'_>, body: &[ProceduralStatement]) -> Result<Flow> {
        let first = self.bound(range.first, "lower bound")?;
        let last = self.bound(range.last, "upper bound")?;
        let step = match range.step {
            Some(step) => self.bound(step, "BY value")?,
            None => 1,
        };
        if step <= 0 {
            return Err(error(sqlstate::INVALID_PARAMETER_VALUE, "BY value of FOR loop must be greater than zero"));
        }
        let step = if range.reverse { -step } else { step };
        let mut value = first;
        let mut found = false;
        let mut end = None;
        while end.is_none() && if range.reverse { value >= last } else { value <= last } {
            found = true;
            let depth = self.variables.len();
            self.variables.push(Variable::scalar(variable.name(), Type::Integer, Value::Integer(value)));
            end = self.round(body)?;
            self.variables.truncate(depth);
            value += step;
            if i32::try_from(value).is_err() {
                break;
            }
        }
        self.set_found(found);
        Ok(end.unwrap_or(Flow::Next))
    }

    fn bound(&mut self, expression: &Expression, what: &str) -> Result<i64> {
        let (from, value) = self.value_of(expression)?;
        match self.converted(from, value, Type::Integer)? {
            Value::Integer(number) => Ok(number),
            Value::Null => Err(error(sqlstate::NULL_VALUE_NOT_ALLOWED, format!("{what} of FOR loop cannot be null"))),
            _ => Err(unsupported("a bound that is no number")),
        }
    }

    fn run_rows(&mut self, targets: &[Identifier], query: &LoopQuery, body: &[ProceduralStatement]) -> Result<Flow> {
        let Turns { columns, rows, relations } = match query {
            LoopQuery::Query(query) => self.rows_in_turn(query)?,
            LoopQuery::Execute(dynamic) => self.dynamic_rows(dynamic)?,
        };
        let found = !rows.is_empty();
        if !found {
            self.assign_row(targets, &columns, None)?;
        }
        let outside = self.relations_in_use;
        self.relations_in_use += relations;
        let mut end = None;
        for row in rows {
            self.assign_row(targets, &columns, Some(row))?;
            end = self.round(body)?;
            if end.is_some() {
                break;
            }
        }
        self.relations_in_use = outside;
        self.set_found(found);
        Ok(end.unwrap_or(Flow::Next))
    }
}
