//! What a history shows that PostgreSQL's sequences never do, in words that a person can check.

use super::record::{Call, History, Nextval, Record};

/// Some calls whose answers cannot all be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which rule they break.
    pub kind: Kind,
    /// The index of the sequence in [`History::sequences`].
    pub sequence: u32,
    /// The indices of the calls in [`History::records`], in the order in which [`Violation::describe`] names them.
    pub records: Vec<u32>,
}

/// Which rule is broken, with the values that show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Two calls gave the same value. Calls: both.
    Twice {
        /// The value.
        value: i64,
    },
    /// A session got a value from a block that another one had fetched. Calls: the fetch, and the one that gave the
    /// value.
    BlockShared {
        /// The block's first value.
        first: i64,
        /// The block's last value.
        last: i64,
    },
    /// A session fetched a block although it had values left. Calls: the one before, and the fetch.
    BlockNotUsedUp {
        /// The value that it had to give.
        next: i64,
    },
    /// A call that began after another one had ended got a value from before the other's. Calls: both, in the order of
    /// time.
    OrderInverted,
    /// A value is out of bounds. Calls: the one that gave it.
    OutOfBounds {
        /// MINVALUE.
        min: i64,
        /// MAXVALUE.
        max: i64,
    },
    /// A value is not a whole number of increments away from another. Calls: the one that gave it.
    OffStride {
        /// The other value.
        from: i64,
        /// INCREMENT.
        increment: i64,
    },
    /// A value is from before the place from which the sequence goes on. Calls: the one that gave it, and the one that
    /// decides where the sequence goes on, if there is one.
    BeforeStart {
        /// The first value that may be given.
        from: i128,
    },
    /// A value that a crash may not have lost is given again, or one before it. Calls: the one that gave it first and
    /// is flushed, the crash, and the one that gave it again.
    LostInCrash {
        /// The first value that may be given after the crash.
        from: i128,
    },
    /// Values are missing for which no call can account. Calls: those on either side, or the one after them.
    Skipped {
        /// How many are missing in all.
        missing: i128,
        /// For how many the calls without an answer can account.
        accounted: i128,
    },
    /// The limit was reported with values left. Calls: the one that reported it.
    LimitTooEarly {
        /// The last value that can have been given until then.
        reached: i128,
    },
    /// A sequence that cycles gave a value again, or went on to another, sooner than the calls in between allow. Calls:
    /// both.
    CycledTooSoon {
        /// How many values have to be drawn to get from one to the other.
        needed: i128,
        /// How many can have been.
        drawn: i128,
    },
    /// A call during a change gave a value that fits neither before nor after it. Calls: the one that gave it.
    FitsNowhere,
}

impl Kind {
    /// A short name, for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Twice { .. } => "twice",
            Kind::BlockShared { .. } => "block-shared",
            Kind::BlockNotUsedUp { .. } => "block-not-used-up",
            Kind::OrderInverted => "order-inverted",
            Kind::OutOfBounds { .. } => "out-of-bounds",
            Kind::OffStride { .. } => "off-stride",
            Kind::BeforeStart { .. } => "before-start",
            Kind::LostInCrash { .. } => "lost-in-crash",
            Kind::Skipped { .. } => "skipped",
            Kind::LimitTooEarly { .. } => "limit-too-early",
            Kind::CycledTooSoon { .. } => "cycled-too-soon",
            Kind::FitsNowhere => "fits-nowhere",
        }
    }
}

/// Collects violations: the first few, and the number of all.
#[derive(Debug)]
pub(super) struct Violations {
    pub(super) list: Vec<Violation>,
    pub(super) count: u64,
    most: usize,
}

impl Violations {
    pub(super) fn new(most: usize) -> Violations {
        Violations { list: Vec::new(), count: 0, most }
    }

    pub(super) fn push(&mut self, sequence: u32, kind: Kind, records: &[u32]) {
        self.count += 1;
        if self.list.len() < self.most {
            self.list.push(Violation { kind, sequence, records: records.to_vec() });
        }
    }
}

impl Violation {
    /// The lines of the calls in the saved history.
    pub fn lines(&self, history: &History) -> Vec<usize> {
        self.records.iter().map(|record| history.line(*record)).collect()
    }

    /// The violation in words, with who got what and when. Times are seconds from the start of the first call; lines are
    /// those of the saved history.
    pub fn describe(&self, history: &History) -> String {
        let words = Words { history, begin: history.records.iter().map(|record| record.start).min().unwrap_or(0) };
        let name = history.sequences.get(self.sequence as usize).map_or("?", |sequence| &sequence.name);
        let call = |index: usize| self.records.get(index).map_or_else(|| "?".to_owned(), |one| words.call(*one));
        let text = match self.kind {
            Kind::Twice { value } => {
                let again = self.records.get(1).map_or_else(String::new, |one| words.again(*one, value));
                format!("{}; {again}", call(0))
            }
            Kind::BlockShared { first, last } => format!(
                "{}, which fetched the block {first} to {last} for that session; {}, which belongs to it",
                call(0),
                call(1)
            ),
            Kind::BlockNotUsedUp { next } => {
                format!("{}, and the session has {next} left to give; {} instead", call(0), call(1))
            }
            Kind::OrderInverted => {
                format!("{}; {}, which comes before it although the call came after", call(0), call(1))
            }
            Kind::OutOfBounds { min, max } => format!("{}, which is not between {min} and {max}", call(0)),
            Kind::OffStride { from, increment } => {
                format!("{}, which is no multiple of {increment} away from {from}", call(0))
            }
            Kind::BeforeStart { from } if self.records.len() > 1 => {
                format!("{}; {}, and from there on {from} is the first value", call(1), call(0))
            }
            Kind::BeforeStart { from } => format!("{}, but the sequence starts at {from}", call(0)),
            Kind::LostInCrash { from } if self.records.len() > 2 => format!(
                "{}, which was flushed; {}; {}, but the crash may lose nothing before {from}",
                call(0),
                call(1),
                call(2)
            ),
            Kind::LostInCrash { from } => {
                format!("{}; {}, but the crash may lose nothing before {from}", call(0), call(1))
            }
            Kind::Skipped { missing, accounted } => {
                let places = self.records.iter().map(|one| words.call(*one)).collect::<Vec<_>>().join("; ");
                let place = if self.records.len() > 1 { "most of them between these" } else { "most of them before" };
                format!(
                    "{places}; values that nobody got: {missing}, {place}; values that calls without an answer can have \
                     drawn: {accounted}"
                )
            }
            Kind::LimitTooEarly { reached } => {
                format!("{}, when the sequence cannot be further than {reached}", call(0))
            }
            Kind::CycledTooSoon { needed, drawn } => format!(
                "{}; {}, which is {needed} values later, and at most {drawn} can have been drawn in between",
                call(0),
                call(1)
            ),
            Kind::FitsNowhere => format!("{}, which fits neither before nor after the change made meanwhile", call(0)),
        };
        format!("{name}: {text}")
    }
}

/// Puts calls into words.
struct Words<'h> {
    history: &'h History,
    begin: u64,
}

impl Words<'_> {
    fn call(&self, number: u32) -> String {
        let Some(record) = self.history.records.get(number as usize) else { return "?".to_owned() };
        let what = match &record.call {
            Call::Nextval(Nextval::Value(value)) => format!("S{}'s nextval gave {value}", record.session),
            Call::Nextval(Nextval::Limit) => format!("S{}'s nextval reported the limit", record.session),
            Call::Nextval(_) => format!("S{}'s nextval gave no value", record.session),
            Call::Setval { value, .. } => format!("S{} set the value to {value}", record.session),
            Call::Alter(alter) => match alter.restart {
                Some(value) => format!("S{} restarted the sequence with {value}", record.session),
                None => format!("S{} altered the sequence", record.session),
            },
            Call::Connect => format!("S{} connected", record.session),
            Call::Disconnect => format!("S{} disconnected", record.session),
            Call::Crash => "the server crashed".to_owned(),
        };
        format!("{what} at {} (line {})", self.time(record), self.history.line(number))
    }

    /// A call that gave a value again.
    fn again(&self, number: u32, value: i64) -> String {
        let Some(record) = self.history.records.get(number as usize) else { return "?".to_owned() };
        let (session, line) = (record.session, self.history.line(number));
        format!("S{session}'s gave {value} again at {} (line {line})", self.time(record))
    }

    /// From when to when, in seconds.
    fn time(&self, record: &Record) -> String {
        let seconds = |at: u64| at.saturating_sub(self.begin) as f64 / 1e9;
        format!("{:.6}–{:.6} s", seconds(record.start), seconds(record.end))
    }
}
