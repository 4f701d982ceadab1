//! Views and indexes.

use super::expression::expression;
use super::name::{column_list, object_name};
use super::query::query;
use super::sequence::persistence;
use super::{Output, separated, sql_if};
use crate::statement::{CreateIndex, CreateView, Expression, IndexElement};

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
    if let Some(method) = &create.method {
        out.sql(" USING ");
        out.identifier(method);
    }
    out.sql(" (");
    separated(out, ", ", &create.elements, index_element);
    out.sql(")");
    if let Some(filter) = &create.filter {
        out.sql(" WHERE ");
        expression(out, filter);
    }
}

fn index_element(out: &mut impl Output, element: &IndexElement) {
    match &element.key {
        Expression::Column(name) => object_name(out, name),
        key => {
            out.sql("(");
            expression(out, key);
            out.sql(")");
        }
    }
    if let Some(class) = &element.operator_class {
        out.sql(" ");
        object_name(out, class);
    }
}
