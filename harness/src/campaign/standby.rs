//! Traces about a standby, made of those about crashes: in place of a crash, somebody looks at a standby now and then, and
//! at last lets it take over.

use std::collections::BTreeMap;

use seqcheck_engine::{Cluster, SessionId, Settings, StoredSequence, TransactionStatus};

use crate::lockstep::{Action, Step};
use crate::prepare::{Prepared, query};
use crate::sql::quoted_identifier;

/// How many steps there are, at least, between two looks at the standby.
const BETWEEN: usize = 5;

/// How many sequences are looked at.
const LOOKED_AT: usize = 4;

/// The trace with a standby; nothing where the standby cannot be followed from beginning to end, for example since there
/// are temporary relations.
pub(super) fn with_standby(prepared: &Prepared, settings: &Settings) -> Option<Prepared> {
    let reader = prepared.sessions.len();
    let mut made = Making { cluster: Cluster::new(settings.clone()), sessions: BTreeMap::new(), steps: Vec::new() };
    let mut since = 0;
    for step in prepared.steps.iter().filter(|step| !step.ends_sessions()) {
        made.run(step)?;
        since += 1;
        if since >= BETWEEN && made.cluster.catch_up().is_ok() {
            made.look(reader, Action::Standby);
            since = 0;
        }
    }
    for session in made.open() {
        made.run(&Step { session, action: query("COMMIT", &[]) })?;
    }
    made.cluster.catch_up().ok()?;
    made.look(reader, Action::Standby);
    made.cluster.promote().ok()?;
    made.look(reader, Action::Promote);
    let mut sessions = prepared.sessions.clone();
    sessions.push("R1".to_owned());
    Some(Prepared { steps: made.steps, sessions })
}

/// A trace in the making, and where the engine is with it.
struct Making {
    cluster: Cluster,
    sessions: BTreeMap<usize, SessionId>,
    steps: Vec<Step>,
}

impl Making {
    /// Takes a step over. Nothing when the engine has lost track, or the session still waits: without the crash that was
    /// in this place, what it waits for may be held on.
    fn run(&mut self, step: &Step) -> Option<()> {
        let lost = match &step.action {
            Action::Query { statements: Ok(statements), .. } => {
                let cluster = &mut self.cluster;
                let id = *self.sessions.entry(step.session).or_insert_with(|| cluster.connect());
                if cluster.is_waiting(id) {
                    return None;
                }
                cluster.step(id, statements).lost
            }
            Action::Connect { .. } | Action::Disconnect => {
                self.sessions.remove(&step.session).and_then(|id| self.cluster.disconnect(id).lost)
            }
            Action::Checkpoint => {
                self.cluster.checkpoint();
                None
            }
            _ => None,
        };
        self.steps.push(step.clone());
        lost.is_none().then_some(())
    }

    /// The sessions with an open transaction.
    fn open(&self) -> Vec<usize> {
        let is_open = |id: SessionId| self.cluster.transaction_status(id) != TransactionStatus::Idle;
        self.sessions.iter().filter(|(_, id)| is_open(**id)).map(|(session, _)| *session).collect()
    }

    /// Has a session on the standby look at what there is, and ask each sequence for a value.
    fn look(&mut self, session: usize, event: Action) {
        let name = |sequence: &StoredSequence| {
            format!("{}.{}", quoted_identifier(&sequence.schema), quoted_identifier(&sequence.name))
        };
        let listed = "SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY schemaname, sequencename";
        let mut actions = vec![event, query(listed, &[])];
        for sequence in self.cluster.stored().iter().take(LOOKED_AT) {
            let name = name(sequence);
            let state = format!("SELECT last_value, log_cnt, is_called FROM {name}");
            let next = format!("SELECT nextval('{}')", name.replace('\'', "''"));
            actions.extend([query(&state, &[]), query(&next, &[]), query(&state, &[])]);
        }
        self.steps.extend(actions.into_iter().map(|action| Step { session, action }));
    }
}
