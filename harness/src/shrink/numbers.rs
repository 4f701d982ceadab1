//! Small numbers.

use super::part::{Leaf, Part};
use super::search::Search;
use super::statements::is_sql;
use crate::lockstep::{Action, Step};
use crate::prepare::queried;

/// Makes numbers plainer: first all of the same value together, then each in its place.
pub(super) fn reduce(search: &mut Search<'_>) {
    for value in values(search.steps()) {
        make_plainer(search, value, None);
    }
    let mut place = 0;
    while let Some(value) = places(search.steps()).get(place).copied() {
        if let Some(value) = value {
            make_plainer(search, value, Some(place));
        }
        place += 1;
    }
}

fn make_plainer(search: &mut Search<'_>, value: i64, place: Option<usize>) {
    for plainer in plainer(value) {
        if let Some(candidate) = replace(search.steps(), value, plainer, place)
            && search.attempt(candidate)
        {
            return;
        }
    }
}

/// Numbers that people recognise as the end of a type or of a log record's values, in the order of plainness.
const LIMITS: [i64; 8] =
    [32, 33, i16::MAX as i64, i16::MIN as i64, i32::MAX as i64, i32::MIN as i64, i64::MAX, i64::MIN];

/// How far from plain a number is.
fn weight(value: i64) -> u64 {
    match value {
        1 => 0,
        0 => 1,
        2..=9 => value as u64,
        10 => 10,
        -9..=-1 => 10 + value.unsigned_abs(),
        100 => 20,
        _ => match LIMITS.iter().position(|limit| *limit == value) {
            Some(position) => 21 + position as u64,
            None => value.unsigned_abs().saturating_add(40),
        },
    }
}

/// The numbers worth trying in place of one, the plainest first.
fn plainer(value: i64) -> Vec<i64> {
    let near = |limit: &i64| value.abs_diff(*limit) <= 40;
    let mut all: Vec<i64> = vec![1, 0, 2, 3, 4, 5, 10, -1, 100];
    all.extend(LIMITS.iter().filter(|limit| near(limit)));
    all.extend([value / 100, value / 10, value / 2, value - value.signum()]);
    all.retain(|other| weight(*other) < weight(value));
    let mut kept: Vec<i64> = Vec::new();
    for other in all {
        if !kept.contains(&other) {
            kept.push(other);
        }
    }
    kept
}

/// The values of all numbers, each once.
fn values(steps: &[Step]) -> Vec<i64> {
    let mut values: Vec<i64> = places(steps).into_iter().flatten().collect();
    values.sort_unstable_by_key(|value| (std::cmp::Reverse(weight(*value)), *value));
    values.dedup();
    values
}

/// The value of the number in each place; nothing for one that a bigint cannot hold.
fn places(steps: &[Step]) -> Vec<Option<i64>> {
    let mut places = Vec::new();
    for step in steps {
        let Action::Query { statements: Ok(statements), .. } = &step.action else { continue };
        for statement in statements {
            statement.clone().leaves(&mut |leaf| {
                if let Leaf::Number(digits) = leaf {
                    places.push(digits.parse().ok());
                }
            });
        }
    }
    places
}

/// The steps with one number in place of another, everywhere or in one place; nothing when that is no SQL.
fn replace(steps: &[Step], from: i64, to: i64, only: Option<usize>) -> Option<Vec<Step>> {
    let mut steps = steps.to_vec();
    let mut place = 0;
    for step in &mut steps {
        let Action::Query { statements: Ok(statements), .. } = &mut step.action else { continue };
        let mut is_changed = false;
        for statement in statements.iter_mut() {
            statement.leaves(&mut |leaf| {
                if let Leaf::Number(digits) = leaf {
                    if only.is_none_or(|only| only == place) && digits.parse() == Ok(from) {
                        *digits = to.to_string();
                        is_changed = true;
                    }
                    place += 1;
                }
            });
        }
        if is_changed {
            if !statements.iter().all(is_sql) {
                return None;
            }
            step.action = queried(std::mem::take(statements));
        }
    }
    Some(steps)
}
