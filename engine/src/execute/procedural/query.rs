//! Queries inside a block, and where their rows go (manual, "Basic Statements").

use std::rc::Rc;

use super::super::Execution;
use super::FOUND;
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::query::{Binder, Order, Scope, Type, Value};
use crate::reply::Rows;
use crate::statement::{Expression, Into, Query, Select, SelectItem};
use crate::transaction::Block;

/// How many rows a loop takes from its query at a time, in a transaction that goes on after the block; in one that does not,
/// it takes each on its own.
const FETCHED_TOGETHER: usize = 10;

/// The columns of a query.
pub(super) type Columns = Vec<(Rc<str>, Type)>;

/// The rows of a loop.
pub(super) struct Turns {
    pub(super) columns: Columns,
    pub(super) rows: Vec<Vec<Value>>,
    /// How many relations the query reads.
    pub(super) relations: usize,
}

/// What a query gives.
struct Given {
    columns: Columns,
    rows: Vec<Vec<Value>>,
    order: Order,
    /// Whether it matters when the query is run, and how far.
    depends_on_time: bool,
    /// Whether PL/pgSQL takes it for a simple expression, where it is one at all.
    is_simple: bool,
    /// How many relations it reads.
    relations: usize,
    /// The error that came after these rows.
    end: Option<Stop>,
}

impl Execution<'_> {
    /// All rows of a query.
    pub(super) fn every_row(&mut self, query: &Query) -> Result<(Columns, Vec<Vec<Value>>)> {
        let given = self.give_all(query)?;
        Ok((given.columns, given.rows))
    }

    /// The rows of a query for a loop, which takes some at a time.
    pub(super) fn rows_in_turn(&mut self, query: &Query) -> Result<Turns> {
        let fetched = match self.session.transaction.block {
            Block::None => 1,
            _ => FETCHED_TOGETHER,
        };
        let given = self.give(query)?;
        if given.rows.len() >= fetched && given.end.is_some() {
            return Err(unsupported("a loop over rows whose query fails after some rounds"));
        }
        given.end.map_or(Ok(()), Err)?;
        if given.rows.len() > 1 && given.order == Order::Open {
            return Err(unsupported("a loop over rows whose order PostgreSQL leaves open"));
        }
        if given.rows.len() > fetched && given.depends_on_time {
            return Err(unsupported("a loop over so many rows that its query goes on beside it"));
        }
        Ok(Turns { columns: given.columns, rows: given.rows, relations: given.relations })
    }

    /// Runs a query whose first row goes to variables. It is stopped there; where there must be one row, after the second.
    pub(super) fn query_into(&mut self, query: &Query, into: &Into) -> Result<()> {
        let wanted = if into.strict { 2 } else { 1 };
        let mut given = self.give(query)?;
        if given.rows.len() < wanted {
            given.end.map_or(Ok(()), Err)?;
        } else if given.depends_on_time && (given.rows.len() > wanted || given.end.is_some()) {
            return Err(unsupported("INTO of a query that is stopped after its first row"));
        }
        if given.rows.len() > 1 && given.order == Order::Open && !into.strict {
            return Err(unsupported("the first of rows whose order PostgreSQL leaves open"));
        }
        given.rows.truncate(wanted);
        self.note_rows(given.rows.len() as u64);
        self.one_row_into(&given.columns, given.rows, into, into.strict)
    }

    /// Gives the row that RETURNING has returned to variables.
    pub(super) fn returned_into(&mut self, rows: &Rows, values: Vec<Vec<Value>>, into: &Into) -> Result<()> {
        if values.len() > 2 {
            return Err(unsupported("a change of rows that is stopped after the second"));
        }
        let types = rows.types.iter().map(|number| Type::of_number(i64::from(*number)));
        let types =
            types.collect::<Option<Vec<Type>>>().ok_or_else(|| unsupported("INTO of a type outside the model"))?;
        let columns: Columns = rows.columns.iter().map(|name| Rc::from(&**name)).zip(types).collect();
        self.one_row_into(&columns, values, into, true)
    }

    fn one_row_into(
        &mut self,
        columns: &[(Rc<str>, Type)],
        rows: Vec<Vec<Value>>,
        into: &Into,
        refuses_several: bool,
    ) -> Result<()> {
        match rows.len() {
            0 if into.strict => Err(no_rows()),
            2.. if refuses_several => {
                Err(several_rows().hint("Make sure the query returns a single row, or use LIMIT 1."))
            }
            _ => self.assign_row(&into.targets, columns, rows.into_iter().next()),
        }
    }

    /// Whether a condition holds; NULL is as good as false.
    pub(super) fn holds(&mut self, condition: &Expression) -> Result<bool> {
        let (from, value) = self.value_of(condition)?;
        Ok(self.converted(from, value, Type::Boolean)? == Value::Boolean(true))
    }

    /// Computes an expression as the query that it is.
    pub(super) fn value_of(&mut self, expression: &Expression) -> Result<(Type, Value)> {
        let item = SelectItem { expression: expression.clone(), alias: None };
        let query = Query::Select(Box::new(Select { items: vec![item], ..Select::default() }));
        let given = self.give_all(&query)?;
        let [(_, value_type)] = given.columns.as_slice() else {
            return Err(unsupported("an expression of several columns"));
        };
        let value_type = *value_type;
        if !given.is_simple {
            // It counts its rows like a statement.
            self.row_count = None;
        }
        match given.rows.len() {
            0 => Ok((value_type, Value::Null)),
            1 => Ok((value_type, given.rows.into_iter().flatten().next().unwrap_or(Value::Null))),
            _ => Err(unsupported("an expression of several rows")),
        }
    }

    /// A value as a message shows it.
    pub(super) fn shown_text(&mut self, value_type: Type, value: &Value) -> Result<String> {
        match value {
            Value::Integer(number) if value_type.is_identifier() => self.write_identifier(*number, value_type),
            known if known.is_known() => Ok(known.to_text(value_type)),
            _ => Err(unsupported("a message with a value that nobody can predict")),
        }
    }

    pub(super) fn set_found(&mut self, found: bool) {
        if let Some(variable) = self.variables.first_mut() {
            debug_assert_eq!(&*variable.name, FOUND);
            variable.content = super::variable::Content::Scalar(Type::Boolean, Value::Boolean(found));
        }
    }

    fn give_all(&mut self, query: &Query) -> Result<Given> {
        let mut given = self.give(query)?;
        match given.end.take() {
            Some(stop) => Err(stop),
            None => Ok(given),
        }
    }

    /// Runs a query as far as it comes.
    fn give(&mut self, query: &Query) -> Result<Given> {
        self.take_snapshot();
        self.lookups = Some(Vec::new());
        let plan = Binder::new(self, Scope::default()).query(query);
        let relations = self.lookups.take().map_or(0, |found| found.len());
        let mut plan = plan?;
        let is_simple = plan.is_simple_expression();
        match self.fold_plan(&mut plan) {
            // Of variables PostgreSQL may compute nothing beforehand.
            Err(Stop::Error(_)) if self.uses_variables && plan.is_volatile() => {
                return Err(unsupported("an error with variables in a query that draws values"));
            }
            other => other?,
        }
        self.check_needed()?;
        let columns: Columns = plan.names().into_iter().zip(plan.types()).collect();
        let depends_on_time = plan.shows_state();
        let mut rows = Vec::new();
        let result = self.run_plan(&plan, None, &mut |_, values| {
            rows.push(values.to_vec());
            Ok(true)
        });
        let (order, end) = match result {
            Ok(order) => (order, None),
            Err(stop @ Stop::Error(_)) => (Order::Certain, Some(stop)),
            Err(other) => return Err(other),
        };
        self.session.transaction.has_logged |= self.locks_logged_rows && !rows.is_empty();
        self.end_inner_statement()?;
        Ok(Given { columns, rows, order, depends_on_time, is_simple, relations, end })
    }
}

pub(super) fn no_rows() -> Stop {
    error(sqlstate::NO_DATA_FOUND, "query returned no rows")
}

pub(super) fn several_rows() -> Stop {
    error(sqlstate::TOO_MANY_ROWS, "query returned more than one row")
}
