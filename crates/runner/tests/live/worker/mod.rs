//! Our program as the engine of flow runs that a real process worker starts.

mod process_worker;
mod runs;
