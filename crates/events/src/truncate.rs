//! Truncates the long strings of a JSON line while it is read, so that a line of any length stays valid JSON in bounded
//! memory.

/// The maximum length of a string value, in bytes. dbt's header fields, names and ids are far shorter.
const LONGEST_STRING: usize = 16 * 1024;

/// Appended to a truncated string.
const MARK: &[u8] = b"... [truncated]";

/// A streaming filter: copies JSON text and truncates its long strings. Text that is not JSON is copied up to the limit.
#[derive(Debug)]
pub(crate) struct JsonTruncator {
    out: Vec<u8>,
    limit: usize,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Outside,
    /// Within a string, of which this many bytes are kept.
    Inside(usize),
    /// Within a string, after a backslash.
    Escaped(usize),
    /// Within the part of a string that is dropped.
    Dropping,
    /// Within that part, after a backslash.
    DroppingEscaped,
}

impl JsonTruncator {
    /// A filter whose output has at most `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            out: Vec::new(),
            limit,
            state: State::Outside,
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            let keep = self.step(byte);
            if keep && self.out.len() < self.limit {
                self.out.push(byte);
            }
        }
    }

    /// The shortened line.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.out
    }

    /// Updates the state for the next byte. Returns whether the byte is kept.
    fn step(&mut self, byte: u8) -> bool {
        use State::*;
        let (next, keep) = match (self.state, byte) {
            (Outside, b'"') => (Inside(0), true),
            (Outside, _) => (Outside, true),
            (Inside(_), b'"') | (Dropping, b'"') => (Outside, true),
            (Inside(kept), _) if kept >= LONGEST_STRING && self.may_cut_before(byte) => {
                self.out.extend_from_slice(MARK);
                (
                    if byte == b'\\' {
                        DroppingEscaped
                    } else {
                        Dropping
                    },
                    false,
                )
            }
            (Inside(kept), b'\\') => (Escaped(kept + 1), true),
            (Inside(kept) | Escaped(kept), _) => (Inside(kept + 1), true),
            (Dropping, b'\\') => (DroppingEscaped, false),
            (Dropping | DroppingEscaped, _) => (Dropping, false),
        };
        self.state = next;
        keep
    }

    /// Not within a character, within a `\u` escape or between the halves of a surrogate pair. An escaped backslash before a `u`
    /// looks like an escape; then the string is truncated a few bytes later.
    fn may_cut_before(&self, byte: u8) -> bool {
        if !(byte.is_ascii() || byte >= 0xc0) {
            return false;
        }
        let tail = &self.out[self.out.len().saturating_sub(6)..];
        let escape = tail
            .iter()
            .rposition(|&kept| kept == b'\\')
            .map(|at| &tail[at + 1..]);
        match escape {
            Some(
                [
                    b'u',
                    b'd' | b'D',
                    b'8' | b'9' | b'a' | b'A' | b'b' | b'B',
                    _,
                    _,
                ],
            ) => false,
            Some([b'u', hex @ ..]) => hex.len() >= 4,
            _ => true,
        }
    }
}
