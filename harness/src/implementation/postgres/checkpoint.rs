//! Checkpoints, which not every user may run.

use std::time::Instant;

use postgres::error::SqlState;

use super::session::Session;
use super::{Postgres, reset};
use crate::implementation::{Infrastructure, not_able};
use crate::sql::quoted_identifier;

/// Whether the session's user may run checkpoints (manual, "CHECKPOINT"), and whether there is a role with that right.
const ASK: &str = "
SELECT current_setting('is_superuser') = 'on'
       OR EXISTS (SELECT FROM pg_roles WHERE rolname = 'pg_checkpoint' AND pg_has_role(oid, 'USAGE')),
       EXISTS (SELECT FROM pg_roles WHERE rolname = 'pg_checkpoint')";

/// Why the server refuses `user` checkpoints. A server that cannot be asked is taken to allow them.
pub(super) fn refusal(control: &mut Session, user: &str, deadline: Instant) -> Result<Option<String>, Infrastructure> {
    let Ok(rows) = reset::table(control.query(ASK, deadline)?) else { return Ok(None) };
    let Some(row) = rows.first() else { return Ok(None) };
    let remedy = match (reset::text(row, 0).as_str(), reset::text(row, 1).as_str()) {
        ("t", _) => return Ok(None),
        (_, "t") => format!("GRANT pg_checkpoint TO {} changes that", quoted_identifier(user)),
        _ => "before PostgreSQL 15 only superusers may".to_owned(),
    };
    Ok(Some(format!("CHECKPOINT and what comes after it: user \"{user}\" may not run it; {remedy}")))
}

impl Postgres {
    /// Runs a checkpoint over the control session.
    pub(super) fn run_checkpoint(&mut self) -> Result<(), Infrastructure> {
        let reply = self.control(|control, deadline| control.query("CHECKPOINT", deadline))?;
        match &reply.error {
            Some(error) if error.sqlstate.code() == SqlState::INSUFFICIENT_PRIVILEGE.code() => {
                Err(not_able(self.name.clone(), &format!("run a checkpoint: {}", error.message)))
            }
            _ => reset::table(reply).map(|_| ()),
        }
    }
}
