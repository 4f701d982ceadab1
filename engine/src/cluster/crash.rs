//! The end of the whole server: what a crash leaves, and what an orderly restart does.

use super::{Cluster, NOBODY, SessionId};
use crate::catalog::{CommitNumber, View, is_temporary_schema};
use crate::clause::{Clause, ClauseSet};
use crate::execute::Execution;
use crate::quirk::Quirk;

/// One of the states that a crash may leave.
#[derive(Debug, Clone)]
pub struct Survivor {
    /// The cluster after recovery, without sessions.
    pub cluster: Cluster,
    /// The clauses that this recovery exercised.
    pub clauses: ClauseSet,
}

/// What is stored of a sequence, as `SELECT * FROM sequence` shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the column of its name")]
pub struct StoredSequence {
    /// The schema's name.
    pub schema: String,
    /// The sequence's name.
    pub name: String,
    pub last_value: i64,
    pub log_cnt: i64,
    pub is_called: bool,
}

impl Cluster {
    /// The states that a crash and the recovery from it may leave, each once (manual, "Write-Ahead Logging (WAL)"); none
    /// where PostgreSQL may be unable to recover, which a rollback of what has made unlogged relations can lead to.
    ///
    /// Committed work survives, and open transactions are undone. A sequence goes on behind the values that were logged
    /// ahead, an unlogged one from its initial state. There is more than one state where the newest records of sequences
    /// belong to transactions that had not committed, and no later commit has taken them to the disk: how many of them
    /// got there is a matter of time. The first state is the one without any of them.
    ///
    /// Temporary relations cannot be reached any more, but stay in the catalogs.
    pub fn crash(&self) -> Vec<Survivor> {
        if self.shared.log.may_fail_recovery() {
            return Vec::new();
        }
        let mut ended = self.clone();
        // Undoing reaches clauses about rollbacks, which a crash has nothing to do with.
        let mut ignored = ClauseSet::default();
        for session in ended.sessions.iter_mut() {
            let Some(mut session) = session.take() else { continue };
            ended.shared.locks.stop_waiting(session.id);
            let mut execution = Execution::new(&mut ended.shared, &mut session, &mut ignored);
            execution.undo_transaction();
        }
        ended.shared.has_orphans = ended.shared.catalog.has_temporary();
        let quirks = ended.shared.settings.quirks;
        if !quirks.contains(Quirk::UnloggedRowsSurvive) {
            ended.shared.catalog.empty_unlogged();
        }
        let recoveries = ended.shared.log.recoveries(&ended.shared.pages, &quirks);
        let is_uncertain = recoveries.len() > 1;
        recoveries
            .into_iter()
            .map(|(log, pages)| {
                let mut cluster = ended.clone();
                (cluster.shared.log, cluster.shared.pages) = (log, pages);
                if quirks.contains(Quirk::RecoveryRestarts) {
                    cluster.start_over();
                }
                let mut clauses = cluster.recovery_clauses(&ended);
                if is_uncertain {
                    clauses.insert(Clause::CrashUncertain);
                }
                Survivor { cluster, clauses }
            })
            .collect()
    }

    /// What recovery has done to sequences, compared with what they were.
    fn recovery_clauses(&self, before: &Cluster) -> ClauseSet {
        let mut clauses = ClauseSet::default();
        let relations = self.shared.catalog.relations(EVERYBODY);
        for relation in relations.filter(|relation| relation.sequence().is_some()) {
            let storage = relation.storage;
            let (Some(page), Some(old)) = (self.shared.pages.get(&storage), before.shared.pages.get(&storage)) else {
                continue;
            };
            if page.row() != old.row() {
                clauses.insert(if page.is_logged() { Clause::CrashSkips } else { Clause::UnloggedReset });
            }
        }
        clauses
    }

    /// Starts every logged sequence over.
    fn start_over(&mut self) {
        for relation in self.shared.catalog.relations(EVERYBODY) {
            if let Some(sequence) = relation.sequence()
                && let Some(page) = self.shared.pages.get_mut(&relation.storage)
                && page.is_logged()
            {
                (page.last_value, page.log_cnt, page.is_called) = (sequence.definition.start, 0, false);
            }
        }
    }

    /// Stops and starts in an orderly way: all sessions end, and nothing committed is lost (manual, "Shutting Down the
    /// Server", fast shutdown).
    ///
    /// # Errors
    ///
    /// Why the model cannot follow, in which case nothing has changed.
    pub fn restart(&mut self) -> Result<(), String> {
        if self.standby.is_some() {
            return Err("a restart of a server that has a standby".to_owned());
        }
        let mut ended = self.clone();
        // Whoever waits is ended before what it waits for is free.
        for session in ended.sessions.iter_mut().flatten() {
            session.pending = None;
            ended.shared.locks.stop_waiting(session.id);
        }
        for number in 0..ended.sessions.len() {
            if let Some(what) = ended.disconnect(SessionId(number as u32)).lost {
                return Err(what);
            }
        }
        let quirks = ended.shared.settings.quirks;
        ended.shared.log.flush(&mut ended.shared.pages);
        for page in ended.shared.pages.values_mut() {
            let wrong = if page.is_logged() { Quirk::RestartSkipsLogged } else { Quirk::RestartResetsUnlogged };
            if quirks.contains(wrong) {
                page.recover();
            }
        }
        ended.checkpoint();
        *self = ended;
        Ok(())
    }

    /// The committed sequences, in order of their names: what [`Cluster::crash`] may change. Those that nobody can read are
    /// left out: temporary ones, and ones that a prepared transaction has locked for itself alone.
    pub fn stored(&self) -> Vec<StoredSequence> {
        let catalog = &self.shared.catalog;
        let mut found: Vec<StoredSequence> = catalog
            .relations(EVERYBODY)
            .filter(|relation| relation.sequence().is_some() && !is_temporary_schema(relation.schema))
            .filter(|relation| {
                let holds = |stand_in| self.shared.locks.excludes_readers(stand_in, relation.oid);
                !self.shared.prepared.iter().any(|prepared| holds(prepared.stand_in))
            })
            .filter_map(|relation| {
                let page = self.shared.pages.get(&relation.storage)?;
                Some(StoredSequence {
                    schema: catalog.schema_name(relation.schema, EVERYBODY)?.to_string(),
                    name: relation.name.to_string(),
                    last_value: page.last_value,
                    log_cnt: page.log_cnt,
                    is_called: page.is_called,
                })
            })
            .collect();
        found.sort();
        found
    }
}

/// What a session sees that has no work of its own.
const EVERYBODY: View = View { session: NOBODY, until: CommitNumber::MAX };
