//! RAISE (manual, "Reporting Errors and Messages").

use super::super::Execution;
use crate::error::{Result, error, notice, sqlstate};
use crate::reply::{Severity, SqlState};
use crate::statement::{Expression, RaiseLevel};

/// The SQLSTATE of an error that RAISE makes, unless it says otherwise.
const RAISE_EXCEPTION: SqlState = SqlState::new("P0001");

impl Execution<'_> {
    pub(super) fn raise(&mut self, level: RaiseLevel, message: &str, arguments: &[Expression]) -> Result<()> {
        let mut text = String::new();
        let mut arguments = arguments.iter();
        let mut rest = message.chars().peekable();
        while let Some(letter) = rest.next() {
            match letter {
                '%' if rest.peek() == Some(&'%') => {
                    rest.next();
                    text.push('%');
                }
                '%' => {
                    if let Some(argument) = arguments.next() {
                        text.push_str(&self.shown_argument(argument)?);
                    }
                }
                other => text.push(other),
            }
        }
        let (severity, code) = match level {
            RaiseLevel::Exception => return Err(error(RAISE_EXCEPTION, text)),
            RaiseLevel::Debug => (Severity::Debug, sqlstate::SUCCESSFUL_COMPLETION),
            RaiseLevel::Log => (Severity::Log, sqlstate::SUCCESSFUL_COMPLETION),
            RaiseLevel::Info => (Severity::Info, sqlstate::SUCCESSFUL_COMPLETION),
            RaiseLevel::Notice => (Severity::Notice, sqlstate::SUCCESSFUL_COMPLETION),
            RaiseLevel::Warning => (Severity::Warning, sqlstate::WARNING),
        };
        self.notice(notice(severity, code, text));
        Ok(())
    }

    fn shown_argument(&mut self, argument: &Expression) -> Result<String> {
        let (value_type, value) = self.value_of(argument)?;
        match value.is_null() {
            true => Ok("<NULL>".to_owned()),
            false => self.shown_text(value_type, &value),
        }
    }
}

/// How many arguments a message takes.
pub(super) fn placeholders(message: &str) -> usize {
    message.replace("%%", "").matches('%').count()
}
