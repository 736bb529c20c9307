//! The documentation: its pages name what exists, and its samples are valid.

mod book;
mod samples;
