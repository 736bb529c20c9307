//! Integration tests of the selection language.

mod differential;
