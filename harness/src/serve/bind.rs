//! The values of parameters, in text or in binary, as the text that the engine reads.

use pgwire::messages::extendedquery::Bind;
use seqcheck_engine::Message;

use super::encode::{BINARY, format_of, oid};
use super::outcome::{error, outside, sqlstate};

/// The values in text format; `types` are the parameters' OIDs.
///
/// # Errors
///
/// As PostgreSQL's for values that are not what their types need, and for formats that are not known here.
pub(super) fn values(bind: &Bind, types: &[u32]) -> Result<Vec<Option<String>>, Message> {
    let (formats, count) = (&bind.parameter_format_codes, bind.parameters.len());
    if formats.len() > 1 && formats.len() != count {
        return Err(error(
            sqlstate::PROTOCOL_VIOLATION,
            format!("bind message has {} parameter formats but {count} parameters", formats.len()),
        ));
    }
    bind.parameters
        .iter()
        .enumerate()
        .map(|(index, value)| match value {
            None => Ok(None),
            Some(bytes) if format_of(formats, index) == BINARY => {
                binary(bytes, types.get(index).copied().unwrap_or(oid::UNKNOWN), index).map(Some)
            }
            Some(bytes) => text(bytes).map(Some),
        })
        .collect()
}

fn text(bytes: &[u8]) -> Result<String, Message> {
    String::from_utf8(bytes.to_vec())
        .map_err(|_| error(sqlstate::CHARACTER_NOT_IN_REPERTOIRE, "invalid byte sequence for encoding \"UTF8\""))
}

fn binary(bytes: &[u8], type_oid: u32, index: usize) -> Result<String, Message> {
    let wrong = || {
        error(
            sqlstate::INVALID_BINARY_REPRESENTATION,
            format!("incorrect binary data format in bind parameter {}", index + 1),
        )
    };
    match type_oid {
        oid::TEXT | oid::VARCHAR | oid::NAME | oid::CHAR | oid::UNKNOWN => text(bytes),
        oid::BOOL => match bytes {
            [value] => Ok(if *value == 0 { "f" } else { "t" }.to_owned()),
            _ => Err(wrong()),
        },
        oid::INT2 => Ok(i16::from_be_bytes(bytes.try_into().map_err(|_| wrong())?).to_string()),
        oid::INT4 => Ok(i32::from_be_bytes(bytes.try_into().map_err(|_| wrong())?).to_string()),
        oid::INT8 => Ok(i64::from_be_bytes(bytes.try_into().map_err(|_| wrong())?).to_string()),
        oid::OID | oid::REGCLASS => Ok(u32::from_be_bytes(bytes.try_into().map_err(|_| wrong())?).to_string()),
        other => Err(outside(&format!("the binary format of a parameter whose type has the OID {other}"))),
    }
}
