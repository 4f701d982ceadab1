//! Prepared statements, and EXPLAIN.

use super::{Expression, Identifier, Statement, TypeName};

/// `PREPARE name (type, …) AS statement`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Prepare {
    /// The prepared statement's name.
    pub name: Identifier,
    /// The types of its first parameters; those of the others follow from their use.
    pub types: Vec<TypeName>,
    /// SELECT, VALUES, INSERT, UPDATE or DELETE.
    pub statement: Box<Statement>,
}

/// `EXECUTE name (value, …)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Execute {
    /// The prepared statement's name.
    pub name: Identifier,
    /// The values of its parameters.
    pub arguments: Vec<Expression>,
}

/// `DEALLOCATE {name|ALL}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Deallocate {
    /// One prepared statement.
    Named(Identifier),
    /// All of them.
    All,
}

/// `EXPLAIN (COSTS OFF) statement`: the one form whose output holds no estimates.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Explain {
    /// SELECT, VALUES, INSERT, UPDATE, DELETE or EXECUTE.
    pub statement: Box<Statement>,
}
