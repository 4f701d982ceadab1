//! A standby: a second server that replays the first one's log, and may take its place (manual, "Hot Standby").

use super::Cluster;
use crate::lock::LockTable;
use crate::transaction::Block;

impl Cluster {
    /// Lets the standby replay everything that has been written to the log, all of which is sent to the disk before; makes
    /// the standby from a base backup, which begins with a checkpoint, when there is none yet.
    ///
    /// Of a sequence the standby has what the log says, that is the value up to which was logged ahead. Its sessions stay.
    ///
    /// # Errors
    ///
    /// Why the model cannot follow, in which case nothing has changed.
    pub fn catch_up(&mut self) -> Result<(), String> {
        if self.has_busy_session() || !self.shared.prepared.is_empty() {
            return Err("a standby while transactions are open, whose locks it takes over".to_owned());
        }
        if self.shared.catalog.has_temporary() {
            return Err("a standby while there are temporary relations".to_owned());
        }
        if let Some(standby) = &self.standby {
            if !standby.shared.in_recovery {
                return Err("a standby beside one that has taken over".to_owned());
            }
            if standby.has_busy_session() {
                return Err("a standby that replays while its own transactions are open".to_owned());
            }
        }
        let mut sessions = self.standby.take().map(|standby| standby.sessions).unwrap_or_default();
        if !self.shared.log.is_streaming() {
            self.checkpoint();
            self.shared.log.begin_streaming(&self.shared.pages);
        }
        self.shared.log.flush(&mut self.shared.pages);
        let mut shared = self.shared.clone();
        shared.in_recovery = true;
        shared.locks = LockTable::new(shared.settings.quirks);
        shared.snapshots = 0;
        shared.catalog.empty_unlogged();
        (shared.log, shared.pages) = self.shared.log.standby(&self.shared.pages);
        for session in sessions.iter_mut().flatten() {
            // What a name means is looked up anew after what was replayed.
            session.path = None;
        }
        self.standby = Some(Box::new(Cluster { shared, sessions, standby: None, undecided: None }));
        Ok(())
    }

    /// Lets the standby, once it has caught up, become a server of its own (manual, "Failover"): its sequences go on behind
    /// what was logged ahead. This server goes on, too, and neither hears of the other any more.
    ///
    /// # Errors
    ///
    /// Why the model cannot follow, in which case nothing has changed.
    pub fn promote(&mut self) -> Result<(), String> {
        if self.standby.is_none() {
            return Err("a promotion without a standby".to_owned());
        }
        if self.shared.log.promotion_spoils_unlogged(&self.shared.pages) {
            let what = "a promotion after which PostgreSQL cannot read unlogged sequences made since the base backup";
            return Err(what.to_owned());
        }
        self.catch_up()?;
        if let Some(standby) = &mut self.standby {
            standby.shared.in_recovery = false;
            standby.checkpoint();
        }
        Ok(())
    }

    /// Whether there is a standby.
    pub fn has_standby(&self) -> bool {
        self.standby.is_some()
    }

    /// The standby, if there is one. Its sessions are its own.
    pub fn standby(&mut self) -> Option<&mut Cluster> {
        self.standby.as_deref_mut()
    }

    /// Whether some session waits, or is in a transaction block.
    fn has_busy_session(&self) -> bool {
        let mut sessions = self.sessions.iter().flatten();
        sessions.any(|session| session.pending.is_some() || session.transaction.block != Block::None)
    }
}
