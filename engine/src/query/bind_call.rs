//! Analysing function calls: which function is meant (manual, "Function Type Resolution").

use super::CastContext;
use super::bind::{Binder, Place};
use super::function::{Routine, SIGNATURES, Signature};
use super::plan::{Bound, Typed};
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::statement::Call;

impl Binder<'_, '_> {
    pub(super) fn call(&mut self, call: &Call, place: Place) -> Result<Typed> {
        let parts: Vec<&str> = call.name.parts.iter().map(|part| part.name()).collect();
        let name = match parts.as_slice() {
            [name] | ["pg_catalog", name] => *name,
            _ => return Err(unsupported(format!("function {}", parts.join(".")))),
        };
        if name == "coalesce" && parts.len() == 1 {
            let alternatives =
                call.arguments.iter().map(|argument| self.expression(argument, place)).collect::<Result<Vec<_>>>()?;
            let (bound, value_type) = self.common_type(alternatives, "COALESCE")?;
            return Ok(Typed { bound: Bound::Coalesce(bound), value_type });
        }
        let is_aggregate = matches!(name, "count" | "array_agg")
            || SIGNATURES
                .iter()
                .any(|signature| signature.name == name && matches!(signature.routine, Routine::Aggregate(_)));
        if is_aggregate {
            return self.aggregate(name, call, place);
        }
        if call.star || call.distinct || !call.order_by.is_empty() {
            return Err(unsupported(format!("aggregate syntax with {name}")));
        }
        let arguments =
            call.arguments.iter().map(|argument| self.expression(argument, place)).collect::<Result<Vec<_>>>()?;
        let (signature, arguments) = self.resolve(name, &parts.join("."), arguments)?;
        match signature.routine {
            Routine::Scalar(function) => {
                Ok(Typed { bound: Bound::Call { function, arguments }, value_type: signature.result })
            }
            Routine::Set(function) => {
                if place != Place::SelectList {
                    return Err(error(
                        sqlstate::FEATURE_NOT_SUPPORTED,
                        format!("set-returning functions are not allowed in {}", place.words()),
                    ));
                }
                let Some(frame) = self.frames.last_mut() else { return Err(unsupported("a set out of place")) };
                frame.series.push((function, arguments));
                Ok(Typed { bound: Bound::Series(frame.series.len() - 1), value_type: signature.result })
            }
            Routine::Aggregate(_) => Err(unsupported(format!("aggregate {name}"))),
        }
    }

    /// Finds the signature that the arguments fit, and converts them.
    pub(super) fn resolve(
        &mut self,
        name: &str,
        written: &str,
        arguments: Vec<Typed>,
    ) -> Result<(&'static Signature, Vec<Bound>)> {
        let fits = |signature: &&Signature, context: Option<CastContext>| {
            signature.name == name
                && signature.arguments.len() == arguments.len()
                && signature.arguments.iter().zip(&arguments).all(|(to, argument)| match context {
                    None => argument.value_type == *to,
                    Some(context) => super::coerce::can_coerce(argument.value_type, *to, context),
                })
        };
        if !SIGNATURES.iter().any(|signature| signature.name == name) {
            return Err(unsupported(format!("function {name}")));
        }
        let chosen = SIGNATURES
            .iter()
            .find(|signature| fits(signature, None))
            .or_else(|| SIGNATURES.iter().find(|signature| fits(signature, Some(CastContext::Implicit))));
        let Some(signature) = chosen else {
            let may_be_other = matches!(name, "generate_series" | "max" | "min" | "sum" | "length" | "lower" | "upper");
            if may_be_other {
                return Err(unsupported(format!("function {name} with these arguments")));
            }
            return Err(no_function(written, &arguments));
        };
        let mut bound = Vec::with_capacity(arguments.len());
        for (argument, to) in arguments.into_iter().zip(signature.arguments) {
            let coerced = self.execution.coerce(argument, *to, CastContext::Implicit)?;
            bound.push(coerced.ok_or_else(|| unsupported(format!("an argument of {name}")))?.bound);
        }
        Ok((signature, bound))
    }
}

fn no_function(name: &str, arguments: &[Typed]) -> Stop {
    let types: Vec<String> = arguments.iter().map(|argument| argument.value_type.sql_name()).collect();
    error(sqlstate::UNDEFINED_FUNCTION, format!("function {name}({}) does not exist", types.join(", ")))
        .hint("No function matches the given name and argument types. You might need to add explicit type casts.")
}
