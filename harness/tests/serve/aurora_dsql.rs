//! `check --dialect aurora-dsql`, on two stand-ins for the service: the model of its documentation, and PostgreSQL, which
//! takes all that it takes, and more.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use libtest_mimic::{Failed, Trial};
use seqcheck::server::{Kind, create_database};
use seqcheck_engine::Dialect;
use serde_json::Value;

use crate::served::Served;
use crate::support;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("aurora_dsql::the_model_conforms", the_model_conforms),
        Trial::test("aurora_dsql::leaves_alone_what_it_finds", leaves_alone_what_it_finds),
        Trial::ignorable_test("aurora_dsql::postgresql_differs_in_what_it_takes_alone", || {
            support::on_server(Kind::Local, |server| {
                let database = create_database(&server)?;
                let address = database.endpoint();
                let url = format!(
                    "host={} port={} user={} dbname={}",
                    match &address.host {
                        seqcheck::server::Host::Tcp(name) => name.clone(),
                        seqcheck::server::Host::Unix(folder) => folder.display().to_string(),
                    },
                    address.port,
                    address.user,
                    address.database
                );
                differs_in_what_it_takes_alone(&url)
            })
        }),
    ]
}

fn check(url: &str, arguments: &[&str]) -> Result<(Output, Value), Failed> {
    let folder = tempfile::tempdir()?;
    let output = Command::new(env!("CARGO_BIN_EXE_seqcheck"))
        .args(["check", "--dialect", "aurora-dsql", "--json", "-", "--url", url])
        .args(arguments)
        .current_dir(folder.path())
        .env_remove("SEQCHECK_URL")
        .stdin(Stdio::null())
        .output()?;
    let json = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    Ok((output, json))
}

fn aurora_dsql() -> Served {
    let dialect = Dialect::AuroraDsql;
    Served::start_as(dialect.major().expect("it follows one major"), dialect)
}

/// Everything that is documented is reached, and marked as not observed.
fn the_model_conforms() -> Result<(), Failed> {
    let served = aurora_dsql();
    let (output, json) = check(&served.url(), &["--traces", "200"])?;
    assert_eq!(output.status.code(), Some(0), "{json:#}\n{}", String::from_utf8_lossy(&output.stderr));
    let server = &json["servers"][0];
    assert_eq!(server["dialect"], "aurora-dsql");
    assert_eq!(server["basis"], "documented, not observed");
    assert_eq!(server["generated_traces"], 200);
    let clauses = server["clauses"].as_array().expect("there are clauses");
    assert!(clauses.len() > 50, "{}", clauses.len());
    for clause in clauses {
        assert_eq!(clause["state"], "agrees", "{clause}");
        assert!(
            clause["source"].as_str().is_some_and(|source| source.starts_with("Aurora DSQL User Guide")),
            "{clause}"
        );
    }
    Ok(())
}

/// Traces would drop what somebody needs.
fn leaves_alone_what_it_finds() -> Result<(), Failed> {
    let served = aurora_dsql();
    let mut client = served.endpoint().config().connect(postgres::NoTls)?;
    client.batch_execute("CREATE SEQUENCE precious CACHE 1")?;
    let (output, _) = check(&served.url(), &["--traces", "1"])?;
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("precious") && said.contains("not empty"), "{said}");
    let value: i64 = client.query_one("SELECT nextval('precious')", &[])?.get(0);
    assert_eq!(value, 1);
    Ok(())
}

/// PostgreSQL agrees on generated traces, which keep to what Aurora DSQL takes, and on no refusal of Aurora DSQL's own.
fn differs_in_what_it_takes_alone(url: &str) -> Result<(), Failed> {
    let examples = tempfile::tempdir()?;
    let documented = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/documented/aurora-dsql");
    for name in ["examples.trace", "cache-of-sessions.trace", "cycle.trace", "alter-name.trace"] {
        std::fs::copy(documented.join(name), examples.path().join(name))?;
    }
    let corpus = examples.path().display().to_string();
    let (output, json) = check(url, &["--corpus", &corpus, "--traces", "150"])?;
    assert_eq!(output.status.code(), Some(0), "{json:#}\n{}", String::from_utf8_lossy(&output.stderr));
    let (output, json) = check(url, &["--traces", "0"])?;
    assert_eq!(output.status.code(), Some(1));
    let findings = json["servers"][0]["findings"].as_array().expect("there are findings");
    assert!(!findings.is_empty());
    for finding in findings {
        let code = finding["model"]["error"]["sqlstate"].as_str().unwrap_or_default();
        assert!(["0A000", "42704", "55000"].contains(&code), "{finding:#}");
        assert_eq!(finding["server"]["error"], Value::Null, "{finding:#}");
    }
    Ok(())
}
