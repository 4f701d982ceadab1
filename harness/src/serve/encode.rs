//! From replies to wire messages (manual, "Message Formats").

use bytes::{BufMut, BytesMut};
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::data::{DataRow, FieldDescription, RowDescription};
use pgwire::messages::response::{ErrorResponse, NoticeResponse};
use seqcheck_engine::{Cell, Major, Message, Rows, TransactionStatus};

use super::chance;
use super::outcome::outside;

/// The format code of values as text.
pub(super) const TEXT: i16 = 0;
/// The format code of values in binary.
pub(super) const BINARY: i16 = 1;

/// Types by their OIDs of `pg_type`.
pub(super) mod oid {
    pub(in crate::serve) const BOOL: u32 = 16;
    pub(in crate::serve) const CHAR: u32 = 18;
    pub(in crate::serve) const NAME: u32 = 19;
    pub(in crate::serve) const INT8: u32 = 20;
    pub(in crate::serve) const INT2: u32 = 21;
    pub(in crate::serve) const INT4: u32 = 23;
    pub(in crate::serve) const TEXT: u32 = 25;
    pub(in crate::serve) const OID: u32 = 26;
    pub(in crate::serve) const FLOAT8: u32 = 701;
    pub(in crate::serve) const UNKNOWN: u32 = 705;
    pub(in crate::serve) const VARCHAR: u32 = 1043;
    pub(in crate::serve) const DATE: u32 = 1082;
    pub(in crate::serve) const TIME: u32 = 1083;
    pub(in crate::serve) const TIMESTAMP: u32 = 1114;
    pub(in crate::serve) const TIMESTAMPTZ: u32 = 1184;
    pub(in crate::serve) const TIMETZ: u32 = 1266;
    pub(in crate::serve) const REGCLASS: u32 = 2205;
    pub(in crate::serve) const UUID: u32 = 2950;
}

/// An error.
pub(super) fn error(message: &Message) -> PgWireBackendMessage {
    PgWireBackendMessage::ErrorResponse(ErrorResponse::new(fields(message)))
}

/// A notice or warning.
pub(super) fn notice(message: &Message) -> PgWireBackendMessage {
    PgWireBackendMessage::NoticeResponse(NoticeResponse::new(fields(message)))
}

/// The fields of an error or notice (manual, "Error and Notice Message Fields").
fn fields(message: &Message) -> Vec<(u8, String)> {
    let severity = message.severity.word().to_owned();
    let mut fields = vec![
        (b'S', severity.clone()),
        (b'V', severity),
        (b'C', message.sqlstate.to_string()),
        (b'M', message.message.to_string()),
    ];
    fields.extend(message.detail.iter().map(|detail| (b'D', detail.clone())));
    fields.extend(message.hint.iter().map(|hint| (b'H', hint.to_string())));
    fields
}

/// The description of a result; columns without a format are text.
pub(super) fn row_description<'c>(
    columns: impl Iterator<Item = (&'c str, u32)>,
    formats: &[i16],
) -> PgWireBackendMessage {
    let fields = columns
        .enumerate()
        .map(|(index, (name, type_oid))| {
            let size = type_size(type_oid);
            // The model does not say which table's column it is, nor the length in varchar(n).
            FieldDescription::new(name.to_owned(), 0, 0, type_oid, size, -1, format_of(formats, index))
        })
        .collect();
    PgWireBackendMessage::RowDescription(RowDescription::new(fields))
}

/// The format of a column: each has its own, all have the same, or none is given and all are text.
pub(super) fn format_of(formats: &[i16], index: usize) -> i16 {
    match formats {
        [] => TEXT,
        [one] => *one,
        several => several.get(index).copied().unwrap_or(TEXT),
    }
}

/// The size of a type in bytes, -1 when it varies.
fn type_size(type_oid: u32) -> i16 {
    match type_oid {
        oid::BOOL | oid::CHAR => 1,
        oid::INT2 => 2,
        oid::INT4 | oid::OID | oid::REGCLASS | 2206 | 4089 => 4,
        oid::INT8 => 8,
        oid::NAME => 64,
        _ => -1,
    }
}

/// The rows of a result.
///
/// # Errors
///
/// For a value whose binary format is not known here.
pub(super) fn rows(rows: &Rows, formats: &[i16]) -> Result<Vec<PgWireBackendMessage>, Message> {
    rows.iter()
        .map(|row| {
            let mut data = BytesMut::new();
            for (index, cell) in row.iter().enumerate() {
                let type_oid = rows.types.get(index).copied().unwrap_or(oid::TEXT);
                put_value(&mut data, cell, type_oid, format_of(formats, index))?;
            }
            Ok(PgWireBackendMessage::DataRow(DataRow::new(data, row.len() as i16)))
        })
        .collect()
}

fn put_value(data: &mut BytesMut, cell: &Cell, type_oid: u32, format: i16) -> Result<(), Message> {
    let chance = (*cell == Cell::Any).then(|| chance::value(type_oid));
    let Some(text) = chance.unwrap_or_else(|| cell.text()) else {
        data.put_i32(-1);
        return Ok(());
    };
    if format != BINARY {
        data.put_i32(text.len() as i32);
        data.put_slice(text.as_bytes());
        return Ok(());
    }
    let unknown = || outside(&format!("the binary format of a value whose type has the OID {type_oid}"));
    match type_oid {
        oid::TEXT | oid::VARCHAR | oid::NAME | oid::CHAR | oid::UNKNOWN => {
            data.put_i32(text.len() as i32);
            data.put_slice(text.as_bytes());
        }
        oid::BOOL => {
            data.put_i32(1);
            data.put_u8((text == "t").into());
        }
        oid::INT2 => {
            data.put_i32(2);
            data.put_i16(text.parse().map_err(|_| unknown())?);
        }
        oid::INT4 => {
            data.put_i32(4);
            data.put_i32(text.parse().map_err(|_| unknown())?);
        }
        oid::OID => {
            data.put_i32(4);
            data.put_u32(text.parse().map_err(|_| unknown())?);
        }
        oid::INT8 => {
            data.put_i32(8);
            data.put_i64(text.parse().map_err(|_| unknown())?);
        }
        _ => return Err(unknown()),
    }
    Ok(())
}

/// The transaction status as the protocol writes it.
pub(super) fn transaction_status(status: TransactionStatus) -> pgwire::messages::response::TransactionStatus {
    use pgwire::messages::response::TransactionStatus as Status;
    match status {
        TransactionStatus::Idle => Status::Idle,
        TransactionStatus::InTransaction => Status::Transaction,
        TransactionStatus::Failed => Status::Error,
    }
}

/// The parameters that clients are told of (manual, "Asynchronous Operations" of the protocol).
pub(super) fn reported_parameters(major: Major) -> impl Iterator<Item = &'static str> {
    const SINCE: [(&str, u8); 14] = [
        ("application_name", 13),
        ("client_encoding", 13),
        ("DateStyle", 13),
        ("default_transaction_read_only", 14),
        ("in_hot_standby", 14),
        ("integer_datetimes", 13),
        ("IntervalStyle", 13),
        ("is_superuser", 13),
        ("search_path", 18),
        ("server_encoding", 13),
        ("server_version", 13),
        ("session_authorization", 13),
        ("standard_conforming_strings", 13),
        ("TimeZone", 13),
    ];
    SINCE.into_iter().filter(move |(_, since)| major.number() >= *since).map(|(name, _)| name)
}
