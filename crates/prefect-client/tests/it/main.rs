//! The client against a scripted server.

mod bodies;
mod places;
mod transport;
