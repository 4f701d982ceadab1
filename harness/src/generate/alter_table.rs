//! ALTER TABLE: columns, defaults and identity.

use seqcheck_engine::statement::{
    AlterTable, Identifier, IdentityChange, RenameColumn, SequenceOption, TableAction, TableConstraint,
    TableConstraintKind, TableReference,
};
use seqcheck_engine::{Statement, TableSummary};

use super::Generator;
use super::table::builtin_type;
use super::value::number_expression;

const NEW_COLUMNS: [&str; 4] = ["id", "extra", "more", "n"];

impl Generator<'_> {
    pub(super) fn alter_table(&mut self) -> Statement {
        if self.choice.chance(1, 8) {
            return self.move_one(true);
        }
        let (name, table) = self.table_name();
        if self.choice.chance(1, 12) {
            return Statement::RenameColumn(RenameColumn {
                if_exists: self.choice.chance(1, 8),
                table: name,
                column: self.column_name(table.as_ref()),
                new_name: NEW_COLUMNS[self.choice.index(NEW_COLUMNS.len())].into(),
            });
        }
        let count = if self.choice.chance(1, 5) { 2 } else { 1 };
        let actions = (0..count).map(|_| self.table_action(table.as_ref())).collect();
        Statement::AlterTable(AlterTable {
            if_exists: self.choice.chance(1, 8),
            table: TableReference::whole(name),
            actions,
        })
    }

    /// Makes a table's column a key.
    pub(super) fn add_key(&mut self) -> Statement {
        let (name, table) = self.table_name();
        let columns = vec![self.column_name(table.as_ref())];
        let kind = match self.choice.chance(1, 2) {
            true => TableConstraintKind::PrimaryKey(columns),
            false => TableConstraintKind::Unique(columns),
        };
        let action = TableAction::AddConstraint(TableConstraint { name: None, kind });
        Statement::AlterTable(AlterTable {
            if_exists: false,
            table: TableReference::whole(name),
            actions: vec![action],
        })
    }

    fn table_action(&mut self, table: Option<&TableSummary>) -> TableAction {
        let column: Identifier = self.column_name(table);
        match self.choice.weighted(&[7, 4, 3, 3, 3, 2, 2, 4, 6, 4, 4]) {
            0 => {
                let name = NEW_COLUMNS[self.choice.index(NEW_COLUMNS.len())];
                TableAction::AddColumn { if_not_exists: self.choice.chance(1, 3), definition: self.column(name) }
            }
            1 => TableAction::DropColumn { if_exists: self.choice.chance(1, 4), column, behavior: self.behavior() },
            2 => {
                let names = ["int2", "int4", "int8", "text"];
                let type_name = builtin_type(names[self.choice.index(names.len())]);
                TableAction::SetType { column, type_name, using: None }
            }
            3 => {
                let value = match self.choice.chance(1, 4) {
                    true => number_expression(5),
                    false => self.nextval_default(),
                };
                TableAction::SetDefault(column, value)
            }
            4 => TableAction::DropDefault(column),
            5 => TableAction::SetNotNull(column),
            6 => TableAction::DropNotNull(column),
            7 => {
                let options = if self.choice.chance(1, 2) { self.some_options() } else { Vec::new() };
                TableAction::AddIdentity { column, generated: self.generated(), options }
            }
            8 => {
                let count = 1 + self.choice.index(2);
                let changes = (0..count).map(|_| self.identity_change()).collect();
                TableAction::SetIdentity { column: self.identity_column(table, column), changes }
            }
            9 => {
                let column = self.identity_column(table, column);
                TableAction::DropIdentity { column, if_exists: self.choice.chance(1, 3) }
            }
            _ => self.constraint_action(table),
        }
    }

    /// An identity column of the table, most often, or else this one.
    fn identity_column(&mut self, table: Option<&TableSummary>, or_else: Identifier) -> Identifier {
        let columns = table.map(|table| table.columns.as_slice()).unwrap_or_default();
        match columns.iter().find(|column| column.identity.is_some()) {
            Some(column) if self.choice.chance(4, 5) => Identifier::new(&*column.name),
            _ => or_else,
        }
    }

    fn identity_change(&mut self) -> IdentityChange {
        if self.choice.chance(1, 3) {
            return IdentityChange::Generated(self.generated());
        }
        match self.some_options().into_iter().next() {
            Some(SequenceOption::Restart(value)) => IdentityChange::Restart(value),
            // The grammar itself refuses these here.
            Some(SequenceOption::As(_) | SequenceOption::OwnedBy(_) | SequenceOption::SequenceName(_)) | None => {
                IdentityChange::Restart(None)
            }
            Some(option) => IdentityChange::Set(option),
        }
    }

    /// One to three options for a sequence that belongs to a column.
    pub(super) fn some_options(&mut self) -> Vec<SequenceOption> {
        if self.choice.chance(1, 2) {
            return self.sound_options();
        }
        let mut options = Vec::new();
        let count = 1 + self.choice.index(3);
        let around = self.some_sequence();
        self.add_options(&mut options, count, around.as_ref());
        options
    }
}
