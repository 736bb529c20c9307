//! Runs whose disk is lost, and runs that only look as if they were.

mod alive;
mod disk;
mod killed;
