//! Tests that need more of the machine than the others, such as root. `cargo xtask test --full` runs them.

#[cfg(target_os = "linux")]
mod out_of_memory;
mod postgres;
