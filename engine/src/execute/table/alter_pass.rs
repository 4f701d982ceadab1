//! The order in which ALTER TABLE does what it is asked to.
//!
//! PostgreSQL works in passes, whatever the order in which a statement lists its actions: it drops, then changes types,
//! then adds columns; NOT NULL, keys, defaults and identity, other constraints and the rest follow. What an action turns
//! out to need in a later pass comes behind what was there from the start.

use std::rc::Rc;

use super::column::{PlannedConstraint, PlannedConstraintKind};
use crate::statement::TableAction;

/// One thing to do.
pub(super) enum Task<'s> {
    /// An action as it was written.
    Action(&'s TableAction),
    /// A constraint that came with a column, or was analysed once all columns were there.
    Constraint(PlannedConstraint),
    /// A column of a new primary key, which is to be NOT NULL before the key is made.
    NotNull(Rc<str>),
}

/// What is left to do.
pub(super) struct Passes<'s> {
    /// The tasks with their passes, those of one pass in their order.
    tasks: Vec<(u8, Task<'s>)>,
}

impl<'s> Passes<'s> {
    pub(super) fn new(actions: &'s [TableAction]) -> Passes<'s> {
        Passes { tasks: actions.iter().map(|action| (pass_of_action(action), Task::Action(action))).collect() }
    }

    /// Takes the first task of the earliest pass.
    pub(super) fn next_task(&mut self) -> Option<Task<'s>> {
        let (place, _) = self.tasks.iter().enumerate().min_by_key(|(place, (pass, _))| (*pass, *place))?;
        Some(self.tasks.remove(place).1)
    }

    /// Adds what an action has left to do to the passes that are theirs.
    pub(super) fn add(&mut self, tasks: Vec<Task<'s>>) {
        self.tasks.extend(tasks.into_iter().map(|task| (pass_of_task(&task), task)));
    }
}

fn pass_of_task(task: &Task<'_>) -> u8 {
    match task {
        Task::Action(action) => pass_of_action(action),
        Task::NotNull(_) => 4,
        Task::Constraint(constraint) => pass_of_constraint(&constraint.kind),
    }
}

fn pass_of_action(action: &TableAction) -> u8 {
    match action {
        TableAction::DropColumn { .. }
        | TableAction::DropDefault(_)
        | TableAction::DropNotNull(_)
        | TableAction::DropIdentity { .. }
        | TableAction::DropConstraint { .. } => 0,
        TableAction::SetType { .. } => 1,
        TableAction::AddColumn { .. } => 2,
        TableAction::AddConstraint(_) => 3,
        TableAction::SetNotNull(_) => 4,
        TableAction::SetDefault(..) | TableAction::AddIdentity { .. } => 6,
        TableAction::SetIdentity { .. } | TableAction::ValidateConstraint(_) | TableAction::Relation(_) => 7,
    }
}

fn pass_of_constraint(kind: &PlannedConstraintKind) -> u8 {
    match kind {
        PlannedConstraintKind::Unique { .. } => 5,
        PlannedConstraintKind::Check { .. } | PlannedConstraintKind::Foreign { .. } => 6,
    }
}
