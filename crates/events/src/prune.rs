//! Cuts the long strings of a JSON line as it streams by, so that a line of any length keeps its shape in bounded memory.

/// A string value longer than this is cut. dbt's envelope, names and ids are far shorter.
const LONGEST_STRING: usize = 16 * 1024;

/// What stands at the end of a string that was cut.
const MARK: &[u8] = b"... [truncated]";

/// A streaming filter: JSON text in, the same JSON text with its long strings cut out. Text that is no JSON passes
/// as it is, up to the limit.
#[derive(Debug)]
pub(crate) struct Pruner {
    out: Vec<u8>,
    limit: usize,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Outside,
    /// In a string; how many bytes of it were kept.
    Inside(usize),
    /// As before, after a backslash.
    Escaped(usize),
    /// In the part of a string that is left out.
    Dropping,
    /// As before, after a backslash.
    DroppingEscaped,
}

impl Pruner {
    /// A pruner that never keeps more than `limit` bytes.
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

    /// What is left of the line.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.out
    }

    /// Moves on by a byte; whether it is to be kept.
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

    /// Never within a character, within a `\u` escape or between the halves of a surrogate pair. An escaped backslash
    /// before a `u` looks like an escape, which only puts the cut off.
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
