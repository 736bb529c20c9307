//! The key of an asset.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// The most characters that Prefect accepts in a key.
const MAX_CHARS: usize = 512;
/// How many characters of a longer key are kept before `~` and the hash.
const KEPT_CHARS: usize = 495;
/// How many bytes of the hash are written, as two digits each.
const HASH_BYTES: usize = 8;
/// Characters that Prefect rejects in a key (its list of restricted characters).
const RESTRICTED: &str = "\n\r\t\0 #?&%\"'<>[]{}|\\^`";
/// The scheme when the adapter's name has neither letters nor digits.
const SCHEME: &str = "dbt";

/// The key of a relation: `<adapter type>://<component>/<component>/...`.
///
/// The scheme is the adapter's type without characters that are not allowed in a scheme. In a component, `.`, `/`, `~` and
/// the characters that Prefect rejects become `~` and two hexadecimal digits, so that two relations never share a key. A
/// key that is longer than Prefect accepts ends with a hash of the whole key.
///
/// ```
/// use prefect_dbt::track::assets::asset_key;
/// assert_eq!(asset_key("duckdb", ["shop", "main", "orders"]), "duckdb://shop/main/orders");
/// assert_eq!(asset_key("my_db", ["shop", "a.b", "orders"]), "mydb://shop/a~2eb/orders");
/// ```
pub fn asset_key<S: AsRef<str>>(
    adapter_type: &str,
    components: impl IntoIterator<Item = S>,
) -> String {
    let mut key: String = adapter_type
        .chars()
        .map(|c| c.to_ascii_lowercase())
        .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        .collect();
    if key.is_empty() {
        key.push_str(SCHEME);
    }
    key.push_str("://");
    for (index, component) in components.into_iter().enumerate() {
        if index > 0 {
            key.push('/');
        }
        for c in component.as_ref().chars() {
            match is_escaped(c) {
                true => push_hex(&mut key, '~', c as u32),
                false => key.push(c),
            }
        }
    }
    shortened(key)
}

/// Why Prefect would reject the key, if it would.
pub(super) fn problem(key: &str) -> Option<String> {
    let scheme = key.split_once("://").map_or("", |(scheme, _)| scheme);
    let is_of_scheme = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if scheme.is_empty() || !scheme.chars().all(is_of_scheme) {
        return Some("it must start with lower-case letters or digits and `://`".to_owned());
    }
    if let Some(c) = key.chars().find(|&c| RESTRICTED.contains(c)) {
        return Some(format!("Prefect does not allow {c:?}"));
    }
    (key.chars().count() > MAX_CHARS).then(|| format!("it has more than {MAX_CHARS} characters"))
}

fn is_escaped(c: char) -> bool {
    matches!(c, '.' | '/' | '~') || RESTRICTED.contains(c)
}

fn shortened(key: String) -> String {
    if key.chars().count() <= MAX_CHARS {
        return key;
    }
    let hash = Sha256::digest(key.as_bytes());
    let mut short: String = key.chars().take(KEPT_CHARS).collect();
    short.push('~');
    for byte in hash.iter().take(HASH_BYTES) {
        // Writing to a string cannot fail.
        let _ = write!(short, "{byte:02x}");
    }
    short
}

fn push_hex(text: &mut String, mark: char, number: u32) {
    // Writing to a string cannot fail.
    let _ = write!(text, "{mark}{number:02x}");
}

#[cfg(test)]
mod tests;
