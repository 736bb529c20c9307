//! Tests of the program and the library as users see them.

mod live;
mod ls;
mod track;
