//! Splitting of bytes into lines.

use dbt_events::{Line, LineSplitter, decode};
use proptest::prelude::*;

/// The lines of a stream that arrives in chunks, and whether each is truncated.
fn split(chunks: &[&[u8]], limit: usize) -> Vec<(String, bool)> {
    let (mut splitter, mut lines) = (LineSplitter::new(limit), Vec::new());
    for chunk in chunks {
        splitter.push(chunk, |line| {
            lines.push((line.text.into_owned(), line.truncated))
        });
    }
    splitter.finish(|line| lines.push((line.text.into_owned(), line.truncated)));
    lines
}

#[test]
fn line_ends_and_invalid_utf8() {
    let lines = split(&[b"a\r\n\nb\xff\n", b"\xc3", b"\xa9"], 100);
    let texts: Vec<_> = lines.iter().map(|(text, _)| text.as_str()).collect();
    assert_eq!(texts, ["a", "", "b\u{fffd}", "é"]);
}

fn huge(filler: &str, count: usize) -> String {
    let sql = filler.repeat(count);
    format!(
        r#"{{"data": {{"node_info": {{"unique_id": "model.a.b", "node_status": "executing"}}, "sql": "{sql}"}}, "info": {{"level": "debug", "msg": "On model.a.b: {sql}", "name": "SQLQuery", "ts": "2026-01-01T12:00:00Z"}}}}"#
    )
}

#[test]
fn a_line_above_the_limit_keeps_its_header_and_its_node() {
    const LIMIT: usize = 100_000;
    for filler in [
        "select 1 ",
        "\\\"\\\\",
        "\\ud83d\\ude00",
        "é😀",
        "\\\\u",
        "x\\n",
    ] {
        let line = huge(filler, 200_000);
        assert!(line.len() > 2 * LIMIT);
        for size in [1_000, 65_536, line.len()] {
            let chunks: Vec<&[u8]> = line.as_bytes().chunks(size).collect();
            let lines = split(&chunks, LIMIT);
            let [(text, true)] = &lines[..] else {
                panic!("one line, cut")
            };
            assert!(text.len() <= LIMIT);
            let Line::Event(event) = decode(text) else {
                panic!("{filler}: no event")
            };
            assert_eq!(event.raw_name(), "SQLQuery");
            assert!(event.message().ends_with("... [truncated]"), "{filler}");
            assert_eq!(&*event.node_info().unwrap().unique_id, "model.a.b");
        }
    }
}

#[test]
fn a_long_line_that_is_not_json_keeps_its_beginning() {
    let lines = split(&["word ".repeat(1_000).as_bytes(), b"\nnext"], 100);
    assert_eq!(lines[0], ("word ".repeat(20), true));
    assert_eq!(lines[1], ("next".to_owned(), false));
}

proptest! {
    #[test]
    fn chunks_make_no_difference(bytes: Vec<u8>, ends in proptest::collection::vec(0..200_usize, 0..20), size in 1..50_usize) {
        let mut bytes = bytes;
        for end in ends {
            if end < bytes.len() {
                bytes[end] = b'\n';
            }
        }
        for limit in [16, 1_000] {
            let chunked = split(&bytes.chunks(size).collect::<Vec<_>>(), limit);
            prop_assert_eq!(&chunked, &split(&[&bytes], limit));
        }
    }
}
