//! How fast plain generation finds each planted fault. A weaker generator shows as a change of the table.

use seqcheck::campaign::Progress;
use seqcheck::report::zoo::{Times, print};
use seqcheck::zoo::{self, Options};
use seqcheck_engine::{Major, Quirk};

/// Within so many traces each fault is to be found.
const TRACES: u64 = 2_000;

fn options(seed: u64) -> Options {
    Options { seed, traces: TRACES, major: Major::new(15).expect("the engine models 15") }
}

#[test]
fn planted_faults_are_found() {
    let hunt = zoo::hunt(Quirk::ALL, &options(1), &Progress::default());
    let mut table = Vec::new();
    print(&mut table, &hunt, Times::LeftOut).expect("a vector takes everything");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/zoo");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let table = anstream::adapter::strip_str(std::str::from_utf8(&table).expect("a table is text")).to_string();
    settings.bind(|| insta::assert_snapshot!("planted_faults", table));
}

#[test]
fn nothing_is_found_without_a_fault() {
    let control = zoo::control(&options(2), None, &Progress::default());
    assert_eq!(control.complaints, []);
    assert_eq!(control.traces, TRACES);
}
