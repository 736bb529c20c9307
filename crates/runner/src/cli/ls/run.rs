//! Runs the command: reads the inputs, selects, and prints.

use std::io::{BufWriter, Write};
use std::mem::ManuallyDrop;

use super::args::LsArgs;
use super::error::LsError;
use super::project::Project;
use super::{inputs, lines};
use crate::cli::error_report::ErrorReport;
use crate::model::exit_codes;
use dbt_selector::{Command, Context, NodeFilter, Request, SelectionGraph};

/// Prints the selected nodes to `out`, warnings and errors to `err`. Returns the exit code.
pub(crate) fn run(args: &LsArgs, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    match list(args, &mut BufWriter::new(out), err) {
        Ok(()) => exit_codes::SUCCESS,
        Err(error) if error.is_broken_pipe() => exit_codes::SUCCESS,
        Err(error) => {
            let report = ErrorReport::from(error);
            // There is no other place to report a failed write.
            let _ = writeln!(err, "{report}");
            report.exit_code
        }
    }
}

fn list(args: &LsArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), LsError> {
    let (command, request) = request(args)?;
    let project = Project::find(args)?;
    // The manifest is large and the process ends soon: freeing it would only take time.
    let manifest = ManuallyDrop::new(inputs::manifest(args, &project)?);
    let graph = SelectionGraph::new(&manifest);
    let selectors = inputs::selectors(args, &project, graph.dialect())?;
    let state = inputs::state(args, &project)?;
    let files = inputs::files(args, &project)?;

    let mut context = Context::default();
    context.files = files.as_deref();
    context.state = Some(&state);
    context.selectors = Some(&selectors);
    let selection = request
        .select(&graph, &context)
        .map_err(|errors| LsError::Selection(errors.into()))?;
    if !args.quiet {
        for warning in selection.warnings() {
            writeln!(err, "warning: {warning}")?;
        }
    }
    lines::write(out, args, command, &graph, &selection)?;
    out.flush()?;
    Ok(())
}

/// The dbt command, and the selection of the flags for it.
fn request(args: &LsArgs) -> Result<(Command, Request), LsError> {
    let command = Command::from_name(&args.command).ok_or_else(|| LsError::Command {
        name: args.command.clone(),
    })?;
    let exclusive = |second| LsError::Exclusive {
        first: "--models",
        second,
    };
    let only_models = command == Command::List && !args.models.is_empty();
    if only_models && !args.select.is_empty() {
        return Err(exclusive("--select"));
    }
    if only_models && !args.resource_type.is_empty() {
        return Err(exclusive("--resource-type"));
    }
    let filter = match only_models {
        true => NodeFilter::models(),
        false => NodeFilter::new(command, &args.resource_type, &args.exclude_resource_type)
            .map_err(|error| LsError::Selection(error.into()))?,
    };
    let mut request = Request::new(filter);
    request.select = [args.select.as_slice(), &args.models].concat();
    request.exclude.clone_from(&args.exclude);
    request.selector.clone_from(&args.selector);
    request.mode = args.indirect_selection.into();
    Ok((command, request))
}
