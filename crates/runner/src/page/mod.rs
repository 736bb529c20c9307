//! A page about one run: what ran, when, what failed, and what is unusual. Pure.

mod chrome_trace;
mod facts;
mod from_artifacts;
mod from_journal;
mod from_record;
mod from_sources;
mod html;
mod lanes;
mod markdown;
mod run_page;
mod upstream;

pub(crate) use chrome_trace::chrome_trace;
pub(crate) use facts::RunFacts;
pub(crate) use from_artifacts::facts_of_artifacts;
pub(crate) use from_journal::FactsOfJournal;
pub(crate) use from_record::facts_of_record;
pub(crate) use from_sources::facts_of_sources;
pub(crate) use html::html;
pub(crate) use markdown::markdown;
pub(crate) use run_page::Page;

#[cfg(test)]
mod tests;
