//! Generated traces about waiting: sessions wait, wake each other, and meet deadlocks.

use seqcheck::choice::Seeded;
use seqcheck::generate::{ServerEvents, generate};
use seqcheck::lockstep::{Observed, Run, predict};
use seqcheck::prepare::Prepared;
use seqcheck_engine::{Cluster, Major, Settings};

/// As many as `seqcheck check` runs by default.
const TRACES: u64 = 5_000;

fn predicted(index: u64) -> Run {
    let settings = Settings::new(Major::NEWEST);
    let steps = generate(&mut Seeded::for_trace(1, index), &settings, ServerEvents::None);
    predict(&Prepared::from_generated(&steps).steps, &mut Cluster::new(settings))
}

#[test]
fn sessions_wait_and_wake_each_other() {
    let (mut traces, mut steps, mut waits, mut resumed, mut deadlocks) = (0, 0, 0, 0, 0);
    for run in (0..TRACES).map(predicted) {
        let observed: Vec<&Observed> = run.steps.iter().filter_map(|record| record.model.as_ref()).collect();
        let waiting = observed.iter().filter(|one| one.waits).count();
        if waiting == 0 {
            continue;
        }
        traces += 1;
        steps += run.steps.len();
        waits += waiting;
        resumed += observed.iter().filter(|one| one.waits && one.later.is_some()).count();
        let errors = observed.iter().filter_map(|one| one.any_reply()?.error.as_ref());
        deadlocks += errors.filter(|error| error.sqlstate.code() == "40P01").count();
    }
    let report = format!("{traces} traces, {steps} steps, {waits} wait, {resumed} resumed, {deadlocks} deadlocks");
    assert!(waits * 20 >= steps && traces as u64 * 12 >= TRACES, "{report}");
    assert!(resumed * 2 >= waits && deadlocks > 0, "{report}");
}
