//! Analysing column definitions: serial types, defaults, identity (manual, "CREATE TABLE" and "Serial Types").

use std::rc::Rc;

use super::super::Execution;
use crate::catalog::{Column, Modifier, Oid, OpaqueType, Persistence, RangeName};
use crate::clause::Clause;
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::query::Type;
use crate::quirk::Quirk;
use crate::statement::{
    ColumnConstraintKind, ColumnDefinition, Expression, Generated, Identifier, ObjectName, References, SequenceOption,
    TypeName,
};

/// A column's default before it is analysed.
#[derive(Debug, Clone)]
pub(super) enum PlannedDefault {
    /// `DEFAULT expression`.
    Expression(Expression),
    /// The next value of the column's own sequence, by its place among the planned ones.
    OwnSequence(usize),
    /// Another column's, copied by LIKE.
    Copied(crate::catalog::ColumnDefault),
}

/// A column as a statement defines it.
#[derive(Debug, Clone)]
pub(super) struct PlannedColumn {
    pub(super) name: Rc<str>,
    pub(super) column_type: Type,
    pub(super) modifier: Option<Modifier>,
    pub(super) opaque: Option<Rc<OpaqueType>>,
    pub(super) not_null: bool,
    pub(super) default: Option<PlannedDefault>,
    pub(super) identity: Option<Generated>,
    /// The expression of a stored generated column.
    pub(super) computed: Option<Expression>,
}

impl PlannedColumn {
    /// The column before it has its default.
    pub(super) fn to_column(&self) -> Column {
        Column {
            name: self.name.clone(),
            column_type: self.column_type,
            modifier: self.modifier,
            opaque: self.opaque.clone(),
            not_null: self.not_null,
            default: None,
            identity: self.identity,
            computed: None,
            is_dropped: false,
        }
    }
}

/// A sequence that comes with a column.
#[derive(Debug, Clone)]
pub(super) struct PlannedSequence {
    pub(super) name: PlannedName,
    pub(super) persistence: Persistence,
    pub(super) options: Vec<SequenceOption>,
    pub(super) is_identity: bool,
    /// The column that is to own it.
    pub(super) column: Rc<str>,
}

/// The name of a sequence that comes with a column.
#[derive(Debug, Clone)]
pub(super) enum PlannedName {
    /// In a schema that is known.
    Known(Oid, Rc<str>),
    /// As SEQUENCE NAME gives it, with a schema that is looked up when the sequence is made.
    Given(ObjectName),
}

/// A constraint as a statement defines it.
#[derive(Debug, Clone)]
pub(super) struct PlannedConstraint {
    pub(super) name: Option<Rc<str>>,
    pub(super) kind: PlannedConstraintKind,
}

/// What a planned constraint demands.
#[derive(Debug, Clone)]
pub(super) enum PlannedConstraintKind {
    /// PRIMARY KEY or UNIQUE.
    Unique { columns: Vec<Rc<str>>, is_primary: bool },
    /// CHECK.
    Check { condition: Expression, is_valid: bool },
    /// FOREIGN KEY; `is_looked_at` tells whether rows that are there already must comply.
    Foreign { columns: Vec<Rc<str>>, references: References, is_looked_at: bool },
}

/// Everything that a list of definitions asks for.
#[derive(Debug, Default)]
pub(super) struct Planned {
    pub(super) columns: Vec<PlannedColumn>,
    pub(super) sequences: Vec<PlannedSequence>,
    pub(super) constraints: Vec<PlannedConstraint>,
    /// The keys of tables that LIKE copies, which are made after all others and never taken for one of them.
    pub(super) copied_keys: Vec<PlannedConstraint>,
}

/// The table that the definitions are for.
pub(super) struct Place<'t> {
    pub(super) name: &'t str,
    pub(super) schema: Oid,
    pub(super) persistence: Persistence,
}

/// The integer type behind a serial type (manual, "Serial Types").
fn serial_type(name: &TypeName) -> Option<Type> {
    let [name] = name.name.parts.as_slice() else { return None };
    match name.name() {
        "smallserial" | "serial2" => Some(Type::SmallInt),
        "serial" | "serial4" => Some(Type::Integer),
        "bigserial" | "serial8" => Some(Type::BigInt),
        _ => None,
    }
}

impl Execution<'_> {
    /// Analyses one column definition in the order that decides which of several errors is reported.
    pub(super) fn plan_column(
        &mut self,
        definition: &ColumnDefinition,
        place: &Place<'_>,
        planned: &mut Planned,
    ) -> Result<()> {
        let name: Rc<str> = definition.name.name().into();
        let mut column = PlannedColumn {
            name: name.clone(),
            column_type: Type::Opaque(0),
            modifier: None,
            opaque: None,
            not_null: false,
            default: None,
            identity: None,
            computed: None,
        };
        let mut serial = None;
        match serial_type(&definition.type_name) {
            Some(_) if !definition.type_name.modifiers.is_empty() => {
                return Err(unsupported("a type modifier for a serial type"));
            }
            Some(_) if definition.type_name.dimensions > 0 => {
                return Err(error(sqlstate::FEATURE_NOT_SUPPORTED, "array of serial is not implemented"));
            }
            Some(value_type) => {
                self.reach(Clause::Serial);
                column.column_type = value_type;
                let sequence_type = (!self.deviates(Quirk::SerialIsBigint)).then_some(value_type);
                serial = Some(self.plan_sequence(&name, sequence_type, &[], false, place, planned)?);
            }
            None => {
                let resolved = self.column_type(&definition.type_name)?;
                (column.column_type, column.modifier) = (resolved.column_type, resolved.modifier);
                column.opaque = resolved.opaque;
            }
        }
        if let Some(collation) = &definition.collation {
            apply_collation(&mut column, &definition.type_name, collation)?;
        }
        // Until 17 it was a constraint of its own, behind those that were written.
        let names_not_null = self.shared.settings.major.names_not_null_constraints();
        let mut nullability = (serial.is_some() && names_not_null).then_some(true);
        for constraint in &definition.constraints {
            let constraint_name = constraint.name.as_ref().map(|name| Rc::from(name.name()));
            match &constraint.kind {
                ColumnConstraintKind::Null => set_nullability(&mut nullability, false, &name, place.name)?,
                ColumnConstraintKind::NotNull => set_nullability(&mut nullability, true, &name, place.name)?,
                ColumnConstraintKind::Default(expression) => {
                    set_default(&mut column, PlannedDefault::Expression(expression.clone()), place.name)?;
                }
                ColumnConstraintKind::Identity { generated, options } => {
                    if column.identity.is_some() {
                        return Err(error(
                            sqlstate::SYNTAX_ERROR,
                            format!(
                                "multiple identity specifications for column \"{name}\" of table \"{}\"",
                                place.name
                            ),
                        ));
                    }
                    self.reach(Clause::Identity);
                    self.plan_sequence(&name, Some(column.column_type), options, true, place, planned)?;
                    column.identity = Some(*generated);
                    set_nullability(&mut nullability, true, &name, place.name)?;
                }
                ColumnConstraintKind::Computed(expression) => {
                    if column.computed.replace(expression.clone()).is_some() {
                        return Err(error(
                            sqlstate::SYNTAX_ERROR,
                            format!(
                                "multiple generation clauses specified for column \"{name}\" of table \"{}\"",
                                place.name
                            ),
                        ));
                    }
                }
                ColumnConstraintKind::PrimaryKey | ColumnConstraintKind::Unique => {
                    let is_primary = constraint.kind == ColumnConstraintKind::PrimaryKey;
                    if is_primary && names_not_null {
                        set_nullability(&mut nullability, true, &name, place.name)?;
                    }
                    planned.constraints.push(PlannedConstraint {
                        name: constraint_name,
                        kind: PlannedConstraintKind::Unique { columns: vec![name.clone()], is_primary },
                    });
                }
                ColumnConstraintKind::References(references) => planned.constraints.push(PlannedConstraint {
                    name: constraint_name,
                    kind: PlannedConstraintKind::Foreign {
                        columns: vec![name.clone()],
                        references: references.clone(),
                        is_looked_at: true,
                    },
                }),
                ColumnConstraintKind::Check(condition) => planned.constraints.push(PlannedConstraint {
                    name: constraint_name,
                    kind: PlannedConstraintKind::Check { condition: condition.clone(), is_valid: true },
                }),
            }
            check_default_and_identity(&column, place.name)?;
        }
        if let Some(sequence) = serial {
            // A serial type stands for a default and NOT NULL behind whatever was written.
            set_default(&mut column, PlannedDefault::OwnSequence(sequence), place.name)?;
            check_default_and_identity(&column, place.name)?;
            set_nullability(&mut nullability, true, &name, place.name)?;
        }
        column.not_null = nullability == Some(true);
        planned.columns.push(column);
        Ok(())
    }

    /// Plans the sequence of a serial or identity column and returns its place among the planned ones.
    pub(super) fn plan_sequence(
        &mut self,
        column: &Rc<str>,
        value_type: Option<Type>,
        options: &[SequenceOption],
        is_identity: bool,
        place: &Place<'_>,
        planned: &mut Planned,
    ) -> Result<usize> {
        let mut name = None;
        let mut others = Vec::with_capacity(options.len() + 1);
        // Before the options given, so that an AS among them is the redundant one.
        others.extend(value_type.map(|value_type| SequenceOption::As(type_name_of(value_type))));
        for option in options {
            match option {
                SequenceOption::SequenceName(given) => {
                    if name.replace(given).is_some() {
                        return Err(error(sqlstate::SYNTAX_ERROR, "conflicting or redundant options"));
                    }
                }
                other => others.push(other.clone()),
            }
        }
        let name = match name {
            Some(given) => match self.any_name(given)? {
                RangeName { schema: None, name, .. } => PlannedName::Known(place.schema, name.into()),
                _ => PlannedName::Given(given.clone()),
            },
            None => {
                let chosen = self.choose_relation_name(place.name, Some(column), "seq", place.schema)?;
                PlannedName::Known(place.schema, chosen)
            }
        };
        let persistence = match (self.shared.settings.major.has_unlogged_sequences(), &name) {
            (true, _) => place.persistence,
            // Before, the table's persistence was no matter of the sequence's, whose schema alone could make it temporary.
            (false, PlannedName::Known(..)) if place.persistence == Persistence::Temporary => Persistence::Temporary,
            (false, _) => Persistence::Permanent,
        };
        planned.sequences.push(PlannedSequence {
            name,
            persistence,
            options: others,
            is_identity,
            column: column.clone(),
        });
        Ok(planned.sequences.len() - 1)
    }
}

/// A type as an option list would name it.
pub(super) fn type_name_of(value_type: Type) -> TypeName {
    let name = match value_type {
        Type::SmallInt => "int2",
        Type::Integer => "int4",
        Type::BigInt => "int8",
        // Any other type is refused as a sequence's type; its name does not matter.
        _ => "text",
    };
    TypeName {
        name: ObjectName { parts: vec![Identifier::new("pg_catalog"), Identifier::new(name)] },
        modifiers: Vec::new(),
        dimensions: 0,
    }
}

fn set_nullability(known: &mut Option<bool>, not_null: bool, column: &str, table: &str) -> Result<()> {
    match known.replace(not_null) {
        Some(other) if other != not_null => Err(error(
            sqlstate::SYNTAX_ERROR,
            format!("conflicting NULL/NOT NULL declarations for column \"{column}\" of table \"{table}\""),
        )),
        _ => Ok(()),
    }
}

fn set_default(column: &mut PlannedColumn, default: PlannedDefault, table: &str) -> Result<()> {
    match column.default.replace(default) {
        None => Ok(()),
        Some(_) => Err(error(
            sqlstate::SYNTAX_ERROR,
            format!("multiple default values specified for column \"{}\" of table \"{table}\"", column.name),
        )),
    }
}

fn check_default_and_identity(column: &PlannedColumn, table: &str) -> Result<(), Stop> {
    let kinds = [
        (column.default.is_some(), "default"),
        (column.identity.is_some(), "identity"),
        (column.computed.is_some(), "generation expression"),
    ];
    let mut written = kinds.into_iter().filter(|(is_written, _)| *is_written).map(|(_, kind)| kind);
    match (written.next(), written.next()) {
        (Some(first), Some(second)) => Err(error(
            sqlstate::SYNTAX_ERROR,
            format!("both {first} and {second} specified for column \"{}\" of table \"{table}\"", column.name),
        )),
        _ => Ok(()),
    }
}

/// Gives a column a collation. One other than the database's own sorts and compares in an order outside the model.
fn apply_collation(column: &mut PlannedColumn, written: &TypeName, collation: &ObjectName) -> Result<()> {
    const KNOWN: [&str; 3] = ["default", "C", "POSIX"];
    let name = match collation.parts.as_slice() {
        [name] => name.name(),
        [schema, name] if schema.name() == "pg_catalog" => name.name(),
        _ => return Err(unsupported("a collation in a schema")),
    };
    if !KNOWN.contains(&name) {
        return Err(unsupported(format!("collation {name}")));
    }
    match column.column_type {
        Type::Text | Type::Varchar if name == "default" => Ok(()),
        Type::Text | Type::Varchar => {
            column.column_type = Type::Opaque(column.column_type.wire_number());
            column.opaque = Some(Rc::new(OpaqueType { written: written.clone(), enumeration: None }));
            Ok(())
        }
        Type::Boolean | Type::SmallInt | Type::Integer | Type::BigInt | Type::Numeric => Err(error(
            sqlstate::DATATYPE_MISMATCH,
            format!("collations are not supported by type {}", column.column_type.sql_name()),
        )),
        _ => Err(unsupported("COLLATE for this type")),
    }
}
