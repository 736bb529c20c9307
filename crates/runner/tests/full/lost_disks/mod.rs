//! Runs whose disk is lost, and runs that only look as if they were.

mod disk;
mod killed;
