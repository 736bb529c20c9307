//! Reads the files that configure the client.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// The largest of these files, in bytes. One without an end, such as a link to a device, must not fill the memory.
const LARGEST: u64 = 16 << 20;

/// Reads a whole file.
pub(crate) fn read_small_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut file = File::open(path)?.take(LARGEST);
    file.read_to_end(&mut bytes)?;
    match file.limit() {
        0 => Err(io::Error::other("the file is too large for settings")),
        _ => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_an_end_is_an_error() {
        let error = read_small_file(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(error.to_string(), "the file is too large for settings");
        read_small_file(Path::new("/dev/null")).unwrap();
    }
}
