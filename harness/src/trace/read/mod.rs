//! Reading trace files.

mod cells;
mod event;
mod expectation;
mod guard;
mod line;
mod reply;
mod step;

use std::path::Path;

use super::error::{ParseError, ReadError};
use super::guard::Guard;
use super::quote::is_session_name;
use super::{Step, Trace};
use line::{Line, Lines};

/// Reads a file.
pub(super) fn file(path: &Path) -> Result<Trace, ReadError> {
    let content = std::fs::read(path).map_err(|error| ReadError::Io { path: path.to_owned(), error })?;
    bytes(&content, path)
}

/// Reads the content of a file.
pub(super) fn bytes(content: &[u8], path: &Path) -> Result<Trace, ReadError> {
    std::str::from_utf8(content)
        .map_err(|error| not_utf8(content, error.valid_up_to()))
        .and_then(trace)
        .map_err(|error| ReadError::Parse(error.in_file(path)))
}

/// The error for content with a byte at `place` that is not UTF-8.
fn not_utf8(content: &[u8], place: usize) -> ParseError {
    let start = content[..place].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let end = content[place..].iter().position(|byte| *byte == b'\n').map_or(content.len(), |length| place + length);
    let source = String::from_utf8_lossy(&content[start..end]);
    let number = content[..place].iter().filter(|byte| **byte == b'\n').count() + 1;
    Line { number, text: &source, raw: &source }
        .error(place - start, format!("the byte 0x{:02X}, which is not UTF-8", content[place]), "UTF-8 text")
        .help("save the file with UTF-8 encoding")
}

/// Reads the text of a file.
pub(super) fn trace(text: &str) -> Result<Trace, ParseError> {
    let mut lines = Lines::new(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut reader = Reader::default();
    while let Some(line) = lines.peek() {
        if line.is_blank() {
            lines.next_if(|_| true);
            reader.end_block()?;
            reader.after_blank = true;
        } else if let Some(comment) = line.text.strip_prefix('#') {
            lines.next_if(|_| true);
            reader.start_block();
            reader.block.comments.push(comment.strip_prefix(' ').unwrap_or(comment).to_owned());
        } else if line.text.starts_with('@') {
            lines.next_if(|_| true);
            reader.start_block();
            reader.block.guards.extend(guard::conditions(&line, 0)?);
            reader.block.guard_line = Some(line);
        } else if reader.is_step(&line)? {
            reader.start_block();
            let step = step::read(&mut lines, &line)?;
            reader.add_step(step);
        }
    }
    reader.end_block()?;
    reader.trace.footer = reader.comments;
    Ok(reader.trace)
}

/// Comments and guards that stand together.
#[derive(Debug, Default)]
struct Block<'a> {
    comments: Vec<String>,
    guards: Vec<Guard>,
    /// The last line with a guard.
    guard_line: Option<Line<'a>>,
    after_blank: bool,
}

/// The trace as far as it is read.
#[derive(Debug, Default)]
struct Reader<'a> {
    trace: Trace,
    has_header: bool,
    /// Comments that wait for the step that they belong to.
    comments: Vec<String>,
    /// The comments and guards since the last empty line.
    block: Block<'a>,
    /// Whether an empty line precedes.
    after_blank: bool,
    /// Whether an empty line follows the last step.
    blank_before_step: bool,
}

impl<'a> Reader<'a> {
    /// Notes what precedes a line that is not empty.
    fn start_block(&mut self) {
        if std::mem::take(&mut self.after_blank) {
            self.block.after_blank = true;
            self.blank_before_step = true;
        }
    }

    /// Ends the block at an empty line or at the end of the file.
    fn end_block(&mut self) -> Result<(), ParseError> {
        let block = std::mem::take(&mut self.block);
        if let Some(line) = block.guard_line.filter(|_| !self.trace.steps.is_empty()) {
            return Err(line
                .error(0, "a guard with no step directly below", "the step that the guard is for")
                .help("only above the first step does a guard hold for the whole file; remove the empty line"));
        }
        self.trace.guards.extend(block.guards);
        if block.comments.is_empty() {
            return Ok(());
        }
        if self.trace.steps.is_empty() && !self.has_header {
            self.has_header = true;
            self.trace.header = block.comments;
        } else {
            self.keep_comments(block.comments);
        }
        Ok(())
    }

    /// Keeps comments for the next step; what was an empty line between them becomes an empty comment.
    fn keep_comments(&mut self, comments: Vec<String>) {
        if !self.comments.is_empty() && !comments.is_empty() {
            self.comments.push(String::new());
        }
        self.comments.extend(comments);
    }

    /// Adds a step with the comments and guards above it.
    fn add_step(&mut self, mut step: Step) {
        let mut block = std::mem::take(&mut self.block);
        let is_first = self.trace.steps.is_empty();
        if is_first && !self.has_header && !block.after_blank {
            self.trace.header = std::mem::take(&mut block.comments);
        }
        self.keep_comments(block.comments);
        step.comments = std::mem::take(&mut self.comments);
        step.guards = block.guards;
        step.blank_before = std::mem::take(&mut self.blank_before_step) && !is_first;
        self.trace.steps.push(step);
    }

    /// Whether the line starts a step; an error says what else it may have been meant for.
    fn is_step(&self, line: &Line<'a>) -> Result<bool, ParseError> {
        if line.is_indented() {
            return Err(self.misplaced_expectation(line));
        }
        let end = line.text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let (name, rest) = line.text.split_at(end.unwrap_or(line.text.len()));
        if line.text.starts_with('\\') {
            return Err(line
                .unexpected(0, "a session name and a colon before the event")
                .help(format!("write `S1: {}`", line.text)));
        }
        if !is_session_name(name) {
            let expected = "a step such as `S1: SELECT 1`, a comment (`#`), or a guard (`@postgres >= 15`)";
            let error = line.unexpected(0, expected);
            return Err(if line.text.starts_with("--") { error.help("comments start with `#`") } else { error });
        }
        match rest.chars().next() {
            Some(':') => Ok(true),
            Some('|') => Err(line.error(0, format!("`{name}|` with no SQL of {name} directly above"), "a step").help(
                format!("`{name}|` lines follow `{name}: SQL` before data and expectations; a new step is `{name}:`"),
            )),
            Some('<') => Err(line
                .error(0, format!("`{name}<` with no SQL of {name} directly above"), "a step")
                .help(format!("COPY data follows `{name}: COPY … FROM STDIN` before expectations"))),
            _ if rest.trim_start().starts_with(':') => {
                Err(line.error(name.len(), "a space before the colon", format!("`{name}:`")))
            }
            _ if looks_like_session(name) => {
                Err(line.unexpected(name.len(), format!("a colon after the session name `{name}`")))
            }
            _ => Err(line
                .unexpected(0, "a session name and a colon before the SQL")
                .help("name the session, such as `S1: SELECT 1`; `S1| ` starts a further line of the same SQL")),
        }
    }

    /// The error for an indented line that follows no step.
    fn misplaced_expectation(&self, line: &Line<'a>) -> ParseError {
        let place = line.text.len() - line.text.trim_start().len();
        if self.trace.steps.is_empty() {
            return line
                .error(place, "an indented line before any step", "a step such as `S1: SELECT 1`")
                .help("indented lines say what the step above them answers; steps start in the first column");
        }
        let between = if self.after_blank { "an empty line" } else { "a comment or guard" };
        line.error(place, format!("an indented line after {between}"), "a step such as `S1: SELECT 1`")
            .help("what a step answers stands directly below it; move the line up")
    }
}

/// Whether this is how sessions are named by habit: `S` and a number.
fn looks_like_session(name: &str) -> bool {
    let number = name.strip_prefix(['S', 's']).unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}
