//! LOCK TABLE, VACUUM, ANALYZE, REINDEX and CHECKPOINT.

use super::name::{column_list, object_name};
use super::{Output, separated, sql_if};
use crate::statement::{LockTables, MaintainedTable, Maintenance, ReindexTarget};

pub(super) fn maintenance(out: &mut impl Output, maintenance: &Maintenance) {
    match maintenance {
        Maintenance::Vacuum { full, freeze, analyze, tables } => {
            out.sql("VACUUM");
            sql_if(out, *full, " FULL");
            sql_if(out, *freeze, " FREEZE");
            sql_if(out, *analyze, " ANALYZE");
            maintained(out, tables);
        }
        Maintenance::Analyze(tables) => {
            out.sql("ANALYZE");
            maintained(out, tables);
        }
        Maintenance::Reindex(target) => {
            let (word, name) = match target {
                ReindexTarget::Index(name) => ("INDEX ", name),
                ReindexTarget::Table(name) => ("TABLE ", name),
            };
            out.sql("REINDEX ");
            out.sql(word);
            object_name(out, name);
        }
        Maintenance::Checkpoint => out.sql("CHECKPOINT"),
    }
}

pub(super) fn lock(out: &mut impl Output, lock: &LockTables) {
    out.sql("LOCK TABLE ");
    separated(out, ", ", &lock.tables, object_name);
    out.sql(" IN ");
    out.sql(lock.mode.words());
    out.sql(" MODE");
    sql_if(out, lock.nowait, " NOWAIT");
}

fn maintained(out: &mut impl Output, tables: &[MaintainedTable]) {
    sql_if(out, !tables.is_empty(), " ");
    separated(out, ", ", tables, |out, table| {
        object_name(out, &table.name);
        column_list(out, &table.columns);
    });
}
