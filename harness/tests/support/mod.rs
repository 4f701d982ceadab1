//! Servers for tests, and what happens where there is none.

use std::sync::Mutex;

use libtest_mimic::{Completion, Failed};
use seqcheck::server::{self, Kind, Server, ServerError, Shutdown, Wanted};

/// Which tests did not run, with the reason.
static SKIPPED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Runs `test` on a server of one kind. Where this machine has none of it the test is ignored, with the reason, unless
/// `SEQCHECK_REQUIRE` (a list such as `local,npm,container`) names the kind: then its absence is a failure.
pub(crate) fn on_server(kind: Kind, test: impl FnOnce(Server) -> Result<(), Failed>) -> Result<Completion, Failed> {
    on_server_of(kind, major(kind), test)
}

/// As [`on_server`], on a server of one major version, or of any that is there for `None`.
pub(crate) fn on_server_of(
    kind: Kind,
    major: Option<u8>,
    test: impl FnOnce(Server) -> Result<(), Failed>,
) -> Result<Completion, Failed> {
    let required = required(kind);
    match server::obtain(&Wanted { kind, major, ..Wanted::default() }, &Shutdown::without_signals()) {
        Ok(server) => test(server).map(|()| Completion::Completed),
        Err(error) if required => Err(Failed::from(format!("SEQCHECK_REQUIRE asks for {kind} servers, but: {error}"))),
        Err(error) if is_absence(&error) => Ok(skip(kind, &error.to_string())),
        Err(error) => Err(error.into()),
    }
}

/// As [`on_server`], for a test that starts servers in processes of its own.
pub(crate) fn where_available(kind: Kind, test: impl FnOnce() -> Result<(), Failed>) -> Result<Completion, Failed> {
    /// The kinds that were had once; asking again would only cost time.
    static HAD: Mutex<Vec<Kind>> = Mutex::new(Vec::new());
    if HAD.lock().unwrap().contains(&kind) {
        return test().map(|()| Completion::Completed);
    }
    on_server(kind, |server| {
        drop(server);
        HAD.lock().unwrap().push(kind);
        test()
    })
}

/// The major version that tests ask for. Containers come from an image that CI may have built itself, of the one version
/// that it has packages for, which `SEQCHECK_TEST_MAJOR` then names; other sources give what they have.
pub(crate) fn major(kind: Kind) -> Option<u8> {
    let named = std::env::var("SEQCHECK_TEST_MAJOR").ok().and_then(|major| major.parse().ok());
    (kind == Kind::Container).then_some(named.unwrap_or(15))
}

/// Leaves a test out, for a reason that [`report_skipped`] tells.
pub(crate) fn skip(kind: Kind, reason: &str) -> Completion {
    let first = reason.lines().next().unwrap_or_default().to_owned();
    SKIPPED.lock().unwrap().push(format!("{kind}: {first}"));
    Completion::ignored_with(format!("no {kind} server: {first}"))
}

/// Says on standard error which kinds of server the tests went without.
pub(crate) fn report_skipped() {
    let mut reasons = SKIPPED.lock().unwrap().clone();
    let count = reasons.len();
    reasons.sort();
    reasons.dedup();
    if count > 0 {
        eprintln!("\nWARNING: {count} server tests DID NOT RUN:\n  {}", reasons.join("\n  "));
        eprintln!("SEQCHECK_REQUIRE=local,npm,container turns each of these into a failure.\n");
    }
}

/// Whether `SEQCHECK_REQUIRE` names the kind.
pub(crate) fn required(kind: Kind) -> bool {
    let list = std::env::var("SEQCHECK_REQUIRE").unwrap_or_default();
    let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
    // A name misspelt would otherwise require nothing, and skipped tests would pass in CI.
    names
        .map(|name| name.parse::<Kind>().unwrap_or_else(|error| panic!("SEQCHECK_REQUIRE: {error}")))
        .any(|one| one == kind)
}

/// Whether the error means that the machine lacks something, rather than that something went wrong with it.
fn is_absence(error: &ServerError) -> bool {
    matches!(
        error,
        ServerError::NoBinaries { .. }
            | ServerError::NoAccount
            | ServerError::Container { .. }
            | ServerError::Npm { .. }
            | ServerError::Unavailable(_)
    )
}
