//! Walking analysed expressions.

use super::function::Function;
use super::plan::{Bound, Source};
use super::{Plan, Value};
use crate::catalog::Oid;

impl Bound {
    /// The subquery that it runs, when it is one.
    pub(super) fn subquery(&self) -> Option<&Plan> {
        match self {
            Bound::Subquery(plan) | Bound::Initial { plan, .. } | Bound::Exists(plan) | Bound::InQuery { plan, .. } => {
                Some(plan)
            }
            _ => None,
        }
    }

    /// Whether a condition looks for something in a sequence such that the planner may join it to the query.
    pub(crate) fn joins_sequence(&self) -> bool {
        self.any(|part| {
            let mut reads_sequence = false;
            if let Bound::Exists(plan) | Bound::InQuery { plan, .. } = part {
                plan.each_source(&mut |source| reads_sequence |= matches!(source, Source::Sequence(_)));
            }
            reads_sequence
        })
    }

    /// The expressions that it consists of, in order; a subquery's own are not among them.
    pub(super) fn parts(&self) -> Vec<&Bound> {
        match self {
            Bound::Constant(_)
            | Bound::Relation(_)
            | Bound::Column { .. }
            | Bound::Parameter(_)
            | Bound::Aggregate(_)
            | Bound::Series(_)
            | Bound::Held
            | Bound::Subquery(_)
            | Bound::Initial { .. }
            | Bound::Exists(_) => Vec::new(),
            Bound::Call { arguments: parts, .. }
            | Bound::Coalesce(parts)
            | Bound::Array(parts)
            | Bound::Extreme { alternatives: parts, .. } => parts.iter().collect(),
            Bound::Cast { operand, .. }
            | Bound::Negate { operand, .. }
            | Bound::IsNull { operand, .. }
            | Bound::InQuery { operand, .. }
            | Bound::Not(operand) => vec![operand],
            Bound::And(left, right) | Bound::Or(left, right) | Bound::Operator { left, right, .. } => vec![left, right],
            Bound::Once { value, body } => vec![value, body],
            Bound::Quantified { operand, elements, .. } => std::iter::once(&**operand).chain(elements).collect(),
            Bound::Case { branches, otherwise } => {
                let mut parts: Vec<&Bound> =
                    branches.iter().flat_map(|(condition, result)| [condition, result]).collect();
                parts.push(otherwise);
                parts
            }
        }
    }

    fn parts_mut(&mut self) -> Vec<&mut Bound> {
        match self {
            Bound::Constant(_)
            | Bound::Relation(_)
            | Bound::Column { .. }
            | Bound::Parameter(_)
            | Bound::Aggregate(_)
            | Bound::Series(_)
            | Bound::Held
            | Bound::Subquery(_)
            | Bound::Initial { .. }
            | Bound::Exists(_) => Vec::new(),
            Bound::Call { arguments: parts, .. }
            | Bound::Coalesce(parts)
            | Bound::Array(parts)
            | Bound::Extreme { alternatives: parts, .. } => parts.iter_mut().collect(),
            Bound::Cast { operand, .. }
            | Bound::Negate { operand, .. }
            | Bound::IsNull { operand, .. }
            | Bound::InQuery { operand, .. }
            | Bound::Not(operand) => vec![operand],
            Bound::And(left, right) | Bound::Or(left, right) | Bound::Operator { left, right, .. } => vec![left, right],
            Bound::Once { value, body } => vec![value, body],
            Bound::Quantified { operand, elements, .. } => std::iter::once(&mut **operand).chain(elements).collect(),
            Bound::Case { branches, otherwise } => {
                let mut parts: Vec<&mut Bound> =
                    branches.iter_mut().flat_map(|(condition, result)| [condition, result]).collect();
                parts.push(otherwise);
                parts
            }
        }
    }

    /// Gives the columns of the row at hand other places. Not for expressions with subqueries.
    pub(super) fn move_columns(&mut self, place: &dyn Fn(usize) -> usize) {
        if let Bound::Column { level: 0, index } = self {
            *index = place(*index);
        }
        for part in self.parts_mut() {
            part.move_columns(place);
        }
    }

    /// The expression, with the value that `Held` in it stands for, if any is to be computed once.
    pub(super) fn with_held(self, value: Option<Bound>) -> Bound {
        match value {
            Some(value) => Bound::Once { value: Box::new(value), body: Box::new(self) },
            None => self,
        }
    }

    /// Puts a constant where the value of the `Once` around it is meant.
    pub(super) fn hold(&mut self, constant: &Value) {
        match self {
            Bound::Held => *self = Bound::Constant(constant.clone()),
            // Its body means another value.
            Bound::Once { value, .. } => value.hold(constant),
            other => other.parts_mut().into_iter().for_each(|part| part.hold(constant)),
        }
    }

    /// Calls `visit` for this expression and every part of it, those inside subqueries aside.
    pub(super) fn walk<'b>(&'b self, visit: &mut dyn FnMut(&'b Bound)) {
        visit(self);
        for part in self.parts() {
            part.walk(visit);
        }
    }

    /// Whether this expression or a part of it, those inside subqueries aside, satisfies `matches`.
    pub(super) fn any(&self, matches: impl Fn(&Bound) -> bool) -> bool {
        let mut found = false;
        self.walk(&mut |part| found |= matches(part));
        found
    }

    /// Whether it holds a value that nobody can predict, such as the time.
    pub(crate) fn holds_chance(&self) -> bool {
        self.any(|part| matches!(part, Bound::Constant(Value::Opaque)))
    }

    /// Whether it calls a function that may change its result from row to row, other than `nextval`.
    pub(crate) fn is_volatile_beside_nextval(&self) -> bool {
        self.any(|part| match part {
            Bound::Call { function, .. } => function.is_sequence_function() && *function != Function::Nextval,
            other => other.subquery().is_some_and(Plan::is_volatile),
        })
    }

    /// Whether computing it may call a sequence function, so that it matters how often and when that happens.
    pub(crate) fn is_volatile(&self) -> bool {
        self.any(|part| match part {
            Bound::Call { function, .. } => function.is_sequence_function(),
            other => other.subquery().is_some_and(Plan::is_volatile),
        })
    }

    /// Whether a subquery is part of it whose value is computed when it is first needed.
    pub(crate) fn holds_initial(&self) -> bool {
        self.any(|part| matches!(part, Bound::Initial { .. }))
    }

    /// Whether it calls a sequence function itself, not in a subquery.
    pub(super) fn calls_directly(&self) -> bool {
        self.any(|part| matches!(part, Bound::Call { function, .. } if function.is_sequence_function()))
    }

    /// Whether a subquery is part of it.
    pub(crate) fn has_subquery(&self) -> bool {
        self.any(|part| part.subquery().is_some())
    }

    /// Whether an aggregate's result is part of it.
    pub(crate) fn holds_aggregate(&self) -> bool {
        self.any(|part| matches!(part, Bound::Aggregate(_)))
    }

    /// The conditions that must all hold for this one to hold.
    pub(super) fn conjuncts(&self) -> Vec<&Bound> {
        match self {
            Bound::And(left, right) => left.conjuncts().into_iter().chain(right.conjuncts()).collect(),
            other => vec![other],
        }
    }

    /// Whether one of the select list's set-returning functions is part of it.
    pub(crate) fn holds_series(&self) -> bool {
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
