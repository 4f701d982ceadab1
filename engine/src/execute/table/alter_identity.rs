//! ALTER TABLE's actions on identity columns (manual, "ALTER TABLE", ADD GENERATED and its relatives).

use super::super::Execution;
use super::super::create_sequence::set_owner;
use super::column::{Place, Planned, type_name_of};
use crate::catalog::{Object, Oid, Relation, TableData, View};
use crate::clause::Clause;
use crate::error::{Result, Stop, error, notice, sqlstate};
use crate::query::Type;
use crate::quirk::Quirk;
use crate::reply::Severity;
use crate::statement::{AlterSequence, Behavior, Generated, Identifier, IdentityChange, ObjectName, SequenceOption};

impl Execution<'_> {
    pub(super) fn add_identity(
        &mut self,
        relation: &Relation,
        only: bool,
        column: &Identifier,
        generated: Generated,
        options: &[SequenceOption],
    ) -> Result<()> {
        self.reach(Clause::AddIdentity);
        let (_, data) = self.table_now(relation.oid)?;
        let found = data.column(column.name()).map(|(place, column)| (place, column.clone()));
        let mut planned = Planned::default();
        if let Some((_, found)) = &found {
            let place = Place { name: &relation.name, schema: relation.schema, persistence: relation.persistence };
            self.plan_sequence(&found.name, Some(found.column_type), options, true, &place, &mut planned)?;
        }
        // The sequence is made, and is the column's, before the column is looked at.
        let sequences = self.create_planned_sequences(&planned.sequences, relation.owner)?;
        let created: Vec<_> = planned.sequences.into_iter().zip(sequences).collect();
        self.own_planned_sequences(relation.oid, &created)?;
        let place = self.require_column(relation, &data, column.name())?;
        self.check_only(&data, only, "add identity to a column")?;
        let refused = |message: &str| -> Stop {
            error(
                sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!("column \"{}\" of relation \"{}\" {message}", column.name(), relation.name),
            )
        };
        if !data.columns[place].not_null {
            return Err(refused("must be declared NOT NULL before identity can be added"));
        }
        if data.columns[place].identity.is_some() {
            return Err(refused("is already an identity column"));
        }
        if data.columns[place].default.is_some() {
            return Err(refused("already has a default value"));
        }
        let mut data = data;
        data.columns[place].identity = Some(generated);
        self.update_table(relation, data)
    }

    pub(super) fn set_identity(
        &mut self,
        relation: &Relation,
        only: bool,
        mut data: TableData,
        column: &Identifier,
        changes: &[IdentityChange],
    ) -> Result<()> {
        self.reach(Clause::SetIdentity);
        let place = self.require_column(relation, &data, column.name())?;
        let mut generated = Vec::new();
        let mut options = Vec::new();
        for change in changes {
            match change {
                IdentityChange::Generated(new) => generated.push(*new),
                IdentityChange::Set(option) => options.push(option.clone()),
                IdentityChange::Restart(value) => options.push(SequenceOption::Restart(value.clone())),
            }
        }
        let sequence = self.identity_sequence(relation.oid, place, self.catalog_view())?;
        if let Some(sequence) = sequence {
            self.alter_sequence_of_identity(sequence, options)?;
        }
        // The options of the sequence go first; only then does anybody look at the others.
        if generated.len() > 1 {
            return Err(error(sqlstate::SYNTAX_ERROR, "conflicting or redundant options"));
        }
        self.check_only(&data, only, "change identity column")?;
        if data.columns[place].identity.is_none() {
            return Err(not_identity(column, relation));
        }
        if let [generated] = generated[..] {
            data.columns[place].identity = Some(generated);
            self.update_table(relation, data)?;
        }
        Ok(())
    }

    pub(super) fn drop_identity(
        &mut self,
        relation: &Relation,
        mut data: TableData,
        column: &Identifier,
        if_exists: bool,
    ) -> Result<()> {
        self.reach(Clause::DropIdentity);
        let place = self.require_column(relation, &data, column.name())?;
        if data.columns[place].identity.is_none() {
            if !if_exists {
                return Err(not_identity(column, relation));
            }
            self.notice(notice(
                Severity::Notice,
                sqlstate::SUCCESSFUL_COMPLETION,
                format!(
                    "column \"{}\" of relation \"{}\" is not an identity column, skipping",
                    column.name(),
                    relation.name
                ),
            ));
            return Ok(());
        }
        data.columns[place].identity = None;
        self.update_table(relation, data)?;
        let view = self.catalog_view();
        if let Some(sequence) = self.identity_sequence(relation.oid, place, view)? {
            self.disown(sequence)?;
            if !self.deviates(Quirk::DropIdentityKeepsSequence) {
                self.drop_objects(&[Object::Relation(sequence)], Behavior::Restrict)?;
            }
        }
        Ok(())
    }

    /// The sequence behind an identity column. There are several while a statement makes a sequence for another column whose
    /// options say OWNED BY this one.
    pub(super) fn identity_sequence(&self, table: Oid, place: usize, view: View) -> Result<Option<Oid>> {
        match self.shared.catalog.identity_sequences(table, place, view)[..] {
            [] => Ok(None),
            [sequence] => Ok(Some(sequence)),
            _ => Err(error(sqlstate::INTERNAL_ERROR, "more than one owned sequence found")),
        }
    }

    /// Takes a sequence's owner away, so that it can be dropped alone.
    fn disown(&mut self, sequence: Oid) -> Result<()> {
        let view = self.catalog_view();
        let Some(mut relation) = self.shared.catalog.relation(sequence, view).map(|found| (**found).clone()) else {
            return Ok(());
        };
        set_owner(&mut relation, None);
        self.replace_relation(relation)
    }

    /// A change of an identity column's type changes its sequence's type.
    pub(super) fn alter_identity_type(&mut self, relation: &Relation, place: usize, new_type: Type) -> Result<()> {
        let Some(sequence) = self.identity_sequence(relation.oid, place, self.catalog_view())? else {
            return Ok(());
        };
        self.alter_sequence_of_identity(sequence, vec![SequenceOption::As(type_name_of(new_type))])
    }

    fn alter_sequence_of_identity(&mut self, sequence: Oid, options: Vec<SequenceOption>) -> Result<()> {
        let view = self.catalog_view();
        let Some(relation) = self.shared.catalog.relation(sequence, view).cloned() else { return Ok(()) };
        let statement =
            AlterSequence { if_exists: false, name: ObjectName::bare(Identifier::new(&*relation.name)), options };
        self.lock_to_set_options(sequence)?;
        self.alter_sequence_options(&relation, &statement, true)
    }
}

fn not_identity(column: &Identifier, relation: &Relation) -> Stop {
    error(
        sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("column \"{}\" of relation \"{}\" is not an identity column", column.name(), relation.name),
    )
}
