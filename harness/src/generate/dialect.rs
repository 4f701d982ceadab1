//! Keeping drawn statements to what a dialect has, and to what can be judged where no value is predicted.
//!
//! For Aurora DSQL that means: nothing that its guide does not list, no definition whose success depends on which values
//! there have been, and no table that could refuse one value and take another.

use seqcheck_engine::statement::{
    AlterSequence, Behavior, ColumnConstraintKind, CreateSequence, CreateTable, Expression, FromItem, InsertSource,
    Literal, Number, ObjectName, Persistence, Query, RelationAction, RelationKind, RoleName, SelectItem,
    SequenceOption, TableElement, Transaction, TypeName,
};
use seqcheck_engine::{Dialect, Statement};

use super::Generator;
use super::plan::Plan;

/// The sizes that CACHE can have.
const CACHES: [i64; 4] = [1, 1, 65_536, 70_000];

impl Plan {
    /// The plan without what the dialect does not have.
    pub(super) fn within(self, dialect: Dialect) -> Plan {
        match dialect {
            Dialect::PostgreSql => self,
            Dialect::AuroraDsql => {
                Plan { roles: false, checkpoints: false, crashes: false, waits: false, two_phase: false, ..self }
            }
        }
    }
}

impl Generator<'_> {
    /// A drawn statement as the dialect has it; `None` when there is no such thing.
    pub(super) fn within_dialect(&mut self, statement: Statement) -> Option<Statement> {
        match self.dialect {
            Dialect::PostgreSql => Some(statement),
            Dialect::AuroraDsql => self.within_aurora_dsql(statement),
        }
    }

    fn within_aurora_dsql(&mut self, statement: Statement) -> Option<Statement> {
        match statement {
            Statement::CreateSequence(create) => is_ordinary(&create.name).then(|| {
                let options = self.with_cache(create.options);
                Statement::CreateSequence(CreateSequence { persistence: Persistence::Permanent, options, ..create })
            }),
            Statement::AlterSequence(alter) => {
                let options = self.without_chance(alter.options);
                (!options.is_empty()).then_some(Statement::AlterSequence(AlterSequence { options, ..alter }))
            }
            Statement::AlterRelation(alter) => {
                let is_listed = match &alter.action {
                    RelationAction::RenameTo(_) | RelationAction::OwnerTo(RoleName::CurrentUser) => true,
                    RelationAction::SetSchema(schema) => schema.name() == "public",
                    _ => false,
                };
                (alter.kind == RelationKind::Sequence && is_listed).then_some(Statement::AlterRelation(alter))
            }
            Statement::DropRelation(drop) => {
                let is_plain = drop.names.len() == 1 && drop.behavior != Behavior::Cascade;
                let is_listed = matches!(drop.kind, RelationKind::Sequence | RelationKind::Table);
                (is_plain && is_listed).then_some(Statement::DropRelation(drop))
            }
            Statement::CreateTable(create) => self.table_within(create),
            Statement::Insert(insert) => {
                let is_plain = match &insert.source {
                    InsertSource::DefaultValues => true,
                    InsertSource::Query(Query::Values(rows)) => rows.iter().flatten().all(is_judged),
                    InsertSource::Query(_) => false,
                };
                let returns_plainly = insert.returning.iter().all(|item| is_judged(&item.expression));
                (is_plain && returns_plainly && insert.on_conflict.is_none()).then_some(Statement::Insert(insert))
            }
            Statement::Query(query) => is_judged_query(&query).then_some(Statement::Query(query)),
            Statement::Transaction(transaction) => {
                let is_listed = match &transaction {
                    Transaction::Begin(modes) | Transaction::Start(modes) => modes.is_empty(),
                    Transaction::Commit { chain } | Transaction::Rollback { chain } => !chain,
                    _ => false,
                };
                is_listed.then_some(Statement::Transaction(transaction))
            }
            _ => None,
        }
    }

    /// Options for a new sequence, with a cache that it can have.
    fn with_cache(&mut self, mut options: Vec<SequenceOption>) -> Vec<SequenceOption> {
        options.retain(|option| !matches!(option, SequenceOption::Cache(_) | SequenceOption::SequenceName(_)));
        options.retain(|option| !matches!(option, SequenceOption::As(name) if !is_bigint(name)));
        let cache = SequenceOption::Cache(Number::from(CACHES[self.choice.index(CACHES.len())]));
        // The guide's syntax has it in front.
        options.insert(0, cache);
        options
    }

    /// Options for a sequence that exists: whether bounds take its current value depends on which one that is.
    fn without_chance(&mut self, mut options: Vec<SequenceOption>) -> Vec<SequenceOption> {
        let restarts = options.iter().any(|option| matches!(option, SequenceOption::Restart(_)));
        options.retain(|option| match option {
            SequenceOption::As(_) | SequenceOption::SequenceName(_) => false,
            SequenceOption::MinValue(_)
            | SequenceOption::MaxValue(_)
            | SequenceOption::NoMinValue
            | SequenceOption::NoMaxValue => restarts,
            _ => true,
        });
        for option in &mut options {
            if let SequenceOption::Cache(number) = option {
                *number = Number::from(CACHES[self.choice.index(CACHES.len())]);
            }
        }
        options
    }

    /// A table whose columns take every value.
    fn table_within(&mut self, create: CreateTable) -> Option<Statement> {
        let mut elements = Vec::new();
        for element in create.elements {
            let TableElement::Column(mut column) = element else { continue };
            column.constraints.retain(|constraint| {
                matches!(
                    constraint.kind,
                    ColumnConstraintKind::NotNull
                        | ColumnConstraintKind::Null
                        | ColumnConstraintKind::Default(_)
                        | ColumnConstraintKind::Identity { .. }
                )
            });
            column.type_name =
                TypeName { name: ObjectName::qualified("pg_catalog", "int8"), modifiers: Vec::new(), dimensions: 0 };
            for constraint in &mut column.constraints {
                match &mut constraint.kind {
                    ColumnConstraintKind::Identity { options, .. } => {
                        *options = self.with_cache(std::mem::take(options));
                    }
                    ColumnConstraintKind::Default(expression) if !is_judged(expression) => return None,
                    _ => {}
                }
            }
            elements.push(TableElement::Column(column));
        }
        let is_possible = is_ordinary(&create.name) && !elements.is_empty();
        is_possible.then_some(Statement::CreateTable(CreateTable {
            persistence: Persistence::Permanent,
            elements,
            partition_by: None,
            ..create
        }))
    }
}

/// Whether a name leaves temporary schemas alone.
fn is_ordinary(name: &ObjectName) -> bool {
    name.parts.len() == 1 || name.parts.first().is_some_and(|schema| schema.name() == "public")
}

fn is_bigint(name: &TypeName) -> bool {
    name.name.parts.last().is_some_and(|last| last.name() == "int8")
}

/// Whether an expression fails, or does not, whatever the values are.
fn is_judged(expression: &Expression) -> bool {
    match expression {
        Expression::Literal(Literal::Number(digits)) => digits.parse::<i64>().is_ok(),
        Expression::Literal(Literal::Null) | Expression::Column(_) | Expression::Wildcard(_) | Expression::Default => {
            true
        }
        Expression::Unary(_, operand) => is_judged(operand),
        Expression::Call(call) => {
            let name = call.name.parts.last().map_or("", |last| last.name());
            matches!(name, "nextval" | "currval" | "setval") && call.arguments.iter().all(is_argument)
        }
        _ => false,
    }
}

fn is_argument(expression: &Expression) -> bool {
    match expression {
        Expression::Literal(_) => true,
        Expression::Unary(_, inner) | Expression::Cast(inner, _) => is_argument(inner),
        _ => false,
    }
}

/// Whether a query calls sequence functions, or reads sequences and the view that describes them.
fn is_judged_query(query: &Query) -> bool {
    let Query::Select(select) = query else { return false };
    let is_known_relation = |item: &FromItem| match item {
        FromItem::Relation { name, .. } => name.parts.iter().all(|part| {
            let part = part.name();
            part == "pg_sequences" || !part.starts_with("pg_") && part != "information_schema"
        }),
        _ => false,
    };
    let is_judged_item = |item: &SelectItem| is_judged(&item.expression);
    select.items.iter().all(is_judged_item)
        && select.from.len() <= 1
        && select.from.iter().all(is_known_relation)
        && select.filter.is_none()
        && select.group_by.is_empty()
        && select.having.is_none()
        && select.limit.is_none()
        && select.offset.is_none()
        && select.locking.is_none()
        && !select.distinct
}
