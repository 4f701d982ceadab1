//! How fast traces are generated and run on the model: steps for each second, without any server and without SQL text.
//!
//! `cargo bench -p seqcheck`

use divan::counter::ItemsCount;
use seqcheck::choice::Seeded;
use seqcheck::generate::{GeneratedAction, GeneratedStep, ServerEvents, generate};
use seqcheck_engine::{Cluster, Major, SessionId, Settings};

/// How many traces one measurement runs.
const TRACES: u64 = 500;

// As the command has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

fn settings() -> Settings {
    Settings::new(Major::NEWEST)
}

fn traces(settings: &Settings) -> Vec<Vec<GeneratedStep>> {
    (0..TRACES).map(|index| generate(&mut Seeded::for_trace(1, index), settings, ServerEvents::None)).collect()
}

fn run(settings: &Settings, steps: &[GeneratedStep]) -> Cluster {
    let mut cluster = Cluster::new(settings.clone());
    let mut sessions: Vec<Option<SessionId>> = Vec::new();
    for step in steps {
        sessions.resize(sessions.len().max(step.session + 1), None);
        let open = &mut sessions[step.session];
        match &step.action {
            GeneratedAction::Query(statements) => {
                let session = *open.get_or_insert_with(|| cluster.connect());
                if !cluster.is_waiting(session) {
                    divan::black_box(cluster.step(session, statements));
                }
            }
            _ => {
                if let Some(session) = open.take() {
                    divan::black_box(cluster.disconnect(session));
                }
            }
        }
    }
    cluster
}

/// Generating, which runs each step on the generator's own engine as it is drawn.
#[divan::bench]
fn generation(bencher: divan::Bencher<'_, '_>) {
    let settings = settings();
    let steps: usize = traces(&settings).iter().map(Vec::len).sum();
    bencher.counter(ItemsCount::new(steps)).bench_local(|| traces(&settings));
}

/// Running traces that are there already.
#[divan::bench]
fn execution(bencher: divan::Bencher<'_, '_>) {
    let settings = settings();
    let traces = traces(&settings);
    let steps: usize = traces.iter().map(Vec::len).sum();
    bencher.counter(ItemsCount::new(steps)).bench_local(|| {
        for steps in &traces {
            divan::black_box(run(&settings, steps));
        }
    });
}
