//! How a program watches a run.

mod observer;

pub use observer::{Observer, Unobserved};
