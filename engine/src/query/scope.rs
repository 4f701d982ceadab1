//! The columns that an expression may name.

use std::rc::Rc;

use super::Type;
use super::plan::{Bound, Typed};
use crate::catalog::is_system_column;
use crate::error::{Result, Stop, error, sqlstate, unsupported};
use crate::statement::{Identifier, ObjectName};

/// One item of FROM as names see it.
#[derive(Debug, Clone)]
pub(crate) struct ScopeTable {
    /// The alias, or else the relation's name.
    pub(crate) name: Rc<str>,
    /// The relation's own name, when an alias hides it.
    pub(crate) hidden: Option<Rc<str>>,
    pub(crate) columns: Vec<(Rc<str>, Type)>,
    /// Whether names of columns may begin with its name, which a subquery without an alias only has in messages.
    pub(crate) is_named: bool,
    /// Whether its rows have no type of their own, so that they cannot be passed to a function.
    pub(crate) is_untyped: bool,
}

/// What PostgreSQL calls a subquery in FROM that has no alias.
pub(super) const UNNAMED_SUBQUERY: &str = "unnamed_subquery";

impl ScopeTable {
    /// Columns under a name.
    pub(crate) fn new(name: Rc<str>, columns: Vec<(Rc<str>, Type)>) -> ScopeTable {
        ScopeTable { name, hidden: None, columns, is_named: true, is_untyped: false }
    }

    /// A relation's columns under its name, or under an alias, which hides the name unless it is the same.
    pub(crate) fn aliased(name: Rc<str>, alias: Option<&Identifier>, columns: Vec<(Rc<str>, Type)>) -> ScopeTable {
        match alias.filter(|alias| *alias.name() != *name) {
            Some(alias) => ScopeTable { hidden: Some(name), ..ScopeTable::new(alias.name().into(), columns) },
            None => ScopeTable::new(name, columns),
        }
    }

    /// Whether it is what a name stands for.
    pub(super) fn goes_by(&self, name: &str) -> bool {
        self.is_named && *self.name == *name
    }
}

/// Everything in one query's FROM.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    pub(crate) tables: Vec<ScopeTable>,
    /// The places of the columns that are seen without a table's name, in the order of `*`, where USING makes that
    /// differ from all columns in order.
    pub(super) merged: Option<Vec<usize>>,
}

/// A column found in a scope.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) index: usize,
    pub(super) value_type: Type,
}

impl Scope {
    /// The scope of one table.
    pub(crate) fn table(table: ScopeTable) -> Scope {
        Scope { tables: vec![table], merged: None }
    }

    /// How many columns the joined row has.
    pub(super) fn width(&self) -> usize {
        self.tables.iter().map(|table| table.columns.len()).sum()
    }

    /// The places of the columns that are seen without a table's name.
    pub(super) fn bare(&self) -> Vec<usize> {
        self.merged.clone().unwrap_or_else(|| (0..self.width()).collect())
    }

    /// The names of table and column at a place of the joined row.
    pub(super) fn names_of(&self, place: usize) -> Option<(Rc<str>, Rc<str>)> {
        self.columns().nth(place).map(|(_, table, (column, _))| (table.name.clone(), column.clone()))
    }

    /// The columns with their places in the joined row.
    fn columns(&self) -> impl Iterator<Item = (usize, &ScopeTable, &(Rc<str>, Type))> {
        self.tables
            .iter()
            .flat_map(|table| table.columns.iter().map(move |column| (table, column)))
            .enumerate()
            .map(|(index, (table, column))| (index, table, column))
    }

    pub(super) fn find(&self, table: Option<&str>, column: &str) -> Result<Option<Found>> {
        let mut found = None;
        for (index, owner, (name, value_type)) in self.columns() {
            if &**name != column || table.is_some_and(|table| !owner.goes_by(table)) {
                continue;
            }
            if table.is_none() && self.merged.as_ref().is_some_and(|merged| !merged.contains(&index)) {
                continue;
            }
            if found.is_some() {
                return Err(error(sqlstate::AMBIGUOUS_COLUMN, format!("column reference \"{column}\" is ambiguous")));
            }
            found = Some(Found { index, value_type: *value_type });
        }
        Ok(found)
    }

    pub(super) fn has_table(&self, name: &str) -> bool {
        self.tables.iter().any(|table| table.goes_by(name))
    }

    /// All columns, or one table's: what `*` and `table.*` mean.
    pub(super) fn expand(&self, table: Option<&str>) -> Vec<(Rc<str>, Typed)> {
        let columns: Vec<_> = self.columns().collect();
        let places = if table.is_none() { self.bare() } else { (0..columns.len()).collect() };
        places
            .into_iter()
            .filter_map(|place| columns.get(place))
            .filter(|(_, owner, _)| table.is_none_or(|table| owner.goes_by(table)))
            // Dropped columns keep their places without a name.
            .filter(|(_, _, (name, _))| !name.is_empty())
            .map(|(index, _, (name, value_type))| {
                (name.clone(), Typed { bound: Bound::Column { level: 0, index: *index }, value_type: *value_type })
            })
            .collect()
    }
}

/// Finds a column by name, in the innermost query first.
pub(super) fn find_column(scopes: &[Scope], name: &ObjectName) -> Result<(usize, Found)> {
    let parts: Vec<&str> = name.parts.iter().map(|part| part.name()).collect();
    let (table, column) = match parts.as_slice() {
        [column] => (None, *column),
        [table, column] => (Some(*table), *column),
        _ => return Err(unsupported("a column reference with more than two parts")),
    };
    for (level, scope) in scopes.iter().rev().enumerate() {
        if let Some(found) = scope.find(table, column)? {
            return Ok((level, found));
        }
    }
    Err(missing_column(scopes, table, column))
}

/// Functions that take a value of any type. PostgreSQL calls one with the whole row where a table has no column of its
/// name (manual, "Using Composite Types in Queries").
const FUNCTIONS_OF_A_ROW: [&str; 23] = [
    "any_value",
    "array_agg",
    "concat",
    "count",
    "cume_dist",
    "dense_rank",
    "first_value",
    "json_agg",
    "json_build_array",
    "jsonb_agg",
    "jsonb_build_array",
    "lag",
    "last_value",
    "lead",
    "num_nonnulls",
    "num_nulls",
    "percent_rank",
    "pg_column_size",
    "pg_typeof",
    "rank",
    "row_to_json",
    "to_json",
    "to_jsonb",
];

fn missing_column(scopes: &[Scope], table: Option<&str>, column: &str) -> Stop {
    if is_system_column(column) {
        return unsupported(format!("system column {column}"));
    }
    let known = |name: &str| scopes.iter().any(|scope| scope.has_table(name));
    match table {
        Some("excluded") => unsupported("EXCLUDED where it cannot be seen"),
        Some(table) if !known(table) => missing_table(scopes, table),
        Some(table) if let Some(untyped) = untyped(scopes, table) => error(
            sqlstate::WRONG_OBJECT_TYPE,
            format!("relation \"{}\" does not have a composite type", untyped.hidden.as_ref().unwrap_or(&untyped.name)),
        ),
        _ if table.is_none() && known(column) => unsupported("a whole row as a value"),
        _ if has_similar_column(scopes, column) => {
            unsupported("a misspelt column name, for which PostgreSQL guesses what was meant")
        }
        Some(_) if FUNCTIONS_OF_A_ROW.contains(&column) => {
            unsupported(format!("function {column} of a whole row, written like a column"))
        }
        Some(table) => error(sqlstate::UNDEFINED_COLUMN, format!("column {table}.{column} does not exist")),
        None => error(sqlstate::UNDEFINED_COLUMN, format!("column \"{column}\" does not exist")),
    }
}

/// The item of FROM that has a name, when its rows have no type. PostgreSQL takes what is no column for a function of the
/// whole row.
fn untyped<'s>(scopes: &'s [Scope], table: &str) -> Option<&'s ScopeTable> {
    let mut tables = scopes.iter().rev().flat_map(|scope| &scope.tables);
    tables.find(|known| known.goes_by(table)).filter(|known| known.is_untyped)
}

/// The error of a name that stands for nothing in FROM.
pub(super) fn missing_table(scopes: &[Scope], table: &str) -> Stop {
    if matches!(table, "old" | "new") {
        return unsupported("OLD or NEW, which RETURNING has since 18");
    }
    let invalid =
        || error(sqlstate::UNDEFINED_TABLE, format!("invalid reference to FROM-clause entry for table \"{table}\""));
    let mut tables = scopes.iter().rev().flat_map(|scope| &scope.tables);
    let is_unnamed = |known: &ScopeTable| !known.is_named && *known.name == *table;
    match tables.find(|known| known.hidden.as_deref() == Some(table) || is_unnamed(known)) {
        Some(known) if !known.is_named => invalid().detail(format!(
            "There is an entry for table \"{table}\", but it cannot be referenced from this part of the query."
        )),
        Some(known) => invalid().hint(format!("Perhaps you meant to reference the table alias \"{}\".", known.name)),
        None => error(sqlstate::UNDEFINED_TABLE, format!("missing FROM-clause entry for table \"{table}\"")),
    }
}

/// Whether PostgreSQL might add a HINT with a column of a similar name: an edit distance of at most three, and of at
/// most half the name's length.
fn has_similar_column(scopes: &[Scope], column: &str) -> bool {
    scopes.iter().flat_map(|scope| scope.columns()).any(|(_, _, (name, _))| is_similar(name, column))
}

fn is_similar(name: &str, column: &str) -> bool {
    let distance = edit_distance(name, column);
    distance <= 3 && distance * 2 <= column.chars().count()
}

/// Whether PostgreSQL's error about a missing column has a hint about tables that cannot be read where it stands.
pub(super) fn is_hinted_at(tables: &[ScopeTable], name: &ObjectName) -> bool {
    let Some((column, qualifier)) = name.parts.split_last() else { return false };
    let is_qualifier = |known: &str| qualifier.iter().any(|part| part.name() == known);
    tables.iter().any(|table| {
        table.is_named && is_qualifier(&table.name)
            || table.hidden.as_deref().is_some_and(is_qualifier)
            || table.columns.iter().any(|(known, _)| is_similar(known, column.name()))
    })
}

fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}
