//! A clean slate where the catalogues do not tell what a trace has left behind: the database is made anew.

use std::time::Instant;

use super::open::open_control;
use super::roles::is_reserved;
use super::session::Session;
use super::{Postgres, reset};
use crate::implementation::Infrastructure;
use crate::server::cleanup;
use crate::sql::quoted_identifier;

impl Postgres {
    /// Drops the database with all its sessions, and makes it again.
    pub(super) fn make_anew(&mut self) -> Result<(), Infrastructure> {
        let open: Vec<Session> = self.slots.drain(..).flatten().map(|slot| slot.session).collect();
        for session in open {
            self.end(session)?;
        }
        if let Some(control) = self.control.take() {
            control.into_connection().close()?;
        }
        let name = quoted_identifier(&self.endpoint.database);
        self.maintain(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
        self.maintain(&format!("CREATE DATABASE {name} TEMPLATE template0"))
    }

    /// Drops roles that have outlived the database that they owned something in.
    pub(super) fn drop_left_roles(&mut self, names: &[String]) -> Result<(), Infrastructure> {
        let made = names.iter().filter(|name| !is_reserved(name));
        made.map(|name| format!("DROP ROLE IF EXISTS {}", quoted_identifier(name)))
            .try_for_each(|drop| self.maintain(&drop))
    }

    /// Runs a statement in the other database.
    fn maintain(&mut self, sql: &str) -> Result<(), Infrastructure> {
        if cleanup::is_ending() {
            // What is made now would stay: clean-up has been here.
            let (who, reason) = ("the run".to_owned(), "it was told to stop".to_owned());
            return Err(Infrastructure::Lost { who, reason });
        }
        let deadline = Instant::now() + self.settings.patience;
        let mut session = match (self.maintenance.take(), &self.settings.maintenance) {
            (Some(session), _) => session,
            (None, Some(endpoint)) => open_control(endpoint, self.settings.patience)?,
            (None, None) => {
                let reason = "the database has to be made anew, and there is no other to do so from".to_owned();
                return Err(Infrastructure::Reset { reason });
            }
        };
        reset::table(session.query(sql, deadline)?)?;
        self.maintenance = Some(session);
        Ok(())
    }
}
