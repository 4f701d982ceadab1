//! Constraints: primary and foreign keys, UNIQUE and CHECK, and what INSERT does about conflicts.

use seqcheck_engine::TableSummary;
use seqcheck_engine::statement::{
    BinaryOperator, ColumnConstraintKind, ConflictTarget, ConflictUpdate, Deferral, Expression, Identifier, ObjectName,
    OnConflict, References, ReferentialAction, TableAction, TableConstraint, TableConstraintKind,
};

use super::Generator;
use super::value::number_expression;

const NAMES: [&str; 3] = ["items_pkey", "k", "Orders_id_fkey"];

impl Generator<'_> {
    /// A constraint of a column, most often none.
    pub(super) fn column_constraint(&mut self) -> Option<ColumnConstraintKind> {
        Some(match self.choice.below(12) {
            0 | 1 => ColumnConstraintKind::PrimaryKey,
            2 => ColumnConstraintKind::NotNull,
            3 => ColumnConstraintKind::Unique,
            4 if self.choice.chance(1, 3) => ColumnConstraintKind::Null,
            5 if self.choice.chance(1, 3) => ColumnConstraintKind::Default(number_expression(7)),
            6 if self.choice.chance(1, 2) => ColumnConstraintKind::References(self.references()),
            _ => return None,
        })
    }

    /// A constraint of a table among whose columns is `id`.
    pub(super) fn table_constraint(&mut self, table: Option<&TableSummary>) -> TableConstraint {
        let name = self.choice.chance(1, 3).then(|| Identifier::from(NAMES[self.choice.index(NAMES.len())]));
        let column = self.column_name(table);
        let kind = match self.choice.below(6) {
            0 => TableConstraintKind::PrimaryKey(vec![column]),
            1 => TableConstraintKind::Unique(vec![column]),
            2 => {
                let other = self.column_name(table);
                TableConstraintKind::Unique(vec![column, other])
            }
            3 => {
                let limit = number_expression(self.choice.below(5) as i64);
                let value = Expression::Column(ObjectName { parts: vec![column] });
                let is_greater = Expression::Binary(BinaryOperator::Greater, Box::new(value), Box::new(limit));
                TableConstraintKind::Check { condition: is_greater, not_valid: self.choice.chance(1, 4) }
            }
            _ => {
                let references = self.references();
                TableConstraintKind::ForeignKey(vec![column], references)
            }
        };
        TableConstraint { name, kind }
    }

    /// What a foreign key refers to: most often a key of a table that exists.
    fn references(&mut self) -> References {
        let (table, summary) = self.table_name();
        let key = summary.and_then(|table| match table.keys.is_empty() {
            true => None,
            false => Some(table.keys[self.choice.index(table.keys.len())].clone()),
        });
        let columns = match key {
            Some(key) if self.choice.chance(2, 3) => key.iter().map(|column| Identifier::new(&**column)).collect(),
            None if self.choice.chance(1, 2) => vec!["id".into()],
            _ => Vec::new(),
        };
        References {
            table,
            columns,
            on_delete: self.referential_action(),
            on_update: self.referential_action(),
            deferral: match self.choice.below(8) {
                0 => Deferral::Deferred,
                1 => Deferral::Deferrable,
                _ => Deferral::Never,
            },
            not_valid: false,
        }
    }

    fn referential_action(&mut self) -> ReferentialAction {
        match self.choice.below(10) {
            0 | 1 => ReferentialAction::Cascade,
            2 => ReferentialAction::SetNull,
            3 => ReferentialAction::SetDefault,
            4 => ReferentialAction::Restrict,
            _ => ReferentialAction::NoAction,
        }
    }

    /// ADD and DROP CONSTRAINT.
    pub(super) fn constraint_action(&mut self, table: Option<&TableSummary>) -> TableAction {
        if self.choice.chance(3, 5) {
            return TableAction::AddConstraint(self.table_constraint(table));
        }
        let known = table.map(|table| table.constraints.as_slice()).unwrap_or_default();
        let name = match known.is_empty() || self.choice.chance(1, 8) {
            true => Identifier::from(NAMES[self.choice.index(NAMES.len())]),
            false => Identifier::new(&*known[self.choice.index(known.len())]),
        };
        TableAction::DropConstraint { if_exists: self.choice.chance(1, 4), name, behavior: self.behavior() }
    }

    /// What INSERT does about rows that are there already: most often it does not say.
    pub(super) fn on_conflict(&mut self, table: Option<&TableSummary>) -> Option<OnConflict> {
        let keys = table.map(|table| table.keys.as_slice()).unwrap_or_default();
        if !self.choice.chance(1, if keys.is_empty() { 16 } else { 4 }) {
            return None;
        }
        let target = match self.choice.below(6) {
            0 | 1 => ConflictTarget::Any,
            2 => {
                let known = table.map(|table| table.constraints.as_slice()).unwrap_or_default();
                ConflictTarget::Constraint(match known.is_empty() {
                    true => NAMES[self.choice.index(NAMES.len())].into(),
                    false => Identifier::new(&*known[self.choice.index(known.len())]),
                })
            }
            _ if keys.is_empty() => ConflictTarget::Columns(vec![self.column_name(table)]),
            _ => {
                let key = &keys[self.choice.index(keys.len())];
                ConflictTarget::Columns(key.iter().map(|column| Identifier::new(&**column)).collect())
            }
        };
        let updates = self.choice.chance(1, if target == ConflictTarget::Any { 12 } else { 2 });
        let update = updates.then(|| {
            let column = self.column_name(table);
            let value = match self.choice.below(4) {
                0 => self.nextval_default(),
                1 => Expression::Default,
                2 => number_expression(self.choice.below(9) as i64),
                _ => Expression::Column(ObjectName::qualified("excluded", self.column_name(table))),
            };
            let filter = self.choice.chance(1, 6).then(|| Expression::IsNull {
                operand: Box::new(Expression::Column(ObjectName::qualified("excluded", self.column_name(table)))),
                negated: self.choice.chance(1, 2),
            });
            Box::new(ConflictUpdate { assignments: vec![(column, value)], filter })
        });
        Some(OnConflict { target, update })
    }
}
