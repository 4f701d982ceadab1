//! PREPARE, EXECUTE, DEALLOCATE (manual, "PREPARE"), and EXPLAIN without costs.

use std::borrow::Cow;
use std::rc::Rc;

use super::{Execution, done, rows};
use crate::catalog::{Kind, Relation};
use crate::clause::Clause;
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::query::{Binder, CastContext, Place, Row, Scope, Type, Value};
use crate::reply::{Cell, Rows, StatementResult};
use crate::session::{Prepared, PreparedTable};
use crate::statement::{Deallocate, Execute, Explain, Expression, Insert, InsertSource, Prepare, Query, Statement};

/// How many times a statement with parameters is planned anew for the values given; after that PostgreSQL may keep one
/// plan for all values (manual, "PREPARE", Notes).
const CUSTOM_PLANS: u32 = 5;

/// How far a query is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Extent {
    /// To its end.
    #[default]
    Run,
    /// Until its names and types are known, as PREPARE does.
    Analyse,
    /// Until its constants are computed, as EXPLAIN does.
    Plan,
}

/// The parameters of the statement that is being prepared or executed.
#[derive(Debug, Clone)]
pub(crate) struct StatementParameters {
    /// Their types, unknown until their use decides.
    pub(crate) types: Vec<Type>,
    /// Their values; none while the statement is being prepared, when further parameters may come up.
    pub(crate) values: Option<Vec<Value>>,
    /// How many uses of parameters there are whose type nothing has decided.
    pub(crate) undecided: usize,
    /// Whether the statement has been planned before, and the plan is still good.
    pub(crate) has_plan: bool,
}

impl StatementParameters {
    pub(super) fn new(types: Vec<Type>, values: Option<Vec<Value>>) -> StatementParameters {
        StatementParameters { types, values, undecided: 0, has_plan: false }
    }
}

/// The columns of a result.
type Columns = Vec<(Rc<str>, Type)>;

impl Execution<'_> {
    pub(super) fn prepare(&mut self, statement: &Prepare) -> Result<StatementResult> {
        let mut type_of = |name| self.type_of_value(name, "a parameter of an enumerated type");
        let types = statement.types.iter().map(&mut type_of).collect::<Result<Vec<Type>>>()?;
        let prepared = self.analyse_to_prepare(&statement.statement, types)?;
        self.keep_prepared(statement.name.name(), prepared)?;
        done("PREPARE")
    }

    /// Analyses a statement whose parameters have these types, unknown where their use is to decide.
    pub(super) fn analyse_to_prepare(&mut self, statement: &Statement, types: Vec<Type>) -> Result<Prepared> {
        let mut parameters = StatementParameters::new(types, None);
        let (columns, relations) = self.analyse(statement, &mut parameters)?;
        if let Some(index) = parameters.types.iter().position(|found| *found == Type::Unknown) {
            return Err(error(
                sqlstate::INDETERMINATE_DATATYPE,
                format!("could not determine data type of parameter ${}", index + 1),
            ));
        }
        if parameters.undecided > 0 {
            return Err(unsupported("a parameter whose type only a later use decides"));
        }
        Ok(Prepared {
            statement: Rc::new(statement.clone()),
            types: parameters.types,
            columns,
            relations,
            search_path: self.session.parameters.search_path.value.clone(),
            executions: 0,
        })
    }

    /// Keeps a prepared statement under a name that no other has.
    pub(super) fn keep_prepared(&mut self, name: &str, prepared: Prepared) -> Result<()> {
        self.reach(Clause::Prepared);
        if self.session.prepared.contains_key(name) {
            return Err(error(
                sqlstate::DUPLICATE_PREPARED_STATEMENT,
                format!("prepared statement \"{name}\" already exists"),
            ));
        }
        Rc::make_mut(&mut self.session.prepared).insert(name.into(), prepared);
        Ok(())
    }

    /// Finds out what a statement gives and which relations its names mean, and runs nothing.
    fn analyse(
        &mut self,
        statement: &Statement,
        parameters: &mut StatementParameters,
    ) -> Result<(Columns, Vec<Rc<Relation>>)> {
        self.extent = Extent::Analyse;
        self.lookups = Some(Vec::new());
        self.described.clear();
        self.parameters = Some(parameters.clone());
        let result = self.plannable(statement);
        self.extent = Extent::Run;
        let relations = self.lookups.take().unwrap_or_default();
        if let Some(analysed) = self.parameters.take() {
            *parameters = analysed;
        }
        result?;
        Ok((std::mem::take(&mut self.described), relations))
    }

    /// Runs one of the statements that can be prepared, as far as `self.extent` says.
    pub(super) fn plannable(&mut self, statement: &Statement) -> Result<StatementResult> {
        match statement {
            Statement::Query(query) => self.query(query),
            Statement::Insert(statement) => self.insert(statement),
            Statement::Update(statement) => self.update(statement),
            Statement::Delete(statement) => self.delete(statement),
            Statement::With(_) => Err(unsupported("a prepared statement with WITH that changes rows")),
            _ => Err(unsupported("a prepared statement of this kind")),
        }
    }

    pub(super) fn execute_prepared(&mut self, statement: &Execute) -> Result<StatementResult> {
        // A query sees what there was when EXECUTE began; other statements take a snapshot of their own once they run.
        let name = statement.name.name();
        self.has_sight =
            self.session.prepared.get(name).is_some_and(|known| matches!(*known.statement, Statement::Query(_)));
        let (inner, parameters, may_share_plan) = self.bind_prepared(statement)?;
        self.reach(Clause::PreparedRuns);
        self.parameters = Some(parameters);
        let result = self.plannable(&inner);
        self.parameters = None;
        match result {
            Err(Stop::Error(_)) if may_share_plan => {
                Err(unsupported("an error of a statement whose plan may be kept for all values of its parameters"))
            }
            other => other,
        }
    }

    /// Computes the values for a prepared statement, and makes sure that it still means what it meant.
    fn bind_prepared(&mut self, statement: &Execute) -> Result<(Rc<Statement>, StatementParameters, bool)> {
        let name = statement.name.name();
        let Some(prepared) = self.session.prepared.get(name).cloned() else { return Err(not_prepared(name)) };
        // Values for a statement without parameters are not even looked at.
        if !prepared.types.is_empty() && statement.arguments.len() != prepared.types.len() {
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                format!("wrong number of parameters for prepared statement \"{name}\""),
            )
            .detail(format!(
                "Expected {} parameters but got {}.",
                prepared.types.len(),
                statement.arguments.len()
            )));
        }
        let values = self.argument_values(&statement.arguments, &prepared.types)?;
        self.revalidate(name, prepared, values)
    }

    /// Makes sure that a prepared statement still means what it meant, and counts the execution.
    pub(super) fn revalidate(
        &mut self,
        name: &str,
        prepared: Prepared,
        values: Vec<Value>,
    ) -> Result<(Rc<Statement>, StatementParameters, bool)> {
        let mut parameters = StatementParameters::new(prepared.types.clone(), Some(values));
        let (columns, relations) = self.analyse(&prepared.statement, &mut parameters)?;
        let search_path = self.session.parameters.search_path.value.clone();
        let means_the_same = relations.len() == prepared.relations.len()
            && relations.iter().zip(&prepared.relations).all(|(now, then)| now.oid == then.oid);
        let has_changed = search_path != prepared.search_path || self.have_changed(&prepared.relations);
        if !means_the_same && !has_changed {
            return Err(unsupported(
                "a prepared statement whose names mean other relations, which PostgreSQL overlooks",
            ));
        }
        if columns != prepared.columns {
            return Err(error(sqlstate::FEATURE_NOT_SUPPORTED, "cached plan must not change result type"));
        }
        let executions = prepared.executions + 1;
        // Without parameters, one plan is as good as any.
        parameters.has_plan = prepared.types.is_empty() && prepared.executions > 0 && !has_changed;
        let may_share_plan = executions > CUSTOM_PLANS && !prepared.types.is_empty();
        let inner = prepared.statement.clone();
        let known = Prepared { relations, search_path, executions, ..prepared };
        Rc::make_mut(&mut self.session.prepared).insert(name.into(), known);
        Ok((inner, parameters, may_share_plan))
    }

    pub(super) fn argument_values(&mut self, arguments: &[Expression], types: &[Type]) -> Result<Vec<Value>> {
        let mut bound = Vec::with_capacity(arguments.len());
        for (index, (argument, to)) in arguments.iter().zip(types).enumerate() {
            let typed = Binder::new(self, Scope::default()).expression(argument, Place::ExecuteParameter)?;
            let from = typed.value_type;
            let Some(typed) = self.coerce(typed, *to, CastContext::Assignment)? else {
                return Err(error(
                    sqlstate::DATATYPE_MISMATCH,
                    format!(
                        "parameter ${} of type {} cannot be coerced to the expected type {}",
                        index + 1,
                        from.sql_name(),
                        to.sql_name()
                    ),
                )
                .hint("You will need to rewrite or cast the expression."));
            };
            bound.push(typed.bound);
        }
        bound.iter_mut().try_for_each(|value| self.fold(value))?;
        bound.iter().map(|value| self.evaluate(value, &Row::default())).collect()
    }

    /// Whether a relation is not what it was, so that PostgreSQL analyses the statement anew.
    fn have_changed(&self, relations: &[Rc<Relation>]) -> bool {
        let view = self.catalog_view();
        relations.iter().any(|then| {
            let now = self.shared.catalog.relation(then.oid, view);
            !now.is_some_and(|now| Rc::ptr_eq(now, then))
        })
    }

    pub(super) fn deallocate(&mut self, statement: &Deallocate) -> Result<StatementResult> {
        match statement {
            Deallocate::All => {
                self.session.prepared = PreparedTable::default();
                done("DEALLOCATE ALL")
            }
            Deallocate::Named(name) => match Rc::make_mut(&mut self.session.prepared).remove(name.name()) {
                Some(_) => done("DEALLOCATE"),
                None => Err(not_prepared(name.name())),
            },
        }
    }

    /// EXPLAIN of statements that PostgreSQL has a single plan for.
    pub(super) fn explain(&mut self, statement: &Explain) -> Result<StatementResult> {
        if !self.is_superuser() {
            return Err(unsupported("EXPLAIN by a role that may not read everything"));
        }
        let mut inner = (*statement.statement).clone();
        if let Statement::Execute(execute) = &inner {
            let (prepared, parameters, _) = self.bind_prepared(execute)?;
            self.parameters = Some(parameters);
            inner = (*prepared).clone();
        }
        let plan = self.plan_text(&inner);
        self.extent = Extent::Plan;
        let planned = self.plannable(&inner);
        self.extent = Extent::Run;
        self.parameters = None;
        planned?;
        let lines = plan?;
        let result = Rows {
            columns: vec![Cow::Borrowed("QUERY PLAN")],
            types: vec![Type::Text.wire_number()],
            count: lines.len(),
            cells: lines.iter().map(|line| Cell::from_text(line)).collect(),
            ..Rows::default()
        };
        rows(result, "EXPLAIN")
    }

    fn plan_text(&mut self, statement: &Statement) -> Result<Vec<String>> {
        let unpredictable = || unsupported("EXPLAIN of a statement that PostgreSQL has several plans for");
        match statement {
            Statement::Query(Query::Select(select)) if **select == plain_select(select) => Ok(vec!["Result".into()]),
            Statement::Insert(Insert { table, alias: None, source, on_conflict: None, .. }) => {
                let is_single = match source {
                    InsertSource::DefaultValues => true,
                    InsertSource::Query(Query::Values(rows)) => rows.len() == 1,
                    InsertSource::Query(Query::Select(_) | Query::Set(_) | Query::With(_)) => false,
                };
                let name = self.range_name(table)?;
                let relation = self.require_relation(name, super::MissingSchema::IsMissingRelation)?;
                if !is_single || !matches!(relation.kind, Kind::Table(_)) {
                    return Err(unpredictable());
                }
                let shown = crate::catalog::quote_identifier(&relation.name);
                Ok(vec![format!("Insert on {shown}"), "  ->  Result".to_owned()])
            }
            _ => Err(unpredictable()),
        }
    }
}

/// A SELECT with the same list of values and nothing else, not even a subquery or a set in the list.
fn plain_select(select: &crate::statement::Select) -> crate::statement::Select {
    let is_plain = |expression: &Expression| match expression {
        Expression::Literal(_) => true,
        Expression::Call(call) => {
            let name = call.name.parts.last().map_or("", |part| part.name());
            matches!(name, "nextval" | "currval" | "lastval" | "setval")
                && call.arguments.iter().all(|argument| matches!(argument, Expression::Literal(_)))
        }
        _ => false,
    };
    crate::statement::Select {
        items: select.items.iter().filter(|item| is_plain(&item.expression)).cloned().collect(),
        ..Default::default()
    }
}

pub(super) fn not_prepared(name: &str) -> Stop {
    error(sqlstate::INVALID_SQL_STATEMENT_NAME, format!("prepared statement \"{name}\" does not exist"))
}
