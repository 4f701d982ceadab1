//! Histories of sequences that work never alarm, whatever overlaps; a history with one wrong answer does.

use proptest::prelude::*;
use seqcheck::history::{Call, Definition, History, Nextval, Options, check};

use crate::simulate::{Plan, simulate};

fn definition() -> impl Strategy<Value = Definition> {
    let increment = prop_oneof![4 => Just(1_i64), 1 => Just(7), 1 => Just(-1), 1 => Just(-3)];
    let cache = prop_oneof![3 => Just(1_i64), 1 => Just(2), 1 => 3..40_i64];
    let most = prop_oneof![2 => Just(None), 1 => (5..400_i64).prop_map(Some)];
    (increment, cache, most, any::<bool>()).prop_map(|(increment, cache, most, cycle)| {
        let far = most.unwrap_or(i64::MAX / 2);
        let (min, max) = if increment > 0 { (1, far) } else { (-far, -1) };
        let start = if increment > 0 { min } else { max };
        Definition { increment, min, max, start, cache, cycle }
    })
}

fn plan() -> impl Strategy<Value = Plan> {
    let share = || prop_oneof![Just(0_u32), Just(5), Just(30)];
    let definitions = prop::collection::vec(definition(), 1..3);
    (1..9_u32, 20..800_usize, definitions, share(), share(), share(), share(), share()).prop_map(
        |(sessions, calls, definitions, changes, transactions, reconnects, losses, crashes)| {
            let crashes = crashes / 5;
            Plan { sessions, calls, definitions, changes, transactions, reconnects, losses, crashes }
        },
    )
}

fn violations(history: &History) -> Vec<String> {
    let verdict = check(history, &Options::default());
    verdict.violations.iter().map(|violation| violation.describe(history)).collect()
}

/// The calls that gave a value.
fn values(history: &History) -> Vec<usize> {
    let is_value = |index: &usize| matches!(history.records[*index].call, Call::Nextval(Nextval::Value(_)));
    (0..history.records.len()).filter(is_value).collect()
}

fn value_of(history: &History, index: usize) -> i64 {
    match history.records[index].call {
        Call::Nextval(Nextval::Value(value)) => value,
        _ => unreachable!("only calls with values are asked for"),
    }
}

fn set(history: &mut History, index: usize, value: i64) {
    history.records[index].call = Call::Nextval(Nextval::Value(value));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_works_never_alarms(plan in plan(), seed: u64) {
        let history = simulate(&plan, seed);
        let found = violations(&history);
        prop_assert!(found.is_empty(), "{}\n{}", found.join("\n"), text(&history));
    }

    #[test]
    fn a_value_given_twice_is_found(seed: u64, sessions in 1..9_u32, cache in 1..30_i64, one: u16, other: u16) {
        let plan = Plan::plain(sessions, 300, Definition { cache, ..Definition::default() });
        let mut history = simulate(&plan, seed);
        let values = values(&history);
        let (one, other) = (values[usize::from(one) % values.len()], values[usize::from(other) % values.len()]);
        prop_assume!(one != other);
        let value = value_of(&history, one);
        set(&mut history, other, value);
        prop_assert!(!violations(&history).is_empty(), "{}", text(&history));
    }

    #[test]
    fn values_out_of_order_are_found(seed: u64, sessions in 2..9_u32, one: u16, other: u16) {
        let mut history = simulate(&Plan::plain(sessions, 300, Definition::default()), seed);
        let values = values(&history);
        let one = values[usize::from(one) % (values.len() / 2)];
        let after: Vec<usize> =
            values.into_iter().filter(|other| history.records[one].end < history.records[*other].start).collect();
        let other = after[usize::from(other) % after.len()];
        let (first, second) = (value_of(&history, one), value_of(&history, other));
        set(&mut history, one, second);
        set(&mut history, other, first);
        prop_assert!(!violations(&history).is_empty(), "{}", text(&history));
    }

    #[test]
    fn values_beside_the_stride_are_found(seed: u64, sessions in 1..9_u32, cache in 1..30_i64, one: u16, off in 1..7_i64) {
        let definition = Definition { cache, increment: 7, ..Definition::default() };
        let mut history = simulate(&Plan::plain(sessions, 300, definition), seed);
        let values = values(&history);
        let one = values[usize::from(one) % values.len()];
        let value = value_of(&history, one) + off;
        set(&mut history, one, value);
        prop_assert!(!violations(&history).is_empty(), "{}", text(&history));
    }

    #[test]
    fn text_survives(plan in plan(), seed: u64) {
        let history = simulate(&plan, seed);
        let read = History::read(text(&history).as_bytes(), std::path::Path::new("h.jsonl")).unwrap();
        prop_assert_eq!(read, history);
    }
}

fn text(history: &History) -> String {
    let mut text = Vec::new();
    history.write(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}
