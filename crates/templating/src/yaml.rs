//! YAML: where the scalars are in a source, and how to write a value in place of one.

pub(crate) mod scan;
pub(crate) mod write;
