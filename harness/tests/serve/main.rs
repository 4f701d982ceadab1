//! The model as a server: what clients see of it, next to what they see of PostgreSQL.

mod aurora_dsql;
mod client;
mod command;
mod drizzle;
mod psql;
mod served;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "these tests do not start servers in processes of their own")]
mod support;

use libtest_mimic::{Arguments, run};

fn main() {
    let mut trials = client::trials();
    trials.extend(aurora_dsql::trials());
    trials.extend(command::trials());
    trials.extend(psql::trials());
    trials.extend(drizzle::trials());
    let conclusion = run(&Arguments::from_args(), trials);
    support::report_skipped();
    conclusion.exit();
}
