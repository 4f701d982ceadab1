//! Reading rows of cells, such as `1 | NULL | "a | b"`.

use seqcheck_engine::Cell;

use super::line::Line;
use crate::trace::error::ParseError;
use crate::trace::quote::{CELL_SEPARATOR, NULL};

/// Reads the cells from a place in the line to its end; there is at least one.
pub(super) fn read(line: &Line<'_>, start: usize) -> Result<Vec<Cell>, ParseError> {
    let mut cells = Vec::new();
    let mut place = start;
    loop {
        let (cell, end) = next(line, place)?;
        cells.push(cell);
        let rest = &line.text[end..];
        if rest.is_empty() {
            return Ok(cells);
        }
        place = end + CELL_SEPARATOR.len();
        if !rest.starts_with(CELL_SEPARATOR) {
            return Err(line.unexpected(end, "` | ` and another cell, or the end of the line"));
        }
    }
}

/// Reads one cell: its value, and where it ends in the line.
fn next(line: &Line<'_>, place: usize) -> Result<(Cell, usize), ParseError> {
    let rest = &line.text[place..];
    let blanks = rest.len() - rest.trim_start_matches(' ').len();
    if rest[blanks..].starts_with('"') {
        let (text, length) = line.json_string(place + blanks)?;
        let end = place + blanks + length;
        let padding = line.text[end..].len() - line.text[end..].trim_start_matches(' ').len();
        // Cells may be padded to make columns; the blank before the separator is the separator's.
        let end = if line.text[end + padding..].starts_with('|') { end + padding.max(1) - 1 } else { end };
        return Ok((Cell::from_text(&text), end));
    }
    let length = rest.find(CELL_SEPARATOR).unwrap_or(rest.len());
    let text = rest[..length].trim_matches(' ');
    let text_place = place + (length - rest[..length].trim_start_matches(' ').len());
    // Trailing blanks mean nothing, so that a separator at the end of the line has lost its second one.
    let is_cut = place + length == line.text.len() && text.ends_with(" |");
    if text.is_empty() || is_cut {
        let empty = if is_cut { line.text.len() } else { place };
        return Err(line
            .error(empty, "an empty cell", "a value")
            .help("write \"\" for the empty text and NULL for null"));
    }
    if let Some(bar) = loose_bar(text) {
        return Err(line
            .unexpected(text_place + bar, "one space on each side of the bar between two cells")
            .help("when the bar belongs to the value, write the value as a JSON string"));
    }
    if let Some((control, character)) = text.char_indices().find(|(_, character)| character.is_control()) {
        return Err(line
            .error(text_place + control, format!("the control character {character:?}"), "printable text")
            .help("write the value as a JSON string, such as \"a\\tb\""));
    }
    let cell = match text {
        NULL => Cell::Null,
        Cell::ANY => Cell::Any,
        text => Cell::from_text(text),
    };
    Ok((cell, place + length))
}

/// Where a bar stands that may have been meant to separate cells.
fn loose_bar(text: &str) -> Option<usize> {
    let edge = if text.starts_with('|') { Some(0) } else { text.ends_with('|').then(|| text.len() - 1) };
    edge.or_else(|| text.find(" |").map(|blank| blank + 1)).or_else(|| text.find("| "))
}
