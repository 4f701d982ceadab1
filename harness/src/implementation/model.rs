//! The engine itself as an implementation, so that two models can be compared.

use super::{Implementation, Infrastructure, Received, Request, not_able, session_name};
use crate::lockstep::{Action, Reference, Refusal, reference::Connected, syntax_error};
use crate::prepare::{self, give_copy_data};
use seqcheck_engine::{Cluster, Outcome, Progress, Reply, SessionId, Settings, Statement};
use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

/// Reads SQL text.
pub type Parse = fn(&str) -> Result<Vec<Statement>, Refusal>;

/// An engine, made anew for each trace.
///
/// Statements outside the model are [`Infrastructure::NotAble`]: the model cannot be judged by them.
pub struct Model<R> {
    name: String,
    make: Box<dyn Fn() -> R>,
    parse: Parse,
    engine: R,
    sessions: BTreeMap<usize, Session>,
}

/// One open session.
struct Session {
    id: SessionId,
    /// Requests that a waiting session has yet to run.
    queue: VecDeque<(String, Vec<String>)>,
    /// Replies that were not received yet.
    replies: VecDeque<Reply>,
    /// Whom the session waits for.
    blockers: Option<Vec<SessionId>>,
}

impl Model<Cluster> {
    /// The engine with these settings, which may have planted faults, called `name`.
    pub fn of(name: impl Into<String>, settings: Settings) -> Model<Cluster> {
        let parse: Parse = |sql| match prepare::query(sql, &[]) {
            Action::Query { statements, .. } => statements,
            _ => Ok(Vec::new()),
        };
        Model::new(name, move || Cluster::new(settings.clone()), parse)
    }
}

impl<R: Reference> Model<R> {
    /// A model called `name`; `make` gives an empty engine, and `parse` reads the SQL that it is sent.
    pub fn new(name: impl Into<String>, make: impl Fn() -> R + 'static, parse: Parse) -> Model<R> {
        let engine = make();
        Model { name: name.into(), make: Box::new(make), parse, engine, sessions: BTreeMap::new() }
    }

    fn session(&mut self, session: usize) -> Result<&mut Session, Infrastructure> {
        self.sessions
            .get_mut(&session)
            .ok_or_else(|| Infrastructure::Lost { who: session_name(session), reason: "it is not open".into() })
    }

    /// Runs one request on the engine.
    fn run(&mut self, session: usize, sql: &str, copy_data: &[String]) -> Result<(), Infrastructure> {
        let id = self.session(session)?.id;
        let outcome = match (self.parse)(sql) {
            Ok(mut statements) => {
                give_copy_data(&mut statements, copy_data);
                self.engine.step(id, &statements)
            }
            Err(Refusal::Syntax { message }) => self.engine.fail(id, syntax_error(message)),
            Err(Refusal::Unsupported { what }) => return Err(not_able(self.name.clone(), &format!("run {what}"))),
        };
        let Outcome { progress, woken, lost, .. } = outcome;
        self.follow(lost)?;
        match progress {
            Progress::Done(reply) => self.session(session)?.replies.push_back(reply),
            Progress::Waits { blockers } => self.session(session)?.blockers = Some(blockers),
            Progress::Unsupported(what) => return Err(not_able(self.name.clone(), &format!("run {what}"))),
        }
        self.wake(woken)
    }

    /// Fails when the engine has lost track: what it says from then on is no model's answer.
    fn follow(&self, lost: Option<String>) -> Result<(), Infrastructure> {
        lost.map_or(Ok(()), |what| Err(not_able(self.name.clone(), &format!("run {what}"))))
    }

    /// Notes the replies of woken sessions, and runs what these were sent while they waited.
    fn wake(&mut self, woken: Vec<(SessionId, Reply)>) -> Result<(), Infrastructure> {
        for (id, reply) in woken {
            let Some((&number, session)) = self.sessions.iter_mut().find(|(_, session)| session.id == id) else {
                continue;
            };
            session.replies.push_back(reply);
            session.blockers = None;
            while let Some(session) = self.sessions.get_mut(&number)
                && session.blockers.is_none()
                && let Some((sql, copy_data)) = session.queue.pop_front()
            {
                self.run(number, &sql, &copy_data)?;
            }
        }
        Ok(())
    }

    /// Words what the engine does not model.
    fn event(&self, what: &str, done: Result<(), String>) -> Result<(), Infrastructure> {
        done.map_err(|_| not_able(self.name.clone(), what))
    }
}

impl<R: Reference> Implementation for Model<R> {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn reset(&mut self) -> Result<(), Infrastructure> {
        self.engine = (self.make)();
        self.sessions.clear();
        Ok(())
    }

    fn connect(&mut self, session: usize, role: Option<&str>) -> Result<Reply, Infrastructure> {
        self.disconnect(session)?;
        match self.engine.connect(role) {
            Connected::Open(id) => {
                let (queue, replies) = (VecDeque::new(), VecDeque::new());
                self.sessions.insert(session, Session { id, queue, replies, blockers: None });
                Ok(Reply::default())
            }
            Connected::Refused(message) => Ok(Reply { error: Some(message), ..Reply::default() }),
            Connected::Unsupported(what) => Err(not_able(self.name.clone(), &what)),
        }
    }

    fn disconnect(&mut self, session: usize) -> Result<(), Infrastructure> {
        match self.sessions.remove(&session) {
            Some(session) => {
                let Outcome { woken, lost, .. } = self.engine.disconnect(session.id);
                self.follow(lost)?;
                self.wake(woken)
            }
            None => Ok(()),
        }
    }

    fn send(&mut self, session: usize, request: Request<'_>) -> Result<(), Infrastructure> {
        let waiting = self.session(session)?;
        if waiting.blockers.is_some() {
            waiting.queue.push_back((request.sql.to_owned(), request.copy_data.to_vec()));
            return Ok(());
        }
        self.run(session, request.sql, request.copy_data)
    }

    fn receive(&mut self, session: usize, _deadline: Instant) -> Result<Received, Infrastructure> {
        // Time passes for nobody here: a reply that is not there yet needs another session's step first.
        Ok(self.session(session)?.replies.pop_front().map_or(Received::Pending, Received::Done))
    }

    fn is_waiting(&mut self, session: usize) -> Result<Option<Vec<usize>>, Infrastructure> {
        let Some(blockers) = self.session(session)?.blockers.clone() else { return Ok(None) };
        let numbers = self.sessions.iter().filter(|(_, other)| blockers.contains(&other.id));
        Ok(Some(numbers.map(|(&number, _)| number).collect()))
    }

    fn cancel(&mut self, session: usize) -> Result<(), Infrastructure> {
        let id = self.session(session)?.id;
        let Outcome { progress, woken, lost, .. } = self.engine.cancel(id);
        self.follow(lost)?;
        match progress {
            Progress::Unsupported(what) => Err(not_able(self.name.clone(), &what)),
            _ => self.wake(woken),
        }
    }

    fn checkpoint(&mut self) -> Result<(), Infrastructure> {
        let done = self.engine.checkpoint();
        self.event("run a checkpoint", done)
    }

    fn crash(&mut self) -> Result<(), Infrastructure> {
        self.sessions.clear();
        let done = self.engine.crash_outcomes().map(|_| {
            self.engine.crash(0);
        });
        self.event("crash", done)
    }

    fn restart(&mut self) -> Result<(), Infrastructure> {
        self.sessions.clear();
        let done = self.engine.restart();
        self.event("restart", done)
    }
}
