//! Tables around sequences: serial and identity columns, defaults, and statements that a sequence refuses.

use seqcheck_engine::statement::{
    Behavior, ColumnConstraint, ColumnConstraintKind, ColumnDefinition, Copy, CreateTable, Delete, DropRelation,
    Expression, Generated, Identifier, Insert, InsertSource, LikeFeature, Literal, LockStrength, Locking, ObjectName,
    Overriding, PartitionBy, PartitionStrategy, Persistence, Query, RelationKind, Select, SelectItem, TableElement,
    TableReference, Truncate, TypeName, Update,
};
use seqcheck_engine::{ColumnSummary, Statement, TableSummary};

use super::Generator;
use super::query::{call, everything_in, item, relation, select, text, text_of};
use super::value::number_expression;

const TABLES: [&str; 3] = ["items", "Orders", "lines"];
const COLUMNS: [&str; 4] = ["id", "n", "Name", "extra"];

impl Generator<'_> {
    pub(super) fn table(&mut self) -> Statement {
        match self.choice.weighted(&[7, 10, 2, 2, 2, 4, 1, 3, 10, 1]) {
            0 => self.create_table(),
            1 => self.insert(),
            2 => self.read_table(),
            3 => self.setval_to_maximum(),
            4 => self.drop_table(),
            5 => self.truncate(),
            6 => self.copy(),
            7 => self.update(),
            8 => self.alter_table(),
            _ => self.refused_by_sequences(),
        }
    }

    /// A table that the session sees, if there is one.
    pub(super) fn some_table(&mut self) -> Option<TableSummary> {
        if self.tables.is_empty() {
            return None;
        }
        self.table_focus = match self.choice.chance(2, 3) {
            true => self.table_focus % self.tables.len(),
            false => self.choice.index(self.tables.len()),
        };
        Some(self.tables[self.table_focus].clone())
    }

    /// A table's name, most often of one that exists.
    pub(super) fn table_name(&mut self) -> (ObjectName, Option<TableSummary>) {
        match self.some_table() {
            Some(table) if !self.choice.chance(1, self.plan.dead_names) => {
                (self.qualified_if_needed(&table.schema, &table.name, 8), Some(table))
            }
            _ => (ObjectName::bare(TABLES[self.choice.index(TABLES.len())]), None),
        }
    }

    /// A column's name, most often of one that the table has.
    pub(super) fn column_name(&mut self, table: Option<&TableSummary>) -> Identifier {
        match table {
            Some(table) if !table.columns.is_empty() && !self.choice.chance(1, self.plan.dead_names) => {
                // The first column is the one that most often has a sequence.
                let first = self.choice.chance(1, 2);
                let index = if first { 0 } else { self.choice.index(table.columns.len()) };
                Identifier::new(&*table.columns[index].name)
            }
            _ => COLUMNS[self.choice.index(COLUMNS.len())].into(),
        }
    }

    /// A table's name, most often one that is not in use.
    fn new_table(&mut self) -> &'static str {
        let first = self.choice.index(TABLES.len());
        let is_used = |name: &&&str| self.tables.iter().any(|table| &*table.name == **name);
        let free = TABLES.iter().cycle().skip(first).take(TABLES.len()).find(|name| !is_used(name)).copied();
        free.filter(|_| self.choice.chance(5, 6)).unwrap_or(TABLES[first])
    }

    pub(super) fn create_table(&mut self) -> Statement {
        // Rarely with a sequence's name, so that functions and ALTER meet a relation of the wrong kind.
        let name = match self.choice.below(12) {
            0 => self.any_name(),
            1..=3 if self.plan.first_schema => ObjectName::qualified("a", self.new_table()),
            1 => ObjectName::qualified(self.schema_name(), self.new_table()),
            _ => ObjectName::bare(self.new_table()),
        };
        let mut elements = Vec::new();
        if self.choice.chance(1, 3)
            && let Some(table) = self.some_table()
        {
            let all = [LikeFeature::All, LikeFeature::Identity, LikeFeature::Defaults, LikeFeature::Indexes];
            let count = [0, 1, 1, 1, 2][self.choice.index(5)];
            let features =
                (0..count).map(|_| (self.choice.chance(4, 5), all[self.choice.weighted(&[2, 3, 1, 1])])).collect();
            let source = ObjectName::qualified(&*table.schema, Identifier::new(&*table.name));
            elements.push(TableElement::Like { source, features });
        } else {
            let count = 1 + self.choice.index(3);
            for column in COLUMNS.iter().take(count) {
                elements.push(TableElement::Column(self.column(column)));
            }
            if self.choice.chance(1, 10) {
                elements.push(TableElement::Constraint(self.table_constraint(None)));
            }
        }
        let partition_by = self.choice.chance(1, 24).then(|| self.partition_by());
        Statement::CreateTable(CreateTable {
            partition_by,
            persistence: match self.choice.below(12) {
                0 => Persistence::Temporary,
                1..=6 if self.plan.unlogged => Persistence::Unlogged,
                1 => Persistence::Unlogged,
                _ => Persistence::Permanent,
            },
            is_global: false,
            if_not_exists: self.choice.chance(1, 5),
            name,
            elements,
        })
    }

    fn partition_by(&mut self) -> PartitionBy {
        let strategies = [PartitionStrategy::Range, PartitionStrategy::List, PartitionStrategy::Hash];
        let count = 1 + usize::from(self.choice.chance(1, 4));
        PartitionBy {
            strategy: strategies[self.choice.index(strategies.len())],
            columns: (0..count).map(|_| COLUMNS[self.choice.weighted(&[6, 2, 1, 1])].into()).collect(),
        }
    }

    /// A column's definition; the later the column, the plainer.
    pub(super) fn column(&mut self, name: &str) -> ColumnDefinition {
        let serial = ["serial", "bigserial", "smallserial", "serial4"];
        let plain = ["int4", "int8", "int2", "text"];
        let mut constraints = Vec::new();
        let kinds: [u32; 4] = if name == COLUMNS[0] { [3, 3, 1, 1] } else { [2, 2, 1, 3] };
        let type_name = match self.choice.weighted(&kinds) {
            0 => bare_type(serial[self.choice.index(serial.len())]),
            1 => {
                let options = if self.choice.chance(1, 2) { self.some_options() } else { Vec::new() };
                constraints.push(ColumnConstraintKind::Identity { generated: self.generated(), options });
                builtin_type(plain[self.choice.index(3)])
            }
            2 => {
                let value = self.nextval_default();
                constraints.push(ColumnConstraintKind::Default(value));
                builtin_type(plain[self.choice.index(plain.len())])
            }
            _ => builtin_type(plain[self.choice.index(plain.len())]),
        };
        constraints.extend(self.column_constraint());
        ColumnDefinition {
            name: name.into(),
            type_name,
            collation: None,
            constraints: constraints.into_iter().map(|kind| ColumnConstraint { name: None, kind }).collect(),
        }
    }

    pub(super) fn generated(&mut self) -> Generated {
        [Generated::Always, Generated::ByDefault][self.choice.index(2)]
    }

    pub(super) fn nextval_default(&mut self) -> Expression {
        let name = text_of(&self.target_name().0);
        let constant = text(name);
        let argument = match self.choice.chance(1, 6) {
            true => Expression::Cast(Box::new(constant), bare_type("text")),
            false => constant,
        };
        call("nextval", vec![argument])
    }

    pub(super) fn value_for_column(&mut self) -> Expression {
        match self.choice.below(10) {
            0..=2 => Expression::Default,
            3 => Expression::Literal(Literal::Null),
            4 | 5 => self.nextval_default(),
            6 => text("7"),
            _ => number_expression(self.choice.below(20) as i64),
        }
    }

    /// A value that fits a column.
    fn fitting_value(&mut self, column: &ColumnSummary) -> Expression {
        let leaves_it = column.has_default || column.identity.is_some();
        match self.choice.below(6) {
            0..=3 if leaves_it => Expression::Default,
            4 if leaves_it && self.choice.chance(1, 2) => self.nextval_default(),
            0 if !column.not_null => Expression::Literal(Literal::Null),
            _ if column.is_text => text("x"),
            _ => number_expression(self.choice.below(20) as i64),
        }
    }

    pub(super) fn insert(&mut self) -> Statement {
        let (name, table) = self.table_name();
        match table {
            Some(table) if self.choice.chance(3, 5) => self.fitting_insert(name, &table),
            table => self.any_insert(name, table),
        }
    }

    /// An INSERT that most often succeeds.
    fn fitting_insert(&mut self, name: ObjectName, table: &TableSummary) -> Statement {
        let mut columns: Vec<&ColumnSummary> = Vec::new();
        for column in &table.columns {
            let is_needed = column.not_null && !column.has_default && column.identity.is_none();
            if is_needed || self.choice.chance(1, 2) {
                columns.push(column);
            }
        }
        let rows = 1 + self.choice.index(3);
        let values: Vec<Vec<Expression>> =
            (0..rows).map(|_| columns.iter().map(|column| self.fitting_value(column)).collect()).collect();
        let gives_identity = columns.iter().enumerate().any(|(place, column)| {
            column.identity.is_some() && values.iter().any(|row| row[place] != Expression::Default)
        });
        let overriding = match self.choice.below(8) {
            0..=2 if gives_identity => Some(Overriding::System),
            3..=5 if gives_identity => Some(Overriding::User),
            0 => Some([Overriding::System, Overriding::User][self.choice.index(2)]),
            _ => None,
        };
        let source = match columns.is_empty() {
            true => InsertSource::DefaultValues,
            false => InsertSource::Query(Query::Values(values)),
        };
        Statement::Insert(Insert {
            table: name,
            alias: None,
            columns: columns.iter().map(|column| Identifier::new(&*column.name)).collect(),
            overriding: overriding.filter(|_| !columns.is_empty()),
            source,
            on_conflict: self.on_conflict(Some(table)),
            returning: self.returning(Some(table)),
        })
    }

    /// An INSERT of a key that others may want, too; none without a table that has keys.
    pub(super) fn insert_key(&mut self) -> Option<Statement> {
        let tables: Vec<TableSummary> = self.tables.iter().filter(|table| !table.keys.is_empty()).cloned().collect();
        if tables.is_empty() {
            return None;
        }
        let table = &tables[self.choice.index(tables.len())];
        let key = &table.keys[self.choice.index(table.keys.len())];
        let mut columns: Vec<Identifier> = Vec::new();
        let mut values: Vec<Expression> = Vec::new();
        let mut gives_identity = false;
        for column in &table.columns {
            if key.contains(&column.name) {
                gives_identity |= column.identity.is_some();
                values.push(if column.is_text { text("x") } else { number_expression(self.choice.below(3) as i64) });
            } else if column.not_null && !column.has_default && column.identity.is_none() {
                values.push(self.fitting_value(column));
            } else {
                continue;
            }
            columns.push(Identifier::new(&*column.name));
        }
        let mut rows = vec![values];
        if self.choice.chance(1, 6) {
            rows.push(rows[0].clone());
        }
        Some(Statement::Insert(Insert {
            table: self.qualified_if_needed(&table.schema, &table.name, 8),
            alias: None,
            columns,
            overriding: gives_identity.then_some(Overriding::System),
            source: InsertSource::Query(Query::Values(rows)),
            on_conflict: self.on_conflict(Some(table)),
            returning: self.returning(Some(table)),
        }))
    }

    fn any_insert(&mut self, name: ObjectName, table: Option<TableSummary>) -> Statement {
        let mut columns: Vec<Identifier> = Vec::new();
        if self.choice.chance(1, 2) {
            for _ in 0..1 + self.choice.index(2) {
                let column = self.column_name(table.as_ref());
                if !columns.contains(&column) || self.choice.chance(1, 20) {
                    columns.push(column);
                }
            }
        }
        let width = match columns.len() {
            0 => table.as_ref().map_or(1, |table| table.columns.len()).max(1),
            width => width,
        };
        let width = if self.choice.chance(1, 12) { width + 1 } else { width };
        let source = match self.choice.below(10) {
            0..=2 if columns.is_empty() => InsertSource::DefaultValues,
            3 => {
                let items = (0..width).map(|_| item(self.nextval_default())).collect();
                let from = vec![self.series()];
                match select(items, from) {
                    Statement::Query(query) => InsertSource::Query(query),
                    _ => InsertSource::DefaultValues,
                }
            }
            _ => {
                let rows = 1 + self.choice.index(3);
                let values = (0..rows).map(|_| (0..width).map(|_| self.value_for_column()).collect()).collect();
                InsertSource::Query(Query::Values(values))
            }
        };
        let overriding = match self.choice.below(8) {
            0 => Some(Overriding::System),
            1 => Some(Overriding::User),
            _ => None,
        };
        let defaults_only = matches!(source, InsertSource::DefaultValues);
        Statement::Insert(Insert {
            table: name,
            alias: None,
            columns: if defaults_only { Vec::new() } else { columns },
            overriding: overriding.filter(|_| !defaults_only),
            source,
            on_conflict: self.on_conflict(table.as_ref()),
            returning: self.returning(table.as_ref()),
        })
    }

    pub(super) fn returning(&mut self, table: Option<&TableSummary>) -> Vec<SelectItem> {
        match self.choice.below(4) {
            0 => vec![item(Expression::Wildcard(None))],
            1 => vec![item(self.column_of(table))],
            _ => Vec::new(),
        }
    }

    fn read_table(&mut self) -> Statement {
        let (name, _) = self.table_name();
        everything_in(name)
    }

    fn setval_to_maximum(&mut self) -> Statement {
        let sequence = text_of(&self.target_name().0);
        let (name, table) = self.table_name();
        let column = self.column_of(table.as_ref());
        let setval = call("setval", vec![text(sequence), call("max", vec![column])]);
        select(vec![item(setval)], vec![relation(name)])
    }

    fn drop_table(&mut self) -> Statement {
        Statement::DropRelation(DropRelation {
            kind: RelationKind::Table,
            if_exists: self.choice.chance(1, 3),
            names: (0..1 + self.choice.index(2)).map(|_| self.table_name().0).collect(),
            behavior: self.behavior(),
        })
    }

    pub(super) fn truncate(&mut self) -> Statement {
        Statement::Truncate(Truncate {
            tables: (0..1 + self.choice.index(2)).map(|_| TableReference::whole(self.table_name().0)).collect(),
            restart_identity: [None, Some(true), Some(true), Some(false)][self.choice.index(4)],
            behavior: self.behavior(),
        })
    }

    fn copy(&mut self) -> Statement {
        let (table, summary) = self.table_name();
        let columns = match (self.choice.chance(1, 2), &summary) {
            (true, Some(_)) => vec![self.column_name(summary.as_ref())],
            _ => Vec::new(),
        };
        let width = match columns.len() {
            0 => summary.as_ref().map_or(1, |table| table.columns.len()),
            width => width,
        };
        let field = |value: u64| if value == 0 { "\\N".to_owned() } else { value.to_string() };
        let data = (0..1 + self.choice.index(2))
            .map(|_| (0..width).map(|_| field(self.choice.below(9))).collect::<Vec<_>>().join("\t"))
            .collect();
        Statement::Copy(Copy { table, columns, data })
    }

    fn refused_by_sequences(&mut self) -> Statement {
        let (name, _) = self.target_name();
        match self.choice.below(5) {
            0 => Statement::Insert(Insert {
                table: name,
                alias: None,
                columns: Vec::new(),
                overriding: None,
                source: InsertSource::Query(Query::Values(vec![vec![number_expression(1)]])),
                on_conflict: None,
                returning: Vec::new(),
            }),
            1 => Statement::Update(Update {
                table: name,
                alias: None,
                assignments: vec![("last_value".into(), number_expression(1))],
                filter: None,
                returning: Vec::new(),
            }),
            2 => Statement::Delete(Delete { table: name, alias: None, filter: None, returning: Vec::new() }),
            3 => Statement::Truncate(Truncate {
                tables: vec![TableReference::whole(name)],
                restart_identity: None,
                behavior: Behavior::Unspecified,
            }),
            _ => Statement::Query(Query::Select(Box::new(Select {
                items: vec![item(Expression::Wildcard(None))],
                from: vec![relation(name)],
                locking: Some(Locking {
                    strength: [LockStrength::Update, LockStrength::Share][self.choice.index(2)],
                    of: Vec::new(),
                }),
                ..Select::default()
            }))),
        }
    }
}

/// A type that the grammar has a word for.
pub(super) fn builtin_type(name: &str) -> TypeName {
    let name = match name {
        "text" => ObjectName::bare(name),
        name => ObjectName::qualified("pg_catalog", name),
    };
    TypeName { name, modifiers: Vec::new(), dimensions: 0 }
}

fn bare_type(name: &str) -> TypeName {
    TypeName { name: ObjectName::bare(name), modifiers: Vec::new(), dimensions: 0 }
}
