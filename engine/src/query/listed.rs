//! What a constant or a bare name of GROUP BY and ORDER BY means: an entry of the select list (manual, "SELECT", "GROUP
//! BY Clause" and "ORDER BY Clause").

use super::bind_atom::folded_constant;
use super::plan::Output;
use crate::dialect::Major;
use crate::error::{Result, Stop, error, sqlstate};
use crate::statement::{Expression, Identifier, Literal};

/// The place, from 0, of the entry among `length` that a constant counts to; `None` for anything but a constant.
///
/// # Errors
///
/// 42601 for a constant that is no integer of four bytes, 42P10 for one that counts beyond the list.
pub(super) fn counted(expression: &Expression, clause: &str, length: usize, major: Major) -> Result<Option<usize>> {
    let number = match (folded_constant(expression), expression) {
        (Some(digits), _) => digits.parse::<i32>().ok(),
        (None, Expression::Literal(Literal::Boolean(_))) if major.reads_booleans_as_casts() => return Ok(None),
        (None, Expression::Literal(_)) => None,
        (None, _) => return Ok(None),
    };
    let number = number.ok_or_else(|| error(sqlstate::SYNTAX_ERROR, format!("non-integer constant in {clause}")))?;
    let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1)).filter(|place| *place < length);
    match place {
        Some(place) => Ok(Some(place)),
        None => {
            Err(error(sqlstate::INVALID_COLUMN_REFERENCE, format!("{clause} position {number} is not in select list")))
        }
    }
}

/// The entry of a select list with a name.
///
/// # Errors
///
/// 42702 for entries that share the name and differ in their value.
pub(super) fn named<'o>(outputs: &'o [Output], name: &Identifier, clause: &str) -> Result<Option<&'o Output>> {
    let mut named = outputs.iter().filter(|output| *output.name == *name.name());
    let first = named.next();
    match first.is_some_and(|first| named.any(|other| other.value != first.value)) {
        true => Err(ambiguous(name, clause)),
        false => Ok(first),
    }
}

/// The refusal of a name that several entries of a select list have.
pub(super) fn ambiguous(name: &Identifier, clause: &str) -> Stop {
    error(sqlstate::AMBIGUOUS_COLUMN, format!("{clause} \"{}\" is ambiguous", name.name()))
}
