//! The client against servers: a scripted one for what a real one does not do on request, and a real one.

mod bodies;
mod live;
mod places;
mod transport;
