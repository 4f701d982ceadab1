//! What one connection does: mostly `nextval`, now and then something that disturbs the others.

use std::rc::Rc;
use std::time::Instant;

use super::connection::{Answer, Connection};
use super::recorder::{NEXTVAL, setval};
use super::run::Shared;
use crate::choice::{Choice, Seeded};
use crate::history::{Alter, Call, Nextval, Outcome, TransactionEnd};
use crate::implementation::Infrastructure;

/// How a statement ended for the one who sent it.
enum Ended {
    Done,
    Failed,
    /// The connection is gone, as was to be expected.
    Lost,
}

/// A connection that calls sequences, and connects again when it is cut off.
pub(super) struct Worker {
    shared: Rc<Shared>,
    session: u32,
    random: Seeded,
    connection: Option<(Connection, u32)>,
}

impl Worker {
    /// The worker for a session, from 1.
    pub(super) fn new(shared: Rc<Shared>, session: u32) -> Worker {
        let random = Seeded::for_trace(shared.options.seed, session.into());
        Worker { shared, session, random, connection: None }
    }

    /// Calls sequences until enough is done or the time is over.
    pub(super) async fn work(mut self) -> Result<(), Infrastructure> {
        let most = self.shared.options.operations.unwrap_or(u64::MAX);
        let mut done = 0;
        while done < most && !self.shared.is_over() {
            if !self.is_connected() {
                self.connect().await?;
            }
            done += self.step().await?;
        }
        Ok(())
    }

    fn is_connected(&self) -> bool {
        self.connection.as_ref().is_some_and(|(_, generation)| *generation == self.shared.generation.get())
    }

    /// Connects; when the server is crashing, after that.
    async fn connect(&mut self) -> Result<(), Infrastructure> {
        self.disconnect();
        loop {
            self.shared.until_up().await;
            let generation = self.shared.generation.get();
            self.shared.recorder.begin(self.session, 0, Call::Connect);
            let who = format!("S{}", self.session);
            match Connection::open(&self.shared.endpoint, who, self.shared.options.time_out).await {
                Ok(connection) => {
                    self.shared.recorder.end(self.session, None);
                    self.shared.processes.borrow_mut().insert(self.session, connection.process);
                    self.connection = Some((connection, generation));
                    return Ok(());
                }
                Err(_) if self.shared.generation.get() != generation => self.shared.recorder.end(self.session, None),
                Err(error) => return Err(error),
            }
        }
    }

    fn disconnect(&mut self) {
        self.connection = None;
        if let Some(process) = self.shared.processes.borrow_mut().remove(&self.session) {
            self.shared.killed.borrow_mut().remove(&process);
        }
    }

    /// Runs a statement that is not recorded by itself.
    async fn run(&mut self, sql: &str) -> Result<Ended, Infrastructure> {
        let Some((connection, generation)) = &self.connection else { return Ok(Ended::Lost) };
        match connection.run(sql).await? {
            Answer::Done(_) => Ok(Ended::Done),
            Answer::Failed(_) => Ok(Ended::Failed),
            Answer::Lost(reason) => {
                let is_expected = *generation != self.shared.generation.get()
                    || self.shared.killed.borrow().contains(&connection.process);
                let error = connection.lost(reason);
                if !is_expected {
                    return Err(error);
                }
                self.disconnect();
                Ok(Ended::Lost)
            }
        }
    }

    /// Runs a statement and records it, as `call` until its answer comes, and as what `answered` makes of that. Returns
    /// whether it was done.
    async fn record(
        &mut self,
        sequence: u32,
        sql: &str,
        call: Call,
        answered: impl FnOnce(&Answer) -> Option<Call>,
    ) -> Result<bool, Infrastructure> {
        let Some((connection, generation)) = &self.connection else { return Ok(false) };
        self.shared.recorder.begin(self.session, sequence, call);
        let answer = connection.run(sql).await?;
        self.shared.recorder.end(self.session, answered(&answer));
        if let Answer::Lost(reason) = answer {
            let is_expected = *generation != self.shared.generation.get()
                || self.shared.killed.borrow().contains(&connection.process);
            let error = connection.lost(reason);
            if !is_expected {
                return Err(error);
            }
            self.disconnect();
            return Ok(false);
        }
        Ok(matches!(answer, Answer::Done(_)))
    }

    /// One thing to do; returns for how many calls it counts.
    async fn step(&mut self) -> Result<u64, Infrastructure> {
        let sequence = self.random.below(self.shared.sequences.len() as u64) as u32;
        match self.random.below(1000) {
            0..955 => self.nextval(sequence).await.map(|_| 1),
            955..975 => self.transaction(sequence).await,
            975..983 => self.setval(sequence).await,
            983..991 => self.alter(sequence).await,
            _ => {
                self.shared.recorder.begin(self.session, 0, Call::Disconnect);
                self.disconnect();
                self.shared.recorder.end(self.session, None);
                Ok(1)
            }
        }
    }

    async fn nextval(&mut self, sequence: u32) -> Result<bool, Infrastructure> {
        let sql = format!("SELECT nextval('{}')", self.shared.name(sequence));
        self.record(sequence, &sql, NEXTVAL, |answer| match answer {
            Answer::Done(value) => {
                let value = value.as_deref().and_then(|value| value.parse().ok());
                value.map(|value| Call::Nextval(Nextval::Value(value)))
            }
            Answer::Failed(code) if code.as_str() == "2200H" => Some(Call::Nextval(Nextval::Limit)),
            Answer::Failed(code) => Some(Call::Nextval(Nextval::Failed(*code))),
            Answer::Lost(_) => None,
        })
        .await
    }

    /// A few values in a transaction that is committed or not.
    async fn transaction(&mut self, sequence: u32) -> Result<u64, Infrastructure> {
        let calls = 1 + self.random.below(4);
        if !matches!(self.run("BEGIN").await?, Ended::Done) {
            return Ok(1);
        }
        self.shared.recorder.begin_transaction(self.session);
        let mut goes_on = true;
        for _ in 0..calls {
            goes_on = goes_on && self.nextval(sequence).await?;
        }
        self.end_transaction(goes_on).await?;
        Ok(calls)
    }

    async fn end_transaction(&mut self, goes_on: bool) -> Result<(), Infrastructure> {
        let is_commit = goes_on && self.random.below(2) == 0;
        // A server process that dies rolls back.
        let end = match self.run(if is_commit { "COMMIT" } else { "ROLLBACK" }).await? {
            Ended::Done if is_commit => TransactionEnd::Committed,
            Ended::Lost if is_commit => TransactionEnd::Unknown,
            _ => TransactionEnd::RolledBack,
        };
        self.shared.recorder.end_transaction(self.session, end);
        Ok(())
    }

    /// A value to go on from: mostly far away from all others, sometimes near the beginning.
    fn value(&mut self, sequence: u32) -> i64 {
        let definition = self.shared.sequences[sequence as usize].definition;
        let span = definition.max.abs_diff(definition.min).min(1 << 53);
        let span = if self.random.below(4) == 0 { span.min(1000) } else { span };
        let offset = self.random.below(span) as i64;
        if definition.increment > 0 { definition.min + offset } else { definition.max - offset }
    }

    async fn setval(&mut self, sequence: u32) -> Result<u64, Infrastructure> {
        let lock = self.shared.changes[sequence as usize].clone();
        let _guard = lock.read().await;
        let (value, is_called) = (self.value(sequence), self.random.below(2) == 0);
        let sql = format!("SELECT setval('{}', {value}, {is_called})", self.shared.name(sequence));
        self.record(sequence, &sql, setval(value, is_called, Outcome::Unknown), |answer| match answer {
            Answer::Done(_) => Some(setval(value, is_called, Outcome::Done)),
            Answer::Failed(code) => Some(setval(value, is_called, Outcome::Failed(*code))),
            Answer::Lost(_) => None,
        })
        .await?;
        Ok(1)
    }

    /// ALTER SEQUENCE, alone or in a transaction with some values.
    async fn alter(&mut self, sequence: u32) -> Result<u64, Infrastructure> {
        // Whoever gives options to a sequence does it alone. PostgreSQL would serve such statements one after the other,
        // but their order would be unknown, and with it what the options are from then on.
        let lock = self.shared.changes[sequence as usize].clone();
        let _guard = lock.write().await;
        let sign = self.shared.sequences[sequence as usize].definition.increment.signum();
        let alter = match self.random.below(3) {
            0 => Alter { restart: Some(self.value(sequence)), ..Alter::default() },
            1 => Alter { cache: Some(1 + self.random.below(30) as i64), ..Alter::default() },
            _ => Alter { increment: Some(sign * (1 + self.random.below(5) as i64)), ..Alter::default() },
        };
        let calls = if self.random.below(3) == 0 { 1 + self.random.below(3) } else { 0 };
        let mut goes_on = true;
        if calls > 0 {
            goes_on = matches!(self.run("BEGIN").await?, Ended::Done);
            if goes_on {
                self.shared.recorder.begin_transaction(self.session);
            }
        }
        goes_on = goes_on && self.run_alter(sequence, &alter).await?;
        for _ in 0..calls {
            goes_on = goes_on && self.nextval(sequence).await?;
        }
        if calls > 0 {
            self.end_transaction(goes_on).await?;
        }
        if !goes_on || !self.is_connected() {
            // Nobody knows whether it was done, so all options are given anew.
            return Ok(1 + calls + self.alter_all(sequence).await?);
        }
        Ok(1 + calls)
    }

    /// Gives all options of a sequence, until it is known that they are given.
    async fn alter_all(&mut self, sequence: u32) -> Result<u64, Infrastructure> {
        let definition = self.shared.sequences[sequence as usize].definition;
        let mut tries = 0;
        loop {
            if !self.is_connected() {
                self.connect().await?;
            }
            tries += 1;
            let alter = Alter {
                restart: Some(self.value(sequence)),
                increment: Some(definition.increment),
                min: Some(definition.min),
                max: Some(definition.max),
                cache: Some(definition.cache),
                cycle: Some(definition.cycle),
                ..Alter::default()
            };
            if self.run_alter(sequence, &alter).await? || Instant::now() > self.shared.latest_end {
                return Ok(tries);
            }
        }
    }

    async fn run_alter(&mut self, sequence: u32, alter: &Alter) -> Result<bool, Infrastructure> {
        let sql = format!("ALTER SEQUENCE {}{}", self.shared.name(sequence), options_of(alter));
        let call = |outcome| Call::Alter(Box::new(Alter { outcome, ..alter.clone() }));
        self.record(sequence, &sql, call(Outcome::Unknown), |answer| match answer {
            Answer::Done(_) => Some(call(Outcome::Done)),
            Answer::Failed(code) => Some(call(Outcome::Failed(*code))),
            Answer::Lost(_) => None,
        })
        .await
    }
}

/// The options as SQL.
fn options_of(alter: &Alter) -> String {
    let mut sql = String::new();
    let numbers = [
        ("INCREMENT BY", alter.increment),
        ("MINVALUE", alter.min),
        ("MAXVALUE", alter.max),
        ("RESTART WITH", alter.restart),
        ("CACHE", alter.cache),
    ];
    for (option, value) in numbers {
        if let Some(value) = value {
            sql.push_str(&format!(" {option} {value}"));
        }
    }
    if let Some(cycle) = alter.cycle {
        sql.push_str(if cycle { " CYCLE" } else { " NO CYCLE" });
    }
    sql
}
