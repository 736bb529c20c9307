//! The processes of a run: dbt, hooks, the watchdog, and what becomes of them when one of them is stopped or killed.

mod hooks;
mod killed;
mod printing;
mod signals;
mod stand_in;
mod target_lock;
