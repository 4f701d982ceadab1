//! Drizzle: what its migration tool writes for schemas with sequences, and whether the sequences end up as stated.
//!
//! `generate.mjs` lets the real drizzle-kit write the migrations, which are pinned in `migrations`, beside what each
//! schema states. `corpus/drizzle` has a trace for each case, which the corpus tests replay on the model and on servers.
//! Here the traces are held to the pinned migrations, and the sequences in them to what the schemas state.

// Only what concerns tests that do not run is needed of it.
#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use libtest_mimic::{Arguments, Completion, Failed, Trial, run};
use seqcheck::lockstep::{self, Run};
use seqcheck::prepare::Prepared;
use seqcheck::server::Kind;
use seqcheck::trace::{Action, Trace};
use seqcheck_engine::{Cluster, Major, Settings};
use serde::Deserialize;

/// What a schema states of one sequence.
#[derive(Debug, Deserialize)]
struct Stated {
    sequence: String,
    start: String,
    min: String,
    max: String,
    increment: String,
    cycle: String,
    cache: String,
}

/// A known difference between a schema and its database.
#[derive(Debug, Deserialize)]
struct Entry {
    #[serde(flatten)]
    difference: Difference,
    reason: String,
    link: String,
    trace: String,
}

/// Where a database is not as its schema states.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Difference {
    case: String,
    version: usize,
    sequence: String,
    option: String,
    stated: String,
    found: String,
}

#[derive(Debug, Deserialize)]
struct Ledger {
    difference: Vec<Entry>,
}

/// The options of each sequence, by their names.
type Sequences = BTreeMap<String, BTreeMap<&'static str, String>>;

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/drizzle")
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus")
}

/// The names in a folder, in order.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().expect("names are UTF-8")).collect();
    names.sort();
    names
}

fn cases() -> Vec<String> {
    names_in(&here().join("schemas"))
}

/// The statements of each migration of a case.
fn migrations(case: &str) -> Vec<Vec<String>> {
    let read = |version| fs::read_to_string(here().join(format!("migrations/{case}/{version}.sql"))).unwrap();
    let versions = names_in(&here().join("schemas").join(case)).len();
    let words = |statement: &str| statement.split_whitespace().collect::<Vec<_>>().join(" ");
    (1..=versions)
        .map(|version| {
            let text = read(version);
            let statements = text.split("--> statement-breakpoint").map(words);
            statements.map(|one| one.trim_end_matches(';').to_owned()).filter(|one| !one.is_empty()).collect()
        })
        .collect()
}

fn stated(case: &str, version: usize) -> Sequences {
    let text = fs::read_to_string(here().join(format!("migrations/{case}/{version}.json"))).unwrap();
    let stated: Vec<Stated> = serde_json::from_str(&text).unwrap();
    let options = |one: &Stated| -> BTreeMap<&'static str, String> {
        [
            ("start", &one.start),
            ("min", &one.min),
            ("max", &one.max),
            ("increment", &one.increment),
            ("cycle", &one.cycle),
            ("cache", &one.cache),
        ]
        .map(|(name, value)| (name, value.clone()))
        .into()
    };
    stated.iter().map(|one| (one.sequence.clone(), options(one))).collect()
}

/// The beginning of the query that shows all sequences after each migration.
const SHOWS: &str = "SELECT schemaname, sequencename, start_value";

fn trace(case: &str) -> Trace {
    Trace::read(corpus().join(format!("drizzle/{case}.trace"))).unwrap()
}

/// What the model answers in a trace.
fn predict(trace: &Trace) -> Run {
    let major = Major::new(15).expect("the model knows it");
    let steps = trace.steps.iter().filter(|step| step.applies_to(15));
    lockstep::predict(&Prepared::from_trace(steps).steps, &mut Cluster::new(Settings::new(major)))
}

/// The sequences that each query for them shows, in order.
fn shown(trace: &Trace, run: &Run) -> Vec<Sequences> {
    let mut all = Vec::new();
    for (step, record) in trace.steps.iter().filter(|step| step.applies_to(15)).zip(&run.steps) {
        let Action::Query { sql, .. } = &step.action else { continue };
        if !sql.starts_with(SHOWS) {
            continue;
        }
        let reply = record.model.as_ref().and_then(|model| model.reply.as_ref()).expect("the model answers it");
        let rows = reply.results[0].rows.as_ref().expect("a query gives rows");
        let text = |row: &[seqcheck_engine::Cell], column: usize| row[column].text().unwrap_or_default().into_owned();
        let options = ["start", "min", "max", "increment", "cycle", "cache"];
        all.push(
            rows.iter()
                .map(|row| {
                    let values = options.into_iter().zip(2..).map(|(name, column)| (name, text(row, column)));
                    (format!("{}.{}", text(row, 0), text(row, 1)), values.collect())
                })
                .collect(),
        );
    }
    all
}

/// Where the database is not as the schemas of a case state.
fn differences(case: &str) -> BTreeSet<Difference> {
    let trace = trace(case);
    let mut differences = BTreeSet::new();
    for (found, version) in shown(&trace, &predict(&trace)).iter().zip(1..) {
        let stated = stated(case, version);
        let difference = |sequence: &str, option: &str, stated: &str, found: &str| Difference {
            case: case.to_owned(),
            version,
            sequence: sequence.to_owned(),
            option: option.to_owned(),
            stated: stated.to_owned(),
            found: found.to_owned(),
        };
        for (sequence, options) in &stated {
            let Some(found) = found.get(sequence) else {
                differences.insert(difference(sequence, "exists", "t", ""));
                continue;
            };
            for (option, value) in options.iter().filter(|(option, value)| found.get(*option) != Some(value)) {
                differences.insert(difference(sequence, option, value, &found[option]));
            }
        }
        for sequence in found.keys().filter(|sequence| !stated.contains_key(*sequence)) {
            differences.insert(difference(sequence, "exists", "", "t"));
        }
    }
    differences
}

fn ledger() -> Ledger {
    toml::from_str(&fs::read_to_string(corpus().join("ledger/drizzle.toml")).unwrap()).unwrap()
}

/// The trace runs the pinned migrations, each in a transaction, and shows the sequences after each.
fn trace_runs_migrations(case: &str) {
    let queries: Vec<String> = trace(case)
        .steps
        .into_iter()
        .filter_map(|step| match step.action {
            Action::Query { sql, .. } => Some(sql),
            _ => None,
        })
        .collect();
    let is_call = |sql: &&String| sql.starts_with("SELECT nextval") || sql.starts_with("INSERT INTO");
    let run: Vec<&str> = queries.iter().filter(|sql| !is_call(sql)).map(String::as_str).collect();
    let migrations = migrations(case);
    let mut wanted = Vec::new();
    for statements in &migrations {
        if !statements.is_empty() {
            wanted.push("BEGIN");
            wanted.extend(statements.iter().map(String::as_str));
            wanted.push("COMMIT");
        }
        wanted.push(queries.iter().find(|sql| sql.starts_with(SHOWS)).expect("the trace shows the sequences"));
    }
    assert_eq!(run, wanted, "corpus/drizzle/{case}.trace is not what generate.mjs makes of the migrations");
    assert!(queries.iter().filter(is_call).count() > migrations.len(), "the sequences are called after each migration");
}

fn database_is_as_stated(case: &str) {
    let known = ledger().difference.into_iter().map(|entry| entry.difference);
    let known: BTreeSet<Difference> = known.filter(|one| one.case == case).collect();
    assert_eq!(differences(case), known, "found on the left, corpus/ledger/drizzle.toml on the right");
}

fn ledger_gives_reasons() {
    for entry in ledger().difference {
        assert!(!entry.reason.is_empty() && entry.link.starts_with("https://"), "{entry:?}");
        assert_eq!(entry.trace, format!("drizzle/{}", entry.difference.case));
        assert!(cases().contains(&entry.difference.case), "there is no such case: {entry:?}");
    }
}

/// The real drizzle-kit writes what is pinned.
fn drizzle_kit_writes_what_is_pinned() -> Result<Completion, Failed> {
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join("harness/tests/drizzle").join(name);
    fs::create_dir_all(at("schemas"))?;
    for file in ["package.json", "package-lock.json", ".npmrc", "generate.mjs"] {
        fs::copy(here().join(file), at(file))?;
    }
    for case in cases() {
        fs::create_dir(at("schemas").join(&case))?;
        for file in names_in(&here().join("schemas").join(&case)) {
            let name = format!("schemas/{case}/{file}");
            fs::copy(here().join(&name), at(&name))?;
        }
    }
    let start = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(at("")).stdin(Stdio::null()).env_remove("CI");
        command.output()
    };
    let installed = start("npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    if let Some(reason) = failure(installed) {
        return match support::required(Kind::Npm) {
            true => Err(Failed::from(format!("SEQCHECK_REQUIRE asks for npm, but: {reason}"))),
            false => Ok(support::skip(Kind::Npm, &format!("drizzle-kit cannot be installed: {reason}"))),
        };
    }
    if let Some(reason) = failure(start("node", &["generate.mjs"])) {
        return Err(Failed::from(reason));
    }
    for case in cases() {
        let (pinned, written) = (here().join("migrations").join(&case), at("migrations").join(&case));
        assert_eq!(names_in(&pinned), names_in(&written));
        for file in names_in(&pinned) {
            let read = |folder: &Path| fs::read_to_string(folder.join(&file)).unwrap();
            assert_eq!(read(&written), read(&pinned), "{case}/{file}: written on the left, pinned on the right");
        }
    }
    Ok(Completion::Completed)
}

/// Why a program did not do its work, if it did not.
fn failure(output: std::io::Result<Output>) -> Option<String> {
    match output {
        Err(error) => Some(error.to_string()),
        Ok(output) if output.status.success() => None,
        Ok(output) => {
            let said = [output.stdout, output.stderr].concat();
            Some(format!("{}\n{}", output.status, String::from_utf8_lossy(&said)))
        }
    }
}

fn main() {
    let mut trials = Vec::new();
    for case in cases() {
        let (one, other) = (case.clone(), case.clone());
        trials.push(Trial::test(format!("{case}::trace_runs_migrations"), move || {
            trace_runs_migrations(&one);
            Ok(())
        }));
        trials.push(Trial::test(format!("{case}::database_is_as_stated"), move || {
            database_is_as_stated(&other);
            Ok(())
        }));
    }
    trials.push(Trial::test("ledger::gives_reasons", || {
        ledger_gives_reasons();
        Ok(())
    }));
    trials.push(Trial::ignorable_test("drizzle_kit::writes_what_is_pinned", drizzle_kit_writes_what_is_pinned));
    let conclusion = run(&Arguments::from_args(), trials);
    support::report_skipped();
    conclusion.exit();
}
