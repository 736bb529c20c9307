//! The reference of selections as plain text, for a terminal.

/// Plain text of Markdown that has headings, paragraphs, lists, code blocks and tables of two columns. The names of methods
/// (headings of the third level) begin the paragraph that follows. Paragraphs are not wrapped.
pub(super) fn plain(markdown: &str) -> String {
    let mut blocks = Vec::new();
    let mut method = None;
    for block in markdown.trim_end().split("\n\n") {
        if let Some(name) = block.strip_prefix("### ") {
            method = Some(name);
            continue;
        }
        let text = plain_block(block);
        blocks.push(match method.take() {
            Some(name) => format!("{name} {text}"),
            None => text,
        });
    }
    blocks.join("\n\n")
}

fn plain_block(block: &str) -> String {
    match block.as_bytes() {
        [b'#', ..] => format!("{}:", block.trim_start_matches(['#', ' '])),
        [b'|', ..] => table(block),
        [b'`', b'`', ..] => {
            let lines = block.lines().filter(|line| !line.starts_with("```"));
            lines
                .map(|line| format!("  {line}"))
                .collect::<Vec<_>>()
                .join("\n")
        }
        [b'-', ..] => block.to_owned(),
        _ => block.replace('\n', " "),
    }
}

/// The rows of a table without its head, as two aligned columns.
fn table(block: &str) -> String {
    let rows = block.lines().skip(2);
    let cells = rows.filter_map(|row| row.trim_matches(['|', ' ']).split_once(" | "));
    let rows: Vec<(&str, &str)> = cells.collect();
    let width = rows.iter().map(|(first, _)| first.chars().count()).max();
    let width = width.unwrap_or_default();
    let lines = rows
        .iter()
        .map(|(first, second)| format!("  {first:<width$}  {second}"));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_plain_text() {
        let markdown = "# Select\n\n```\n-s a\n```\n\n- one\n- two\n\nA paragraph\nof two lines.\n\n\
                        ### `tag:`\n\nNodes with the tag.\n\n| is | does |\n| --- | --- |\n| `a` | one |\n| `a+` | two |\n";
        let text = "Select:\n\n  -s a\n\n- one\n- two\n\nA paragraph of two lines.\n\n\
                    `tag:` Nodes with the tag.\n\n  `a`   one\n  `a+`  two";
        assert_eq!(plain(markdown), text);
    }
}
