//! Everything that talks to Prefect: the flow run, the translation of effects, their delivery, and cancellation.

pub(crate) mod control;
pub(crate) mod delivery;
pub(crate) mod flow_run;
pub(crate) mod translate;
