//! COMMENT ON.

use super::names::{MissingSchema, no_schema};
use super::{Execution, done};
use crate::catalog::Kind;
use crate::clause::Clause;
use crate::error::{Result, error, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::reply::StatementResult;
use crate::statement::{Comment, CommentTarget, RelationKind};

impl Execution<'_> {
    /// Comments are checked and then forgotten: nothing in the model shows them.
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
                    return done("COMMENT");
                }
                Err(error(sqlstate::WRONG_OBJECT_TYPE, format!("\"{}\" is not {wanted}", relation.name)))
            }
            CommentTarget::Schema(name) => match self.schema_named(name.name()) {
                Some(schema) => {
                    self.check_schema_owner(schema)?;
                    done("COMMENT")
                }
                None => Err(no_schema(name.name())),
            },
            CommentTarget::Column(_) => Err(unsupported("COMMENT ON COLUMN")),
        }
    }
}
