//! The end of a session.

use super::{Cluster, Outcome, Progress, SessionId};
use crate::execute::Execution;
use crate::reply::Reply;
use crate::session::Session;

impl Cluster {
    /// Closes a session: its transaction is rolled back, its temporary relations are dropped, its cached values lost.
    /// Sessions that waited for it wake. Closing a session twice does nothing.
    pub fn disconnect(&mut self, session: SessionId) -> Outcome {
        let mut outcome = Outcome::new(Progress::Done(Reply::default()));
        if let Some(mut ending) = self.take(session) {
            Execution::new(&mut self.shared, &mut ending, &mut outcome.clauses).abandon_transaction();
            // The transaction's locks are free before the temporary relations are dropped, in a transaction of their own.
            let raced = (self.wakes_others() && ending.has_temporary_schema).then(|| (self.clone(), ending.clone()));
            self.drop_temporary_relations(&mut ending, &mut outcome);
            self.wake(&mut outcome);
            if let Some((mut cluster, mut ending)) = raced {
                let mut other = Outcome::new(Progress::Done(Reply::default()));
                cluster.wake(&mut other);
                cluster.drop_temporary_relations(&mut ending, &mut other);
                cluster.wake(&mut other);
                if other.lost.is_some() || !self.came_out_as(&cluster, &outcome, &other) {
                    let reason = "a session that goes on while another one's temporary relations are dropped";
                    outcome.lost.get_or_insert_with(|| reason.to_owned());
                }
            }
        }
        outcome
    }

    fn drop_temporary_relations(&mut self, ending: &mut Session, outcome: &mut Outcome) {
        let lost = Execution::new(&mut self.shared, ending, &mut outcome.clauses).disconnect();
        outcome.lost = outcome.lost.take().or(lost);
    }
}
