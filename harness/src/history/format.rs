//! Histories as JSON lines.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::record::{
    Alter, Call, Definition, History, Nextval, Outcome, Record, Sequence, Transaction, TransactionEnd,
};

/// The largest session number that is believed.
const MOST_SESSIONS: u32 = 1_000_000;

/// The SQLSTATE of a sequence at its limit (manual, appendix A, `sequence_generator_limit_exceeded`).
const LIMIT: &str = "2200H";

/// A file that holds no history.
#[derive(Debug, thiserror::Error)]
#[error("{}:{line}:{column}: {reason}", .file.display())]
pub struct FormatError {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The column in bytes, from 1.
    pub column: usize,
    /// What is wrong there, and what was expected.
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Operation {
    Sequence,
    Nextval,
    Setval,
    Alter,
    Connect,
    Disconnect,
    Crash,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum End {
    Committed,
    #[serde(rename = "rolled back")]
    RolledBack,
    Unknown,
}

/// One line, as it is written: every field that any operation has.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    operation: Operation,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<u32>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    sequence: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start_ns: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end_ns: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is_called: Option<bool>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    error: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unknown: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    restart: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    increment: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    minvalue: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    maxvalue: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cache: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cycle: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transaction: Option<End>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transaction_end_ns: Option<u64>,
}

impl Line<'_> {
    fn new(operation: Operation) -> Line<'static> {
        Line {
            operation,
            session: None,
            sequence: None,
            start_ns: None,
            end_ns: None,
            value: None,
            is_called: None,
            error: None,
            unknown: false,
            start: None,
            restart: None,
            increment: None,
            minvalue: None,
            maxvalue: None,
            cache: None,
            cycle: None,
            transaction: None,
            transaction_end_ns: None,
        }
    }

    fn outcome(&self) -> Result<Outcome, String> {
        Ok(match (&self.error, self.unknown) {
            (Some(_), true) => return Err("a call that failed is not unknown".to_owned()),
            (Some(code), false) => Outcome::Failed(code.parse()?),
            (None, true) => Outcome::Unknown,
            (None, false) => Outcome::Done,
        })
    }

    fn definition(&self) -> Result<Definition, String> {
        let increment = self.increment.unwrap_or(1);
        let cache = self.cache.unwrap_or(1);
        check_options(self.increment, self.cache)?;
        let (lowest, highest) = if increment > 0 { (1, i64::MAX) } else { (i64::MIN, -1) };
        let (min, max) = (self.minvalue.unwrap_or(lowest), self.maxvalue.unwrap_or(highest));
        if min > max {
            return Err(format!("minvalue {min} is greater than maxvalue {max}"));
        }
        let start = self.start.unwrap_or(if increment > 0 { min } else { max });
        if !(min..=max).contains(&start) {
            return Err(format!("start {start} is not between minvalue {min} and maxvalue {max}"));
        }
        Ok(Definition { increment, min, max, start, cache, cycle: self.cycle.unwrap_or(false) })
    }

    fn call(&self) -> Result<Call, String> {
        let outcome = self.outcome()?;
        Ok(match self.operation {
            Operation::Nextval => Call::Nextval(match (self.value, outcome) {
                (Some(value), Outcome::Done) => Nextval::Value(value),
                (Some(_), _) => return Err("a nextval with a value has neither error nor unknown".to_owned()),
                (None, Outcome::Failed(code)) if code.as_str() == LIMIT => Nextval::Limit,
                (None, Outcome::Failed(code)) => Nextval::Failed(code),
                (None, Outcome::Unknown) => Nextval::Unknown,
                (None, Outcome::Done) => return Err("expected value, error or unknown for a nextval".to_owned()),
            }),
            Operation::Setval => Call::Setval {
                value: self.value.ok_or("expected the value of a setval")?,
                is_called: self.is_called.unwrap_or(true),
                outcome,
            },
            Operation::Alter => {
                check_options(self.increment, self.cache)?;
                Call::Alter(Box::new(Alter {
                    restart: self.restart,
                    increment: self.increment,
                    min: self.minvalue,
                    max: self.maxvalue,
                    cache: self.cache,
                    cycle: self.cycle,
                    outcome,
                }))
            }
            Operation::Connect => Call::Connect,
            Operation::Disconnect => Call::Disconnect,
            Operation::Crash => Call::Crash,
            Operation::Sequence => return Err("the sequences stand before the first call".to_owned()),
        })
    }

    fn record(&self, numbers: &HashMap<String, u32>) -> Result<Record, String> {
        let call = self.call()?;
        let session = match (&call, self.session) {
            (Call::Crash, None) => 0,
            (Call::Crash, Some(_)) => return Err("a crash belongs to no session".to_owned()),
            (_, Some(session @ 1..=MOST_SESSIONS)) => session,
            (_, Some(session)) => return Err(format!("session {session} is not between 1 and {MOST_SESSIONS}")),
            (_, None) => return Err("expected the number of a session".to_owned()),
        };
        let is_about_one = matches!(call, Call::Nextval(_) | Call::Setval { .. } | Call::Alter(_));
        let sequence = match (&self.sequence, is_about_one) {
            (Some(name), true) => *numbers
                .get(name.as_ref())
                .ok_or_else(|| format!("no line before this one describes the sequence \"{name}\""))?,
            (None, true) => return Err("expected the name of a sequence".to_owned()),
            (_, false) => 0,
        };
        let (Some(start), Some(end)) = (self.start_ns, self.end_ns) else {
            return Err("expected start_ns and end_ns".to_owned());
        };
        if end < start {
            return Err(format!("the call ends at {end} ns, before it starts at {start} ns"));
        }
        let transaction = match (self.transaction, self.transaction_end_ns) {
            (None, None) => None,
            (Some(end), Some(at)) => Some(Box::new(Transaction { end: end.into(), at })),
            _ => return Err("transaction and transaction_end_ns go together".to_owned()),
        };
        Ok(Record { session, sequence, start, end, call, transaction })
    }
}

fn check_options(increment: Option<i64>, cache: Option<i64>) -> Result<(), String> {
    match (increment, cache) {
        (Some(0), _) => Err("increment must not be zero".to_owned()),
        (_, Some(cache)) if cache < 1 => Err(format!("cache must be at least 1, not {cache}")),
        _ => Ok(()),
    }
}

impl From<End> for TransactionEnd {
    fn from(end: End) -> TransactionEnd {
        match end {
            End::Committed => TransactionEnd::Committed,
            End::RolledBack => TransactionEnd::RolledBack,
            End::Unknown => TransactionEnd::Unknown,
        }
    }
}

impl From<TransactionEnd> for End {
    fn from(end: TransactionEnd) -> End {
        match end {
            TransactionEnd::Committed => End::Committed,
            TransactionEnd::RolledBack => End::RolledBack,
            TransactionEnd::Unknown => End::Unknown,
        }
    }
}

impl History {
    /// Reads JSON lines; `file` is what errors call them.
    ///
    /// # Errors
    ///
    /// The first place where something else stands, and what was expected there.
    pub fn read(lines: impl BufRead, file: &Path) -> Result<History, FormatError> {
        match History::read_recording(lines, file)? {
            (history, None) => Ok(history),
            (_, Some(cut_off)) => Err(cut_off),
        }
    }

    /// As [`History::read`], for a recording that may have been ended by force: where the last line is cut off, the lines
    /// before it are the history, and the error that the last line is comes with them.
    ///
    /// # Errors
    ///
    /// As for [`History::read`], but for that.
    pub fn read_recording(mut lines: impl BufRead, file: &Path) -> Result<(History, Option<FormatError>), FormatError> {
        let mut history = History::default();
        let mut numbers = HashMap::new();
        let mut ends: Vec<u64> = Vec::new();
        let mut bytes = Vec::new();
        for line in 1.. {
            let error = |column, reason: String| FormatError { file: file.to_owned(), line, column, reason };
            bytes.clear();
            match lines.read_until(b'\n', &mut bytes) {
                Ok(0) => break,
                Ok(_) => {}
                Err(problem) => return Err(error(1, format!("cannot be read: {problem}"))),
            }
            let is_whole = bytes.ends_with(b"\n");
            let text = match std::str::from_utf8(&bytes) {
                Ok(text) => text,
                Err(problem) => {
                    let error = error(1, "not UTF-8 text".to_owned());
                    let is_cut_off = !is_whole && problem.error_len().is_none();
                    return if is_cut_off { Ok((history, Some(error))) } else { Err(error) };
                }
            };
            let parsed: Line<'_> = match serde_json::from_str(text.trim_end()) {
                Ok(parsed) => parsed,
                Err(problem) => {
                    let words = problem.to_string();
                    // The library counts lines in what it was given, which is one line.
                    let words = words.split(" at line ").next().unwrap_or_default();
                    let words = format!("{words}; expected a JSON object for one call");
                    let error = error(problem.column().max(1), words);
                    return if !is_whole && problem.is_eof() { Ok((history, Some(error))) } else { Err(error) };
                }
            };
            if parsed.operation == Operation::Sequence && history.records.is_empty() {
                let definition = parsed.definition().map_err(|reason| error(1, reason))?;
                let Some(name) = parsed.sequence else {
                    return Err(error(1, "expected the name of a sequence".to_owned()));
                };
                if numbers.insert(name.to_string(), history.sequences.len() as u32).is_some() {
                    return Err(error(1, format!("the sequence \"{name}\" is described already")));
                }
                history.sequences.push(Sequence { name: name.into_owned(), definition });
                continue;
            }
            let record = parsed.record(&numbers).map_err(|reason| error(1, reason))?;
            let session = record.session as usize;
            if ends.len() <= session {
                ends.resize(session + 1, 0);
            }
            if record.start < ends[session] {
                let reason = format!("the call starts before session {session}'s call before it ended");
                return Err(error(1, reason));
            }
            ends[session] = record.end;
            history.records.push(record);
        }
        Ok((history, None))
    }

    /// Writes JSON lines.
    ///
    /// # Errors
    ///
    /// What `out` fails with.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        self.sequences.iter().try_for_each(|sequence| sequence.write(out))?;
        self.records.iter().try_for_each(|record| record.write(&self.sequences, out))
    }

    /// The number of the line of a record, as [`History::write`] writes it.
    pub(super) fn line(&self, record: u32) -> usize {
        self.sequences.len() + record as usize + 1
    }
}

impl Sequence {
    /// Writes the line that describes the sequence.
    ///
    /// # Errors
    ///
    /// What `out` fails with.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let Definition { increment, min, max, start, cache, cycle } = self.definition;
        let line = Line {
            sequence: Some(Cow::Borrowed(&self.name)),
            increment: Some(increment),
            minvalue: Some(min),
            maxvalue: Some(max),
            start: Some(start),
            cache: Some(cache),
            cycle: Some(cycle),
            ..Line::new(Operation::Sequence)
        };
        write_line(&line, out)
    }
}

impl Record {
    /// Writes the line of a call; `sequences` are those of its history.
    ///
    /// # Errors
    ///
    /// What `out` fails with.
    pub fn write(&self, sequences: &[Sequence], out: &mut impl Write) -> io::Result<()> {
        let name = sequences.get(self.sequence as usize).map(|sequence| Cow::Borrowed(sequence.name.as_str()));
        let mut line = match &self.call {
            Call::Nextval(nextval) => {
                let line = Line { sequence: name, ..Line::new(Operation::Nextval) };
                match nextval {
                    Nextval::Value(value) => Line { value: Some(*value), ..line },
                    Nextval::Limit => Line { error: Some(Cow::Borrowed(LIMIT)), ..line },
                    Nextval::Failed(code) => Line { error: Some(Cow::Borrowed(code.as_str())), ..line },
                    Nextval::Unknown => Line { unknown: true, ..line },
                }
            }
            Call::Setval { value, is_called, outcome } => {
                let line = Line {
                    sequence: name,
                    value: Some(*value),
                    is_called: Some(*is_called),
                    ..Line::new(Operation::Setval)
                };
                with_outcome(line, outcome)
            }
            Call::Alter(alter) => {
                let line = Line {
                    sequence: name,
                    restart: alter.restart,
                    increment: alter.increment,
                    minvalue: alter.min,
                    maxvalue: alter.max,
                    cache: alter.cache,
                    cycle: alter.cycle,
                    ..Line::new(Operation::Alter)
                };
                with_outcome(line, &alter.outcome)
            }
            Call::Connect => Line::new(Operation::Connect),
            Call::Disconnect => Line::new(Operation::Disconnect),
            Call::Crash => Line::new(Operation::Crash),
        };
        line.session = (self.session > 0).then_some(self.session);
        line.start_ns = Some(self.start);
        line.end_ns = Some(self.end);
        if let Some(transaction) = &self.transaction {
            line.transaction = Some(transaction.end.into());
            line.transaction_end_ns = Some(transaction.at);
        }
        write_line(&line, out)
    }
}

fn with_outcome<'a>(line: Line<'a>, outcome: &'a Outcome) -> Line<'a> {
    match outcome {
        Outcome::Done => line,
        Outcome::Failed(code) => Line { error: Some(Cow::Borrowed(code.as_str())), ..line },
        Outcome::Unknown => Line { unknown: true, ..line },
    }
}

fn write_line(line: &Line<'_>, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}
