//! The colours of a terminal, the same in everything that is printed.

use anstyle::{AnsiColor, Style};

/// What is as it should be.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// What is not, and errors.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What was left out.
pub(crate) const WEAK: Style = AnsiColor::Yellow.on_default();
/// What matters most among lines without a colour.
pub(crate) const STRONG: Style = Style::new().bold();
/// What may be passed over.
pub(crate) const FAINT: Style = Style::new().dimmed();
