//! The header of a stored journal, without the rest.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;

use fs_err::File;

use super::journal_entry::{Entry, Header};

/// The longest header, in bytes: it has dbt's arguments.
const LONGEST_HEADER: u64 = 16 << 20;

/// The header of a journal; `None` for a file that does not start with one.
pub(crate) fn read_header(path: &Path) -> io::Result<Option<Header>> {
    let mut line = Vec::new();
    let file = File::open(path)?.take(LONGEST_HEADER);
    BufReader::new(file).read_until(b'\n', &mut line)?;
    Ok(match serde_json::from_slice(&line) {
        Ok(Entry::Header(header)) => Some(*header),
        _ => None,
    })
}
