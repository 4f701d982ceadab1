//! Analysing expressions: names and types (manual, "Value Expressions" and "Type Conversion").

use super::bind_atom::{literal_value, opaque_constant};
use super::coerce::common_of;
use super::function::SetFunction;
use super::plan::{AggregateCall, Bound, Source, Typed};
use super::scope::{Scope, ScopeTable};
use super::{CastContext, Type, Value};
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::execute::Execution;
use crate::statement::{BinaryOperator, Case, Expression, Query, UnaryOperator};

/// Which part of a query an expression stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    SelectList,
    From,
    JoinCondition,
    Where,
    Having,
    GroupBy,
    Values,
    Limit,
    Update,
    Default,
    Check,
    /// The expression of a generated column.
    Computed,
    IndexExpression,
    /// The condition of an index on some of the rows.
    IndexFilter,
    /// USING of ALTER COLUMN … TYPE.
    Transform,
    ExecuteParameter,
}

impl Place {
    pub(super) fn words(self) -> &'static str {
        match self {
            Place::SelectList => "SELECT",
            Place::From => "functions in FROM",
            Place::JoinCondition => "JOIN conditions",
            Place::Where => "WHERE",
            Place::Having => "HAVING",
            Place::GroupBy => "GROUP BY",
            Place::Values => "VALUES",
            Place::Limit => "LIMIT",
            Place::Update => "UPDATE",
            Place::Default => "DEFAULT expressions",
            Place::Check => "check constraints",
            Place::Computed => "column generation expressions",
            Place::IndexExpression => "index expressions",
            Place::IndexFilter => "index predicates",
            Place::Transform => "transform expressions",
            Place::ExecuteParameter => "EXECUTE parameters",
        }
    }
}

/// What one query level collects while its expressions are analysed.
#[derive(Debug, Default)]
pub(super) struct Frame {
    pub(super) aggregates: Vec<AggregateCall>,
    pub(super) series: Vec<(SetFunction, Vec<Bound>)>,
    pub(super) in_aggregate: bool,
    /// Whether the query locks the rows of its relations, for which it takes a stronger lock on them from the start.
    pub(super) locks_rows: bool,
}

/// Analyses the expressions of one statement.
pub(crate) struct Binder<'e, 'a> {
    pub(super) execution: &'e mut Execution<'a>,
    pub(super) scopes: Vec<Scope>,
    pub(super) frames: Vec<Frame>,
    /// Whether an expression asked for a value of the session, such as its user.
    pub(crate) reads_session: bool,
    /// Whether a query in it, however deep, locks rows.
    pub(crate) locks_rows: bool,
    /// What the query has in FROM, or is about, but expressions cannot read where they stand.
    pub(crate) unreachable: Vec<ScopeTable>,
}

impl<'e, 'a> Binder<'e, 'a> {
    pub(crate) fn new(execution: &'e mut Execution<'a>, scope: Scope) -> Self {
        Binder {
            execution,
            scopes: vec![scope],
            frames: vec![Frame::default()],
            reads_session: false,
            locks_rows: false,
            unreachable: Vec::new(),
        }
    }

    /// Converts an expression as the context allows.
    pub(crate) fn coerce(&mut self, typed: Typed, to: Type, context: CastContext) -> Result<Option<Typed>> {
        self.execution.coerce(typed, to, context)
    }

    /// Who runs the statement.
    pub(crate) fn execution(&mut self) -> &mut Execution<'a> {
        self.execution
    }

    /// Analyses an expression.
    pub(crate) fn expression(&mut self, expression: &Expression, place: Place) -> Result<Typed> {
        match expression {
            Expression::Literal(literal) => literal_value(literal),
            Expression::Column(_) if place == Place::Default => {
                Err(error(sqlstate::FEATURE_NOT_SUPPORTED, "cannot use column reference in DEFAULT expression"))
            }
            Expression::Subquery(_) | Expression::Exists(_) | Expression::InQuery { .. }
                if matches!(
                    place,
                    Place::Default | Place::Check | Place::Computed | Place::Transform | Place::ExecuteParameter
                ) =>
            {
                let words = match place {
                    Place::Default => "DEFAULT expression",
                    Place::Check => "check constraint",
                    Place::Computed => "column generation expression",
                    Place::Transform => "transform expression",
                    _ => "EXECUTE parameter",
                };
                Err(error(sqlstate::FEATURE_NOT_SUPPORTED, format!("cannot use subquery in {words}")))
            }
            Expression::Column(name) => self.column(name),
            Expression::Wildcard(_) => Err(unsupported("a whole row as a value")),
            Expression::Call(call) => self.call(call, place),
            Expression::Cast(operand, name) => {
                if let Some(known) = opaque_constant(operand, name) {
                    return Ok(known);
                }
                let to = self.execution.type_of_value(name, "a cast to an enumerated type")?;
                let operand = self.expression(operand, place)?;
                let from = operand.value_type;
                match self.execution.coerce(operand, to, CastContext::Explicit)? {
                    Some(cast) => Ok(cast),
                    None if [from, to].iter().any(|side| matches!(side, Type::Array(_) | Type::Record)) => {
                        Err(unsupported(format!("a cast from {} to {}", from.sql_name(), to.sql_name())))
                    }
                    None => Err(error(
                        sqlstate::CANNOT_COERCE,
                        format!("cannot cast type {} to {}", from.sql_name(), to.sql_name()),
                    )),
                }
            }
            Expression::Unary(UnaryOperator::Not, operand) => {
                let operand = self.boolean(operand, place, "NOT")?;
                Ok(boolean(Bound::Not(Box::new(operand))))
            }
            Expression::Unary(operator, operand) => self.signed(*operator, operand, expression, place),
            Expression::Binary(BinaryOperator::And, left, right) => {
                let left = self.boolean(left, place, "AND")?;
                let right = self.boolean(right, place, "AND")?;
                Ok(boolean(Bound::And(Box::new(left), Box::new(right))))
            }
            Expression::Binary(BinaryOperator::Or, left, right) => {
                let left = self.boolean(left, place, "OR")?;
                let right = self.boolean(right, place, "OR")?;
                Ok(boolean(Bound::Or(Box::new(left), Box::new(right))))
            }
            Expression::Binary(operator, left, right) => {
                let left = self.expression(left, place)?;
                let right = self.expression(right, place)?;
                self.execution.bind_operator(*operator, left, right)
            }
            Expression::IsNull { operand, negated } => {
                let operand = match &**operand {
                    Expression::Column(name) if place != Place::Default => self.shown_column(name)?,
                    operand => self.expression(operand, place)?,
                };
                let operand = Box::new(operand.bound);
                Ok(boolean(Bound::IsNull { operand, negated: *negated }))
            }
            Expression::InList { operand, items, negated } => self.in_list(operand, items, *negated, place),
            Expression::Quantified { operand, operator, array, all } => {
                self.quantified(operand, *operator, array, *all, place)
            }
            Expression::Between { operand, low, high, negated } => self.between(operand, low, high, *negated, place),
            Expression::Case(case) => self.case(case, place),
            Expression::Subquery(query) => {
                let plan = self.subquery(query)?;
                if place == Place::GroupBy {
                    return Err(unsupported("a subquery in GROUP BY"));
                }
                // PostgreSQL runs a subquery that reads no row around it once, however many rows need its value.
                if plan.is_volatile() && self.scopes.last().is_some_and(|scope| !scope.tables.is_empty()) {
                    let is_outermost =
                        self.scopes.len() == 1 && matches!(place, Place::SelectList | Place::Where | Place::Update);
                    let [value_type] = plan.types()[..] else {
                        return Err(error(sqlstate::SYNTAX_ERROR, "subquery must return only one column"));
                    };
                    if !is_outermost || plan.reads_around() {
                        return Err(unsupported("a subquery with sequence functions beside FROM"));
                    }
                    self.execution.initial.push(None);
                    let place = self.execution.initial.len() - 1;
                    return Ok(Typed { bound: Bound::Initial { plan: Box::new(plan), place }, value_type });
                }
                match plan.types().as_slice() {
                    [value_type] => Ok(Typed { value_type: *value_type, bound: Bound::Subquery(Box::new(plan)) }),
                    _ => Err(error(sqlstate::SYNTAX_ERROR, "subquery must return only one column")),
                }
            }
            Expression::Exists(query) => {
                let plan = self.subquery(query)?;
                match plan.is_volatile() && !calls_only_in_outputs(query, &plan) {
                    true => Err(unsupported("EXISTS with sequence functions")),
                    false => Ok(boolean(Bound::Exists(Box::new(plan)))),
                }
            }
            Expression::InQuery { operand, query, negated } => self.in_query(operand, query, *negated, place),
            Expression::Session(value) => self.session_value(*value),
            Expression::Array(elements) => self.array(elements, place),
            Expression::Parameter(number) => self.parameter(*number),
            Expression::Default => Err(error(sqlstate::SYNTAX_ERROR, "DEFAULT is not allowed in this context")),
        }
    }

    /// Analyses a condition.
    pub(crate) fn boolean(&mut self, expression: &Expression, place: Place, context: &str) -> Result<Bound> {
        let typed = self.expression(expression, place)?;
        self.typed_argument(typed, Type::Boolean, context)
    }

    /// Converts the argument of a clause to the type it needs.
    pub(super) fn typed_argument(&mut self, typed: Typed, needed: Type, context: &str) -> Result<Bound> {
        let found = typed.value_type;
        match self.execution.coerce(typed, needed, CastContext::Assignment)? {
            Some(typed) if found == needed || found == Type::Unknown || needed != Type::Boolean => Ok(typed.bound),
            _ => Err(error(
                sqlstate::DATATYPE_MISMATCH,
                format!("argument of {context} must be type {}, not type {}", needed.sql_name(), found.sql_name()),
            )),
        }
    }

    fn case(&mut self, case: &Case, place: Place) -> Result<Typed> {
        let mut conditions = Vec::with_capacity(case.branches.len());
        let mut once = None;
        // ELSE decides first what the common type is, though it is analysed last.
        let mut results = vec![null()];
        for (condition, result) in &case.branches {
            conditions.push(match &case.operand {
                None => self.boolean(condition, place, "CASE/WHEN")?,
                Some(operand) => {
                    let mut operand = self.expression(operand, place)?;
                    if operand.bound.is_volatile() {
                        once = Some(std::mem::replace(&mut operand.bound, Bound::Held));
                    }
                    let condition = self.expression(condition, place)?;
                    self.execution.bind_operator(BinaryOperator::Equal, operand, condition)?.bound
                }
            });
            results.push(self.expression(result, place)?);
        }
        if let Some(otherwise) = &case.otherwise {
            results[0] = self.expression(otherwise, place)?;
        }
        let (results, value_type) = self.common_type(results, "CASE")?;
        let mut results = results.into_iter();
        let otherwise = Box::new(results.next().unwrap_or(Bound::Constant(Value::Null)));
        let branches = conditions.into_iter().zip(results).collect();
        Ok(Typed { bound: Bound::Case { branches, otherwise }.with_held(once), value_type })
    }

    /// Converts alternatives to one type (manual, "UNION, CASE, and Related Constructs").
    pub(super) fn common_type(&mut self, alternatives: Vec<Typed>, construct: &str) -> Result<(Vec<Bound>, Type)> {
        let major = self.execution.shared.settings.major;
        let mut chosen = Type::Unknown;
        for alternative in &alternatives {
            chosen = common_of(chosen, alternative.value_type, major)
                .ok_or_else(|| unmatched(construct, chosen, alternative.value_type))?;
        }
        if chosen == Type::Unknown {
            chosen = Type::Text;
        }
        let mut bound = Vec::with_capacity(alternatives.len());
        for alternative in alternatives {
            let coerced = self.execution.coerce(alternative, chosen, CastContext::Implicit)?;
            bound.push(coerced.ok_or_else(|| unsupported(format!("{construct} over mixed types")))?.bound);
        }
        Ok((bound, chosen))
    }

    /// Analyses a query inside this one.
    pub(super) fn subquery(&mut self, query: &Query) -> Result<super::Plan> {
        self.scopes.push(Scope::default());
        self.frames.push(Frame::default());
        let plan = self.query(query);
        self.scopes.pop();
        self.frames.pop();
        plan
    }
}

/// Whether a query calls sequence functions nowhere but in its select list, in which EXISTS takes no interest.
fn calls_only_in_outputs(query: &Query, plan: &super::Plan) -> bool {
    match (query, plan) {
        (Query::Select(written), super::Plan::Select(select)) => {
            written.locking.is_none()
                && select.keeps_some_row()
                && !select.source.as_ref().is_some_and(Source::is_volatile)
                && !select.filter.as_ref().is_some_and(Bound::is_volatile)
        }
        _ => false,
    }
}

/// The refusal of alternatives without a common type.
pub(super) fn unmatched(construct: &str, one: Type, other: Type) -> Stop {
    if one.is_opaque() || other.is_opaque() {
        return unsupported(format!("{construct} over a type outside the model"));
    }
    error(
        sqlstate::DATATYPE_MISMATCH,
        format!("{construct} types {} and {} cannot be matched", one.sql_name(), other.sql_name()),
    )
}

pub(super) fn null() -> Typed {
    Typed { bound: Bound::Constant(Value::Null), value_type: Type::Unknown }
}

pub(super) fn boolean(bound: Bound) -> Typed {
    Typed { bound, value_type: Type::Boolean }
}
