//! DO: blocks of PL/pgSQL (manual, "DO" and chapter "PL/pgSQL").

use super::{Expression, Identifier, Query, Select, Statement, TypeName};

/// `DO`: a block that is run at once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Do {
    /// What it runs.
    pub block: Block,
}

/// `[DECLARE …] BEGIN … [EXCEPTION …] END` (manual, "Structure of PL/pgSQL").
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Block {
    /// Its variables.
    pub declarations: Vec<Declaration>,
    /// What it does.
    pub statements: Vec<ProceduralStatement>,
    /// What it does about errors; with a handler, an error takes back what the block has done.
    pub handlers: Vec<Handler>,
}

/// A variable: `name [CONSTANT] type [NOT NULL] [:= value];`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Declaration {
    /// Its name.
    pub name: Identifier,
    /// Whether it keeps its first value.
    pub constant: bool,
    /// Whether it is never NULL.
    pub not_null: bool,
    /// Its type; `record` takes any row.
    pub type_name: TypeName,
    /// Its first value, NULL when there is none.
    pub value: Option<Expression>,
}

/// `WHEN condition [OR …] THEN …` (manual, "Trapping Errors").
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Handler {
    /// The errors that it handles, at least one condition.
    pub conditions: Vec<Condition>,
    /// What it does then.
    pub statements: Vec<ProceduralStatement>,
}

/// What an error is known by (manual, Appendix A, "PostgreSQL Error Codes").
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Condition {
    /// A name such as `duplicate_table`, or `others`, in lower case.
    Name(String),
    /// `SQLSTATE '…'`.
    SqlState(String),
}

/// Who is told of a RAISE (manual, "Reporting Errors and Messages").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the level of its name")]
pub enum RaiseLevel {
    Debug,
    Log,
    Info,
    Notice,
    Warning,
    Exception,
}

/// What RAISE says beside the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the option of its name")]
pub enum RaiseOption {
    Errcode,
    Message,
    Detail,
    Hint,
}

/// Where a row's values go: variables, or one record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Into {
    /// Whether anything but one row is an error.
    pub strict: bool,
    /// The variables, at least one.
    pub targets: Vec<Identifier>,
}

/// A text that is run as SQL (manual, "Executing Dynamic Commands").
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Dynamic {
    /// The text.
    pub text: Expression,
    /// `USING`: the values of its parameters.
    pub arguments: Vec<Expression>,
}

/// What a loop over rows takes them from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LoopQuery {
    /// A query.
    Query(Query),
    /// `EXECUTE` of a text.
    Execute(Dynamic),
}

/// A statement inside a block.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ProceduralStatement {
    /// `NULL`.
    Null,
    /// A block inside the block.
    Block(Block),
    /// `variable := value`.
    Assign {
        /// The variable.
        variable: Identifier,
        /// Its new value.
        value: Expression,
    },
    /// `PERFORM`: a query whose rows nobody wants.
    Perform(Box<Select>),
    /// An SQL statement.
    Sql {
        /// The statement.
        statement: Box<Statement>,
        /// Where its row goes.
        into: Option<Into>,
    },
    /// `EXECUTE` of a text.
    Execute {
        /// The text.
        dynamic: Dynamic,
        /// Where the row goes.
        into: Option<Into>,
    },
    /// `IF … THEN … [ELSIF …] [ELSE …] END IF`.
    If {
        /// Conditions and what is done under them, at least one.
        branches: Vec<(Expression, Vec<ProceduralStatement>)>,
        /// ELSE.
        otherwise: Vec<ProceduralStatement>,
    },
    /// `[WHILE condition] LOOP … END LOOP`.
    Loop {
        /// The condition.
        condition: Option<Expression>,
        /// What is done again and again.
        body: Vec<ProceduralStatement>,
    },
    /// `FOR variable IN [REVERSE] first .. last [BY step] LOOP … END LOOP`.
    ForRange {
        /// A variable of the loop's own, of type integer.
        variable: Identifier,
        /// Whether it counts down.
        reverse: bool,
        /// The first value.
        first: Expression,
        /// The last one.
        last: Expression,
        /// The step, 1 when it is left out.
        step: Option<Expression>,
        /// What is done for each value.
        body: Vec<ProceduralStatement>,
    },
    /// `FOR variable, … IN query LOOP … END LOOP`.
    ForQuery {
        /// The variables that take each row.
        targets: Vec<Identifier>,
        /// The query.
        query: LoopQuery,
        /// What is done for each row.
        body: Vec<ProceduralStatement>,
    },
    /// `EXIT [WHEN condition]`.
    Exit(Option<Expression>),
    /// `CONTINUE [WHEN condition]`.
    Continue(Option<Expression>),
    /// `RETURN`.
    Return,
    /// `RAISE`; without a message, the error at hand once more.
    Raise {
        /// The level.
        level: RaiseLevel,
        /// The error by its name or SQLSTATE, in the place of a message.
        condition: Option<Condition>,
        /// The message, where `%` stands for the next argument.
        message: Option<String>,
        /// The arguments.
        arguments: Vec<Expression>,
        /// `USING`.
        options: Vec<(RaiseOption, Expression)>,
    },
    /// `ASSERT condition [, message]`.
    Assert {
        /// What must hold.
        condition: Expression,
        /// What is said if it does not.
        message: Option<Expression>,
    },
    /// `CASE WHEN … THEN … [ELSE …] END CASE`.
    Case {
        /// Conditions and what is done under them, at least one.
        branches: Vec<(Expression, Vec<ProceduralStatement>)>,
        /// ELSE, without which one of the conditions must hold.
        otherwise: Option<Vec<ProceduralStatement>>,
    },
    /// `GET DIAGNOSTICS variable = ROW_COUNT`.
    GetRowCount(Identifier),
}
