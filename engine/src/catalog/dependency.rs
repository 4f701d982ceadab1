//! What must go when an object goes (manual, "Dependency Tracking").
//!
//! The edges follow from the catalog's own contents; nothing records them separately, so they cannot go stale.

use super::{Catalog, ColumnNumber, ConstraintKind, ForeignKey, Kind, Oid, View};
use crate::query::Uses;

/// Something that can be dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Object {
    /// A schema.
    Schema(Oid),
    /// A relation of any kind.
    Relation(Oid),
    /// A table's column, by its place.
    Column(Oid, usize),
    /// The default of a table's column, with its own number.
    Default { table: Oid, column: usize, oid: Oid },
    /// A constraint of a table, with its own number.
    Constraint { table: Oid, oid: Oid },
    /// An enumerated type.
    Type(Oid),
}

impl Object {
    /// The number that decides the order of dependents.
    fn oid(self) -> Oid {
        match self {
            Object::Schema(oid)
            | Object::Relation(oid)
            | Object::Column(oid, _)
            | Object::Type(oid)
            | Object::Default { oid, .. }
            | Object::Constraint { oid, .. } => oid,
        }
    }
}

/// What kind of dependency it is (manual, "pg_depend").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dependency {
    /// The dependent object may only be dropped with CASCADE.
    Normal,
    /// The dependent object goes along silently.
    Automatic,
    /// The dependent object is part of the other one: it goes along silently, and cannot be dropped alone.
    Internal,
}

/// How an object came to be among those that a DROP removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deletion {
    pub(crate) object: Object,
    /// The object that it depends on; `None` for those the statement names.
    pub(crate) dependee: Option<Object>,
    /// Whether it goes along without being mentioned.
    silent: bool,
}

impl Deletion {
    /// Whether RESTRICT complains about it and CASCADE tells of it.
    pub(crate) fn is_reported(&self) -> bool {
        self.dependee.is_some() && !self.silent
    }
}

/// Everything that goes with some objects.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// It all, dependents before what they depend on.
    pub(crate) deletions: Vec<Deletion>,
    /// What depends on something, in the order in which it was come across; some of it more than once.
    pub(crate) met: Vec<Object>,
}

impl Catalog {
    /// Everything that goes with `originals`.
    pub(crate) fn gather(&self, originals: &[Object], view: View) -> Gathered {
        let mut gathered = Gathered::default();
        for original in originals {
            self.collect(*original, None, originals, &mut gathered, view);
        }
        let found = &mut gathered.deletions;
        let whole: Vec<Object> = found.iter().map(|deletion| deletion.object).collect();
        for deletion in found {
            // A column says nothing of itself when its table goes too.
            if let Object::Column(table, _) = deletion.object {
                deletion.silent |= whole.contains(&Object::Relation(table));
            }
        }
        gathered
    }

    fn collect(
        &self,
        object: Object,
        reached: Option<(Object, Dependency)>,
        originals: &[Object],
        gathered: &mut Gathered,
        view: View,
    ) {
        let found = &mut gathered.deletions;
        let silent = matches!(reached, Some((_, Dependency::Automatic | Dependency::Internal)));
        if let Some(earlier) = found.iter_mut().find(|deletion| deletion.object == object) {
            // One silent way to reach it is enough.
            earlier.silent |= silent;
            return;
        }
        if let Object::Column(table, _) = object
            && found.iter().any(|deletion| deletion.object == Object::Relation(table))
        {
            return;
        }
        let mut dependents = self.dependents(object, view);
        gathered.met.extend(dependents.iter().map(|(dependent, _)| *dependent));
        // PostgreSQL visits the youngest dependent first, so that the report, read backwards, is in order of creation.
        dependents.sort_by_key(|(dependent, _)| std::cmp::Reverse(dependent.oid()));
        for (dependent, dependency) in dependents {
            self.collect(dependent, Some((object, dependency)), originals, gathered, view);
        }
        let found = &mut gathered.deletions;
        if let Some(earlier) = found.iter_mut().find(|deletion| deletion.object == object) {
            earlier.silent |= silent;
            return;
        }
        let dependee = reached.map(|(dependee, _)| dependee).filter(|_| !originals.contains(&object));
        found.push(Deletion { object, dependee, silent });
    }

    /// What depends on an object itself: column by column, and what came to depend on one first comes first.
    fn dependents(&self, object: Object, view: View) -> Vec<(Object, Dependency)> {
        match object {
            Object::Schema(schema) => {
                let mut contents: Vec<_> = self
                    .relations(view)
                    .filter(|relation| relation.schema == schema)
                    // An index belongs to its table, not to the schema.
                    .filter(|relation| !matches!(relation.kind, Kind::Index(_)))
                    .map(|relation| Object::Relation(relation.oid))
                    .chain(
                        self.enumerations(view)
                            .filter(|enumeration| enumeration.schema == schema)
                            .map(|enumeration| Object::Type(enumeration.oid)),
                    )
                    .map(|object| (object, Dependency::Normal))
                    .collect();
                contents.sort_by_key(|(object, _)| object.oid());
                contents
            }
            Object::Type(oid) => self
                .columns_of_type(oid, view)
                .map(|(table, place)| (Object::Column(table, place), Dependency::Normal))
                .collect(),
            Object::Relation(oid) => self.dependents_of_relation(oid, view),
            Object::Column(table, column) => self.dependents_of_column(table, column, view),
            Object::Default { .. } => Vec::new(),
            Object::Constraint { table, oid } => self
                .relation(table, view)
                .and_then(|relation| relation.table()?.constraints.iter().find(|constraint| constraint.oid == oid))
                .and_then(|constraint| match constraint.kind {
                    ConstraintKind::Unique { index, .. } => Some((Object::Relation(index), Dependency::Internal)),
                    _ => None,
                })
                .into_iter()
                .collect(),
        }
    }

    /// The columns of an enumerated type, each with its table and its place there.
    pub(crate) fn columns_of_type(&self, oid: Oid, view: View) -> impl Iterator<Item = (Oid, usize)> {
        self.relations(view).flat_map(move |relation| {
            relation.table().into_iter().flat_map(|table| table.live_columns()).filter_map(move |(place, column)| {
                let of_type = column.opaque.as_ref().and_then(|opaque| opaque.enumeration) == Some(oid);
                of_type.then_some((relation.oid, place))
            })
        })
    }

    /// The foreign keys, of any table, that `is_meant` tells by their table and themselves.
    fn foreign_keys(
        &self,
        view: View,
        dependency: Dependency,
        is_meant: impl Fn(Oid, &ForeignKey) -> bool,
    ) -> Vec<(Object, Dependency)> {
        let mut found = Vec::new();
        for relation in self.relations(view) {
            for constraint in relation.table().iter().flat_map(|table| &table.constraints) {
                if let ConstraintKind::Foreign(key) = &constraint.kind
                    && is_meant(relation.oid, key)
                {
                    found.push((Object::Constraint { table: relation.oid, oid: constraint.oid }, dependency));
                }
            }
        }
        found
    }

    /// The tables, with their constraints, whose foreign keys refer to a table, in the order in which the keys were made.
    pub(crate) fn referencing(&self, table: Oid, view: View) -> Vec<(Oid, Oid, ForeignKey)> {
        let mut found = Vec::new();
        for relation in self.relations(view) {
            for constraint in relation.table().iter().flat_map(|table| &table.constraints) {
                if let ConstraintKind::Foreign(key) = &constraint.kind
                    && key.referenced == table
                {
                    found.push((constraint.oid, relation.oid, key.clone()));
                }
            }
        }
        found.sort_by_key(|(oid, ..)| *oid);
        found
    }

    fn dependents_of_relation(&self, oid: Oid, view: View) -> Vec<(Object, Dependency)> {
        let Some(relation) = self.relation(oid, view) else { return Vec::new() };
        let mut dependents = match &relation.kind {
            Kind::Table(table) => {
                let mut dependents = Vec::new();
                dependents.extend(self.owned_by_columns(oid, |column| column.place().is_none(), view));
                for (column, _) in table.live_columns() {
                    dependents.extend(self.dependents_of_column(oid, column, view));
                }
                let indexes = table.index_oids().map(|index| (Object::Relation(index), Dependency::Automatic));
                dependents.extend(indexes);
                let mut distinct: Vec<(Object, Dependency)> = Vec::with_capacity(dependents.len());
                for dependent in dependents {
                    match distinct.iter_mut().find(|(object, _)| *object == dependent.0) {
                        // What goes silently for one reason does so for all.
                        Some(known) if known.1 == Dependency::Normal => known.1 = dependent.1,
                        Some(_) => {}
                        None => distinct.push(dependent),
                    }
                }
                distinct
            }
            Kind::Sequence(_) => Vec::new(),
            Kind::View(data) => {
                (0..data.columns.len()).flat_map(|column| self.dependents_of_column(oid, column, view)).collect()
            }
            Kind::Index(_) => self.foreign_keys(view, Dependency::Normal, |_, key| key.index == oid),
        };
        let is_new = |object: &Object| !dependents.iter().any(|(other, _)| other == object);
        let views = self.views(view, |uses| uses.depends_on(oid)).map(Object::Relation);
        let users: Vec<_> = self.defaults_using(oid, view).chain(views).filter(is_new).collect();
        dependents.extend(users.into_iter().map(|user| (user, Dependency::Normal)));
        dependents
    }

    /// The sequences that some of a table's columns own.
    fn owned_by_columns(
        &self,
        table: Oid,
        is_meant: impl Fn(ColumnNumber) -> bool,
        view: View,
    ) -> impl Iterator<Item = (Object, Dependency)> {
        self.relations(view).filter_map(move |relation| {
            let owner = relation.sequence()?.owner.filter(|owner| owner.table == table && is_meant(owner.column))?;
            let dependency = if owner.is_identity { Dependency::Internal } else { Dependency::Automatic };
            Some((Object::Relation(relation.oid), dependency))
        })
    }

    fn dependents_of_column(&self, table: Oid, column: usize, view: View) -> Vec<(Object, Dependency)> {
        let number = ColumnNumber::of_place(column);
        let mut dependents: Vec<_> = self.owned_by_columns(table, |owner| owner == number, view).collect();
        dependents.extend(
            self.views(view, |uses| uses.columns.contains(&(table, column)))
                .map(|view| (Object::Relation(view), Dependency::Normal)),
        );
        let Some(data) = self.relation(table, view).and_then(|relation| relation.table()) else { return dependents };
        if let Some(default) = data.columns.get(column).and_then(|column| column.default.as_ref()) {
            dependents.push((Object::Default { table, column, oid: default.oid }, Dependency::Automatic));
        }
        for constraint in &data.constraints {
            if let ConstraintKind::Unique { columns, index, .. } = &constraint.kind
                && columns.contains(&column)
            {
                dependents.push((Object::Relation(*index), Dependency::Automatic));
            }
        }
        dependents.extend(
            self.foreign_keys(view, Dependency::Automatic, |owner, key| {
                owner == table && key.columns.contains(&column)
            }),
        );
        dependents.extend(self.foreign_keys(view, Dependency::Normal, |owner, key| {
            // One that a table has to itself goes with it either way.
            key.referenced == table
                && key.referenced_columns.contains(&column)
                && !(owner == table && key.columns.contains(&column))
        }));
        let uses = |index: &&super::Index| index.columns.contains(&column) || index.others.contains(&column);
        let indexes = data.indexes.iter().filter(uses);
        dependents.extend(indexes.map(|index| (Object::Relation(index.oid), Dependency::Automatic)));
        dependents.sort_by_key(|(dependent, _)| self.recorded(*dependent, view));
        dependents
    }

    /// The number that tells when a column's dependent came to depend on it.
    fn recorded(&self, dependent: Object, view: View) -> Oid {
        let owner = match dependent {
            Object::Relation(oid) => self.relation(oid, view).and_then(|relation| relation.sequence()?.owner),
            _ => None,
        };
        owner.map_or(dependent.oid(), |owner| owner.recorded)
    }

    /// The columns' defaults whose expressions name a relation, of whatever kind.
    fn defaults_using(&self, relation: Oid, view: View) -> impl Iterator<Item = Object> {
        self.relations(view).flat_map(move |user| {
            let columns = user.table().into_iter().flat_map(|table| table.live_columns());
            columns.filter_map(move |(column, definition)| {
                let default = definition.default.as_ref().filter(|default| default.relations.contains(&relation))?;
                Some(Object::Default { table: user.oid, column, oid: default.oid })
            })
        })
    }

    /// The views whose queries use something.
    pub(crate) fn views(&self, view: View, is_used: impl Fn(&Uses) -> bool) -> impl Iterator<Item = Oid> {
        self.relations(view)
            .filter(move |relation| relation.view().is_some_and(|data| is_used(&data.uses)))
            .map(|relation| relation.oid)
    }

    /// The indexes of a table.
    pub(crate) fn indexes_of(&self, table: Oid, view: View) -> Vec<Oid> {
        self.relations(view)
            .filter(|relation| matches!(relation.kind, Kind::Index(owner) if owner == table))
            .map(|relation| relation.oid)
            .collect()
    }

    /// The sequences that a table's columns own: column by column, those of one in the order in which it came to own them,
    /// as the index on what `pg_depend` says has them.
    pub(crate) fn owned_sequences(&self, table: Oid, view: View) -> Vec<Oid> {
        self.sequences_owned_in(table, view).into_iter().map(|(_, _, oid)| oid).collect()
    }

    /// The sequences that one column of a table owns, in the order in which it came to own them.
    pub(crate) fn column_sequences(&self, table: Oid, column: ColumnNumber, view: View) -> Vec<Oid> {
        let owned = self.sequences_owned_in(table, view).into_iter();
        owned.filter(|(number, ..)| *number == column).map(|(_, _, oid)| oid).collect()
    }

    /// Columns with the sequences that they own, and what numbers the records of that.
    fn sequences_owned_in(&self, table: Oid, view: View) -> Vec<(ColumnNumber, Oid, Oid)> {
        let mut owned: Vec<_> = self
            .relations(view)
            .filter_map(|relation| {
                let owner = relation.sequence()?.owner?;
                (owner.table == table).then_some((owner.column, owner.recorded, relation.oid))
            })
            .collect();
        owned.sort_unstable();
        owned
    }

    /// The sequences behind an identity column: one, but for the moment in which a statement gives it another's.
    pub(crate) fn identity_sequences(&self, table: Oid, place: usize, view: View) -> Vec<Oid> {
        let mut sequences = self.column_sequences(table, ColumnNumber::of_place(place), view);
        sequences.retain(|oid| {
            self.relation(*oid, view)
                .and_then(|relation| relation.sequence()?.owner)
                .is_some_and(|owner| owner.is_identity)
        });
        sequences
    }
}
