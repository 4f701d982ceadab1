//! Histories with one thing wrong, and the words in which it is found.

use std::path::Path;

use seqcheck::history::{History, Options, check};

/// Checks a history written in short: `S1 3-5 nextval 41`, times in milliseconds.
fn found(sequence: &str, calls: &str) -> Vec<String> {
    let mut text = format!("{{\"operation\":\"sequence\",\"sequence\":\"s\"{sequence}}}\n");
    for call in calls.lines().map(str::trim).filter(|line| !line.is_empty()) {
        text.push_str(&line(call));
    }
    let history = History::read(text.as_bytes(), Path::new("planted")).unwrap();
    let verdict = check(&history, &Options::default());
    verdict.violations.iter().map(|one| format!("{}: {}", one.kind.name(), one.describe(&history))).collect()
}

fn line(call: &str) -> String {
    let words: Vec<&str> = call.split(' ').collect();
    let [session, time, operation, rest @ ..] = words.as_slice() else { panic!("a call needs three words: {call}") };
    let (start, end) = time.split_once('-').expect("from-to");
    let nanoseconds = |text: &str| text.parse::<u64>().expect("whole milliseconds") * 1_000_000;
    let (start, end) = (nanoseconds(start), nanoseconds(end));
    let mut line = format!("{{\"operation\":\"{operation}\",\"start_ns\":{start},\"end_ns\":{end}");
    if *operation != "crash" {
        line.push_str(&format!(",\"session\":{}", &session[1..]));
    }
    if ["nextval", "setval", "alter"].contains(operation) {
        line.push_str(",\"sequence\":\"s\"");
    }
    for word in rest {
        line.push_str(&match (word.parse::<i64>(), word.split_once('=')) {
            (Ok(value), _) => format!(",\"value\":{value}"),
            (Err(_), Some((name, value))) => format!(",\"{name}\":{value}"),
            (Err(_), None) if *word == "rolled-back" => {
                format!(",\"transaction\":\"rolled back\",\"transaction_end_ns\":{end}")
            }
            (Err(_), None) if *word == "unknown" => ",\"unknown\":true".to_owned(),
            (Err(_), None) => format!(",\"error\":\"{word}\""),
        });
    }
    line + "}\n"
}

/// Holds what is found to a snapshot: the violations, one for each line.
fn is_found(name: &str, sequence: &str, calls: &str) {
    let found = found(sequence, calls);
    assert!(!found.is_empty(), "nothing is found");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../snapshots/history");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let name = format!("planted-{}", name.replace('_', "-"));
    settings.bind(|| insta::assert_snapshot!(name, found.join("\n")));
}

/// Histories in which something is found.
macro_rules! planted {
    ($($name:ident: $sequence:literal, $calls:literal;)*) => {
        $(
            #[test]
            fn $name() {
                is_found(stringify!($name), $sequence, $calls);
            }
        )*
    };
}

/// Histories that look odd and are allowed.
macro_rules! allowed {
    ($($name:ident: $sequence:literal, $calls:literal;)*) => {
        $(
            #[test]
            fn $name() {
                assert_eq!(found($sequence, $calls), Vec::<String>::new());
            }
        )*
    };
}

planted! {
    value_twice: "", "
        S1 0-1 nextval 1
        S3 1204-1209 nextval 2
        S1 1300-1305 nextval 2
        S2 1400-1401 nextval 3";
    value_twice_at_once: "", "
        S1 0-5 nextval 1
        S2 0-5 nextval 1";
    value_of_a_block_twice: ",\"cache\":3", "
        S1 0-1 nextval 1
        S1 2-3 nextval 2
        S1 4-5 nextval 3
        S2 6-7 nextval 3";
    block_shared: ",\"cache\":10", "
        S1 0-1 nextval 1
        S2 2-3 nextval 11
        S1 4-5 nextval 2
        S3 6-7 nextval 15";
    block_not_used_up: ",\"cache\":10", "
        S1 0-1 nextval 1
        S1 2-3 nextval 2
        S1 4-5 nextval 11";
    order_inverted: "", "
        S1 0-1 nextval 2
        S2 2-3 nextval 1
        S1 4-5 nextval 3";
    blocks_out_of_order: ",\"cache\":5", "
        S1 0-1 nextval 6
        S2 2-3 nextval 1";
    off_stride: ",\"increment\":5", "
        S1 0-1 nextval 1
        S1 2-3 nextval 6
        S1 4-5 nextval 12";
    out_of_bounds: ",\"maxvalue\":2", "
        S1 0-1 nextval 1
        S1 2-3 nextval 2
        S1 4-5 nextval 3";
    before_the_start: ",\"start\":10", "
        S1 0-1 nextval 9";
    before_a_setval: "", "
        S1 0-1 nextval 1
        S2 2-3 setval 100
        S1 4-5 nextval 2";
    value_skipped: "", "
        S1 0-1 nextval 1
        S1 2-3 nextval 3
        S2 4-5 nextval 4";
    back_over_a_change_of_cache: "", "
        S1 0-1 nextval 1
        S1 2-3 nextval 2
        S2 4-5 alter cache=10
        S1 6-7 nextval 2";
    stale_block_after_alter: ",\"cache\":10", "
        S1 0-1 nextval 1
        S2 2-3 alter restart=500
        S1 4-5 nextval 2";
    limit_too_early: ",\"maxvalue\":5", "
        S1 0-1 nextval 1
        S1 2-3 nextval 2200H";
    cycled_too_soon: ",\"maxvalue\":5,\"cycle\":true", "
        S1 0-1 nextval 1
        S1 2-3 nextval 2
        S1 4-5 nextval 1";
    lost_in_crash: "", "
        S1 0-1 connect
        S1 2-3 setval 10
        S1 4-5 nextval 11
        S1 6-7 setval 50
        S0 10-20 crash
        S1 21-22 connect
        S1 23-24 nextval 11";
    fits_neither_side_of_a_change: "", "
        S1 0-1 nextval 1
        S1 3-9 setval 100
        S2 4-8 nextval 50";
    too_far_after_crash: "", "
        S1 0-1 connect
        S1 2-3 nextval 1
        S0 10-20 crash
        S1 21-22 connect
        S1 23-24 nextval 35";
}

#[test]
fn more_than_32_values_are_never_lost() {
    // The first 33 calls have written one record at least, and all of them are committed.
    let mut calls = String::from("S1 0-1 connect\n");
    for value in 1..=40 {
        calls.push_str(&format!("S1 {0}-{0} nextval {value}\n", value + 1));
    }
    calls.push_str("S0 50-60 crash\nS2 61-62 connect\nS2 63-64 nextval 40");
    is_found("more_than_32_values_lost", "", &calls);
}

allowed! {
    overlapping_calls_in_either_order: "", "
        S1 0-5 nextval 2
        S2 0-5 nextval 1
        S1 6-7 nextval 3";
    a_value_again_after_setval: "", "
        S1 0-1 nextval 1
        S1 2-3 setval 1 is_called=false
        S2 4-5 nextval 1";
    anothers_block_survives_setval: ",\"cache\":3", "
        S1 0-1 nextval 1
        S2 2-3 setval 1
        S1 4-5 nextval 2
        S2 6-7 nextval 2
        S1 8-9 nextval 3";
    nobodys_block_survives_alter: ",\"cache\":3", "
        S1 0-1 nextval 1
        S2 2-3 alter cache=2
        S1 4-5 nextval 4
        S1 6-7 nextval 5
        S2 8-9 nextval 6";
    a_lost_call_may_have_drawn_a_value: "", "
        S1 0-1 nextval 1
        S2 2-3 nextval unknown
        S1 4-5 nextval 3";
    a_lost_setval_may_be_done_or_not: "", "
        S1 0-1 nextval 1
        S2 2-3 setval 100 unknown
        S1 4-5 nextval 2
        S1 6-7 nextval 3";
    a_rollback_does_not_give_values_back: "", "
        S1 0-1 nextval 1
        S1 2-3 nextval 2 rolled-back
        S1 4-5 nextval 3";
    a_rolled_back_restart_gives_nothing_to_others: "", "
        S1 0-1 nextval 1
        S1 2-3 alter restart=70 rolled-back
        S2 4-5 nextval 2";
    a_crash_skips_what_was_logged_ahead: "", "
        S1 0-1 connect
        S1 2-3 nextval 1
        S0 10-20 crash
        S1 21-22 connect
        S1 23-24 nextval 34";
    a_crash_repeats_what_was_not_flushed: "", "
        S1 0-1 connect
        S2 0-1 connect
        S1 2-3 nextval 1 rolled-back
        S2 4-5 nextval 2
        S0 10-20 crash
        S2 21-22 connect
        S2 23-24 nextval 1
        S2 25-26 nextval 2";
    a_crash_may_undo_a_setval_that_was_rolled_back: "", "
        S1 0-1 connect
        S1 2-3 nextval 1
        S1 4-5 setval 500 rolled-back
        S0 10-20 crash
        S2 21-22 connect
        S2 23-24 nextval 34";
    the_limit_at_the_limit: ",\"maxvalue\":2", "
        S1 0-1 nextval 1
        S1 2-3 nextval 2
        S1 4-5 nextval 2200H";
    a_cycle: ",\"maxvalue\":2,\"cycle\":true", "
        S1 0-1 nextval 1
        S1 2-3 nextval 2
        S1 4-5 nextval 1";
}
