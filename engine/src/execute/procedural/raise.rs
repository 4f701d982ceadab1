//! RAISE and ASSERT (manual, "Errors and Messages").

use super::super::Execution;
use super::condition::code_of;
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::reply::{Message, Severity, SqlState};
use crate::statement::{Condition, Expression, RaiseLevel, RaiseOption};

impl Execution<'_> {
    pub(super) fn raise(
        &mut self,
        level: RaiseLevel,
        condition: Option<&Condition>,
        message: Option<&str>,
        arguments: &[Expression],
        options: &[(RaiseOption, Expression)],
    ) -> Result<()> {
        let mut code = condition.map(sqlstate_of).transpose()?;
        let mut text = message.map(|message| self.filled_in(message, arguments)).transpose()?;
        let name = condition.map(|condition| match condition {
            Condition::Name(name) | Condition::SqlState(name) => name.clone(),
        });
        let (mut detail, mut hint, mut errcode) = (None, None, None);
        for (option, value) in options {
            let (from, value) = self.value_of(value)?;
            if value.is_null() {
                return Err(error(sqlstate::NULL_VALUE_NOT_ALLOWED, "RAISE statement option cannot be null"));
            }
            let value = self.shown_text(from, &value)?;
            let is_again = match option {
                RaiseOption::Errcode => code.is_some() || errcode.replace(value.clone()).is_some(),
                RaiseOption::Message => text.replace(value).is_some(),
                RaiseOption::Detail => detail.replace(value).is_some(),
                RaiseOption::Hint => hint.replace(value).is_some(),
            };
            if is_again {
                return Err(unsupported("RAISE with an option that says something again"));
            }
        }
        if let Some(errcode) = &errcode {
            let known = code_of(errcode).map(SqlState::new).or_else(|| SqlState::parse(errcode));
            code = Some(known.ok_or_else(|| unsupported("RAISE with an error that the model does not know"))?);
        }
        let (severity, usual) = match level {
            RaiseLevel::Exception => (Severity::Error, sqlstate::RAISE_EXCEPTION),
            RaiseLevel::Debug => (Severity::Debug, sqlstate::SUCCESSFUL_COMPLETION),
            RaiseLevel::Log => (Severity::Log, sqlstate::SUCCESSFUL_COMPLETION),
            RaiseLevel::Info => (Severity::Info, sqlstate::SUCCESSFUL_COMPLETION),
            RaiseLevel::Notice => (Severity::Notice, sqlstate::SUCCESSFUL_COMPLETION),
            RaiseLevel::Warning => (Severity::Warning, sqlstate::WARNING),
        };
        // A code of zeros is as good as none.
        let given = code.filter(|code| *code != sqlstate::SUCCESSFUL_COMPLETION);
        let sqlstate = given.unwrap_or(usual);
        let shown = match level {
            RaiseLevel::Exception => sqlstate,
            _ => given.unwrap_or(sqlstate::SUCCESSFUL_COMPLETION),
        };
        let text = text.or(name).or(errcode).unwrap_or_else(|| shown.code().to_owned());
        let message =
            Message { severity, sqlstate, message: text.into(), detail, hint: hint.map(std::borrow::Cow::Owned) };
        match level {
            RaiseLevel::Exception => Err(Stop::Error(Box::new(message))),
            _ => {
                self.notice(message);
                Ok(())
            }
        }
    }

    pub(super) fn assert(&mut self, condition: &Expression, message: Option<&Expression>) -> Result<()> {
        if self.holds(condition)? {
            return Ok(());
        }
        let mut text = None;
        if let Some(message) = message {
            let (from, value) = self.value_of(message)?;
            text = match value.is_null() {
                true => None,
                false => Some(self.shown_text(from, &value)?),
            };
        }
        Err(error(sqlstate::ASSERT_FAILURE, text.unwrap_or_else(|| "assertion failed".to_owned())))
    }

    /// A message with its arguments in their places.
    fn filled_in(&mut self, message: &str, arguments: &[Expression]) -> Result<String> {
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
        Ok(text)
    }

    fn shown_argument(&mut self, argument: &Expression) -> Result<String> {
        let (value_type, value) = self.value_of(argument)?;
        match value.is_null() {
            true => Ok("<NULL>".to_owned()),
            false => self.shown_text(value_type, &value),
        }
    }
}

fn sqlstate_of(condition: &Condition) -> Result<SqlState> {
    let known = match condition {
        Condition::Name(name) => code_of(name).map(SqlState::new),
        Condition::SqlState(code) => SqlState::parse(code),
    };
    known.ok_or_else(|| unsupported("RAISE with an error that the model does not know"))
}

/// How many arguments a message takes.
pub(super) fn placeholders(message: &str) -> usize {
    message.replace("%%", "").matches('%').count()
}
