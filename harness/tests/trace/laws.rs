//! What is written is read back, whatever the trace holds.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use seqcheck::trace::{
    Action, Comparison, Detail, Expectation, ExpectedOutcome, ExpectedReply, ExpectedResult, Guard, Observed,
    ObservedStep, Progress, Resumed, Step, Trace,
};
use seqcheck_engine::{Cell, Message, Reply, Rows, Severity, SqlState, StatementResult};

/// Pieces that mean something in a trace file, and characters that are hard to show.
const PIECES: [&str; 48] = [
    "NULL",
    "1",
    "-7",
    "a",
    "é",
    "\u{1F40D}",
    " ",
    "  ",
    "    ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\"",
    "\\",
    "|",
    " | ",
    "#",
    "# ",
    "@",
    "@postgres >= 15",
    ";",
    "()",
    "(no rows)",
    "(anything)",
    "(2 rows)",
    "waits",
    "waiting",
    "S2 resumes",
    "resumes",
    "ERROR ",
    "ERROR 42P01: ",
    "error 42P01:",
    "NOTICE",
    "DETAIL:",
    "detail: ",
    "HINT:",
    "columns:",
    "tag:",
    "tag: ",
    "S1:",
    "S1| ",
    "S1< ",
    "\u{0}",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{feff}",
];

/// Text made to be mistaken for something else.
fn nasty_text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => vec(prop::sample::select(&PIECES[..]), 0..5).prop_map(|pieces| pieces.concat()),
        1 => vec(any::<char>(), 0..8).prop_map(String::from_iter),
    ]
}

/// A comment as it can stand in a line.
fn comment() -> impl Strategy<Value = String> {
    nasty_text().prop_map(|text| text.replace('\n', "").trim_end_matches([' ', '\t', '\r']).to_owned())
}

fn session() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["S1", "S2", "S10", "alice", "Z_", "NULL", "ERROR", "waits", "tag"])
        .prop_map(str::to_owned)
}

fn guard() -> impl Strategy<Value = Guard> {
    (prop::sample::select(&Comparison::ALL[..]), any::<u8>())
        .prop_map(|(comparison, major)| Guard::new(comparison, major))
}

fn cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        1 => Just(Cell::Null),
        2 => any::<i64>().prop_map(Cell::Integer),
        4 => nasty_text().prop_map(|text| Cell::from_text(&text)),
    ]
}

fn message(severities: &'static [Severity]) -> impl Strategy<Value = Message> {
    (
        prop::sample::select(severities),
        prop::sample::select(vec!["00000", "42P01", "2200H", "ZZZZZ"]),
        nasty_text(),
        option::of(nasty_text()),
        option::of(nasty_text()),
    )
        .prop_map(|(severity, code, message, detail, hint)| Message {
            severity,
            sqlstate: SqlState::parse(code).expect("five digits or upper-case letters"),
            message: message.into(),
            detail,
            hint: hint.map(Into::into),
        })
}

const NOTICES: &[Severity] = &[Severity::Debug, Severity::Log, Severity::Info, Severity::Notice, Severity::Warning];
const ERRORS: &[Severity] = &[Severity::Error, Severity::Fatal, Severity::Panic];

fn result() -> impl Strategy<Value = StatementResult> {
    let rows = (0_usize..4, 0_usize..4).prop_flat_map(|(width, count)| {
        (vec(nasty_text(), width), vec(cell(), width * count)).prop_map(move |(columns, cells)| Rows {
            columns: columns.into_iter().map(Into::into).collect(),
            cells,
            count,
            ..Rows::default()
        })
    });
    (option::of(rows), nasty_text()).prop_map(|(rows, tag)| StatementResult { rows, tag: tag.into() })
}

fn reply() -> impl Strategy<Value = Reply> {
    (vec(result(), 0..4), vec(message(NOTICES), 0..3), option::of(message(ERRORS)))
        .prop_map(|(results, notices, error)| Reply { results, notices, error })
}

fn observed() -> impl Strategy<Value = ObservedStep> {
    let progress = prop_oneof![
        1 => Just(Observed::NotRun),
        1 => Just(Observed::Waits),
        8 => reply().prop_map(Observed::Reply),
    ];
    (progress, vec((session(), reply()), 0..3)).prop_map(|(progress, resumed)| ObservedStep { progress, resumed })
}

/// Any expectation of a reply, also ones that leave out columns and tags of some results.
fn expected_reply() -> impl Strategy<Value = ExpectedReply> {
    (reply(), vec((any::<bool>(), any::<bool>()), 4)).prop_map(|(reply, parts)| {
        let mut expected = ExpectedReply::from_reply(&reply, Detail::Full);
        for (result, (columns, tag)) in expected.results.iter_mut().zip(parts) {
            result.columns = result.columns.take().filter(|_| columns);
            result.tag = result.tag.take().filter(|_| tag);
        }
        // One result that says nothing has a shorter form, which is the one that is read.
        if expected.error.is_none() && expected.results == [ExpectedResult::default()] {
            expected.results.clear();
        }
        expected
    })
}

fn outcome() -> impl Strategy<Value = ExpectedOutcome> {
    let progress = prop_oneof![
        1 => Just(Progress::Anything),
        1 => Just(Progress::Waits),
        1 => Just(Progress::default()),
        6 => expected_reply().prop_map(Progress::Reply),
        1 => vec(expected_reply().prop_filter("it has lines", |reply| !reply.to_string().is_empty()), 2..4)
            .prop_map(Progress::OneOf),
    ];
    let resumed = (session(), option::of(expected_reply())).prop_map(|(session, reply)| Resumed { session, reply });
    (progress, vec(resumed, 0..3)).prop_map(|(progress, resumed)| ExpectedOutcome { progress, resumed })
}

fn expectations() -> impl Strategy<Value = Vec<Expectation>> {
    let expectation = (vec(guard(), 0..3), outcome()).prop_map(|(guards, outcome)| Expectation { guards, outcome });
    vec(expectation, 1..4)
}

fn action() -> impl Strategy<Value = Action> {
    let copy = (nasty_text(), vec(nasty_text(), 0..4))
        .prop_map(|(text, data)| Action::Query { sql: format!("{text}COPY t FROM stdin{text}"), copy_data: data });
    prop_oneof![
        6 => nasty_text().prop_map(Action::query),
        2 => copy,
        2 => option::of(nasty_text()).prop_map(|role| Action::Connect { role }),
        1 => prop::sample::select(vec![Action::Disconnect, Action::Cancel, Action::Checkpoint, Action::Crash, Action::Restart, Action::Standby, Action::Promote]),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    (any::<bool>(), vec(comment(), 0..3), vec(guard(), 0..3), session(), action(), expectations()).prop_map(
        |(blank_before, comments, guards, session, action, expectations)| {
            let mut step = Step::new(session, action);
            (step.blank_before, step.comments, step.guards) = (blank_before, comments, guards);
            step.expectations = expectations;
            step
        },
    )
}

fn trace() -> impl Strategy<Value = Trace> {
    (vec(comment(), 0..4), vec(guard(), 0..3), vec(step(), 0..5), vec(comment(), 0..3)).prop_map(
        |(header, guards, mut steps, mut footer)| {
            match steps.first_mut() {
                Some(first) => first.blank_before = false,
                None => footer.clear(),
            }
            Trace { header, guards, steps, footer }
        },
    )
}

/// Text of lines that often start as a trace's do.
fn soup() -> impl Strategy<Value = String> {
    let starts = [
        "",
        "S1: ",
        "S1:",
        "S1| ",
        "S1< ",
        "    ",
        "        ",
        "    @postgres ",
        "# ",
        "@postgres",
        "S1: \\",
        "    \"",
    ];
    let line =
        (prop::sample::select(starts.to_vec()), nasty_text()).prop_map(|(start, rest)| format!("{start}{rest}\n"));
    vec(line, 0..8).prop_map(|lines| lines.concat())
}

/// The trace as if it came from no file.
fn without_lines(mut trace: Trace) -> Trace {
    trace.steps.iter_mut().for_each(|step| step.line = 0);
    trace
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(trace in trace()) {
        let text = trace.to_string();
        let read = Trace::parse(&text).map_err(|error| TestCaseError::fail(format!("{error}\nin\n{text}")))?;
        prop_assert_eq!(without_lines(read), trace, "in\n{}", text);
    }

    #[test]
    fn line_ends_do_not_matter(trace in trace()) {
        let text = trace.to_string();
        prop_assert_eq!(Trace::parse(&text.replace('\n', "\r\n")), Trace::parse(&text));
    }

    #[test]
    fn any_text_is_read_or_refused_with_a_place(text in soup()) {
        match Trace::parse(&text) {
            Ok(trace) => {
                let written = trace.to_string();
                let again = Trace::parse(&written).map_err(|error| TestCaseError::fail(error.to_string()))?;
                prop_assert_eq!(again.to_string(), written);
                prop_assert_eq!(without_lines(again), without_lines(trace));
            }
            Err(error) => {
                let line = text.split('\n').nth(error.line - 1);
                prop_assert!(line.is_some_and(|line| line.chars().count() + 1 >= error.column), "{}", error);
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }

    #[test]
    fn an_expectation_made_from_a_reply_matches_it(observed in observed(), full in any::<bool>()) {
        let detail = if full { Detail::Full } else { Detail::Plain };
        let expected = ExpectedOutcome::from_observed(&observed, detail).unwrap_or_default();
        prop_assert_eq!(expected.matches(&observed), Ok(()));
    }

    #[test]
    fn a_mismatch_always_shows_a_difference(expected in outcome(), observed in observed()) {
        if let Err(mismatch) = expected.matches(&observed) {
            prop_assert_ne!(&mismatch.expected, &mismatch.actual);
        }
    }

    #[test]
    fn a_blessed_trace_matches_and_stays(trace in trace(), seed in vec(observed(), 5), major in 13_u8..=18) {
        let observed = &seed[..trace.steps.len()];
        let mut blessed = trace.clone();
        blessed.bless(major, observed).expect("one observation for each step");
        for (step, observed) in blessed.steps.iter().zip(observed) {
            if let Some(expected) = step.expected_for(major) {
                prop_assert_eq!(expected.matches(observed), Ok(()));
            } else {
                prop_assert_eq!(&observed.progress, &Observed::NotRun);
            }
        }
        prop_assert_eq!(blessed.clone().bless(major, observed), Ok(0));
        let read = Trace::parse(&blessed.to_string()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(without_lines(read), blessed);
    }

    #[test]
    fn a_trace_blessed_by_several_majors_matches_all(
        trace in trace(),
        pool in vec(observed(), 3),
        picks in vec(vec(0_usize..3, 5), 6),
    ) {
        let majors: Vec<(u8, Vec<ObservedStep>)> = (13..)
            .zip(&picks)
            .map(|(major, picks)| (major, picks[..trace.steps.len()].iter().map(|pick| pool[*pick].clone()).collect()))
            .collect();
        let mut blessed = trace.clone();
        blessed.bless_all(&majors).expect("one observation for each step");
        for (major, observed) in &majors {
            for (step, observed) in blessed.steps.iter().zip(observed) {
                let matched = step.expected_for(*major).map(|expected| expected.matches(observed));
                prop_assert!(observed.progress == Observed::NotRun || matched == Some(Ok(())), "{:?}", matched);
            }
        }
        prop_assert_eq!(blessed.clone().bless_all(&majors), Ok(0));
    }
}
