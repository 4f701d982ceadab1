//! DO: running a block of PL/pgSQL (manual, chapter "PL/pgSQL").
//!
//! A block's statements are SQL statements of their own inside one that the client has sent. What they have done stays done
//! when the block has to wait and begins anew, so that only its first statement may wait.

mod check;
mod condition;
mod dynamic;
mod flow;
mod query;
mod raise;
mod variable;

pub(crate) use variable::Variable;

use std::rc::Rc;

use super::read::is_global;
use super::{Execution, Extent, done};
use crate::catalog::Oid;
use crate::clause::Clause;
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::query::{Type, Value};
use crate::reply::StatementResult;
use crate::statement::{AlterRelation, Block, Declaration, Do, Handler, Into, RelationAction, SetScope, Statement};
use crate::transaction::Block as TransactionBlock;
use flow::Flow;

/// The variable that tells whether the last statement has found rows.
const FOUND: &str = "found";

/// The variables that tell a handler of its error.
const ERROR_VARIABLES: [&str; 2] = ["sqlstate", "sqlerrm"];

/// In how many rounds of a loop a statement is planned for the values that its variables have then.
const ROUNDS_WITH_VALUES: usize = 5;

/// The class of the errors that a value may cause.
const DATA_EXCEPTION: &str = "22";

/// How many statements a block may run: more than anybody writes a test of, and little enough to wait for.
const MOST_STATEMENTS: usize = 20_000;

impl Execution<'_> {
    pub(super) fn anonymous_block(&mut self, statement: &Do) -> Result<StatementResult> {
        self.reach(Clause::AnonymousBlock);
        self.variables.clear();
        self.statements_run = 0;
        self.row_count = Some(0);
        let traps = self.check_block(&statement.block)?;
        self.is_in_block = true;
        self.rounds = 0;
        self.relations_in_use = 0;
        self.variables.push(Variable::scalar(FOUND, Type::Boolean, Value::Boolean(false)));
        let result = self.run_block(&statement.block);
        self.variables.clear();
        self.is_in_block = false;
        match result {
            // What ends the waiting could be an error that a handler is for.
            Err(Stop::Waits(_)) if self.statements_run > 0 || traps => {
                Err(unsupported("a block that waits after it has begun, or that has handlers"))
            }
            Err(other) => Err(other),
            Ok(_) => done("DO"),
        }
    }

    fn run_block(&mut self, block: &Block) -> Result<Flow> {
        let outside = self.variables.len();
        let result = match block.handlers.is_empty() {
            true => self.declare_and_run(block),
            false => self.run_and_handle(block),
        };
        self.variables.truncate(outside);
        result
    }

    fn declare_and_run(&mut self, block: &Block) -> Result<Flow> {
        self.declare(&block.declarations)?;
        self.run_all(&block.statements)
    }

    fn declare(&mut self, declarations: &[Declaration]) -> Result<()> {
        for declaration in declarations {
            let name = declaration.name.name();
            let variable = match check::is_record(declaration) {
                true => Variable { name: name.into(), content: variable::Content::Record(None), not_null: false },
                false => {
                    let value_type = self.variable_type(declaration)?;
                    let value = match &declaration.value {
                        Some(value) => {
                            let (from, value) = self.value_of(value)?;
                            self.converted(from, value, value_type)?
                        }
                        None => Value::Null,
                    };
                    if declaration.not_null && value.is_null() {
                        return Err(variable::null_refused(name));
                    }
                    Variable { not_null: declaration.not_null, ..Variable::scalar(name, value_type, value) }
                }
            };
            self.variables.push(variable);
        }
        Ok(())
    }

    /// Runs a block with handlers, as if between SAVEPOINT and either RELEASE or ROLLBACK TO. Its variables keep what an
    /// error leaves in them.
    fn run_and_handle(&mut self, block: &Block) -> Result<Flow> {
        self.declare(&block.declarations)?;
        let depth = self.session.transaction.levels.len();
        self.begin_level(None);
        let inside = self.variables.len();
        match self.run_all(&block.statements) {
            Err(Stop::Error(message)) => {
                self.abort_level();
                self.session.transaction.levels.truncate(depth);
                self.end_inner_statement()?;
                self.variables.truncate(inside);
                let is_meant =
                    |handler: &&Handler| handler.conditions.iter().any(|one| condition::matches(one, message.sqlstate));
                let Some(handler) = block.handlers.iter().find(is_meant) else { return Err(Stop::Error(message)) };
                self.reach(Clause::ErrorTrapped);
                let [code, text] = ERROR_VARIABLES;
                self.variables.push(Variable::scalar(code, Type::Text, Value::text(message.sqlstate.code())));
                self.variables.push(Variable::scalar(text, Type::Text, Value::text(&message.message)));
                let outer = self.handled.replace(message);
                let result = self.run_all(&handler.statements);
                self.handled = outer;
                result
            }
            other => {
                self.keep_levels(depth);
                other
            }
        }
    }

    /// Gives a statement inside the block the state that one of its own begins with.
    fn begin_inner_statement(&mut self) {
        self.forget_progress();
        self.begin_statement();
        self.initial.clear();
        self.extent = Extent::Run;
        self.parameters = None;
        self.lookups = None;
        self.known_tables.clear();
        self.coming_tables.clear();
        self.changing.clear();
        self.returned = None;
        self.touched = super::Touched::default();
        self.described.clear();
        self.unchanged.clear();
        self.is_utility = false;
        self.limits = 0;
        self.uses_variables = false;
    }

    /// Notes that a statement has come to its end.
    fn end_inner_statement(&mut self) -> Result<()> {
        self.begin_inner_statement();
        self.statements_run += 1;
        match self.statements_run > MOST_STATEMENTS {
            true => Err(unsupported("a block of so many statements")),
            false => Ok(()),
        }
    }

    /// Runs an SQL statement, and gives its row to variables.
    fn run_sql(&mut self, statement: &Statement, into: Option<&Into>) -> Result<()> {
        match (statement, into) {
            (Statement::Query(query), Some(into)) => self.query_into(query, into),
            (Statement::Query(query), None) => {
                let (_, rows) = self.every_row(query)?;
                self.note_rows(rows.len() as u64);
                Err(error(sqlstate::SYNTAX_ERROR, "query has no destination for result data")
                    .hint("If you want to discard the results of a SELECT, use PERFORM instead."))
            }
            (Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_), _) => {
                self.returned = into.map(|_| Vec::new());
                let result = self.execute(statement);
                let returned = self.returned.take();
                let result = self.unless_folded(result)?;
                self.end_inner_statement()?;
                let processed = result.tag.rsplit(' ').next().and_then(|count| count.parse::<u64>().ok());
                self.note_rows(processed.unwrap_or_default());
                match (result.rows, into) {
                    (None, None) => {}
                    (Some(rows), Some(into)) => self.returned_into(&rows, returned.unwrap_or_default(), into)?,
                    (None, Some(_)) => {
                        return Err(error(sqlstate::SYNTAX_ERROR, "INTO used with a command that cannot return data"));
                    }
                    (Some(_), None) => {
                        return Err(error(sqlstate::SYNTAX_ERROR, "query has no destination for result data"));
                    }
                }
                Ok(())
            }
            (_, Some(_)) => Err(unsupported("INTO behind this statement")),
            (_, None) => {
                self.run_utility(statement)?;
                self.row_count = Some(0);
                Ok(())
            }
        }
    }

    /// Runs a statement in which variables mean nothing.
    fn run_utility(&mut self, statement: &Statement) -> Result<()> {
        self.check_inner(statement)?;
        let variables = std::mem::take(&mut self.variables);
        let result = self.execute_inner(statement);
        self.variables = variables;
        result?;
        self.end_inner_statement()
    }

    /// Runs a statement that may change what names mean. PL/pgSQL keeps its plans from round to round of a loop, also where
    /// a name would mean another relation by then.
    fn execute_inner(&mut self, statement: &Statement) -> Result<StatementResult> {
        let before = if self.rounds > 0 { self.visible_relations() } else { Vec::new() };
        let result = self.execute(statement)?;
        for (name, oid) in before {
            let view = self.catalog_view();
            let path = self.search_path();
            let is_there = self.shared.catalog.relation(oid, view).is_some_and(|relation| relation.name == name);
            let meant = self.shared.catalog.find_in_path(&name, &path, view).map(|relation| relation.oid);
            if is_there && meant != Some(oid) {
                return Err(unsupported("a loop in which a name comes to mean another relation"));
            }
        }
        Ok(result)
    }

    /// What the names of relations mean without a schema.
    fn visible_relations(&mut self) -> Vec<(Rc<str>, Oid)> {
        let path = self.search_path();
        let view = self.catalog_view();
        let catalog = &self.shared.catalog;
        let meant = |name: &str| catalog.find_in_path(name, &path, view).map(|relation| relation.oid);
        let visible = catalog.relations(view).filter(|relation| meant(&relation.name) == Some(relation.oid));
        visible.map(|relation| (relation.name.clone(), relation.oid)).collect()
    }

    /// Whether the transaction may go on after the statement at hand.
    pub(super) fn may_go_on(&self) -> bool {
        self.is_in_block || self.session.transaction.block != TransactionBlock::None
    }

    /// Notes how many rows a statement has given or changed, before anything is done with them.
    fn note_rows(&mut self, count: u64) {
        self.set_found(count > 0);
        self.row_count = Some(count);
    }

    /// Refuses an error that PostgreSQL may come to at another time: after some rounds of a loop it plans a statement for
    /// all values of its variables, and no longer computes beforehand what does not change.
    fn unless_folded<T>(&self, result: Result<T>) -> Result<T> {
        match result {
            Err(Stop::Error(message))
                if self.rounds > ROUNDS_WITH_VALUES
                    && self.uses_variables
                    && message.sqlstate != sqlstate::SEQUENCE_GENERATOR_LIMIT_EXCEEDED
                    && message.sqlstate.code().starts_with(DATA_EXCEPTION) =>
            {
                Err(unsupported("an error with variables in a loop that has gone on for long"))
            }
            other => other,
        }
    }

    /// Refuses statements that do something else inside a block, that the grammar, which reads them more than once there,
    /// has a warning about, or that need a relation for themselves which a loop reads.
    fn check_inner(&self, statement: &Statement) -> Result<()> {
        if self.relations_in_use > 0 && needs_unused(statement) {
            return Err(unsupported("a change of relations while a loop reads some"));
        }
        match runs_anywhere(statement) && !is_global(statement) {
            true => Ok(()),
            false => Err(unsupported("this statement inside a block of PL/pgSQL")),
        }
    }
}

/// The statements that PostgreSQL refuses for a relation that the session itself is reading (`CheckTableNotInUse`).
fn needs_unused(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::DropRelation(_)
            | Statement::DropSchema(_)
            | Statement::DropOwned(_)
            | Statement::DropType(_)
            | Statement::AlterType(_)
            | Statement::AlterTable(_)
            | Statement::RenameColumn(_)
            | Statement::RenameConstraint(_)
            | Statement::CreateIndex(_)
            | Statement::Truncate(_)
            | Statement::AlterRelation(AlterRelation {
                action: RelationAction::SetLogged | RelationAction::SetUnlogged,
                ..
            })
    )
}

/// The statements that do the same inside a block as outside.
fn runs_anywhere(statement: &Statement) -> bool {
    match statement {
        // Its query may hold variables.
        Statement::CreateTableAs(_) => false,
        Statement::Truncate(_) => true,
        Statement::SetParameter(set) => set.scope != SetScope::Local,
        other => other.is_definition(),
    }
}
