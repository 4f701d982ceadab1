//! What a managed server promises while it lives.

use std::path::PathBuf;

use libtest_mimic::{Failed, Trial};
use postgres::Client;
use seqcheck::server::{Host, Kind, Server, create_database};

use crate::support::on_server;

type Outcome = Result<(), Failed>;

pub(crate) fn trials(kind: Kind) -> Vec<Trial> {
    let trial = |name: &str, test: fn(Server) -> Outcome| {
        Trial::ignorable_test(format!("{kind}::{name}"), move || on_server(kind, test))
    };
    vec![
        trial("knows_itself", knows_itself),
        trial("checkpoints_only_when_told", checkpoints_only_when_told),
        trial("crash_loses_what_was_not_written_ahead", crash_loses_what_was_not_written_ahead),
        trial("restart_keeps_everything", restart_keeps_everything),
        trial("scratch_databases_come_and_go", scratch_databases_come_and_go),
        trial("dropping_it_ends_it", dropping_it_ends_it),
    ]
}

fn setting(client: &mut Client, name: &str) -> Result<String, Failed> {
    Ok(client.query_one("SELECT current_setting($1)", &[&name])?.get(0))
}

fn knows_itself(server: Server) -> Outcome {
    let mut client = server.endpoint().connect()?;
    assert_eq!(setting(&mut client, "server_version")?, server.version());
    assert!(server.version().starts_with(&server.major().to_string()), "{}", server.version());
    assert!(server.is_managed());
    assert!(!server.origin().is_empty());
    Ok(())
}

fn checkpoints_only_when_told(server: Server) -> Outcome {
    let mut client = server.endpoint().connect()?;
    for (name, value) in
        [("checkpoint_timeout", "1d"), ("autovacuum", "off"), ("fsync", "off"), ("max_prepared_transactions", "20")]
    {
        assert_eq!(setting(&mut client, name)?, value, "{name}");
    }
    let mut next = |before: &str| -> Result<i64, Failed> {
        client.batch_execute(before)?;
        client.query_one("SELECT nextval('s')", &[])?;
        Ok(client.query_one("SELECT log_cnt FROM s", &[])?.get(0))
    };
    // 32 values are written ahead; a checkpoint makes the next call write anew.
    assert_eq!(next("CREATE SEQUENCE s")?, 32);
    assert_eq!(next("")?, 31);
    assert_eq!(next("CHECKPOINT")?, 32);
    Ok(())
}

fn crash_loses_what_was_not_written_ahead(server: Server) -> Outcome {
    let mut client = server.endpoint().connect()?;
    client.batch_execute("CREATE SEQUENCE s; SELECT nextval('s'); CHECKPOINT; SELECT nextval('s')")?;
    server.crash()?;
    assert!(client.batch_execute("SELECT").is_err(), "the connection outlived the crash");
    let mut client = server.endpoint().connect()?;
    let next: i64 = client.query_one("SELECT nextval('s')", &[])?.get(0);
    // 2 was handed out, and 32 more were written ahead.
    assert_eq!(next, 35);
    Ok(())
}

fn restart_keeps_everything(server: Server) -> Outcome {
    let mut client = server.endpoint().connect()?;
    client.batch_execute("CREATE SEQUENCE s; SELECT nextval('s')")?;
    let before = server.endpoint().clone();
    server.restart()?;
    assert_eq!(&before, server.endpoint());
    let next: i64 = server.endpoint().connect()?.query_one("SELECT nextval('s')", &[])?.get(0);
    assert_eq!(next, 2);
    Ok(())
}

fn scratch_databases_come_and_go(server: Server) -> Outcome {
    let count = || -> Result<i64, Failed> {
        let sql = "SELECT count(*) FROM pg_database WHERE datname LIKE 'seqcheck%'";
        Ok(server.endpoint().connect()?.query_one(sql, &[])?.get(0))
    };
    let (first, second) = (create_database(&server)?, create_database(&server)?);
    assert_ne!(first.name(), second.name());
    assert_eq!(count()?, 2);
    // Still connected, and through a crash in between.
    let mut lingering = first.endpoint().connect()?;
    lingering.batch_execute("CREATE SEQUENCE s")?;
    server.crash()?;
    let _lingering = first.endpoint().connect()?;
    drop(first);
    assert_eq!(count()?, 1);
    drop(second);
    assert_eq!(count()?, 0);
    Ok(())
}

fn dropping_it_ends_it(server: Server) -> Outcome {
    let endpoint = server.endpoint().clone();
    drop(server);
    assert!(endpoint.connect().is_err(), "it still answers");
    if let Host::Unix(directory) = endpoint.host {
        assert!(!PathBuf::from(&directory).exists(), "{} is left", directory.display());
    }
    Ok(())
}
