//! From flags to lines.

use std::io::{self, BufWriter, Write};
use std::mem::ManuallyDrop;

use super::args::LsArgs;
use super::project::Project;
use super::{inputs, lines};
use crate::model::exit;
use anyhow::{anyhow, bail};
use dbt_selector::{Command, Context, NodeFilter, Request, SelectionGraph};

/// Prints what is selected to `out`, and warnings and errors to `err`. Gives back the exit code.
pub(crate) fn run(args: &LsArgs, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    match list(args, &mut BufWriter::new(out), err) {
        Ok(()) => exit::SUCCESS,
        Err(error) if is_broken_pipe(&error) => exit::SUCCESS,
        Err(error) => {
            // Nobody is left to tell if this fails.
            let _ = writeln!(err, "error: {error:#}");
            exit::CANNOT_RUN
        }
    }
}

fn list(args: &LsArgs, out: &mut dyn Write, err: &mut dyn Write) -> anyhow::Result<()> {
    let (command, request) = request(args)?;
    let project = Project::find(args)?;
    // The manifest is large and the process about to end: nobody has to tidy it up.
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
        .map_err(|errors| anyhow!("{errors}"))?;
    if !args.quiet {
        for warning in selection.warnings() {
            writeln!(err, "warning: {warning}")?;
        }
    }
    lines::write(out, args, command, &graph, &selection)?;
    out.flush()?;
    Ok(())
}

/// The command to answer for, and what the flags select for it.
fn request(args: &LsArgs) -> anyhow::Result<(Command, Request)> {
    let command = Command::from_name(&args.command).ok_or_else(|| {
        let names = Command::ALL.map(Command::as_str).join(", ");
        anyhow!(
            "`{}` is no command of dbt that selects nodes\n  hint: commands are {names}",
            args.command
        )
    })?;
    let only_models = command == Command::List && !args.models.is_empty();
    if only_models && !args.select.is_empty() {
        bail!("--models and --select exclude each other");
    }
    if only_models && !args.resource_type.is_empty() {
        bail!("--models and --resource-type exclude each other");
    }
    let filter = match only_models {
        true => NodeFilter::models(),
        false => NodeFilter::new(command, &args.resource_type, &args.exclude_resource_type)?,
    };
    let mut request = Request::new(filter);
    request.select = [args.select.as_slice(), &args.models].concat();
    request.exclude.clone_from(&args.exclude);
    request.selector.clone_from(&args.selector);
    request.mode = args.indirect_selection.into();
    Ok((command, request))
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
