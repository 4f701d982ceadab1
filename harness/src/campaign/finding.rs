//! A divergence with the trace that shows it.

use seqcheck_engine::{ClauseSet, Quirk, QuirkSet};

use crate::compare::{Difference, Field, Signature};
use crate::expectation::{self, Side};
use crate::lockstep::{Observed, Run, Verdict};
use crate::prepare::Prepared;
use crate::trace::{self, Detail, ExpectedOutcome, Mismatch, Trace};

/// What is judged by what.
#[derive(Debug, Clone)]
pub(super) struct Judging {
    /// The server's version.
    pub(super) version: String,
    /// The faults planted in the model.
    pub(super) quirks: QuirkSet,
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
    /// The server's version.
    pub version: String,
}

impl Finding {
    /// The finding of a run's first divergence.
    pub(super) fn new(origin: Origin, prepared: &Prepared, run: &Run, judging: &Judging) -> Option<Finding> {
        let divergence = run.divergence()?;
        let differences = match &run.steps.get(divergence.step)?.verdict {
            Verdict::Diverges(differences) => differences.clone(),
            _ => Vec::new(),
        };
        let signature = divergence.signature.clone();
        let last = divergence.seen_at;
        Some(Finding::at(divergence.step, last, origin, signature, differences, prepared, run, judging))
    }

    /// The finding of a step in which model and server agree, but not with what the corpus says.
    pub(super) fn unmet(
        origin: Origin,
        prepared: &Prepared,
        run: &Run,
        step: usize,
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
            Origin::Generated { index, .. } => index.to_string(),
            Origin::Crashing { index, .. } => format!("crash {index}"),
        };
        // Each unmet expectation is a finding of its own.
        let signature = Signature::new(format!("{name} step {}", step + 1), &differences, None, None);
        Finding::at(step, step, origin, signature, differences, prepared, run, judging)
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
        let finding = Finding {
            origin,
            signature,
            trace: Trace { steps, ..Trace::default() },
            step,
            differences,
            clauses: run.clauses_of(step),
            model: record.and_then(|record| record.model.clone()),
            server: record.and_then(|record| record.server.clone()),
            version: judging.version.clone(),
        };
        finding.with_header(judging)
    }

    /// Writes the provenance into the trace's header.
    fn with_header(mut self, judging: &Judging) -> Finding {
        let planted: Vec<&str> = judging.quirks().map(Quirk::name).collect();
        let model = match planted.as_slice() {
            [] => "the model".to_owned(),
            names => format!("the model with the planted fault {}", names.join(", ")),
        };
        let found = match &self.origin {
            Origin::Corpus(name) => format!("found-by: corpus/{name}"),
            Origin::Generated { seed, index } => format!("found-by: seqcheck check --seed {seed}, trace {index}"),
            Origin::Crashing { seed, index } => format!("found-by: seqcheck check --seed {seed}, crash trace {index}"),
        };
        let differences = self.differences.iter().map(|difference| difference.to_string().replace('\n', " / "));
        self.trace.header = [String::new(), found].into_iter().chain(differences).collect();
        // The line is known only once the header's length is.
        let line = self.line();
        self.trace.header[0] = format!("PostgreSQL {} differs from {model} at the step in line {line}.", self.version);
        self
    }

    /// The line of the diverging step in the written trace, counted from 1.
    pub fn line(&self) -> usize {
        let text = self.trace.to_string();
        Trace::parse(&text).ok().and_then(|trace| trace.steps.get(self.step).map(|step| step.line)).unwrap_or_default()
    }

    /// Whether two findings look like the same fault.
    pub(super) fn is_like(&self, other: &Finding) -> bool {
        self.signature == other.signature
    }

    /// A name for its file: the statement's kind and what differs.
    pub fn file_name(&self) -> String {
        let mut name = String::new();
        for letter in self.signature.kind.chars() {
            if letter.is_ascii_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.push(letter.to_ascii_lowercase());
        }
        for field in &self.signature.fields {
            name.push('-');
            name.push_str(field.name());
        }
        let code =
            |code: Option<seqcheck_engine::SqlState>| code.map_or_else(|| "ok".to_owned(), |code| code.to_string());
        format!("{name}-{}-{}.trace", code(self.signature.expected), code(self.signature.actual))
            .replace([' ', '/'], "-")
    }

    /// The SQL of the diverging step.
    pub fn sql(&self) -> String {
        match self.trace.steps.get(self.step).map(|step| &step.action) {
            Some(trace::Action::Query { sql, .. }) => sql.clone(),
            Some(other) => format!("{other:?}"),
            None => String::new(),
        }
    }
}
