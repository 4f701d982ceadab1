//! One engine at the end of a generated trace, without SQL text in between.

use std::collections::BTreeMap;

use seqcheck_engine::{ClauseSet, Cluster, Outcome, Progress, Reply, SessionId, Settings, StatementResult};

use crate::generate::{GeneratedAction, GeneratedStep};

/// An engine with the sessions that a trace has opened.
pub(super) struct Engine {
    pub(super) cluster: Cluster,
    pub(super) sessions: BTreeMap<usize, SessionId>,
}

impl Engine {
    pub(super) fn new(settings: &Settings) -> Engine {
        Engine { cluster: Cluster::new(settings.clone()), sessions: BTreeMap::new() }
    }

    /// Runs one step and tells everything that a client could see of it, or nothing when its session waits.
    pub(super) fn run(&mut self, step: &GeneratedStep) -> Option<Outcome> {
        let outcome = match &step.action {
            GeneratedAction::Query(statements) => {
                let session = self.open(step.session);
                if self.cluster.is_waiting(session) {
                    return None;
                }
                self.cluster.step(session, statements)
            }
            GeneratedAction::Connect => {
                let outcome = self.close(step.session);
                self.open(step.session);
                outcome
            }
            GeneratedAction::Disconnect => self.close(step.session),
            GeneratedAction::Cancel => match self.sessions.get(&step.session) {
                Some(session) => self.cluster.cancel(*session),
                None => nothing(),
            },
            GeneratedAction::Checkpoint => {
                self.cluster.checkpoint();
                nothing()
            }
            GeneratedAction::Crash => {
                // Lockstep has the last word on which of several states is right.
                self.cluster = self.cluster.crash().into_iter().next()?.cluster;
                self.begin_anew()
            }
            GeneratedAction::Restart => {
                self.cluster.restart().ok()?;
                self.begin_anew()
            }
        };
        Some(Outcome { clauses: ClauseSet::default(), ..outcome })
    }

    /// Notes that all sessions are gone, and tells what is stored, which lockstep asks for, too.
    fn begin_anew(&mut self) -> Outcome {
        self.sessions.clear();
        let tag = format!("{:?}", self.cluster.stored()).into();
        let reply = Reply { results: vec![StatementResult { rows: None, tag }], ..Reply::default() };
        Outcome { progress: Progress::Done(reply), ..nothing() }
    }

    fn open(&mut self, session: usize) -> SessionId {
        *self.sessions.entry(session).or_insert_with(|| self.cluster.connect())
    }

    fn close(&mut self, session: usize) -> Outcome {
        self.sessions.remove(&session).map_or_else(nothing, |id| self.cluster.disconnect(id))
    }
}

fn nothing() -> Outcome {
    Outcome::new(Progress::Done(Reply::default()))
}

/// Whether an engine cannot follow from this step on, or has not run it.
pub(super) fn is_beyond(outcome: &Outcome) -> bool {
    outcome.lost.is_some() || matches!(outcome.progress, Progress::Unsupported(_))
}
