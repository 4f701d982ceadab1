//! Reports of a campaign: for people, as JSON, as JUnit XML, and as a page.

pub mod hammer;
pub mod html;
pub mod json;
pub mod junit;
pub mod replay;
pub mod side_by_side;
pub(crate) mod style;
pub mod terminal;
pub mod transcript;
pub mod zoo;

use std::path::Path;

use seqcheck_engine::{Clause, Dialect};

use crate::campaign::Summary;

/// A campaign against one server, with what a report needs besides its summary.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The server's version in its own words; the major version asked for when there was no server.
    pub version: String,
    /// How the server was obtained.
    pub origin: String,
    /// The campaign's seed.
    pub seed: u64,
    /// Whose SQL it was judged by.
    pub dialect: Dialect,
    /// Arguments that choose this server, and the faults planted, again, with a space before each.
    pub arguments: String,
    /// Arguments that choose the corpus, likewise.
    pub corpus_arguments: String,
    /// What happened.
    pub summary: Summary,
}

/// What a run says in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conclusion {
    /// Replies were compared, and all agree.
    Conforms,
    /// Nothing was compared, so nothing can be said.
    NothingCompared,
    /// A server failed before the end.
    Undecided,
    /// There are divergences.
    Diverges,
}

impl Conclusion {
    /// The word that reports use.
    pub fn word(self) -> &'static str {
        match self {
            Conclusion::Conforms => "conforms",
            Conclusion::NothingCompared => "nothing compared",
            Conclusion::Undecided => "undecided",
            Conclusion::Diverges => "diverges",
        }
    }

    /// The conclusion over several servers: the gravest one.
    pub fn over(judged: &[Judged]) -> Conclusion {
        judged.iter().map(Judged::conclusion).max().unwrap_or(Conclusion::NothingCompared)
    }
}

/// What reports say of requirements that have not been seen to hold on any server.
pub const NOT_OBSERVED: &str = "documented, not observed";

impl Judged {
    /// The product and its version.
    pub fn name(&self) -> String {
        format!("{} {}", self.dialect.product(), self.version)
    }

    /// What its requirements rest on, where that is less than servers that were seen.
    pub fn basis(&self) -> Option<&'static str> {
        (!self.dialect.is_observed()).then_some(NOT_OBSERVED)
    }

    /// The requirements that count for it.
    pub fn clauses(&self) -> impl Iterator<Item = Clause> {
        Clause::of(self.dialect)
    }

    /// The file that a finding was written to, unless that failed.
    pub fn file(&self, finding: usize) -> Option<&Path> {
        self.summary.files.get(finding)?.as_deref().ok()
    }

    /// The command that reproduces a finding.
    pub fn reproduce(&self, finding: usize) -> String {
        match self.file(finding) {
            Some(file) => {
                format!("seqcheck replay {}{}", shell_word(&file.display().to_string()), self.arguments)
            }
            _ => format!("seqcheck check --seed {}{}{}", self.seed, self.arguments, self.corpus_arguments),
        }
    }

    /// What can be said of this server.
    pub fn conclusion(&self) -> Conclusion {
        if !self.summary.findings.is_empty() {
            Conclusion::Diverges
        } else if self.summary.infrastructure.is_some() {
            Conclusion::Undecided
        } else if self.summary.steps == 0 {
            Conclusion::NothingCompared
        } else {
            Conclusion::Conforms
        }
    }
}

/// Text as one word of a shell command.
pub fn shell_word(text: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./=:,@+".contains(letter);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}
