//! The time that may be lost on a server that has stopped answering.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long clean-up may wait for a server that gives no answer: all of it together, since whatever is asked of such a
/// server next waits in vain, too.
#[derive(Debug, Clone)]
pub(super) struct Allowance {
    whole: Duration,
    left: Arc<Mutex<Duration>>,
}

impl Allowance {
    pub(super) fn of(whole: Duration) -> Allowance {
        Allowance { whole, left: Arc::new(Mutex::new(whole)) }
    }

    fn lock(&self) -> MutexGuard<'_, Duration> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is left of it.
    pub(super) fn left(&self) -> Duration {
        *self.lock()
    }

    /// Notes that an answer was waited for in vain.
    pub(super) fn spend(&self, time: Duration) {
        let mut left = self.lock();
        *left = left.saturating_sub(time);
    }

    /// Notes that the server answers.
    pub(super) fn restore(&self) {
        *self.lock() = self.whole;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_shared_and_never_below_zero() {
        let allowance = Allowance::of(Duration::from_secs(3));
        let other = allowance.clone();
        other.spend(Duration::from_secs(2));
        assert_eq!(allowance.left(), Duration::from_secs(1));
        allowance.spend(Duration::from_secs(2));
        assert_eq!(other.left(), Duration::ZERO);
        other.restore();
        assert_eq!(allowance.left(), Duration::from_secs(3));
    }
}
