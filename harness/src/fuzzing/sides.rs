//! Two sides in lockstep: engine and faulty engine, engine and server.

use seqcheck_engine::{Cluster, Major, Quirk, QuirkSet, Settings};

use super::read;
use crate::finding::{Finding, Judging, Origin};
use crate::implementation::model::Model;
use crate::implementation::postgres::{self, Postgres};
use crate::lockstep::{self, EveryOrder, Options, Run, Step};
use crate::prepare::Prepared;
use crate::server::{Kind, ScratchDatabase, Server, Shutdown, Wanted, create_database, obtain};
use crate::shrink::{Budget, shrink};
use crate::trace::Trace;

/// Runs a trace on two engines: on one as statements, on the other as their text. They agree on every reply.
///
/// A `quirk:` line in the trace's header plants that fault in the first one. What diverges then is shrunk, and the result
/// holds what shrinking promises: it is no longer, it diverges in the same way, its file reads back, and the engine without
/// the fault does what the file expects. With `must_agree` any divergence panics, so that a fuzzer stops at it.
///
/// # Panics
///
/// When that does not hold.
pub fn quirk_diff(input: &[u8], must_agree: bool) {
    let Some((trace, prepared)) = read(input) else { return };
    let quirk = trace.header_values("quirk").next().and_then(Quirk::from_name);
    let quirks = quirk.map_or(QuirkSet::NONE, |quirk| QuirkSet::NONE.with(quirk));
    let settings = crate::sql::settings(Major::NEWEST);
    let mut model = Model::of("the engine", settings.clone());
    let mut run = |steps: &[Step]| {
        let mut faulty = Cluster::new(Settings { quirks, ..settings.clone() });
        lockstep::run(steps, &mut faulty, &mut model, &Options::default())
    };
    let first = run(&prepared.steps);
    let Some(divergence) = first.divergence().cloned() else { return };
    let shrunk = shrink(&prepared.steps, first, Budget::default(), &mut run);
    let judging = Judging { judged: "The engine".to_owned(), quirks, command: "cargo fuzz run quirk_diff".to_owned() };
    let smaller = Prepared::numbered(shrunk.steps);
    let origin = Origin::File("an input".to_owned());
    let finding = Finding::new(origin, &smaller, &shrunk.run, &judging).expect("what is left diverges");
    let text = finding.trace.to_string();
    assert!(quirk.is_some() && !must_agree, "the two sides differ:\n{text}");
    assert!(shrunk.confirmed, "what is left does not diverge again:\n{text}");
    assert!(smaller.steps.len() <= prepared.steps.len().max(1) + added(&prepared), "it grew:\n{text}");
    assert_eq!(finding.signature, divergence.signature, "another divergence is left:\n{text}");
    let again = Trace::parse(&text).unwrap_or_else(|error| panic!("{error}\nin the finding:\n{text}"));
    let steps = Prepared::from_trace(&again.steps).steps;
    let diverges = run(&steps).divergence().map(|divergence| divergence.signature.clone());
    assert_eq!(diverges, Some(divergence.signature), "the file diverges in another way:\n{text}");
    meets_its_file(&again, &settings);
}

/// How many steps taking queries apart may add.
fn added(prepared: &Prepared) -> usize {
    let statements = prepared.steps.iter().map(|step| match &step.action {
        lockstep::Action::Query { statements: Ok(statements), .. } => statements.len().saturating_sub(1),
        _ => 0,
    });
    statements.sum()
}

/// The engine without a fault does what a finding's file expects.
fn meets_its_file(trace: &Trace, settings: &Settings) {
    let steps: Vec<_> = trace.steps.iter().collect();
    let prepared = Prepared::from_trace(&trace.steps);
    let run = lockstep::predict(&prepared.steps, &mut Cluster::new(settings.clone()));
    let unmet = crate::expectation::unmet(&steps, &run, crate::expectation::Side::Model, settings.major.number());
    assert!(unmet.is_empty(), "the engine does not do what the file expects: {unmet:?}\n{trace}");
}

/// A server to run inputs on, in a database of its own, which goes with this.
pub struct Judge {
    postgres: Postgres,
    settings: Settings,
    version: String,
    _database: ScratchDatabase,
    _server: Option<Server>,
}

impl Judge {
    /// Takes the server at the address in `SEQCHECK_URL`.
    ///
    /// # Errors
    ///
    /// In words for people, when there is none, or none that the model covers.
    pub fn from_environment() -> Result<Judge, String> {
        let wanted = Wanted { kind: Kind::Url, ..Wanted::default() };
        let server = obtain(&wanted, &Shutdown::without_signals()).map_err(|error| error.to_string())?;
        let mut judge = Judge::on(&server)?;
        judge._server = Some(server);
        Ok(judge)
    }

    /// Takes a server.
    ///
    /// # Errors
    ///
    /// In words for people, when it lets nobody in, or the model does not cover it.
    pub fn on(server: &Server) -> Result<Judge, String> {
        let major = Major::new(server.major()).ok_or("the model does not cover this server's major version")?;
        let database = create_database(server).map_err(|error| error.to_string())?;
        let settings = postgres::Settings { outlives_run: !server.is_managed(), ..postgres::Settings::default() };
        let postgres = Postgres::open(database.endpoint().clone(), settings).map_err(|error| error.to_string())?;
        let settings = postgres.model_settings(major);
        Ok(Judge { postgres, settings, version: server.version().to_owned(), _database: database, _server: None })
    }

    /// Runs a trace on the engine and on the server; a divergence comes back as the shrunk trace's file.
    ///
    /// # Errors
    ///
    /// In words for people, when the server failed: then nothing is said about it.
    pub fn lockstep(&mut self, input: &[u8]) -> Result<Option<String>, String> {
        let Some((_, prepared)) = read(input) else { return Ok(None) };
        let first = self.run(&prepared.steps);
        if let Some(error) = &first.infrastructure {
            return Err(error.to_string());
        }
        if first.divergence().is_none() {
            return Ok(None);
        }
        let shrunk = shrink(&prepared.steps, first, Budget::default(), |steps| self.run(steps));
        let judging = Judging {
            judged: format!("PostgreSQL {}", self.version),
            quirks: QuirkSet::NONE,
            command: "cargo fuzz run lockstep_postgres".to_owned(),
        };
        let smaller = Prepared::numbered(shrunk.steps);
        let finding = Finding::new(Origin::File("an input".to_owned()), &smaller, &shrunk.run, &judging);
        Ok(finding.map(|finding| finding.trace.to_string()))
    }

    fn run(&mut self, steps: &[Step]) -> Run {
        let mut states = EveryOrder::of(Cluster::new(self.settings.clone()));
        lockstep::run(steps, &mut states, &mut self.postgres, &Options::default())
    }
}
