//! What foreign keys ask of changed rows, once a statement has changed them all (manual, "Foreign Keys").

use std::collections::VecDeque;

use super::super::Execution;
use super::change::check_takes_value;
use super::shown::ShownColumns;
use crate::catalog::{
    Constraint, ConstraintKind, ForeignKey, Oid, Privileges, Relation, Slot, TableData, TableRow, View,
};
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::query::Value;
use crate::statement::{Privilege, ReferentialAction};

/// One row that a statement has made, replaced or deleted.
#[derive(Debug, Clone)]
pub(super) struct RowChange {
    pub(super) old: Option<TableRow>,
    pub(super) new: Option<TableRow>,
}

impl RowChange {
    pub(super) fn inserted(row: &TableRow) -> RowChange {
        RowChange { old: None, new: Some(row.clone()) }
    }

    /// Whether a key is another one afterwards, or gone, or new.
    fn changes(&self, columns: &[usize]) -> bool {
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => columns.iter().any(|place| old[*place] != new[*place]),
            _ => true,
        }
    }
}

/// The values of a key; none when one of them is NULL, which refers to nothing.
fn key_of(row: &TableRow, columns: &[usize]) -> Result<Option<Vec<Value>>> {
    let values: Vec<Value> = columns.iter().map(|place| row[*place].clone()).collect();
    if values.iter().any(Value::is_null) {
        return Ok(None);
    }
    match values.iter().all(Value::is_known) {
        true => Ok(Some(values)),
        false => Err(unsupported("a foreign key whose value nobody can predict")),
    }
}

/// When a foreign key is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Immediate,
    Deferred,
}

impl Turn {
    fn of(is_deferred: bool) -> Turn {
        if is_deferred { Turn::Deferred } else { Turn::Immediate }
    }
}

fn has_key(row: &[Value], columns: &[usize], key: &[Value]) -> bool {
    columns.iter().zip(key).all(|(place, value)| row[*place] == *value)
}

impl Execution<'_> {
    /// Checks foreign keys and carries out their actions, for the rows in the order of their changes; what the actions
    /// change comes last. What is deferred comes when all that is over, as at a commit.
    pub(super) fn after_rows(&mut self, table: &Relation, changes: Vec<RowChange>) -> Result<()> {
        let mut queue: VecDeque<(Oid, RowChange)> = changes.into_iter().map(|change| (table.oid, change)).collect();
        let mut put_off = VecDeque::new();
        while let Some((oid, change)) = queue.pop_front() {
            if self.after_row(oid, &change, Turn::Immediate, &mut queue)? {
                put_off.push_back((oid, change));
            }
        }
        while let Some((oid, change)) = put_off.pop_front() {
            self.after_row(oid, &change, Turn::Deferred, &mut put_off)?;
        }
        Ok(())
    }

    /// Looks at the foreign keys whose turn it is; tells whether there are others.
    fn after_row(
        &mut self,
        oid: Oid,
        change: &RowChange,
        turn: Turn,
        queue: &mut VecDeque<(Oid, RowChange)>,
    ) -> Result<bool> {
        let mut leaves_others = false;
        let (relation, data) = self.table_now(oid)?;
        if let Some(old) = &change.old {
            let view = self.catalog_view();
            for (constraint, owner, key) in self.shared.catalog.referencing(oid, view) {
                let action = if change.new.is_some() { key.on_update } else { key.on_delete };
                // Only a check can be put off, and not that of RESTRICT.
                let is_deferred = key.is_deferred && action == ReferentialAction::NoAction;
                leaves_others |= turn != Turn::of(is_deferred);
                if turn == Turn::of(is_deferred)
                    && change.changes(&key.referenced_columns)
                    && let Some(values) = key_of(old, &key.referenced_columns)?
                {
                    self.act(&relation, (constraint, owner, &key), &values, change.new.as_ref(), queue)?;
                }
            }
        }
        let Some(new) = &change.new else { return Ok(leaves_others) };
        // A transaction that keeps its snapshot finds no key that came later.
        let view = self.session.transaction.snapshot.map_or(self.catalog_view(), |_| self.query_view());
        for Constraint { name, kind, .. } in &data.constraints {
            let ConstraintKind::Foreign(key) = kind else { continue };
            leaves_others |= turn != Turn::of(key.is_deferred);
            if turn == Turn::of(key.is_deferred) && change.changes(&key.columns) {
                self.check_reference(&relation, name, key, new, view)?;
            }
        }
        Ok(leaves_others)
    }

    /// Looks for the row that a row refers to, among those that `view` sees.
    pub(super) fn check_reference(
        &mut self,
        table: &Relation,
        name: &str,
        key: &ForeignKey,
        row: &TableRow,
        view: View,
    ) -> Result<()> {
        let Some(values) = key_of(row, &key.columns)? else { return Ok(()) };
        self.lock(key.referenced, LockMode::RowShare)?;
        self.lock_indexes(key.referenced, LockMode::RowShare)?;
        let (referenced, _) = self.table_now(key.referenced)?;
        self.refuse_rows_of_others(referenced.storage)?;
        self.refuse_restricted_owner(&referenced)?;
        let catalog = &self.shared.catalog;
        let found = catalog
            .visible_rows(referenced.storage, view)
            .find(|(_, other)| has_key(other, &key.referenced_columns, &values));
        if let Some((slot, _)) = found {
            if catalog.row_undecided_by(referenced.storage, slot, self.session.id).is_some() {
                return Err(unsupported("a foreign key to a row that another open transaction has changed"));
            }
            return match catalog.is_row_visible(referenced.storage, slot, self.catalog_view()) {
                true => Ok(()),
                false => {
                    Err(unsupported("a foreign key to a row that others have changed since the snapshot was taken"))
                }
            };
        }
        self.refuse_deferred(key)?;
        let shown = self.shown_key(table, &key.columns, &values)?;
        self.reach(Clause::ForeignKeyViolated);
        Err(error(
            sqlstate::FOREIGN_KEY_VIOLATION,
            format!("insert or update on table \"{}\" violates foreign key constraint \"{name}\"", table.name),
        )
        .detail(format!("Key{shown} is not present in table \"{}\".", referenced.name)))
    }

    /// Does what a foreign key says of the rows that refer to a key which is gone.
    fn act(
        &mut self,
        referenced: &Relation,
        (constraint, owner, key): (Oid, Oid, &ForeignKey),
        values: &[Value],
        new: Option<&TableRow>,
        queue: &mut VecDeque<(Oid, RowChange)>,
    ) -> Result<()> {
        if self.session.transaction.snapshot.is_some() {
            return Err(unsupported("a foreign key's action under REPEATABLE READ"));
        }
        let action = if new.is_some() { key.on_update } else { key.on_delete };
        let is_check = matches!(action, ReferentialAction::NoAction | ReferentialAction::Restrict);
        if action == ReferentialAction::NoAction {
            // Another row may have taken the key.
            let rows = self.shared.catalog.rows(referenced.storage, self.catalog_view());
            if rows.iter().any(|row| has_key(row, &key.referenced_columns, values)) {
                return Ok(());
            }
        }
        let mode = if is_check { LockMode::RowShare } else { LockMode::RowExclusive };
        self.lock(owner, mode)?;
        self.lock_indexes(owner, mode)?;
        let (table, data) = self.table_now(owner)?;
        // The action is an UPDATE, refused where that is, whether it finds rows or not.
        if action == ReferentialAction::SetNull || action == ReferentialAction::Cascade && new.is_some() {
            let major = self.shared.settings.major;
            key.columns.iter().try_for_each(|place| check_takes_value(&data.columns[*place], major))?;
        }
        self.refuse_other_writer(&table)?;
        self.refuse_restricted_owner(&table)?;
        let view = self.catalog_view();
        let referring: Vec<(Slot, TableRow)> = self
            .shared
            .catalog
            .slots(table.storage, view)
            .into_iter()
            .filter(|(_, row)| has_key(row, &key.columns, values))
            .collect();
        if referring.is_empty() {
            return Ok(());
        }
        if is_check {
            return Err(self.still_referenced(referenced, &table, &data, constraint, key, values, action)?);
        }
        self.reach(Clause::ForeignKeyActs);
        for (slot, old) in referring {
            let changed = self.acted_row(action, &table, &data, key, &old, new)?;
            if let Some(row) = &changed {
                self.check_row(&table, &data, row, Some(slot), &ShownColumns::All)?;
            }
            let view = self.catalog_view();
            let undo = &mut self.session.transaction.undo;
            self.shared.catalog.delete_row(table.storage, slot, view, undo);
            if let Some(row) = &changed {
                self.store_row(&table, row.clone());
            }
            queue.push_back((owner, RowChange { old: Some(old), new: changed }));
        }
        Ok(())
    }

    /// What a referring row becomes; none when it goes.
    fn acted_row(
        &mut self,
        action: ReferentialAction,
        table: &Relation,
        data: &TableData,
        key: &ForeignKey,
        old: &TableRow,
        new: Option<&TableRow>,
    ) -> Result<Option<TableRow>> {
        let mut row = old.to_vec();
        for (place, target) in key.columns.iter().zip(&key.referenced_columns) {
            row[*place] = match (action, new) {
                (ReferentialAction::Cascade, None) => return Ok(None),
                (ReferentialAction::Cascade, Some(new)) => new[*target].clone(),
                (ReferentialAction::SetDefault, _) if self.is_superuser() || self.current_role() == table.owner => {
                    self.default_value(table, data, *place)?
                }
                (ReferentialAction::SetDefault, _) => {
                    return Err(unsupported("SET DEFAULT in a table of somebody else, whose owner computes it"));
                }
                _ => Value::Null,
            };
        }
        self.compute_columns(data, &mut row)?;
        let row = TableRow::from(row);
        if action == ReferentialAction::SetDefault && key.columns.iter().all(|place| row[*place] == old[*place]) {
            return Err(unsupported("SET DEFAULT to the key that is gone"));
        }
        if action == ReferentialAction::Cascade && new.is_some() {
            let (referenced, _) = self.table_now(key.referenced)?;
            let target = referenced.table().cloned().unwrap_or_default();
            let are_alike = key.columns.iter().zip(&key.referenced_columns).all(|(own, other)| {
                let (own, other) = (&data.columns[*own], &target.columns[*other]);
                own.column_type == other.column_type && own.modifier == other.modifier
            });
            if !are_alike {
                return Err(unsupported("ON UPDATE CASCADE between columns of different types"));
            }
        }
        Ok(Some(row))
    }

    #[expect(clippy::too_many_arguments, reason = "all of it is in the message")]
    fn still_referenced(
        &mut self,
        referenced: &Relation,
        table: &Relation,
        data: &TableData,
        constraint: Oid,
        key: &ForeignKey,
        values: &[Value],
        action: ReferentialAction,
    ) -> Result<crate::error::Stop> {
        if action == ReferentialAction::NoAction {
            self.refuse_deferred(key)?;
        }
        self.reach(Clause::ForeignKeyViolated);
        let name = data.constraints.iter().find(|known| known.oid == constraint).map(|known| known.name.clone());
        let shown = self.shown_key(referenced, &key.referenced_columns, values)?;
        let is_restrict = action == ReferentialAction::Restrict;
        Ok(self.shared.settings.major.still_referenced(
            &referenced.name,
            name.as_deref().unwrap_or("?"),
            &table.name,
            &shown,
            is_restrict,
        ))
    }

    /// The key, led by a space, for those who may read it; nothing for others.
    fn shown_key(&self, table: &Relation, columns: &[usize], values: &[Value]) -> Result<String> {
        if !self.may_read(table, self.current_role())? {
            return Ok(String::new());
        }
        let data = table.table();
        let column = |place: &usize| data.map(|data| &data.columns[*place]);
        let names: Vec<&str> = columns.iter().filter_map(|place| Some(&*column(place)?.name)).collect();
        let values: Vec<String> = columns
            .iter()
            .zip(values)
            .filter_map(|(place, value)| Some(value.to_text(column(place)?.column_type)))
            .collect();
        Ok(format!(" ({})=({})", names.join(", "), values.join(", ")))
    }

    /// A deferred key that does not hold may still come to hold before the transaction ends.
    fn refuse_deferred(&self, key: &ForeignKey) -> Result<()> {
        match key.is_deferred && self.may_go_on() {
            true => Err(unsupported("a deferred foreign key that does not hold yet")),
            false => Ok(()),
        }
    }

    /// PostgreSQL looks at a table behind a foreign key as the table's owner, who may have taken its own privileges away.
    fn refuse_restricted_owner(&self, table: &Relation) -> Result<()> {
        let wanted = Privileges::of(&[Privilege::Select, Privilege::Update, Privilege::Delete]);
        let usage = Privileges::of(&[Privilege::Usage]);
        let may_use = self.rights_on(table, table.owner, wanted) == wanted
            && !self.rights_on_schema(table.schema, table.owner, usage).is_empty();
        match may_use {
            true => Ok(()),
            false => Err(unsupported("a foreign key of a table that its own owner may not use")),
        }
    }

    fn refuse_other_writer(&self, table: &Relation) -> Result<()> {
        match self.shared.catalog.other_writer(table.storage, self.catalog_view()) {
            Some(_) => Err(unsupported("a foreign key to rows that another open transaction has written")),
            None => self.refuse_rows_of_others(table.storage),
        }
    }
}
