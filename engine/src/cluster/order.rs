//! Sessions that go on at the same time, in an order that nobody decides: what comes of every order.
//!
//! Each of them is followed where it does no more than one thing that others may notice, so that whatever the operating
//! system does comes to the same as one after the other.

use super::wake::Preference;
use super::{Cluster, NOBODY, Outcome, SessionId};
use crate::catalog::{Column, CommitNumber, Relation, View};
use crate::session::Pending;
use crate::statement::{Call, Expression, Insert, InsertSource, Query, Statement};

/// How many sessions at most are followed in every order.
const MOST_SESSIONS: usize = 3;

/// The end of a step whose sessions may have gone on in several orders.
#[derive(Debug, Clone)]
pub(super) struct Undecided {
    /// Before the first of them went on.
    before: Cluster,
    /// The step so far.
    outcome: Outcome,
    /// Who went on, in the order in which the model let them.
    sessions: Vec<SessionId>,
}

impl Cluster {
    /// What else the last step may have come to, with the state that it has left then; there is something when
    /// [`Outcome::lost`] says that an order shows, and all of it can be followed. The sessions that the step has woken went
    /// on at the same time, and each entry is another order of theirs. Asked again, it says nothing.
    pub fn other_orders(&mut self) -> Vec<(Cluster, Outcome)> {
        let Some(undecided) = self.undecided.take() else { return Vec::new() };
        let Undecided { before, outcome, sessions } = *undecided;
        // The first is the one that the model has followed.
        let others: Option<Vec<(Cluster, Outcome)>> = permutations(&sessions)
            .into_iter()
            .skip(1)
            .map(|order| {
                let mut cluster = before.clone();
                let mut outcome = outcome.clone();
                cluster.resume_all(&mut outcome, Preference::InOrder(&order));
                cluster.leave_order_open(&before, &sessions);
                outcome.lost.is_none().then_some((cluster, outcome))
            })
            .collect();
        let Some(others) = others else { return Vec::new() };
        self.leave_order_open(&before, &sessions);
        others
    }

    /// Keeps what it takes to follow the other orders, if they can be.
    pub(super) fn keep_undecided(&mut self, before: Cluster, outcome: Outcome, sessions: Vec<SessionId>) {
        let acts_once = |id: &SessionId| before.pending_of(*id).is_some_and(|pending| before.acts_once(pending));
        if sessions.len() <= MOST_SESSIONS && sessions.iter().all(acts_once) {
            self.undecided = Some(Box::new(Undecided { before, outcome, sessions }));
        }
    }

    fn pending_of(&self, id: SessionId) -> Option<&Pending> {
        self.sessions.get(id.0 as usize)?.as_ref()?.pending.as_ref()
    }

    /// Whether a query, from its wait on, calls a sequence function or stores a row at most once, and looks at nothing else.
    fn acts_once(&self, pending: &Pending) -> bool {
        let [statement] = pending.statements.as_slice() else { return false };
        pending.part.is_none()
            && match statement {
                Statement::Query(Query::Select(select)) => {
                    let is_bare = select.from.is_empty() && select.filter.is_none() && select.group_by.is_empty();
                    is_bare && calls_once(select.items.iter().map(|item| &item.expression), 1)
                }
                Statement::Insert(insert) => self.inserts_once(insert),
                _ => false,
            }
    }

    fn inserts_once(&self, insert: &Insert) -> bool {
        let draws = |column: &Column| {
            column.identity.is_some() || column.default.as_ref().is_some_and(|default| default.is_volatile())
        };
        let drawing = self.namesakes(insert).map(|table| {
            let columns = table.table().into_iter().flat_map(|data| data.live_columns());
            columns.filter(|(_, column)| draws(column)).count()
        });
        // A value that is given may be drawn, too.
        let left = 1usize.saturating_sub(drawing.max().unwrap_or_default());
        insert.on_conflict.is_none()
            && calls_once(insert.returning.iter().map(|item| &item.expression), 0)
            && match &insert.source {
                InsertSource::DefaultValues => true,
                InsertSource::Query(Query::Values(rows)) => rows.len() == 1 && calls_once(rows.iter().flatten(), left),
                InsertSource::Query(_) => false,
            }
    }

    /// The tables that an INSERT may mean.
    fn namesakes(&self, insert: &Insert) -> impl Iterator<Item = &Relation> {
        let view = View { session: NOBODY, until: CommitNumber::MAX };
        let name = insert.table.parts.last().map(|name| name.name().to_owned()).unwrap_or_default();
        self.shared.catalog.relations(view).map(|relation| &**relation).filter(move |relation| *relation.name == *name)
    }

    /// Who has drawn a number first need not have been the first to store its row.
    fn leave_order_open(&mut self, before: &Cluster, sessions: &[SessionId]) {
        let inserts = sessions.iter().filter_map(|id| match before.pending_of(*id)?.statements.first()? {
            Statement::Insert(insert) => Some(insert),
            _ => None,
        });
        let storages: Vec<_> =
            inserts.flat_map(|insert| self.namesakes(insert).map(|table| table.storage).collect::<Vec<_>>()).collect();
        for storage in storages {
            self.shared.catalog.note_moved_rows(storage);
        }
    }
}

/// Whether expressions call functions that change sequences at most so often, and hold no subquery.
fn calls_once<'e>(expressions: impl Iterator<Item = &'e Expression>, most: usize) -> bool {
    let calls: Option<Vec<usize>> = expressions.map(count_calls).collect();
    calls.is_some_and(|calls| calls.into_iter().sum::<usize>() <= most)
}

/// How often an expression may call a function that changes a sequence; `None` for one that is not looked into.
fn count_calls(expression: &Expression) -> Option<usize> {
    match expression {
        Expression::Literal(_) | Expression::Column(_) | Expression::Default | Expression::Session(_) => Some(0),
        Expression::Wildcard(_) => Some(0),
        Expression::Cast(operand, _) | Expression::Unary(_, operand) => count_calls(operand),
        Expression::Binary(_, left, right) => Some(count_calls(left)? + count_calls(right)?),
        Expression::Call(Call { name, arguments, .. }) => {
            let inside: usize = arguments.iter().map(count_calls).collect::<Option<Vec<usize>>>()?.into_iter().sum();
            let name = name.parts.last().map(|name| name.name()).unwrap_or_default();
            match name {
                "nextval" | "setval" => Some(inside + 1),
                // These read what the session has cached.
                "currval" | "lastval" => Some(inside),
                _ => None,
            }
        }
        _ => None,
    }
}

/// All orders of these; the first is the one in which they are given.
fn permutations(sessions: &[SessionId]) -> Vec<Vec<SessionId>> {
    let Some((first, rest)) = sessions.split_first() else { return vec![Vec::new()] };
    let of_rest = permutations(rest);
    let places = 0..sessions.len();
    places
        .flat_map(|place| {
            of_rest.iter().map(move |order| {
                let mut order = order.clone();
                order.insert(place, *first);
                order
            })
        })
        .collect()
}
