//! New traces from old ones.

use seqcheck_engine::Major;

use crate::choice::{Choice, Seeded};
use crate::generate::{ServerEvents, generate};
use crate::lockstep::{Action, Step};
use crate::prepare::{Prepared, queried};
use crate::shrink::part::{Leaf, Part, simpler};
use crate::trace::Trace;

/// Changes a trace in a way that the seed decides, and writes it in at most `most` bytes; an input that is no trace
/// becomes a generated one. Nothing when no trace fits.
///
/// Steps go, are repeated, change places and sessions; numbers become their neighbours or limits; statements get simpler;
/// and generated steps come in between. The header stays.
pub fn mutate(input: &[u8], most: usize, seed: u64) -> Option<String> {
    let mut choice = Seeded::new(seed);
    let old = std::str::from_utf8(input).ok().and_then(|text| Trace::parse(text).ok());
    let header = old.as_ref().map(|trace| trace.header.clone()).unwrap_or_default();
    let mut steps = old.map(|trace| Prepared::from_trace(&trace.steps).steps).unwrap_or_default();
    if steps.is_empty() {
        steps = generated(&mut choice);
    }
    for _ in 0..1 + choice.index(4) {
        change(&mut steps, &mut choice);
    }
    loop {
        let steps_of_trace = Prepared::numbered(steps.clone()).to_trace_steps();
        let text = Trace { header: header.clone(), steps: steps_of_trace, ..Trace::default() }.to_string();
        if text.len() <= most {
            return Some(text);
        }
        steps.pop()?;
    }
}

fn generated(choice: &mut Seeded) -> Vec<Step> {
    let steps = generate(choice, &crate::sql::settings(Major::NEWEST), ServerEvents::Checkpoints);
    Prepared::from_generated(&steps).steps
}

fn change(steps: &mut Vec<Step>, choice: &mut Seeded) {
    let place = choice.index(steps.len());
    match choice.below(8) {
        0 if steps.len() > 1 => drop(steps.remove(place)),
        1 => {
            if let Some(step) = steps.get(place).cloned() {
                steps.insert(choice.index(steps.len() + 1), step);
            }
        }
        2 if steps.len() > 1 => {
            let other = choice.index(steps.len());
            steps.swap(place, other);
        }
        3 => {
            if let Some(step) = steps.get_mut(place) {
                step.session = choice.index(3);
            }
        }
        4 => simplify(steps, place, choice),
        5 | 6 => change_number(steps, place, choice),
        _ => {
            let others = generated(choice);
            let start = choice.index(others.len());
            let count = 1 + choice.index(4);
            for step in others.into_iter().skip(start).take(count) {
                steps.insert(choice.index(steps.len() + 1), step);
            }
        }
    }
}

fn simplify(steps: &mut [Step], place: usize, choice: &mut Seeded) {
    let Some(Action::Query { statements: Ok(statements), .. }) = steps.get(place).map(|step| &step.action) else {
        return;
    };
    let mut statements = statements.clone();
    let position = choice.index(statements.len());
    if let Some(plainer) = statements.get(position).and_then(|statement| simpler(statement, choice.index(12))) {
        statements[position] = plainer;
        if statements.iter().all(crate::shrink::is_sql) {
            steps[place].action = queried(statements);
        }
    }
}

fn change_number(steps: &mut [Step], place: usize, choice: &mut Seeded) {
    let Some(Action::Query { statements: Ok(statements), .. }) = steps.get(place).map(|step| &step.action) else {
        return;
    };
    let mut statements = statements.clone();
    let mut numbers = 0;
    for statement in &mut statements {
        statement.leaves(&mut |leaf| numbers += usize::from(matches!(leaf, Leaf::Number(_))));
    }
    let chosen = choice.index(numbers);
    let limits = [0, 1, i16::MAX.into(), i16::MIN.into(), i32::MAX.into(), i32::MIN.into(), i64::MAX, i64::MIN];
    let mut number = 0;
    for statement in &mut statements {
        statement.leaves(&mut |leaf| {
            if let Leaf::Number(digits) = leaf {
                if number == chosen {
                    let value: i64 = digits.parse().unwrap_or_default();
                    let near = if choice.chance(1, 4) { choice.near(&limits) } else { choice.near(&[value]) };
                    *digits = near.to_string();
                }
                number += 1;
            }
        });
    }
    if statements.iter().all(crate::shrink::is_sql) {
        steps[place].action = queried(statements);
    }
}
