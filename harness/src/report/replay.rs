//! What `seqcheck replay` shows: a listing for people, one JSON object a step for programs.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::json;
use super::side_by_side;
use super::style::{BAD, FAINT, GOOD, STRONG, WEAK};
use crate::lockstep::{Run, StepRecord, Verdict};
use crate::server::Server;
use crate::trace::{Action, Mismatch, Step};

/// A file's run on one server, or on the model alone.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// The file.
    pub file: PathBuf,
    /// What part of the file was run, when it has several.
    pub part: Option<String>,
    /// The steps that were run.
    pub steps: Vec<Step>,
    /// What happened.
    pub run: Run,
    /// The server's version; none when the model ran alone.
    pub version: Option<String>,
    /// Steps that did not do what the file expects.
    pub unmet: Vec<(usize, Mismatch)>,
}

impl Replayed {
    /// Whether model and server differ, or an expectation was not met.
    pub fn diverges(&self) -> bool {
        !self.run.divergences.is_empty() || !self.unmet.is_empty()
    }

    /// Whether the run came to its end.
    pub fn is_decided(&self) -> bool {
        self.run.infrastructure.is_none() && self.run.steps.len() == self.steps.len()
    }

    /// One JSON object for each step: `file`, `line`, `step`, `session`, `sql`, `model`, `server` and `verdict`, where a
    /// side that did nothing is left out.
    ///
    /// Where these cannot say it, more follows: `reason` of a step that was not compared, `unmet` when the file expects
    /// something else, and `version` when several servers were asked (`with_version`).
    pub fn json_lines(&self, with_version: bool) -> impl Iterator<Item = String> + '_ {
        self.run.steps.iter().enumerate().map(move |(index, record)| {
            let step = &self.steps[index];
            let mut object = Map::new();
            object.insert("file".to_owned(), self.file.display().to_string().into());
            if let Some(part) = &self.part {
                object.insert("part".to_owned(), part.as_str().into());
            }
            object.insert("line".to_owned(), step.line.into());
            object.insert("step".to_owned(), (index + 1).into());
            object.insert("session".to_owned(), step.session.as_str().into());
            object.insert("sql".to_owned(), action_text(&step.action).into());
            if let Some(model) = &record.model {
                object.insert("model".to_owned(), json::observed(model));
            }
            if let Some(server) = &record.server {
                object.insert("server".to_owned(), json::observed(server));
            }
            let (verdict, reason) = verdict_word(&record.verdict);
            object.insert("verdict".to_owned(), verdict.into());
            if let Some(reason) = reason {
                object.insert("reason".to_owned(), reason.into());
            }
            if let Some((_, mismatch)) = self.unmet.iter().find(|(unmet, _)| *unmet == index) {
                let lines = |lines: &[String]| Value::Array(lines.iter().map(|line| line.as_str().into()).collect());
                let mut expectation = Map::new();
                expectation.insert("expected".to_owned(), lines(&mismatch.expected));
                expectation.insert("actual".to_owned(), lines(&mismatch.actual));
                object.insert("unmet".to_owned(), Value::Object(expectation));
            }
            if let Some(version) = self.version.as_ref().filter(|_| with_version) {
                object.insert("version".to_owned(), version.as_str().into());
            }
            Value::Object(object).to_string()
        })
    }

    fn count(&self, matches: impl Fn(&Verdict) -> bool) -> usize {
        self.run.steps.iter().filter(|record| matches(&record.verdict)).count()
    }
}

fn verdict_word(verdict: &Verdict) -> (&'static str, Option<&str>) {
    match verdict {
        Verdict::Agrees => ("agrees", None),
        Verdict::Diverges(_) => ("diverges", None),
        Verdict::Unsupported(reason) => ("unsupported", Some(reason)),
        Verdict::Infrastructure(reason) => ("infra", Some(reason)),
    }
}

/// A step's text: its SQL, or its pseudo-step.
fn action_text(action: &Action) -> String {
    match action {
        Action::Query { sql, .. } => sql.clone(),
        Action::Connect { role: Some(role) } => format!("\\connect {role}"),
        Action::Connect { role: None } => "\\connect".to_owned(),
        Action::Disconnect => "\\disconnect".to_owned(),
        Action::Cancel => "\\cancel".to_owned(),
        Action::Checkpoint => "\\checkpoint".to_owned(),
        Action::Crash => "\\crash".to_owned(),
        Action::Restart => "\\restart".to_owned(),
        Action::Standby => "\\standby".to_owned(),
        Action::Promote => "\\promote".to_owned(),
    }
}

/// Prints runs as they come. Errors are those of the writer.
pub struct Listing<'w> {
    out: &'w mut dyn Write,
    width: usize,
}

impl<'w> Listing<'w> {
    /// A listing with lines of at most `width` characters where that is possible.
    pub fn new(out: &'w mut dyn Write, width: usize) -> Listing<'w> {
        Listing { out, width }
    }

    /// Says which server is next.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn print_server(&mut self, server: &Server) -> io::Result<()> {
        writeln!(self.out, "{STRONG}PostgreSQL {}{STRONG:#}  {FAINT}{}{FAINT:#}", server.version(), server.origin())
    }

    /// Prints a file's run.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn print(&mut self, replayed: &Replayed) -> io::Result<()> {
        match &replayed.part {
            Some(part) => writeln!(self.out, "{} ({part})", replayed.file.display())?,
            None => writeln!(self.out, "{}", replayed.file.display())?,
        }
        if replayed.steps.is_empty() {
            writeln!(self.out, "  {FAINT}no steps for this version{FAINT:#}")?;
        }
        for (index, record) in replayed.run.steps.iter().enumerate() {
            self.print_step(replayed, index, record)?;
        }
        if let Some(error) = &replayed.run.infrastructure {
            writeln!(self.out, "  {BAD}stopped{BAD:#}: {error}")?;
        }
        writeln!(self.out)?;
        Ok(())
    }

    fn print_step(&mut self, replayed: &Replayed, index: usize, record: &StepRecord) -> io::Result<()> {
        let step = &replayed.steps[index];
        let unmet = replayed.unmet.iter().find(|(unmet, _)| *unmet == index);
        let mark = match (&record.verdict, unmet) {
            (Verdict::Agrees, None) => format!("{GOOD}✓{GOOD:#}"),
            (Verdict::Unsupported(_), None) => format!("{WEAK}-{WEAK:#}"),
            (Verdict::Infrastructure(_), None) => format!("{BAD}!{BAD:#}"),
            _ => format!("{BAD}✗{BAD:#}"),
        };
        let text = action_text(&step.action);
        let mut lines = text.lines();
        writeln!(self.out, "{mark} {:>4} {}: {}", step.line, step.session, lines.next().unwrap_or_default())?;
        let indent = " ".repeat(9 + step.session.chars().count());
        for line in lines {
            writeln!(self.out, "{indent}{line}")?;
        }
        match &record.verdict {
            Verdict::Diverges(_) => {
                let (model, server) = (record.model.as_ref(), record.server.as_ref());
                let width = self.width.saturating_sub(indent.len());
                for row in side_by_side::observed("model", model, server, width) {
                    writeln!(self.out, "{indent}{row}")?;
                }
            }
            Verdict::Unsupported(reason) => writeln!(self.out, "{indent}{WEAK}unsupported: {reason}{WEAK:#}")?,
            Verdict::Infrastructure(reason) => writeln!(self.out, "{indent}{BAD}{reason}{BAD:#}")?,
            Verdict::Agrees => {
                for line in side_by_side::plain_lines(record.model.as_ref()) {
                    writeln!(self.out, "{indent}{FAINT}{line}{FAINT:#}")?;
                }
            }
        }
        if let Some((_, mismatch)) = unmet {
            writeln!(self.out, "{indent}{BAD}the file expects something else:{BAD:#}")?;
            for line in mismatch.to_string().lines() {
                writeln!(self.out, "{indent}{line}")?;
            }
        }
        Ok(())
    }

    /// Says that a file was blessed.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn print_blessed(&mut self, path: &Path, changed: usize) -> io::Result<()> {
        match changed {
            0 => writeln!(self.out, "{}: nothing to change", path.display()),
            1 => writeln!(self.out, "{}: 1 step blessed", path.display()),
            count => writeln!(self.out, "{}: {count} steps blessed", path.display()),
        }
    }

    /// Prints the last line.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn print_end(&mut self, replayed: &[Replayed]) -> io::Result<()> {
        let total = |matches: fn(&Verdict) -> bool| replayed.iter().map(|one| one.count(matches)).sum::<usize>();
        let agree = total(|verdict| matches!(verdict, Verdict::Agrees));
        let diverge = total(|verdict| matches!(verdict, Verdict::Diverges(_)));
        let unsupported = total(|verdict| matches!(verdict, Verdict::Unsupported(_)));
        let unmet: usize = replayed.iter().map(|one| one.unmet.len()).sum();
        let alone = replayed.iter().all(|one| one.version.is_none());
        let verb = if alone { "predicted" } else { "agree" };
        let mut text = format!("{agree} steps {verb}, {diverge} diverge, {unsupported} unsupported");
        if unmet > 0 {
            text.push_str(&format!(", {unmet} not as the file expects"));
        }
        // A new trace expects nothing yet.
        if unmet > 0 && diverge == 0 && !alone {
            text.push_str(" (--bless writes into the file what the server answers)");
        }
        if agree + diverge == 0 {
            text.push_str("; nothing was compared");
        }
        writeln!(self.out, "{text}")
    }
}
