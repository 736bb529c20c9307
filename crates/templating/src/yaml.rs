//! YAML: finds the scalars of a source, and writes values in place of them.

pub(crate) mod scan;
pub(crate) mod write;
