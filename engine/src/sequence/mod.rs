//! Sequences themselves: definition, stored state, what a session caches, and the arithmetic of `nextval`.

mod cache;
mod definition;
mod log;
mod page;

pub(crate) use cache::{SequenceCache, SequenceCaches};
pub(crate) use definition::{Definition, DefinitionChange, IntegerType, OptionList};
pub(crate) use log::WriteAheadLog;
pub(crate) use page::{NoValue, Page, Pages};
