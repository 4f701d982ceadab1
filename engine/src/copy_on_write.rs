//! Values that are cheap to copy, because a copy is made only once one of the two changes.

use std::ops::{Deref, DerefMut};
use std::rc::Rc;

/// A value that copies share until one of them is changed.
#[derive(Debug, Default)]
pub(crate) struct CopyOnWrite<T>(Rc<T>);

impl<T> CopyOnWrite<T> {
    pub(crate) fn new(value: T) -> CopyOnWrite<T> {
        CopyOnWrite(Rc::new(value))
    }
}

impl<T> Clone for CopyOnWrite<T> {
    fn clone(&self) -> Self {
        CopyOnWrite(self.0.clone())
    }
}

impl<T> Deref for CopyOnWrite<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for CopyOnWrite<T> {
    fn deref_mut(&mut self) -> &mut T {
        Rc::make_mut(&mut self.0)
    }
}
