//! VACUUM, ANALYZE, REINDEX and CHECKPOINT: what they refuse, and that they change nothing else.

use super::names::{MissingSchema, no_relation};
use super::privilege::permission_denied;
use super::{Execution, done};
use crate::catalog::{Kind, RangeName, Relation, TableData};
use crate::clause::Clause;
use crate::error::{Result, Stop, error, notice, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::query::Type;
use crate::reply::{Severity, StatementResult};
use crate::statement::{MaintainedTable, Maintenance, Privilege, ReindexTarget};
use crate::transaction::Block;

impl Execution<'_> {
    pub(super) fn maintenance(&mut self, statement: &Maintenance) -> Result<StatementResult> {
        match statement {
            Maintenance::Vacuum { full, tables, analyze, .. } => {
                let has_columns = tables.iter().any(|table| !table.columns.is_empty());
                if has_columns && !analyze {
                    return Err(error(
                        sqlstate::FEATURE_NOT_SUPPORTED,
                        "ANALYZE option must be specified when a column list is provided",
                    ));
                }
                self.prevent_in_block("VACUUM")?;
                if !full {
                    self.check_no_room(tables)?;
                }
                let mode = if *full { LockMode::AccessExclusive } else { LockMode::ShareUpdateExclusive };
                self.maintain(tables, mode, "vacuum")?;
                done("VACUUM")
            }
            Maintenance::Analyze(tables) => {
                self.maintain(tables, LockMode::ShareUpdateExclusive, "analyze")?;
                done("ANALYZE")
            }
            Maintenance::Reindex(target) => {
                self.reindex(target)?;
                done("REINDEX")
            }
            Maintenance::Checkpoint => {
                if !self.is_superuser() {
                    return Err(self.shared.settings.major.cannot_checkpoint());
                }
                self.shared.log.checkpoint(&mut self.shared.pages);
                done("CHECKPOINT")
            }
        }
    }

    /// Refuses a command that is a transaction of its own.
    pub(super) fn prevent_in_block(&mut self, command: &str) -> Result<()> {
        if self.session.transaction.block == Block::None {
            return Ok(());
        }
        self.reach(Clause::OutsideBlock);
        Err(error(sqlstate::ACTIVE_SQL_TRANSACTION, format!("{command} cannot run inside a transaction block")))
    }

    /// VACUUM makes room among the rows for new ones, which then come before older rows: an order that nobody can
    /// predict.
    fn check_no_room(&mut self, tables: &[MaintainedTable]) -> Result<()> {
        let view = self.catalog_view();
        let mut storages = Vec::new();
        for table in tables {
            let name = self.range_name(&table.name)?;
            if let Some(relation) = self.find_relation(name, MissingSchema::IsMissingRelation)? {
                storages.push(relation.storage);
            }
        }
        if tables.is_empty() {
            storages.extend(self.shared.catalog.relations(view).map(|relation| relation.storage));
        }
        match storages.iter().any(|storage| self.shared.catalog.has_dead_rows(*storage)) {
            true => Err(unsupported("VACUUM of a table whose rows have left room between them")),
            false => Ok(()),
        }
    }

    /// Goes through the tables of VACUUM or ANALYZE; relations of other kinds are passed over with a warning.
    fn maintain(&mut self, tables: &[MaintainedTable], mode: LockMode, verb: &str) -> Result<()> {
        if tables.is_empty() {
            // Every table of the database, the catalogs included: who waits for whom is beyond the model.
            return match self.shared.locks.len() {
                _ if !self.is_superuser() => Err(unsupported(format!("{verb} of all tables by a plain role"))),
                0 => Ok(()),
                _ => Err(unsupported(format!("{verb} of all tables beside open transactions"))),
            };
        }
        let mut found = Vec::with_capacity(tables.len());
        for table in tables {
            let name = self.range_name(&table.name)?;
            let Some(relation) = self.find_relation(name, MissingSchema::Fails)? else {
                return Err(no_relation(name));
            };
            found.push((relation, table));
        }
        self.reach(Clause::Maintenance);
        for (relation, table) in found {
            if !self.acts_as(relation.owner) {
                return Err(unsupported("VACUUM or ANALYZE of another role's relation"));
            }
            let asks_for_maintain = self.shared.settings.major.has_maintain();
            if relation.sequence().is_some() && asks_for_maintain && !self.is_superuser() {
                // There is no such privilege on sequences, so not even their owners have it.
                self.lock_briefly(relation.oid, LockMode::AccessShare)?;
                self.notice(notice(
                    Severity::Warning,
                    sqlstate::WARNING,
                    format!("permission denied to {verb} \"{}\", skipping it", relation.name),
                ));
                continue;
            }
            if relation.table().is_some() {
                self.lock(relation.oid, mode)?;
            }
            let Some(data) = relation.table() else {
                // Seen to be no table, it is let go again.
                self.lock_briefly(relation.oid, mode)?;
                self.notice(notice(
                    Severity::Warning,
                    sqlstate::WARNING,
                    format!("skipping \"{}\" --- cannot {verb} non-tables or special system tables", relation.name),
                ));
                continue;
            };
            for (position, column) in table.columns.iter().enumerate() {
                let name = column.name();
                if data.column(name).is_none() {
                    return Err(error(
                        sqlstate::UNDEFINED_COLUMN,
                        format!("column \"{name}\" of relation \"{}\" does not exist", relation.name),
                    ));
                }
                if table.columns[..position].iter().any(|other| other.name() == name) {
                    return Err(error(
                        sqlstate::DUPLICATE_COLUMN,
                        format!("column \"{name}\" of relation \"{}\" appears more than once", relation.name),
                    ));
                }
            }
        }
        Ok(())
    }

    fn reindex(&mut self, target: &ReindexTarget) -> Result<()> {
        let (ReindexTarget::Index(name) | ReindexTarget::Table(name)) = target;
        let name: RangeName<'_> = self.range_name(name)?;
        let Some(relation) = self.find_relation(name, MissingSchema::Fails)? else {
            return Err(no_relation(name));
        };
        match (target, &relation.kind) {
            (ReindexTarget::Index(_), Kind::Index(table)) => {
                let (table, data) = self.table_now(*table)?;
                if data.is_partitioned() {
                    return Err(unsupported("REINDEX of a partitioned index"));
                }
                self.check_may_reindex(&relation, &table)?;
                self.lock_to_build_indexes(table.oid)?;
                self.lock(relation.oid, LockMode::AccessExclusive)?;
            }
            (ReindexTarget::Table(_), Kind::Table(_)) => self.reindex_table(&relation)?,
            (ReindexTarget::Index(_), _) => {
                return Err(error(sqlstate::WRONG_OBJECT_TYPE, format!("\"{}\" is not an index", name.name)));
            }
            (ReindexTarget::Table(_), _) => {
                return Err(error(
                    sqlstate::WRONG_OBJECT_TYPE,
                    format!("\"{}\" is not a table or materialized view", name.name),
                ));
            }
        }
        self.reach(Clause::Maintenance);
        Ok(())
    }

    /// REINDEX asks for ownership, and since 17 for the privilege MAINTAIN on the table, in the name of what it was given.
    fn check_may_reindex(&mut self, named: &Relation, table: &Relation) -> Result<()> {
        if !self.shared.settings.major.has_maintain() {
            return self.check_owner(named);
        }
        match self.check_any(table, &[Privilege::Maintain]) {
            Err(Stop::Error(_)) => Err(permission_denied(named.kind_word(), &named.name)),
            other => other,
        }
    }

    fn reindex_table(&mut self, table: &Relation) -> Result<()> {
        if table.table().is_some_and(TableData::is_partitioned) {
            return Err(unsupported("REINDEX of a partitioned table"));
        }
        self.check_may_reindex(table, table)?;
        self.lock_to_build_indexes(table.oid)?;
        let indexes = self.shared.catalog.indexes_of(table.oid, self.catalog_view());
        if indexes.is_empty() {
            let has_plain_columns = table.table().is_some_and(|data| {
                data.columns.iter().all(|column| {
                    column.column_type.is_integer() || matches!(column.column_type, Type::Boolean | Type::Name)
                })
            });
            if !has_plain_columns {
                return Err(unsupported("REINDEX of a table whose long values may have an index"));
            }
            self.notice(notice(
                Severity::Notice,
                sqlstate::SUCCESSFUL_COMPLETION,
                format!("table \"{}\" has no indexes to reindex", table.name),
            ));
        }
        for index in indexes {
            self.lock(index, LockMode::AccessExclusive)?;
        }
        Ok(())
    }
}
