//! psql's `\if`, `\elif`, `\else` and `\endif`.

use super::query::Query;

/// What becomes of the text at one place of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Activity {
    /// psql reads it.
    Active,
    /// psql skips it.
    Inactive,
    /// That cannot be known, for the reason given.
    Undecided(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// This branch is taken.
    Taken,
    /// It is not, but a later one may be.
    Waiting,
    /// Neither is it nor a later one.
    Over,
    /// It cannot be known which is.
    Undecided(String),
}

#[derive(Debug, Clone)]
struct Block {
    state: State,
    has_else: bool,
    /// What had been read before the branch, to which psql returns after one that is not taken.
    before: Query,
}

/// The blocks that are open at one place of a script.
#[derive(Debug, Clone, Default)]
pub(super) struct Branches {
    blocks: Vec<Block>,
}

impl Branches {
    pub(super) fn activity(&self) -> Activity {
        let mut activity = Activity::Active;
        for block in &self.blocks {
            match &block.state {
                State::Taken => {}
                State::Waiting | State::Over => return Activity::Inactive,
                State::Undecided(why) if activity == Activity::Active => activity = Activity::Undecided(why.clone()),
                State::Undecided(_) => {}
            }
        }
        activity
    }

    /// Whether `\elif` would look at its condition.
    pub(super) fn asks_elif(&self) -> bool {
        self.blocks.last().is_some_and(|block| block.state == State::Waiting)
    }

    /// `\if`, with the condition's value or why it is not known; inside what is skipped nobody asks.
    pub(super) fn open(&mut self, condition: Result<bool, String>, query: &Query) {
        let state = match condition {
            _ if self.activity() == Activity::Inactive => State::Over,
            Ok(true) => State::Taken,
            Ok(false) => State::Waiting,
            Err(why) => State::Undecided(why),
        };
        self.blocks.push(Block { state, has_else: false, before: query.clone() });
    }

    /// `\elif`, or `\else` with `None`; false where none may stand.
    pub(super) fn next(&mut self, condition: Option<Result<bool, String>>, query: &mut Query) -> bool {
        let Some(block) = self.blocks.last_mut().filter(|block| !block.has_else) else { return false };
        block.has_else = condition.is_none();
        block.leave(query);
        block.state = match (&block.state, condition.unwrap_or(Ok(true))) {
            (State::Taken | State::Over, _) => State::Over,
            (State::Undecided(why), _) => State::Undecided(why.clone()),
            (State::Waiting, Ok(true)) => State::Taken,
            (State::Waiting, Ok(false)) => State::Waiting,
            (State::Waiting, Err(why)) => State::Undecided(why),
        };
        true
    }

    /// `\endif`; false where none may stand.
    pub(super) fn close(&mut self, query: &mut Query) -> bool {
        let Some(mut block) = self.blocks.pop() else { return false };
        block.leave(query);
        true
    }
}

impl Block {
    /// At the end of a branch, drops what was read in it, or keeps it for good.
    fn leave(&mut self, query: &mut Query) {
        match self.state {
            State::Waiting | State::Over => {
                let end = query.end;
                *query = Query { end, is_interrupted: true, ..self.before.clone() };
            }
            State::Taken | State::Undecided(_) => self.before = query.clone(),
        }
    }
}
