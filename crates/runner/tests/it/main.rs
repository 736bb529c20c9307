//! Tests of the program and the library as users see them.

mod cli;
mod errors;
mod ls;
mod processes;
mod track;
