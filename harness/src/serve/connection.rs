//! One client: its socket, and which message means what at which time (manual, "Message Flow").

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::rc::Rc;
use std::time::Duration;

use bytes::BytesMut;
use pgwire::messages::response::ReadyForQuery;
use pgwire::messages::startup::ParameterStatus;
use pgwire::messages::{DecodeContext, PgWireBackendMessage, PgWireFrontendMessage, ProtocolVersion};
use seqcheck_engine::{Cluster, Message, Outcome, Reply, SessionId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::encode;
use super::extended::Finished;
use super::outcome::{Answer, fatal, sqlstate};
use super::state::State;

/// Replies are sent when there are this many bytes of them, or nothing is left to do.
const BATCH_BYTES: usize = 64 << 10;

/// Why a connection is over.
#[derive(Debug)]
pub(super) enum Ended {
    /// The client is gone, or has said goodbye.
    Closed,
    /// Somebody has ended the session.
    Terminated,
    /// The session cannot go on, for the reason that the client is told.
    Fatal(Box<Message>),
}

impl From<io::Error> for Ended {
    fn from(_: io::Error) -> Ended {
        Ended::Closed
    }
}

/// A client's connection.
pub(super) struct Connection {
    stream: TcpStream,
    input: BytesMut,
    output: BytesMut,
    pub(super) decoding: DecodeContext,
    pub(super) state: Rc<RefCell<State>>,
    /// The session's number, once it is open.
    pub(super) process: i32,
    /// Rung when the session is to end.
    pub(super) end: Rc<Notify>,
    /// The parameters as the client knows them.
    reported: BTreeMap<&'static str, String>,
    /// Whether messages are skipped up to the next Sync, after an error.
    pub(super) is_skipping: bool,
    /// Prepared statements, and portals, of an empty text.
    pub(super) empty_statements: BTreeSet<String>,
    pub(super) empty_portals: BTreeSet<String>,
    /// The formats of the columns that portals give.
    pub(super) formats: BTreeMap<String, Vec<i16>>,
    /// Portals that have given all of their rows, with the command tag that comes next.
    pub(super) finished: BTreeMap<String, Finished>,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, state: Rc<RefCell<State>>) -> Connection {
        Connection {
            stream,
            input: BytesMut::new(),
            output: BytesMut::new(),
            decoding: DecodeContext::new(ProtocolVersion::PROTOCOL3_0),
            state,
            process: 0,
            end: Rc::new(Notify::new()),
            reported: BTreeMap::new(),
            is_skipping: false,
            empty_statements: BTreeSet::new(),
            empty_portals: BTreeSet::new(),
            formats: BTreeMap::new(),
            finished: BTreeMap::new(),
        }
    }

    /// Serves the client to its end.
    pub(super) async fn serve(mut self) {
        // Small replies would otherwise wait for the acknowledgement of earlier ones.
        let _ = self.stream.set_nodelay(true);
        let ended = self.converse().await;
        // Locks are free before the client can see that the session is over.
        self.state.borrow_mut().close(self.process);
        let message = match ended {
            Ok(()) | Err(Ended::Closed) => None,
            Err(Ended::Terminated) => {
                Some(fatal(sqlstate::ADMIN_SHUTDOWN, "terminating connection due to administrator command"))
            }
            Err(Ended::Fatal(message)) => Some(*message),
        };
        if let Some(message) = message {
            self.write(encode::error(&message));
        }
        // A client that has gone does not read it, which harms nobody.
        let _ = self.flush().await;
        let _ = self.stream.shutdown().await;
    }

    async fn converse(&mut self) -> Result<(), Ended> {
        if !self.start_up().await? {
            return Ok(());
        }
        self.ready();
        loop {
            let message = self.next().await?;
            if self.is_skipping
                && !matches!(message, PgWireFrontendMessage::Sync(_) | PgWireFrontendMessage::Terminate(_))
            {
                continue;
            }
            match message {
                PgWireFrontendMessage::Query(query) => self.simple_query(&query.query).await?,
                PgWireFrontendMessage::Parse(parse) => self.parse(parse).await?,
                PgWireFrontendMessage::Bind(bind) => self.bind(bind).await?,
                PgWireFrontendMessage::Describe(describe) => self.describe(&describe)?,
                PgWireFrontendMessage::Execute(execute) => self.execute(&execute).await?,
                PgWireFrontendMessage::Close(close) => self.close(&close),
                PgWireFrontendMessage::Sync(_) => self.sync().await?,
                PgWireFrontendMessage::Flush(_) => self.flush().await?,
                PgWireFrontendMessage::Terminate(_) => return Ok(()),
                // What is left of a COPY that has failed.
                PgWireFrontendMessage::CopyData(_)
                | PgWireFrontendMessage::CopyDone(_)
                | PgWireFrontendMessage::CopyFail(_) => {}
                _ => return Err(violation("unexpected message type")),
            }
            if self.output.len() > BATCH_BYTES {
                self.flush().await?;
            }
        }
    }

    /// The next message; whatever there is to say to the client is said before the wait for it.
    pub(super) async fn next(&mut self) -> Result<PgWireFrontendMessage, Ended> {
        loop {
            match PgWireFrontendMessage::decode(&mut self.input, &self.decoding) {
                Ok(Some(message)) => return Ok(message),
                Ok(None) => {}
                Err(error) => return Err(violation(&error.to_string())),
            }
            self.flush().await?;
            tokio::select! {
                read = self.stream.read_buf(&mut self.input) => if read? == 0 {
                    return Err(Ended::Closed);
                },
                () = self.end.notified() => return Err(Ended::Terminated),
            }
        }
    }

    /// Adds a message to what is sent next.
    pub(super) fn write(&mut self, message: PgWireBackendMessage) {
        // Only a message of a gigabyte cannot be encoded.
        let _ = message.encode(&mut self.output);
    }

    pub(super) async fn flush(&mut self) -> Result<(), Ended> {
        if !self.output.is_empty() {
            self.stream.write_all(&self.output).await?;
            self.output.clear();
        }
        Ok(())
    }

    /// Runs a step of the session, and waits as long as it waits.
    pub(super) async fn run(&mut self, step: impl FnOnce(&mut Cluster, SessionId) -> Outcome) -> Result<Reply, Ended> {
        let answer = self.state.borrow_mut().run(self.process, step);
        match answer {
            Answer::Done(reply) => Ok(reply),
            Answer::Waits(reply) => {
                self.flush().await?;
                let look = |cluster: &mut Cluster, session| cluster.wait_limit(session);
                let limit = self.state.borrow_mut().with(self.process, look).flatten();
                let over = async {
                    match limit {
                        Some((limit, message)) => {
                            tokio::time::sleep(Duration::from_millis(limit.into())).await;
                            message
                        }
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    biased;
                    reply = reply => reply.map_err(|_| Ended::Terminated),
                    () = self.end.notified() => Err(Ended::Terminated),
                    message = over => Ok(self.state.borrow_mut().give_up(self.process, message)),
                }
            }
        }
    }

    /// Fails what the session is doing.
    pub(super) fn fail(&mut self, message: Message) -> Reply {
        self.state.borrow_mut().fail(self.process, message)
    }

    /// A parameter of the session.
    pub(super) fn parameter(&mut self, name: &str) -> Option<String> {
        let look = |cluster: &mut Cluster, session| cluster.parameter(session, name);
        self.state.borrow_mut().with(self.process, look).flatten()
    }

    /// Tells the client that it may go on, and which of its parameters have changed.
    pub(super) fn ready(&mut self) {
        self.report_parameters();
        let status = self.state.borrow().transaction_status(self.process);
        self.write(PgWireBackendMessage::ReadyForQuery(ReadyForQuery::new(encode::transaction_status(status))));
    }

    pub(super) fn report_parameters(&mut self) {
        let major = self.state.borrow().major();
        for name in encode::reported_parameters(major) {
            let Some(value) = self.parameter(name) else { continue };
            if self.reported.get(name) != Some(&value) {
                self.reported.insert(name, value.clone());
                self.write(PgWireBackendMessage::ParameterStatus(ParameterStatus::new(name.to_owned(), value)));
            }
        }
    }

    /// Sends the notices of a reply.
    pub(super) fn write_notices(&mut self, reply: &Reply) {
        for notice in &reply.notices {
            self.write(encode::notice(notice));
        }
    }
}

impl Drop for Connection {
    /// However a connection ends, its session must not stay: others may wait for its locks.
    fn drop(&mut self) {
        if let Ok(mut state) = self.state.try_borrow_mut() {
            state.close(self.process);
        }
    }
}

/// The end of a connection whose client does not keep to the protocol.
pub(super) fn violation(what: &str) -> Ended {
    Ended::Fatal(Box::new(fatal(sqlstate::PROTOCOL_VIOLATION, what)))
}
