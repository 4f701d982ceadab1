//! Getting a PostgreSQL, for real, from each source; and that nothing of it is left behind.

mod downloads;
mod errors;
mod failed_start;
mod leftovers;
mod lifetime;
#[path = "../support/mod.rs"]
mod support;

use libtest_mimic::{Arguments, Trial, run};
use seqcheck::server::Kind;

/// The sources that start a server.
const MANAGED: [Kind; 3] = [Kind::Local, Kind::Container, Kind::Npm];

fn main() {
    leftovers::play_role();
    let mut trials: Vec<Trial> = errors::trials();
    trials.extend(failed_start::trials());
    trials.extend(downloads::trials());
    for kind in MANAGED {
        trials.extend(lifetime::trials(kind));
        trials.extend(leftovers::trials(kind));
    }
    let conclusion = run(&Arguments::from_args(), trials);
    support::report_skipped();
    conclusion.exit();
}
