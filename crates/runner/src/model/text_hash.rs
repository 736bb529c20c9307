//! A short hash of texts, where they must be compared and not be kept.

use sha2::{Digest as _, Sha256};

/// The first eight bytes of the SHA-256 hash of texts, as hexadecimal digits. The lengths count: `["a", "b"]` is not `["ab"]`.
pub(crate) fn text_hash<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text);
    }
    let bytes = hasher.finalize();
    bytes[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
