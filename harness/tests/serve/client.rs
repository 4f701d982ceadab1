//! The Rust client `postgres`, on the model and on PostgreSQL: both must answer alike.

use std::io::Write;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use postgres::{Client, Config, NoTls};
use seqcheck::server::{Kind, create_database};

use crate::served::Served;
use crate::support;

type Test = fn(&Config) -> Result<(), Failed>;

const TESTS: [(&str, Test); 10] = [
    ("values_in_binary", values_in_binary),
    ("prepared_statements", prepared_statements),
    ("errors", errors),
    ("notices", notices),
    ("transactions", transactions),
    ("pipeline_is_one_transaction", pipeline_is_one_transaction),
    ("copy", copy),
    ("waits_and_goes_on", waits_and_goes_on),
    ("cancels_a_wait", cancels_a_wait),
    ("ends_a_wait_that_takes_too_long", ends_a_wait_that_takes_too_long),
];

pub(crate) fn trials() -> Vec<Trial> {
    let on_model = TESTS.into_iter().map(|(name, test)| {
        Trial::test(format!("client::{name}::on_the_model"), move || test(&Served::start(15).endpoint().config()))
    });
    let on_server = Trial::ignorable_test("client::all::on_postgresql", || {
        support::on_server(Kind::Local, |server| {
            TESTS.into_iter().try_for_each(|(name, test)| {
                let database = create_database(&server)?;
                test(&database.endpoint().config()).map_err(|failed| Failed::from(format!("{name}: {failed:?}")))
            })
        })
    });
    let mut trials: Vec<Trial> = on_model.collect();
    trials.push(Trial::test("client::limits_of_the_model", limits_of_the_model));
    trials.push(Trial::test("client::databases", databases));
    trials.push(on_server);
    trials
}

fn connect(config: &Config) -> Result<Client, Failed> {
    config.connect(NoTls).map_err(|error| Failed::from(format!("{error:?}")))
}

/// SQLSTATE, message, DETAIL and HINT of an error.
fn told(error: &postgres::Error) -> (String, String, Option<String>, Option<String>) {
    let error = error.as_db_error().unwrap_or_else(|| panic!("no answer of the server: {error}"));
    (
        error.code().code().to_owned(),
        error.message().to_owned(),
        error.detail().map(str::to_owned),
        error.hint().map(str::to_owned),
    )
}

fn values_in_binary(config: &Config) -> Result<(), Failed> {
    let mut client = connect(config)?;
    client.batch_execute(
        "CREATE SEQUENCE s START 7; CREATE TABLE t (a smallint, b integer, c bigint, d text, e boolean)",
    )?;
    let value: i64 = client.query_one("SELECT nextval('s')", &[])?.get(0);
    assert_eq!(value, 7);
    let value: i64 = client.query_one("SELECT setval('s', $1, $2)", &[&40_i64, &false])?.get(0);
    assert_eq!(value, 40);
    let row = client.query_one(
        "INSERT INTO t VALUES ($1, $2, nextval('s'), $3, $4) RETURNING *",
        &[&-3_i16, &None::<i32>, &"x\u{e9}", &true],
    )?;
    assert_eq!(row.get::<_, i16>(0), -3);
    assert_eq!(row.get::<_, Option<i32>>(1), None);
    assert_eq!(row.get::<_, i64>(2), 40);
    assert_eq!(row.get::<_, &str>(3), "x\u{e9}");
    assert!(row.get::<_, bool>(4));
    let names: Vec<&str> = row.columns().iter().map(|column| column.name()).collect();
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
    Ok(())
}

fn prepared_statements(config: &Config) -> Result<(), Failed> {
    let mut client = connect(config)?;
    client.batch_execute("CREATE SEQUENCE s; CREATE TABLE t (id bigint DEFAULT nextval('s'), name text)")?;
    let insert = client.prepare("INSERT INTO t (name) VALUES ($1) RETURNING id")?;
    let types: Vec<&str> = insert.params().iter().map(|one| one.name()).collect();
    assert_eq!(types, ["text"]);
    for expected in 1..=8_i64 {
        assert_eq!(client.query_one(&insert, &[&"n"])?.get::<_, i64>(0), expected);
    }
    let create = client.prepare("CREATE SEQUENCE other")?;
    assert!(create.columns().is_empty());
    client.execute(&create, &[])?;
    assert_eq!(told(&client.execute(&create, &[]).unwrap_err()).0, "42P07");
    let set = client.execute("UPDATE t SET name = $1 WHERE id > $2", &[&"late", &5_i64])?;
    assert_eq!(set, 3);
    Ok(())
}

fn errors(config: &Config) -> Result<(), Failed> {
    let mut client = connect(config)?;
    client.batch_execute("CREATE SEQUENCE s MAXVALUE 2; SELECT setval('s', 2)")?;
    let error = client.query("SELECT nextval('s')", &[]).unwrap_err();
    let message = "nextval: reached maximum value of sequence \"s\" (2)".to_owned();
    assert_eq!(told(&error), ("2200H".into(), message, None, None));
    let error = client.query("SELECT nextval($1::text::regclass)", &[&"x"]).unwrap_err();
    assert_eq!(told(&error).0, "42P01");
    let error = client.batch_execute("CREATE TABLE t (a int DEFAULT nextval('s')); DROP SEQUENCE s").unwrap_err();
    let (code, message, detail, hint) = told(&error);
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("2BP01", "cannot drop sequence s because other objects depend on it")
    );
    assert_eq!(detail.as_deref(), Some("default value for column a of table t depends on sequence s"));
    assert_eq!(hint.as_deref(), Some("Use DROP ... CASCADE to drop the dependent objects too."));
    let error = client.prepare("SELECT 1; SELECT 2").unwrap_err();
    assert_eq!(told(&error).1, "cannot insert multiple commands into a prepared statement");
    let error = client.batch_execute("SELEC 1").unwrap_err();
    assert_eq!(told(&error).0, "42601");
    Ok(())
}

fn notices(config: &Config) -> Result<(), Failed> {
    let (sender, receiver) = mpsc::channel();
    let mut config = config.clone();
    config.notice_callback(move |notice| {
        sender.send((notice.code().code().to_owned(), notice.message().to_owned())).unwrap()
    });
    let mut client = connect(&config)?;
    client.batch_execute("DROP SEQUENCE IF EXISTS s; COMMIT; SET client_min_messages = error; COMMIT")?;
    let heard: Vec<(String, String)> = receiver.try_iter().collect();
    assert_eq!(
        heard,
        [
            ("00000".to_owned(), "sequence \"s\" does not exist, skipping".to_owned()),
            ("25P01".to_owned(), "there is no transaction in progress".to_owned()),
        ]
    );
    Ok(())
}

fn transactions(config: &Config) -> Result<(), Failed> {
    let mut client = connect(config)?;
    let mut transaction = client.transaction()?;
    transaction.batch_execute("CREATE SEQUENCE s")?;
    let value: i64 = transaction.query_one("SELECT nextval('s')", &[])?.get(0);
    assert_eq!(value, 1);
    let mut inner = transaction.transaction()?;
    assert_eq!(told(&inner.query("SELECT nextval('x')", &[]).unwrap_err()).0, "42P01");
    assert_eq!(told(&inner.query("SELECT 1", &[]).unwrap_err()).0, "25P02");
    inner.rollback()?;
    let value: i64 = transaction.query_one("SELECT nextval('s')", &[])?.get(0);
    assert_eq!(value, 2);
    transaction.rollback()?;
    assert_eq!(told(&client.query("SELECT nextval('s')", &[]).unwrap_err()).0, "42P01");
    Ok(())
}

/// Statements before one Sync share a transaction, which nobody has begun.
fn pipeline_is_one_transaction(config: &Config) -> Result<(), Failed> {
    let mut client = connect(config)?;
    client.batch_execute("CREATE SEQUENCE s; CREATE TABLE t (id bigint)")?;
    let error = client.batch_execute("INSERT INTO t VALUES (nextval('s')); SELECT 1/0").unwrap_err();
    assert_eq!(told(&error).0, "22012");
    assert!(client.query("SELECT * FROM t", &[])?.is_empty());
    let value: i64 = client.query_one("SELECT nextval('s')", &[])?.get(0);
    assert_eq!(value, 2);
    Ok(())
}

fn copy(config: &Config) -> Result<(), Failed> {
    let mut client = connect(config)?;
    client.batch_execute("CREATE TABLE t (id bigserial, name text)")?;
    let mut writer = client.copy_in("COPY t (name) FROM STDIN")?;
    writer.write_all(b"one\ntwo\n\\N\n")?;
    assert_eq!(writer.finish()?, 3);
    let ids: Vec<i64> = client.query("SELECT id FROM t ORDER BY id", &[])?.iter().map(|row| row.get(0)).collect();
    assert_eq!(ids, [1, 2, 3]);
    // A writer that is dropped takes the COPY back, but for the sequence.
    let mut writer = client.copy_in("COPY t (name) FROM STDIN")?;
    writer.write_all(b"never\n")?;
    drop(writer);
    assert_eq!(client.query("SELECT id FROM t", &[])?.len(), 3);
    let mut writer = client.copy_in("COPY t FROM STDIN")?;
    writer.write_all(b"x\tbad\n")?;
    assert_eq!(told(&writer.finish().unwrap_err()).0, "22P02");
    // Last, since the client loses count of the replies after it.
    assert_eq!(told(&client.copy_in("COPY nowhere FROM STDIN").err().unwrap()).0, "42P01");
    Ok(())
}

/// Waits until a session waits for another one.
fn await_wait(client: &mut Client, process: i32) {
    let begun = Instant::now();
    loop {
        let blockers = client.simple_query(&format!("SELECT pg_blocking_pids({process})")).unwrap();
        let waits = blockers
            .iter()
            .any(|message| matches!(message, postgres::SimpleQueryMessage::Row(row) if row.get(0) != Some("{}")));
        if waits {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "the session does not wait");
        thread::sleep(Duration::from_millis(5));
    }
}

fn process_of(client: &mut Client) -> Result<i32, Failed> {
    Ok(client.query_one("SELECT pg_backend_pid()", &[])?.get(0))
}

fn waits_and_goes_on(config: &Config) -> Result<(), Failed> {
    let (mut first, mut second, mut third) = (connect(config)?, connect(config)?, connect(config)?);
    let process = process_of(&mut second)?;
    first.batch_execute("CREATE SEQUENCE s")?;
    first.batch_execute("BEGIN; ALTER SEQUENCE s RESTART 50")?;
    let waiting = thread::spawn(move || second.query_one("SELECT nextval('s')", &[]).map(|row| row.get::<_, i64>(0)));
    await_wait(&mut third, process);
    // Others go on meanwhile.
    third.batch_execute("CREATE SEQUENCE other")?;
    first.batch_execute("COMMIT")?;
    assert_eq!(waiting.join().unwrap()?, 50);
    Ok(())
}

fn cancels_a_wait(config: &Config) -> Result<(), Failed> {
    let (mut first, mut second, mut third) = (connect(config)?, connect(config)?, connect(config)?);
    let process = process_of(&mut second)?;
    let token = second.cancel_token();
    first.batch_execute("CREATE SEQUENCE s")?;
    first.batch_execute("BEGIN; DROP SEQUENCE s")?;
    let waiting = thread::spawn(move || {
        second.batch_execute("BEGIN").unwrap();
        let error = second.batch_execute("SELECT nextval('s')").unwrap_err();
        let after = second.batch_execute("SELECT 1").unwrap_err();
        (told(&error), told(&after).0)
    });
    await_wait(&mut third, process);
    token.cancel_query(NoTls)?;
    let (error, after) = waiting.join().unwrap();
    assert_eq!(error, ("57014".into(), "canceling statement due to user request".into(), None, None));
    assert_eq!(after, "25P02");
    first.batch_execute("ROLLBACK")?;
    let value: i64 = first.query_one("SELECT nextval('s')", &[])?.get(0);
    assert_eq!(value, 1);
    Ok(())
}

fn ends_a_wait_that_takes_too_long(config: &Config) -> Result<(), Failed> {
    let (mut first, mut second) = (connect(config)?, connect(config)?);
    first.batch_execute("CREATE SEQUENCE s")?;
    first.batch_execute("BEGIN; DROP SEQUENCE s")?;
    for (parameter, code, message) in [
        ("lock_timeout", "55P03", "canceling statement due to lock timeout"),
        ("statement_timeout", "57014", "canceling statement due to statement timeout"),
    ] {
        second.batch_execute(&format!("SET {parameter} = '200ms'"))?;
        let error = second.batch_execute("SELECT nextval('s')").unwrap_err();
        assert_eq!(told(&error), (code.into(), message.into(), None, None));
        second.batch_execute(&format!("RESET {parameter}"))?;
    }
    first.batch_execute("ROLLBACK")?;
    let value: i64 = second.query_one("SELECT nextval('s')", &[])?.get(0);
    assert_eq!(value, 1);
    Ok(())
}

/// What the model does not cover is refused as such, and changes nothing.
fn limits_of_the_model() -> Result<(), Failed> {
    let served = Served::start(15);
    let mut client = connect(&served.endpoint().config())?;
    client.batch_execute("CREATE SEQUENCE s")?;
    let error = client.batch_execute("SELECT nextval('s'); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'");
    let (code, message, ..) = told(&error.unwrap_err());
    assert_eq!((code.as_str(), message.as_str()), ("0A000", "CREATE FUNCTION is outside the model"));
    let mut transaction = client.transaction()?;
    let portal = transaction.bind("SELECT nextval('s') FROM generate_series(1, 3)", &[])?;
    let error = transaction.query_portal(&portal, 2).unwrap_err();
    assert_eq!(told(&error).0, "0A000");
    drop(transaction);
    let value: i64 = client.query_one("SELECT nextval('s')", &[])?.get(0);
    assert_eq!(value, 1);
    Ok(())
}

/// Databases come and go, and each has its own relations.
fn databases() -> Result<(), Failed> {
    let served = Served::start(15);
    let endpoint = served.endpoint();
    let mut client = connect(&endpoint.config())?;
    client.batch_execute("CREATE SEQUENCE s")?;
    client.batch_execute("CREATE DATABASE other")?;
    let mut other = connect(&endpoint.with_database("other").config())?;
    assert_eq!(told(&other.batch_execute("SELECT nextval('s')").unwrap_err()).0, "42P01");
    let error = client.batch_execute("DROP DATABASE other").unwrap_err();
    assert_eq!(told(&error).2.as_deref(), Some("There is 1 other session using the database."));
    client.batch_execute("DROP DATABASE other WITH (FORCE)")?;
    assert!(other.batch_execute("SELECT 1").is_err());
    let error = connect(&endpoint.with_database("other").config()).err().expect("it is gone");
    assert!(format!("{error:?}").contains("does not exist"), "{error:?}");
    Ok(())
}
