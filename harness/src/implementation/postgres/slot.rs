//! Connections that are kept from trace to trace.

use super::session::Session;
use super::{Postgres, reset};
use crate::implementation::{Infrastructure, Received, Request};
use seqcheck_engine::Reply;
use std::time::Instant;

/// A connection that serves one session number, trace after trace.
pub(super) struct Slot {
    pub(super) session: Session,
    /// Whether the trace has the session open; otherwise the connection is kept for the next one.
    pub(super) open: bool,
    /// Whether it is the endpoint's user's, and so can serve the next trace.
    pub(super) reusable: bool,
    /// Whether its `deadlock_timeout` may be another one than it was opened with.
    pub(super) has_own_timeout: bool,
}

impl Postgres {
    /// Ends a connection.
    pub(super) fn end(&mut self, mut session: Session) -> Result<(), Infrastructure> {
        self.tell_to_end(&mut session)?;
        session.into_connection().wait_for_end()
    }

    /// Tells a connection to end; one that does not listen is told through the control session.
    fn tell_to_end(&mut self, session: &mut Session) -> Result<(), Infrastructure> {
        if session.is_idle() {
            session.say_goodbye();
            return Ok(());
        }
        let process = session.process_id();
        self.control(|control, deadline| {
            reset::table(control.query(&format!("SELECT pg_terminate_backend({process})"), deadline)?)
        })
        .map(|_| ())
    }

    /// Makes the kept connections fresh, all at the same time; those that cannot be are ended.
    pub(super) fn refresh_sessions(&mut self) -> Result<(), Infrastructure> {
        let deadline = self.deadline();
        let mut ending = Vec::new();
        for number in 0..self.slots.len() {
            let Some(slot) = self.open_slot(number) else { continue };
            let reusable = slot.reusable && slot.session.is_idle() && ask_to_forget(&mut slot.session).is_ok();
            if !reusable && let Some(slot) = self.slots[number].take() {
                let mut session = slot.session;
                self.tell_to_end(&mut session)?;
                ending.push(session);
            }
        }
        // Only when all have been told to: one may need for its end what another still holds, or a prepared transaction.
        if !ending.is_empty() {
            self.control(reset::end_prepared)?;
        }
        for session in ending {
            session.into_connection().wait_for_end()?;
        }
        for slot in &mut self.slots {
            if let Some(Slot { session, open: open @ true, .. }) = slot {
                *open = false;
                if !has_forgotten(session, deadline) {
                    *slot = None;
                }
            }
        }
        Ok(())
    }
}

/// Asks a session to become as if it were new.
fn ask_to_forget(session: &mut Session) -> Result<(), Infrastructure> {
    if session.in_transaction() {
        session.send(Request { sql: "ROLLBACK", copy_data: &[] })?;
    }
    session.send(Request { sql: "DISCARD ALL", copy_data: &[] })?;
    session.flush()
}

/// Whether a session did what [`ask_to_forget`] asked.
fn has_forgotten(session: &mut Session, deadline: Instant) -> bool {
    while !session.is_idle() {
        match session.receive(deadline) {
            Ok(Received::Done(Reply { error: None, .. })) => {}
            _ => return false,
        }
    }
    true
}
