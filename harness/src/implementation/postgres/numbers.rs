//! Numbers in messages that no two servers share, replaced by ones that can be compared.

use seqcheck_engine::SqlState;

/// The first object number that is not the server's own (the server's `FirstNormalObjectId`).
const FIRST_NORMAL_OID: u64 = 16384;

/// Replaces process, transaction and object numbers the way the engine writes them.
///
/// The detail of a deadlock numbers each kind from 1, as they come up; the number of an object that is gone becomes `N`.
pub(super) fn number_alike(sqlstate: SqlState, message: &mut String, detail: &mut Option<String>) {
    match sqlstate.code() {
        "40P01" => {
            if let Some(detail) = detail {
                *detail = renumber(detail);
            }
        }
        "XX000" => {
            if let Some((words, number)) = message.rsplit_once(' ')
                && words.ends_with("with OID")
                && number.parse::<u64>().is_ok_and(|number| number >= FIRST_NORMAL_OID)
            {
                *message = format!("{words} N");
            }
        }
        // A name that is taken in a schema: `Key (relname, relnamespace)=(s, 2200) already exists.`
        "23505" => {
            if let Some(text) = detail
                && text.contains("namespace)=(")
                && let Some((start, end)) = text.split_once(")=(").and_then(|(_, rest)| {
                    let end = text.len() - rest.len() + rest.rfind(')')?;
                    Some((text[..end].rfind(", ")? + 2, end))
                })
            {
                text.replace_range(start..end, "N");
            }
        }
        _ => {}
    }
}

/// Numbers processes, transactions, objects and databases in a deadlock's detail from 1 each.
fn renumber(detail: &str) -> String {
    let mut known: [Vec<&str>; 4] = Default::default();
    let mut kind = None;
    let mut text = String::with_capacity(detail.len());
    let mut rest = detail;
    while !rest.is_empty() {
        let is_word = rest.starts_with(|character: char| character.is_ascii_alphanumeric());
        let end = rest.find(|character: char| character.is_ascii_alphanumeric() != is_word).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        match kind {
            Some(kind) if word.bytes().all(|byte| byte.is_ascii_digit()) => {
                let numbers: &mut Vec<&str> = &mut known[kind];
                let place = numbers.iter().position(|number| *number == word).unwrap_or_else(|| {
                    numbers.push(word);
                    numbers.len() - 1
                });
                text.push_str(&(place + 1).to_string());
            }
            _ => text.push_str(word),
        }
        if is_word {
            kind = match word {
                "Process" | "process" => Some(0),
                "transaction" => Some(1),
                "relation" | "object" => Some(2),
                "database" => Some(3),
                _ => None,
            };
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadlocks_numbers_count_from_one() {
        let detail = "Process 71 waits for ShareLock on transaction 735; blocked by process 70.\n\
                      Process 70 waits for AccessExclusiveLock on object 16390 of class 2615 of database 5; blocked by \
                      process 71.";
        let expected = "Process 1 waits for ShareLock on transaction 1; blocked by process 2.\n\
                        Process 2 waits for AccessExclusiveLock on object 1 of class 2615 of database 1; blocked by \
                        process 1.";
        assert_eq!(renumber(detail), expected);
    }

    #[test]
    fn numbers_that_a_statement_may_name_stay() {
        let alike = |sqlstate: &str, message: &str, detail: Option<&str>| {
            let (mut message, mut detail) = (message.to_owned(), detail.map(str::to_owned));
            number_alike(SqlState::parse(sqlstate).expect("five characters"), &mut message, &mut detail);
            (message, detail)
        };
        assert_eq!(alike("XX000", "could not open relation with OID 0", None).0, "could not open relation with OID 0");
        assert_eq!(
            alike("XX000", "could not open relation with OID 16391", None).0,
            "could not open relation with OID N"
        );
        let key = alike("23505", "", Some("Key (relname, relnamespace)=(a, b), 2200) already exists."));
        assert_eq!(key.1.as_deref(), Some("Key (relname, relnamespace)=(a, b), N) already exists."));
        let key = alike("23505", "", Some("Key (a, b)=(1, 2) already exists."));
        assert_eq!(key.1.as_deref(), Some("Key (a, b)=(1, 2) already exists."));
    }
}
