//! The steps after which every session is gone: the server crashes, or is restarted.
//!
//! A crash may leave one of several states. Which one it has left is asked at once, of every sequence: the model goes on
//! from that state, and a state that none of those allowed explains is a divergence of the crash itself.

use std::borrow::Cow;

use super::record::{Observed, StepRecord};
use super::runner::{Runner, Stop};
use super::waiting::Answer;
use crate::compare::{Difference, Field};
use crate::implementation::Request;
use crate::sql::quoted_identifier;
use seqcheck_engine::{Cell, Reply, Rows, StatementResult, StoredSequence};

/// What an implementation says of one sequence: its row, or in words why it gives none.
type Answered = Result<[String; 3], String>;

impl Runner<'_> {
    /// Crashes both sides.
    pub(super) fn crash(&mut self, index: usize) -> Result<(), Stop> {
        self.flush()?;
        self.check_silence()?;
        let allowed = match self.reference.crash_outcomes() {
            Ok(allowed) => allowed,
            Err(what) => {
                self.records[index] = Some(StepRecord::unsupported(what));
                return Ok(());
            }
        };
        self.implementation.crash()?;
        self.sessions.clear();
        let answers = self.ask_for_stored(allowed.first().map_or(&[], Vec::as_slice))?;
        let outcome = allowed.iter().position(|outcome| is_as_stored(outcome, &answers));
        let clauses = self.reference.crash(outcome.unwrap_or_default());
        self.run.exercise(index, clauses);
        self.compare_stored(index, &allowed, outcome.is_some(), &answers)
    }

    /// Restarts both sides.
    pub(super) fn restart(&mut self, index: usize) -> Result<(), Stop> {
        self.flush()?;
        self.check_silence()?;
        if let Err(what) = self.reference.restart() {
            self.records[index] = Some(StepRecord::unsupported(what));
            return Ok(());
        }
        self.implementation.restart()?;
        self.sessions.clear();
        let stored = self.reference.stored();
        let answers = self.ask_for_stored(&stored)?;
        let agrees = is_as_stored(&stored, &answers);
        self.compare_stored(index, &[stored], agrees, &answers)
    }

    /// Asks the implementation what it has stored of these sequences, in a session of its own.
    fn ask_for_stored(&mut self, sequences: &[StoredSequence]) -> Result<Vec<Answered>, Stop> {
        if sequences.is_empty() {
            return Ok(Vec::new());
        }
        let session = self.steps.iter().map(|step| step.session + 1).max().unwrap_or_default();
        self.implementation.connect(session, None)?;
        let mut answers = Vec::with_capacity(sequences.len());
        for sequence in sequences {
            let sql = format!("SELECT last_value, log_cnt, is_called FROM {}", name(sequence));
            self.implementation.send(session, Request { sql: &sql, copy_data: &[] })?;
            answers.push(match self.expect_reply(session)? {
                Answer::Replied(reply) => answered(&reply),
                Answer::Waits => Err("a wait for other sessions".to_owned()),
            });
        }
        self.implementation.disconnect(session)?;
        Ok(answers)
    }

    /// Notes the step, with what differs when no allowed state is the one that was found.
    fn compare_stored(
        &mut self,
        index: usize,
        allowed: &[Vec<StoredSequence>],
        agrees: bool,
        answers: &[Answered],
    ) -> Result<(), Stop> {
        if agrees {
            self.records[index] = Some(StepRecord::agrees(None, None));
            return Ok(());
        }
        let names: Vec<String> = allowed.first().into_iter().flatten().map(label).collect();
        let mut differences = Vec::new();
        let (mut model, mut server) = (Vec::new(), Vec::new());
        for (place, answer) in answers.iter().enumerate() {
            let mut expected: Vec<[String; 3]> = Vec::new();
            for row in allowed.iter().filter_map(|outcome| outcome.get(place)).map(row) {
                if !expected.contains(&row) {
                    expected.push(row);
                }
            }
            if answer.as_ref().is_ok_and(|row| expected.contains(row)) && allowed.len() == 1 {
                continue;
            }
            let texts: Vec<String> = expected.iter().map(|row| row.join(", ")).collect();
            let actual = answer.as_ref().map_or_else(Clone::clone, |row| row.join(", "));
            differences.push(Difference {
                field: Field::Stored,
                result: None,
                expected: format!("{} at {}", names[place], texts.join(" or ")),
                actual: format!("{} at {actual}", names[place]),
            });
            for (number, row) in expected.iter().enumerate() {
                let label = if number == 0 { names[place].as_str() } else { "or" };
                model.push([label.to_owned(), row[0].clone(), row[1].clone(), row[2].clone()]);
            }
            let [last_value, log_cnt, is_called] =
                answer.clone().unwrap_or_else(|problem| [problem, String::new(), String::new()]);
            server.push([names[place].clone(), last_value, log_cnt, is_called]);
        }
        let (model, server) = (Observed::reply(table(&model)), Observed::reply(table(&server)));
        self.records[index] = Some(StepRecord::agrees(Some(model), Some(server)));
        self.judge(index, index, differences)
    }
}

fn is_as_stored(sequences: &[StoredSequence], answers: &[Answered]) -> bool {
    sequences.len() == answers.len()
        && sequences.iter().zip(answers).all(|(sequence, answer)| answer.as_ref() == Ok(&row(sequence)))
}

/// The sequence's row in text format.
fn row(sequence: &StoredSequence) -> [String; 3] {
    let is_called = if sequence.is_called { "t" } else { "f" };
    [sequence.last_value.to_string(), sequence.log_cnt.to_string(), is_called.to_owned()]
}

/// The sequence's name as SQL writes it.
fn name(sequence: &StoredSequence) -> String {
    format!("{}.{}", quoted_identifier(&sequence.schema), quoted_identifier(&sequence.name))
}

/// The same for people.
fn label(sequence: &StoredSequence) -> String {
    format!("{}.{}", sequence.schema, sequence.name)
}

fn answered(reply: &Reply) -> Answered {
    if let Some(error) = &reply.error {
        return Err(format!("ERROR {}: {}", error.sqlstate, error.message));
    }
    let rows = reply.results.first().and_then(|result| result.rows.as_ref());
    let first = rows.filter(|rows| rows.count == 1).and_then(|rows| rows.iter().next());
    match first {
        Some([last_value, log_cnt, is_called]) => {
            let text = |cell: &Cell| cell.text().unwrap_or(Cow::Borrowed("NULL")).into_owned();
            Ok([text(last_value), text(log_cnt), text(is_called)])
        }
        _ => Err("no row of three columns".to_owned()),
    }
}

/// What reports show of one side.
fn table(rows: &[[String; 4]]) -> Reply {
    let columns = ["sequence", "last_value", "log_cnt", "is_called"].map(Cow::Borrowed).to_vec();
    let cells = rows.iter().flatten().map(|text| Cell::from_text(text)).collect();
    let rows = Rows { columns, cells, count: rows.len(), ..Rows::default() };
    let tag = Cow::Owned(format!("SELECT {}", rows.count));
    Reply { results: vec![StatementResult { rows: Some(rows), tag }], ..Reply::default() }
}
