//! The one abstract syntax tree: every SQL statement the model understands, as a typed value.
//!
//! The generator builds these values, the engine executes them, [`crate::render`] writes them as SQL and the harness
//! parses SQL into them. Names are kept as written (folded, not truncated); numbers in option lists are kept as digits,
//! because PostgreSQL reports their range errors itself.

mod common_table;
mod data_type;
mod lock;
mod maintenance;
mod name;
mod prepared;
mod procedural;
mod query;
mod relation;
mod role;
mod sequence;
mod session;
mod table;
mod view;
mod visit;

pub use common_table::{CommonTable, CreateTableAs, With, WithQuery};
pub use data_type::{AlterType, CreateEnumeration, DropType, LabelPlace, TypeAction};
pub use lock::LockTables;
pub use maintenance::{MaintainedTable, Maintenance, ReindexTarget};
pub(crate) use name::truncate;
pub use name::{IDENTIFIER_BYTES, Identifier, ObjectName};
pub use prepared::{Deallocate, Execute, Explain, Prepare};
pub use procedural::{
    Block, Condition, Declaration, Do, Dynamic, Handler, Into, LoopQuery, ProceduralStatement, RaiseLevel, RaiseOption,
};
pub use query::{
    BinaryOperator, Call, Case, Expression, FromItem, JoinKind, Literal, LockStrength, Locking, OrderItem, Query,
    Select, SelectItem, SessionValue, SetOperation, SetOperator, TypeName, UnaryOperator,
};
pub use relation::{
    AlterRelation, AlterSchema, Behavior, Comment, CommentTarget, CreateSchema, DropRelation, DropSchema,
    RelationAction, RelationKind, RoleName, SchemaAction,
};
pub use role::{
    CreateRole, DefaultPrivileges, DefaultTarget, DropOwned, DropRole, Grant, GrantRole, GrantTarget, Grantee,
    Privilege, ReassignOwned, RoleAttribute,
};
pub use sequence::{AlterSequence, CreateSequence, Number, Persistence, SequenceOption};
pub use session::{Discard, IsolationLevel, ParameterValue, SetParameter, SetScope, Transaction, TransactionMode};
pub use table::{
    AlterTable, ColumnConstraint, ColumnConstraintKind, ColumnDefinition, ConflictTarget, ConflictUpdate, Copy,
    CreateTable, Deferral, Delete, Generated, IdentityChange, Insert, InsertSource, LikeFeature, OnConflict,
    Overriding, PartitionBy, PartitionStrategy, References, ReferentialAction, RenameColumn, RenameConstraint,
    TableAction, TableConstraint, TableConstraintKind, TableElement, TableReference, Truncate, Update,
};
pub use view::{CreateIndex, CreateView, IndexElement};

/// One SQL statement inside the model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Statement {
    /// `CREATE SEQUENCE`.
    CreateSequence(CreateSequence),
    /// `ALTER SEQUENCE name option …`; the other forms of ALTER SEQUENCE are [`Statement::AlterRelation`].
    AlterSequence(AlterSequence),
    /// `ALTER {SEQUENCE|TABLE|…} name` with an action that any relation has: RENAME, SET SCHEMA, OWNER TO, SET LOGGED.
    AlterRelation(AlterRelation),
    /// `DROP {SEQUENCE|TABLE|…} name, …`.
    DropRelation(DropRelation),
    /// `COMMENT ON {SEQUENCE|TABLE|…} name IS …`.
    Comment(Comment),
    /// `CREATE SCHEMA`.
    CreateSchema(CreateSchema),
    /// `ALTER SCHEMA`.
    AlterSchema(AlterSchema),
    /// `DROP SCHEMA`.
    DropSchema(DropSchema),
    /// `CREATE TYPE … AS ENUM`.
    CreateEnumeration(CreateEnumeration),
    /// `ALTER TYPE`.
    AlterType(AlterType),
    /// `DROP TYPE`.
    DropType(DropType),
    /// `CREATE TABLE`.
    CreateTable(CreateTable),
    /// `CREATE TABLE AS` and `SELECT INTO`.
    CreateTableAs(CreateTableAs),
    /// `ALTER TABLE` with actions that only tables have.
    AlterTable(AlterTable),
    /// `ALTER TABLE … RENAME COLUMN`.
    RenameColumn(RenameColumn),
    /// `ALTER TABLE … RENAME CONSTRAINT`.
    RenameConstraint(RenameConstraint),
    /// `CREATE ROLE`, `CREATE USER`.
    CreateRole(CreateRole),
    /// `DROP ROLE`, `DROP USER`.
    DropRole(DropRole),
    /// `GRANT` and `REVOKE` of privileges on objects.
    Grant(Grant),
    /// `GRANT` and `REVOKE` of membership in roles.
    GrantRole(GrantRole),
    /// `ALTER DEFAULT PRIVILEGES`.
    DefaultPrivileges(DefaultPrivileges),
    /// `REASSIGN OWNED`.
    ReassignOwned(ReassignOwned),
    /// `DROP OWNED`.
    DropOwned(DropOwned),
    /// `CREATE VIEW`.
    CreateView(CreateView),
    /// `CREATE INDEX`.
    CreateIndex(CreateIndex),
    /// `INSERT`.
    Insert(Insert),
    /// `UPDATE`.
    Update(Update),
    /// `DELETE`.
    Delete(Delete),
    /// `TRUNCATE`.
    Truncate(Truncate),
    /// `COPY … FROM STDIN`, with the lines that follow it.
    Copy(Copy),
    /// `SELECT` or `VALUES`.
    Query(Query),
    /// `WITH` that changes rows; without a change it is a [`Query::With`].
    With(With),
    /// BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their relatives.
    Transaction(Transaction),
    /// `SET parameter`, `RESET parameter`.
    SetParameter(SetParameter),
    /// `SHOW parameter`.
    Show(Identifier),
    /// `DISCARD`.
    Discard(Discard),
    /// `PREPARE name AS`; `PREPARE TRANSACTION` is a [`Statement::Transaction`].
    Prepare(Prepare),
    /// `EXECUTE`.
    Execute(Execute),
    /// `DEALLOCATE`.
    Deallocate(Deallocate),
    /// `EXPLAIN`.
    Explain(Explain),
    /// `DO`.
    Do(Do),
    /// `LOCK TABLE`.
    Lock(LockTables),
    /// VACUUM, ANALYZE, REINDEX, CHECKPOINT.
    Maintenance(Maintenance),
}

impl Statement {
    /// Whether it changes definitions.
    pub(crate) fn is_definition(&self) -> bool {
        matches!(
            self,
            Statement::CreateSequence(_)
                | Statement::AlterSequence(_)
                | Statement::AlterRelation(_)
                | Statement::DropRelation(_)
                | Statement::Comment(_)
                | Statement::CreateSchema(_)
                | Statement::AlterSchema(_)
                | Statement::DropSchema(_)
                | Statement::CreateEnumeration(_)
                | Statement::AlterType(_)
                | Statement::DropType(_)
                | Statement::RenameConstraint(_)
                | Statement::CreateTable(_)
                | Statement::CreateTableAs(_)
                | Statement::AlterTable(_)
                | Statement::RenameColumn(_)
                | Statement::CreateRole(_)
                | Statement::DropRole(_)
                | Statement::Grant(_)
                | Statement::GrantRole(_)
                | Statement::DefaultPrivileges(_)
                | Statement::ReassignOwned(_)
                | Statement::DropOwned(_)
                | Statement::CreateView(_)
                | Statement::CreateIndex(_)
        )
    }
}
