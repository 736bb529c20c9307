//! Path segments of URLs.

use std::fmt::Write as _;

/// One path segment. All characters are percent-encoded except letters, digits and `-._~`.
pub(crate) fn segment(text: &str) -> String {
    text.bytes().fold(String::new(), |mut path, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            path.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(path, "%{byte:02X}");
        }
        path
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_is_one_segment() {
        assert_eq!(super::segment("a-b_c.d~"), "a-b_c.d~");
        assert_eq!(super::segment("a/b ?ü"), "a%2Fb%20%3F%C3%BC");
    }
}
