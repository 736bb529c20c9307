//! Runs the command: reads the inputs, selects, and prints.

use std::io::{BufWriter, Write};
use std::mem::ManuallyDrop;

use super::args::LsArgs;
use super::error::LsError;
use super::{inputs, lines};
use crate::cli::error_report::ErrorReport;
use crate::dbt::Project;
use crate::model::exit_codes;
use crate::request::ProcessEnv;
use dbt_selector::{Command, Context, Dialect, NodeFilter, Request, Selection, SelectionGraph};

/// Prints the selected nodes to `out`, warnings and errors to `err`. Returns the exit code.
pub(crate) fn run(args: &LsArgs, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let listed = list(args, &mut BufWriter::new(out), err);
    exit_code(listed, err)
}

/// The exit code of a result, whose error is written to `err`. A closed stdout is no error.
pub(crate) fn exit_code(result: Result<(), LsError>, err: &mut dyn Write) -> u8 {
    match result {
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
    evaluate(args, &Place::of(args)?, err, |found| {
        lines::write(out, args, found.command, found.graph, found.selection)?;
        out.flush()?;
        Ok(())
    })
}

/// Where nodes are selected.
pub(crate) struct Place {
    pub(crate) process: ProcessEnv,
    pub(crate) project: Project,
}

impl Place {
    /// The environment of this process, and the project of the arguments.
    ///
    /// # Errors
    /// There is no project and no manifest is given, or dbt_project.yml cannot be read.
    pub(crate) fn of(args: &LsArgs) -> Result<Self, LsError> {
        let process = ProcessEnv::from_env()?;
        Ok(Self {
            project: inputs::project(args, &process.cwd)?,
            process,
        })
    }
}

/// What was selected, and from what.
pub(crate) struct Evaluated<'a, 'm> {
    pub(crate) command: Command,
    pub(crate) graph: &'a SelectionGraph<'m>,
    pub(crate) selection: &'a Selection<'m>,
}

/// Reads the manifest and the other inputs, selects, and passes the result on. Warnings go to `err`.
pub(crate) fn evaluate(
    args: &LsArgs,
    place: &Place,
    err: &mut dyn Write,
    then: impl FnOnce(Evaluated<'_, '_>) -> Result<(), LsError>,
) -> Result<(), LsError> {
    let command = command(args)?;
    let project = &place.project;
    let selectors = inputs::selectors_file(args, project, &place.process)?;
    // The manifest is large and the process ends soon: freeing it would only take time.
    let manifest = ManuallyDrop::new(inputs::manifest(args, project)?);
    if let Some(newer) = manifest.newer_version().filter(|_| !args.quiet) {
        writeln!(err, "warning: {newer}")?;
    }
    let graph = SelectionGraph::new(&manifest);
    let request = request(args, command, graph.dialect())?;
    let selectors = selectors.read(args.indirect_selection.into(), graph.dialect())?;
    let state = inputs::state(args, project)?;
    let files = inputs::files(args, project)?;

    let mut context = Context::default();
    context.files = files.as_deref();
    context.state = Some(&state);
    context.selectors = Some(&selectors);
    let selection = request
        .select(&graph, &context)
        .map_err(|errors| LsError::Selection(errors.into()))?;
    let warnings = selection.warnings();
    if args.warn_error && !warnings.is_empty() {
        let warnings = warnings.iter().map(ToString::to_string).collect();
        return Err(LsError::Warnings(warnings));
    }
    if !args.quiet {
        for warning in warnings {
            writeln!(err, "warning: {warning}")?;
        }
    }
    then(Evaluated {
        command,
        graph: &graph,
        selection: &selection,
    })
}

/// The dbt command, for which the flags must fit together.
fn command(args: &LsArgs) -> Result<Command, LsError> {
    let command = Command::from_name(&args.command).ok_or_else(|| LsError::Command {
        name: args.command.clone(),
    })?;
    let exclusive = |second| LsError::Exclusive {
        first: "--models",
        second,
    };
    let only_models = is_only_models(args, command);
    if only_models && !args.select.is_empty() {
        return Err(exclusive("--select"));
    }
    if only_models && !args.resource_type.is_empty() {
        return Err(exclusive("--resource-type"));
    }
    Ok(command)
}

/// The selection of the flags for a command.
fn request(args: &LsArgs, command: Command, dialect: Dialect) -> Result<Request, LsError> {
    let filter = match is_only_models(args, command) {
        true => NodeFilter::models(),
        false => {
            let (include, exclude) = (&args.resource_type, &args.exclude_resource_type);
            NodeFilter::new(command, include, exclude, dialect)
                .map_err(|error| LsError::Selection(error.into()))?
        }
    };
    let mut request = Request::new(filter);
    request.select = [args.select.as_slice(), &args.models].concat();
    request.exclude.clone_from(&args.exclude);
    request.selector.clone_from(&args.selector);
    request.mode = args.indirect_selection.into();
    Ok(request)
}

/// Whether `--models` is given to `ls`, which then lists no other nodes.
fn is_only_models(args: &LsArgs, command: Command) -> bool {
    command == Command::List && !args.models.is_empty()
}
