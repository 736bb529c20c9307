//! The client against scripted servers, for what a real server does not do on request, and against a real server.

mod bodies;
mod live;
mod no_response;
mod places;
mod transport;
