//! What the planner computes before anything runs (PostgreSQL's `eval_const_expressions`).
//!
//! It shows in two ways: an error in a constant expression prevents the calls that stand to the left of it, and a call
//! whose result cannot matter, such as one with a NULL argument, is never made.

use super::Value;
use super::evaluate::Row;
use super::plan::{Bound, Plan, SelectPlan, Source};
use crate::clause::Clause;
use crate::error::Result;
use crate::execute::Execution;
use crate::lock::LockMode;
use crate::statement::BinaryOperator;

impl Execution<'_> {
    /// Computes the constant parts of an analysed query, and locks the indexes of the tables that it reads.
    pub(crate) fn fold_plan(&mut self, plan: &mut Plan) -> Result<()> {
        match plan {
            Plan::Select(select) => self.fold_select(select),
            Plan::Values { rows, .. } => self.fold_all(rows.iter_mut().flatten()),
            Plan::Set(set) => {
                self.fold_plan(&mut set.left)?;
                self.fold_plan(&mut set.right)?;
                self.fold_all(set.offset.iter_mut().chain(&mut set.limit))
            }
        }
    }

    fn fold_select(&mut self, select: &mut SelectPlan) -> Result<()> {
        if let Some(source) = &mut select.source {
            self.fold_source(source)?;
        }
        self.fold_all(select.outputs.iter_mut().map(|output| &mut output.value))?;
        if let Some(grouping) = &mut select.grouping {
            for call in &mut grouping.calls {
                self.fold_all(&mut call.arguments)?;
            }
            self.fold_all(grouping.keys.iter_mut().chain(&mut grouping.having))?;
        }
        for (_, arguments) in &mut select.series {
            self.fold_all(arguments)?;
        }
        self.fold_all(select.order_by.iter_mut().map(|key| &mut key.key))?;
        self.fold_all(&mut select.filter)?;
        self.fold_all(select.offset.iter_mut().chain(&mut select.limit))
    }

    fn fold_source(&mut self, source: &mut Source) -> Result<()> {
        match source {
            Source::Function { arguments, .. } => self.fold_all(arguments),
            Source::Scalar { call: Bound::Call { arguments, .. }, .. } => self.fold_all(arguments),
            Source::Subquery(plan) | Source::Stored { plan, .. } => self.fold_plan(plan),
            Source::Join(join) => {
                self.fold_source(&mut join.left)?;
                self.fold_source(&mut join.right)?;
                self.fold_all(join.condition.iter_mut().chain(&mut join.left_filter).chain(&mut join.right_filter))
            }
            // A plan that is kept is not made again.
            Source::Table(_) if self.parameters.as_ref().is_some_and(|parameters| parameters.has_plan) => Ok(()),
            Source::Table(table) => self.lock_indexes(*table, LockMode::AccessShare),
            Source::Scalar { .. } | Source::Sequence(_) | Source::System(_) | Source::Changes { .. } => Ok(()),
        }
    }

    fn fold_all<'b>(&mut self, expressions: impl IntoIterator<Item = &'b mut Bound>) -> Result<()> {
        expressions.into_iter().try_for_each(|expression| self.fold(expression))
    }

    /// Replaces the constant parts of an expression by their values.
    pub(crate) fn fold(&mut self, expression: &mut Bound) -> Result<()> {
        match expression {
            Bound::Constant(_)
            | Bound::Relation(_)
            | Bound::Column { .. }
            | Bound::Parameter(_)
            | Bound::Aggregate(_)
            | Bound::Series(_)
            | Bound::Held => {}
            // What it selects does not matter to it.
            Bound::Exists(plan) => match &mut **plan {
                Plan::Select(select) => {
                    select.source.iter_mut().try_for_each(|source| self.fold_source(source))?;
                    self.fold_all(&mut select.filter)?;
                }
                other => self.fold_plan(other)?,
            },
            Bound::Subquery(plan) | Bound::Initial { plan, .. } => self.fold_plan(plan)?,
            Bound::InQuery { operand, plan, .. } => {
                self.fold(operand)?;
                self.fold_plan(plan)?;
            }
            Bound::Array(parts) | Bound::Extreme { alternatives: parts, .. } => self.fold_all(parts)?,
            Bound::Call { function, arguments } => {
                self.fold_all(&mut *arguments)?;
                // A strict function is not called for NULL, whatever its effects.
                if function.is_strict() && arguments.iter().any(is_null) {
                    if function.is_sequence_function() {
                        self.reach(Clause::FunctionNull);
                    }
                    *expression = Bound::Constant(Value::Null);
                }
            }
            Bound::Cast { operand, from, to } => {
                self.fold(operand)?;
                // Names of relations are looked up when the statement runs.
                let is_lookup = from.is_identifier() || to.is_identifier();
                if is_constant(operand) && !is_lookup {
                    self.compute(expression)?;
                }
            }
            Bound::Negate { operand, .. } | Bound::Not(operand) | Bound::IsNull { operand, .. } => {
                self.fold(operand)?;
                if is_constant(operand) {
                    self.compute(expression)?;
                }
            }
            Bound::Operator { operator, left, right, .. } => {
                self.fold(left)?;
                self.fold(right)?;
                let is_strict = !matches!(operator, BinaryOperator::IsDistinctFrom | BinaryOperator::IsNotDistinctFrom);
                if is_strict && (is_null(left) || is_null(right)) {
                    *expression = Bound::Constant(Value::Null);
                } else if is_constant(left) && is_constant(right) {
                    self.compute(expression)?;
                }
            }
            Bound::And(..) => self.fold_junction(expression, false)?,
            Bound::Or(..) => self.fold_junction(expression, true)?,
            Bound::Once { value, body } => {
                self.fold(value)?;
                match &**value {
                    Bound::Constant(constant) => {
                        body.hold(constant);
                        *expression = std::mem::replace(&mut **body, Bound::Held);
                        self.fold(expression)?;
                    }
                    _ => self.fold(body)?,
                }
            }
            Bound::Quantified { operand, elements, .. } => {
                self.fold(operand)?;
                self.fold_all(&mut *elements)?;
                if is_constant(operand) && elements.iter().all(is_constant) {
                    self.compute(expression)?;
                }
            }
            Bound::Case { .. } => self.fold_case(expression)?,
            Bound::Coalesce(_) => self.fold_coalesce(expression)?,
        }
        Ok(())
    }

    /// Computes an expression whose operands are constants.
    fn compute(&mut self, expression: &mut Bound) -> Result<()> {
        *expression = Bound::Constant(self.evaluate(expression, &Row::default())?);
        Ok(())
    }

    /// AND, which FALSE decides, and OR, which TRUE decides; what stands behind the deciding operand is not looked at.
    fn fold_junction(&mut self, expression: &mut Bound, deciding: bool) -> Result<()> {
        let (Bound::And(left, right) | Bound::Or(left, right)) = expression else { return Ok(()) };
        self.fold(left)?;
        if !is_boolean(left, deciding) {
            self.fold(right)?;
        }
        if is_boolean(left, deciding) || is_boolean(right, deciding) {
            *expression = Bound::Constant(Value::Boolean(deciding));
        } else if is_constant(left) && is_constant(right) {
            self.compute(expression)?;
        }
        Ok(())
    }

    /// Drops the branches whose conditions are known not to hold, and all behind one that is known to hold.
    fn fold_case(&mut self, expression: &mut Bound) -> Result<()> {
        let Bound::Case { branches, otherwise } = expression else { return Ok(()) };
        let mut kept = Vec::with_capacity(branches.len());
        let mut decided = false;
        for (mut condition, mut result) in std::mem::take(branches) {
            self.fold(&mut condition)?;
            if is_boolean(&condition, true) {
                self.fold(&mut result)?;
                **otherwise = result;
                decided = true;
                break;
            }
            if !is_constant(&condition) {
                self.fold(&mut result)?;
                kept.push((condition, result));
            }
        }
        if !decided {
            self.fold(otherwise)?;
        }
        *branches = kept;
        Ok(())
    }

    /// Drops NULLs, and all behind the first other constant.
    fn fold_coalesce(&mut self, expression: &mut Bound) -> Result<()> {
        let Bound::Coalesce(alternatives) = expression else { return Ok(()) };
        let mut kept = Vec::with_capacity(alternatives.len());
        for mut alternative in std::mem::take(alternatives) {
            self.fold(&mut alternative)?;
            if is_null(&alternative) {
                continue;
            }
            let is_last = is_constant(&alternative);
            kept.push(alternative);
            if is_last {
                break;
            }
        }
        *alternatives = kept;
        Ok(())
    }
}

fn is_constant(expression: &Bound) -> bool {
    matches!(expression, Bound::Constant(_))
}

fn is_null(expression: &Bound) -> bool {
    matches!(expression, Bound::Constant(Value::Null))
}

fn is_boolean(expression: &Bound, value: bool) -> bool {
    matches!(expression, Bound::Constant(Value::Boolean(one)) if *one == value)
}
