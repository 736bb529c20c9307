//! Reads dbt's output line by line.

use std::io::{ErrorKind, Read};

use dbt_events::{LineSplitter, RawLine};

/// Bytes for one read: the usual capacity of a pipe.
const CHUNK: usize = 64 * 1024;

/// Calls `on_line` for every line of `pipe`, until the pipe ends or fails.
pub(crate) fn pump(mut pipe: impl Read, mut on_line: impl FnMut(RawLine<'_>)) {
    let mut splitter = LineSplitter::default();
    let mut chunk = vec![0; CHUNK];
    loop {
        match pipe.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => splitter.push(&chunk[..read], &mut on_line),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => {
                tracing::debug!(%error, "cannot read dbt's output any more");
                break;
            }
        }
    }
    splitter.finish(on_line);
}
