//! Connections with TLS.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use seqcheck::implementation::postgres::{Postgres, Settings};
use seqcheck::server::{self, Kind, ServerError, Shutdown, Wanted};
use seqcheck::{Implementation, Infrastructure};
use seqcheck_engine::Cell;
use std::fs;

use crate::Test;
use crate::lane::{Lane, succeeds};
use crate::started::{Certificate, Server, find_programs};

pub(crate) const TESTS: &[(&str, Test)] = &[("modes_do_as_they_say", modes_do_as_they_say)];

/// An authority of our own, and a server's certificate by it for `name`.
fn certificates(name: &str) -> (String, Certificate) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    (authority.pem(), Certificate { chain: server.pem(), key: key.serialize_pem() })
}

fn modes_do_as_they_say(_: &Lane) -> Result<(), Infrastructure> {
    let Some(programs) = find_programs() else { return Ok(()) };
    let (authority, certificate) = certificates("localhost");
    let (stranger, _) = certificates("localhost");
    let server = Server::start_encrypted(programs, &certificate);
    let folder = tempfile::tempdir().unwrap();
    let root = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let (ours, theirs) = (root("ours.crt", &authority), root("theirs.crt", &stranger));
    let shutdown = Shutdown::on_signals().unwrap();
    let connect = |host: &str, parameters: &str| {
        let url = format!("postgres://postgres@{host}:{}/postgres?{parameters}", server.port());
        server::obtain(&Wanted { kind: Kind::Url, url: Some(url), ..Wanted::default() }, &shutdown)
    };
    let name_alone = format!("sslmode=verify-ca&sslrootcert={ours}");
    let everything = format!("sslmode=verify-full&sslrootcert={ours}");
    for (host, parameters) in [
        ("localhost", "sslmode=require"),
        ("localhost", "sslmode=prefer"),
        ("localhost", "sslmode=allow"),
        ("localhost", "application_name=x"),
        ("127.0.0.1", &name_alone),
        ("localhost", &everything),
    ] {
        let found = connect(host, parameters).unwrap_or_else(|error| panic!("{host} {parameters}: {error}"));
        let mut postgres = Postgres::open(found.endpoint().clone(), Settings::default())?;
        postgres.connect(0, None)?;
        let own = "SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        assert_eq!(succeeds(&mut postgres, 0, own)?, [Cell::from_text("true")], "{host} {parameters}");
        let long = succeeds(&mut postgres, 0, "SELECT length(repeat('x', 1000000))::text, repeat('x', 1000000)")?;
        assert_eq!(long, [Cell::from_text("1000000"), Cell::from_text(&"x".repeat(1_000_000))]);
        assert!(postgres.is_waiting(0)?.is_none());
        postgres.cancel(0)?;
    }
    let refused = [
        ("localhost", "sslmode=disable".to_owned(), "no encryption"),
        ("127.0.0.1", everything.clone(), "not valid for name"),
        ("localhost", format!("sslmode=verify-ca&sslrootcert={theirs}"), "invalid peer certificate"),
        ("localhost", format!("sslmode=verify-full&sslrootcert={theirs}"), "invalid peer certificate"),
    ];
    for (host, parameters, reason) in refused {
        match connect(host, &parameters) {
            Err(ServerError::Connect { reason: found, .. }) if found.contains(reason) => {}
            Err(other) => panic!("{host} {parameters}: {other}"),
            Ok(_) => panic!("{host} {parameters} lets us in"),
        }
    }
    Ok(())
}
