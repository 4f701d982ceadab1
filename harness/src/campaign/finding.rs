//! A divergence with the trace that shows it.

use seqcheck_engine::Reply;

use crate::compare::{Difference, Field, Signature};
use crate::lockstep::{Observed, Run, StepRecord, Verdict};
use crate::prepare::Prepared;
use crate::trace::{self, Detail, ExpectedOutcome, Mismatch, ObservedStep, Trace};

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
}

/// A divergence, reduced to a trace that shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Where it came from.
    pub origin: Origin,
    /// What makes it this divergence and not another.
    pub signature: Signature,
    /// The trace up to the diverging step, with what the engine predicts as its expectations.
    pub trace: Trace,
    /// The diverging step, counted from 0.
    pub step: usize,
    /// What differs in that step, or in what the file expects.
    pub differences: Vec<Difference>,
    /// What the engine did at that step.
    pub model: Option<Observed>,
    /// What the server did at that step.
    pub server: Option<Observed>,
    /// The server's version.
    pub version: String,
}

impl Finding {
    /// The finding of a run's first divergence.
    pub(super) fn new(origin: Origin, prepared: &Prepared, run: &Run, version: &str) -> Option<Finding> {
        let divergence = run.divergence()?;
        let record = run.steps.get(divergence.step)?;
        let differences = match &record.verdict {
            Verdict::Diverges(differences) => differences.clone(),
            _ => Vec::new(),
        };
        let mut trace = Trace { steps: prepared.to_trace_steps(), ..Trace::default() };
        trace.steps.truncate(divergence.seen_at + 1);
        for (step, record) in trace.steps.iter_mut().zip(&run.steps) {
            expect_model(step, record);
        }
        let finding = Finding {
            origin,
            signature: divergence.signature.clone(),
            trace,
            step: divergence.step,
            differences,
            model: record.model.clone(),
            server: record.server.clone(),
            version: version.to_owned(),
        };
        Some(finding.with_header())
    }

    /// The finding of a step in which model and server agree, but not with what the corpus says.
    pub(super) fn unmet(
        origin: Origin,
        prepared: &Prepared,
        run: &Run,
        step: usize,
        mismatch: &Mismatch,
        version: &str,
    ) -> Finding {
        let differences = vec![Difference {
            field: Field::Expectation,
            result: None,
            expected: mismatch.expected.join(" / "),
            actual: mismatch.actual.join(" / "),
        }];
        let mut trace = Trace { steps: prepared.to_trace_steps(), ..Trace::default() };
        trace.steps.truncate(step + 1);
        for (step, record) in trace.steps.iter_mut().zip(&run.steps) {
            expect_model(step, record);
        }
        let name = match &origin {
            Origin::Corpus(name) => name.clone(),
            Origin::Generated { index, .. } => index.to_string(),
        };
        let record = run.steps.get(step);
        let finding = Finding {
            origin,
            // Each unmet expectation is a finding of its own.
            signature: Signature::new(format!("{name} step {}", step + 1), &differences, None, None),
            trace,
            step,
            differences,
            model: record.and_then(|record| record.model.clone()),
            server: record.and_then(|record| record.server.clone()),
            version: version.to_owned(),
        };
        finding.with_header()
    }

    /// Writes the provenance into the trace's header.
    fn with_header(mut self) -> Finding {
        let found = match &self.origin {
            Origin::Corpus(name) => format!("found-by: corpus/{name}"),
            Origin::Generated { seed, index } => format!("found-by: seqcheck check --seed {seed}, trace {index}"),
        };
        self.trace.header =
            vec![format!("PostgreSQL {} differs from the model at the step in line {}.", self.version, "@"), found];
        for difference in &self.differences {
            let text = difference.to_string().replace('\n', " / ");
            self.trace.header.push(format!("{text}"));
        }
        // The line is known only once the header's length is.
        let line = self.line();
        self.trace.header[0] =
            format!("PostgreSQL {} differs from the model at the step in line {line}.", self.version);
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

/// Makes the engine's prediction the step's expectation.
fn expect_model(step: &mut trace::Step, record: &StepRecord) {
    let Some(model) = &record.model else { return };
    let observed = match (&model.reply, model.waits) {
        (Some(reply), _) => ObservedStep::reply(Reply::clone(reply)),
        (None, true) => ObservedStep { progress: trace::Observed::Waits, resumed: Vec::new() },
        (None, false) => return,
    };
    if let Some(outcome) = ExpectedOutcome::from_observed(&observed, Detail::Plain) {
        step.expectations = vec![trace::Expectation { guards: Vec::new(), outcome }];
    }
}
