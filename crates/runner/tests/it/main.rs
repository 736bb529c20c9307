//! Tests of the program and the library as users see them.

mod live;
mod track;
