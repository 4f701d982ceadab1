//! Histories of sequences that work, with calls that overlap at random.
//!
//! A call is sent, takes effect at some moment, and is answered; only the first and the last are recorded. The log is
//! written 32 values ahead and flushed by commits, and crashes lose what is not flushed.

use std::collections::{BTreeMap, HashMap};

use fastrand::Rng;
use seqcheck::history::{
    Alter, Call, Definition, History, Nextval, Outcome, Record, Sequence, Transaction, TransactionEnd,
};

/// What is simulated. Shares are for each call, in thousandths.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) sessions: u32,
    pub(crate) calls: usize,
    pub(crate) definitions: Vec<Definition>,
    pub(crate) changes: u32,
    pub(crate) transactions: u32,
    pub(crate) reconnects: u32,
    /// Sessions that die with a call under way.
    pub(crate) losses: u32,
    pub(crate) crashes: u32,
}

impl Plan {
    /// Calls of `nextval` only.
    pub(crate) fn plain(sessions: u32, calls: usize, definition: Definition) -> Plan {
        let definitions = vec![definition];
        Plan { sessions, calls, definitions, changes: 0, transactions: 0, reconnects: 0, losses: 0, crashes: 0 }
    }
}

/// What a session does next.
#[derive(Debug, Clone)]
enum Operation {
    Connect,
    Nextval(usize),
    Setval(usize, i64, bool),
    Alter(usize, Alter),
    /// The end of a transaction; whether it is committed.
    End(bool),
}

#[derive(Debug)]
struct Session {
    operation: Operation,
    start: u64,
    /// Whether the answer to the call never comes.
    is_doomed: bool,
    /// What the call gave, once it had its effect.
    result: Option<Call>,
    /// Whether it, or its transaction, wrote a log record.
    has_logged: bool,
    /// The calls of an open transaction, and how many are to come.
    transaction: Option<(Vec<Record>, u32)>,
    cached: HashMap<usize, Cached>,
}

#[derive(Debug, Clone, Copy)]
struct Cached {
    last: i64,
    cached: i64,
    increment: i64,
    version: u64,
}

/// What is on the page of a sequence.
#[derive(Debug, Clone, Copy)]
struct Page {
    definition: Definition,
    last: i64,
    is_called: bool,
    log_count: i64,
    version: u64,
}

struct Simulation<'p> {
    plan: &'p Plan,
    rng: Rng,
    pages: Vec<Page>,
    /// Log records, by position: which sequence, and what it holds after recovery.
    log: Vec<(usize, Page)>,
    flushed: usize,
    versions: u64,
    sessions: Vec<Session>,
    /// When something happens next: the session, and whether its answer comes (rather than its effect).
    events: BTreeMap<(u64, usize), bool>,
    history: History,
}

/// Simulates a run; the same seed gives the same history.
pub(crate) fn simulate(plan: &Plan, seed: u64) -> History {
    let pages: Vec<Page> = plan
        .definitions
        .iter()
        .map(|&definition| Page { definition, last: definition.start, is_called: false, log_count: 0, version: 0 })
        .collect();
    let sequences = (1..).zip(&plan.definitions);
    let history = History {
        sequences: sequences.map(|(number, &definition)| Sequence { name: format!("s{number}"), definition }).collect(),
        records: Vec::with_capacity(plan.calls),
    };
    let log: Vec<(usize, Page)> = pages.iter().copied().enumerate().collect();
    let mut simulation = Simulation {
        plan,
        rng: Rng::with_seed(seed),
        flushed: log.len(),
        pages,
        log,
        versions: 0,
        sessions: Vec::new(),
        events: BTreeMap::new(),
        history,
    };
    for index in 0..plan.sessions as usize {
        simulation.sessions.push(Session {
            operation: Operation::Connect,
            start: 0,
            is_doomed: false,
            result: None,
            has_logged: false,
            transaction: None,
            cached: HashMap::new(),
        });
        simulation.send(index, 0, Operation::Connect);
    }
    simulation.run();
    simulation.history
}

impl Simulation<'_> {
    fn run(&mut self) {
        let mut last = 0;
        while self.history.records.len() < self.plan.calls {
            let Some(((now, index), is_answer)) = self.events.pop_first() else { return };
            last = now;
            match is_answer {
                false if self.sessions[index].is_doomed => self.lose(index, now),
                false => {
                    self.take_effect(index);
                    let answer = now + self.rng.u64(1..50);
                    self.events.insert((answer, index), true);
                }
                true => self.answer(index, now),
            }
        }
        // Calls under way when the recorder stops are part of the history, too.
        for index in 0..self.sessions.len() {
            self.bury(index, last + 1);
        }
    }

    fn send(&mut self, index: usize, now: u64, operation: Operation) {
        // Now and then a call takes very long.
        let pause = if self.rng.u32(..100) == 0 { 3000 } else { 50 };
        let start = now + self.rng.u64(1..20);
        let session = &mut self.sessions[index];
        (session.start, session.operation, session.result) = (start, operation, None);
        let effect = start + self.rng.u64(1..pause);
        self.events.insert((effect, index), false);
    }

    /// The effect of a session's call.
    fn take_effect(&mut self, index: usize) {
        let operation = self.sessions[index].operation.clone();
        let result = match operation {
            Operation::Connect => Call::Connect,
            Operation::Nextval(sequence) => Call::Nextval(self.nextval(index, sequence)),
            Operation::Setval(sequence, value, is_called) => {
                let page = &mut self.pages[sequence];
                (page.last, page.is_called, page.log_count) = (value, is_called, 0);
                self.log.push((sequence, self.pages[sequence]));
                self.sessions[index].has_logged = true;
                self.sessions[index].cached.remove(&sequence);
                Call::Setval { value, is_called, outcome: Outcome::Done }
            }
            Operation::Alter(sequence, alter) => {
                let is_locked = self.sessions.iter().any(|other| {
                    other.transaction.iter().flat_map(|(records, _)| records).any(|one| one.sequence == sequence as u32)
                });
                if is_locked {
                    // Waiting would be right, too; a nextval does not have to.
                    self.sessions[index].operation = Operation::Nextval(sequence);
                    Call::Nextval(self.nextval(index, sequence))
                } else {
                    self.alter(index, sequence, &alter);
                    Call::Alter(Box::new(alter))
                }
            }
            // Never recorded as such.
            Operation::End(_) => Call::Disconnect,
        };
        self.sessions[index].result = Some(result);
    }

    fn alter(&mut self, index: usize, sequence: usize, alter: &Alter) {
        self.versions += 1;
        let page = &mut self.pages[sequence];
        page.definition.increment = alter.increment.unwrap_or(page.definition.increment);
        page.definition.cache = alter.cache.unwrap_or(page.definition.cache);
        if let Some(value) = alter.restart {
            (page.last, page.is_called) = (value, false);
        }
        page.log_count = 0;
        page.version = self.versions;
        self.log.push((sequence, self.pages[sequence]));
        self.flushed = self.log.len();
        self.sessions[index].cached.remove(&sequence);
    }

    fn nextval(&mut self, index: usize, sequence: usize) -> Nextval {
        let page = &mut self.pages[sequence];
        let session = &mut self.sessions[index];
        if let Some(cached) = session.cached.get_mut(&sequence)
            && cached.version == page.version
            && cached.last != cached.cached
        {
            cached.last += cached.increment;
            return Nextval::Value(cached.last);
        }
        let Definition { increment, min, max, cache, cycle, .. } = page.definition;
        let following = |last: i64| {
            let next = last.checked_add(increment).filter(|next| (min..=max).contains(next));
            next.or(cycle.then_some(if increment > 0 { min } else { max }))
        };
        let first = if page.is_called { following(page.last) } else { Some(page.last) };
        let Some(first) = first else { return Nextval::Limit };
        let mut last = first;
        let ahead = |from: i64| from.checked_add(increment).filter(|next| (min..=max).contains(next));
        for _ in 1..cache {
            let Some(next) = ahead(last) else { break };
            last = next;
        }
        let needed = cache - i64::from(!page.is_called);
        if page.log_count < needed || !page.is_called {
            let mut logged = last;
            let mut count = 0;
            while count < 32 {
                let Some(next) = ahead(logged) else { break };
                logged = next;
                count += 1;
            }
            page.log_count = count;
            self.log.push((sequence, Page { last: logged, is_called: true, log_count: 0, ..*page }));
            session.has_logged = true;
        } else {
            page.log_count -= needed;
        }
        (page.last, page.is_called) = (last, true);
        session.cached.insert(sequence, Cached { last: first, cached: last, increment, version: page.version });
        Nextval::Value(first)
    }

    /// The answer to a session's call arrives.
    fn answer(&mut self, index: usize, now: u64) {
        let session = &mut self.sessions[index];
        let call = session.result.take().unwrap_or(Call::Connect);
        match session.operation {
            Operation::End(is_committed) => {
                let end = if is_committed { TransactionEnd::Committed } else { TransactionEnd::RolledBack };
                self.end_transaction(index, end, now);
            }
            _ => {
                let record = self.record(index, call, now);
                let session = &mut self.sessions[index];
                match &mut session.transaction {
                    Some((records, left)) => {
                        records.push(record);
                        *left -= 1;
                    }
                    None => {
                        if std::mem::take(&mut session.has_logged) {
                            self.flushed = self.log.len();
                        }
                        self.history.records.push(record);
                    }
                }
            }
        }
        self.go_on(index, now);
    }

    fn record(&self, index: usize, call: Call, end: u64) -> Record {
        let session = &self.sessions[index];
        let sequence = match session.operation {
            Operation::Nextval(sequence) | Operation::Setval(sequence, ..) | Operation::Alter(sequence, _) => sequence,
            Operation::Connect | Operation::End(_) => 0,
        };
        Record {
            session: index as u32 + 1,
            sequence: sequence as u32,
            start: session.start,
            end,
            call,
            transaction: None,
        }
    }

    fn end_transaction(&mut self, index: usize, end: TransactionEnd, now: u64) {
        let session = &mut self.sessions[index];
        if std::mem::take(&mut session.has_logged) && end == TransactionEnd::Committed {
            self.flushed = self.log.len();
        }
        for mut record in session.transaction.take().into_iter().flat_map(|(records, _)| records) {
            record.transaction = Some(Box::new(Transaction { end, at: now }));
            self.history.records.push(record);
        }
    }

    /// Chooses what a session does next.
    fn go_on(&mut self, index: usize, now: u64) {
        let rng = &mut self.rng;
        let mut chance = |thousandths: u32| rng.u32(..1000) < thousandths;
        if chance(self.plan.crashes) {
            // Nothing of this session is under way.
            self.sessions[index].operation = Operation::Connect;
            return self.crash(now);
        }
        let ends = match &self.sessions[index].transaction {
            Some((_, 0)) => true,
            Some(_) => false,
            None => {
                if chance(self.plan.losses) {
                    self.sessions[index].is_doomed = true;
                    let operation = self.operation();
                    return self.send(index, now, operation);
                }
                if chance(self.plan.reconnects) {
                    self.sessions[index].cached.clear();
                    return self.send(index, now, Operation::Connect);
                }
                if chance(self.plan.transactions) {
                    self.sessions[index].transaction = Some((Vec::new(), 1 + self.rng.u32(..4)));
                }
                false
            }
        };
        let operation = match (&self.sessions[index].transaction, ends) {
            (_, true) => Operation::End(self.rng.bool()),
            (Some(_), false) => Operation::Nextval(self.rng.usize(..self.pages.len())),
            (None, false) => self.operation(),
        };
        self.send(index, now, operation);
    }

    fn operation(&mut self) -> Operation {
        let sequence = self.rng.usize(..self.pages.len());
        if self.rng.u32(..1000) >= self.plan.changes {
            return Operation::Nextval(sequence);
        }
        let Definition { min, max, .. } = self.pages[sequence].definition;
        // Often far away, sometimes near, so that values are given again.
        let (low, high) = if self.rng.bool() { (min, max) } else { (min.max(-60), max.min(60)) };
        let value = self.rng.i64(low..=high);
        match self.rng.u32(..5) {
            0 | 1 => Operation::Setval(sequence, value, self.rng.bool()),
            2 => Operation::Alter(sequence, Alter { restart: Some(value), ..Alter::default() }),
            3 => Operation::Alter(sequence, Alter { cache: Some(self.rng.i64(1..12)), ..Alter::default() }),
            _ => {
                let increment = Some([1, 2, 3, -1, -2][self.rng.usize(..5)]);
                Operation::Alter(sequence, Alter { increment, ..Alter::default() })
            }
        }
    }

    /// A session dies while its call is under way, before or after its effect.
    fn lose(&mut self, index: usize, now: u64) {
        self.sessions[index].is_doomed = false;
        if self.rng.bool() {
            self.take_effect(index);
        }
        self.bury(index, now + 1);
        self.send(index, now + 1, Operation::Connect);
    }

    /// Records what a session had under way when it died.
    fn bury(&mut self, index: usize, now: u64) {
        let call = match self.sessions[index].operation.clone() {
            Operation::Nextval(_) => Some(Call::Nextval(Nextval::Unknown)),
            Operation::Setval(_, value, is_called) => {
                Some(Call::Setval { value, is_called, outcome: Outcome::Unknown })
            }
            Operation::Alter(_, alter) => Some(Call::Alter(Box::new(Alter { outcome: Outcome::Unknown, ..alter }))),
            Operation::Connect | Operation::End(_) => None,
        };
        let lost = call.filter(|_| self.sessions[index].start < now).map(|call| self.record(index, call, now));
        let end = match self.sessions[index].operation {
            Operation::End(_) => TransactionEnd::Unknown,
            _ => TransactionEnd::RolledBack,
        };
        match (&mut self.sessions[index].transaction, lost) {
            (Some((records, _)), Some(record)) => records.push(record),
            (None, Some(record)) => self.history.records.push(record),
            _ => {}
        }
        self.sessions[index].has_logged = false;
        self.sessions[index].is_doomed = false;
        self.end_transaction(index, end, now);
        self.sessions[index].cached.clear();
        self.sessions[index].result = None;
    }

    fn crash(&mut self, now: u64) {
        self.events.clear();
        for index in 0..self.sessions.len() {
            // What had its effect may be lost or kept, as the log says; nobody was told.
            self.bury(index, now);
        }
        // The background writer may have flushed more than was asked for.
        let kept = self.rng.usize(self.flushed..=self.log.len());
        self.log.truncate(kept);
        let pages: Vec<Page> = (0..self.pages.len())
            .filter_map(|sequence| self.log.iter().rev().find(|(one, _)| *one == sequence).map(|(_, page)| *page))
            .collect();
        self.pages = pages;
        // Recovery ends with a checkpoint, so the next call writes a record.
        self.pages.iter_mut().for_each(|page| page.log_count = 0);
        self.flushed = self.log.len();
        self.history.records.push(Record {
            session: 0,
            sequence: 0,
            start: now,
            end: now + 100,
            call: Call::Crash,
            transaction: None,
        });
        for index in 0..self.sessions.len() {
            self.send(index, now + 100, Operation::Connect);
        }
    }
}
