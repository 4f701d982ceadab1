//! Queries inside a block, and where their rows go (manual, "Basic Statements").

use std::rc::Rc;

use super::super::Execution;
use super::FOUND;
use crate::error::{Result, error, unsupported};
use crate::query::{Binder, Order, Scope, Type, Value};
use crate::reply::{Rows, SqlState};
use crate::statement::{Expression, Into, Query, Select, SelectItem};

/// SQLSTATEs of PL/pgSQL's own.
const NO_DATA_FOUND: SqlState = SqlState::new("P0002");
const TOO_MANY_ROWS: SqlState = SqlState::new("P0003");

/// How many rows a loop takes from its query before its first round.
const FETCHED_AT_FIRST: usize = 10;

/// The columns of a query.
pub(super) type Columns = Vec<(Rc<str>, Type)>;

/// What a query gives.
struct Given {
    columns: Columns,
    rows: Vec<Vec<Value>>,
    order: Order,
    is_volatile: bool,
    has_subquery: bool,
}

impl Execution<'_> {
    /// All rows of a query, for which somebody has no use but to know whether there are any.
    pub(super) fn every_row(&mut self, query: &Query) -> Result<(Columns, Vec<Vec<Value>>)> {
        let given = self.give(query)?;
        Ok((given.columns, given.rows))
    }

    /// The rows of a query for a loop, which takes some at a time.
    pub(super) fn rows_in_turn(&mut self, query: &Query) -> Result<(Columns, Vec<Vec<Value>>)> {
        let given = self.give(query)?;
        if given.rows.len() > 1 && given.order == Order::Open {
            return Err(unsupported("a loop over rows whose order PostgreSQL leaves open"));
        }
        if given.rows.len() > FETCHED_AT_FIRST && given.is_volatile {
            return Err(unsupported("a loop over so many rows that its query goes on beside it"));
        }
        Ok((given.columns, given.rows))
    }

    /// Runs a query whose first row goes to variables.
    pub(super) fn query_into(&mut self, query: &Query, into: &Into) -> Result<()> {
        let given = self.give(query)?;
        if given.rows.len() > 1 && given.is_volatile {
            return Err(unsupported("INTO of a query that is stopped after its first row"));
        }
        if given.rows.len() > 1 && given.order == Order::Open && !into.strict {
            return Err(unsupported("the first of rows whose order PostgreSQL leaves open"));
        }
        self.rows_into(&given.columns, given.rows, into, false)
    }

    /// Gives the row that RETURNING has returned to variables.
    pub(super) fn returned_into(&mut self, rows: &Rows, values: Vec<Vec<Value>>, into: &Into) -> Result<()> {
        let types = rows.types.iter().map(|number| Type::of_number(i64::from(*number)));
        let types =
            types.collect::<Option<Vec<Type>>>().ok_or_else(|| unsupported("INTO of a type outside the model"))?;
        let columns: Columns = rows.columns.iter().map(|name| Rc::from(&**name)).zip(types).collect();
        self.rows_into(&columns, values, into, true)
    }

    fn rows_into(
        &mut self,
        columns: &[(Rc<str>, Type)],
        rows: Vec<Vec<Value>>,
        into: &Into,
        changes: bool,
    ) -> Result<()> {
        let count = rows.len() as u64;
        self.rows_to_targets(columns, rows, into, changes)?;
        self.set_found(count > 0);
        self.row_count = Some(count.min(1));
        Ok(())
    }

    /// `changes` tells that the rows come from a statement that changes some, of which more than one is always an error.
    pub(super) fn rows_to_targets(
        &mut self,
        columns: &[(Rc<str>, Type)],
        rows: Vec<Vec<Value>>,
        into: &Into,
        changes: bool,
    ) -> Result<()> {
        let count = rows.len();
        if count == 0 && into.strict {
            return Err(error(NO_DATA_FOUND, "query returned no rows"));
        }
        if count > 1 && (into.strict || changes) {
            return Err(error(TOO_MANY_ROWS, "query returned more than one row")
                .hint("Make sure the query returns a single row, or use LIMIT 1."));
        }
        self.assign_row(&into.targets, columns, rows.into_iter().next())
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
        let given = self.give(&query)?;
        let [(_, value_type)] = given.columns.as_slice() else {
            return Err(unsupported("an expression of several columns"));
        };
        let value_type = *value_type;
        if given.has_subquery {
            // It counts like a statement, unless PL/pgSQL takes it for a simple expression.
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

    fn give(&mut self, query: &Query) -> Result<Given> {
        self.take_snapshot();
        let mut plan = Binder::new(self, Scope::default()).query(query)?;
        self.fold_plan(&mut plan)?;
        self.check_needed()?;
        let columns: Columns = plan.names().into_iter().zip(plan.types()).collect();
        let is_volatile = plan.is_volatile();
        let has_subquery = plan.has_subquery();
        let mut rows = Vec::new();
        let order = self.run_plan(&plan, None, &mut |_, values| {
            rows.push(values.to_vec());
            Ok(true)
        })?;
        self.session.transaction.has_logged |= self.locks_logged_rows && !rows.is_empty();
        self.end_inner_statement()?;
        Ok(Given { columns, rows, order, is_volatile, has_subquery })
    }
}
