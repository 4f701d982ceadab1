//! What PL/pgSQL finds wrong with a block before it runs any of it: names of variables, places of jumps, arguments of
//! RAISE. SQL inside the block is looked at only when it is about to run.

use super::super::Execution;
use super::condition;
use super::variable::unknown_variable;
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::query::Type;
use crate::statement::{Block, Declaration, Handler, Identifier, Into, ProceduralStatement, RaiseLevel};

/// The type of a variable that takes any row.
const RECORD: &str = "record";

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Scalar,
    Constant,
    Record,
}

/// The names that are known at a place, the innermost last, and what surrounds it.
#[derive(Debug, Default)]
struct Place {
    names: Vec<(String, Named)>,
    loops: usize,
    handlers: usize,
    /// Whether any block has handlers.
    traps: bool,
}

impl Execution<'_> {
    /// Refuses what PL/pgSQL refuses to compile. Tells whether the block, or one inside it, has handlers of errors.
    pub(super) fn check_block(&mut self, block: &Block) -> Result<bool> {
        let mut place = Place::default();
        place.names.push((super::FOUND.to_owned(), Named::Scalar));
        self.block(block, &mut place)?;
        Ok(place.traps)
    }

    fn block(&mut self, block: &Block, place: &mut Place) -> Result<()> {
        let outside = place.names.len();
        for declaration in &block.declarations {
            if place.names[outside..].iter().any(|(known, _)| known == declaration.name.name()) {
                let near = declaration.name.written();
                return Err(refused(format!("duplicate declaration at or near \"{near}\"")));
            }
            let named = match is_record(declaration) {
                true if declaration.value.is_some() || declaration.constant || declaration.not_null => {
                    return Err(unsupported("a record with a first value"));
                }
                true => Named::Record,
                false => {
                    self.variable_type(declaration)?;
                    let name = declaration.name.name();
                    if declaration.not_null && declaration.value.is_none() {
                        return Err(error(
                            sqlstate::NULL_VALUE_NOT_ALLOWED,
                            format!("variable \"{name}\" must have a default value, since it's declared NOT NULL"),
                        ));
                    }
                    if declaration.constant { Named::Constant } else { Named::Scalar }
                }
            };
            place.names.push((declaration.name.name().to_owned(), named));
        }
        self.all(&block.statements, place)?;
        for Handler { conditions, statements } in &block.handlers {
            if !conditions.iter().all(condition::is_known) {
                return Err(unknown_condition());
            }
            let before = place.names.len();
            place.names.extend(super::ERROR_VARIABLES.map(|name| (name.to_owned(), Named::Constant)));
            place.handlers += 1;
            place.traps = true;
            self.all(statements, place)?;
            place.handlers -= 1;
            place.names.truncate(before);
        }
        place.names.truncate(outside);
        Ok(())
    }

    /// The type of a variable that holds one value.
    pub(super) fn variable_type(&mut self, declaration: &Declaration) -> Result<Type> {
        if !declaration.type_name.modifiers.is_empty() || declaration.type_name.dimensions > 0 {
            return Err(unsupported("a variable whose type has a length or is an array"));
        }
        let found = self.type_of_value(&declaration.type_name, "a variable of a type of its own")?;
        match found {
            Type::Opaque(_) | Type::Record | Type::Tree => Err(unsupported("a variable of a type outside the model")),
            known => Ok(known),
        }
    }

    fn all(&mut self, statements: &[ProceduralStatement], place: &mut Place) -> Result<()> {
        statements.iter().try_for_each(|statement| self.one(statement, place))
    }

    fn one(&mut self, statement: &ProceduralStatement, place: &mut Place) -> Result<()> {
        match statement {
            ProceduralStatement::Null
            | ProceduralStatement::Perform(_)
            | ProceduralStatement::Execute { into: None, .. }
            | ProceduralStatement::Sql { into: None, .. }
            | ProceduralStatement::Return => Ok(()),
            ProceduralStatement::Block(block) => self.block(block, place),
            ProceduralStatement::Assign { variable, .. } => match place.find(variable)? {
                Named::Scalar => Ok(()),
                Named::Constant => Err(constant(variable.name())),
                Named::Record => Err(unsupported("an assignment to a record")),
            },
            ProceduralStatement::Sql { into: Some(Into { targets, .. }), .. }
            | ProceduralStatement::Execute { into: Some(Into { targets, .. }), .. } => place.check_targets(targets),
            ProceduralStatement::If { branches, otherwise } => {
                branches.iter().try_for_each(|(_, body)| self.all(body, place))?;
                self.all(otherwise, place)
            }
            ProceduralStatement::Loop { body, .. } => self.looped(body, place),
            ProceduralStatement::ForRange { variable, body, .. } => {
                place.names.push((variable.name().to_owned(), Named::Scalar));
                self.looped(body, place)?;
                place.names.pop();
                Ok(())
            }
            ProceduralStatement::ForQuery { targets, body, .. } => {
                if let [target] = targets.as_slice()
                    && place.find(target).is_err()
                {
                    let wanted = "a record variable or list of scalar variables";
                    return Err(refused(format!("loop variable of loop over rows must be {wanted}")));
                }
                place.check_targets(targets)?;
                self.looped(body, place)
            }
            ProceduralStatement::Exit(_) => place.check_jump("EXIT"),
            ProceduralStatement::Continue(_) => place.check_jump("CONTINUE"),
            ProceduralStatement::GetRowCount(variable) => match place.find(variable)? {
                Named::Scalar => Ok(()),
                _ => Err(unsupported("GET DIAGNOSTICS of what is no variable")),
            },
            ProceduralStatement::Assert { .. } => Ok(()),
            ProceduralStatement::Case { branches, otherwise } => {
                branches.iter().try_for_each(|(_, body)| self.all(body, place))?;
                otherwise.iter().try_for_each(|body| self.all(body, place))
            }
            ProceduralStatement::Raise { condition: Some(condition), .. } if !condition::is_known(condition) => {
                Err(unknown_condition())
            }
            ProceduralStatement::Raise { message: None, options, condition, .. }
                if condition.is_some() || !options.is_empty() =>
            {
                Ok(())
            }
            ProceduralStatement::Raise { level, message: None, .. } => match place.handlers {
                _ if *level != RaiseLevel::Exception => Err(unsupported("RAISE of a level without a message")),
                0 => Err(unsupported("RAISE without a message outside a handler")),
                _ => Ok(()),
            },
            ProceduralStatement::Raise { message: Some(message), arguments, .. } => {
                let wanted = super::raise::placeholders(message);
                match wanted.cmp(&arguments.len()) {
                    std::cmp::Ordering::Equal => Ok(()),
                    std::cmp::Ordering::Less => Err(refused("too many parameters specified for RAISE".to_owned())),
                    std::cmp::Ordering::Greater => Err(refused("too few parameters specified for RAISE".to_owned())),
                }
            }
        }
    }

    fn looped(&mut self, body: &[ProceduralStatement], place: &mut Place) -> Result<()> {
        place.loops += 1;
        let result = self.all(body, place);
        place.loops -= 1;
        result
    }
}

impl Place {
    fn find(&self, name: &Identifier) -> Result<Named> {
        let found = self.names.iter().rfind(|(known, _)| known == name.name());
        found.map(|(_, named)| *named).ok_or_else(|| unknown_variable(name.name()))
    }

    /// Checks what a row is given to: values, or one record.
    fn check_targets(&self, targets: &[Identifier]) -> Result<()> {
        for target in targets {
            let named = self.find(target)?;
            if named == Named::Constant {
                return Err(constant(target.name()));
            }
            if named == Named::Record && targets.len() > 1 {
                return Err(unsupported("a record among several variables"));
            }
        }
        Ok(())
    }

    fn check_jump(&self, word: &str) -> Result<()> {
        match self.loops {
            0 => Err(refused(format!("{word} cannot be used outside a loop, unless it has a label"))),
            _ => Ok(()),
        }
    }
}

pub(super) fn is_record(declaration: &Declaration) -> bool {
    matches!(declaration.type_name.name.parts.as_slice(), [name] if name.name() == RECORD)
}

fn unknown_condition() -> Stop {
    unsupported("the name of an error that does not come up around sequences")
}

fn constant(name: &str) -> Stop {
    error(sqlstate::ERROR_IN_ASSIGNMENT, format!("variable \"{name}\" is declared CONSTANT"))
}

fn refused(message: String) -> Stop {
    error(sqlstate::SYNTAX_ERROR, message)
}
