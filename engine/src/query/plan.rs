//! Analysed expressions and queries, ready to run.

use super::function::{Aggregate, Function, SetFunction};
use super::view::SystemView;
use super::{Type, Value};
use crate::catalog::Oid;
use crate::statement::BinaryOperator;

/// An analysed expression.
#[derive(Debug, Clone)]
pub(crate) enum Bound {
    Constant(Value),
    /// A relation named by a constant of type `regclass`.
    Relation(Oid),
    /// A column of the row at hand, or of an outer query's row.
    Column {
        level: usize,
        index: usize,
    },
    Call {
        function: Function,
        arguments: Vec<Bound>,
    },
    Cast {
        operand: Box<Bound>,
        from: Type,
        to: Type,
    },
    Negate {
        operand: Box<Bound>,
        value_type: Type,
    },
    Not(Box<Bound>),
    And(Box<Bound>, Box<Bound>),
    Or(Box<Bound>, Box<Bound>),
    /// Arithmetic, comparison or concatenation of two values of one type.
    Operator {
        operator: BinaryOperator,
        operand_type: Type,
        left: Box<Bound>,
        right: Box<Bound>,
    },
    IsNull {
        operand: Box<Bound>,
        negated: bool,
    },
    Case {
        branches: Vec<(Bound, Bound)>,
        otherwise: Box<Bound>,
    },
    Coalesce(Vec<Bound>),
    /// A parameter of a statement that is being prepared, counted from 0.
    Parameter(usize),
    /// The result of one of the query's aggregates.
    Aggregate(usize),
    /// The value at hand of one of the select list's set-returning functions.
    Series(usize),
    Subquery(Box<Plan>),
    Exists(Box<Plan>),
}

/// An analysed expression with its type.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub(crate) bound: Bound,
    pub(crate) value_type: Type,
}

/// One aggregate call.
#[derive(Debug, Clone)]
pub(crate) struct AggregateCall {
    pub(super) aggregate: Aggregate,
    pub(super) distinct: bool,
    pub(super) arguments: Vec<Bound>,
    pub(super) order_by: Vec<SortKey>,
}

/// One key of ORDER BY.
#[derive(Debug, Clone)]
pub(crate) struct SortKey {
    pub(super) key: Bound,
    pub(super) descending: bool,
}

/// Where a query's rows come from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A sequence's one row.
    Sequence(Oid),
    /// A table's rows.
    Table(Oid),
    /// A view of the system catalogs.
    View(SystemView),
    /// A set-returning function.
    Function {
        function: SetFunction,
        arguments: Vec<Bound>,
    },
    /// A function that returns one row or one value.
    Scalar {
        call: Bound,
        spread: bool,
    },
    Subquery(Plan),
    /// A view, with the query behind it.
    Stored {
        view: Oid,
        plan: Plan,
    },
}

/// An output column.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    pub(crate) name: std::rc::Rc<str>,
    pub(crate) value: Bound,
    pub(crate) value_type: Type,
}

/// An analysed query.
#[derive(Debug, Clone)]
pub(crate) enum Plan {
    Select(Box<SelectPlan>),
    Values { columns: Vec<Type>, rows: Vec<Vec<Bound>> },
}

/// An analysed SELECT.
#[derive(Debug, Clone)]
pub(crate) struct SelectPlan {
    pub(super) sources: Vec<Source>,
    pub(super) filter: Option<Bound>,
    pub(super) outputs: Vec<Output>,
    /// Aggregates of the select list; `None` when the query does not aggregate.
    pub(super) aggregates: Option<Vec<AggregateCall>>,
    /// Set-returning functions of the select list.
    pub(super) series: Vec<(SetFunction, Vec<Bound>)>,
    pub(super) order_by: Vec<SortKey>,
    pub(super) limit: Option<Bound>,
    pub(super) offset: Option<Bound>,
    /// Whether PostgreSQL leaves the order of the rows open.
    pub(super) unordered: bool,
}

impl Plan {
    /// The output columns' types.
    pub(crate) fn types(&self) -> Vec<Type> {
        match self {
            Plan::Select(select) => select.outputs.iter().map(|output| output.value_type).collect(),
            Plan::Values { columns, .. } => columns.clone(),
        }
    }

    /// The output columns' names.
    pub(crate) fn names(&self) -> Vec<std::rc::Rc<str>> {
        match self {
            Plan::Select(select) => select.outputs.iter().map(|output| output.name.clone()).collect(),
            Plan::Values { columns, .. } => (1..=columns.len()).map(|index| format!("column{index}").into()).collect(),
        }
    }

    /// The value of an output column that is the same constant in every row, when PostgreSQL merges this query into the
    /// one around it: nothing in it sorts, limits, aggregates or has effects (`is_simple_subquery` of its planner).
    pub(crate) fn merged_constant(&self, index: usize) -> Option<&Value> {
        let Plan::Select(select) = self else { return None };
        let is_simple = select.aggregates.is_none()
            && select.series.is_empty()
            && select.order_by.is_empty()
            && select.limit.is_none()
            && select.offset.is_none()
            && !select.outputs.iter().any(|output| output.value.is_volatile());
        match &select.outputs.get(index)?.value {
            Bound::Constant(value) if is_simple => Some(value),
            _ => None,
        }
    }

    /// Whether running it may call a sequence function.
    pub(crate) fn is_volatile(&self) -> bool {
        match self {
            Plan::Values { rows, .. } => rows.iter().flatten().any(Bound::is_volatile),
            Plan::Select(select) => {
                let in_sources = select.sources.iter().any(|source| match source {
                    Source::Function { arguments, .. } => arguments.iter().any(Bound::is_volatile),
                    Source::Scalar { call, .. } => call.is_volatile(),
                    Source::Subquery(plan) | Source::Stored { plan, .. } => plan.is_volatile(),
                    Source::Sequence(_) | Source::Table(_) | Source::View(_) => false,
                });
                in_sources
                    || select.outputs.iter().any(|output| output.value.is_volatile())
                    || select.filter.as_ref().is_some_and(Bound::is_volatile)
                    || select.aggregates.iter().flatten().any(|call| call.arguments.iter().any(Bound::is_volatile))
                    || select.series.iter().flat_map(|(_, arguments)| arguments).any(Bound::is_volatile)
            }
        }
    }

    /// Whether PostgreSQL leaves the order of the rows open.
    pub(crate) fn is_unordered(&self) -> bool {
        matches!(self, Plan::Select(select) if select.unordered)
    }
}

impl Bound {
    /// Calls `visit` for this expression and every part of it, those inside subqueries aside.
    pub(super) fn walk<'b>(&'b self, visit: &mut dyn FnMut(&'b Bound)) {
        visit(self);
        match self {
            Bound::Constant(_)
            | Bound::Relation(_)
            | Bound::Column { .. }
            | Bound::Parameter(_)
            | Bound::Aggregate(_)
            | Bound::Series(_)
            | Bound::Subquery(_)
            | Bound::Exists(_) => {}
            Bound::Call { arguments, .. } | Bound::Coalesce(arguments) => {
                arguments.iter().for_each(|argument| argument.walk(visit));
            }
            Bound::Cast { operand, .. }
            | Bound::Negate { operand, .. }
            | Bound::IsNull { operand, .. }
            | Bound::Not(operand) => operand.walk(visit),
            Bound::And(left, right) | Bound::Or(left, right) | Bound::Operator { left, right, .. } => {
                left.walk(visit);
                right.walk(visit);
            }
            Bound::Case { branches, otherwise } => {
                for (condition, result) in branches {
                    condition.walk(visit);
                    result.walk(visit);
                }
                otherwise.walk(visit);
            }
        }
    }

    fn any(&self, matches: impl Fn(&Bound) -> bool) -> bool {
        let mut found = false;
        self.walk(&mut |part| found |= matches(part));
        found
    }

    /// Whether computing it may call a sequence function, so that it matters how often and when that happens.
    pub(crate) fn is_volatile(&self) -> bool {
        self.any(|part| match part {
            Bound::Call { function, .. } => function.is_sequence_function(),
            // Deciding this exactly would need a walk through the whole plan.
            Bound::Subquery(_) | Bound::Exists(_) => true,
            _ => false,
        })
    }

    /// Whether one of the select list's set-returning functions is part of it.
    pub(super) fn holds_series(&self) -> bool {
        self.any(|part| matches!(part, Bound::Series(_)))
    }

    /// The relations that it names as constants.
    pub(crate) fn relations(&self) -> Vec<Oid> {
        let mut relations = Vec::new();
        self.walk(&mut |part| {
            if let Bound::Relation(oid) = part
                && !relations.contains(oid)
            {
                relations.push(*oid);
            }
        });
        relations
    }

    /// The columns of the row at hand that it reads.
    pub(crate) fn columns(&self) -> Vec<usize> {
        let mut columns = Vec::new();
        self.walk(&mut |part| {
            if let Bound::Column { level: 0, index } = part
                && !columns.contains(index)
            {
                columns.push(*index);
            }
        });
        columns
    }
}

/// `nextval` of a sequence, as a serial column's default has it.
pub(crate) fn nextval_of(sequence: Oid) -> Typed {
    Typed {
        bound: Bound::Call { function: Function::Nextval, arguments: vec![Bound::Relation(sequence)] },
        value_type: Type::BigInt,
    }
}
