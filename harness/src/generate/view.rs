//! Views over sequences and tables, and indexes.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{
    AlterRelation, CreateIndex, CreateView, DropRelation, Expression, Identifier, IndexElement, ObjectName,
    Persistence, Query, RelationAction, RelationKind, Select, SelectItem,
};

use super::Generator;
use super::query::{call, everything_in, item, relation};

const VIEWS: [&str; 3] = ["v", "w", "v"];
const INDEXES: [&str; 2] = ["i", "items_id_idx"];

impl Generator<'_> {
    pub(super) fn view(&mut self) -> Statement {
        match self.choice.weighted(&[5, 6, 2, 4, 1, 1]) {
            0 => self.create_view(),
            1 => {
                let name = self.view_name();
                everything_in(name)
            }
            2 => Statement::DropRelation(DropRelation {
                kind: RelationKind::View,
                if_exists: self.choice.chance(1, 3),
                names: (0..1 + self.choice.index(2)).map(|_| self.view_name()).collect(),
                behavior: self.behavior(),
            }),
            3 => self.create_index(),
            4 => Statement::DropRelation(DropRelation {
                kind: RelationKind::Index,
                if_exists: self.choice.chance(1, 3),
                names: vec![ObjectName::bare(INDEXES[self.choice.index(INDEXES.len())])],
                behavior: self.behavior(),
            }),
            _ => Statement::AlterRelation(AlterRelation {
                kind: RelationKind::View,
                if_exists: false,
                name: self.view_name(),
                action: RelationAction::RenameTo(VIEWS[self.choice.index(VIEWS.len())].into()),
            }),
        }
    }

    /// A view's name, and rarely one of a sequence.
    pub(super) fn view_name(&mut self) -> ObjectName {
        match self.choice.chance(1, 10) {
            true => self.target_name().0,
            false => ObjectName::bare(VIEWS[self.choice.index(VIEWS.len())]),
        }
    }

    fn create_view(&mut self) -> Statement {
        let alias = Some(Identifier::from("n"));
        let nextval = SelectItem { expression: self.nextval_default(), alias: alias.clone() };
        let query = match self.choice.below(6) {
            0 | 1 => Select { items: vec![nextval], ..Select::default() },
            2 => {
                let name = self.target_name().0;
                let last = SelectItem { expression: Expression::Column(ObjectName::bare("last_value")), alias };
                Select { items: vec![last], from: vec![relation(name)], ..Select::default() }
            }
            3 => {
                let (name, table) = self.table_name();
                let column = self.column_of(table.as_ref());
                Select {
                    items: vec![SelectItem { expression: column, alias }, item(call("lastval", Vec::new()))],
                    from: vec![relation(name)],
                    ..Select::default()
                }
            }
            4 => {
                let name = self.view_name();
                Select {
                    items: vec![item(Expression::Wildcard(None))],
                    from: vec![relation(name)],
                    ..Select::default()
                }
            }
            _ => {
                let name = self.table_name().0;
                Select { items: vec![nextval], from: vec![relation(name)], ..Select::default() }
            }
        };
        Statement::CreateView(CreateView {
            or_replace: self.choice.chance(1, 3),
            is_global: false,
            persistence: if self.choice.chance(1, 10) { Persistence::Temporary } else { Persistence::Permanent },
            name: self.view_name(),
            columns: if self.choice.chance(1, 8) { vec!["m".into()] } else { Vec::new() },
            query: Query::Select(Box::new(query)),
        })
    }

    fn create_index(&mut self) -> Statement {
        let (table, summary) = self.table_name();
        let name: Option<Identifier> = match self.choice.below(6) {
            0 => Some(self.plain_name()),
            1 | 2 => Some(INDEXES[self.choice.index(INDEXES.len())].into()),
            _ => None,
        };
        Statement::CreateIndex(CreateIndex {
            unique: self.choice.chance(1, 2),
            if_not_exists: name.is_some() && self.choice.chance(1, 3),
            name,
            table,
            method: None,
            elements: (0..1 + self.choice.index(2))
                .map(|_| IndexElement::column(self.column_name(summary.as_ref())))
                .collect(),
            filter: None,
        })
    }
}
