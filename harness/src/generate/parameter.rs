//! SET, RESET and SHOW of the parameters that scripts about sequences set.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{ParameterValue, SetParameter, SetScope};

use super::Generator;

/// Parameters, and values for them: the last of each is refused.
const PARAMETERS: [(&str, &[&str]); 9] = [
    ("client_min_messages", &["warning", "notice", "error", "Notice", "loud"]),
    ("client_min_messages", &["warning", "warning", "notice", "notice", "quiet"]),
    ("work_mem", &["64kB", "2048", "1GB", "63"]),
    ("statement_timeout", &["0", "600000", "10min", "1h", "-1"]),
    ("row_security", &["on", "off", "yes", "maybe"]),
    ("IntervalStyle", &["postgres", "iso_8601", "roman"]),
    ("check_function_bodies", &["false", "true", "2"]),
    ("bytea_output", &["hex", "escape", "octal"]),
    ("my.setting", &["1", "x y", ""]),
];

impl Generator<'_> {
    pub(super) fn parameter(&mut self) -> Statement {
        let (name, values) = PARAMETERS[self.choice.index(PARAMETERS.len())];
        if self.choice.chance(2, 5) {
            return Statement::Show(name.into());
        }
        let value = match self.choice.below(8) {
            0 => ParameterValue::Default,
            1 => ParameterValue::Reset,
            _ => ParameterValue::List(vec![values[self.choice.index(values.len())].to_owned()]),
        };
        let is_reset = value == ParameterValue::Reset;
        let name = if is_reset && self.choice.chance(1, 3) { "all" } else { name };
        let scope = match is_reset {
            true => SetScope::Unspecified,
            false => [SetScope::Unspecified, SetScope::Session, SetScope::Local][self.choice.index(3)],
        };
        Statement::SetParameter(SetParameter { scope, name: name.into(), value })
    }
}
