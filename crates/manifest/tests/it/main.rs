//! Integration tests of the artifact models.

#![expect(clippy::unwrap_used, reason = "what cannot be read fails the test")]

mod artifacts;
mod mistakes;
mod old;
mod robust;
