//! Integration tests of the artifact models.

#![expect(
    clippy::unwrap_used,
    reason = "an artifact that cannot be read fails the test"
)]

mod artifacts;
mod messages;
mod old;
mod robust;
