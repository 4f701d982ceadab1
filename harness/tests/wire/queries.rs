//! Requests and their replies.

use std::time::Instant;

use seqcheck::{Implementation, Infrastructure, Received, Request};
use seqcheck_engine::{Cell, Reply, Severity, StatementResult};

use crate::Test;
use crate::lane::{Lane, ask, integers, receive, request, succeeds};
use crate::scripted::value;

pub(crate) const TESTS: &[(&str, Test)] = &[
    ("results_come_whole", results_come_whole),
    ("errors_and_notices_come_with_all_fields", errors_and_notices_come_with_all_fields),
    ("statements_before_an_error_keep_their_results", statements_before_an_error_keep_their_results),
    ("copy_data_reaches_the_first_copy", copy_data_reaches_the_first_copy),
    ("requests_after_a_copy_are_not_taken_for_data", requests_after_a_copy_are_not_taken_for_data),
    ("many_requests_are_answered_in_order", many_requests_are_answered_in_order),
    ("long_requests_and_replies_do_not_block_each_other", long_requests_and_replies_do_not_block_each_other),
];

fn results_come_whole(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = lane.open()?;
    let reply = ask(
        &mut postgres,
        0,
        "CREATE SEQUENCE s; SELECT nextval('s'), NULL AS none, 'NULL' AS word, '007' AS seven; ;",
    )?;
    assert_eq!(reply.error, None);
    let [created, selected] = reply.results.as_slice() else { panic!("two results: {reply:?}") };
    assert_eq!(*created, StatementResult { rows: None, tag: "CREATE SEQUENCE".into() });
    let rows = selected.rows.as_ref().expect("a SELECT gives rows");
    assert_eq!(rows.columns, ["nextval", "none", "word", "seven"]);
    assert_eq!(rows.cells, [Cell::Integer(1), Cell::Null, Cell::from_text("NULL"), Cell::from_text("007")]);
    assert_eq!((rows.count, &*selected.tag), (1, "SELECT 1"));

    assert_eq!(ask(&mut postgres, 0, "")?, Reply::default());
    let nothing = ask(&mut postgres, 0, "SELECT FROM generate_series(1, 3)")?;
    let rows = nothing.results[0].rows.as_ref().expect("a SELECT gives rows");
    assert_eq!((rows.columns.len(), rows.count), (0, 3));
    assert_eq!(ask(&mut postgres, 0, "COPY (SELECT 1) TO STDOUT")?.results[0].tag, "COPY 1");
    Ok(())
}

fn errors_and_notices_come_with_all_fields(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = lane.open()?;
    let reply = ask(&mut postgres, 0, "DROP SEQUENCE IF EXISTS s")?;
    let notice = &reply.notices[0];
    assert_eq!((notice.severity, notice.sqlstate.code()), (Severity::Notice, "00000"));
    assert_eq!(notice.message, "sequence \"s\" does not exist, skipping");

    succeeds(&mut postgres, 0, "CREATE SEQUENCE s; CREATE TABLE t (a int DEFAULT nextval('s'))")?;
    let error = ask(&mut postgres, 0, "DROP SEQUENCE s")?.error.expect("the table depends on it");
    assert_eq!((error.severity, error.sqlstate.code()), (Severity::Error, "2BP01"));
    assert_eq!(error.message, "cannot drop sequence s because other objects depend on it");
    assert_eq!(error.detail.as_deref(), Some("default value for column a of table t depends on sequence s"));
    assert_eq!(error.hint.as_deref(), Some("Use DROP ... CASCADE to drop the dependent objects too."));
    Ok(())
}

fn statements_before_an_error_keep_their_results(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = lane.open()?;
    succeeds(&mut postgres, 0, "CREATE SEQUENCE s MAXVALUE 2")?;
    let reply = ask(&mut postgres, 0, "SELECT 1; SELECT nextval('s') FROM generate_series(1, 3); SELECT 2")?;
    assert_eq!(reply.results.len(), 1);
    assert_eq!(reply.error.map(|error| error.sqlstate.to_string()).as_deref(), Some("2200H"));
    // Nothing of the failed statement is left over.
    assert_eq!(succeeds(&mut postgres, 0, "SELECT 3")?, integers(&[3]));
    Ok(())
}

fn copy_data_reaches_the_first_copy(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = lane.open()?;
    succeeds(&mut postgres, 0, "CREATE TABLE t (a int)")?;
    let copy_data = ["1".to_owned(), "2".to_owned()];
    postgres.send(
        0,
        Request { sql: "COPY t FROM STDIN; COPY t FROM STDIN; SELECT count(*) FROM t", copy_data: &copy_data },
    )?;
    let reply = receive(&mut postgres, 0)?;
    let tags: Vec<&str> = reply.results.iter().map(|result| &*result.tag).collect();
    assert_eq!(tags, ["COPY 2", "COPY 0", "SELECT 1"]);
    assert_eq!(reply.results[2].rows.as_ref().map(|rows| rows.cells.clone()), Some(integers(&[2])));
    Ok(())
}

fn requests_after_a_copy_are_not_taken_for_data(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = lane.open()?;
    let (good, bad) = (["1".to_owned()], ["x".to_owned()]);
    postgres.send(0, request("CREATE TABLE t (a int)"))?;
    postgres.send(0, Request { sql: "COPY t FROM STDIN", copy_data: &good })?;
    postgres.send(0, Request { sql: "COPY t FROM STDIN", copy_data: &bad })?;
    postgres.send(0, Request { sql: "COPY missing FROM STDIN", copy_data: &good })?;
    postgres.send(0, request("SELECT count(*) FROM t"))?;
    let mut sqlstates = Vec::new();
    for _ in 0..4 {
        sqlstates.push(receive(&mut postgres, 0)?.error.map(|error| error.sqlstate.to_string()));
    }
    assert_eq!(sqlstates, [None, None, Some("22P02".to_owned()), Some("42P01".to_owned())]);
    assert_eq!(
        receive(&mut postgres, 0)?.results[0].rows.as_ref().map(|rows| rows.cells.clone()),
        Some(integers(&[1]))
    );
    Ok(())
}

fn many_requests_are_answered_in_order(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = lane.open()?;
    succeeds(&mut postgres, 0, "CREATE SEQUENCE s")?;
    for _ in 0..5_000 {
        postgres.send(0, request("SELECT nextval('s')"))?;
    }
    for expected in 1..=5_000 {
        let reply = receive(&mut postgres, 0)?;
        assert_eq!(reply, value(expected));
    }
    assert_eq!(postgres.receive(0, Instant::now())?, Received::Pending);
    Ok(())
}

fn long_requests_and_replies_do_not_block_each_other(lane: &Lane) -> Result<(), Infrastructure> {
    let mut postgres = lane.open()?;
    let text = "x".repeat(1 << 20);
    let sql = format!("SELECT '{text}', '{text}'");
    for _ in 0..8 {
        postgres.send(0, request(&sql))?;
    }
    for _ in 0..8 {
        let reply = receive(&mut postgres, 0)?;
        assert_eq!(reply.results[0].rows.as_ref().map(|rows| rows.cells[1].clone()), Some(Cell::from_text(&text)));
    }
    Ok(())
}
