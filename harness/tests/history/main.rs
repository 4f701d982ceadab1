//! The history checker: what it accepts, and what it finds.

mod format;
mod laws;
mod planted;
mod simulate;
