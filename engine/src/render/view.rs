//! Views and indexes.

use super::name::{column_list, object_name};
use super::query::query;
use super::sequence::persistence;
use super::{Output, sql_if};
use crate::statement::{CreateIndex, CreateView};

pub(super) fn create(out: &mut impl Output, create: &CreateView) {
    out.sql("CREATE ");
    sql_if(out, create.or_replace, "OR REPLACE ");
    sql_if(out, create.is_global, "GLOBAL ");
    persistence(out, create.persistence);
    out.sql("VIEW ");
    object_name(out, &create.name);
    column_list(out, &create.columns);
    out.sql(" AS ");
    query(out, &create.query);
}

pub(super) fn create_index(out: &mut impl Output, create: &CreateIndex) {
    out.sql("CREATE ");
    sql_if(out, create.unique, "UNIQUE ");
    out.sql("INDEX ");
    if let Some(name) = &create.name {
        sql_if(out, create.if_not_exists, "IF NOT EXISTS ");
        out.identifier(name);
        out.sql(" ");
    }
    out.sql("ON ");
    object_name(out, &create.table);
    column_list(out, &create.columns);
}
