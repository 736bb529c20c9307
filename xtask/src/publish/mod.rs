//! What is published: the packages of the crates, their licences, their public API.

pub(crate) mod api;
pub(crate) mod deny;
pub(crate) mod packages;
