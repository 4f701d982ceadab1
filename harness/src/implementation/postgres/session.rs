//! Requests in order over one connection.

use super::connection::Connection;
use super::decode::{Collected, Collector};
use super::suspicion::may_copy;
use crate::implementation::{Infrastructure, Received, Request};
use crate::server::Endpoint;
use bytes::BytesMut;
use postgres_protocol::message::frontend::{self, CopyData};
use seqcheck_engine::{Message, Reply, Severity};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Requests are sent together until there are this many bytes of them.
///
/// Well below what a socket buffers: the server, too, can then always write its replies, and neither side blocks.
const BATCH_BYTES: usize = 16 << 10;

/// A session with its outstanding requests.
#[derive(Debug)]
pub(super) struct Session {
    connection: Connection,
    collector: Collector,
    /// Requests on their way, oldest first.
    in_flight: VecDeque<Vec<String>>,
    /// Requests that must not be on their way before the ones before them are answered.
    held_back: VecDeque<(String, Vec<String>)>,
    /// Whether the last request on its way may start a COPY.
    may_copy: bool,
    /// Bytes of requests on their way.
    bytes_in_flight: usize,
    status: u8,
}

impl Session {
    pub(super) fn new(connection: Connection) -> Session {
        Session {
            connection,
            collector: Collector::default(),
            in_flight: VecDeque::new(),
            held_back: VecDeque::new(),
            may_copy: false,
            bytes_in_flight: 0,
            status: b'I',
        }
    }

    /// The number of the server process behind this session.
    pub(super) fn process_id(&self) -> i32 {
        self.connection.process_id()
    }

    /// Asks the server to cancel what it is doing for this session.
    pub(super) fn cancel(&self, endpoint: &Endpoint, patience: Duration) -> Result<(), Infrastructure> {
        self.connection.cancel(endpoint, patience)
    }

    /// Whether a transaction block is open.
    pub(super) fn in_transaction(&self) -> bool {
        self.status != b'I'
    }

    /// Whether all requests are answered.
    pub(super) fn is_idle(&self) -> bool {
        self.in_flight.is_empty() && self.held_back.is_empty()
    }

    /// Gives back the connection, without waiting for replies.
    pub(super) fn into_connection(self) -> Connection {
        self.connection
    }

    /// Tells the server that the session is over.
    pub(super) fn say_goodbye(&mut self) {
        self.connection.say_goodbye();
    }

    /// Takes a request; it goes out with [`flush`](Self::flush) or [`receive`](Self::receive).
    pub(super) fn send(&mut self, request: Request<'_>) -> Result<(), Infrastructure> {
        if !self.held_back.is_empty() || !self.has_room(request.sql) {
            self.held_back.push_back((request.sql.to_owned(), request.copy_data.to_vec()));
            return Ok(());
        }
        self.write(request.sql, request.copy_data.to_vec())
    }

    /// Whether a request can go out now.
    ///
    /// A server that copies would take the next query for a broken COPY, so nothing follows a request that may copy.
    fn has_room(&self, sql: &str) -> bool {
        self.in_flight.is_empty() || !self.may_copy && self.bytes_in_flight + sql.len() <= BATCH_BYTES
    }

    fn write(&mut self, sql: &str, copy_data: Vec<String>) -> Result<(), Infrastructure> {
        self.connection.write(|output| frontend::query(sql, output))?;
        self.may_copy = may_copy(sql);
        self.bytes_in_flight += sql.len();
        self.in_flight.push_back(copy_data);
        Ok(())
    }

    /// Sends what was taken, as far as it may go out.
    pub(super) fn flush(&mut self) -> Result<(), Infrastructure> {
        self.connection.flush()
    }

    /// The reply to the oldest outstanding request.
    pub(super) fn receive(&mut self, deadline: Instant) -> Result<Received, Infrastructure> {
        if self.is_idle() {
            return Ok(Received::Pending);
        }
        self.connection.flush()?;
        loop {
            let message = match self.connection.next(deadline) {
                Ok(Some(message)) => message,
                Ok(None) => return Ok(Received::Pending),
                Err(Infrastructure::Lost { who, reason }) => return Err(self.explain_loss(who, reason)),
                Err(error) => return Err(error),
            };
            match self.collector.take(message).map_err(|what| self.connection.violation(what))? {
                Collected::More => {}
                Collected::WantsCopyData => self.send_copy_data()?,
                Collected::Complete(reply, status) => {
                    self.finish(status)?;
                    return match reply.error.as_ref().filter(|error| is_infrastructure(error)) {
                        Some(error) => Err(self.server_error(error)),
                        None => Ok(Received::Done(reply)),
                    };
                }
            }
        }
    }

    /// Notes that the oldest request is answered, and sends those that waited for that.
    fn finish(&mut self, status: u8) -> Result<(), Infrastructure> {
        self.status = status;
        self.in_flight.pop_front();
        if self.in_flight.is_empty() {
            self.bytes_in_flight = 0;
            self.may_copy = false;
        }
        while let Some((sql, _)) = self.held_back.front()
            && self.has_room(sql)
            && let Some((sql, copy_data)) = self.held_back.pop_front()
        {
            self.write(&sql, copy_data)?;
        }
        self.connection.flush()
    }

    fn send_copy_data(&mut self) -> Result<(), Infrastructure> {
        let lines = self.in_flight.front_mut().map(std::mem::take).unwrap_or_default();
        for mut line in lines {
            line.push('\n');
            self.connection.write(|output| {
                CopyData::new(line.as_bytes())?.write(output);
                Ok(())
            })?;
            if self.connection.unsent() > BATCH_BYTES {
                self.connection.flush()?;
            }
        }
        self.connection.write(|output: &mut BytesMut| {
            frontend::copy_done(output);
            Ok(())
        })?;
        self.connection.flush()
    }

    /// The whole reply to one request, when nothing else is outstanding.
    pub(super) fn query(&mut self, sql: &str, deadline: Instant) -> Result<Reply, Infrastructure> {
        self.send(Request { sql, copy_data: &[] })?;
        let started = Instant::now();
        match self.receive(deadline)? {
            Received::Done(reply) => Ok(reply),
            Received::Pending => {
                Err(Infrastructure::TimedOut { who: self.connection.who().to_owned(), after: started.elapsed() })
            }
        }
    }

    /// Prefers the error that the server sent before it closed the connection.
    fn explain_loss(&self, who: String, reason: String) -> Infrastructure {
        match self.collector.error() {
            Some(error) => self.server_error(error),
            None => Infrastructure::Lost { who, reason },
        }
    }

    fn server_error(&self, error: &Message) -> Infrastructure {
        Infrastructure::Server {
            who: self.connection.who().to_owned(),
            sqlstate: error.sqlstate.to_string(),
            message: error.message.to_string(),
        }
    }
}

/// Whether an error says something about the server's state rather than about the statement
/// (manual, Appendix A "PostgreSQL Error Codes": classes 08, 53, 58, and operator intervention but for a cancelled query).
fn is_infrastructure(error: &Message) -> bool {
    let code = error.sqlstate.code();
    error.severity == Severity::Fatal
        || error.severity == Severity::Panic
        || ["08", "53", "58", "57P"].iter().any(|class| code.starts_with(class))
}
