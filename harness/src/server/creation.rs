//! The making of a database, which a clean-up may meet half-way.

use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use postgres::{CancelToken, NoTls};

use super::encryption::Encryption;
use super::error::ServerError;

/// How long to wait before the server is asked again to cancel: a request that comes before the statement has no effect.
const PAUSE: Duration = Duration::from_millis(100);

/// How far the making of a database is.
#[derive(Default)]
pub(super) struct Creation {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
enum State {
    #[default]
    NotBegun,
    UnderWay(CancelToken, Encryption),
    Over,
    /// It must not begin any more.
    Forbidden,
}

impl fmt::Debug for Creation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Creation").finish_non_exhaustive()
    }
}

impl Creation {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the statement is sent next, which this token cancels.
    ///
    /// # Errors
    ///
    /// [`ServerError::Interrupted`] when clean-up has been there already: nobody would drop the database.
    pub(super) fn begin(&self, token: CancelToken, encryption: &Encryption) -> Result<(), ServerError> {
        let mut state = self.state();
        if let State::Forbidden = *state {
            return Err(ServerError::Interrupted);
        }
        *state = State::UnderWay(token, encryption.clone());
        Ok(())
    }

    /// Notes that the statement has ended, well or not.
    pub(super) fn end(&self) {
        *self.state() = State::Over;
        self.changed.notify_all();
    }

    /// Sees to it that the database does not come into being after this: what has not begun does not begin, and what is
    /// under way is cancelled. False when it is still under way after `limit`.
    pub(super) fn stop(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        let mut state = self.state();
        loop {
            match &*state {
                State::Over | State::Forbidden => return true,
                State::NotBegun => {
                    *state = State::Forbidden;
                    return true;
                }
                State::UnderWay(..) if Instant::now() >= deadline => return false,
                State::UnderWay(token, encryption) => cancel(token.clone(), encryption.clone()),
            }
            state = self.changed.wait_timeout(state, PAUSE).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Asks for the end of a statement, on a thread of its own: a server that hangs does not take the request.
fn cancel(token: CancelToken, encryption: Encryption) {
    thread::spawn(move || match encryption.tls() {
        Some(tls) => token.cancel_query(tls.connector()),
        None => token.cancel_query(NoTls),
    });
}
