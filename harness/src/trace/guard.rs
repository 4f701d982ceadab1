//! Guards: which major versions of PostgreSQL something is for.

use std::fmt;

/// The majors that the project supports; guards are summed up as ranges over these.
pub(super) const SUPPORTED_MAJORS: std::ops::RangeInclusive<u8> = 13..=18;

/// One condition on PostgreSQL's major version, written `@postgres >= 15`; several are joined with `and`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Guard {
    /// How the version is compared.
    pub comparison: Comparison,
    /// The major version that it is compared with.
    pub major: u8,
}

/// How a server's major version is compared with a guard's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
    /// `<`
    Below,
    /// `>`
    Above,
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
}

impl Comparison {
    /// All comparisons.
    pub const ALL: [Comparison; 6] = [
        Comparison::AtLeast,
        Comparison::AtMost,
        Comparison::Below,
        Comparison::Above,
        Comparison::Equal,
        Comparison::NotEqual,
    ];

    /// How it is written.
    pub fn operator(self) -> &'static str {
        match self {
            Comparison::AtLeast => ">=",
            Comparison::AtMost => "<=",
            Comparison::Below => "<",
            Comparison::Above => ">",
            Comparison::Equal => "=",
            Comparison::NotEqual => "!=",
        }
    }
}

impl Guard {
    /// A guard from its parts.
    pub fn new(comparison: Comparison, major: u8) -> Guard {
        Guard { comparison, major }
    }

    /// Whether it admits a server of this major version.
    pub fn admits(self, major: u8) -> bool {
        match self.comparison {
            Comparison::AtLeast => major >= self.major,
            Comparison::AtMost => major <= self.major,
            Comparison::Below => major < self.major,
            Comparison::Above => major > self.major,
            Comparison::Equal => major == self.major,
            Comparison::NotEqual => major != self.major,
        }
    }
}

/// Whether all guards admit the major; no guards admit every major.
pub(super) fn admit(guards: &[Guard], major: u8) -> bool {
    guards.iter().all(|guard| guard.admits(major))
}

/// Shows a line of guards, such as `@postgres >= 15 and < 17`.
pub(super) struct GuardLine<'a>(pub(super) &'a [Guard]);

impl fmt::Display for GuardLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("@postgres")?;
        for (position, guard) in self.0.iter().enumerate() {
            let and = if position == 0 { "" } else { " and" };
            write!(formatter, "{and} {} {}", guard.comparison.operator(), guard.major)?;
        }
        Ok(())
    }
}
