//! Analysing function calls: which function is meant (manual, "Function Type Resolution").

use super::bind::{Binder, Place};
use super::chance::{by_chance, chance_of_function};
use super::function::{Function, HostFunction, Routine, SIGNATURES, Signature};
use super::plan::{Bound, Typed};
use super::{CastContext, Type, Value};
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::statement::{BinaryOperator, Call};

/// Functions that have variants for times or for floating-point numbers, which may fit better than the model's.
const WITH_VARIANTS: [&str; 7] = ["to_char", "abs", "round", "trunc", "ceil", "ceiling", "floor"];

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
        if parts.len() == 1
            && let Some(conditional) = self.conditional(name, call, place)?
        {
            return Ok(conditional);
        }
        if let Some(variadic) = self.variadic(name, call, place)? {
            return Ok(variadic);
        }
        if call.arguments.is_empty()
            && !call.star
            && let Some(type_name) = chance_of_function(name)
        {
            return Ok(by_chance(type_name));
        }
        if name == "pg_typeof" {
            return self.type_of(call, place);
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
            Routine::Scalar(Function::Host(host))
                if host != HostFunction::Setting && self.execution.shared.settings.host.is_none() =>
            {
                Err(unsupported(format!("function {name}")))
            }
            Routine::Scalar(function) => {
                Ok(Typed { bound: Bound::Call { function, arguments }, value_type: signature.result })
            }
            Routine::Set(function) => {
                if place == Place::Values {
                    return Err(unsupported("a set-returning function in VALUES"));
                }
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

    /// Analyses NULLIF, GREATEST and LEAST (manual, "Conditional Expressions"); `None` for a function.
    fn conditional(&mut self, name: &str, call: &Call, place: Place) -> Result<Option<Typed>> {
        if !matches!(name, "nullif" | "greatest" | "least") {
            return Ok(None);
        }
        let alternatives =
            call.arguments.iter().map(|argument| self.expression(argument, place)).collect::<Result<Vec<_>>>()?;
        if name == "nullif" {
            let [left, right] = <[Typed; 2]>::try_from(alternatives).map_err(|_| unsupported("NULLIF of these"))?;
            if right.bound.is_volatile() && left.bound == Bound::Constant(Value::Null) {
                return Err(unsupported("NULLIF of NULL and a sequence function, which may not be called"));
            }
            let mut left = left;
            let mut once = None;
            if left.bound.is_volatile() {
                once = Some(std::mem::replace(&mut left.bound, Bound::Held));
            }
            let (given, given_type, other_type) = (left.bound.clone(), left.value_type, right.value_type);
            let equal = self.execution.bind_operator(BinaryOperator::Equal, left, right)?.bound;
            // It gives its operand as the operator takes it; for integers there is an operator for each pair of types.
            let (value, value_type) = match &equal {
                Bound::Operator { operand_type, left, .. }
                    if *operand_type == Type::Numeric || given_type == Type::Unknown =>
                {
                    ((**left).clone(), *operand_type)
                }
                Bound::Operator { .. } if given_type == Type::Varchar => return Err(unsupported("NULLIF of varchar")),
                _ if given_type.is_identifier() || other_type.is_identifier() => {
                    return Err(unsupported("NULLIF of object identifiers"));
                }
                _ => (given, given_type),
            };
            let branches = vec![(equal, Bound::Constant(Value::Null))];
            let bound = Bound::Case { branches, otherwise: Box::new(value) }.with_held(once);
            return Ok(Some(Typed { bound, value_type }));
        }
        let construct = name.to_uppercase();
        let (alternatives, value_type) = self.common_type(alternatives, &construct)?;
        value_type.check_has_order()?;
        if matches!(value_type, Type::Array(_) | Type::Record) {
            return Err(unsupported(format!("{construct} of {}", value_type.sql_name())));
        }
        let bound = Bound::Extreme { alternatives, greatest: name == "greatest" };
        Ok(Some(Typed { bound, value_type }))
    }

    fn type_of(&mut self, call: &Call, place: Place) -> Result<Typed> {
        let [argument] = call.arguments.as_slice() else { return Err(unsupported("pg_typeof of these arguments")) };
        let typed = self.expression(argument, place)?;
        let Some(number) = typed.value_type.number() else {
            return Err(unsupported(format!("pg_typeof of {}", typed.value_type.sql_name())));
        };
        let arguments = vec![typed.bound, Bound::Constant(Value::Integer(number))];
        Ok(Typed { bound: Bound::Call { function: Function::TypeOf, arguments }, value_type: Type::Regtype })
    }

    /// Finds the signature that the arguments fit, and converts them.
    pub(super) fn resolve(
        &mut self,
        name: &str,
        written: &str,
        arguments: Vec<Typed>,
    ) -> Result<(&'static Signature, Vec<Bound>)> {
        let named: Vec<&'static Signature> = SIGNATURES.iter().filter(|signature| signature.name == name).collect();
        if named.is_empty() || arguments.iter().any(|argument| argument.value_type.is_opaque()) {
            return Err(unsupported(format!("function {name}")));
        }
        let fits = |signature: &Signature, context: Option<CastContext>| {
            signature.arguments.len() == arguments.len()
                && signature.arguments.iter().zip(&arguments).all(|(to, argument)| match context {
                    None => argument.value_type == *to,
                    Some(context) => super::coerce::can_coerce(argument.value_type, *to, context),
                })
        };
        let is_untyped = !arguments.is_empty() && arguments.iter().all(|typed| typed.value_type == Type::Unknown);
        let candidates = || named.iter().copied().filter(|signature| fits(signature, Some(CastContext::Implicit)));
        let chosen = if is_untyped {
            // Constants without a type are text where a function takes text.
            let of_text = candidates().find(|signature| signature.arguments.iter().all(|to| *to == Type::Text));
            if of_text.is_none() && candidates().nth(1).is_some() {
                return Err(unsupported(format!("function {name} of constants without a type")));
            }
            of_text.or_else(|| candidates().next())
        } else {
            let exact = named.iter().copied().find(|signature| fits(signature, None));
            // Who takes more arguments as they are goes first (manual, "Function Type Resolution").
            let matches = |signature: &Signature| {
                signature.arguments.iter().zip(&arguments).filter(|(to, argument)| argument.value_type == **to).count()
            };
            let most = candidates().map(matches).max().unwrap_or_default();
            let mut best = candidates().filter(|signature| matches(signature) == most);
            let first = best.next();
            if exact.is_none() && best.next().is_some() && name == "generate_series" {
                return Err(ambiguous_function(written, &arguments));
            }
            exact.or(first)
        };
        let has_variants = WITH_VARIANTS.contains(&name);
        let chosen = chosen.filter(|signature| !has_variants || arguments[0].value_type == signature.arguments[0]);
        let Some(signature) = chosen else {
            let may_be_other = has_variants
                || matches!(
                    name,
                    "generate_series"
                        | "max"
                        | "min"
                        | "sum"
                        | "avg"
                        | "length"
                        | "lower"
                        | "upper"
                        | "left"
                        | "right"
                        | "lpad"
                        | "rpad"
                        | "quote_literal"
                        | "pg_get_expr"
                        | "current_setting"
                        | "has_sequence_privilege"
                        | "has_schema_privilege"
                        | "has_table_privilege"
                );
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

fn ambiguous_function(name: &str, arguments: &[Typed]) -> Stop {
    error(sqlstate::AMBIGUOUS_FUNCTION, format!("function {name}({}) is not unique", listed_types(arguments)))
        .hint("Could not choose a best candidate function. You might need to add explicit type casts.")
}

fn listed_types(arguments: &[Typed]) -> String {
    let types: Vec<String> = arguments.iter().map(|argument| argument.value_type.sql_name()).collect();
    types.join(", ")
}

fn no_function(name: &str, arguments: &[Typed]) -> Stop {
    error(sqlstate::UNDEFINED_FUNCTION, format!("function {name}({}) does not exist", listed_types(arguments)))
        .hint("No function matches the given name and argument types. You might need to add explicit type casts.")
}
