//! A run from beginning to end.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{RwLock, mpsc, watch};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{interval, sleep_until};

use super::connection::{Answer, Connection};
use super::disturbance::{self, CrashRequest};
use super::recorder::Recorder;
use super::worker::Worker;
use crate::history::{Definition, Sequence};
use crate::implementation::Infrastructure;
use crate::server::{Endpoint, Server};

/// How often the file is brought up to date and progress is told.
const TICK: Duration = Duration::from_millis(100);

/// What to do to a server.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many connections call at the same time.
    pub connections: u32,
    /// After how many calls each of them stops; `None` leaves that to the time.
    pub operations: Option<u64>,
    /// After how long all of them stop.
    pub time: Duration,
    /// Whether the server is crashed now and then. It must be managed.
    pub crashes: bool,
    /// Whether server processes are terminated now and then.
    pub kill_backends: bool,
    /// A sequence for each CACHE, besides one that descends, one that cycles and one that reaches its limit.
    pub caches: Vec<i64>,
    /// Decides what the connections do; how that interleaves is up to the machine.
    pub seed: u64,
    /// How long the server may take for anything.
    pub time_out: Duration,
}

/// How far a run has come.
#[derive(Debug, Clone, Copy)]
pub struct Tick {
    /// Calls recorded.
    pub calls: usize,
    /// Since the run began.
    pub elapsed: Duration,
}

/// What a run did; what it recorded is with its [`Recorder`].
#[derive(Debug, Default)]
pub struct Hammered {
    /// How often the server was crashed.
    pub crashes: u32,
    /// How many server processes were terminated.
    pub kills: u32,
    /// Why the run ended early, if it did.
    pub infrastructure: Option<Infrastructure>,
}

impl Options {
    /// The sequences that are called.
    pub fn sequences(&self) -> Vec<Sequence> {
        let mut sequences: Vec<Sequence> = Vec::new();
        for cache in &self.caches {
            let name = format!("cache_{cache}");
            if sequences.iter().all(|other| other.name != name) {
                let definition = Definition { cache: *cache, ..Definition::default() };
                sequences.push(Sequence { name, definition });
            }
        }
        let limited = Definition { max: 5000, ..Definition::default() };
        sequences.push(Sequence { name: "limited".to_owned(), definition: limited });
        let descending = Definition { increment: -3, min: i64::MIN, max: -1, start: -1, ..Definition::default() };
        sequences.push(Sequence { name: "descending".to_owned(), definition: descending });
        let cycling = Definition { max: 1000, cycle: true, ..Definition::default() };
        sequences.push(Sequence { name: "cycling".to_owned(), definition: cycling });
        sequences
    }
}

/// What the connections of a run share.
pub(super) struct Shared {
    pub(super) options: Options,
    pub(super) endpoint: Endpoint,
    pub(super) recorder: Recorder,
    pub(super) sequences: Vec<Sequence>,
    /// For each sequence, who changes it.
    pub(super) changes: Vec<Arc<RwLock<()>>>,
    /// How many crashes have begun.
    pub(super) generation: Cell<u32>,
    /// Whether the server is there.
    pub(super) up: watch::Sender<bool>,
    /// The server process of each session.
    pub(super) processes: RefCell<HashMap<u32, i32>>,
    /// Server processes that are being terminated.
    pub(super) killed: RefCell<HashSet<i32>>,
    pub(super) end: Instant,
    /// When even what cannot be left half-done is given up.
    pub(super) latest_end: Instant,
    stopped: Cell<bool>,
    pub(super) crashes: Cell<u32>,
    pub(super) kills: Cell<u32>,
}

impl Shared {
    pub(super) fn is_over(&self) -> bool {
        self.stopped.get() || Instant::now() >= self.end
    }

    pub(super) fn name(&self, sequence: u32) -> &str {
        &self.sequences[sequence as usize].name
    }

    /// Waits until the server is there.
    pub(super) async fn until_up(&self) {
        // The sender lives as long as this value, so waiting does not fail.
        let _ = self.up.subscribe().wait_for(|up| *up).await;
    }
}

/// Hammers a server in the database at `endpoint`, which must be empty. Whatever happens, what was recorded until then is
/// with the recorder.
pub fn run(
    server: &Server,
    endpoint: &Endpoint,
    options: &Options,
    recorder: &Recorder,
    on_tick: &mut dyn FnMut(Tick),
) -> Hammered {
    let (requests, requested) = std::sync::mpsc::channel::<CrashRequest>();
    thread::scope(|scope| {
        // The server's own waits block; here they hold up nobody.
        scope.spawn(move || {
            for answer in requested {
                // Nobody listens when the run has ended meanwhile.
                let _ = answer.send(server.crash().map_err(|error| error.to_string()));
            }
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => {
                let infrastructure =
                    Infrastructure::Connect { target: endpoint.to_string(), reason: error.to_string() };
                return Hammered { infrastructure: Some(infrastructure), ..Hammered::default() };
            }
        };
        let local = LocalSet::new();
        let hammered = local.block_on(&runtime, hammer(endpoint, options, recorder, requests, on_tick));
        // What was given up may block for ever.
        runtime.shutdown_background();
        hammered
    })
}

async fn hammer(
    endpoint: &Endpoint,
    options: &Options,
    recorder: &Recorder,
    requests: std::sync::mpsc::Sender<CrashRequest>,
    on_tick: &mut dyn FnMut(Tick),
) -> Hammered {
    let sequences = options.sequences();
    if let Err(error) = create(endpoint, &sequences, options.time_out).await {
        return Hammered { infrastructure: Some(error), ..Hammered::default() };
    }
    let begin = Instant::now();
    let shared = Rc::new(Shared {
        options: options.clone(),
        endpoint: endpoint.clone(),
        recorder: recorder.clone(),
        changes: sequences.iter().map(|_| Arc::default()).collect(),
        sequences,
        generation: Cell::new(0),
        up: watch::Sender::new(true),
        processes: RefCell::default(),
        killed: RefCell::default(),
        end: begin + options.time,
        latest_end: begin + options.time + options.time_out,
        stopped: Cell::new(false),
        crashes: Cell::new(0),
        kills: Cell::new(0),
    });
    let mut workers = JoinSet::new();
    for session in 1..=options.connections {
        workers.spawn_local(Worker::new(shared.clone(), session).work());
    }
    let (failed, mut failures) = mpsc::unbounded_channel();
    let mut others = JoinSet::new();
    if options.crashes {
        others.spawn_local(report(disturbance::crash(shared.clone(), requests), failed.clone()));
    }
    if options.kill_backends {
        others.spawn_local(report(disturbance::kill(shared.clone()), failed.clone()));
    }
    let mut ticks = interval(TICK);
    let mut infrastructure = None;
    let limit = sleep_until((shared.latest_end + options.time_out).into());
    tokio::pin!(limit);
    loop {
        tokio::select! {
            ended = workers.join_next() => match ended {
                None => break,
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(error))) => {
                    infrastructure = Some(error);
                    break;
                }
                Some(Err(error)) => {
                    infrastructure = Some(gave_up(&error.to_string()));
                    break;
                }
            },
            Some(error) = failures.recv() => {
                infrastructure = Some(error);
                break;
            }
            _ = ticks.tick() => {
                recorder.flush();
                on_tick(Tick { calls: recorder.calls(), elapsed: begin.elapsed() });
            }
            () = &mut limit => {
                infrastructure = Some(gave_up("it did not end in time"));
                break;
            }
        }
    }
    shared.stopped.set(true);
    // A crash under way is part of the history, and its server must be back before anybody stops it.
    while infrastructure.is_none() && !*shared.up.borrow() {
        tokio::select! {
            () = shared.until_up() => {}
            Some(error) = failures.recv() => infrastructure = Some(error),
        }
    }
    Hammered { crashes: shared.crashes.get(), kills: shared.kills.get(), infrastructure }
}

fn gave_up(what: &str) -> Infrastructure {
    Infrastructure::Lost { who: "the run".to_owned(), reason: what.to_owned() }
}

/// Hands on the error of something that has no other result.
async fn report(work: impl Future<Output = Result<(), Infrastructure>>, failed: mpsc::UnboundedSender<Infrastructure>) {
    if let Err(error) = work.await {
        // Nobody listens any more when the run is over.
        let _ = failed.send(error);
    }
}

async fn create(endpoint: &Endpoint, sequences: &[Sequence], patience: Duration) -> Result<(), Infrastructure> {
    let connection = Connection::open(endpoint, "the control session".to_owned(), patience).await?;
    for Sequence { name, definition } in sequences {
        let Definition { increment, min, max, start, cache, cycle } = definition;
        let cycle = if *cycle { "CYCLE" } else { "NO CYCLE" };
        let sql = format!(
            "CREATE SEQUENCE {name} INCREMENT {increment} MINVALUE {min} MAXVALUE {max} START {start} CACHE {cache} {cycle}"
        );
        match connection.run(&sql).await? {
            Answer::Done(_) => {}
            Answer::Failed(code) => {
                return Err(Infrastructure::Server {
                    who: "the control session".to_owned(),
                    sqlstate: code.as_str().to_owned(),
                    message: format!("it refuses {sql}"),
                });
            }
            Answer::Lost(reason) => return Err(connection.lost(reason)),
        }
    }
    Ok(())
}
