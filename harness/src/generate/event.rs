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
            self.has_changed = true;
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
        if !self.reopen() {
            return None;
        }
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
            0 => GeneratedAction::Crash,
            1 => GeneratedAction::Restart,
            _ => GeneratedAction::Checkpoint,
        };
        self.follow(&action).then_some(action)
    }

    /// Lets the engine follow what happens to the whole server. False when it cannot.
    pub(super) fn follow(&mut self, action: &GeneratedAction) -> bool {
        match action {
            GeneratedAction::Crash => {
                // Whichever state a server comes back in, its sessions see the same names.
                let Some(survivor) = self.cluster.crash().into_iter().next() else { return false };
                self.cluster = survivor.cluster;
            }
            GeneratedAction::Restart => {
                if self.cluster.restart().is_err() {
                    return false;
                }
            }
            _ => {
                self.cluster.checkpoint();
                return true;
            }
        }
        self.sessions = self.sessions.iter().map(|_| self.cluster.connect()).collect();
        true
    }

    /// Ends the current session, and begins another in its place. False when nobody can tell what that does.
    fn reopen(&mut self) -> bool {
        let before = self.others_matter().then(|| self.cluster.clone());
        let session = self.sessions[self.current];
        if self.cluster.disconnect(session).lost.is_some() {
            if let Some(before) = before {
                self.cluster = before;
            }
            return false;
        }
        self.sessions[self.current] = self.cluster.connect();
        true
    }
}
