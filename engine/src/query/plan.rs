//! Analysed expressions and queries, ready to run.

use super::function::{Aggregate, Function, SetFunction};
use super::system::{LAST_VALUE_OF_SEQUENCES, SystemRelation};
use super::{Type, Value};
use crate::catalog::Oid;
use crate::statement::{BinaryOperator, JoinKind, SetOperator};

/// An analysed expression.
#[derive(Debug, Clone, PartialEq)]
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
    /// GREATEST or LEAST of values of one type.
    Extreme {
        alternatives: Vec<Bound>,
        greatest: bool,
    },
    /// An expression that needs a value in several places and computes it once, as PostgreSQL does for CASE and NULLIF.
    Once {
        value: Box<Bound>,
        body: Box<Bound>,
    },
    /// The value of the innermost `Once` around it.
    Held,
    /// Whether a comparison holds with any of the elements, or with all of them. Unlike OR, it computes all elements.
    Quantified {
        operator: BinaryOperator,
        operand_type: Type,
        operand: Box<Bound>,
        elements: Vec<Bound>,
        all: bool,
    },
    /// `ARRAY[…]` of values of one type.
    Array(Vec<Bound>),
    /// A parameter of a statement that is being prepared, counted from 0.
    Parameter(usize),
    /// The result of one of the query's aggregates.
    Aggregate(usize),
    /// The value at hand of one of the select list's set-returning functions.
    Series(usize),
    Subquery(Box<Plan>),
    /// A subquery that reads no row around it. Its value is computed when it is first needed, and kept from there on;
    /// the place tells where.
    Initial {
        plan: Box<Plan>,
        place: usize,
    },
    Exists(Box<Plan>),
    /// Whether a value is among a subquery's, which are converted to its type.
    InQuery {
        operand: Box<Bound>,
        plan: Box<Plan>,
        from: Type,
        to: Type,
    },
}

/// An analysed expression with its type.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub(crate) bound: Bound,
    pub(crate) value_type: Type,
}

/// One aggregate call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AggregateCall {
    pub(super) aggregate: Aggregate,
    pub(super) distinct: bool,
    pub(super) arguments: Vec<Bound>,
    pub(super) order_by: Vec<SortKey>,
}

/// One key of ORDER BY.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SortKey {
    pub(super) key: Bound,
    pub(super) descending: bool,
}

/// Where a query's rows come from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    /// A sequence's one row.
    Sequence(Oid),
    /// A table's rows.
    Table(Oid),
    /// A relation of the system catalogs.
    System(SystemRelation),
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
    /// What a statement in WITH returns that changes rows, by its place among these.
    Changes {
        index: usize,
        width: usize,
    },
    /// A view, with the query behind it.
    Stored {
        view: Oid,
        plan: Plan,
    },
    Join(Box<JoinPlan>),
}

/// An analysed join of two items of FROM. Its row is the left row followed by the right one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JoinPlan {
    pub(super) kind: JoinKind,
    pub(super) left: Source,
    pub(super) right: Source,
    /// How many columns the left row has.
    pub(super) left_width: usize,
    /// How many columns the right row has.
    pub(super) right_width: usize,
    /// ON, with the conditions of WHERE that can be decided here.
    pub(super) condition: Option<Bound>,
    /// Conditions of WHERE on the left row alone.
    pub(super) left_filter: Option<Bound>,
    /// Conditions of WHERE on the right row alone.
    pub(super) right_filter: Option<Bound>,
    /// Whether the right side is a function whose arguments read the left row.
    pub(super) lateral: bool,
}

/// An output column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Output {
    pub(crate) name: std::rc::Rc<str>,
    pub(crate) value: Bound,
    pub(crate) value_type: Type,
}

/// An analysed query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plan {
    Select(Box<SelectPlan>),
    Values { columns: Vec<Type>, rows: Vec<Vec<Bound>> },
    Set(Box<SetPlan>),
}

/// An analysed SELECT.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SelectPlan {
    /// FROM; none when the query has no FROM.
    pub(super) source: Option<Source>,
    pub(super) filter: Option<Bound>,
    pub(super) outputs: Vec<Output>,
    /// GROUP BY, HAVING and aggregates; `None` when the query does not aggregate.
    pub(super) grouping: Option<Grouping>,
    pub(super) distinct: bool,
    /// Set-returning functions of the select list.
    pub(super) series: Vec<(SetFunction, Vec<Bound>)>,
    pub(super) order_by: Vec<SortKey>,
    pub(super) limit: Option<Bound>,
    pub(super) offset: Option<Bound>,
}

/// How an aggregating query makes groups of its rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grouping {
    /// GROUP BY; without keys all rows, even none, are one group.
    pub(super) keys: Vec<Bound>,
    pub(super) calls: Vec<AggregateCall>,
    pub(super) having: Option<Bound>,
}

/// An analysed UNION, INTERSECT or EXCEPT.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SetPlan {
    pub(super) operator: SetOperator,
    /// Whether equal rows stay.
    pub(super) all: bool,
    pub(super) left: Plan,
    pub(super) right: Plan,
    pub(super) names: Vec<std::rc::Rc<str>>,
    pub(super) types: Vec<Type>,
    /// ORDER BY over the columns of the result.
    pub(super) order_by: Vec<SortKey>,
    pub(super) limit: Option<Bound>,
    pub(super) offset: Option<Bound>,
}

impl Plan {
    /// The output columns' types.
    pub(crate) fn types(&self) -> Vec<Type> {
        match self {
            Plan::Select(select) => select.outputs.iter().map(|output| output.value_type).collect(),
            Plan::Values { columns, .. } => columns.clone(),
            Plan::Set(set) => set.types.clone(),
        }
    }

    /// The output columns' names.
    pub(crate) fn names(&self) -> Vec<std::rc::Rc<str>> {
        match self {
            Plan::Select(select) => select.outputs.iter().map(|output| output.name.clone()).collect(),
            Plan::Values { columns, .. } => (1..=columns.len()).map(|index| format!("column{index}").into()).collect(),
            Plan::Set(set) => set.names.clone(),
        }
    }

    /// The table that a plain query reads, where each output column lies in it, in their order, and WHERE. The query does
    /// nothing but leave out columns and rows.
    pub(crate) fn plain_columns(&self) -> Option<(Oid, Vec<usize>, Option<&Bound>)> {
        let Plan::Select(select) = self else { return None };
        let SelectPlan { source: Some(Source::Table(table)), filter, outputs, .. } = &**select else { return None };
        let is_plain = select.keeps_rows() && !filter.as_ref().is_some_and(Bound::is_volatile);
        let place = |output: &Output| match output.value {
            Bound::Column { level: 0, index } => Some(index),
            _ => None,
        };
        let places = outputs.iter().map(place).collect::<Option<Vec<usize>>>()?;
        (is_plain && places.is_sorted_by(|one, next| one < next)).then_some((*table, places, filter.as_ref()))
    }

    /// The value of an output column that is the same constant in every row, when PostgreSQL merges this query into the
    /// one around it: nothing in it sorts, limits, aggregates or has effects (`is_simple_subquery` of its planner).
    pub(crate) fn merged_constant(&self, index: usize) -> Option<&Value> {
        let Plan::Select(select) = self else { return None };
        let is_simple = select.keeps_rows()
            && select.order_by.is_empty()
            && !select.outputs.iter().any(|output| output.value.is_volatile());
        match &select.outputs.get(index)?.value {
            Bound::Constant(value) if is_simple => Some(value),
            _ => None,
        }
    }

    /// Whether running it may call a sequence function.
    pub(crate) fn is_volatile(&self) -> bool {
        self.any(&|part| matches!(part, Bound::Call { function, .. } if function.is_sequence_function()))
    }

    /// Whether its result may change while a statement runs: it reads the state of sequences.
    pub(crate) fn reads_state(&self) -> bool {
        let mut found = self.is_volatile()
            || self.any(&|part| match part {
                Bound::Call { function, .. } => function.reads_state(),
                other => other.subquery().is_some_and(Plan::reads_state),
            });
        self.each_source(&mut |source| {
            found |= matches!(source, Source::Sequence(_) | Source::System(SystemRelation::Sequences));
        });
        found
    }

    /// As [`reads_state`](Self::reads_state), where it is known that nothing but the columns asked for is computed.
    pub(crate) fn shows_state(&self) -> bool {
        match self {
            Plan::Select(select) if matches!(select.source, Some(Source::System(SystemRelation::Sequences))) => {
                self.is_volatile()
                    || self.any(&|part| match part {
                        Bound::Call { function, .. } => function.reads_state(),
                        Bound::Column { index, .. } => *index == LAST_VALUE_OF_SEQUENCES,
                        other => other.subquery().is_some(),
                    })
            }
            other => other.reads_state(),
        }
    }

    /// Whether PL/pgSQL computes it by itself rather than running it: a value without FROM, subqueries, aggregates and
    /// set-returning functions (`exec_simple_check_plan`).
    pub(crate) fn is_simple_expression(&self) -> bool {
        match self {
            Plan::Select(select) => {
                select.source.is_none()
                    && select.filter.is_none()
                    && select.grouping.is_none()
                    && select.series.is_empty()
                    && !self.has_subquery()
            }
            Plan::Values { .. } | Plan::Set(_) => false,
        }
    }

    /// Whether only its first rows are wanted.
    pub(super) fn has_limit(&self) -> bool {
        match self {
            Plan::Values { .. } => false,
            Plan::Select(select) => select.limit.is_some(),
            Plan::Set(set) => set.limit.is_some(),
        }
    }

    /// Whether a subquery is part of its expressions whose value is computed when it is first needed.
    pub(crate) fn holds_initial(&self) -> bool {
        self.any(&|part| matches!(part, Bound::Initial { .. }))
    }

    /// Whether a subquery is part of its expressions.
    pub(crate) fn has_subquery(&self) -> bool {
        self.any(&|part| part.subquery().is_some())
    }

    /// Whether it may read the rows of the queries around it.
    pub(super) fn reads_around(&self) -> bool {
        self.any(&|part| matches!(part, Bound::Column { level, .. } if *level > 0))
    }

    /// Whether any expression in it, those of subqueries included, satisfies `matches`.
    pub(super) fn any(&self, matches: &dyn Fn(&Bound) -> bool) -> bool {
        let mut found = false;
        self.each_expression(&mut |expression| {
            found |=
                expression.any(|part| matches(part) || part.subquery().is_some_and(|subquery| subquery.any(matches)));
        });
        found
    }

    /// Calls `visit` for every expression of every query level.
    fn each_expression<'p>(&'p self, visit: &mut dyn FnMut(&'p Bound)) {
        match self {
            Plan::Values { rows, .. } => rows.iter().flatten().for_each(visit),
            Plan::Set(set) => {
                set.left.each_expression(visit);
                set.right.each_expression(visit);
            }
            Plan::Select(select) => {
                if let Some(source) = &select.source {
                    source.each_expression(visit);
                }
                select.outputs.iter().for_each(|output| visit(&output.value));
                select.filter.iter().for_each(&mut *visit);
                if let Some(grouping) = &select.grouping {
                    grouping.keys.iter().chain(&grouping.having).for_each(&mut *visit);
                    for call in &grouping.calls {
                        call.arguments.iter().for_each(&mut *visit);
                        call.order_by.iter().for_each(|key| visit(&key.key));
                    }
                }
                select.series.iter().flat_map(|(_, arguments)| arguments).for_each(&mut *visit);
                select.order_by.iter().for_each(|key| visit(&key.key));
                select.limit.iter().chain(&select.offset).for_each(visit);
            }
        }
    }

    /// Calls `visit` for every item of FROM, those inside expressions aside.
    pub(super) fn each_source<'p>(&'p self, visit: &mut dyn FnMut(&'p Source)) {
        match self {
            Plan::Values { .. } => {}
            Plan::Set(set) => {
                set.left.each_source(visit);
                set.right.each_source(visit);
            }
            Plan::Select(select) => {
                if let Some(source) = &select.source {
                    source.each_source(visit);
                }
            }
        }
    }
}

impl SelectPlan {
    /// Whether each row of FROM that passes WHERE gives one row.
    fn keeps_rows(&self) -> bool {
        !self.distinct && self.keeps_some_row()
    }

    /// Whether there is a row as soon as one of FROM passes WHERE.
    pub(super) fn keeps_some_row(&self) -> bool {
        self.grouping.is_none() && self.series.is_empty() && self.limit.is_none() && self.offset.is_none()
    }
}

impl Source {
    /// Whether finding its rows may call a sequence function.
    pub(super) fn is_volatile(&self) -> bool {
        let mut found = false;
        self.each_expression(&mut |expression| found |= expression.is_volatile());
        found
    }

    fn each_expression<'p>(&'p self, visit: &mut dyn FnMut(&'p Bound)) {
        match self {
            Source::Sequence(_) | Source::Table(_) | Source::System(_) | Source::Changes { .. } => {}
            Source::Function { arguments, .. } => arguments.iter().for_each(visit),
            Source::Scalar { call, .. } => visit(call),
            Source::Subquery(plan) | Source::Stored { plan, .. } => plan.each_expression(visit),
            Source::Join(join) => {
                join.left.each_expression(visit);
                join.right.each_expression(visit);
                join.condition.iter().chain(&join.left_filter).chain(&join.right_filter).for_each(visit);
            }
        }
    }

    pub(super) fn each_source<'p>(&'p self, visit: &mut dyn FnMut(&'p Source)) {
        visit(self);
        match self {
            Source::Subquery(plan) | Source::Stored { plan, .. } => plan.each_source(visit),
            Source::Join(join) => {
                join.left.each_source(visit);
                join.right.each_source(visit);
            }
            _ => {}
        }
    }
}

/// `nextval` of a sequence, as a serial column's default has it.
pub(crate) fn nextval_of(sequence: Oid) -> Typed {
    Typed {
        bound: Bound::Call { function: Function::Nextval, arguments: vec![Bound::Relation(sequence)] },
        value_type: Type::BigInt,
    }
}
