//! CREATE TABLE (manual, "CREATE TABLE").

use std::rc::Rc;

use super::super::create_sequence::set_owner;
use super::super::names::relation_exists_notice;
use super::super::{Execution, MissingSchema, done};
use super::alter::check_system_columns;
use super::column::{
    Place, Planned, PlannedConstraint, PlannedConstraintKind, PlannedDefault, PlannedName, PlannedSequence,
};
use super::partition::partition_key;
use super::row_work::RowWork;
use crate::catalog::{Column, ColumnDefault, ColumnNumber, ColumnOwner, Kind, Oid, Persistence, RangeName, TableData};
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::query::{Binder, Bound, CastContext, Place as ExpressionPlace, Scope, Type, Value};
use crate::quirk::Quirk;
use crate::reply::StatementResult;
use crate::statement::{
    CreateTable, Expression, Literal, Privilege, TableConstraint, TableConstraintKind, TableElement,
};

impl Execution<'_> {
    pub(in crate::execute) fn create_table(&mut self, statement: &CreateTable) -> Result<StatementResult> {
        self.prevent_if_read_only("CREATE TABLE")?;
        let name = self.range_name(&statement.name)?;
        let (schema, persistence) = self.creation_schema(name, statement.persistence)?;
        if statement.if_not_exists && self.is_name_taken(schema, name.name) {
            self.notice(relation_exists_notice(name.name));
            return done("CREATE TABLE");
        }
        let place = Place { name: name.name, schema, persistence };
        let mut planned = Planned::default();
        for element in &statement.elements {
            match element {
                TableElement::Column(definition) => self.plan_column(definition, &place, &mut planned)?,
                TableElement::Constraint(constraint) => planned.constraints.push(plan_constraint(constraint)),
                TableElement::Like { source, features } => self.plan_like(source, features, &place, &mut planned)?,
            }
        }
        let constraints = planned.constraints_in_order(name.name)?;
        planned.demand_not_null_of_keys();
        let sequences = self.create_planned_sequences(&planned.sequences, self.current_role())?;
        if statement.partition_by.is_some() {
            self.check_partitioned_persistence(persistence)?;
        }
        let mut columns: Vec<Column> = Vec::with_capacity(planned.columns.len());
        for column in &planned.columns {
            if columns.iter().any(|other| other.name == column.name) {
                return Err(error(
                    sqlstate::DUPLICATE_COLUMN,
                    format!("column \"{}\" specified more than once", column.name),
                ));
            }
            columns.push(column.to_column());
        }
        check_system_columns(&columns)?;
        self.check_new_relation(schema, name.name, true)?;
        let kind = Kind::Table(TableData { columns, ..TableData::default() });
        let (oid, _) = self.make_relation(schema, name.name, persistence, kind)?;
        // The table exists by now: a default may name it.
        let (relation, mut data) = self.table_now(oid)?;
        for (column, planned) in data.columns.iter_mut().zip(&planned.columns) {
            column.default = match &planned.default {
                None => None,
                Some(default) => self.bind_default(default, column, &sequences)?,
            };
        }
        for (place, column) in planned.columns.iter().enumerate() {
            if let Some(expression) = &column.computed {
                let is_computed = |place: usize| planned.columns[place].computed.is_some();
                let computed = self.bind_computed(expression, place, &relation, &data, is_computed)?;
                data.columns[place].computed = Some(computed);
            }
        }
        if let Some(partition_by) = &statement.partition_by {
            data.partition_key = Some(partition_key(partition_by, &data)?);
        }
        self.update_table(&relation, data)?;
        // A new table has no rows to look at.
        for constraint in &constraints {
            self.add_constraint(oid, constraint, &mut RowWork::default())?;
        }
        let created: Vec<_> = planned.sequences.into_iter().zip(sequences).collect();
        self.own_planned_sequences(oid, &created)?;
        done("CREATE TABLE")
    }

    /// Makes the sequences that come with columns, for the table's owner; which column owns which is settled once the columns
    /// exist.
    pub(super) fn create_planned_sequences(&mut self, sequences: &[PlannedSequence], owner: Oid) -> Result<Vec<Oid>> {
        sequences.iter().map(|sequence| self.create_planned_sequence(sequence, owner)).collect()
    }

    fn create_planned_sequence(&mut self, sequence: &PlannedSequence, owner: Oid) -> Result<Oid> {
        let change = self.apply_options(&sequence.options, None, sequence.is_identity)?;
        let (schema, name) = match &sequence.name {
            PlannedName::Known(schema, name) => {
                if sequence.persistence != Persistence::Temporary {
                    self.check_schema(*schema, Privilege::Create)?;
                }
                (*schema, name.clone())
            }
            PlannedName::Given(given) => {
                let given = self.range_name(given)?;
                (self.creation_schema(given, sequence.persistence)?.0, Rc::from(given.name))
            }
        };
        self.check_new_relation(schema, &name, self.shared.settings.major.sequences_have_types())?;
        self.make_sequence(schema, name, sequence.persistence, owner, change)
    }

    /// Makes a table's columns the owners of the sequences that came with them.
    pub(super) fn own_planned_sequences(&mut self, table: Oid, sequences: &[(PlannedSequence, Oid)]) -> Result<()> {
        let view = self.catalog_view();
        let (relation, data) = self.table_now(table)?;
        for (planned, oid) in sequences {
            if !planned.is_identity && self.deviates(Quirk::SerialNotOwned) {
                continue;
            }
            let Some((column, _)) = data.column(&planned.column) else { continue };
            let Some(mut sequence) = self.shared.catalog.relation(*oid, view).map(|found| (**found).clone()) else {
                continue;
            };
            if let PlannedName::Given(given) = &planned.name
                && sequence.schema != relation.schema
            {
                // The owner is looked up in the schema that was given for the sequence.
                let given = self.range_name(given)?;
                let name = RangeName { name: &relation.name, ..given };
                let owner = self.require_relation(name, MissingSchema::Fails)?;
                if owner.sequence().is_some() {
                    return Err(self.shared.settings.major.cannot_own_a_sequence(&owner));
                }
                return Err(unsupported("a sequence name in another schema that has such a table too"));
            }
            self.check_owner_is(&sequence, &relation)?;
            // What makes it the column's is an ALTER SEQUENCE.
            self.forget_cached(*oid, Quirk::OwnedByKeepsCache);
            let recorded = self.shared.catalog.new_oid();
            set_owner(
                &mut sequence,
                Some(ColumnOwner {
                    table,
                    column: ColumnNumber::of_place(column),
                    is_identity: planned.is_identity,
                    recorded,
                    recorded_by: self.session.id,
                }),
            );
            self.replace_relation(sequence)?;
        }
        Ok(())
    }

    /// Analyses a column's default. What is nothing but the constant NULL is no default at all, unless it has to be fitted to a
    /// length: that is an expression of its own.
    pub(super) fn bind_default(
        &mut self,
        default: &PlannedDefault,
        column: &Column,
        sequences: &[Oid],
    ) -> Result<Option<ColumnDefault>> {
        let oid = self.shared.catalog.new_oid();
        let bound = self.bound_default(oid, default, column, sequences)?;
        let is_null = match (&bound.value, default) {
            (Some(value), _) => *value == Bound::Constant(Value::Null),
            (None, PlannedDefault::Expression(Expression::Literal(Literal::Null))) => true,
            (None, _) => false,
        };
        Ok(Some(bound).filter(|_| !is_null || column.is_fitted()))
    }

    /// The same for whatever it is. An expression outside the model is remembered as such.
    fn bound_default(
        &mut self,
        oid: Oid,
        default: &PlannedDefault,
        column: &Column,
        sequences: &[Oid],
    ) -> Result<ColumnDefault> {
        match default {
            PlannedDefault::Copied(copied) => Ok(ColumnDefault { oid, ..copied.clone() }),
            PlannedDefault::OwnSequence(index) => {
                let next = crate::query::nextval_of(sequences[*index]);
                let converted_from = (next.value_type != column.column_type).then_some(next.value_type);
                let typed = self.coerce_to_column(next, column)?;
                Ok(ColumnDefault { oid, relations: typed.relations(), value: Some(typed), converted_from })
            }
            PlannedDefault::Expression(expression) => match self.bind_default_expression(expression, column) {
                Ok((value, converted_from)) => {
                    Ok(ColumnDefault { oid, relations: value.relations(), value: Some(value), converted_from })
                }
                Err(Stop::Unsupported(_)) if self.is_reliable_default(column, expression) => {
                    let known = self.given_value(column, expression).filter(Value::is_known);
                    let value = known.map(Bound::Constant);
                    Ok(ColumnDefault { oid, relations: Vec::new(), value, converted_from: None })
                }
                Err(other) => Err(other),
            },
        }
    }

    fn bind_default_expression(&mut self, expression: &Expression, column: &Column) -> Result<(Bound, Option<Type>)> {
        let mut binder = Binder::new(self, Scope::default());
        let typed = binder.expression(expression, ExpressionPlace::Default)?;
        if binder.reads_session {
            return Err(unsupported("a default that asks who the user is"));
        }
        let found = typed.value_type;
        if typed.bound.holds_chance() {
            return Err(unsupported("a default that nobody can predict"));
        }
        if column.column_type.is_opaque() {
            return Err(unsupported("a default for a column whose type is outside the model"));
        }
        // A constant without a type is read as the column's, and not converted.
        let converted_from = Some(found).filter(|found| *found != column.column_type && *found != Type::Unknown);
        match self.coerce(typed, column.column_type, CastContext::Assignment)? {
            Some(typed) => Ok((typed.bound, converted_from)),
            None => Err(default_of_wrong_type(column, found)),
        }
    }

    fn coerce_to_column(&mut self, typed: crate::query::Typed, column: &Column) -> Result<Bound> {
        match self.coerce(typed, column.column_type, CastContext::Assignment)? {
            Some(typed) => Ok(typed.bound),
            None => Err(unsupported("a sequence's value in a column of this type")),
        }
    }
}

/// The error of a default, or a generation expression, whose type does not fit its column.
pub(super) fn default_of_wrong_type(column: &Column, found: Type) -> Stop {
    error(
        sqlstate::DATATYPE_MISMATCH,
        format!(
            "column \"{}\" is of type {} but default expression is of type {}",
            column.name,
            column.column_type.sql_name(),
            found.sql_name()
        ),
    )
    .hint("You will need to rewrite or cast the expression.")
}

/// A table constraint as a planned one.
pub(super) fn plan_constraint(constraint: &TableConstraint) -> PlannedConstraint {
    let names = |columns: &[crate::statement::Identifier]| columns.iter().map(|name| Rc::from(name.name())).collect();
    PlannedConstraint {
        name: constraint.name.as_ref().map(|name| Rc::from(name.name())),
        kind: match &constraint.kind {
            TableConstraintKind::PrimaryKey(columns) => {
                PlannedConstraintKind::Unique { columns: names(columns), is_primary: true }
            }
            TableConstraintKind::Unique(columns) => {
                PlannedConstraintKind::Unique { columns: names(columns), is_primary: false }
            }
            TableConstraintKind::Check { condition, not_valid } => {
                PlannedConstraintKind::Check { condition: condition.clone(), is_valid: !not_valid }
            }
            TableConstraintKind::ForeignKey(columns, references) => {
                let is_looked_at = !references.not_valid;
                PlannedConstraintKind::Foreign { columns: names(columns), references: references.clone(), is_looked_at }
            }
        },
    }
}
