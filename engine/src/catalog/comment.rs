//! Comments on relations and their columns (manual, "pg_description").

use std::rc::Rc;

use super::{Catalog, ColumnNumber, Oid, Slot, Stamp, View, Write, WritePlace};

/// A comment on a relation, or on one of its columns.
#[derive(Debug, Clone)]
pub(crate) struct Comment {
    relation: Oid,
    column: Option<ColumnNumber>,
    text: Rc<str>,
}

impl Catalog {
    /// The comment on a relation, or on one of its columns.
    pub(crate) fn comment(&self, relation: Oid, column: Option<ColumnNumber>, view: View) -> Option<Rc<str>> {
        self.find_comment(relation, column, view).map(|(_, comment)| comment.text.clone())
    }

    /// Whether any column of a relation has a comment.
    pub(crate) fn has_column_comments(&self, relation: Oid, view: View) -> bool {
        self.comments.visible(view).any(|(_, comment)| comment.relation == relation && comment.column.is_some())
    }

    /// Replaces a comment; without a text, or with an empty one, there is none any more.
    pub(crate) fn set_comment(
        &mut self,
        relation: Oid,
        column: Option<ColumnNumber>,
        text: Option<&str>,
        view: View,
        undo: &mut Vec<Write>,
    ) {
        if let Some((slot, _)) = self.find_comment(relation, column, view) {
            self.delete_at(WritePlace::Comment(slot), view, undo);
        }
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            let comment = Comment { relation, column, text: text.into() };
            let slot = self.comments.insert(comment, Stamp::Open(view.session));
            undo.push(Write::created(WritePlace::Comment(slot)));
        }
    }

    fn find_comment(&self, relation: Oid, column: Option<ColumnNumber>, view: View) -> Option<(Slot, &Comment)> {
        self.comments.visible(view).find(|(_, comment)| comment.relation == relation && comment.column == column)
    }
}
