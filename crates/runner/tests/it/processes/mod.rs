//! The processes of a run: dbt, hooks, the watchdog, and what becomes of them when one of them is stopped or killed.

mod away;
mod empty;
mod first_process;
mod hooks;
mod killed;
mod printing;
mod signals;
mod slow_disk;
mod stand_in;
mod target_lock;

pub(crate) use stand_in::StandIn;
