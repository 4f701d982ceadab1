//! Steps that are not queries: sessions come and go, and what happens to the server as a whole.

use super::{GeneratedAction, Generator};

/// One step in so many opens or closes its session.
const SESSION_EVENTS: u64 = 40;

impl Generator<'_> {
    /// Draws an event and lets the engine follow; most of the time there is none.
    pub(super) fn event(&mut self) -> Option<GeneratedAction> {
        if self.plan.crashes && self.choice.chance(1, 8) {
            return self.server_event();
        }
        if self.plan.checkpoints && self.choice.chance(1, 8) {
            self.cluster.checkpoint();
            return Some(GeneratedAction::Checkpoint);
        }
        if let Some(session) = self.waiting_session_to_end() {
            self.current = session;
            if self.choice.chance(1, 2) {
                return self.cancel();
            }
        } else if !self.choice.chance(1, SESSION_EVENTS) {
            return None;
        }
        self.reopen();
        // A closed session is opened again by its next query, which is all that the two differ in.
        Some(if self.choice.chance(1, 2) { GeneratedAction::Connect } else { GeneratedAction::Disconnect })
    }

    /// Cancels the current session's statement, unless nobody could tell what follows.
    fn cancel(&mut self) -> Option<GeneratedAction> {
        let mut cluster = self.cluster.clone();
        if cluster.cancel(self.sessions[self.current]).lost.is_some() {
            return None;
        }
        self.cluster = cluster;
        Some(GeneratedAction::Cancel)
    }

    /// Draws what happens to the whole server.
    fn server_event(&mut self) -> Option<GeneratedAction> {
        let action = match self.choice.weighted(&[4, 1, 3]) {
            0 => {
                // Whichever state a server comes back in, its sessions see the same names.
                self.cluster = self.cluster.crash().into_iter().next()?.cluster;
                GeneratedAction::Crash
            }
            1 => {
                self.cluster.restart().ok()?;
                GeneratedAction::Restart
            }
            _ => {
                self.cluster.checkpoint();
                return Some(GeneratedAction::Checkpoint);
            }
        };
        self.sessions = self.sessions.iter().map(|_| self.cluster.connect()).collect();
        Some(action)
    }

    /// Ends the current session, and begins another in its place.
    fn reopen(&mut self) {
        let session = &mut self.sessions[self.current];
        self.cluster.disconnect(*session);
        *session = self.cluster.connect();
    }
}
