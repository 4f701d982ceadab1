//! SELECT, VALUES and expressions.

use super::{Identifier, ObjectName};

/// A type's name as written, such as `bigint`, `int8`, `pg_catalog.int4` or `text[]`.
///
/// Multi-word and alias spellings of the grammar arrive resolved, as PostgreSQL's own parser does: `bigint` is
/// `pg_catalog.int8`, and `char`, whose length is 1 when none is written, is `pg_catalog.bpchar` with the modifier `1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TypeName {
    /// The possibly qualified name.
    pub name: ObjectName,
    /// What stands in parentheses after the name, such as `10` and `2`: the digits as written, with their minus sign.
    pub modifiers: Vec<String>,
    /// Number of array dimensions written.
    pub dimensions: u8,
}

/// A constant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Literal {
    /// `NULL`.
    Null,
    /// `TRUE` or `FALSE`.
    Boolean(bool),
    /// An unsigned numeric constant as written, such as `42`, `1.5`, `9223372036854775808` or `1e3`.
    Number(String),
    /// A string constant's value.
    String(String),
}

/// Prefix operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOperator {
    /// `-`.
    Minus,
    /// `+`.
    Plus,
    /// `NOT`.
    Not,
}

/// Infix operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the SQL operator of its name")]
pub enum BinaryOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Concatenate,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
    Like,
    NotLike,
    ILike,
    NotILike,
    Matches,
    NotMatches,
    IsDistinctFrom,
    IsNotDistinctFrom,
}

/// A function call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Call {
    /// The function's name.
    pub name: ObjectName,
    /// `DISTINCT` before the arguments.
    pub distinct: bool,
    /// Whether the argument is `*`, as in `count(*)`; then `arguments` is empty.
    pub star: bool,
    /// The arguments.
    pub arguments: Vec<Expression>,
    /// `ORDER BY` inside an aggregate's parentheses.
    pub order_by: Vec<OrderItem>,
}

/// `CASE [operand] WHEN … THEN … [ELSE …] END`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Case {
    /// The operand that each WHEN is compared with.
    pub operand: Option<Box<Expression>>,
    /// WHEN and THEN pairs, at least one.
    pub branches: Vec<(Expression, Expression)>,
    /// ELSE.
    pub otherwise: Option<Box<Expression>>,
}

/// Values of the session that the grammar writes like columns (manual, "System Information Functions").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionValue {
    /// `current_user`.
    CurrentUser,
    /// `current_role`.
    CurrentRole,
    /// `session_user`.
    SessionUser,
    /// `user`.
    User,
    /// `current_catalog`.
    CurrentCatalog,
    /// `current_schema`, without parentheses.
    CurrentSchema,
    /// `current_date`.
    CurrentDate,
    /// `current_time`.
    CurrentTime,
    /// `current_timestamp`.
    CurrentTimestamp,
    /// `localtime`.
    LocalTime,
    /// `localtimestamp`.
    LocalTimestamp,
}

/// A value expression.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Expression {
    /// A constant.
    Literal(Literal),
    /// A column reference, possibly qualified.
    Column(ObjectName),
    /// `name.*` or `*` where a whole row is meant; only in select lists.
    Wildcard(Option<ObjectName>),
    /// A function call.
    Call(Call),
    /// `operand::type` or `CAST(operand AS type)`.
    Cast(Box<Expression>, TypeName),
    /// A prefix operator.
    Unary(UnaryOperator, Box<Expression>),
    /// An infix operator.
    Binary(BinaryOperator, Box<Expression>, Box<Expression>),
    /// `operand IS [NOT] NULL`.
    IsNull {
        /// What is tested.
        operand: Box<Expression>,
        /// `NOT`.
        negated: bool,
    },
    /// `operand [NOT] IN (item, …)`.
    InList {
        /// What is searched for.
        operand: Box<Expression>,
        /// The items, at least one.
        items: Vec<Expression>,
        /// `NOT`.
        negated: bool,
    },
    /// `operand operator ANY (array)`, or ALL.
    Quantified {
        /// What each element is compared with.
        operand: Box<Expression>,
        /// The comparison.
        operator: BinaryOperator,
        /// The array.
        array: Box<Expression>,
        /// Whether all elements must compare so, rather than one.
        all: bool,
    },
    /// `operand [NOT] BETWEEN low AND high`.
    Between {
        /// What is tested.
        operand: Box<Expression>,
        /// Lower bound, included.
        low: Box<Expression>,
        /// Upper bound, included.
        high: Box<Expression>,
        /// `NOT`.
        negated: bool,
    },
    /// CASE.
    Case(Case),
    /// `(SELECT …)` as a scalar.
    Subquery(Box<Query>),
    /// `EXISTS (SELECT …)`.
    Exists(Box<Query>),
    /// `operand [NOT] IN (SELECT …)`.
    InQuery {
        /// What is searched for.
        operand: Box<Expression>,
        /// Where it is searched for.
        query: Box<Query>,
        /// `NOT`.
        negated: bool,
    },
    /// `current_user` and the like, which are written without parentheses.
    Session(SessionValue),
    /// `ARRAY[…]`.
    Array(Vec<Expression>),
    /// `$number`, a parameter of a prepared statement.
    Parameter(u32),
    /// `DEFAULT`, only in INSERT's and UPDATE's values.
    Default,
}

/// One item of a select list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SelectItem {
    /// The value.
    pub expression: Expression,
    /// `AS name`.
    pub alias: Option<Identifier>,
}

/// One item of ORDER BY.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OrderItem {
    /// The key.
    pub expression: Expression,
    /// `DESC`.
    pub descending: bool,
}

/// How the rows of a join come about (manual, "Joined Tables").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JoinKind {
    /// `[INNER] JOIN`.
    Inner,
    /// `LEFT [OUTER] JOIN`.
    Left,
    /// `RIGHT [OUTER] JOIN`.
    Right,
    /// `FULL [OUTER] JOIN`.
    Full,
    /// `CROSS JOIN`.
    Cross,
}

/// Operators between queries (manual, "Combining Queries").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetOperator {
    /// `UNION`.
    Union,
    /// `INTERSECT`.
    Intersect,
    /// `EXCEPT`.
    Except,
}

/// `left UNION [ALL] right`, and the same with INTERSECT and EXCEPT.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SetOperation {
    /// Which rows come out.
    pub operator: SetOperator,
    /// `ALL`: equal rows stay.
    pub all: bool,
    /// The query on the left.
    pub left: Query,
    /// The query on the right.
    pub right: Query,
    /// ORDER BY of the whole.
    pub order_by: Vec<OrderItem>,
    /// LIMIT of the whole.
    pub limit: Option<Expression>,
    /// OFFSET of the whole.
    pub offset: Option<Expression>,
}

/// One item of FROM.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FromItem {
    /// A relation.
    Relation {
        /// Its name.
        name: ObjectName,
        /// `AS alias`.
        alias: Option<Identifier>,
        /// `(name, …)` after the alias.
        columns: Vec<Identifier>,
    },
    /// A set-returning function.
    Function {
        /// The call.
        call: Call,
        /// `AS alias`.
        alias: Option<Identifier>,
        /// `(name, …)` after the alias.
        columns: Vec<Identifier>,
    },
    /// A subquery or VALUES in parentheses.
    Subquery {
        /// The query.
        query: Box<Query>,
        /// `AS alias`.
        alias: Option<Identifier>,
        /// `(name, …)` after the alias.
        columns: Vec<Identifier>,
    },
    /// `left kind JOIN right [ON condition | USING (name, …)]`.
    Join {
        /// Which rows come out.
        kind: JoinKind,
        /// The left side.
        left: Box<FromItem>,
        /// The right side.
        right: Box<FromItem>,
        /// ON.
        on: Option<Expression>,
        /// USING, when there is no ON; empty otherwise.
        using: Vec<Identifier>,
    },
}

/// Row locking clauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LockStrength {
    /// `FOR UPDATE`.
    Update,
    /// `FOR NO KEY UPDATE`.
    NoKeyUpdate,
    /// `FOR SHARE`.
    Share,
    /// `FOR KEY SHARE`.
    KeyShare,
}

impl LockStrength {
    /// As it is written, without OF.
    pub(crate) fn words(self) -> &'static str {
        match self {
            LockStrength::Update => "FOR UPDATE",
            LockStrength::NoKeyUpdate => "FOR NO KEY UPDATE",
            LockStrength::Share => "FOR SHARE",
            LockStrength::KeyShare => "FOR KEY SHARE",
        }
    }
}

/// `FOR strength [OF name, …]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Locking {
    /// How strong.
    pub strength: LockStrength,
    /// `OF name, …`.
    pub of: Vec<ObjectName>,
}

/// `SELECT …`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Select {
    /// `DISTINCT`.
    pub distinct: bool,
    /// The select list; may be empty.
    pub items: Vec<SelectItem>,
    /// FROM.
    pub from: Vec<FromItem>,
    /// WHERE.
    pub filter: Option<Expression>,
    /// GROUP BY.
    pub group_by: Vec<Expression>,
    /// HAVING.
    pub having: Option<Expression>,
    /// ORDER BY.
    pub order_by: Vec<OrderItem>,
    /// LIMIT.
    pub limit: Option<Expression>,
    /// OFFSET.
    pub offset: Option<Expression>,
    /// FOR UPDATE and its relatives.
    pub locking: Option<Locking>,
}

/// A query.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Query {
    /// `SELECT`.
    Select(Box<Select>),
    /// `VALUES (…), …`, at least one row of at least one value.
    Values(Vec<Vec<Expression>>),
    /// UNION, INTERSECT or EXCEPT.
    Set(Box<SetOperation>),
    /// `WITH … query`.
    With(Box<super::WithQuery>),
}
