//! Comments as values (manual, "Comment Information Functions").

use super::Value;
use crate::catalog::{ColumnNumber, FIRST_NORMAL_OID, Kind, Oid};
use crate::error::{Result, unsupported};
use crate::execute::Execution;

impl Execution<'_> {
    /// `obj_description`: the comment on a relation.
    pub(super) fn relation_comment(&self, relation: Oid, catalog: Option<&str>) -> Result<Value> {
        if catalog.is_some_and(|catalog| catalog != "pg_class") {
            return Err(unsupported("the comment on an object that is no relation"));
        }
        self.comment_on(relation, None)
    }

    /// `col_description`: the comment on a relation's column.
    pub(super) fn column_comment(&self, relation: Oid, column: i64) -> Result<Value> {
        let place = usize::try_from(column).ok().and_then(|number| number.checked_sub(1));
        let Some(place) = place else { return Err(unsupported("the comment on what is no column")) };
        self.comment_on(relation, Some(place))
    }

    fn comment_on(&self, relation: Oid, place: Option<usize>) -> Result<Value> {
        let view = self.query_view();
        let found = self.shared.catalog.relation(relation, view).filter(|_| relation.0 > FIRST_NORMAL_OID);
        let Some(found) = found else {
            return Err(unsupported("the comment on an object outside the model"));
        };
        // A column takes its comment along when it is dropped.
        let is_live = match (place, &found.kind) {
            (Some(place), Kind::Table(data)) => data.live_columns().any(|(index, _)| index == place),
            _ => true,
        };
        let comment = self.shared.catalog.comment(relation, place.map(ColumnNumber::of_place), view);
        Ok(comment.filter(|_| is_live).map_or(Value::Null, Value::Text))
    }
}
