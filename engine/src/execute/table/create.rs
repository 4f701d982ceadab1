//! CREATE TABLE (manual, "CREATE TABLE").

use std::rc::Rc;

use super::super::{Execution, MissingSchema, done, shared_str};
use super::column::{
    Place, Planned, PlannedConstraint, PlannedConstraintKind, PlannedDefault, PlannedName, PlannedSequence,
};
use crate::catalog::{Column, ColumnDefault, ColumnOwner, Kind, Oid, RangeName, Relation, SequenceData, TableData};
use crate::error::{Result, Stop, error, notice, sqlstate};
use crate::lock::Mode;
use crate::query::{Binder, Bound, CastContext, Place as ExpressionPlace, Scope};
use crate::reply::{Severity, StatementResult};
use crate::statement::{CreateTable, Expression, TableConstraint, TableConstraintKind, TableElement};

impl Execution<'_> {
    pub(in crate::execute) fn create_table(&mut self, statement: &CreateTable) -> Result<StatementResult> {
        self.prevent_if_read_only("CREATE TABLE")?;
        let name = self.range_name(&statement.name)?;
        let (schema, persistence) = self.creation_schema(name, statement.persistence)?;
        if statement.if_not_exists
            && self.shared.catalog.relation_named(schema, name.name, self.catalog_view()).is_some()
        {
            self.notice(notice(
                Severity::Notice,
                sqlstate::DUPLICATE_TABLE,
                format!("relation \"{}\" already exists, skipping", name.name),
            ));
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
        check_keys(name.name, &planned)?;
        let sequences = planned
            .sequences
            .iter()
            .map(|sequence| self.create_planned_sequence(sequence))
            .collect::<Result<Vec<_>>>()?;
        let mut columns: Vec<Column> = Vec::with_capacity(planned.columns.len());
        for column in &planned.columns {
            if columns.iter().any(|other| other.name == column.name) {
                return Err(error(
                    sqlstate::DUPLICATE_COLUMN,
                    format!("column \"{}\" specified more than once", column.name),
                ));
            }
            columns.push(Column {
                name: column.name.clone(),
                column_type: column.column_type,
                length: column.length,
                not_null: column.not_null,
                default: None,
                identity: column.identity,
                is_dropped: false,
            });
        }
        self.check_new_relation(schema, name.name)?;
        let oid = self.shared.catalog.new_oid();
        self.lock(oid, Mode::AccessExclusive)?;
        let relation = Relation {
            oid,
            schema,
            name: shared_str(name.name),
            owner: self.current_role(),
            persistence,
            storage: self.shared.catalog.new_storage(),
            kind: Kind::Table(TableData { columns, constraints: Vec::new() }),
        };
        let view = self.catalog_view();
        self.shared.catalog.insert_relation(relation, view, &mut self.session.transaction.undo);
        // The table exists by now: a default may name it.
        let (relation, mut data) = self.table_now(oid)?;
        for (column, planned) in data.columns.iter_mut().zip(&planned.columns) {
            column.default = match &planned.default {
                None => None,
                Some(default) => Some(self.bind_default(default, column, &sequences)?),
            };
        }
        self.update_table(&relation, data);
        self.add_constraints(oid, &planned.constraints)?;
        self.own_planned_sequences(oid, &planned.sequences, &sequences)?;
        done("CREATE TABLE")
    }

    /// Makes a sequence that comes with a column; who owns it is settled once the column exists.
    pub(super) fn create_planned_sequence(&mut self, sequence: &PlannedSequence) -> Result<Oid> {
        let change = self.apply_options(&sequence.options, None, sequence.is_identity)?;
        let (schema, name) = match &sequence.name {
            PlannedName::Known(schema, name) => (*schema, name.clone()),
            PlannedName::Given(given) => {
                let given = self.range_name(given)?;
                (self.creation_schema(given, sequence.persistence)?.0, Rc::from(given.name))
            }
        };
        self.check_new_relation(schema, &name)?;
        let oid = self.shared.catalog.new_oid();
        self.lock(oid, Mode::AccessExclusive)?;
        let relation = Relation {
            oid,
            schema,
            name,
            owner: self.current_role(),
            persistence: sequence.persistence,
            storage: self.new_page(change.page, sequence.persistence),
            kind: Kind::Sequence(SequenceData { definition: change.definition, owner: None }),
        };
        let view = self.catalog_view();
        self.shared.catalog.insert_relation(relation.clone(), view, &mut self.session.transaction.undo);
        if let Some(owned_by) = &change.owned_by {
            let mut owned = relation;
            self.own(&mut owned, owned_by)?;
            self.shared.catalog.update_relation(owned, view, &mut self.session.transaction.undo);
        }
        Ok(oid)
    }

    /// Makes a table's columns the owners of the sequences that came with them.
    pub(super) fn own_planned_sequences(
        &mut self,
        table: Oid,
        planned: &[PlannedSequence],
        sequences: &[Oid],
    ) -> Result<()> {
        let view = self.catalog_view();
        let (relation, data) = self.table_now(table)?;
        for (planned, oid) in planned.iter().zip(sequences) {
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
                self.require_relation(name, MissingSchema::Fails)?;
                return Err(crate::error::unsupported("a sequence name in another schema that has such a table too"));
            }
            if let Kind::Sequence(data) = &mut sequence.kind {
                data.owner = Some(ColumnOwner { table, column, is_identity: planned.is_identity });
            }
            self.shared.catalog.update_relation(sequence, view, &mut self.session.transaction.undo);
        }
        Ok(())
    }

    /// Analyses a column's default. An expression outside the model is remembered as such.
    pub(super) fn bind_default(
        &mut self,
        default: &PlannedDefault,
        column: &Column,
        sequences: &[Oid],
    ) -> Result<ColumnDefault> {
        let oid = self.shared.catalog.new_oid();
        match default {
            PlannedDefault::Copied(copied) => Ok(ColumnDefault { oid, ..copied.clone() }),
            PlannedDefault::OwnSequence(index) => {
                let next = crate::query::nextval_of(sequences[*index]);
                let typed = self.coerce_to_column(next, column)?;
                Ok(ColumnDefault { oid, relations: typed.relations(), value: Some(typed) })
            }
            PlannedDefault::Expression(expression) => match self.bind_default_expression(expression, column) {
                Ok(value) => Ok(ColumnDefault { oid, relations: value.relations(), value: Some(value) }),
                Err(Stop::Unsupported(_)) => Ok(ColumnDefault { oid, relations: Vec::new(), value: None }),
                Err(other) => Err(other),
            },
        }
    }

    fn bind_default_expression(&mut self, expression: &Expression, column: &Column) -> Result<Bound> {
        let typed = Binder::new(self, Scope::default()).expression(expression, ExpressionPlace::Default)?;
        let found = typed.value_type;
        match self.coerce(typed, column.column_type, CastContext::Assignment)? {
            Some(typed) => Ok(typed.bound),
            None => Err(error(
                sqlstate::DATATYPE_MISMATCH,
                format!(
                    "column \"{}\" is of type {} but default expression is of type {}",
                    column.name,
                    column.column_type.sql_name(),
                    found.sql_name()
                ),
            )
            .hint("You will need to rewrite or cast the expression.")),
        }
    }

    fn coerce_to_column(&mut self, typed: crate::query::Typed, column: &Column) -> Result<Bound> {
        match self.coerce(typed, column.column_type, CastContext::Assignment)? {
            Some(typed) => Ok(typed.bound),
            None => Err(crate::error::unsupported("a sequence's value in a column of this type")),
        }
    }
}

/// Checks the keys of a new table before anything is made.
fn check_keys(table: &str, planned: &Planned) -> Result<()> {
    let mut has_primary = false;
    for constraint in &planned.constraints {
        let PlannedConstraintKind::Unique { columns, is_primary } = &constraint.kind else { continue };
        if *is_primary && std::mem::replace(&mut has_primary, true) {
            return Err(error(
                sqlstate::INVALID_TABLE_DEFINITION,
                format!("multiple primary keys for table \"{table}\" are not allowed"),
            ));
        }
        for (index, column) in columns.iter().enumerate() {
            if !planned.columns.iter().any(|known| known.name == *column) {
                return Err(error(
                    sqlstate::UNDEFINED_COLUMN,
                    format!("column \"{column}\" named in key does not exist"),
                ));
            }
            if columns[..index].contains(column) {
                let kind = if *is_primary { "primary key" } else { "unique" };
                return Err(error(
                    sqlstate::DUPLICATE_COLUMN,
                    format!("column \"{column}\" appears twice in {kind} constraint"),
                ));
            }
        }
    }
    Ok(())
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
            TableConstraintKind::Check(condition) => {
                PlannedConstraintKind::Check { condition: condition.clone(), column: None }
            }
        },
    }
}
