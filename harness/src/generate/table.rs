//! Tables beside sequences, and statements that a sequence refuses.

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{
    Behavior, ColumnDefinition, CreateTable, Delete, DropRelation, Expression, FromItem, Insert, InsertSource, Literal,
    LockStrength, Locking, ObjectName, Persistence, Query, RelationKind, Select, Truncate, TypeName, Update,
};

use super::Generator;
use super::query::{call, item, select, text_of};
use super::value::number_expression;

impl Generator<'_> {
    pub(super) fn table(&mut self) -> Statement {
        match self.choice.below(12) {
            0..=2 => self.create_table(),
            3..=5 => self.insert_row(),
            6 => select(
                vec![item(Expression::Wildcard(None))],
                vec![FromItem::Relation { name: ObjectName::bare("items"), alias: None }],
            ),
            7 => self.setval_to_maximum(),
            8 => Statement::DropRelation(DropRelation {
                kind: RelationKind::Table,
                if_exists: self.choice.chance(1, 2),
                names: vec![ObjectName::bare("items")],
                behavior: Behavior::Unspecified,
            }),
            _ => self.refused_by_sequences(),
        }
    }

    fn create_table(&mut self) -> Statement {
        let integer = TypeName { name: ObjectName::qualified("pg_catalog", "int8"), dimensions: 0 };
        let text = TypeName { name: ObjectName::bare("text"), dimensions: 0 };
        // Rarely with a sequence's name, so that functions and ALTER meet a relation of the wrong kind.
        let name = if self.choice.chance(1, 3) { self.any_name() } else { ObjectName::bare("items") };
        Statement::CreateTable(CreateTable {
            persistence: if self.choice.chance(1, 8) { Persistence::Temporary } else { Persistence::Permanent },
            if_not_exists: self.choice.chance(1, 4),
            name,
            columns: vec![
                ColumnDefinition { name: "id".into(), type_name: integer, constraints: Vec::new() },
                ColumnDefinition { name: "name".into(), type_name: text, constraints: Vec::new() },
            ],
        })
    }

    fn insert_row(&mut self) -> Statement {
        let sequence = text_of(&self.target_name().0);
        let next = call("nextval", vec![Expression::Literal(Literal::String(sequence))]);
        let rows = 1 + self.choice.index(2);
        let row = vec![next, Expression::Literal(Literal::String("x".to_owned()))];
        Statement::Insert(Insert {
            table: ObjectName::bare("items"),
            columns: Vec::new(),
            source: InsertSource::Query(Query::Values(vec![row; rows])),
            returning: match self.choice.chance(1, 2) {
                true => vec![item(Expression::Column(ObjectName::bare("id")))],
                false => Vec::new(),
            },
        })
    }

    fn setval_to_maximum(&mut self) -> Statement {
        let sequence = text_of(&self.target_name().0);
        let maximum = call("max", vec![Expression::Column(ObjectName::bare("id"))]);
        let setval = call("setval", vec![Expression::Literal(Literal::String(sequence)), maximum]);
        select(vec![item(setval)], vec![FromItem::Relation { name: ObjectName::bare("items"), alias: None }])
    }

    fn refused_by_sequences(&mut self) -> Statement {
        let (name, _) = self.target_name();
        match self.choice.below(5) {
            0 => Statement::Insert(Insert {
                table: name,
                columns: Vec::new(),
                source: InsertSource::Query(Query::Values(vec![vec![number_expression(1)]])),
                returning: Vec::new(),
            }),
            1 => Statement::Update(Update {
                table: name,
                assignments: vec![("last_value".into(), number_expression(1))],
                filter: None,
                returning: Vec::new(),
            }),
            2 => Statement::Delete(Delete { table: name, filter: None, returning: Vec::new() }),
            3 => Statement::Truncate(Truncate {
                tables: vec![name],
                restart_identity: None,
                behavior: Behavior::Unspecified,
            }),
            _ => Statement::Query(Query::Select(Box::new(Select {
                items: vec![item(Expression::Wildcard(None))],
                from: vec![FromItem::Relation { name, alias: None }],
                locking: Some(Locking {
                    strength: [LockStrength::Update, LockStrength::Share][self.choice.index(2)],
                    of: Vec::new(),
                }),
                ..Select::default()
            }))),
        }
    }
}
