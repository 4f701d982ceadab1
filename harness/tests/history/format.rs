//! Files that hold no history: where, and what was expected.

use std::path::Path;

use seqcheck::history::History;

fn error(text: &str) -> String {
    History::read(text.as_bytes(), Path::new("h.jsonl")).unwrap_err().to_string()
}

#[test]
fn errors_say_where_and_what() {
    let sequence = "{\"operation\":\"sequence\",\"sequence\":\"s\"}\n";
    let wrong = [
        "nonsense",
        "{\"operation\":\"nextvla\"}",
        "{\"operation\":\"sequence\",\"sequence\":\"s\",\"caches\":3}",
        "{\"operation\":\"sequence\",\"sequence\":\"s\",\"cache\":0}",
        "{\"operation\":\"sequence\",\"sequence\":\"s\",\"increment\":-1,\"start\":1}",
        &format!("{sequence}{sequence}"),
        "{\"operation\":\"nextval\",\"session\":1,\"sequence\":\"s\",\"start_ns\":1,\"end_ns\":2,\"value\":1}",
        &format!("{sequence}\n"),
        &format!(
            "{sequence}{{\"operation\":\"nextval\",\"session\":0,\"sequence\":\"s\",\"start_ns\":1,\"end_ns\":2,\"value\":1}}"
        ),
        &format!(
            "{sequence}{{\"operation\":\"nextval\",\"session\":1,\"sequence\":\"s\",\"start_ns\":3,\"end_ns\":2,\"value\":1}}"
        ),
        &format!(
            "{sequence}{{\"operation\":\"nextval\",\"session\":1,\"sequence\":\"s\",\"start_ns\":1,\"end_ns\":2}}"
        ),
        &format!(
            "{sequence}{{\"operation\":\"nextval\",\"session\":1,\"sequence\":\"s\",\"start_ns\":1,\"end_ns\":2,\"error\":\"no\"}}"
        ),
        &format!(
            "{sequence}{{\"operation\":\"nextval\",\"session\":1,\"sequence\":\"s\",\"start_ns\":1,\"end_ns\":2,\"value\":\"1\"}}"
        ),
        &format!("{sequence}{{\"operation\":\"crash\",\"session\":1,\"start_ns\":1,\"end_ns\":2}}"),
        &format!(
            "{sequence}{{\"operation\":\"connect\",\"session\":1,\"start_ns\":1,\"end_ns\":5}}\n\
             {{\"operation\":\"disconnect\",\"session\":1,\"start_ns\":4,\"end_ns\":6}}"
        ),
    ];
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../snapshots/history");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let errors: Vec<String> = wrong.iter().map(|text| error(text)).collect();
    settings.bind(|| insta::assert_snapshot!("format-errors", errors.join("\n")));
}

#[test]
fn a_recording_may_end_in_the_middle_of_a_line() {
    let whole = "{\"operation\":\"sequence\",\"sequence\":\"s\"}\n\
                 {\"operation\":\"crash\",\"start_ns\":1,\"end_ns\":2}\n";
    let read = |text: &str| History::read_recording(text.as_bytes(), Path::new("h.jsonl"));
    assert!(matches!(read(whole), Ok((history, None)) if history.records.len() == 1));
    // Without its line end the last line is still whole.
    assert!(matches!(read(whole.trim_end()), Ok((history, None)) if history.records.len() == 1));
    let (history, cut_off) = read(&whole[..whole.len() - 5]).unwrap();
    assert_eq!((history.sequences.len(), history.records.len()), (1, 0));
    assert_eq!(cut_off.unwrap().line, 2);
    // What is wrong elsewhere is wrong.
    assert!(read(&whole.replacen('}', "", 1)).is_err() && read("nonsense").is_err());
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    let read = History::read(&b"\xff\xfe\n"[..], Path::new("h.jsonl"));
    assert_eq!(read.unwrap_err().to_string(), "h.jsonl:1:1: not UTF-8 text");
}
