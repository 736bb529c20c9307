//! Prints a selection.

use std::io::{self, Write};

use dbt_selector::{
    Command, Queue, Selection, SelectionGraph, json_line, name_line, selector_line,
};

use super::args::{LsArgs, Output};

/// Writes the selection in the format of `--output`.
pub(super) fn write<'m>(
    out: &mut dyn Write,
    args: &LsArgs,
    command: Command,
    graph: &SelectionGraph<'m>,
    selection: &Selection<'m>,
) -> io::Result<()> {
    if args.output == Output::Queue {
        serde_json::to_writer(&mut *out, &Queue::new(graph, selection, command))?;
        return writeln!(out);
    }
    for node in selection.nodes() {
        match args.output {
            Output::Selector | Output::Queue => writeln!(out, "{}", selector_line(node))?,
            Output::Name => writeln!(out, "{}", name_line(node))?,
            Output::Path => writeln!(out, "{}", node.original_file_path)?,
            Output::Json => writeln!(
                out,
                "{}",
                json_line(node, &args.output_keys, graph.dialect())
            )?,
        }
    }
    Ok(())
}
