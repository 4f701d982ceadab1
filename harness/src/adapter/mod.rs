//! The generator and the shrinker behind the interfaces of other libraries.

mod arbitrary;
mod proptest;

pub use arbitrary::Bytes;
pub use proptest::{Drawn, DrawnTree, Traces, traces};
