//! What a step is expected to answer.

use seqcheck_engine::{Cell, Message, Reply, Rows};

use super::guard::Guard;

/// What a step is expected to answer, for some or all major versions.
///
/// In a file its lines are indented by four spaces:
///
/// ```text
/// S1: SELECT nextval('s'), NULL, 'a b'
///     NOTICE 00000: a notice comes first in writing, though only the order of notices counts
///     2 | NULL | a b
/// S1: DROP SEQUENCE a
///     ERROR 2BP01: cannot drop sequence a because other objects depend on it
///     DETAIL: default value for column x of table b depends on sequence a
///         a message, detail or hint goes on with four more spaces
///     HINT: Use DROP ... CASCADE to drop the dependent objects too.
/// S2: SELECT nextval('s')
///     waits
/// S1: COMMIT
///     S2 resumes
///         71
/// S1: SELECT nextval('t')
///     @postgres <= 15
///     ERROR 42809: "t" is not a sequence
///     @postgres >= 16
///     ERROR 42809: cannot open relation "t"
/// ```
///
/// After a crash there may be several right answers, with `or` between them:
///
/// ```text
/// S1: SELECT nextval('s')
///     2
///     or
///     34
/// ```
///
/// `(no rows)` stands for a result without rows, `()` for a row without columns, `(anything)` for whatever comes. `;`
/// separates the results of several statements; when all of them give no rows, no line is needed at all.
/// `(any)` stands for a value that nobody can predict, such as the time.
/// `columns: nextval | x` before the rows and `tag: SELECT 1` after them are compared only where they are written.
/// `@postgres` without a condition admits the versions that no block above it admits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The majors that it is for: those that all guards admit.
    pub guards: Vec<Guard>,
    /// What is expected on these.
    pub outcome: ExpectedOutcome,
}

/// How a step is expected to end, and which sessions go on because of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedOutcome {
    /// How the step itself ends.
    pub progress: Progress,
    /// The sessions that stop waiting, in order. With [`Progress::Anything`], none means that they are not compared.
    pub resumed: Vec<Resumed>,
}

/// How a step is expected to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// However it does: the step is run, but not compared.
    Anything,
    /// It does not end now: it waits for another session.
    Waits,
    /// It ends with a reply like this.
    Reply(ExpectedReply),
    /// It ends with a reply like one of these, at least two. Blessing replaces them when none of them came.
    OneOf(Vec<ExpectedReply>),
}

/// A session that is expected to stop waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumed {
    /// The session's name.
    pub session: String,
    /// What the step that waited answers; `None` for whatever it does.
    pub reply: Option<ExpectedReply>,
}

/// What a step is expected to answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedReply {
    /// One result for each statement that succeeds. Empty without [`error`](ExpectedReply::error): every statement
    /// succeeds, however many there are, and none returns rows.
    pub results: Vec<ExpectedResult>,
    /// Notices and warnings in order of arrival.
    pub notices: Vec<Message>,
    /// The error that ends the query.
    pub error: Option<Message>,
}

/// How one statement is expected to succeed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedResult {
    /// The columns' names, when they are to be compared. A statement without rows has none.
    pub columns: Option<Vec<String>>,
    /// The rows, all of the same width; `None` for a statement that returns none by nature.
    pub rows: Option<Vec<Vec<Cell>>>,
    /// The command tag, when it is to be compared.
    pub tag: Option<String>,
}

impl ExpectedResult {
    /// Puts in what another result says where only one of them says what a value is.
    fn settle(&mut self, other: &ExpectedResult) {
        let (Some(rows), Some(others)) = (&mut self.rows, &other.rows) else { return };
        if rows.len() == others.len() {
            for (cell, other) in rows.iter_mut().flatten().zip(others.iter().flatten()) {
                if *cell != *other && cell.matches(other) {
                    cell.clone_from(other);
                }
            }
        }
    }
}

/// How much of a reply an expectation says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Detail {
    /// Everything but columns' names and command tags, which rarely matter and make files long.
    Plain,
    /// Columns' names and command tags too.
    Full,
}

impl ExpectedOutcome {
    /// Whether it leaves no value open ([`Cell::Any`]).
    pub fn is_certain(&self) -> bool {
        let of_step: &[ExpectedReply] = match &self.progress {
            Progress::Reply(reply) => std::slice::from_ref(reply),
            Progress::OneOf(replies) => replies,
            Progress::Anything | Progress::Waits => &[],
        };
        let of_others = self.resumed.iter().filter_map(|resumed| resumed.reply.as_ref());
        let mut rows =
            of_step.iter().chain(of_others).flat_map(|reply| &reply.results).filter_map(|one| one.rows.as_ref());
        rows.all(|rows| rows.iter().flatten().all(|cell| *cell != Cell::Any))
    }
}

impl Default for Progress {
    fn default() -> Progress {
        Progress::Reply(ExpectedReply::default())
    }
}

impl ExpectedReply {
    /// The expectation that `reply` meets.
    pub fn from_reply(reply: &Reply, detail: Detail) -> ExpectedReply {
        let full = detail == Detail::Full;
        ExpectedReply::with_parts(reply, |_| (full, full)).simplified()
    }

    /// The expectation that `reply` meets, with columns and tags for the results where `model` has them.
    pub(super) fn like(reply: &Reply, model: &ExpectedReply) -> ExpectedReply {
        let parts = |position: usize| {
            let model = model.results.get(position).or(model.results.last());
            model.map_or((false, false), |result| (result.columns.is_some(), result.tag.is_some()))
        };
        let written_out = model.error.is_none() && model.results.len() > 1;
        let mut expected = ExpectedReply::with_parts(reply, parts);
        expected.results.iter_mut().zip(&model.results).for_each(|(result, model)| result.settle(model));
        if written_out && expected.results.len() > 1 { expected } else { expected.simplified() }
    }

    /// The expectation that `reply` meets, where `parts` says for each result whether it has columns and a tag.
    fn with_parts(reply: &Reply, parts: impl Fn(usize) -> (bool, bool)) -> ExpectedReply {
        let results = reply.results.iter().enumerate().map(|(position, result)| {
            let (columns, tag) = parts(position);
            ExpectedResult {
                columns: result.rows.as_ref().filter(|_| columns).map(column_names),
                rows: result.rows.as_ref().map(|rows| rows.iter().map(<[Cell]>::to_vec).collect()),
                tag: tag.then(|| result.tag.to_string()),
            }
        });
        ExpectedReply { results: results.collect(), notices: reply.notices.clone(), error: reply.error.clone() }
    }

    /// The same with the shorter form for success without rows.
    pub(super) fn simplified(mut self) -> ExpectedReply {
        if self.error.is_none() && self.results.iter().all(|result| *result == ExpectedResult::default()) {
            self.results.clear();
        }
        self
    }
}

/// The columns' names, owned.
fn column_names(rows: &Rows) -> Vec<String> {
    rows.columns.iter().map(ToString::to_string).collect()
}
