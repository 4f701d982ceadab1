//! Reports of a campaign: for people, as JSON, and as JUnit XML.

pub mod json;
pub mod junit;
pub mod replay;
pub mod side_by_side;
pub mod terminal;
pub mod transcript;

use std::path::PathBuf;

use crate::campaign::Summary;

/// A campaign against one server, with what a report needs besides its summary.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The server's version in its own words.
    pub version: String,
    /// How the server was obtained.
    pub origin: String,
    /// The campaign's seed.
    pub seed: u64,
    /// Arguments that choose this server again, with a space before each.
    pub arguments: String,
    /// What happened.
    pub summary: Summary,
    /// The files that the findings were written to, in the findings' order.
    pub files: Vec<PathBuf>,
}

impl Judged {
    /// The command that reproduces a finding.
    pub fn reproduce(&self, finding: usize) -> String {
        match self.files.get(finding) {
            Some(file) => format!("seqcheck replay {}{}", file.display(), self.arguments),
            None => format!("seqcheck check --seed {}{}", self.seed, self.arguments),
        }
    }
}
