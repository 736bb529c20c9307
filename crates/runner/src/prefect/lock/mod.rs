//! The database lock: the lease of a concurrency limit with one slot, so that one run at a time writes to a database and
//! schema, whatever host it runs on.

mod error;
mod held_lock;
mod holder;
mod keeper;
mod limit;
mod locks;
mod name;
mod slot;
#[cfg(test)]
mod tests;

pub use error::LockError;
pub(crate) use held_lock::DatabaseLock;
pub(crate) use holder::Holder;
pub(crate) use locks::{Locks, Wanted};
pub(crate) use name::{OUTPUT_KEYS, lock_name};
