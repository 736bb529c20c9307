//! Tests of the program and the library as users see them.

mod cli;
mod docs;
mod errors;
#[path = "../support/http_request.rs"]
mod http_request;
mod library;
mod ls;
#[path = "../support/pages.rs"]
mod pages;
mod plan;
mod processes;
mod report;
mod track;
mod volume;
#[path = "../support/written.rs"]
mod written;
