//! The shrinker, on divergences whose smallest traces are known.

use std::time::Duration;

use seqcheck::choice::Seeded;
use seqcheck::compare::{Field, Signature};
use seqcheck::generate::{ServerEvents, generate};
use seqcheck::implementation::Infrastructure;
use seqcheck::implementation::model::Model;
use seqcheck::lockstep::{self, Action, Divergence, Options, Run, Step};
use seqcheck::prepare::Prepared;
use seqcheck::shrink::{Budget, Confirmation, Shrunk, shrink, shrink_and_confirm};
use seqcheck::trace::Trace;
use seqcheck_engine::{Cluster, Major, Quirk, QuirkSet, Settings};

/// Far more than any of these traces needs, so that no result depends on how fast the machine is.
const BUDGET: Budget = Budget { candidates: 100_000, time: Duration::from_secs(600) };

fn steps(text: &str) -> Vec<Step> {
    Prepared::from_trace(&Trace::parse(text).expect("the trace is well formed").steps).steps
}

fn text(steps: &[Step]) -> Vec<String> {
    let plain = Prepared::numbered(steps.to_vec()).to_trace_steps();
    plain.iter().map(|step| step.to_string().trim_end().to_owned()).collect()
}

fn sql(step: &Step) -> &str {
    match &step.action {
        Action::Query { sql, .. } => sql,
        _ => "",
    }
}

/// A run that diverges at a step, in a way that `kind` names.
fn diverging(at: Option<(usize, &str)>) -> Run {
    let divergences = at.map(|(step, kind)| {
        let signature = Signature { kind: kind.to_owned(), fields: vec![Field::Rows], expected: None, actual: None };
        Divergence { step, seen_at: step, signature }
    });
    let mut run = Run::default();
    run.divergences.extend(divergences);
    run
}

/// Shrinks a trace that diverges at the first step that `shows` says diverges, given the steps before it.
fn shrunk(trace: &str, shows: impl Fn(&[Step], &Step) -> bool) -> Shrunk {
    let run = |steps: &[Step]| {
        let at = (0..steps.len()).find(|&index| shows(&steps[..index], &steps[index]));
        diverging(at.map(|index| (index, "it")))
    };
    let steps = steps(trace);
    let shrunk = shrink(&steps, run(&steps), BUDGET, run);
    assert!(shrunk.confirmed, "a divergence that always shows is confirmed");
    shrunk
}

#[test]
fn what_follows_goes_and_so_does_what_is_not_needed() {
    let trace = "S1: SELECT 1\nS1: BEGIN\nS1: CREATE SEQUENCE s\nS1: SELECT 2\nS1: DROP SEQUENCE s\nS1: SELECT 3";
    let shrunk = shrunk(trace, |before, step| {
        sql(step).starts_with("DROP") && before.iter().any(|step| sql(step).starts_with("CREATE"))
    });
    assert_eq!(text(&shrunk.steps), ["S1: CREATE SEQUENCE s", "S1: DROP SEQUENCE s"]);
}

/// Two steps that only together can go: delta debugging finds them when they are neighbours.
#[test]
fn steps_that_need_each_other_go_together() {
    let trace = "S1: SELECT 1\nS1: BEGIN\nS1: COMMIT\nS1: SELECT 2\nS1: DISCARD ALL";
    let shrunk = shrunk(trace, |before, step| {
        let count = |word: &str| before.iter().filter(|step| sql(step) == word).count();
        sql(step).starts_with("DISCARD") && count("BEGIN") == count("COMMIT")
    });
    assert_eq!(text(&shrunk.steps), ["S1: DISCARD ALL"]);
}

#[test]
fn one_session_does_what_three_did() {
    let trace = "S1: SELECT 1\nS2: BEGIN\nS3: CREATE SEQUENCE s\nS3: DISCARD TEMP\nS2: DROP SEQUENCE s";
    let shrunk = shrunk(trace, |before, step| {
        sql(step).starts_with("DROP")
            && before.iter().any(|step| sql(step).starts_with("CREATE"))
            && before.iter().any(|step| sql(step) == "BEGIN")
    });
    assert_eq!(text(&shrunk.steps), ["S1: CREATE SEQUENCE s", "S1: BEGIN", "S1: DROP SEQUENCE s"]);
}

#[test]
fn a_table_goes_where_its_sequence_is_enough() {
    let trace = "S1: CREATE TABLE t (a int DEFAULT nextval('s'::text))\nS1: BEGIN\nS2: CREATE SEQUENCE s\n\
                 S1: INSERT INTO t DEFAULT VALUES\nS1: DROP SEQUENCE s";
    let shrunk = shrunk(trace, |before, step| {
        let draws = |step: &Step| sql(step).starts_with("INSERT") || sql(step) == "SELECT nextval('s')";
        let has = |text: &str| before.iter().any(|step| sql(step) == text);
        sql(step).starts_with("DROP") && before.iter().any(draws) && has("BEGIN") && has("CREATE SEQUENCE s")
    });
    let first = ["S1: CREATE SEQUENCE s", "S1: BEGIN"];
    assert_eq!(text(&shrunk.steps), [first[0], first[1], "S1: SELECT nextval('s')", "S1: DROP SEQUENCE s"]);
}

#[test]
fn two_sessions_stay_two_where_both_are_needed() {
    let trace = "S3: SELECT 1\nS3: CREATE SEQUENCE s\nS1: SELECT 2\nS2: DROP SEQUENCE s";
    let shrunk = shrunk(trace, |before, step| {
        sql(step).starts_with("DROP")
            && before.iter().any(|other| sql(other).starts_with("CREATE") && other.session != step.session)
    });
    assert_eq!(text(&shrunk.steps), ["S1: CREATE SEQUENCE s", "S2: DROP SEQUENCE s"]);
}

#[test]
fn queries_lose_statements_and_are_taken_apart() {
    let trace = "S1: SELECT 1; CREATE SEQUENCE s; SELECT 2; DROP SEQUENCE s; SELECT 3";
    let shrunk = shrunk(trace, |before, step| {
        let drops = |step: &Step| sql(step).contains("DROP");
        let creates = |step: &Step| sql(step).contains("CREATE");
        drops(step) && (creates(step) || before.iter().any(creates))
    });
    assert_eq!(text(&shrunk.steps), ["S1: CREATE SEQUENCE s", "S1: DROP SEQUENCE s"]);
}

#[test]
fn a_query_that_must_be_one_stays_one() {
    let trace = "S1: SELECT 1; CREATE SEQUENCE s; SELECT 2; DROP SEQUENCE s";
    let shrunk = shrunk(trace, |_, step| sql(step).contains("CREATE") && sql(step).contains("DROP"));
    assert_eq!(text(&shrunk.steps), ["S1: CREATE SEQUENCE s; DROP SEQUENCE s"]);
}

/// What is left of a statement when only words of it matter.
fn plain(statement: &str, words: &[&str]) -> String {
    let shrunk = shrunk(&format!("S1: {statement}"), |_, step| words.iter().all(|word| sql(step).contains(word)));
    shrunk.steps.iter().map(sql).collect::<Vec<_>>().join(" / ")
}

#[test]
fn options_and_clauses_go() {
    let create = "CREATE TEMPORARY SEQUENCE IF NOT EXISTS public.s AS smallint INCREMENT 3 CACHE 7 CYCLE OWNED BY NONE";
    assert_eq!(plain(create, &["CYCLE"]), "CREATE SEQUENCE s CYCLE");
    assert_eq!(plain(create, &["TEMP", "CACHE"]), "CREATE TEMPORARY SEQUENCE s CACHE 1");
    assert_eq!(plain("DROP SEQUENCE IF EXISTS a, s, b CASCADE", &["DROP", "s"]), "DROP SEQUENCE s");
    assert_eq!(plain("BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY", &["BEGIN", "READ ONLY"]), "BEGIN READ ONLY");
    let select = "SELECT 1, nextval('s'::regclass) AS n FROM t AS u WHERE a > 2 ORDER BY 1 LIMIT 5";
    assert_eq!(plain(select, &["nextval('s'"]), "SELECT nextval('s')");
    assert_eq!(plain(select, &["WHERE"]), "SELECT WHERE 1");
    let insert = "INSERT INTO t (a, b) VALUES (1, DEFAULT), (nextval('s'), 5) RETURNING a";
    assert_eq!(plain(insert, &["nextval('s'"]), "INSERT INTO t VALUES (nextval('s'))");
    let table = "CREATE TABLE IF NOT EXISTS t (a serial PRIMARY KEY, b bigint GENERATED ALWAYS AS IDENTITY (START 7))";
    assert_eq!(plain(table, &["IDENTITY"]), "CREATE TABLE t (a bigint GENERATED ALWAYS AS IDENTITY)");
    assert_eq!(plain("EXPLAIN (COSTS OFF) SELECT 7", &["SELECT"]), "SELECT");
}

#[test]
fn expressions_become_their_operands() {
    let select = "SELECT coalesce(CASE WHEN a = 2 THEN nextval('s') + 10 ELSE 3 END, 4)";
    assert_eq!(plain(select, &["nextval('s'"]), "SELECT nextval('s')");
    assert_eq!(plain("SELECT nextval('public.S')", &["nextval('"]), "SELECT nextval('s')");
    assert_eq!(plain("SELECT setval('s', (SELECT max(a) FROM t), true)", &["setval"]), "SELECT setval()");
}

#[test]
fn names_become_letters_also_inside_text() {
    let trace = "S1: CREATE SEQUENCE \"Order numbers\"\nS1: SELECT nextval('\"Order numbers\"')";
    let shrunk = shrunk(trace, |before, step| {
        let created = before.first().and_then(|step| sql(step).strip_prefix("CREATE SEQUENCE "));
        created.is_some_and(|name| sql(step) == format!("SELECT nextval('{name}')"))
    });
    assert_eq!(text(&shrunk.steps), ["S1: CREATE SEQUENCE s", "S1: SELECT nextval('s')"]);
}

/// PostgreSQL calls the sequence after its table and column.
#[test]
fn names_that_come_from_others_change_with_them() {
    let trace = "S1: CREATE TABLE items (number serial)\nS1: SELECT nextval('items_number_seq')";
    let shrunk = shrunk(trace, |before, step| {
        let name = before.first().and_then(|step| sql(step).strip_prefix("CREATE TABLE ")?.strip_suffix(" serial)"));
        name.is_some_and(|name| sql(step) == format!("SELECT nextval('{}_seq')", name.replace(" (", "_")))
    });
    assert_eq!(text(&shrunk.steps), ["S1: CREATE TABLE t (a serial)", "S1: SELECT nextval('t_a_seq')"]);
}

#[test]
fn numbers_become_small_or_a_limit() {
    // The value of every number counts.
    let number = |sql: &str| sql.rsplit(' ').next().and_then(|digits| digits.parse::<i64>().ok()).unwrap_or_default();
    let least = |bound: i64| {
        let shrunk = shrunk("S1: CREATE SEQUENCE s MAXVALUE 33333", move |_, step| number(sql(step)) >= bound);
        number(sql(&shrunk.steps[0]))
    };
    assert_eq!(least(1), 1);
    assert_eq!(least(4), 4);
    assert_eq!(least(7), 7);
    assert_eq!(least(33), 100);
    assert_eq!(least(32_760), i64::from(i16::MAX));
}

#[test]
fn equal_numbers_change_together() {
    let trace = "S1: CREATE SEQUENCE s START 4711\nS1: SELECT setval('s', 4711)";
    let shrunk = shrunk(trace, |before, step| {
        let digits = |step: &Step| sql(step).chars().filter(char::is_ascii_digit).collect::<String>();
        before.first().is_some_and(|first| digits(first) == digits(step) && !digits(step).is_empty())
            && sql(step).contains("setval")
    });
    assert_eq!(text(&shrunk.steps), ["S1: CREATE SEQUENCE s START WITH 1", "S1: SELECT setval(1)"]);
}

/// A smaller trace with another divergence is not what was found.
#[test]
fn another_divergence_is_not_taken() {
    let run = |steps: &[Step]| {
        let number = steps.iter().position(|step| sql(step).contains("nextval('s')"));
        let has_begin = steps.iter().any(|step| sql(step) == "BEGIN");
        diverging(number.map(|index| (index, if has_begin { "in a transaction" } else { "outside" })))
    };
    let all = steps("S1: SELECT 1\nS1: BEGIN\nS1: SELECT nextval('s')");
    let shrunk = shrink(&all, run(&all), BUDGET, run);
    assert_eq!(text(&shrunk.steps), ["S1: BEGIN", "S1: SELECT nextval('s')"]);
}

#[test]
fn the_budget_is_kept() {
    let all = steps(&"S1: SELECT 1\n".repeat(200));
    let mut runs = 0;
    let run = |steps: &[Step]| {
        runs += 1;
        diverging((steps.len() == 200).then_some((199, "it")))
    };
    let first = diverging(Some((199, "it")));
    let budget = Budget { candidates: 10, ..BUDGET };
    let shrunk = shrink(&all, first, budget, run);
    assert_eq!((shrunk.steps.len(), shrunk.candidates), (200, 12), "10 candidates, and 2 runs that confirm");
    assert_eq!(runs, 12);
}

/// Shrinks a trace whose `SELECT 9` diverges after other traces, and in a new place where `shows` says so.
fn confirmed(anew: impl Fn(&[Step]) -> Option<Run>) -> (Vec<String>, Confirmation) {
    let steps = steps("S1: SELECT 1\nS1: CREATE SEQUENCE s\nS1: SELECT 2\nS1: SELECT 9");
    let run = |steps: &[Step]| diverging(steps.iter().position(is_nine).map(|at| (at, "it")));
    let (shrunk, confirmation) = shrink_and_confirm(&steps, run(&steps), BUDGET, run, anew);
    (text(&shrunk.steps), confirmation)
}

fn is_nine(step: &Step) -> bool {
    sql(step) == "SELECT 9"
}

/// What earlier traces have left behind can show in a trace that has nothing to do with it. It is shrunk where nothing is
/// left behind, if it shows there; else the finding says so.
#[test]
fn what_shows_only_after_other_traces_is_told_apart() {
    let everywhere = |steps: &[Step]| Some(diverging(steps.iter().position(is_nine).map(|at| (at, "it"))));
    assert_eq!(confirmed(everywhere), (vec!["S1: SELECT 9".to_owned()], Confirmation::Shows));

    let after_create = |steps: &[Step]| {
        let made = steps.iter().position(|step| sql(step).starts_with("CREATE"));
        let at = steps.iter().position(is_nine).filter(|&at| made.is_some_and(|made| made < at));
        Some(diverging(at.map(|at| (at, "it"))))
    };
    let both = vec!["S1: CREATE SEQUENCE s".to_owned(), "S1: SELECT 9".to_owned()];
    assert_eq!(confirmed(after_create), (both, Confirmation::Shows));

    let nowhere = |_: &[Step]| Some(Run::default());
    assert_eq!(confirmed(nowhere), (vec!["S1: SELECT 9".to_owned()], Confirmation::OnlyAfterOthers));

    // Without a new place to look, the result is taken as it is.
    assert_eq!(confirmed(|_: &[Step]| None), (vec!["S1: SELECT 9".to_owned()], Confirmation::Shows));
}

/// A divergence that shows only now and then is handed back as it came, and said to be unconfirmed.
#[test]
fn a_divergence_that_does_not_come_back_is_unconfirmed() {
    let all = steps("S1: SELECT 1\nS1: SELECT 2\nS1: SELECT 3");
    let shrunk = shrink(&all, diverging(Some((2, "it"))), BUDGET, |_| diverging(None));
    assert!(!shrunk.confirmed);
    assert_eq!(shrunk.steps, all);
    assert!(shrunk.run.divergence().is_some(), "its run is the one that diverged");
}

/// The smallest trace diverged by luck; a larger one always does.
#[test]
fn a_larger_trace_that_always_diverges_wins() {
    let all = steps("S1: SELECT 1\nS1: BEGIN\nS1: SELECT 2");
    let mut lucky = 1;
    let run = |steps: &[Step]| {
        let always = steps.iter().any(|step| sql(step) == "BEGIN");
        let shows = always || (lucky > 0 && steps.len() == 1);
        lucky -= u32::from(shows && !always);
        diverging((shows && sql(&steps[steps.len() - 1]).starts_with("SELECT")).then_some((steps.len() - 1, "it")))
    };
    let shrunk = shrink(&all, diverging(Some((2, "it"))), BUDGET, run);
    assert!(shrunk.confirmed);
    assert!(shrunk.steps.iter().any(|step| sql(step) == "BEGIN"));
}

#[test]
fn a_failing_implementation_ends_it() {
    let all = steps(&"S1: SELECT 1\n".repeat(50));
    let mut runs = 0;
    let shrunk = shrink(&all, diverging(Some((49, "it"))), BUDGET, |_| {
        runs += 1;
        let lost = Infrastructure::Lost { who: "S1".into(), reason: "so says the test".into() };
        let mut run = Run::default();
        run.infrastructure = Some(lost);
        run
    });
    assert!(!shrunk.confirmed);
    assert_eq!((shrunk.steps.len(), runs), (50, 1));
}

#[test]
fn a_trace_without_a_divergence_stays_as_it_is() {
    let all = steps("S1: SELECT 1\nS1: SELECT 2");
    let shrunk = shrink(&all, diverging(None), BUDGET, |_| unreachable!("there is nothing to look for"));
    assert_eq!((shrunk.steps, shrunk.candidates), (all, 0));
}

/// The shortest traces of real faults, from whatever the generator drew.
#[test]
fn generated_traces_of_planted_faults() {
    let settings = Settings::new(Major::NEWEST);
    for quirk in [Quirk::SetvalKeepsCache, Quirk::DiscardKeepsLastval, Quirk::NextvalRollsBack, Quirk::CycleToStart] {
        let faulty = Settings { quirks: QuirkSet::NONE.with(quirk), ..settings.clone() };
        let mut model = Model::of(quirk.name(), faulty);
        let mut run =
            |steps: &[Step]| lockstep::run(steps, &mut Cluster::new(settings.clone()), &mut model, &Options::default());
        let (found, first) = (0..5000)
            .map(|index| {
                Prepared::from_generated(&generate(&mut Seeded::for_trace(1, index), &settings, ServerEvents::None))
                    .steps
            })
            .find_map(|steps| {
                let first = run(&steps);
                first.divergence().is_some().then_some((steps, first))
            })
            .expect("the generator finds it");
        let shrunk = shrink(&found, first, BUDGET, run);
        assert!(shrunk.confirmed);
        // Which trace it is depends on the generator; four steps show each of these faults.
        let text = text(&shrunk.steps);
        assert!(text.len() <= 6, "{}:\n{}", quirk.name(), text.join("\n"));
    }
}

/// What made a step wait is not needed for what it then did.
#[test]
fn a_step_need_not_wait() {
    let settings = Settings::new(Major::NEWEST);
    let faulty = Settings { quirks: QuirkSet::NONE.with(Quirk::SavepointKeepsChanges), ..settings.clone() };
    let mut model = Model::of("faulty", faulty);
    let mut run =
        |steps: &[Step]| lockstep::run(steps, &mut Cluster::new(settings.clone()), &mut model, &Options::default());
    let found = steps(
        "S1: CREATE SEQUENCE s INCREMENT BY 2 MINVALUE 2 MAXVALUE 3
S1: BEGIN
S1: ALTER SEQUENCE s NO CYCLE
S1: SAVEPOINT a
S1: SELECT nextval('s')
S2: SELECT nextval('s')
S1: ALTER SEQUENCE s INCREMENT BY 1
S1: ROLLBACK TO SAVEPOINT a
S1: COMMIT",
    );
    let first = run(&found);
    assert!(first.divergence().is_some_and(|divergence| divergence.seen_at > divergence.step), "a step waits");
    let shrunk = shrink(&found, first, BUDGET, run);
    let expected = [
        "S1: CREATE SEQUENCE s INCREMENT BY 2 MINVALUE 2 MAXVALUE 3",
        "S1: BEGIN",
        "S1: SAVEPOINT a",
        "S1: SELECT nextval('s')",
        "S1: ALTER SEQUENCE s INCREMENT BY 1",
        "S1: ROLLBACK TO SAVEPOINT a",
        "S1: SELECT nextval('s')",
    ];
    assert_eq!(text(&shrunk.steps), expected);
}
