//! Text that `squawk-syntax` refuses although PostgreSQL may take it: outside the model rather than wrong.

use super::lex::{Token, TokenKind};

/// What stands where the parser stopped, when its refusal proves nothing about PostgreSQL: a statement of a family that
/// the model does not have, or syntax that the parser is known not to have.
pub(super) fn beyond(sql: &str, tokens: &[Token], stop: usize) -> Option<String> {
    let text = |token: &Token| sql[token.start..token.end].to_ascii_uppercase();
    let mut words: Vec<String> = Vec::new();
    let mut stopped_at = None;
    for token in tokens {
        let word = if token.kind == TokenKind::Word { text(token) } else { sql[token.start..token.end].to_owned() };
        if token.start >= stop && stopped_at.is_none() {
            stopped_at = Some(words.len());
        }
        if word == ";" {
            if stopped_at.is_some() {
                break;
            }
            words.clear();
            continue;
        }
        words.push(word);
    }
    family(&words).or_else(|| missing_syntax(&words, stopped_at))
}

/// Where UESCAPE tells how a name is written, which the parser takes for something else (manual, "Lexical Structure").
pub(super) fn escape_of_name(sql: &str, tokens: &[Token]) -> Option<usize> {
    let text = |token: &Token| &sql[token.start..token.end];
    let tells = |pair: &&[Token]| text(&pair[1]).eq_ignore_ascii_case("UESCAPE") && text(&pair[0]).ends_with('"');
    tokens.windows(2).find(tells).map(|pair| pair[1].start)
}

/// The family of a statement that the model does not have.
fn family(words: &[String]) -> Option<String> {
    const STATEMENTS: [&str; 17] = [
        "CALL", "CLOSE", "CLUSTER", "DECLARE", "DO", "FETCH", "IMPORT", "LISTEN", "LOAD", "MERGE", "MOVE", "NOTIFY",
        "REFRESH", "SECURITY", "UNLISTEN", "WITH", "PERFORM",
    ];
    const OBJECTS: [&str; 26] = [
        "ACCESS",
        "AGGREGATE",
        "CAST",
        "COLLATION",
        "CONSTRAINT",
        "CONVERSION",
        "DATABASE",
        "DOMAIN",
        "EVENT",
        "EXTENSION",
        "FOREIGN",
        "FUNCTION",
        "LANGUAGE",
        "MATERIALIZED",
        "OPERATOR",
        "POLICY",
        "PROCEDURE",
        "PUBLICATION",
        "ROUTINE",
        "RULE",
        "SERVER",
        "STATISTICS",
        "SUBSCRIPTION",
        "TABLESPACE",
        "TRIGGER",
        "TYPE",
    ];
    let first = words.first()?.as_str();
    if STATEMENTS.contains(&first) {
        return Some(first.to_owned());
    }
    if !matches!(first, "CREATE" | "ALTER" | "DROP") {
        return None;
    }
    let replaces = words.get(1).is_some_and(|word| word == "OR") && words.get(2).is_some_and(|word| word == "REPLACE");
    let object = words.get(if replaces { 3 } else { 1 })?;
    OBJECTS.contains(&object.as_str()).then(|| format!("{first} {object}"))
}

/// Whether a keyword is called like a function: the grammar of some versions has such calls of its own (manual,
/// Appendix C "SQL Key Words").
pub(super) fn is_called_keyword(word: &str) -> bool {
    const KEYWORDS: [&str; 10] = [
        "GROUPING",
        "MERGE_ACTION",
        "NORMALIZE",
        "XMLCONCAT",
        "XMLELEMENT",
        "XMLEXISTS",
        "XMLFOREST",
        "XMLPARSE",
        "XMLPI",
        "XMLROOT",
    ];
    KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
}

/// Syntax that the parser is known not to have.
fn missing_syntax(words: &[String], stopped_at: Option<usize>) -> Option<String> {
    let at = |place: usize| words.get(place).map(String::as_str);
    // In FROM the parser knows functions with syntax of their own no better.
    const OWN_SYNTAX: [&str; 11] = [
        "CAST",
        "COALESCE",
        "EXTRACT",
        "GREATEST",
        "LEAST",
        "NULLIF",
        "OVERLAY",
        "POSITION",
        "SUBSTRING",
        "TREAT",
        "TRIM",
    ];
    let before = |place: usize| place.checked_sub(1).and_then(at);
    let is_item = |place: usize| match before(place) {
        Some("FROM" | "JOIN" | "LATERAL") => true,
        Some(",") => words[..place].iter().any(|word| word == "FROM"),
        _ => false,
    };
    let is_function = |place: usize| {
        at(place).is_some_and(|word| is_called_keyword(word) || is_item(place) && OWN_SYNTAX.contains(&word))
            && at(place + 1) == Some("(")
    };
    if let Some(place) = stopped_at
        && let Some(place) = [place, place.saturating_sub(1)].into_iter().find(|place| is_function(*place))
    {
        return Some(format!("expression {}", words[place]));
    }
    // PostgreSQL's grammar takes INTO in every SELECT and refuses it later.
    let intos = words.iter().filter(|word| *word == "INTO").count();
    if words.iter().any(|word| word == "SELECT") && intos > usize::from(at(0) == Some("INSERT")) {
        return Some("SELECT INTO inside another statement".to_owned());
    }
    let stops_at = stopped_at.and_then(at);
    let is_reference = |place: usize| place > 3 && words[place - 4..place].iter().any(|word| word == "REFERENCES");
    if stops_at == Some(",") && stopped_at.is_some_and(is_reference) {
        return Some("several columns for the foreign key of one".to_owned());
    }
    if stops_at == Some("COMPRESSION") {
        return Some("COMPRESSION of a column".to_owned());
    }
    if words.iter().take(stopped_at.unwrap_or(0)).any(|word| word == "EXCLUDE") {
        return Some("EXCLUDE".to_owned());
    }
    let is_number = stops_at.is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    if is_number && matches!(stopped_at.and_then(before), Some("ALTER" | "COLUMN")) {
        return Some("a column by its number".to_owned());
    }
    if is_alteration_as_of_table(words, stopped_at) {
        return Some("an action of ALTER TABLE, or several actions, for a relation that is no table".to_owned());
    }
    // Behind a function in FROM the parser expects ORDINALITY only.
    let with = |place: usize| {
        at(place) == Some("WITH") && matches!(at(place + 1), Some("NO" | "DATA" | "CHECK" | "LOCAL" | "CASCADED"))
    };
    if stopped_at.is_some_and(|place| with(place) || place > 0 && with(place - 1)) {
        return Some("WITH behind a function in FROM".to_owned());
    }
    let is_conditional = words.iter().take(5).map(String::as_str).eq(["CREATE", "SCHEMA", "IF", "NOT", "EXISTS"]);
    if is_conditional && matches!(stops_at, Some("CREATE" | "GRANT")) {
        return Some("CREATE SCHEMA IF NOT EXISTS with elements".to_owned());
    }
    None
}

/// Whether ALTER SEQUENCE, VIEW or INDEX goes on as ALTER TABLE may: PostgreSQL's grammar takes the same of all of them.
fn is_alteration_as_of_table(words: &[String], stopped_at: Option<usize>) -> bool {
    const ACTIONS: [&str; 18] = [
        "ADD",
        "ALTER",
        "ATTACH",
        "CLUSTER",
        "DETACH",
        "DISABLE",
        "DROP",
        "ENABLE",
        "FORCE",
        "INHERIT",
        "NOT",
        "OF",
        "OPTIONS",
        "REPLICA",
        "RESET",
        "SET",
        "TABLESPACE",
        "VALIDATE",
    ];
    let ([first, second, ..], Some(place)) = (words, stopped_at) else { return false };
    let Some(stops_at) = words.get(place) else { return false };
    let goes_on_behind_set = || {
        matches!(stops_at.as_str(), "(" | "ACCESS" | "WITHOUT")
            && words[..place].last().is_some_and(|word| word == "SET")
    };
    let has_action = || words.iter().any(|word| matches!(word.as_str(), "LOGGED" | "UNLOGGED" | "OWNER"));
    first == "ALTER"
        && matches!(second.as_str(), "SEQUENCE" | "VIEW" | "INDEX")
        && (ACTIONS.contains(&stops_at.as_str()) || stops_at == "," && has_action() || goes_on_behind_set())
}
