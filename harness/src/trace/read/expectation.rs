//! Reading the indented lines that say what a step answers.

use super::guard;
use super::line::{Line, Lines};
use super::reply::ReplyReader;
use crate::trace::error::ParseError;
use crate::trace::expectation::{Expectation, ExpectedOutcome, ExpectedReply, Progress, Resumed};
use crate::trace::guard::Guard;
use crate::trace::quote::{Kind, Mistake, kind};

/// How far the lines are indented that say what a step answers.
const INDENT: usize = 4;

/// What `or` is for.
const OR: &str = "`or` stands between replies that are all right; a value that is `or` is written as a JSON string";

/// Reads all indented lines that follow; without any, the step succeeds silently.
pub(super) fn read_all(lines: &mut Lines<'_>) -> Result<Vec<Expectation>, ParseError> {
    let mut expectations = Vec::new();
    let mut open = Open::default();
    let mut last = None;
    while let Some(line) = lines.next_if(Line::is_indented) {
        let indent = indentation(&line)?;
        if indent == INDENT && kind(&line.text[indent..]) == Kind::Guard {
            if let Some(above) = last.filter(|_| !open.is_untouched() || open.is_guarded) {
                if !open.is_guarded {
                    return Err(line
                        .error(indent, "a guard below lines without one", "a guard above all that the step answers")
                        .help("`@postgres` alone, after other guards, admits the versions that these do not admit"));
                }
                expectations.push(std::mem::take(&mut open).finish(&above)?);
            }
            open = Open { guards: guard::read(&line, indent)?, is_guarded: true, ..Open::default() };
        } else {
            open.line(&line, indent)?;
        }
        last = Some(line);
    }
    match last {
        Some(last) => expectations.push(open.finish(&last)?),
        None => expectations.push(Expectation::default()),
    }
    Ok(expectations)
}

/// The number of spaces that a line starts with.
fn indentation(line: &Line<'_>) -> Result<usize, ParseError> {
    let indent = line.text.len() - line.text.trim_start_matches(' ').len();
    if line.text[indent..].starts_with('\t') {
        return Err(line
            .error(indent, "a tab", "an indentation of four spaces")
            .help("replace the tab by four spaces"));
    }
    Ok(indent)
}

/// An expectation as far as it is read.
#[derive(Debug, Default)]
struct Open {
    guards: Vec<Guard>,
    /// Whether a line with a guard started it.
    is_guarded: bool,
    waits: bool,
    reply: ReplyReader,
    /// The replies above the last `or`.
    alternatives: Vec<ExpectedReply>,
    resumed: Vec<(String, ReplyReader)>,
}

impl Open {
    fn is_untouched(&self) -> bool {
        !self.waits && !self.reply.has_lines() && self.resumed.is_empty()
    }

    /// Takes a line with its indentation.
    fn line(&mut self, line: &Line<'_>, indent: usize) -> Result<(), ParseError> {
        let depth = if self.resumed.is_empty() { INDENT } else { 2 * INDENT };
        let reply = self.resumed.last_mut().map_or(&mut self.reply, |(_, reply)| reply);
        if indent >= depth + INDENT && reply.may_continue() {
            reply.continue_text(&line.text[depth + INDENT..]);
            return Ok(());
        }
        if indent != INDENT && indent != depth {
            let error = line.error(indent, format!("{indent} spaces"), format!("an indentation of {depth} spaces"));
            return Err(if depth == INDENT {
                error.help("four spaces before what a step answers, eight before a further line of a message")
            } else {
                error.help("four spaces before what a step answers, eight before what a resumed session answers")
            });
        }
        let kind = kind(&line.text[indent..]);
        reject_mistake(line, indent, kind)?;
        if indent == depth && depth > INDENT {
            return match kind {
                Kind::Waits | Kind::Resumes(_) | Kind::Guard => {
                    Err(line.unexpected(indent, "what the resumed session answers").help("indent by four spaces only"))
                }
                _ => reply.line(line, indent, kind),
            };
        }
        match kind {
            Kind::Resumes(session) => self.resumed.push((session.to_owned(), ReplyReader::default())),
            _ if depth > INDENT => {
                return Err(line
                    .unexpected(indent, "`SESSION resumes`, or eight spaces before what the resumed session answers")
                    .help("what the step itself answers comes before the sessions that resume"));
            }
            Kind::Waits if self.waits || self.reply.has_lines() => {
                return Err(line.unexpected(indent, "either `waits` or a reply"));
            }
            Kind::Waits => self.waits = true,
            _ if self.waits => {
                return Err(line
                    .unexpected(indent, "nothing more from a step that waits")
                    .help("its reply comes below `SESSION resumes` of the step that lets it go on"));
            }
            Kind::Or => {
                let above = self.reply.has_lines().then(|| std::mem::take(&mut self.reply).finish(line)).transpose()?;
                match above.flatten() {
                    Some(above) => self.alternatives.push(above),
                    None => return Err(line.unexpected(indent, "a reply above `or`").help(OR)),
                }
            }
            kind => self.reply.line(line, indent, kind)?,
        }
        Ok(())
    }

    /// The expectation; `last` is its last line.
    fn finish(self, last: &Line<'_>) -> Result<Expectation, ParseError> {
        let progress = if self.waits {
            Progress::Waits
        } else if self.alternatives.is_empty() {
            self.reply.finish(last)?.map_or(Progress::Anything, Progress::Reply)
        } else {
            let below = self.reply.has_lines().then(|| self.reply.finish(last)).transpose()?;
            let Some(below) = below.flatten() else {
                return Err(last.unexpected(INDENT, "a reply below `or`").help(OR));
            };
            Progress::OneOf(self.alternatives.into_iter().chain([below]).collect())
        };
        let resumed = self
            .resumed
            .into_iter()
            .map(|(session, reply)| Ok(Resumed { session, reply: reply.finish(last)? }))
            .collect::<Result<_, ParseError>>()?;
        Ok(Expectation { guards: self.guards, outcome: ExpectedOutcome { progress, resumed } })
    }
}

/// Refuses a line that is surely a mistake.
fn reject_mistake(line: &Line<'_>, place: usize, kind: Kind<'_>) -> Result<(), ParseError> {
    let Kind::Mistake(mistake) = kind else { return Ok(()) };
    let error = match mistake {
        Mistake::Comment => line
            .error(place, "a comment", "what the step answers")
            .help("comments start in the first column, above the step; a value that starts with `#` is written as a JSON string"),
        Mistake::RowCount => line
            .unexpected(place, "`(no rows)`, or just the rows")
            .help("the number of rows is not written; a value like this is written as a JSON string"),
        Mistake::Spelling(word) => {
            line.unexpected(place, format!("`{word}`")).help("if it is a value, write it as a JSON string")
        }
    };
    Err(error)
}
