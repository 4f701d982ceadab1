//! Nothing that a run starts may outlive it, however it ends.
//!
//! Three nets hang one below the other. `Drop` covers the normal end, errors and panics. A process-wide list of tasks
//! covers signals, which run no destructors: [`Shutdown::on_signals`] empties it before the process exits. A
//! [watchdog](super::watchdog) process covers what no process can catch, such as SIGKILL.

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::error::ServerError;

type Task = Box<dyn FnOnce() + Send>;

struct Tasks {
    next: u64,
    pending: BTreeMap<u64, Task>,
    /// Set by [`run_all`]; what is started later would never be removed, so nothing may be.
    closed: bool,
}

static TASKS: Mutex<Tasks> = Mutex::new(Tasks { next: 0, pending: BTreeMap::new(), closed: false });

fn tasks() -> MutexGuard<'static, Tasks> {
    TASKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a clean-up task on the list; dropping it takes the task off without running it.
#[derive(Debug)]
pub(crate) struct Registration(u64);

/// Puts a task on the list of what must happen before the process ends.
///
/// # Errors
///
/// [`ServerError::Interrupted`] when the process is ending already.
pub(crate) fn register(task: impl FnOnce() + Send + 'static) -> Result<Registration, ServerError> {
    let mut tasks = tasks();
    if tasks.closed {
        return Err(ServerError::Interrupted);
    }
    let number = tasks.next;
    tasks.next += 1;
    tasks.pending.insert(number, Box::new(task));
    Ok(Registration(number))
}

impl Drop for Registration {
    fn drop(&mut self) {
        let task = tasks().pending.remove(&self.0);
        // A task may own what locks this list when dropped.
        drop(task);
    }
}

/// Runs every task, the newest first: a scratch database goes before its server.
fn run_all() {
    tasks().closed = true;
    loop {
        let Some((_, task)) = tasks().pending.pop_last() else { return };
        // One that fails must not keep the others from running.
        let _ = catch_unwind(AssertUnwindSafe(task));
    }
}

/// Whether a signal has begun to clean up.
pub(crate) fn is_ending() -> bool {
    tasks().closed
}

/// Never returns once a signal has begun to clean up, which ends the process; else returns at once.
pub(crate) fn let_it_end() {
    while is_ending() {
        thread::sleep(Duration::from_millis(100));
    }
}

/// Says whether the process was asked to stop.
///
/// The command installs the signal handler with [`Shutdown::on_signals`]. A library user who handles signals otherwise
/// takes [`Shutdown::without_signals`]; servers and databases then go when they are dropped, and managed servers go in
/// any case soon after the process does.
#[derive(Clone, Debug)]
pub struct Shutdown {
    requested: Arc<AtomicBool>,
    /// The number of the signal that asked; 0 before.
    signal: Arc<AtomicU8>,
    /// Whether the process ends itself once it was asked.
    finishes: Arc<AtomicBool>,
}

impl Shutdown {
    /// Installs no handler. [`Shutdown::is_requested`] stays false.
    pub fn without_signals() -> Self {
        Self {
            requested: Arc::new(AtomicBool::new(false)),
            signal: Arc::new(AtomicU8::new(0)),
            finishes: Arc::new(AtomicBool::new(false)),
        }
    }

    /// On the first SIGINT, SIGTERM or SIGHUP: stops every managed server, drops every scratch database, and exits with
    /// 128 plus the signal's number, as a shell reports it. On the second: exits at once.
    ///
    /// # Errors
    ///
    /// When the operating system refuses the handler.
    pub fn on_signals() -> io::Result<Self> {
        let shutdown = Self::without_signals();
        let impatient = Arc::new(AtomicBool::new(false));
        let signals = [SIGINT, SIGTERM, SIGHUP];
        for signal in signals {
            // Registered before the flag is set by the same signal's next line: only a second signal finds it set.
            signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&impatient))?;
            signal_hook::flag::register(signal, Arc::clone(&impatient))?;
        }
        let asked = shutdown.clone();
        let mut received = Signals::new(signals)?;
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            if let Some(signal) = received.forever().next() {
                asked.signal.store(signal.try_into().unwrap_or(u8::MAX), Ordering::SeqCst);
                asked.requested.store(true, Ordering::SeqCst);
                if asked.finishes.load(Ordering::SeqCst) {
                    return;
                }
                run_all();
                std::process::exit(128 + signal);
            }
        })?;
        Ok(shutdown)
    }

    /// Whether a signal asked the process to stop.
    pub fn is_requested(&self) -> bool {
        self.requested.load(Ordering::SeqCst)
    }

    /// From now on the first signal only asks the process to stop, so that it can say what it has done by then: it must look
    /// at [`Shutdown::is_requested`] often, and end by itself. The second signal still ends it at once.
    pub fn finish_first(&self) {
        self.finishes.store(true, Ordering::SeqCst);
    }

    /// The number of the signal that asked the process to stop.
    pub fn signal(&self) -> Option<u8> {
        Some(self.signal.load(Ordering::SeqCst)).filter(|signal| *signal > 0)
    }

    /// Never returns once a stop was requested, unless [`Shutdown::finish_first`] was called, else returns at once. Call it before reporting an error: a server
    /// that vanished because of Ctrl-C is no finding, and the exit code must be the signal's.
    pub fn let_signal_win(&self) {
        while self.is_requested() && !self.finishes.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_secs(1));
        }
    }
}
