//! Everything that talks to Prefect: the flow run, the database lock, the translation of effects, their delivery, and
//! cancellation.

pub(crate) mod control;
pub(crate) mod delivery;
pub(crate) mod flow_run;
#[cfg(test)]
#[path = "../../tests/support/http_request.rs"]
mod http_request;
pub(crate) mod lock;
pub(crate) mod translate;
