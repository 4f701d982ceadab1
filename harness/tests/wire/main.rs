//! The wire protocol against a real PostgreSQL.

mod encryption;
mod lane;
mod lockstep;
mod logins;
mod queries;
mod resets;
#[path = "../scripted/mod.rs"]
#[expect(dead_code, reason = "only the scripted engine is needed here")]
mod scripted;
mod sessions;
mod started;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "these tests start a server with settings of its own")]
mod support;

use std::sync::Arc;

use lane::Lane;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use seqcheck::Infrastructure;
use seqcheck::server::Kind;
use started::Server;

type Test = fn(&Lane) -> Result<(), Infrastructure>;

/// The tests by topic.
const TOPICS: [(&str, &[(&str, Test)]); 6] = [
    ("queries", queries::TESTS),
    ("sessions", sessions::TESTS),
    ("resets", resets::TESTS),
    ("logins", logins::TESTS),
    ("encryption", encryption::TESTS),
    ("lockstep", lockstep::TESTS),
];

fn main() {
    let arguments = Arguments::from_args();
    let programs = started::find_programs().filter(|_| !arguments.list);
    let server = programs.map(|bindir| Arc::new(Server::start(bindir)));
    if let Some(server) = &server {
        lane::prepare_users(server).expect("the server takes new users");
    }
    let mut trials = Vec::new();
    for (topic, tests) in TOPICS {
        trials.extend(tests.iter().map(|&(name, test)| {
            let server = server.clone();
            Trial::ignorable_test(format!("{topic}::{name}"), move || match server {
                Some(server) => run(server, name, test),
                None => without_server(),
            })
        }));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    support::report_skipped();
    // The server must be gone before the process ends at once.
    drop(server);
    conclusion.exit();
}

fn run(server: Arc<Server>, name: &str, test: Test) -> Result<Completion, Failed> {
    let lane = Lane::new(server, name)?;
    test(&lane)?;
    Ok(Completion::Completed)
}

/// As with the other tests on servers, that there is none is a failure where one is required.
fn without_server() -> Result<Completion, Failed> {
    let reason = "no PostgreSQL below /usr/lib/postgresql or in SEQCHECK_TEST_BINDIR";
    match support::required(Kind::Local) {
        true => Err(Failed::from(format!("SEQCHECK_REQUIRE asks for local servers, but there is {reason}"))),
        false => Ok(support::skip(Kind::Local, reason)),
    }
}
