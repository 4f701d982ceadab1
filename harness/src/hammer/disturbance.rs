//! What happens to the connections from outside: crashes, and server processes that are terminated.

use std::rc::Rc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::sleep;

use super::connection::{Answer, Connection};
use super::run::Shared;
use crate::choice::{Choice, Seeded};
use crate::implementation::Infrastructure;

/// A request to crash the server; the answer comes when it is back, or says why it is not.
pub(super) type CrashRequest = oneshot::Sender<Result<(), String>>;

/// Crashes the server every few seconds, at least once if there is time for it.
pub(super) async fn crash(shared: Rc<Shared>, requests: mpsc::Sender<CrashRequest>) -> Result<(), Infrastructure> {
    let mut random = Seeded::for_trace(shared.options.seed, u64::MAX);
    let longest = (shared.options.time / 3).clamp(Duration::from_millis(300), Duration::from_secs(4));
    loop {
        pause(&mut random, longest).await;
        if shared.is_over() {
            return Ok(());
        }
        let start = shared.recorder.now();
        shared.up.send_replace(false);
        shared.generation.set(shared.generation.get() + 1);
        let (answer, answered) = oneshot::channel();
        let crashed = match requests.send(answer) {
            Ok(()) => answered.await.unwrap_or_else(|_| Err("nobody is there to do it".to_owned())),
            Err(_) => Err("nobody is there to do it".to_owned()),
        };
        crashed.map_err(|reason| Infrastructure::Connect { target: shared.endpoint.to_string(), reason })?;
        shared.recorder.crash(start);
        shared.crashes.set(shared.crashes.get() + 1);
        shared.up.send_replace(true);
    }
}

/// Terminates a server process several times a second (manual, section 9.27.2, `pg_terminate_backend`).
pub(super) async fn kill(shared: Rc<Shared>) -> Result<(), Infrastructure> {
    let mut random = Seeded::for_trace(shared.options.seed, u64::MAX - 1);
    let mut control: Option<(Connection, u32)> = None;
    loop {
        pause(&mut random, Duration::from_millis(400)).await;
        shared.until_up().await;
        if shared.is_over() {
            return Ok(());
        }
        let generation = shared.generation.get();
        if control.as_ref().is_none_or(|(_, since)| *since != generation) {
            let who = "the control session".to_owned();
            control = match Connection::open(&shared.endpoint, who, shared.options.time_out).await {
                Ok(connection) => Some((connection, generation)),
                Err(_) if shared.generation.get() != generation => continue,
                Err(error) => return Err(error),
            };
        }
        let mut victims: Vec<i32> = shared.processes.borrow().values().copied().collect();
        victims.sort_unstable();
        let (Some((connection, _)), Some(&victim)) = (&control, victims.get(random.index(victims.len()))) else {
            continue;
        };
        shared.killed.borrow_mut().insert(victim);
        match connection.run(&format!("SELECT pg_terminate_backend({victim})")).await? {
            Answer::Done(Some(done)) if done == "t" => shared.kills.set(shared.kills.get() + 1),
            // The process may have ended by itself.
            Answer::Done(_) => {}
            Answer::Failed(code) => {
                return Err(Infrastructure::Server {
                    who: "the control session".to_owned(),
                    sqlstate: code.as_str().to_owned(),
                    message: "it does not terminate a session of the same user".to_owned(),
                });
            }
            Answer::Lost(reason) if shared.generation.get() == generation => return Err(connection.lost(reason)),
            Answer::Lost(_) => control = None,
        }
    }
}

/// Waits for some time up to `longest`, at least a third of it.
async fn pause(random: &mut Seeded, longest: Duration) {
    let begin = Instant::now();
    let part = 1.0 / 3.0 + random.below(1000) as f64 / 1500.0;
    let length = longest.mul_f64(part);
    sleep(length.saturating_sub(begin.elapsed())).await;
}
