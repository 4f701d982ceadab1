//! A session that caches more values than PostgreSQL counts through in seconds is outside the model, since nothing would
//! end it: not even a signal.

use seqcheck::lockstep::{self, Verdict};
use seqcheck::prepare::Prepared;
use seqcheck::trace::{Action, Step};
use seqcheck_engine::{Cell, Cluster, Major, Settings};

#[test]
fn what_the_server_would_count_for_ever_is_unsupported() {
    let queries = [
        ("CREATE SEQUENCE small", true),
        ("CREATE SEQUENCE endless CACHE 9223372036854775807", true),
        ("SELECT nextval('endless')", false),
        // Nothing of a query is left when its end is outside the model.
        ("SELECT nextval('small'), nextval('endless')", false),
        ("SELECT nextval('small')", true),
        ("CREATE SEQUENCE integers AS integer CACHE 9223372036854775807", true),
        ("SELECT nextval('integers')", true),
        ("CREATE SEQUENCE sparse INCREMENT 4611686018427387904 CACHE 9223372036854775807", true),
        ("SELECT nextval('sparse')", true),
    ];
    let steps: Vec<Step> = queries.iter().map(|(sql, _)| Step::new("S1", Action::query(*sql))).collect();
    let prepared = Prepared::from_trace(&steps);
    let run = lockstep::predict(&prepared.steps, &mut Cluster::new(Settings::new(Major::NEWEST)));
    for ((sql, is_modelled), record) in queries.iter().zip(&run.steps) {
        assert_eq!(record.verdict == Verdict::Agrees, *is_modelled, "{sql}: {record:?}");
    }
    let reply = run.steps[4].model.as_ref().and_then(|model| model.reply.as_ref()).expect("it is predicted");
    assert_eq!(reply.results[0].rows.as_ref().map(|rows| &rows.cells[..]), Some(&[Cell::Integer(1)][..]));
}
