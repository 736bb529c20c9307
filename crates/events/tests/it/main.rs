//! Tests of the public interface.

mod decode;
mod lines;
mod otel;
