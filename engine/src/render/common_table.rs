//! WITH and CREATE TABLE AS.

use super::name::{column_list, object_name};
use super::query::{common_tables, query, select};
use super::sequence::persistence;
use super::table::create_table;
use super::{Output, sql_if};
use crate::statement::{CreateTableAs, Query, With};

pub(super) fn with(out: &mut impl Output, with: &With) {
    common_tables(out, &with.tables);
    super::write_statement(out, &with.statement);
}

pub(super) fn create(out: &mut impl Output, create: &CreateTableAs) {
    if create.is_select_into {
        let into = |create: &CreateTableAs, out: &mut _| {
            Output::sql(out, " INTO ");
            persistence(out, create.persistence);
            Output::sql(out, "TABLE ");
            object_name(out, &create.name);
        };
        return match &create.query {
            Query::Select(body) => select(out, body, |out| into(create, out)),
            Query::With(with) => {
                common_tables(out, &with.tables);
                if let Query::Select(body) = &with.query {
                    select(out, body, |out| into(create, out));
                }
            }
            Query::Values(_) | Query::Set(_) => {}
        };
    }
    create_table(out, create.is_global, create.persistence, create.if_not_exists, &create.name);
    column_list(out, &create.columns);
    out.sql(" AS ");
    query(out, &create.query);
    sql_if(out, create.without_data, " WITH NO DATA");
}
