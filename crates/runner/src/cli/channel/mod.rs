//! The channel to the Python package: the socket at standard input, over which the program that started us gets log lines,
//! hook calls and the result. `docs/python-channel.md` describes it.

mod connection;
mod message;
mod observer;
mod outbox;
mod remote_hooks;
mod run;

pub(super) use run::run;
