//! Walking a statement's identifiers.
