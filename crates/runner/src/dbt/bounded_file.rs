//! Reads files into memory, up to a size. A file without an end, such as a link to a device, must not fill the memory.

use std::fs::File;
use std::io::{self, Read as _, Take};
use std::path::Path;

/// The largest file that a person writes (dbt_project.yml, profiles.yml, selectors.yml), in bytes.
const LARGEST_CONFIG: u64 = 16 << 20;
/// The largest artifact, in bytes. dbt needs many times that memory to write it.
const LARGEST_ARTIFACT: u64 = 2 << 30;

/// Reads a file that a person writes.
pub(crate) fn read_config(path: &Path) -> io::Result<Vec<u8>> {
    read(path, LARGEST_CONFIG)
}

/// Reads a text that a person writes.
pub(crate) fn read_config_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let size = open(path, LARGEST_CONFIG)?.read_to_string(&mut text)?;
    check(size, LARGEST_CONFIG).map(|()| text)
}

/// Reads an artifact of dbt.
pub(crate) fn read_artifact(path: &Path) -> io::Result<Vec<u8>> {
    read(path, LARGEST_ARTIFACT)
}

/// Opens an artifact of dbt, to read it piece by piece. It ends where it gets too large.
pub(crate) fn open_artifact(path: &Path) -> io::Result<impl io::Read> {
    open(path, LARGEST_ARTIFACT)
}

fn read(path: &Path, largest: u64) -> io::Result<Vec<u8>> {
    let size = std::fs::metadata(path)?.len().min(largest);
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    let size = open(path, largest)?.read_to_end(&mut bytes)?;
    check(size, largest).map(|()| bytes)
}

fn open(path: &Path, largest: u64) -> io::Result<Take<File>> {
    Ok(File::open(path)?.take(largest + 1))
}

fn check(size: usize, largest: u64) -> io::Result<()> {
    match u64::try_from(size).is_ok_and(|size| size <= largest) {
        true => Ok(()),
        false => Err(io::Error::other(format!(
            "the file is larger than {} MiB",
            largest >> 20
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_an_end_is_an_error() {
        let endless = Path::new("/dev/zero");
        for error in [
            read_config(endless).unwrap_err(),
            read_config_text(endless).unwrap_err(),
        ] {
            assert_eq!(error.to_string(), "the file is larger than 16 MiB");
        }
        assert!(read(endless, 1000).is_err());
    }

    #[test]
    fn a_file_of_the_largest_size_is_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "12345").unwrap();
        assert_eq!(read(file.path(), 5).unwrap(), b"12345");
        assert!(read(file.path(), 4).is_err());
        assert_eq!(read_config_text(file.path()).unwrap(), "12345");
        assert_eq!(read_artifact(file.path()).unwrap(), b"12345");
    }
}
