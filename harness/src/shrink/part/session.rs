//! Transactions, parameters, prepared statements and maintenance.

use seqcheck_engine::statement::{
    Deallocate, Discard, Execute, Explain, IsolationLevel, LockTables, MaintainedTable, Maintenance, ParameterValue,
    Prepare, ReindexTarget, SetParameter, SetScope, Transaction, TransactionMode,
};

use seqcheck_engine::LockMode;

use super::{Leaf, Part, Turn, atoms, structure, variants, words};

atoms!(Discard, IsolationLevel, LockMode);

words!(SetScope: SetScope::Unspecified);

variants!(TransactionMode {
    Isolation(level),
    ReadOnly,
    ReadWrite,
    Deferrable,
    NotDeferrable,
});

variants!(Transaction {
    Begin(modes),
    Start(modes),
    Commit { chain },
    Rollback { chain },
    Savepoint(name),
    Release(name),
    RollbackTo(name),
    SetTransaction(modes),
    SetCharacteristics(modes),
    Prepare(identifier),
    CommitPrepared(identifier),
    RollbackPrepared(identifier),
});

structure!(SetParameter { scope, value } but name);

variants!(ParameterValue {
    List(values),
    Default,
    Reset,
});

structure!(Prepare { types, statement, name });
structure!(Execute { arguments, name });
structure!(Explain { statement });

variants!(Deallocate {
    Named(name),
    All,
});

structure!(MaintainedTable { columns, name });
structure!(LockTables { tables, mode, nowait });

variants!(ReindexTarget {
    Index(name),
    Table(name),
});

variants!(Maintenance {
    Vacuum { full, freeze, analyze, tables },
    Analyze(tables),
    Reindex(target),
    Checkpoint,
});
