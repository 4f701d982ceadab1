//! Telling a wait from a slow reply.

use crate::implementation::{Implementation, Infrastructure, Received};
use seqcheck_engine::Reply;
use std::time::{Duration, Instant};

/// What a session turned out to do.
#[derive(Debug)]
pub(super) enum Answer {
    /// It replied.
    Replied(Reply),
    /// It waits for other sessions; the implementation said so.
    Waits,
}

/// The pauses between two questions whether a session waits: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_micros(100), Duration::from_millis(10));

/// Takes a reply that should come; asks whether the session waits once it is `slow`.
pub(super) fn expect_reply(
    implementation: &mut dyn Implementation,
    session: usize,
    slow: Duration,
    time_out: Duration,
) -> Result<Answer, Infrastructure> {
    if let Received::Done(reply) = implementation.receive(session, Instant::now() + slow)? {
        return Ok(Answer::Replied(reply));
    }
    find_out(implementation, session, time_out)
}

/// Finds out whether a session waits: looks for a reply and asks about locks in turn, until one of them is there.
pub(super) fn find_out(
    implementation: &mut dyn Implementation,
    session: usize,
    time_out: Duration,
) -> Result<Answer, Infrastructure> {
    let started = Instant::now();
    let mut pause = PAUSES.0;
    loop {
        if let Received::Done(reply) = implementation.receive(session, Instant::now())? {
            return Ok(Answer::Replied(reply));
        }
        if implementation.is_waiting(session)?.is_some() {
            // It may have been woken since it was asked about.
            return Ok(match implementation.receive(session, Instant::now())? {
                Received::Done(reply) => Answer::Replied(reply),
                Received::Pending => Answer::Waits,
            });
        }
        if started.elapsed() >= time_out {
            let who = format!("S{} of {}", session + 1, implementation.name());
            return Err(Infrastructure::TimedOut { who, after: time_out });
        }
        // Not a deadline for the reply: those of sockets are no finer than the system's clock ticks.
        std::thread::sleep(pause);
        pause = (pause * 2).min(PAUSES.1);
    }
}
