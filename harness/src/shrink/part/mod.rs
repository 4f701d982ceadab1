//! What a statement consists of, and how each part of it can be simpler.
//!
//! Every type of the syntax tree says two things: which of its own simplifications there are, in order, and which parts
//! it has. A whole statement's simplifications are then numbered from 0, its own before those of its parts.

mod procedural;
mod query;
mod relation;
mod role;
mod session;
mod table;

use seqcheck_engine::Statement;
use seqcheck_engine::statement::{Identifier, Number, ObjectName, SequenceOption, TypeName};

/// A part of a statement.
pub(crate) trait Part {
    /// Makes the one simplification whose turn it is.
    fn simplify(&mut self, turn: &mut Turn);

    /// Shows every name, number and text of the part.
    fn leaves(&mut self, visit: &mut dyn FnMut(Leaf<'_>));
}

/// What has no parts.
pub(crate) enum Leaf<'p> {
    /// A name that the trace chose.
    Name(&'p mut Identifier),
    /// A number's digits, with a minus sign in option lists.
    Number(&'p mut String),
    /// A string's value, which may hold names.
    Text(&'p mut String),
}

/// Counts simplifications until one has its turn.
pub(crate) struct Turn {
    left: usize,
    taken: bool,
}

impl Turn {
    /// Whether the simplification that asks is to be made.
    pub(crate) fn is_now(&mut self) -> bool {
        if self.taken {
            return false;
        }
        self.taken = self.left == 0;
        self.left = self.left.saturating_sub(1);
        self.taken
    }
}

/// The statement after its simplification of this number; nothing when it has fewer.
///
/// What comes out need not be a statement that SQL can say: a list may have lost its only item.
pub(crate) fn simpler(statement: &Statement, number: usize) -> Option<Statement> {
    let mut turn = Turn { left: number, taken: false };
    let mut copy = statement.clone();
    copy.simplify(&mut turn);
    turn.taken.then_some(copy)
}

impl<T: Part> Part for Vec<T> {
    fn simplify(&mut self, turn: &mut Turn) {
        if self.len() > 1 && turn.is_now() {
            self.clear();
        }
        for position in 0..self.len() {
            if turn.is_now() {
                self.remove(position);
                return;
            }
        }
        self.iter_mut().for_each(|item| item.simplify(turn));
    }

    fn leaves(&mut self, visit: &mut dyn FnMut(Leaf<'_>)) {
        self.iter_mut().for_each(|item| item.leaves(visit));
    }
}

impl<T: Part> Part for Option<T> {
    fn simplify(&mut self, turn: &mut Turn) {
        if self.is_some() && turn.is_now() {
            *self = None;
        }
        if let Some(item) = self {
            item.simplify(turn);
        }
    }

    fn leaves(&mut self, visit: &mut dyn FnMut(Leaf<'_>)) {
        if let Some(item) = self {
            item.leaves(visit);
        }
    }
}

impl<T: Part> Part for Box<T> {
    fn simplify(&mut self, turn: &mut Turn) {
        self.as_mut().simplify(turn);
    }

    fn leaves(&mut self, visit: &mut dyn FnMut(Leaf<'_>)) {
        self.as_mut().leaves(visit);
    }
}

impl<A: Part, B: Part> Part for (A, B) {
    fn simplify(&mut self, turn: &mut Turn) {
        self.0.simplify(turn);
        self.1.simplify(turn);
    }

    fn leaves(&mut self, visit: &mut dyn FnMut(Leaf<'_>)) {
        self.0.leaves(visit);
        self.1.leaves(visit);
    }
}

/// A word that need not be there.
impl Part for bool {
    fn simplify(&mut self, turn: &mut Turn) {
        if *self && turn.is_now() {
            *self = false;
        }
    }

    fn leaves(&mut self, _: &mut dyn FnMut(Leaf<'_>)) {}
}

impl Part for String {
    fn simplify(&mut self, _: &mut Turn) {}

    fn leaves(&mut self, visit: &mut dyn FnMut(Leaf<'_>)) {
        visit(Leaf::Text(self));
    }
}

impl Part for Identifier {
    fn simplify(&mut self, _: &mut Turn) {}

    fn leaves(&mut self, visit: &mut dyn FnMut(Leaf<'_>)) {
        visit(Leaf::Name(self));
    }
}

impl Part for Number {
    fn simplify(&mut self, _: &mut Turn) {}

    fn leaves(&mut self, visit: &mut dyn FnMut(Leaf<'_>)) {
        visit(Leaf::Number(&mut self.0));
    }
}

impl Part for ObjectName {
    fn simplify(&mut self, turn: &mut Turn) {
        if self.parts.len() > 1 && turn.is_now() {
            self.parts.remove(0);
        }
    }

    fn leaves(&mut self, visit: &mut dyn FnMut(Leaf<'_>)) {
        self.parts.leaves(visit);
    }
}

impl Part for TypeName {
    fn simplify(&mut self, turn: &mut Turn) {
        self.modifiers.simplify(turn);
        if self.dimensions > 0 && turn.is_now() {
            self.dimensions = 0;
        }
    }

    // The names of types are not the trace's to choose.
    fn leaves(&mut self, _: &mut dyn FnMut(Leaf<'_>)) {}
}

/// Parts that are as simple as they can be and hold nothing.
macro_rules! atoms {
    ($($type:ty),+) => {$(
        impl Part for $type {
            fn simplify(&mut self, _: &mut Turn) {}

            fn leaves(&mut self, _: &mut dyn FnMut(Leaf<'_>)) {}
        }
    )+};
}

/// Words of which one is the plainest.
macro_rules! words {
    ($($type:ty: $plainest:expr),+ $(,)?) => {$(
        impl Part for $type {
            fn simplify(&mut self, turn: &mut Turn) {
                if *self != $plainest && turn.is_now() {
                    *self = $plainest;
                }
            }

            fn leaves(&mut self, _: &mut dyn FnMut(Leaf<'_>)) {}
        }
    )+};
}

/// A structure whose fields are parts; those after `but` are no business of the shrinker's.
macro_rules! structure {
    ($type:ident { $($field:ident),+ } $(but $($other:ident),+)?) => {
        impl Part for $type {
            fn simplify(&mut self, turn: &mut Turn) {
                let $type { $($field,)+ $($($other: _,)+)? } = self;
                $($field.simplify(turn);)+
            }

            fn leaves(&mut self, visit: &mut dyn FnMut(Leaf<'_>)) {
                let $type { $($field,)+ $($($other: _,)+)? } = self;
                $($field.leaves(visit);)+
            }
        }
    };
}

/// A type whose variants hold parts; `first` makes the simplifications of the whole.
macro_rules! variants {
    ($type:ident $(first $own:ident)? {
        $($variant:ident $(($($item:ident),+))? $({$($field:ident),+})?),+ $(,)?
    }) => {
        impl Part for $type {
            fn simplify(&mut self, turn: &mut Turn) {
                $($own(self, turn);)?
                match self {
                    $($type::$variant $(($($item),+))? $({$($field),+})? => {
                        $($($item.simplify(turn);)+)?
                        $($($field.simplify(turn);)+)?
                    })+
                }
            }

            fn leaves(&mut self, visit: &mut dyn FnMut(Leaf<'_>)) {
                match self {
                    $($type::$variant $(($($item),+))? $({$($field),+})? => {
                        $($($item.leaves(visit);)+)?
                        $($($field.leaves(visit);)+)?
                    })+
                }
            }
        }
    };
}

use {atoms, structure, variants, words};

atoms!(u32);

variants!(SequenceOption {
    As(name),
    Increment(number),
    MinValue(number),
    NoMinValue,
    MaxValue(number),
    NoMaxValue,
    Start(number),
    Restart(number),
    Cache(number),
    Cycle,
    NoCycle,
    OwnedBy(name),
    SequenceName(name),
});

/// A statement that another one wraps can do without the wrapping.
fn unwrap(statement: &mut Statement, turn: &mut Turn) {
    let inner = match statement {
        Statement::Explain(explain) => vec![explain.statement.as_ref().clone()],
        Statement::Prepare(prepare) => vec![prepare.statement.as_ref().clone()],
        Statement::With(with) => vec![with.statement.as_ref().clone()],
        Statement::Do(block) => procedural::inner_statements(&block.block),
        _ => return,
    };
    if let Some(one) = inner.into_iter().find(|_| turn.is_now()) {
        *statement = one;
    }
}

variants!(Statement first unwrap {
    CreateSequence(create),
    AlterSequence(alter),
    AlterRelation(alter),
    DropRelation(drop),
    Comment(comment),
    CreateSchema(create),
    AlterSchema(alter),
    DropSchema(drop),
    CreateEnumeration(create),
    AlterType(alter),
    DropType(drop),
    CreateTable(create),
    CreateTableAs(create),
    AlterTable(alter),
    RenameColumn(rename),
    RenameConstraint(rename),
    CreateRole(create),
    DropRole(drop),
    Grant(grant),
    GrantRole(grant),
    DefaultPrivileges(alter),
    ReassignOwned(reassign),
    DropOwned(drop),
    CreateView(create),
    CreateIndex(create),
    Insert(insert),
    Update(update),
    Delete(delete),
    Truncate(truncate),
    Copy(copy),
    Query(query),
    With(with),
    Transaction(transaction),
    SetParameter(set),
    Show(parameter),
    Discard(discard),
    Prepare(prepare),
    Execute(execute),
    Deallocate(deallocate),
    Explain(explain),
    Do(block),
    Lock(lock),
    Maintenance(maintenance),
});
