//! The generator and the shrinker behind proptest's and arbitrary's interfaces.

use arbitrary::{Arbitrary, Unstructured};
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use seqcheck::adapter::{Drawn, traces};
use seqcheck::lockstep::{Action, Verdict, predict};
use seqcheck::prepare::Prepared;
use seqcheck::trace::Trace;
use seqcheck_engine::{Cluster, Major, Settings};

fn runner() -> TestRunner {
    TestRunner::new(Config { cases: 2000, failure_persistence: None, ..Config::default() })
}

/// proptest finds what fails, and the shrinker makes it as small as it can be.
#[test]
fn proptest_shrinks_with_the_shrinker() {
    let text = |drawn: &Drawn| format!("{drawn:?}");
    let result = runner().run(&traces(Settings::new(Major::NEWEST)), |drawn| {
        let words = text(&drawn);
        // Whole steps: inside a default or a view the call would make another smallest trace.
        let created = words.find(": CREATE SEQUENCE s");
        let fails = created.is_some_and(|place| words[place..].contains(": SELECT nextval('s')"));
        if fails { Err(TestCaseError::fail("both")) } else { Ok(()) }
    });
    let Err(TestError::Fail(_, drawn)) = result else { panic!("nothing failed") };
    assert_eq!(text(&drawn), "\nS1: CREATE SEQUENCE s\nS1: SELECT nextval('s')\n");
}

#[test]
fn proptest_passes_what_holds() {
    let settings = Settings::new(Major::NEWEST);
    let config = Config { cases: 50, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&traces(settings.clone()), |drawn| {
        let run = predict(&drawn.steps, &mut Cluster::new(settings.clone()));
        assert_eq!(run.steps.len(), drawn.steps.len());
        Ok(())
    });
    assert_eq!(result, Ok(()));
}

/// Any bytes are a trace that the engine covers; other bytes are another one.
#[test]
fn arbitrary_makes_traces_of_bytes() {
    let mut texts = Vec::new();
    for seed in 0..20_u8 {
        let bytes: Vec<u8> =
            (0..400_u16).map(|position| (position as u8).wrapping_mul(31).wrapping_add(seed * 7)).collect();
        let trace = Trace::arbitrary(&mut Unstructured::new(&bytes)).unwrap();
        let prepared = Prepared::from_trace(&trace.steps);
        assert!(!prepared.steps.is_empty());
        assert!(prepared.steps.iter().all(|step| match &step.action {
            Action::Query { statements, .. } => statements.is_ok(),
            _ => true,
        }));
        let run = predict(&prepared.steps, &mut Cluster::new(Settings::new(Major::NEWEST)));
        assert!(run.steps.iter().all(|step| step.verdict == Verdict::Agrees));
        texts.push(trace.to_string());
    }
    texts.sort();
    texts.dedup();
    assert!(texts.len() > 10, "{}", texts.len());
    assert!(!Trace::arbitrary(&mut Unstructured::new(&[])).unwrap().steps.is_empty(), "no bytes are a trace, too");
}
