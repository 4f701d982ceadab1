//! An engine and an implementation that follow a script, to play every kind of agreement and divergence.

use seqcheck::lockstep::{Action, Connected, Reference, Step};
use seqcheck::{Implementation, Infrastructure, Received, Request};
use seqcheck_engine::{Cell, Message, Outcome, Progress, Reply, Rows, SessionId, Statement, StatementResult};
use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

/// What one side does when it gets its next query.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cue {
    /// The reply; a wait when there is none.
    pub(crate) reply: Option<Reply>,
    /// Sessions that wake now, with their replies.
    pub(crate) wakes: Vec<(usize, Reply)>,
    /// Sessions that go on now, and wait for something else.
    pub(crate) wait_again: Vec<usize>,
    /// Whether the engine refuses the statement; an implementation must never see such a step.
    pub(crate) unsupported: bool,
    /// Why the engine cannot follow any more from here on.
    pub(crate) lost: Option<&'static str>,
}

/// How often a session is found on its way from one wait to another.
const LOOKS_WHILE_MOVING: u32 = 2;

/// The number of the type `bigint` in `pg_type`.
const BIGINT: u32 = 20;

/// A reply of one row of one value.
pub(crate) fn value(value: i64) -> Reply {
    let rows = Rows {
        columns: vec!["nextval".into()],
        cells: vec![Cell::Integer(value)],
        count: 1,
        types: vec![BIGINT],
        ..Rows::default()
    };
    Reply { results: vec![StatementResult { rows: Some(rows), tag: "SELECT 1".into() }], ..Reply::default() }
}

/// Replies at once.
pub(crate) fn replies(number: i64) -> Cue {
    Cue { reply: Some(value(number)), ..Cue::default() }
}

/// Waits.
pub(crate) fn waits() -> Cue {
    Cue::default()
}

/// Replies at once, and wakes another session.
pub(crate) fn wakes(number: i64, session: usize, later: i64) -> Cue {
    Cue { reply: Some(value(number)), wakes: vec![(session, value(later))], ..Cue::default() }
}

/// A step of one query.
pub(crate) fn query(session: usize, sql: &str) -> Step {
    let statements = Ok(vec![Statement::Show("x".into())]);
    Step { session, action: Action::Query { sql: sql.to_owned(), copy_data: Vec::new(), statements } }
}

/// An engine that follows a script.
#[derive(Debug)]
pub(crate) struct Engine {
    script: VecDeque<Cue>,
    sessions: u32,
    /// Sessions that wake when another one disconnects.
    pub(crate) on_disconnect: Vec<(usize, Reply)>,
    /// Why the engine cannot follow any more once a session has disconnected.
    pub(crate) lost_on_disconnect: Option<&'static str>,
}

impl Engine {
    pub(crate) fn new(script: impl IntoIterator<Item = Cue>) -> Engine {
        Engine {
            script: script.into_iter().collect(),
            sessions: 0,
            on_disconnect: Vec::new(),
            lost_on_disconnect: None,
        }
    }
}

/// Sessions get their numbers in the order of their opening: tests open session 0 first.
fn ids(woken: Vec<(usize, Reply)>) -> Vec<(SessionId, Reply)> {
    woken.into_iter().map(|(session, reply)| (SessionId(session as u32), reply)).collect()
}

impl Reference for Engine {
    fn connect(&mut self, role: Option<&str>) -> Connected {
        if role.is_some() {
            return Connected::Unsupported("roles".into());
        }
        self.sessions += 1;
        Connected::Open(SessionId(self.sessions - 1))
    }

    fn disconnect(&mut self, _session: SessionId) -> Outcome {
        let woken = ids(std::mem::take(&mut self.on_disconnect));
        let lost = self.lost_on_disconnect.map(str::to_owned);
        Outcome { woken, lost, ..Outcome::new(Progress::Done(Reply::default())) }
    }

    fn step(&mut self, _session: SessionId, _statements: &[Statement]) -> Outcome {
        let cue = self.script.pop_front().expect("the engine's script is long enough");
        let progress = match cue.reply {
            _ if cue.unsupported => Progress::Unsupported("this".into()),
            Some(reply) => Progress::Done(reply),
            None => Progress::Waits { blockers: Vec::new() },
        };
        let lost = cue.lost.map(str::to_owned);
        let found_deadlock = matches!(&progress, Progress::Done(Reply { error: Some(error), .. })
            if error.sqlstate.code() == "40P01");
        let wait_again = cue.wait_again.into_iter().map(|session| SessionId(session as u32)).collect();
        Outcome { woken: ids(cue.wakes), wait_again, found_deadlock, lost, ..Outcome::new(progress) }
    }

    fn fail(&mut self, _session: SessionId, message: Message) -> Outcome {
        let reply = Reply { error: Some(message), ..Reply::default() };
        Outcome::new(Progress::Done(reply))
    }
}

/// An implementation that follows a script.
#[derive(Debug, Default)]
pub(crate) struct Server {
    script: VecDeque<Cue>,
    replies: BTreeMap<usize, VecDeque<Reply>>,
    waiting: BTreeMap<usize, bool>,
    /// How often each session will still be found on its way from one wait to another.
    moving: BTreeMap<usize, u32>,
    /// Everything that it was asked, in order, but for whether there is a reply yet.
    pub(crate) log: Vec<String>,
    /// Sessions that wake when another one disconnects.
    pub(crate) on_disconnect: Vec<(usize, Reply)>,
    /// Fails instead of taking the request of this number, counted from 0.
    pub(crate) breaks_at: Option<usize>,
    sent: usize,
}

impl Server {
    pub(crate) fn new(script: impl IntoIterator<Item = Cue>) -> Server {
        Server { script: script.into_iter().collect(), ..Server::default() }
    }

    fn wake(&mut self, wakes: Vec<(usize, Reply)>) {
        for (session, reply) in wakes {
            self.waiting.insert(session, false);
            self.replies.entry(session).or_default().push_back(reply);
        }
    }
}

impl Implementation for Server {
    fn name(&self) -> String {
        "scripted".into()
    }

    fn reset(&mut self) -> Result<(), Infrastructure> {
        self.log.push("reset".into());
        Ok(())
    }

    fn connect(&mut self, session: usize, _role: Option<&str>) -> Result<Reply, Infrastructure> {
        self.log.push(format!("connect {session}"));
        Ok(Reply::default())
    }

    fn disconnect(&mut self, session: usize) -> Result<(), Infrastructure> {
        self.log.push(format!("disconnect {session}"));
        let wakes = std::mem::take(&mut self.on_disconnect);
        self.wake(wakes);
        Ok(())
    }

    fn send(&mut self, session: usize, request: Request<'_>) -> Result<(), Infrastructure> {
        self.log.push(format!("send {session} {}", request.sql));
        if self.breaks_at == Some(self.sent) {
            return Err(Infrastructure::Lost { who: "scripted".into(), reason: "so says the script".into() });
        }
        self.sent += 1;
        let cue = self.script.pop_front().expect("the server's script is long enough");
        assert!(!cue.unsupported, "the script has no answer to this");
        match cue.reply {
            Some(reply) => self.replies.entry(session).or_default().push_back(reply),
            None => drop(self.waiting.insert(session, true)),
        }
        self.wake(cue.wakes);
        self.moving.extend(cue.wait_again.into_iter().map(|session| (session, LOOKS_WHILE_MOVING)));
        Ok(())
    }

    fn receive(&mut self, session: usize, _deadline: Instant) -> Result<Received, Infrastructure> {
        match self.replies.entry(session).or_default().pop_front() {
            Some(reply) => {
                self.log.push(format!("receive {session}"));
                Ok(Received::Done(reply))
            }
            None => Ok(Received::Pending),
        }
    }

    fn is_waiting(&mut self, session: usize) -> Result<Option<Vec<usize>>, Infrastructure> {
        self.log.push(format!("is_waiting {session}"));
        if let Some(looks) = self.moving.get_mut(&session).filter(|looks| **looks > 0) {
            *looks -= 1;
            return Ok(None);
        }
        Ok(self.waiting.get(&session).is_some_and(|&waiting| waiting).then(Vec::new))
    }
}
