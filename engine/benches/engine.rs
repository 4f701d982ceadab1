//! How fast the engine runs: values and trace steps for each second, replies included.
//!
//! `cargo bench -p seqcheck-engine`

use divan::counter::ItemsCount;
use seqcheck_engine::statement::{
    Call, CreateSequence, Expression, FromItem, Literal, Number, ObjectName, Persistence, Query, Select, SelectItem,
    SequenceOption, Transaction,
};
use seqcheck_engine::{Cluster, Major, Progress, SessionId, Settings, Statement};

fn main() {
    divan::main();
}

/// A cluster with a sequence `s`, and a session.
fn cluster(cache: i64) -> (Cluster, SessionId) {
    let mut cluster = Cluster::new(Settings::new(Major::NEWEST));
    let session = cluster.connect();
    let create = Statement::CreateSequence(CreateSequence {
        persistence: Persistence::Permanent,
        is_global: false,
        if_not_exists: false,
        name: ObjectName::bare("s"),
        options: vec![SequenceOption::Cache(Number::from(cache))],
    });
    run(&mut cluster, session, &create);
    (cluster, session)
}

fn run(cluster: &mut Cluster, session: SessionId, statement: &Statement) -> Progress {
    let progress = cluster.step(session, std::slice::from_ref(statement)).progress;
    assert!(matches!(progress, Progress::Done(_)), "the benchmark's statements are supported");
    progress
}

fn call(name: &str, arguments: Vec<Expression>) -> Call {
    Call { name: ObjectName::bare(name), distinct: false, star: false, arguments, order_by: Vec::new() }
}

fn select(expression: Expression, from: Vec<FromItem>) -> Statement {
    Statement::Query(Query::Select(Box::new(Select {
        items: vec![SelectItem { expression, alias: None }],
        from,
        ..Select::default()
    })))
}

fn nextval() -> Expression {
    Expression::Call(call("nextval", vec![Expression::Literal(Literal::String("s".into()))]))
}

/// `SELECT nextval('s') FROM generate_series(1, 1000)`: a thousand values, each a row of the reply.
#[divan::bench(args = [1, 10])]
fn nextval_in_one_statement(bencher: divan::Bencher<'_, '_>, cache: i64) {
    let number = |digits: &str| Expression::Literal(Literal::Number(digits.into()));
    let series = FromItem::Function {
        call: call("generate_series", vec![number("1"), number("1000")]),
        alias: None,
        columns: Vec::new(),
    };
    let statement = select(nextval(), vec![series]);
    let (mut cluster, session) = cluster(cache);
    bencher.counter(ItemsCount::new(1000_usize)).bench_local(|| run(&mut cluster, session, &statement));
}

/// `SELECT nextval('s')`, each a trace step of its own.
#[divan::bench(args = [1, 10])]
fn nextval_steps(bencher: divan::Bencher<'_, '_>, cache: i64) {
    let statement = select(nextval(), Vec::new());
    let (mut cluster, session) = cluster(cache);
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| run(&mut cluster, session, &statement));
}

/// A transaction of five steps that changes nothing in the catalog.
#[divan::bench]
fn transaction_steps(bencher: divan::Bencher<'_, '_>) {
    let steps = [
        Statement::Transaction(Transaction::Begin(Vec::new())),
        select(nextval(), Vec::new()),
        Statement::Transaction(Transaction::Savepoint("p".into())),
        select(Expression::Call(call("lastval", Vec::new())), Vec::new()),
        Statement::Transaction(Transaction::Rollback { chain: false }),
    ];
    let (mut cluster, session) = cluster(1);
    bencher.counter(ItemsCount::new(steps.len())).bench_local(|| {
        for step in &steps {
            divan::black_box(run(&mut cluster, session, step));
        }
    });
}
