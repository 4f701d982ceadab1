//! CREATE VIEW (manual, "CREATE VIEW"), and what a view stands for in FROM.

use std::rc::Rc;

use super::{Execution, done};
use crate::catalog::{BOOTSTRAP_ROLE, Kind, Object, Oid, Persistence, Relation, ViewData};
use crate::clause::Clause;
use crate::error::{Result, error, notice, sqlstate, unsupported};
use crate::lock::LockMode;
use crate::query::{Binder, Plan, Scope, Type};
use crate::reply::{Severity, StatementResult};
use crate::statement::CreateView;

impl Execution<'_> {
    pub(super) fn create_view(&mut self, statement: &CreateView) -> Result<StatementResult> {
        self.prevent_if_read_only("CREATE VIEW")?;
        let name = self.range_name(&statement.name)?;
        let mut binder = Binder::new(self, Scope::default());
        let plan = binder.query(&statement.query)?;
        if binder.reads_session {
            return Err(unsupported("a view that asks who the user is"));
        }
        if binder.locks_rows {
            return Err(unsupported("a view that locks rows"));
        }
        let mut data = self.view_data(plan)?;
        if statement.columns.len() > data.columns.len() {
            return Err(error(sqlstate::SYNTAX_ERROR, "CREATE VIEW specifies more column names than columns"));
        }
        for (column, given) in data.columns.iter_mut().zip(&statement.columns) {
            column.0 = given.name().into();
        }
        let mut persistence = statement.persistence;
        if persistence == Persistence::Unlogged {
            return Err(error(sqlstate::SYNTAX_ERROR, "views cannot be unlogged because they do not have storage"));
        }
        if persistence == Persistence::Permanent && self.reads_temporary(&data) {
            persistence = Persistence::Temporary;
            self.notice(notice(
                Severity::Notice,
                sqlstate::SUCCESSFUL_COMPLETION,
                format!("view \"{}\" will be a temporary view", name.name),
            ));
        }
        let schema = self.creation_place(name, persistence)?;
        let existing = match statement.or_replace && self.is_name_taken(schema, name.name) {
            true => self.shared.catalog.relation_named(schema, name.name, self.catalog_view()).cloned(),
            false => None,
        };
        if let Some(existing) = &existing {
            self.check_owner(existing)?;
            self.lock(existing.oid, LockMode::AccessExclusive)?;
        }
        let persistence = self.persistence_in(schema, persistence)?;
        if let Some(existing) = existing {
            self.replace_view(&existing, data)?;
            return done("CREATE VIEW");
        }
        check_columns(&data.columns)?;
        self.check_new_relation(schema, name.name, true)?;
        self.make_relation(schema, name.name, persistence, Kind::View(data))?;
        done("CREATE VIEW")
    }

    fn view_data(&mut self, mut plan: Plan) -> Result<ViewData> {
        let columns: Vec<(Rc<str>, Type)> = plan.names().into_iter().zip(plan.types()).collect();
        // A view depends on the types of its columns.
        let is_outside = |column_type: Type| column_type == Type::Record || column_type.is_enumeration();
        if columns.iter().any(|(_, column_type)| is_outside(*column_type)) {
            return Err(unsupported("a view with a column of an enumerated type or a record"));
        }
        if plan.holds_initial() {
            return Err(unsupported("a view over a subquery with sequence functions"));
        }
        if plan.views_mut().is_none() {
            return Err(unsupported("a view in a subquery of a view"));
        }
        let view = self.catalog_view();
        let major = self.shared.settings.major;
        let catalog = &self.shared.catalog;
        let width_of = |oid: Oid| catalog.relation(oid, view).map_or(0, |relation| relation.width());
        let uses = plan.uses(&|source| source.width(major, &width_of));
        let widths = uses.joined.iter().map(|oid| (*oid, width_of(*oid))).collect();
        Ok(ViewData { columns, plan, uses, widths })
    }

    fn reads_temporary(&self, data: &ViewData) -> bool {
        data.uses.relations.iter().any(|oid| {
            let relation = self.shared.catalog.relation(*oid, self.catalog_view());
            relation.is_some_and(|relation| relation.persistence == Persistence::Temporary)
        })
    }

    /// OR REPLACE: the columns that the view has must stay, more may follow (`checkViewColumns` in PostgreSQL).
    fn replace_view(&mut self, existing: &Relation, data: ViewData) -> Result<()> {
        self.reach(Clause::ViewReplaced);
        let Some(old) = existing.view() else {
            return Err(error(sqlstate::WRONG_OBJECT_TYPE, format!("\"{}\" is not a view", existing.name)));
        };
        let refused = |message: String| error(sqlstate::INVALID_TABLE_DEFINITION, message);
        if data.columns.len() < old.columns.len() {
            return Err(refused("cannot drop columns from view".to_owned()));
        }
        for ((old_name, old_type), (new_name, new_type)) in old.columns.iter().zip(&data.columns) {
            if old_name != new_name {
                return Err(refused(format!("cannot change name of view column \"{old_name}\" to \"{new_name}\""))
                    .hint("Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead."));
            }
            let is_fitted = |side: Type| side.is_opaque() || matches!(side, Type::Varchar | Type::Numeric);
            if is_fitted(*old_type) || new_type.is_opaque() {
                return Err(unsupported(
                    "replacing a view with a column that may have a length, which would have to stay",
                ));
            }
            if old_type != new_type {
                let (old_type, new_type) = (old_type.sql_name(), new_type.sql_name());
                return Err(refused(format!(
                    "cannot change data type of view column \"{old_name}\" from {old_type} to {new_type}"
                )));
            }
        }
        for (place, (name, _)) in data.columns.iter().enumerate().skip(old.columns.len()) {
            if data.columns[..place].iter().any(|(other, _)| other == name) {
                return Err(error(
                    sqlstate::DUPLICATE_COLUMN,
                    format!("column \"{name}\" of relation \"{}\" already exists", existing.name),
                ));
            }
        }
        let view = self.catalog_view();
        let readers = self.shared.catalog.gather(&[Object::Relation(existing.oid)], view).deletions;
        if data.uses.relations.iter().any(|oid| readers.iter().any(|reader| reader.object == Object::Relation(*oid))) {
            return Err(unsupported("a view that reads itself, or another that reads it"));
        }
        self.replace_relation(Relation { kind: Kind::View(data), ..existing.clone() })
    }

    /// Whether a view reads and changes with the privileges of a superuser: those of its owner count.
    pub(crate) fn is_superusers(&self, view: &Relation) -> bool {
        view.owner == BOOTSTRAP_ROLE || self.shared.catalog.is_superuser(view.owner, self.catalog_view())
    }

    /// The query behind a view, ready to run: everything that it reads is locked, views included.
    pub(crate) fn query_of_view(&mut self, relation: &Relation, data: &ViewData) -> Result<Plan> {
        self.reach(Clause::ViewQuery);
        let view = self.catalog_view();
        // What a view reads is read with the privileges of its owner.
        if !self.is_superusers(relation) {
            return Err(unsupported("a view of a role that may not read everything"));
        }
        // What is behind a view is locked only when the analysis is over, unlike what else the query names.
        let had_sight = self.has_sight;
        self.has_sight |= self.is_utility;
        for oid in &data.uses.relations {
            self.lock(*oid, LockMode::AccessShare)?;
        }
        self.has_sight = had_sight;
        for (oid, width) in &data.widths {
            let now = self.shared.catalog.relation(*oid, view).map(|relation| relation.width());
            if now != Some(*width) {
                let name = &relation.name;
                return Err(unsupported(format!("view {name}, whose joined relations have other columns by now")));
            }
        }
        let mut plan = data.plan.clone();
        for (oid, behind) in plan.views_mut().into_iter().flatten() {
            let Some(relation) = self.shared.catalog.relation(oid, view).cloned() else { continue };
            if let Some(data) = relation.view() {
                *behind = self.query_of_view(&relation, data)?;
            }
        }
        Ok(plan)
    }
}

/// Refuses two columns of one name.
fn check_columns(columns: &[(Rc<str>, Type)]) -> Result<()> {
    for (index, (name, _)) in columns.iter().enumerate() {
        if columns[..index].iter().any(|(other, _)| other == name) {
            return Err(error(sqlstate::DUPLICATE_COLUMN, format!("column \"{name}\" specified more than once")));
        }
    }
    Ok(())
}
