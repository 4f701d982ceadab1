//! Keeps what is recorded, and writes it to a file meanwhile.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::history::{Call, History, Nextval, Outcome, Record, Sequence, Transaction, TransactionEnd};

/// The history of a run, shared by everybody who adds to it. The clones are the same recorder.
#[derive(Debug, Clone)]
pub struct Recorder(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    begin: Instant,
    history: History,
    file: Option<BufWriter<File>>,
    error: Option<io::Error>,
    /// Whether the recording has ended. An interrupted run ends it while its sessions still call.
    is_finished: bool,
    /// What each session has under way.
    sessions: Vec<UnderWay>,
}

#[derive(Debug, Default)]
struct UnderWay {
    /// The call whose answer has not come.
    call: Option<Record>,
    /// The calls of the transaction that is open.
    transaction: Option<Vec<Record>>,
}

impl Recorder {
    /// Records calls of these sequences, and writes them to `file` if there is one.
    pub fn new(sequences: Vec<Sequence>, file: Option<File>) -> Recorder {
        let mut state = State {
            begin: Instant::now(),
            history: History { sequences, records: Vec::new() },
            file: file.map(BufWriter::new),
            error: None,
            is_finished: false,
            sessions: Vec::new(),
        };
        for number in 0..state.history.sequences.len() {
            let sequence = state.history.sequences[number].clone();
            state.write(|out| sequence.write(out));
        }
        Recorder(Arc::new(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nanoseconds since the run began.
    pub(super) fn now(&self) -> u64 {
        self.state().now()
    }

    /// How many calls are recorded.
    pub(super) fn calls(&self) -> usize {
        self.state().history.records.len()
    }

    /// A session's call is about to be sent. Should its answer never come, `call` is what is recorded.
    pub(super) fn begin(&self, session: u32, sequence: u32, call: Call) {
        let mut state = self.state();
        let now = state.now();
        let record = Record { session, sequence, start: now, end: now, call, transaction: None };
        state.under_way(session).call = Some(record);
    }

    /// The answer to the session's call has come; `None` when it never will.
    pub(super) fn end(&self, session: u32, call: Option<Call>) {
        let mut state = self.state();
        let now = state.now();
        let under_way = state.under_way(session);
        let Some(mut record) = under_way.call.take() else { return };
        record.end = now;
        if let Some(call) = call {
            record.call = call;
        }
        match &mut under_way.transaction {
            Some(transaction) => transaction.push(record),
            None => state.add(record),
        }
    }

    /// The session's next calls belong to a transaction.
    pub(super) fn begin_transaction(&self, session: u32) {
        self.state().under_way(session).transaction = Some(Vec::new());
    }

    /// The session's transaction, if there is one, is over.
    pub(super) fn end_transaction(&self, session: u32, end: TransactionEnd) {
        let mut state = self.state();
        let at = state.now();
        for mut record in state.under_way(session).transaction.take().into_iter().flatten() {
            record.transaction = Some(Box::new(Transaction { end, at }));
            state.add(record);
        }
    }

    /// The server crashed at `start` and has recovered.
    pub(super) fn crash(&self, start: u64) {
        let mut state = self.state();
        let end = state.now();
        state.add(Record { session: 0, sequence: 0, start, end, call: Call::Crash, transaction: None });
    }

    /// Hands what was recorded to the file.
    pub(super) fn flush(&self) {
        self.state().write(|out| out.flush());
    }

    /// Ends the recording: what is under way has no answer, and what is called from now on is not recorded. Says what
    /// went wrong with the file, if anything did.
    ///
    /// # Errors
    ///
    /// The first error in writing the file.
    pub fn finish(&self) -> io::Result<History> {
        let mut state = self.state();
        let now = state.now();
        for mut under_way in std::mem::take(&mut state.sessions) {
            if let Some(record) = under_way.call.take() {
                let record = Record { end: now, ..record };
                match &mut under_way.transaction {
                    Some(transaction) => transaction.push(record),
                    None => state.add(record),
                }
            }
            for mut record in under_way.transaction.into_iter().flatten() {
                record.transaction = Some(Box::new(Transaction { end: TransactionEnd::Unknown, at: now }));
                state.add(record);
            }
        }
        state.is_finished = true;
        state.write(|out| out.flush());
        match state.error.take() {
            Some(error) => Err(error),
            None => Ok(std::mem::take(&mut state.history)),
        }
    }
}

impl State {
    fn now(&self) -> u64 {
        self.begin.elapsed().as_nanos() as u64
    }

    fn under_way(&mut self, session: u32) -> &mut UnderWay {
        let session = session as usize;
        if session >= self.sessions.len() {
            self.sessions.resize_with(session + 1, UnderWay::default);
        }
        &mut self.sessions[session]
    }

    fn add(&mut self, record: Record) {
        if self.is_finished {
            return;
        }
        let sequences = std::mem::take(&mut self.history.sequences);
        self.write(|out| record.write(&sequences, out));
        self.history.sequences = sequences;
        self.history.records.push(record);
    }

    fn write(&mut self, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) {
        if let Some(file) = &mut self.file
            && let Err(error) = write(file)
        {
            self.error = Some(error);
            self.file = None;
        }
    }
}

/// A call of `nextval` whose answer has not come.
pub(super) const NEXTVAL: Call = Call::Nextval(Nextval::Unknown);

/// A call of `setval`.
pub(super) fn setval(value: i64, is_called: bool, outcome: Outcome) -> Call {
    Call::Setval { value, is_called, outcome }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn an_interrupted_run_leaves_a_history_that_can_be_read() {
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let sequence = Sequence { name: "orders".to_owned(), definition: Default::default() };
        let recorder = Recorder::new(vec![sequence], Some(File::create(&path).unwrap()));
        recorder.begin(1, 0, NEXTVAL);
        let history = recorder.finish().unwrap();
        // The session does not know that the run has ended.
        recorder.end(1, Some(Call::Nextval(Nextval::Value(1))));
        recorder.begin(1, 0, NEXTVAL);
        recorder.end(1, Some(Call::Nextval(Nextval::Value(2))));
        recorder.flush();
        let file = std::fs::read_to_string(&path).unwrap();
        assert_eq!(History::read(file.as_bytes(), Path::new("h.jsonl")).unwrap(), history);
    }
}
