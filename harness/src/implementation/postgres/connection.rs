//! Whole messages over a socket, with a deadline for each operation.

use super::authentication::Authentication;
use super::decode::message_of;
use super::stream::Stream;
use crate::implementation::Infrastructure;
use crate::server::Endpoint;
use bytes::BytesMut;
use postgres_protocol::message::backend::{Header, Message};
use postgres_protocol::message::frontend;
use seqcheck_engine as engine;
use std::io;
use std::time::{Duration, Instant};

/// The longest message that is believed, in bytes: anything longer is taken for garbage, not for a reply.
const LONGEST_MESSAGE: usize = 64 << 20;

/// How much is read at once, in bytes.
const READ_SIZE: usize = 16 << 10;

/// A connection on which the start-up is over.
#[derive(Debug)]
pub(super) struct Connection {
    stream: Stream,
    input: BytesMut,
    output: BytesMut,
    who: String,
    patience: Duration,
    process_id: i32,
    /// What the server wants to hear from whoever cancels this session's statements.
    secret_key: i32,
}

/// Why a connection could not be opened.
#[derive(Debug)]
pub(super) enum OpenError {
    /// The server said no.
    Refused(engine::Message),
    /// Something else went wrong.
    Infrastructure(Infrastructure),
}

impl From<Infrastructure> for OpenError {
    fn from(error: Infrastructure) -> OpenError {
        OpenError::Infrastructure(error)
    }
}

impl Connection {
    /// Opens a connection as `user`, setting `parameters` for its whole life; `who` names it in errors.
    pub(super) fn open(
        endpoint: &Endpoint,
        user: &str,
        parameters: &[(&str, &str)],
        who: String,
        patience: Duration,
    ) -> Result<Connection, OpenError> {
        let deadline = Instant::now() + patience;
        let mut connection = Connection::to(endpoint, who, patience)?;
        connection.start_up(endpoint, user, parameters, deadline)?;
        Ok(connection)
    }

    /// A connection on which nothing has been said yet.
    fn to(endpoint: &Endpoint, who: String, patience: Duration) -> Result<Connection, Infrastructure> {
        let stream = Stream::connect(endpoint, patience)
            .map_err(|error| Infrastructure::Connect { target: endpoint.to_string(), reason: error.to_string() })?;
        Ok(Connection {
            stream,
            input: BytesMut::with_capacity(READ_SIZE),
            output: BytesMut::new(),
            who,
            patience,
            process_id: 0,
            secret_key: 0,
        })
    }

    fn start_up(
        &mut self,
        endpoint: &Endpoint,
        user: &str,
        parameters: &[(&str, &str)],
        deadline: Instant,
    ) -> Result<(), OpenError> {
        let fixed = [("user", user), ("database", &endpoint.database), ("client_encoding", "UTF8")];
        let options = endpoint.options.as_deref().map(|options| ("options", options));
        self.write(|output| frontend::startup_message(fixed.iter().chain(parameters).copied().chain(options), output))?;
        let mut authentication = Authentication::new(user, endpoint.password.as_deref());
        loop {
            self.flush()?;
            let Some(message) = self.next(deadline)? else {
                return Err(Infrastructure::TimedOut { who: self.who.clone(), after: self.patience }.into());
            };
            match message {
                Message::BackendKeyData(body) => {
                    (self.process_id, self.secret_key) = (body.process_id(), body.secret_key());
                }
                Message::ReadyForQuery(_) => return Ok(()),
                Message::ParameterStatus(_) | Message::NoticeResponse(_) => {}
                Message::ErrorResponse(body) => {
                    let message = message_of(body.fields(), engine::Severity::Fatal);
                    return Err(OpenError::Refused(message.map_err(|what| self.violation(what))?));
                }
                other => authentication.answer(other, &mut self.output).map_err(|reason| Infrastructure::Connect {
                    target: format!("{endpoint} ({})", self.who),
                    reason,
                })?,
            }
        }
    }

    /// The number of the server process behind this connection.
    pub(super) fn process_id(&self) -> i32 {
        self.process_id
    }

    /// How messages name this connection.
    pub(super) fn who(&self) -> &str {
        &self.who
    }

    /// Asks the server to cancel what it is doing for this connection, over another one; returns when the server has closed
    /// that, which it does after it has told the process (manual, "Canceling Requests in Progress").
    pub(super) fn cancel(&self, endpoint: &Endpoint, patience: Duration) -> Result<(), Infrastructure> {
        let who = format!("the request to cancel {}'s statement", self.who);
        let mut request = Connection::to(endpoint, who, patience)?;
        frontend::cancel_request(self.process_id, self.secret_key, &mut request.output);
        request.flush()?;
        request.wait_for_end()
    }

    /// Appends a message to what the next [`flush`](Self::flush) sends.
    ///
    /// Fails when the message cannot be encoded: a query that holds a zero byte, or is too long for the protocol.
    pub(super) fn write(&mut self, encode: impl FnOnce(&mut BytesMut) -> io::Result<()>) -> Result<(), Infrastructure> {
        let before = self.output.len();
        encode(&mut self.output).map_err(|error| {
            self.output.truncate(before);
            self.violation(format!("a message to it cannot be encoded: {error}"))
        })
    }

    /// Number of bytes that wait for [`flush`](Self::flush).
    pub(super) fn unsent(&self) -> usize {
        self.output.len()
    }

    /// Sends what was written.
    pub(super) fn flush(&mut self) -> Result<(), Infrastructure> {
        if self.output.is_empty() {
            return Ok(());
        }
        let sent = self.stream.write_all(&self.output, Instant::now() + self.patience);
        self.output.clear();
        sent.map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => Infrastructure::TimedOut { who: self.who.clone(), after: self.patience },
            // The server's last words say more than a broken pipe.
            _ => self.last_words().unwrap_or_else(|| self.lost(error.to_string())),
        })
    }

    /// The next message, or `None` when it is not complete at `deadline`.
    pub(super) fn next(&mut self, deadline: Instant) -> Result<Option<Message>, Infrastructure> {
        loop {
            if let Some(message) = self.parse()? {
                return Ok(Some(message));
            }
            let mut chunk = [0; READ_SIZE];
            match self.stream.read(&mut chunk, deadline) {
                Ok(None) => return Ok(None),
                Ok(Some(0)) if self.input.is_empty() => return Err(self.lost("the server closed it")),
                Ok(Some(0)) => return Err(self.lost("the server closed it in the middle of a message")),
                Ok(Some(length)) => self.input.extend_from_slice(&chunk[..length]),
                Err(error) => return Err(self.lost(error.to_string())),
            }
        }
    }

    /// Takes a whole message out of what was read.
    fn parse(&mut self) -> Result<Option<Message>, Infrastructure> {
        let header = Header::parse(&self.input).map_err(|error| self.violation(error.to_string()))?;
        // The tag is checked before the body has come, since garbage may announce a body that never comes.
        if let Some(&tag) = self.input.first()
            && !b"123ACcdDEGHIKnNRsStTZ".contains(&tag)
        {
            return Err(self.violation(format!("byte {tag:#04x} begins no message")));
        }
        let Some(header) = header else { return Ok(None) };
        if header.len() as usize > LONGEST_MESSAGE {
            return Err(self.violation(format!("a message of {} bytes was announced", header.len())));
        }
        Message::parse(&mut self.input).map_err(|error| self.violation(error.to_string()))
    }

    /// Says goodbye and waits until the server process has released everything and is gone.
    pub(super) fn close(mut self) -> Result<(), Infrastructure> {
        // When that cannot be sent, the connection is gone already, or its end does not come.
        self.say_goodbye();
        self.wait_for_end()
    }

    /// Says goodbye; that it cannot be said does no harm.
    pub(super) fn say_goodbye(&mut self) {
        self.output.clear();
        frontend::terminate(&mut self.output);
        let _ = self.stream.write_all(&self.output, Instant::now() + self.patience);
        self.output.clear();
    }

    /// Reads on until the server closes the connection, which it does after it has released its locks.
    pub(super) fn wait_for_end(mut self) -> Result<(), Infrastructure> {
        let deadline = Instant::now() + self.patience;
        let mut chunk = [0; READ_SIZE];
        loop {
            match self.stream.read(&mut chunk, deadline) {
                Ok(None) => return Err(Infrastructure::TimedOut { who: self.who, after: self.patience }),
                Ok(Some(0)) | Err(_) => return Ok(()),
                Ok(Some(_)) => {}
            }
        }
    }

    /// The error that the server sent before it closed the connection, if any.
    fn last_words(&mut self) -> Option<Infrastructure> {
        let deadline = Instant::now() + Duration::from_millis(100);
        while let Ok(Some(message)) = self.next(deadline) {
            if let Message::ErrorResponse(body) = message {
                let message = message_of(body.fields(), engine::Severity::Fatal).ok()?;
                return Some(self.lost(format!("{}: {}", message.sqlstate, message.message)));
            }
        }
        None
    }

    /// The error for a connection that ended.
    pub(super) fn lost(&self, reason: impl Into<String>) -> Infrastructure {
        Infrastructure::Lost { who: self.who.clone(), reason: reason.into() }
    }

    /// The error for a message that has no place here.
    pub(super) fn violation(&self, what: impl Into<String>) -> Infrastructure {
        Infrastructure::Protocol { who: self.who.clone(), what: what.into() }
    }
}
