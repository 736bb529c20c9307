//! The client against scripted servers, for what a real server does not do on request.

mod bodies;
mod no_response;
mod places;
mod transport;
