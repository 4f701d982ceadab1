//! The fuzz targets' committed inputs, run without cargo-fuzz.

#[expect(dead_code, reason = "only one of these tests needs a server")]
mod support;

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial, run};
use seqcheck::fuzzing::{self, Judge};
use seqcheck::server::Kind;

/// What a target does with an input.
type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 4] = [
    ("trace_file", fuzzing::trace_file),
    ("sql_parser", fuzzing::sql_parser),
    ("engine_invariants", fuzzing::engine_invariants),
    ("quirk_diff", |input| fuzzing::quirk_diff(input, false)),
];

/// The committed inputs of a target, which have names that say what they are.
fn inputs(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = files
        .map(|file| file.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "trace" || extension == "sql"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no input for {target}");
    paths
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The mutator makes traces of traces, within the length that it is given, and of what is no trace.
fn mutations() -> Result<(), Failed> {
    let mut inputs: Vec<Vec<u8>> = inputs("engine_invariants").iter().map(|path| fs::read(path).unwrap()).collect();
    inputs.push(b"no trace at all".to_vec());
    for (number, input) in inputs.iter().enumerate() {
        for seed in 0..20 {
            let seed = seed + 100 * number as u64;
            let text = fuzzing::mutate(input, 2000, seed).expect("a trace fits");
            assert!(text.len() <= 2000);
            assert_eq!(fuzzing::mutate(input, 2000, seed).as_ref(), Some(&text), "the seed decides");
            let trace = seqcheck::trace::Trace::parse(&text).map_err(|error| format!("{error}\n{text}"))?;
            assert!(!trace.steps.is_empty());
            fuzzing::engine_invariants(text.as_bytes());
        }
    }
    Ok(())
}

/// The two sides of a fault differ, so that with `must_agree` a fuzzer would stop.
fn fault_is_seen() -> Result<(), Failed> {
    let input = fs::read(inputs("quirk_diff").into_iter().find(|path| name(path) == "cycle-to-start").unwrap())?;
    let seen = std::panic::catch_unwind(|| fuzzing::quirk_diff(&input, true)).unwrap_err();
    let message = seen.downcast_ref::<String>().expect("a message");
    assert!(message.contains("the two sides differ") && message.contains("CYCLE"), "{message}");
    Ok(())
}

fn main() {
    let mut trials = vec![Trial::test("mutations", mutations), Trial::test("fault_is_seen", fault_is_seen)];
    for (target, check) in TARGETS {
        for path in inputs(target) {
            trials.push(Trial::test(format!("{target}::{}", name(&path)), move || {
                check(&fs::read(&path)?);
                Ok(())
            }));
        }
    }
    trials.push(Trial::ignorable_test("lockstep_postgres", || {
        support::on_server(Kind::Local, |server| {
            let mut judge = Judge::on(&server)?;
            for path in inputs("lockstep_postgres") {
                let finding = judge.lockstep(&fs::read(&path)?)?;
                assert_eq!(finding, None, "{}", path.display());
            }
            Ok(())
        })
    }));
    let conclusion = run(&Arguments::from_args(), trials);
    support::report_skipped();
    conclusion.exit();
}
