//! COMMENT ON.

use super::names::{MissingSchema, no_schema};
use super::{Execution, done};
use crate::catalog::{ColumnNumber, Kind, Oid};
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::reply::StatementResult;
use crate::statement::{Comment, CommentTarget, Identifier, ObjectName, RelationKind};

impl Execution<'_> {
    /// Comments on relations and columns are kept; the others are checked and then forgotten, as nothing shows them.
    pub(super) fn comment(&mut self, statement: &Comment) -> Result<StatementResult> {
        self.prevent_if_read_only("COMMENT")?;
        match &statement.target {
            CommentTarget::Relation(kind, name) => {
                let name = self.any_name(name)?;
                let relation = self.require_relation(name, MissingSchema::Fails)?;
                self.lock(relation.oid, LockMode::ShareUpdateExclusive)?;
                if *kind == RelationKind::Sequence {
                    self.reach(Clause::CommentOn);
                }
                let (matches, wanted) = match kind {
                    RelationKind::Sequence => (relation.sequence().is_some(), "a sequence"),
                    RelationKind::Table => (relation.table().is_some(), "a table"),
                    RelationKind::View => (relation.view().is_some(), "a view"),
                    RelationKind::Index => (matches!(relation.kind, Kind::Index(_)), "an index"),
                };
                if matches {
                    self.check_owner(&relation)?;
                    self.keep_comment(relation.oid, None, statement.text.as_deref());
                    return done("COMMENT");
                }
                Err(error(sqlstate::WRONG_OBJECT_TYPE, format!("\"{}\" is not {wanted}", relation.name)))
            }
            CommentTarget::Schema(name) => match self.schema_named(name.name()) {
                Some(schema) => {
                    self.lock(schema, LockMode::ShareUpdateExclusive)?;
                    self.check_schema_owner(schema)?;
                    done("COMMENT")
                }
                None => Err(no_schema(name.name())),
            },
            CommentTarget::Type(name) => match self.find_type(name)? {
                Some(_) if !self.is_superuser() => Err(unsupported("COMMENT ON TYPE by a role that is no superuser")),
                Some(_) => done("COMMENT"),
                None => Err(self.no_type(name)),
            },
            CommentTarget::Column(name) => {
                let [table @ .., column] = name.parts.as_slice() else {
                    return Err(unsupported("a column without a name"));
                };
                if table.is_empty() {
                    return Err(error(sqlstate::SYNTAX_ERROR, "column name must be qualified"));
                }
                let table = ObjectName { parts: table.to_vec() };
                let found = self.any_name(&table)?;
                let relation = self.require_relation(found, MissingSchema::Fails)?;
                self.lock(relation.oid, LockMode::ShareUpdateExclusive)?;
                let place = match &relation.kind {
                    Kind::Table(data) => data.column(column.name()).map(|(place, _)| place),
                    Kind::View(data) => data.columns.iter().position(|(known, _)| **known == *column.name()),
                    Kind::Sequence(_) | Kind::Index(_) => {
                        return Err(unsupported("COMMENT ON COLUMN of a relation that is no table"));
                    }
                };
                let Some(place) = place else {
                    let written: Vec<&str> = table.parts.iter().map(Identifier::name).collect();
                    return Err(super::no_column(column.name(), &written.join(".")));
                };
                self.check_owner(&relation)?;
                self.keep_comment(relation.oid, Some(ColumnNumber::of_place(place)), statement.text.as_deref());
                done("COMMENT")
            }
        }
    }

    fn keep_comment(&mut self, relation: Oid, column: Option<ColumnNumber>, text: Option<&str>) {
        let view = self.catalog_view();
        let undo = &mut self.session.transaction.undo;
        self.shared.catalog.set_comment(relation, column, text, view, undo);
    }
}
