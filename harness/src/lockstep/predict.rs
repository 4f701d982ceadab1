//! What the engine alone says of a trace.

use std::collections::BTreeMap;

use seqcheck_engine::{Outcome, Progress, Reply, SessionId};

use super::record::{Observed, Run, StepRecord, Verdict};
use super::reference::{Connected, Reference, answer};
use super::step::{Action, Refusal, Step};

/// Runs `steps` on the engine, from its state as it is, without any implementation.
///
/// After a crash that may leave several states, the engine goes on from the first of them: nothing that had yet to reach
/// the disk is there. The records have no server side; [`Verdict::Agrees`] stands for every step that the model covers.
pub fn predict(steps: &[Step], reference: &mut dyn Reference) -> Run {
    let mut prediction = Prediction {
        reference,
        sessions: BTreeMap::new(),
        on_standby: BTreeMap::new(),
        waiting: BTreeMap::new(),
        woken_now: Vec::new(),
        lost: None,
        run: Run::default(),
    };
    for step in steps {
        if let Some(what) = &prediction.lost {
            prediction.run.steps.push(StepRecord::after_loss(what));
            continue;
        }
        let record = prediction.step(step);
        let woken = std::mem::take(&mut prediction.woken_now);
        if let Some(what) = &prediction.lost {
            // As in lockstep, where the implementation does not get to see such a step.
            prediction.run.steps.push(StepRecord::unsupported(what));
            continue;
        }
        prediction.run.steps.push(record);
        prediction.note_woken(woken);
    }
    prediction.run
}

struct Prediction<'r> {
    reference: &'r mut dyn Reference,
    sessions: BTreeMap<usize, SessionId>,
    /// The sessions that are on the standby.
    on_standby: BTreeMap<usize, SessionId>,
    /// The steps that wait, by their sessions.
    waiting: BTreeMap<SessionId, usize>,
    woken_now: Vec<(SessionId, Reply)>,
    /// Why the engine cannot follow any more.
    lost: Option<String>,
    run: Run,
}

impl Prediction<'_> {
    fn step(&mut self, step: &Step) -> StepRecord {
        if let Some(&id) = self.on_standby.get(&step.session)
            && let Some(record) = self.step_on_standby(step, id)
        {
            return record;
        }
        match &step.action {
            Action::Query { statements: Err(Refusal::Unsupported { what }), .. } => StepRecord::unsupported(what),
            Action::Query { statements, .. } => {
                let id = match self.open(step.session, None) {
                    Ok(id) => id,
                    Err(record) => return *record,
                };
                if self.waiting.contains_key(&id) {
                    return StepRecord::unsupported("the session still waits for its last step");
                }
                let outcome = answer(self.reference, id, statements);
                self.outcome(id, outcome)
            }
            Action::Connect { role } => {
                self.close(step.session);
                if let Some(what) = &self.lost {
                    return StepRecord::unsupported(what);
                }
                match self.open(step.session, role.as_deref()) {
                    Ok(_) => done(),
                    Err(record) => *record,
                }
            }
            Action::Disconnect => {
                self.close(step.session);
                done()
            }
            Action::Cancel => {
                let outcome = match self.sessions.get(&step.session) {
                    Some(id) => self.reference.cancel(*id),
                    None => return done(),
                };
                self.run.exercise(self.run.steps.len(), outcome.clauses);
                (self.woken_now, self.lost) = (outcome.woken, outcome.lost);
                match outcome.progress {
                    Progress::Unsupported(what) => StepRecord::unsupported(what),
                    _ => done(),
                }
            }
            Action::Checkpoint => event(self.reference.checkpoint()),
            Action::Crash => match self.reference.crash_outcomes() {
                // Nobody tells which outcome it was.
                Ok(_) => {
                    let clauses = self.reference.crash(0);
                    self.run.exercise(self.run.steps.len(), clauses);
                    self.end_sessions();
                    event(Ok(()))
                }
                Err(what) => event(Err(what)),
            },
            Action::Standby => {
                if let Err(what) = self.reference.catch_up() {
                    return event(Err(what));
                }
                self.on_standby.remove(&step.session);
                self.close(step.session);
                match self.reference.standby().map(|standby| standby.connect(None)) {
                    Some(Connected::Open(id)) => {
                        self.on_standby.insert(step.session, id);
                        done()
                    }
                    _ => StepRecord::unsupported("a session on this standby"),
                }
            }
            Action::Promote => match self.reference.promote() {
                Ok(()) => done(),
                Err(what) => StepRecord::unsupported(what),
            },
            Action::Restart => {
                let restarted = self.reference.restart();
                if restarted.is_ok() {
                    self.end_sessions();
                }
                event(restarted)
            }
        }
    }

    /// Runs the step of a session that is on the standby; nothing when it is none for the standby.
    fn step_on_standby(&mut self, step: &Step, id: SessionId) -> Option<StepRecord> {
        let standby = self.reference.standby()?;
        match &step.action {
            Action::Query { statements: Err(Refusal::Unsupported { what }), .. } => Some(StepRecord::unsupported(what)),
            Action::Query { statements, .. } => {
                let outcome = answer(standby, id, statements);
                self.run.exercise(self.run.steps.len(), outcome.clauses);
                Some(match outcome.progress {
                    Progress::Done(reply) => StepRecord::agrees(Some(Observed::reply(reply)), None),
                    Progress::Unsupported(what) => StepRecord::unsupported(what),
                    Progress::Waits { .. } => StepRecord::unsupported("sessions that wait on a standby"),
                })
            }
            Action::Disconnect | Action::Connect { .. } => {
                standby.disconnect(id);
                self.on_standby.remove(&step.session);
                (step.action == Action::Disconnect).then(done)
            }
            Action::Cancel => Some(done()),
            _ => None,
        }
    }

    fn outcome(&mut self, id: SessionId, outcome: Outcome) -> StepRecord {
        self.run.exercise(self.run.steps.len(), outcome.clauses);
        self.woken_now = outcome.woken;
        self.lost = outcome.lost;
        match outcome.progress {
            Progress::Done(reply) => StepRecord::agrees(Some(Observed::reply(reply)), None),
            Progress::Unsupported(what) => StepRecord::unsupported(what),
            Progress::Waits { .. } => {
                self.waiting.insert(id, self.run.steps.len());
                StepRecord::agrees(Some(Observed::waits()), None)
            }
        }
    }

    fn open(&mut self, session: usize, role: Option<&str>) -> Result<SessionId, Box<StepRecord>> {
        if let Some(id) = self.sessions.get(&session) {
            return Ok(*id);
        }
        match self.reference.connect(role) {
            Connected::Open(id) => {
                self.sessions.insert(session, id);
                Ok(id)
            }
            Connected::Refused(message) => {
                let reply = Reply { error: Some(message), ..Reply::default() };
                Err(Box::new(StepRecord::agrees(Some(Observed::reply(reply)), None)))
            }
            Connected::Unsupported(what) => Err(Box::new(StepRecord::unsupported(what))),
        }
    }

    fn close(&mut self, session: usize) {
        if let Some(id) = self.sessions.remove(&session) {
            self.waiting.remove(&id);
            let outcome = self.reference.disconnect(id);
            self.run.clauses.extend(outcome.clauses);
            self.woken_now = outcome.woken;
            self.lost = outcome.lost;
        }
    }

    fn end_sessions(&mut self) {
        self.sessions.clear();
        self.waiting.clear();
    }

    fn note_woken(&mut self, woken: Vec<(SessionId, Reply)>) {
        let waker = self.run.steps.len().saturating_sub(1);
        for (id, reply) in woken {
            let Some(index) = self.waiting.remove(&id) else { continue };
            self.run.woken.push((waker, index));
            if let Some(model) = self.run.steps.get_mut(index).and_then(|record| record.model.as_mut()) {
                model.later = Some(reply);
            }
        }
    }
}

/// A step that has nothing to answer.
fn done() -> StepRecord {
    StepRecord::agrees(Some(Observed::reply(Reply::default())), None)
}

fn event(result: Result<(), String>) -> StepRecord {
    match result {
        Ok(()) => StepRecord::agrees(None, None),
        Err(what) => StepRecord { verdict: Verdict::Unsupported(what), model: None, server: None },
    }
}
