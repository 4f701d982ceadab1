//! One connection, with a limit for everything that it waits for.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_postgres::error::{DbError, Severity};
use tokio_postgres::{Client, Error, NoTls, SimpleQueryMessage};

use crate::history::ErrorCode;
use crate::implementation::Infrastructure;
use crate::server::{Endpoint, with_causes};

/// What came of a statement.
#[derive(Debug)]
pub(super) enum Answer {
    /// The first value of the last row, if there was any.
    Done(Option<String>),
    /// An error after which the session goes on.
    Failed(ErrorCode),
    /// The connection is lost.
    Lost(String),
}

/// An open connection.
pub(super) struct Connection {
    client: Client,
    pub(super) process: i32,
    who: String,
    patience: Duration,
}

impl Connection {
    /// Connects; `who` names the connection in errors.
    pub(super) async fn open(
        endpoint: &Endpoint,
        who: String,
        patience: Duration,
    ) -> Result<Connection, Infrastructure> {
        let refused = |reason: String| Infrastructure::Connect { target: format!("{endpoint} ({who})"), reason };
        let mut config = endpoint.async_config();
        config.connect_timeout(patience);
        let connecting = async {
            match endpoint.encryption.tls() {
                Some(tls) => config.connect(tls.connector()).await.map(attended),
                None => config.connect(NoTls).await.map(attended),
            }
        };
        let connected = timeout(patience, connecting)
            .await
            .map_err(|_| refused(format!("no answer within {:.0} s", patience.as_secs_f32())))?;
        let client = connected.map_err(|error| refused(with_causes(&error)))?;
        let mut connection = Connection { client, process: 0, who, patience };
        match connection.run("SELECT pg_backend_pid()").await? {
            Answer::Done(Some(process)) => connection.process = process.parse().unwrap_or_default(),
            Answer::Done(None) => return Err(connection.lost("it does not say which process serves it".to_owned())),
            Answer::Failed(code) => return Err(connection.lost(format!("SQLSTATE {}", code.as_str()))),
            Answer::Lost(reason) => return Err(connection.lost(reason)),
        }
        Ok(connection)
    }

    /// Runs a statement.
    pub(super) async fn run(&self, sql: &str) -> Result<Answer, Infrastructure> {
        match timeout(self.patience, self.client.simple_query(sql)).await {
            Err(_) => Err(Infrastructure::TimedOut { who: self.who.clone(), after: self.patience }),
            Ok(Ok(messages)) => Ok(Answer::Done(last_value(&messages))),
            Ok(Err(error)) => Ok(answer_of(&error)),
        }
    }

    /// The error for a connection that ended without a reason.
    pub(super) fn lost(&self, reason: String) -> Infrastructure {
        Infrastructure::Lost { who: self.who.clone(), reason }
    }
}

/// A client whose connection does its work aside. It ends when the client is dropped; how, the client is told.
fn attended<S, T>((client, connection): (Client, tokio_postgres::Connection<S, T>)) -> Client
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move { drop(connection.await) });
    client
}

fn last_value(messages: &[SimpleQueryMessage]) -> Option<String> {
    messages.iter().rev().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    })
}

fn answer_of(error: &Error) -> Answer {
    let is_fatal = |reported: &DbError| matches!(reported.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
    match error.as_db_error() {
        Some(reported) if !is_fatal(reported) => match reported.code().code().parse() {
            Ok(code) => Answer::Failed(code),
            Err(reason) => Answer::Lost(reason),
        },
        _ => Answer::Lost(with_causes(error)),
    }
}
