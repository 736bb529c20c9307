//! Reading a pipe of dbt's, line by line.

use std::io::{ErrorKind, Read};

use dbt_events::{LineSplitter, RawLine};

/// A pipe's usual capacity: one read empties it.
const CHUNK: usize = 64 * 1024;

/// Hands out every line of `pipe` until it ends. A pipe that breaks has ended.
pub(crate) fn pump(mut pipe: impl Read, mut on_line: impl FnMut(RawLine<'_>)) {
    let mut splitter = LineSplitter::default();
    let mut chunk = vec![0; CHUNK];
    loop {
        match pipe.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => splitter.push(&chunk[..read], &mut on_line),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => {
                tracing::debug!(%error, "a pipe of dbt's broke");
                break;
            }
        }
    }
    splitter.finish(on_line);
}
