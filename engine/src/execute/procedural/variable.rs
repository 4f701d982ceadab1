//! The variables of PL/pgSQL, and what they mean inside SQL (manual, "Declarations" and "Variable Substitution").

use std::rc::Rc;

use super::super::Execution;
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::query::{Bound, CastContext, Row, Type, Typed, Value, read_value};
use crate::statement::{Identifier, ObjectName};

/// A variable.
#[derive(Debug, Clone)]
pub(crate) struct Variable {
    pub(super) name: Rc<str>,
    pub(super) content: Content,
    /// Whether it is never NULL.
    pub(super) not_null: bool,
}

/// What a variable holds.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Scalar(Type, Value),
    /// A row of any kind; none before the first.
    Record(Option<Vec<Field>>),
}

/// A value of a row with its column's name.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: Rc<str>,
    pub(super) value_type: Type,
    pub(super) value: Value,
}

impl Variable {
    pub(super) fn scalar(name: &str, value_type: Type, value: Value) -> Variable {
        Variable { name: name.into(), content: Content::Scalar(value_type, value), not_null: false }
    }
}

impl Execution<'_> {
    /// What a column reference means as a variable, or a field of one; nothing when there is none.
    pub(crate) fn variable(&self, name: &ObjectName) -> Result<Option<Typed>> {
        let known = |wanted: &Identifier| self.variables.iter().rfind(|variable| *variable.name == *wanted.name());
        match name.parts.as_slice() {
            [name] => match known(name).map(|variable| &variable.content) {
                Some(Content::Scalar(value_type, value)) => Ok(Some(constant(*value_type, value))),
                Some(Content::Record(_)) => Err(unsupported("a whole record as a value")),
                None => Ok(None),
            },
            [record, field] => match known(record).map(|variable| &variable.content) {
                Some(Content::Record(None)) => Err(error(
                    sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
                    format!("record \"{}\" is not assigned yet", record.name()),
                )
                .detail("The tuple structure of a not-yet-assigned record is indeterminate.")),
                Some(Content::Record(Some(fields))) => match fields.iter().find(|known| *known.name == *field.name()) {
                    Some(found) => Ok(Some(constant(found.value_type, &found.value))),
                    None => Err(error(
                        sqlstate::UNDEFINED_COLUMN,
                        format!("record \"{}\" has no field \"{}\"", record.name(), field.name()),
                    )),
                },
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }

    /// Gives a variable a value of another type, perhaps.
    pub(super) fn assign(&mut self, target: &Identifier, from: Type, value: Value) -> Result<()> {
        let Some(place) = self.variables.iter().rposition(|variable| *variable.name == *target.name()) else {
            return Err(unknown_variable(target.name()));
        };
        let Content::Scalar(to, _) = self.variables[place].content else {
            return Err(unsupported("a record that is given a single value"));
        };
        let value = self.converted(from, value, to)?;
        if value.is_null() && self.variables[place].not_null {
            return Err(null_refused(target.name()));
        }
        self.variables[place].content = Content::Scalar(to, value);
        Ok(())
    }

    /// Converts a value as an assignment does, or by its text where there is no such conversion.
    pub(super) fn converted(&mut self, from: Type, value: Value, to: Type) -> Result<Value> {
        if !value.is_known() {
            return Err(unsupported("a variable with a value that nobody can predict"));
        }
        if from == to || value.is_null() {
            return Ok(value);
        }
        let context = match from {
            Type::Text | Type::Varchar | Type::Name => CastContext::Explicit,
            _ => CastContext::Assignment,
        };
        let typed_text = value.to_text(from);
        let typed = Typed { bound: Bound::Constant(value), value_type: from };
        match self.coerce(typed, to, context)? {
            Some(typed) => self.evaluate(&typed.bound, &Row::default()),
            None => read_value(&typed_text, to),
        }
    }

    /// Gives the values of a row to variables, or the row to a record. Without a row, all become NULL.
    pub(super) fn assign_row(
        &mut self,
        targets: &[Identifier],
        columns: &[(Rc<str>, Type)],
        row: Option<Vec<Value>>,
    ) -> Result<()> {
        let values = row.unwrap_or_else(|| vec![Value::Null; columns.len()]);
        if let [target] = targets
            && let Some(place) = self.variables.iter().rposition(|variable| *variable.name == *target.name())
            && matches!(self.variables[place].content, Content::Record(_))
        {
            if values.iter().any(|value| !value.is_known()) {
                return Err(unsupported("a record with a value that nobody can predict"));
            }
            if let Content::Record(Some(known)) = &self.variables[place].content
                && columns.iter().any(|(name, value_type)| {
                    known.iter().any(|field| field.name == *name && field.value_type != shown_type(*value_type))
                })
            {
                return Err(unsupported("a record whose columns change their types"));
            }
            let fields = columns.iter().zip(values);
            let field = |((name, value_type), value): (&(Rc<str>, Type), Value)| Field {
                name: name.clone(),
                value_type: shown_type(*value_type),
                value,
            };
            self.variables[place].content = Content::Record(Some(fields.map(field).collect()));
            return Ok(());
        }
        // Columns too many are left out, variables too many become NULL.
        let mut values = columns.iter().map(|(_, value_type)| *value_type).zip(values);
        targets.iter().try_for_each(|target| {
            let (from, value) = values.next().unwrap_or((Type::Unknown, Value::Null));
            self.assign(target, from, value)
        })
    }
}

/// The type of a value: constants that nothing has given a type are text.
fn shown_type(value_type: Type) -> Type {
    if value_type == Type::Unknown { Type::Text } else { value_type }
}

fn constant(value_type: Type, value: &Value) -> Typed {
    Typed { bound: Bound::Constant(value.clone()), value_type }
}

/// NULL for a variable that is never NULL.
pub(super) fn null_refused(name: &str) -> Stop {
    error(
        sqlstate::NULL_VALUE_NOT_ALLOWED,
        format!("null value cannot be assigned to variable \"{name}\" declared NOT NULL"),
    )
}

/// A name that no variable has, where there must be one.
pub(super) fn unknown_variable(name: &str) -> Stop {
    error(sqlstate::SYNTAX_ERROR, format!("\"{name}\" is not a known variable"))
}
