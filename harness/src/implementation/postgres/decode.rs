//! From wire messages to [`Reply`].

use super::numbers::number_alike;
use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::{DataRowBody, ErrorFields, Message, RowDescriptionBody};
use seqcheck_engine as engine;
use seqcheck_engine::{Cell, Reply, Rows, Severity, SqlState, StatementResult};
use std::borrow::Cow;

/// Collects the messages of one simple query (manual, "Message Flow", Simple Query).
#[derive(Debug, Default)]
pub(super) struct Collector {
    reply: Reply,
    rows: Option<Rows>,
}

/// What a message means for the query.
#[derive(Debug)]
pub(super) enum Collected {
    /// More is to come.
    More,
    /// The server wants the lines of a COPY.
    WantsCopyData,
    /// The reply is complete, and the session has this transaction status: `I`, `T` or `E`.
    Complete(Reply, u8),
}

impl Collector {
    /// Takes one message; fails with the reason when it has no place in a simple query.
    pub(super) fn take(&mut self, message: Message) -> Result<Collected, String> {
        match message {
            Message::RowDescription(body) => {
                self.rows = Some(Rows { columns: column_names(&body)?, types: column_types(&body)?, ..Rows::default() })
            }
            Message::DataRow(body) => {
                let rows = self.rows.as_mut().ok_or("a row came before its description")?;
                push_row(rows, &body)?;
            }
            Message::CommandComplete(body) => {
                let tag = body.tag().map_err(|error| error.to_string())?.to_owned();
                self.reply.results.push(StatementResult { rows: self.rows.take(), tag: tag.into() });
            }
            Message::NoticeResponse(body) => self.reply.notices.push(message_of(body.fields(), Severity::Notice)?),
            Message::ErrorResponse(body) => {
                // Rows of the statement that failed are no result.
                self.rows = None;
                self.reply.error = Some(message_of(body.fields(), Severity::Error)?);
            }
            Message::ReadyForQuery(body) => {
                return Ok(Collected::Complete(std::mem::take(&mut self.reply), body.status()));
            }
            Message::CopyInResponse(_) => return Ok(Collected::WantsCopyData),
            // Nothing in the model copies out; the lines are let go so that the command tag can still be compared.
            Message::CopyOutResponse(_) | Message::CopyData(_) | Message::CopyDone => {}
            Message::EmptyQueryResponse | Message::ParameterStatus(_) | Message::NotificationResponse(_) => {}
            _ => return Err("a message that belongs to no simple query came".into()),
        }
        Ok(Collected::More)
    }

    /// The error so far.
    pub(super) fn error(&self) -> Option<&engine::Message> {
        self.reply.error.as_ref()
    }
}

fn column_names(body: &RowDescriptionBody) -> Result<Vec<Cow<'static, str>>, String> {
    body.fields()
        .map(|field| match field.format() {
            0 => Ok(Cow::Owned(field.name().to_owned())),
            _ => Err(std::io::Error::other("a result in binary format came, which was not asked for")),
        })
        .collect()
        .map_err(|error| error.to_string())
}

fn column_types(body: &RowDescriptionBody) -> Result<Vec<u32>, String> {
    body.fields().map(|field| Ok(field.type_oid())).collect().map_err(|error| error.to_string())
}

fn push_row(rows: &mut Rows, body: &DataRowBody) -> Result<(), String> {
    let before = rows.cells.len();
    let mut ranges = body.ranges();
    while let Some(range) = ranges.next().map_err(|error| error.to_string())? {
        rows.cells.push(match range {
            None => Cell::Null,
            Some(range) => {
                let bytes = body.buffer().get(range).ok_or("a value reaches beyond its row")?;
                Cell::from_text(&String::from_utf8_lossy(bytes))
            }
        });
    }
    if rows.cells.len() - before != rows.columns.len() {
        return Err(format!(
            "a row of {} columns came where {} were announced",
            rows.cells.len() - before,
            rows.columns.len()
        ));
    }
    rows.count += 1;
    Ok(())
}

/// Reads the fields of an error or notice (manual, "Error and Notice Message Fields").
///
/// `default` is the severity when the server gives none that PostgreSQL has.
pub(super) fn message_of(mut fields: ErrorFields<'_>, default: Severity) -> Result<engine::Message, String> {
    let (mut severity, mut translated, mut sqlstate) = (None, None, None);
    let (mut message, mut detail, mut hint) = (None, None, None);
    while let Some(field) = fields.next().map_err(|error| error.to_string())? {
        let value = String::from_utf8_lossy(field.value_bytes());
        match field.type_() {
            b'V' => severity = Severity::from_word(&value),
            b'S' => translated = Severity::from_word(&value),
            b'C' => sqlstate = SqlState::parse(&value),
            b'M' => message = Some(value.into_owned()),
            b'D' => detail = Some(value.into_owned()),
            b'H' => hint = Some(value.into_owned()),
            _ => {}
        }
    }
    let sqlstate = sqlstate.ok_or("an error or notice without a valid SQLSTATE came")?;
    let mut message = message.ok_or("an error or notice without a message came")?;
    number_alike(sqlstate, &mut message, &mut detail);
    Ok(engine::Message {
        severity: severity.or(translated).unwrap_or(default),
        sqlstate,
        message: message.into(),
        detail,
        hint: hint.map(Cow::Owned),
    })
}
