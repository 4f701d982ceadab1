//! How text becomes part of a line: when it needs quotes, and what a line of an expectation would be taken for.
//!
//! The reader and the writer share these rules, so that what is written is read back as the same text.

use std::borrow::Cow;

use seqcheck_engine::{Cell, Severity, SqlState};

/// Between two cells of a row.
pub(super) const CELL_SEPARATOR: &str = " | ";
/// How NULL is written.
pub(super) const NULL: &str = "NULL";

/// What a line of an expectation is, told by its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    Guard,
    Separator,
    NoRows,
    EmptyRow,
    Anything,
    Waits,
    Or,
    Resumes(&'a str),
    Message(Severity),
    Detail,
    Hint,
    Columns,
    Tag,
    Row,
    /// Surely a mistake, with the form that was probably meant.
    Mistake(Mistake),
}

/// A line of an expectation that looks like something else than a row, but is not quite that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mistake {
    Comment,
    RowCount,
    /// A word that must be written this way.
    Spelling(&'static str),
}

/// Tells what `line`, without indentation, is.
pub(super) fn kind(line: &str) -> Kind<'_> {
    match line {
        ";" => return Kind::Separator,
        "(no rows)" => return Kind::NoRows,
        "()" => return Kind::EmptyRow,
        "(anything)" => return Kind::Anything,
        "waits" => return Kind::Waits,
        "or" => return Kind::Or,
        "wait" | "waiting" | "blocks" | "<waiting ...>" => return Kind::Mistake(Mistake::Spelling("waits")),
        _ if is_row_count(line) => return Kind::Mistake(Mistake::RowCount),
        _ => {}
    }
    match line.chars().next() {
        Some('@') => return Kind::Guard,
        Some('#') => return Kind::Mistake(Mistake::Comment),
        _ => {}
    }
    if let Some(name) = line.strip_suffix(" resumes").filter(|name| is_session_name(name)) {
        return Kind::Resumes(name);
    }
    let (word, rest) = line.split_at(line.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(line.len()));
    if let Some(severity) = Severity::from_word(word)
        && (rest.is_empty() || rest.starts_with([' ', ':']))
    {
        return Kind::Message(severity);
    }
    if let Some(severity) = Severity::from_word(&word.to_ascii_uppercase())
        && rest.get(1..6).is_some_and(|code| SqlState::parse(code).is_some())
        && rest[6..].starts_with(':')
    {
        return Kind::Mistake(Mistake::Spelling(severity.word()));
    }
    if rest.starts_with(':') {
        let labels =
            [("DETAIL:", Kind::Detail), ("HINT:", Kind::Hint), ("columns:", Kind::Columns), ("tag:", Kind::Tag)];
        for (spelling, kind) in labels {
            if line.starts_with(spelling) {
                return kind;
            }
            if spelling.trim_end_matches(':').eq_ignore_ascii_case(word) {
                return Kind::Mistake(Mistake::Spelling(spelling));
            }
        }
    }
    Kind::Row
}

/// Whether this is how psql ends a table, such as `(2 rows)`.
fn is_row_count(line: &str) -> bool {
    let count = line.strip_prefix('(').and_then(|rest| rest.strip_suffix(" rows)").or(rest.strip_suffix(" row)")));
    count.is_some_and(|count| !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether this can name a session.
pub(super) fn is_session_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The JSON string for `text`.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Reads a JSON string at the start of `text`: its value, and its length in bytes.
///
/// An error is its place, in bytes from the start of `text`, and what is wrong there.
pub(super) fn unquote(text: &str) -> Result<(String, usize), (usize, String)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<String>();
    match values.next() {
        Some(Ok(value)) => Ok((value, values.byte_offset())),
        Some(Err(error)) => {
            // The library counts bytes from 1, and puts the end of the text at its last byte.
            let mut place = error.column().saturating_sub(1).min(text.len());
            while !text.is_char_boundary(place) {
                place -= 1;
            }
            let reason = if error.is_eof() {
                "no closing quote".to_owned()
            } else {
                error.to_string().split(" at line ").next().unwrap_or_default().to_owned()
            };
            Err((place, reason))
        }
        None => Err((0, "no JSON string".to_owned())),
    }
}

/// A cell as it stands in a row.
pub(super) fn cell(cell: &Cell) -> Cow<'_, str> {
    match cell.text() {
        None => Cow::Borrowed(NULL),
        Some(text) if *cell == Cell::Any => text,
        Some(text) if needs_quotes(&text) => Cow::Owned(quoted(&text)),
        Some(text) => text,
    }
}

/// Whether text must be quoted to be a cell wherever it stands in a row.
pub(super) fn needs_quotes(text: &str) -> bool {
    text.is_empty()
        || text == NULL
        || text == Cell::ANY
        || text.starts_with([' ', '"', '|'])
        || text.ends_with([' ', '|'])
        || text.contains(" |")
        || text.contains("| ")
        || text.contains(char::is_control)
}

/// A row of cells as a line that is taken for a row.
pub(super) fn row(cells: &[Cell]) -> String {
    let Some((first, others)) = cells.split_first() else { return "()".to_owned() };
    let others: String = others.iter().flat_map(|other| [Cow::Borrowed(CELL_SEPARATOR), cell(other)]).collect();
    let line = format!("{}{others}", cell(first));
    match (kind(&line), first.text()) {
        (Kind::Row, _) | (_, None) => line,
        (_, Some(text)) => format!("{}{others}", quoted(&text)),
    }
}

/// Whether a line of SQL or of COPY data shows itself: no trailing blanks, no control characters but tabs.
pub(super) fn shows_itself(line: &str) -> bool {
    !line.ends_with([' ', '\t']) && !line.contains(|character: char| character.is_control() && character != '\t')
}

/// Whether the text of a message can be written line by line below its label.
pub(super) fn message_shows_itself(text: &str) -> bool {
    text.split('\n').enumerate().all(|(number, line)| {
        (number == 0 || !line.is_empty()) && !line.ends_with(' ') && !line.contains(char::is_control)
    })
}
