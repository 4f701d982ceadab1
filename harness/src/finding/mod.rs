//! A divergence with the trace that shows it.

mod folder;
mod sentence;

use std::fmt;

use seqcheck_engine::statement::{Expression, Query};
use seqcheck_engine::{ClauseSet, Quirk, QuirkSet, Statement};

use crate::compare::{Difference, Field, Signature};
use crate::expectation::{self, Side};
use crate::lockstep::{Action, Observed, Run, Step, Verdict};
use crate::prepare::Prepared;
use crate::shrink::Confirmation;
use crate::trace::{self, Detail, ExpectedOutcome, Mismatch, Trace};
pub use folder::{Folder, SaveError};

/// What is judged by what.
#[derive(Debug, Clone)]
pub struct Judging {
    /// Who is judged: the server, with its version.
    pub judged: String,
    /// The faults planted in the model.
    pub quirks: QuirkSet,
    /// The command that found it, such as `seqcheck check`.
    pub command: String,
}

impl Judging {
    fn quirks(&self) -> impl Iterator<Item = Quirk> {
        Quirk::ALL.iter().copied().filter(|quirk| self.quirks.contains(*quirk))
    }
}

/// Where a diverging trace came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The corpus, from this file.
    Corpus(String),
    /// The generator, with this seed and trace number.
    Generated {
        /// The campaign's seed.
        seed: u64,
        /// The trace's number, counted from 0.
        index: u64,
    },
    /// The generator of traces in which the server crashes, with this seed and trace number.
    Crashing {
        /// The campaign's seed.
        seed: u64,
        /// The trace's number among these, counted from 0.
        index: u64,
    },
    /// All traces of a length.
    Exhaustive {
        /// How many steps they have.
        length: u32,
        /// The trace's number, counted from 0.
        index: u64,
    },
    /// A file that somebody gave.
    File(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Corpus(name) => write!(formatter, "corpus/{name}"),
            Origin::Generated { seed, index } => write!(formatter, "generated trace {index} of seed {seed}"),
            Origin::Crashing { seed, index } => write!(formatter, "crash trace {index} of seed {seed}"),
            Origin::Exhaustive { length, index } => write!(formatter, "trace {index} of length {length}"),
            Origin::File(name) => formatter.write_str(name),
        }
    }
}

/// A divergence, reduced to a trace that shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Where it came from.
    pub origin: Origin,
    /// What makes it this divergence and not another.
    pub signature: Signature,
    /// The trace up to the diverging step. It expects what the engine predicts, or what the server did where a fault was
    /// planted in the engine.
    pub trace: Trace,
    /// The diverging step, counted from 0.
    pub step: usize,
    /// What differs in that step, or in what the file expects.
    pub differences: Vec<Difference>,
    /// The clauses that the diverging step exercised.
    pub clauses: ClauseSet,
    /// What the engine did at that step.
    pub model: Option<Observed>,
    /// What the server did at that step.
    pub server: Option<Observed>,
    /// See [`Finding::key`].
    key: String,
    /// Who was judged: the server, with its version.
    pub judged: String,
    provenance: Provenance,
}

/// Where a finding comes from, for its header.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Provenance {
    /// The model, with its planted faults.
    model: String,
    /// The command and the seed or file.
    found_by: String,
    /// The command that shows it again.
    reproduce: Option<String>,
    /// How far it showed again.
    confirmation: Confirmation,
    /// Whether model and server agree, and it is the corpus that expects something else.
    is_about_file: bool,
}

impl Finding {
    /// The finding of a run's first divergence.
    pub fn new(origin: Origin, prepared: &Prepared, run: &Run, judging: &Judging) -> Option<Finding> {
        let divergence = run.divergence()?;
        let differences = match &run.steps.get(divergence.step)?.verdict {
            Verdict::Diverges(differences) => differences.clone(),
            _ => Vec::new(),
        };
        let signature = divergence.signature.clone();
        let last = divergence.seen_at;
        Some(Finding::at(divergence.step, last, origin, signature, differences, prepared, run, judging))
    }

    /// The finding of a step in which model and server agree, but not with what the corpus expects. The finding's trace
    /// expects that, too, so that it shows the difference again.
    pub fn unmet(
        origin: Origin,
        prepared: &Prepared,
        run: &Run,
        step: usize,
        expected: &[trace::Expectation],
        mismatch: &Mismatch,
        judging: &Judging,
    ) -> Finding {
        let differences = vec![Difference {
            field: Field::Expectation,
            result: None,
            expected: mismatch.expected.join(" / "),
            actual: mismatch.actual.join(" / "),
        }];
        let name = match &origin {
            Origin::Corpus(name) => name.clone(),
            Origin::Generated { index, .. } | Origin::Exhaustive { index, .. } => index.to_string(),
            Origin::Crashing { index, .. } => format!("crash {index}"),
            Origin::File(name) => name.clone(),
        };
        // Each unmet expectation is a finding of its own.
        let signature = Signature::new(format!("{name} step {}", step + 1), &differences, None, None);
        let mut finding = Finding::at(step, step, origin, signature, differences, prepared, run, judging);
        if let Some(step) = finding.trace.steps.get_mut(step) {
            step.expectations = expected.to_vec();
        }
        finding.provenance.is_about_file = true;
        finding.write_header();
        finding
    }

    #[expect(clippy::too_many_arguments, reason = "the two ways above differ in each of them")]
    fn at(
        step: usize,
        last: usize,
        origin: Origin,
        signature: Signature,
        differences: Vec<Difference>,
        prepared: &Prepared,
        run: &Run,
        judging: &Judging,
    ) -> Finding {
        let mut steps = prepared.to_trace_steps();
        steps.truncate(last + 1);
        // A model with a planted fault is wrong on purpose: then the server says what is right, and the file shows no
        // divergence to a healthy model and server.
        let side = if judging.quirks == QuirkSet::NONE { Side::Model } else { Side::Server };
        let observed = expectation::observed(&steps.iter().collect::<Vec<_>>(), run, side);
        for (step, observed) in steps.iter_mut().zip(&observed) {
            if let Some(outcome) = ExpectedOutcome::from_observed(observed, Detail::Plain) {
                step.expectations = vec![trace::Expectation { guards: Vec::new(), outcome }];
            }
        }
        let record = run.steps.get(step);
        let key = key(&signature, prepared.steps.get(step));
        let planted: Vec<&str> = judging.quirks().map(Quirk::name).collect();
        let model = match planted.as_slice() {
            [] => "the model".to_owned(),
            names => format!("the model with the planted fault {}", names.join(", ")),
        };
        let command = &judging.command;
        let found_by = match &origin {
            Origin::Corpus(name) => format!("{command}, {name} of the corpus"),
            Origin::Generated { seed, index } => format!("{command} --seed {seed}, trace {index}"),
            Origin::Crashing { seed, index } => format!("{command} --seed {seed}, crash trace {index}"),
            Origin::Exhaustive { length, index } => format!("{command} --exhaustive {length}, trace {index}"),
            Origin::File(name) => format!("{command} {name}"),
        };
        let mut finding = Finding {
            origin,
            signature,
            trace: Trace { steps, ..Trace::default() },
            step,
            differences,
            clauses: run.clauses_of(step),
            model: record.and_then(|record| record.model.clone()),
            server: record.and_then(|record| record.server.clone()),
            key,
            judged: judging.judged.clone(),
            provenance: Provenance {
                model,
                found_by,
                reproduce: None,
                confirmation: Confirmation::Shows,
                is_about_file: false,
            },
        };
        finding.write_header();
        finding
    }

    /// Says where it comes from, in the trace's header.
    fn write_header(&mut self) {
        let Provenance { model, found_by, reproduce, confirmation, is_about_file } = &self.provenance;
        let differences = self.differences.iter().map(|difference| difference.to_string().replace('\n', " / "));
        let mut header = vec![String::new()];
        header.extend(differences);
        match confirmation {
            Confirmation::Shows => {}
            Confirmation::ComesAndGoes => {
                header.push("It did not show each time when these steps were run again.".to_owned());
            }
            Confirmation::OnlyAfterOthers => header.push(
                "In a new database these steps do not show it: it may come of what traces before it have left behind."
                    .to_owned(),
            ),
        }
        header.push(format!("found-by: {found_by}"));
        header.extend(reproduce.as_ref().map(|command| format!("reproduce: {command}")));
        let head = match is_about_file {
            true => {
                format!("{} and {model} agree, and the corpus expects something else, at the step in line", self.judged)
            }
            false => format!("{} differs from {model} at the step in line", self.judged),
        };
        self.trace.header = header;
        // The line is known only once the header's length is.
        self.trace.header[0] = format!("{head} {}.", self.line());
    }

    /// Says in the header which command shows it again.
    fn set_reproduce(&mut self, command: Option<String>) {
        self.provenance.reproduce = command;
        self.write_header();
    }

    /// Says in the header how far the divergence showed again.
    pub fn set_confirmation(&mut self, confirmation: Confirmation) {
        self.provenance.confirmation = confirmation;
        self.write_header();
    }

    /// The line of the diverging step in the written trace, counted from 1.
    pub fn line(&self) -> usize {
        let text = self.trace.to_string();
        Trace::parse(&text).ok().and_then(|trace| trace.steps.get(self.step).map(|step| step.line)).unwrap_or_default()
    }

    /// What findings of the same fault have in common: what was done, what differs, and the errors if any. Also the name
    /// of its file, without the extension.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The divergence in one sentence, such as `SELECT nextval('s') returns 7 instead of 6`.
    pub fn sentence(&self) -> String {
        let sql = self.sql();
        let subject = sql.lines().next().unwrap_or_default();
        format!("{subject} {}", sentence::predicate(&self.differences, self.model.as_ref(), self.server.as_ref()))
    }

    /// The SQL of the diverging step.
    pub fn sql(&self) -> String {
        match self.trace.steps.get(self.step).map(|step| &step.action) {
            Some(trace::Action::Query { sql, .. }) => sql.clone(),
            Some(trace::Action::Connect { .. }) => r"\connect".to_owned(),
            Some(trace::Action::Disconnect) => r"\disconnect".to_owned(),
            Some(trace::Action::Cancel) => r"\cancel".to_owned(),
            Some(trace::Action::Checkpoint) => r"\checkpoint".to_owned(),
            Some(trace::Action::Crash) => r"\crash".to_owned(),
            Some(trace::Action::Restart) => r"\restart".to_owned(),
            Some(trace::Action::Standby) => r"\standby".to_owned(),
            Some(trace::Action::Promote) => r"\promote".to_owned(),
            None => String::new(),
        }
    }
}

/// The key of a divergence with this signature at this step.
fn key(signature: &Signature, step: Option<&Step>) -> String {
    let functions = step.map(functions).unwrap_or_default();
    let mut key = if functions.is_empty() { words(&signature.kind) } else { functions.join("-") };
    let differ = signature.expected != signature.actual;
    for field in &signature.fields {
        // An error in the place of a result says as much by its code.
        if !(differ && matches!(field, Field::Results | Field::SqlState | Field::Message)) {
            key.push('-');
            key.push_str(field.name());
        }
    }
    if differ {
        let code =
            |code: Option<seqcheck_engine::SqlState>| code.map_or_else(|| "ok".to_owned(), |code| code.to_string());
        key.push_str(&format!("-{}-{}", code(signature.expected), code(signature.actual)));
    } else if let Some(code) = signature.expected {
        key.push_str(&format!("-{code}"));
    }
    // It names a file.
    key.chars().map(|letter| if letter.is_alphanumeric() || letter == '_' { letter } else { '-' }).collect()
}

/// `CreateSequence` as `create-sequence`.
fn words(kind: &str) -> String {
    let mut words = String::new();
    for letter in kind.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push('-');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

/// The functions that the select lists of a step's queries call, each once, in alphabetical order.
fn functions(step: &Step) -> Vec<String> {
    let mut functions = Vec::new();
    if let Action::Query { statements: Ok(statements), .. } = &step.action {
        for statement in statements {
            if let Statement::Query(Query::Select(select)) = statement {
                let calls = select.items.iter().filter_map(|item| match &item.expression {
                    Expression::Call(call) => call.name.parts.last().map(|name| name.name().to_owned()),
                    _ => None,
                });
                functions.extend(calls);
            }
        }
    }
    functions.sort();
    functions.dedup();
    functions
}
