//! Crashes and restarts of the server, by whoever started it.

use super::{Postgres, StandbyServer};
use crate::implementation::{Infrastructure, not_able};

/// Who can crash and restart the server behind an endpoint.
///
/// Both return when the server accepts connections again, on the same endpoint; the error is a sentence.
pub trait Power: Send {
    /// Ends the server at once, without a checkpoint, and starts it again.
    fn crash(&mut self) -> Result<(), String>;
    /// Stops the server in an orderly way, and starts it again.
    fn restart(&mut self) -> Result<(), String>;
    /// Starts a standby that replays the server's log; `None` where that cannot be done.
    fn standby(&mut self) -> Result<Option<StandbyServer>, String> {
        Ok(None)
    }
}

impl Postgres {
    /// Forgets all connections, which a crash or restart has ended.
    pub(super) fn after_power(&mut self, what: &str, result: Option<Result<(), String>>) -> Result<(), Infrastructure> {
        match result {
            None => {
                let what = format!("{what} here: only a server that seqcheck has started is");
                Err(not_able(self.name.clone(), &what))
            }
            Some(Err(reason)) => Err(Infrastructure::Connect { target: self.endpoint.to_string(), reason }),
            Some(Ok(())) => {
                self.slots.clear();
                self.control = None;
                self.maintenance = None;
                Ok(())
            }
        }
    }
}
