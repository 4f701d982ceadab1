//! What goes wrong, and whether the user is told what to do.

use libtest_mimic::{Failed, Trial};
use seqcheck::server::{self, Kind, Server, ServerError, Shutdown, Wanted, create_database};

use crate::leftovers::Role;
use crate::support::on_server;

pub(crate) fn trials() -> Vec<Trial> {
    let on_local = |name: &str, test: fn(Server) -> Result<(), Failed>| {
        Trial::ignorable_test(format!("url::{name}"), move || on_server(Kind::Local, test))
    };
    vec![
        on_local("works", url_works),
        on_local("without_createdb", without_createdb),
        on_local("wrong_major", wrong_major),
        Trial::test("url::nobody_answers", nobody_answers),
        Trial::test("auto::nothing_found", nothing_found),
        Trial::test("local::empty_bindir", empty_bindir),
    ]
}

/// A URL is what users type; sockets need their directory percent-encoded in it.
fn url(server: &Server, user: &str) -> String {
    let text = server.endpoint().to_string();
    text.replace("user=postgres", &format!("user={user}"))
}

fn by_url(url: String, major: Option<u8>) -> Result<Server, ServerError> {
    let wanted = Wanted { kind: Kind::Auto, url: Some(url), major, ..Wanted::default() };
    server::obtain(&wanted, &Shutdown::without_signals())
}

fn url_works(server: Server) -> Result<(), Failed> {
    let same = by_url(url(&server, "postgres"), None)?;
    assert_eq!((same.major(), same.origin()), (server.major(), "url"));
    let database = create_database(&same)?;
    database.endpoint().connect()?.batch_execute("CREATE SEQUENCE s")?;
    let error = same.crash().unwrap_err();
    assert!(matches!(error, ServerError::NotManaged(_)), "{error}");
    Ok(())
}

fn without_createdb(server: Server) -> Result<(), Failed> {
    server.endpoint().connect()?.batch_execute("CREATE ROLE humble LOGIN")?;
    let same = by_url(url(&server, "humble"), None)?;
    let error = create_database(&same).unwrap_err();
    assert!(matches!(error, ServerError::MayNotCreateDatabases { .. }), "{error}");
    assert!(error.to_string().contains("ALTER ROLE \"humble\" CREATEDB"), "{error}");
    Ok(())
}

fn wrong_major(server: Server) -> Result<(), Failed> {
    let error = by_url(url(&server, "postgres"), Some(12)).unwrap_err();
    assert!(matches!(error, ServerError::WrongMajor { wanted: 12, .. }), "{error}");
    Ok(())
}

fn nobody_answers() -> Result<(), Failed> {
    // Port 1 is reserved and unused.
    let error = by_url("postgres://ann:secret@127.0.0.1:1/shop".to_owned(), None).unwrap_err();
    assert!(matches!(error, ServerError::Connect { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("127.0.0.1:1") && text.contains("refused") && !text.contains("secret"), "{text}");
    Ok(())
}

fn nothing_found() -> Result<(), Failed> {
    // No machine has PostgreSQL 3; another process because the environment must differ.
    let output =
        Role::Seek(3).command().env("PATH", "/nonexistent").env("DOCKER_HOST", "unix:///nonexistent").output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    for part in ["local ", "container ", "npm ", "--url", "install PostgreSQL", "start Docker"] {
        assert!(said.contains(part), "no \"{part}\" in:\n{said}");
    }
    Ok(())
}

fn empty_bindir() -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    let wanted = Wanted { kind: Kind::Local, bindir: Some(directory.path().to_owned()), ..Wanted::default() };
    let error = server::obtain(&wanted, &Shutdown::without_signals()).unwrap_err();
    assert!(matches!(error, ServerError::NoBinaries { .. }) && error.to_string().contains("has no initdb"), "{error}");
    Ok(())
}
