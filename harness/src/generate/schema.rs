//! Schemas, the search path and other parameters.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{CreateSchema, DropSchema, ParameterValue, SetParameter, SetScope};

use super::Generator;

impl Generator<'_> {
    pub(super) fn schema(&mut self) -> Statement {
        match self.choice.below(11) {
            0..=2 => Statement::CreateSchema(CreateSchema {
                if_not_exists: self.choice.chance(1, 4),
                name: Some(if self.choice.chance(7, 8) { "a".into() } else { self.schema_name() }),
                owner: None,
            }),
            3 => Statement::DropSchema(DropSchema {
                if_exists: self.choice.chance(1, 3),
                names: (0..1 + self.choice.index(2)).map(|_| self.schema_name()).collect(),
                behavior: self.behavior(),
            }),
            4 => Statement::Show("search_path".into()),
            8.. => self.parameter(),
            _ => self.search_path(),
        }
    }

    fn search_path(&mut self) -> Statement {
        let value = match self.choice.below(6) {
            0 => ParameterValue::Default,
            1 => ParameterValue::Reset,
            2 => ParameterValue::List(vec![String::new()]),
            _ => {
                let count = 1 + self.choice.index(3);
                ParameterValue::List((0..count).map(|_| self.schema_name().written().to_owned()).collect())
            }
        };
        let scope = match value {
            ParameterValue::Reset => SetScope::Unspecified,
            _ => [SetScope::Unspecified, SetScope::Session, SetScope::Local][self.choice.index(3)],
        };
        Statement::SetParameter(SetParameter { scope, name: "search_path".into(), value })
    }
}
