//! The corpus: its traces hold on the model and on every server, name what they show, and leave no clause out.

mod clauses;
mod files;
mod model;
mod servers;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "other tests need the rest")]
mod support;
mod transcripts;

use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial, run};
use seqcheck::corpus::{self, Entry};
use seqcheck::lockstep::{self, Run};
use seqcheck::prepare::Prepared;
use seqcheck::trace::Step;
use seqcheck_engine::{Cluster, Dialect, Major, Settings};

/// The majors that the model knows.
const MAJORS: [u8; 6] = [13, 14, 15, 16, 17, 18];

fn main() {
    let mut trials = vec![
        Trial::test("files::are_as_the_writer_writes_them", files::are_as_the_writer_writes_them),
        Trial::test("files::say_what_they_show", files::say_what_they_show),
        Trial::test("files::are_embedded", files::are_embedded),
        Trial::test("model::reports_notice_their_quirks", model::reports_notice_their_quirks),
        Trial::test("clauses::all_are_reached", clauses::all_are_reached),
        Trial::test("clauses::named_ones_are_reached", clauses::named_ones_are_reached),
        Trial::test("clauses::have_sources", clauses::have_sources),
        Trial::test("clauses::of_aurora_dsql", clauses::of_aurora_dsql),
        Trial::test("model::aurora_dsql", model::aurora_dsql_meets_expectations),
        Trial::test("transcripts::of_the_model", transcripts::of_the_model),
        Trial::test("transcripts::of_aurora_dsql", transcripts::of_aurora_dsql),
        Trial::test("transcripts::have_no_strays", transcripts::have_no_strays),
    ];
    trials.extend(MAJORS.map(|major| Trial::test(format!("model::{major}"), move || model::meets_expectations(major))));
    trials.extend(servers::trials());
    let conclusion = run(&Arguments::from_args(), trials);
    support::report_skipped();
    conclusion.exit();
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus")
}

fn all_entries() -> Result<Vec<Entry>, Failed> {
    let entries = corpus::read(&folder())?;
    assert!(entries.len() >= 60, "the corpus has only {} traces", entries.len());
    Ok(entries)
}

/// The traces for PostgreSQL.
fn entries() -> Result<Vec<Entry>, Failed> {
    entries_of(Dialect::PostgreSql)
}

fn entries_of(dialect: Dialect) -> Result<Vec<Entry>, Failed> {
    Ok(all_entries()?.into_iter().filter(|entry| entry.dialect() == dialect).collect())
}

/// The steps that a major version runs, none when the trace is for other versions.
fn steps_for(entry: &Entry, major: u8) -> Vec<&Step> {
    let steps = entry.trace.steps.iter().filter(|step| step.applies_to(major));
    steps.filter(|_| entry.trace.applies_to(major)).collect()
}

fn settings(major: u8) -> Settings {
    seqcheck::sql::settings(Major::new(major).expect("the model knows it"))
}

/// Aurora DSQL as it is documented.
fn aurora_dsql() -> Settings {
    let major = Dialect::AuroraDsql.major().expect("it follows one major");
    Settings { dialect: Dialect::AuroraDsql, ..seqcheck::sql::settings(major) }
}

/// Runs steps on the model alone.
fn predict(steps: &[&Step], major: u8) -> Run {
    predict_with(steps, settings(major))
}

fn predict_with(steps: &[&Step], settings: Settings) -> Run {
    let prepared = Prepared::from_trace(steps.iter().copied());
    lockstep::predict(&prepared.steps, &mut Cluster::new(settings))
}

/// Fails with all complaints at once, so that one run shows everything that is to be mended.
fn none_of(complaints: Vec<String>) -> Result<(), Failed> {
    match complaints.is_empty() {
        true => Ok(()),
        false => Err(Failed::from(complaints.join("\n"))),
    }
}
