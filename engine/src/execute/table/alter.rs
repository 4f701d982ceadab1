//! ALTER TABLE (manual, "ALTER TABLE").

use std::rc::Rc;

use super::super::{Execution, done};
use super::alter_pass::{Passes, Task};
use super::column::PlannedConstraintKind;
use super::column_type::TypeChange;
use super::index::check_distinct;
use super::no_column;
use super::partition::check_only_for_foreign_key;
use super::row_work::RowWork;
use crate::catalog::{Column, Oid, Relation, TableData, is_system_column};
use crate::error::{Result, error, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::reply::StatementResult;
use crate::statement::{
    AlterTable, ObjectName, RelationAction, RenameColumn, TableAction, TableConstraint, TableConstraintKind,
};

impl Execution<'_> {
    pub(in crate::execute) fn alter_table(&mut self, statement: &AlterTable) -> Result<StatementResult> {
        self.prevent_if_read_only("ALTER TABLE")?;
        let name = self.range_name(&statement.table.name)?;
        let Some(relation) = self.relation_to_alter(name, statement.if_exists)? else {
            return done("ALTER TABLE");
        };
        self.check_owner(&relation)?;
        let strongest = statement.actions.iter().map(lock_mode).max();
        self.lock(relation.oid, strongest.unwrap_or(LockMode::AccessExclusive))?;
        for action in &statement.actions {
            if relation.table().is_none() {
                return Err(self.not_a_table(&relation, action));
            }
            if let TableAction::SetType { column, type_name, using } = action {
                let (now, data) = self.table_now(relation.oid)?;
                let change = TypeChange { column, type_name, using: using.as_ref() };
                self.prepare_column_type(&now, &data, &change)?;
            }
        }
        let mut passes = Passes::new(&statement.actions);
        let mut work = RowWork::default();
        while let Some(task) = passes.next_task() {
            match task {
                Task::Action(action) => {
                    self.refuse_second_type(&relation, action)?;
                    passes.add(self.alter_table_action(&relation, statement.table.only, action, &mut work)?);
                }
                Task::Constraint(constraint) => self.add_constraint(relation.oid, &constraint, &mut work)?,
                Task::NotNull(column) => {
                    let (relation, data) = self.table_now(relation.oid)?;
                    self.set_not_null(&relation, data, &column, &mut work)?;
                }
            }
        }
        self.finish_rows(relation.oid, &work)?;
        done("ALTER TABLE")
    }

    /// Refuses to change the type of a column that the same statement has given another type already.
    fn refuse_second_type(&self, before: &Relation, action: &TableAction) -> Result<()> {
        let TableAction::SetType { column, .. } = action else { return Ok(()) };
        let (_, now) = self.table_now(before.oid)?;
        let type_in =
            |data: &TableData| data.column(column.name()).map(|(_, found)| (found.column_type, found.modifier));
        match (before.table().and_then(type_in), type_in(&now)) {
            (Some(old), Some(new)) if old != new => Err(error(
                sqlstate::FEATURE_NOT_SUPPORTED,
                format!("cannot alter type of column \"{}\" twice", column.name()),
            )),
            _ => Ok(()),
        }
    }

    /// Does one action, and tells what it leaves to later passes. `before` is the table before the statement.
    fn alter_table_action<'s>(
        &mut self,
        before: &Relation,
        only: bool,
        action: &'s TableAction,
        work: &mut RowWork,
    ) -> Result<Vec<Task<'s>>> {
        let (relation, data) = self.table_now(before.oid)?;
        self.check_computed(&data, action)?;
        match action {
            TableAction::AddColumn { if_not_exists, definition } => {
                let constraints = self.add_column(&relation, data, definition, *if_not_exists, work)?;
                return Ok(constraints.into_iter().map(Task::Constraint).collect());
            }
            TableAction::AddConstraint(constraint) => {
                check_only_for_foreign_key(&data, only, constraint)?;
                return self.plan_added_constraint(before, constraint);
            }
            TableAction::DropColumn { if_exists, column, behavior } => {
                self.drop_column(&relation, &data, column, *if_exists, *behavior)
            }
            TableAction::SetType { column, type_name, using } => {
                let change = TypeChange { column, type_name, using: using.as_ref() };
                self.set_column_type(&relation, data, &change, work)
            }
            TableAction::SetDefault(column, expression) => {
                self.set_column_default(&relation, data, column, Some(expression))
            }
            TableAction::DropDefault(column) => self.set_column_default(&relation, data, column, None),
            TableAction::SetNotNull(column) => self.set_not_null(&relation, data, column.name(), work),
            TableAction::DropNotNull(column) => self.drop_not_null(&relation, data, column),
            TableAction::AddIdentity { column, generated, options } => {
                self.add_identity(&relation, only, column, *generated, options)
            }
            TableAction::SetIdentity { column, changes } => self.set_identity(&relation, only, data, column, changes),
            TableAction::DropIdentity { column, if_exists } => {
                self.check_only(&data, only, "drop identity from a column")?;
                self.drop_identity(&relation, data, column, *if_exists)
            }
            TableAction::DropConstraint { if_exists, name, behavior } => {
                self.drop_constraint(&relation, &data, name, *if_exists, *behavior)
            }
            TableAction::ValidateConstraint(name) => self.validate_constraint(&relation, data, name, work),
            TableAction::Relation(RelationAction::OwnerTo(role)) => self.owner_to(&relation, role),
            TableAction::Relation(_) => Err(unsupported("SET LOGGED or SET UNLOGGED in a list of actions")),
        }
        .map(|()| Vec::new())
    }

    /// Analyses a constraint that ALTER TABLE adds. A primary key demands NOT NULL of its columns first.
    fn plan_added_constraint(&self, before: &Relation, constraint: &TableConstraint) -> Result<Vec<Task<'static>>> {
        let planned = super::create::plan_constraint(constraint);
        let mut tasks = Vec::new();
        if let PlannedConstraintKind::Unique { columns, is_primary } = &planned.kind {
            check_distinct(columns, *is_primary)?;
            let is_not_null = |column: &str| {
                before.table().and_then(|data| data.column(column)).is_some_and(|(_, column)| column.not_null)
            };
            // 18 asks for the constraints that are missing before it does anything, and takes the others for granted.
            let is_granted =
                |column: &str| self.shared.settings.major.names_not_null_constraints() && is_not_null(column);
            if *is_primary {
                tasks.extend(columns.iter().filter(|column| !is_granted(column)).cloned().map(Task::NotNull));
            }
        }
        tasks.push(Task::Constraint(planned));
        Ok(tasks)
    }

    /// A table as it is now, in the middle of a statement that changes it.
    pub(in crate::execute) fn table_now(&self, oid: Oid) -> Result<(Rc<Relation>, TableData)> {
        let found = self.shared.catalog.relation(oid, self.catalog_view()).cloned();
        match found {
            Some(relation) => {
                let data = relation.table().cloned().unwrap_or_default();
                Ok((relation, data))
            }
            None => Err(unsupported("a table that is gone")),
        }
    }

    /// A relation of another kind refuses what only tables have.
    fn not_a_table(&self, relation: &Relation, action: &TableAction) -> crate::error::Stop {
        let words = match action {
            TableAction::AddColumn { .. } => "ADD COLUMN",
            TableAction::DropColumn { .. } => "DROP COLUMN",
            TableAction::SetType { .. } => "ALTER COLUMN ... SET DATA TYPE",
            TableAction::SetDefault(..) => "ALTER COLUMN ... SET DEFAULT",
            TableAction::DropDefault(_) => "ALTER COLUMN ... SET DEFAULT",
            TableAction::SetNotNull(_) => "ALTER COLUMN ... SET NOT NULL",
            TableAction::DropNotNull(_) => "ALTER COLUMN ... DROP NOT NULL",
            TableAction::AddConstraint(_) => "ADD CONSTRAINT",
            TableAction::DropConstraint { .. } => "DROP CONSTRAINT",
            TableAction::ValidateConstraint(_) => "VALIDATE CONSTRAINT",
            _ => return unsupported("identity of a relation that is no table"),
        };
        if relation.sequence().is_none() || !self.shared.settings.major.names_refused_actions() {
            return unsupported("ALTER TABLE of a relation that is no table");
        }
        error(
            sqlstate::WRONG_OBJECT_TYPE,
            format!("ALTER action {words} cannot be performed on relation \"{}\"", relation.name),
        )
        .detail("This operation is not supported for sequences.")
    }

    /// The table in which `action` renames something, locked; nothing when it is missing and may be.
    pub(super) fn table_of_what_is_renamed(
        &mut self,
        table: &ObjectName,
        if_exists: bool,
        action: &str,
    ) -> Result<Option<(Rc<Relation>, TableData)>> {
        self.prevent_if_read_only("ALTER TABLE")?;
        let name = self.range_name(table)?;
        let Some(relation) = self.relation_to_alter(name, if_exists)? else { return Ok(None) };
        if relation.sequence().is_some() {
            return Err(self.shared.settings.major.cannot_rename_columns(&relation.name));
        }
        self.check_owner(&relation)?;
        self.lock(relation.oid, LockMode::AccessExclusive)?;
        let (relation, data) = self.table_now(relation.oid)?;
        match relation.table().is_some() {
            true => Ok(Some((relation, data))),
            false => Err(unsupported(format!("{action} of a relation that is no table"))),
        }
    }

    pub(in crate::execute) fn rename_column(&mut self, statement: &RenameColumn) -> Result<StatementResult> {
        let found = self.table_of_what_is_renamed(&statement.table, statement.if_exists, "RENAME COLUMN")?;
        let Some((relation, mut data)) = found else { return done("ALTER TABLE") };
        let (old, new) = (statement.column.name(), statement.new_name.name());
        if is_system_column(old) {
            return Err(error(sqlstate::FEATURE_NOT_SUPPORTED, format!("cannot rename system column \"{old}\"")));
        }
        let Some((place, _)) = data.column(old) else {
            return Err(error(sqlstate::UNDEFINED_COLUMN, format!("column \"{old}\" does not exist")));
        };
        check_free_column(&relation, &data, new)?;
        data.columns[place].name = new.into();
        self.update_table(&relation, data)?;
        done("ALTER TABLE")
    }

    /// The place of a column that must exist.
    pub(super) fn require_column(&self, relation: &Relation, data: &TableData, column: &str) -> Result<usize> {
        match data.column(column) {
            Some((place, _)) => Ok(place),
            None if is_system_column(column) => Err(unsupported("a change of a system column")),
            None => Err(no_column(column, &relation.name)),
        }
    }
}

/// Refuses columns with names of system columns (manual, "System Columns").
pub(super) fn check_system_columns(columns: &[Column]) -> Result<()> {
    columns.iter().try_for_each(|column| check_no_system_column(&column.name))
}

fn check_no_system_column(name: &str) -> Result<()> {
    match is_system_column(name) {
        true => Err(error(
            sqlstate::DUPLICATE_COLUMN,
            format!("column name \"{name}\" conflicts with a system column name"),
        )),
        false => Ok(()),
    }
}

/// Refuses a name that another column has.
pub(super) fn check_free_column(relation: &Relation, data: &TableData, name: &str) -> Result<()> {
    check_no_system_column(name)?;
    match data.column(name) {
        Some(_) => Err(error(
            sqlstate::DUPLICATE_COLUMN,
            format!("column \"{name}\" of relation \"{}\" already exists", relation.name),
        )),
        None => Ok(()),
    }
}

/// The lock that an action needs; a statement takes the strongest of its actions'.
fn lock_mode(action: &TableAction) -> LockMode {
    match action {
        // A look at the rows lets others write.
        TableAction::ValidateConstraint(_) => LockMode::ShareUpdateExclusive,
        // A foreign key lets them read.
        TableAction::AddConstraint(TableConstraint { kind: TableConstraintKind::ForeignKey(..), .. }) => {
            LockMode::ShareRowExclusive
        }
        _ => LockMode::AccessExclusive,
    }
}

/// Marks a column as dropped: it keeps its place.
pub(in crate::execute) fn drop_from(column: &mut Column) {
    column.is_dropped = true;
    column.default = None;
    column.identity = None;
    column.computed = None;
    column.not_null = false;
}
