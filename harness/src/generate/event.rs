//! Steps that are not queries: sessions come and go, and what happens to the server as a whole.

use super::{GeneratedAction, Generator};

/// One step in so many opens or closes its session.
const SESSION_EVENTS: u64 = 40;

impl Generator<'_> {
    /// Draws an event and lets the engine follow; most of the time there is none.
    pub(super) fn event(&mut self) -> Option<GeneratedAction> {
        if self.plan.checkpoints && self.choice.chance(1, 8) {
            self.cluster.checkpoint();
            return Some(GeneratedAction::Checkpoint);
        }
        if !self.choice.chance(1, SESSION_EVENTS) {
            return None;
        }
        self.reopen();
        // A closed session is opened again by its next query, which is all that the two differ in.
        Some(if self.choice.chance(1, 2) { GeneratedAction::Connect } else { GeneratedAction::Disconnect })
    }

    /// Ends the current session, and begins another in its place.
    fn reopen(&mut self) {
        let session = &mut self.sessions[self.current];
        self.cluster.disconnect(*session);
        *session = self.cluster.connect();
    }
}
