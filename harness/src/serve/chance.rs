//! Values that the model leaves open, for clients that want one: the time, and what comes about by chance.

use std::borrow::Cow;
use std::time::SystemTime;

use super::encode::oid;

/// A value of the type with this OID; NULL where any will do as well. Times are those of the time zone UTC.
pub(super) fn value(type_oid: u32) -> Option<Cow<'static, str>> {
    // Such as 2026-01-31T23:59:59.123456Z.
    let now = humantime::format_rfc3339_micros(SystemTime::now()).to_string();
    let (date, time) = now.trim_end_matches('Z').split_once('T')?;
    let text = match type_oid {
        oid::DATE => date.to_owned(),
        oid::TIME => time.to_owned(),
        oid::TIMESTAMP => format!("{date} {time}"),
        oid::TIMESTAMPTZ => format!("{date} {time}+00"),
        oid::TIMETZ => format!("{time}+00"),
        oid::FLOAT8 => fastrand::f64().to_string(),
        oid::UUID => uuid(fastrand::u128(..)),
        _ => return None,
    };
    Some(Cow::Owned(text))
}

/// A random UUID of version 4 (RFC 9562, section 5.4).
fn uuid(bits: u128) -> String {
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let digits = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
}
