//! How fast histories are checked.
//!
//! `cargo bench -p seqcheck --bench history`

#[path = "../tests/history/simulate.rs"]
mod simulate;

use divan::counter::ItemsCount;
use seqcheck::history::{Definition, History, Options, check};
use simulate::{Plan, simulate};

fn main() {
    divan::main();
}

/// Ten million calls of eight sessions.
const CALLS: usize = 10_000_000;

fn bench(bencher: divan::Bencher<'_, '_>, plan: &Plan) {
    let history: History = simulate(plan, 1);
    bencher.counter(ItemsCount::new(history.records.len())).bench_local(|| {
        let verdict = check(&history, &Options::default());
        assert_eq!(verdict.count, 0);
    });
}

/// `nextval` only, with this CACHE.
#[divan::bench(args = [1, 20], sample_count = 3, sample_size = 1)]
fn nextval(bencher: divan::Bencher<'_, '_>, cache: i64) {
    bench(bencher, &Plan::plain(8, CALLS, Definition { cache, ..Definition::default() }));
}

/// Several sequences with everything that divides their histories.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn everything(bencher: divan::Bencher<'_, '_>) {
    let definitions = vec![
        Definition::default(),
        Definition { cache: 20, ..Definition::default() },
        Definition { increment: -3, min: i64::MIN, max: -1, start: -1, ..Definition::default() },
        Definition { max: 1000, cycle: true, ..Definition::default() },
    ];
    let plan = Plan {
        sessions: 8,
        calls: CALLS,
        definitions,
        changes: 5,
        transactions: 20,
        reconnects: 5,
        losses: 1,
        crashes: 0,
    };
    bench(bencher, &plan);
}
