//! Runs the command: reads the inputs, makes the plan, and prints it.

use std::io::{IsTerminal as _, Write};

use super::args::{Form, PlanArgs};
use super::files::project_files;
use super::text;
use crate::cli::ls::{Evaluated, LsArgs, LsError, evaluate, exit_code};
use crate::dbt::{CommandLine, PROFILES_FILE, find_profiles_dir, read_config_text, written_at};
use crate::history::History;
use crate::plan::{Durations, Inputs, RunPlan, stale_files};
use crate::selection::{OutputChoice, SelectionFlags};
use crate::store::JOURNAL_DIR;

/// dbt's number of threads if profiles.yml has none.
const DEFAULT_THREADS: usize = 1;

/// Prints the plan to `out`, warnings and errors to `err`. Returns the exit code.
pub(crate) fn run(args: &PlanArgs, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let planned = print(args, out, err);
    exit_code(planned, err)
}

fn print(args: &PlanArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), LsError> {
    let line = CommandLine::parse(&args.dbt);
    let selection = LsArgs::of_dbt(&line, args.state.clone(), args.manifest.clone())?;
    evaluate(&selection, err, |found| {
        let plan = plan(args, &line, &found);
        let text = match args.output {
            Form::Json => serde_json::to_string(&plan).map_err(std::io::Error::from)? + "\n",
            Form::Text => text::of(&plan, width()),
        };
        out.write_all(text.as_bytes())?;
        out.flush()?;
        Ok(())
    })
}

fn plan(args: &PlanArgs, line: &CommandLine, found: &Evaluated<'_, '_>) -> RunPlan {
    let project = found.project;
    let given = line.value("--profiles-dir").map(std::path::Path::new);
    let profiles = find_profiles_dir(given, &found.process.cwd, found.process.home.as_deref());
    let folder = args.journal_dir.clone();
    let folder = folder.unwrap_or_else(|| project.root.join(JOURNAL_DIR));
    let history = History::of(&folder, project, line, profiles.as_deref());
    let durations = Durations::of(&history.runs());
    let profiles = profiles.and_then(|dir| read_config_text(&dir.join(PROFILES_FILE)).ok());
    let manifest = found.graph.manifest();
    let stale = match project.exists {
        true => {
            let name = project.name.as_deref();
            stale_files(
                manifest,
                name,
                &project_files(project),
                written_at(manifest),
            )
        }
        false => Vec::new(),
    };
    let inputs = Inputs {
        command: found.command,
        graph: found.graph,
        selection: found.selection,
        durations: &durations,
        threads: threads(line, found, &profiles.unwrap_or_default()),
        freshness_hooks: project.flags.source_freshness_run_project_hooks,
    };
    RunPlan::new(inputs, stale)
}

/// The number of dbt's threads: that of the command line, else that of the output in profiles.yml.
fn threads(line: &CommandLine, found: &Evaluated<'_, '_>, profiles: &str) -> usize {
    let given = line
        .value("--threads")
        .and_then(|threads| threads.parse().ok());
    let flags = SelectionFlags::from_env(line);
    let of_output = || {
        OutputChoice::of(found.project, &flags)
            .ok()?
            .threads(profiles)
    };
    given.or_else(of_output).unwrap_or(DEFAULT_THREADS)
}

/// The width of the terminal in columns; `None` if standard output is no terminal.
fn width() -> Option<usize> {
    let out = std::io::stdout();
    if !out.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(out).ok()?;
    Some(size.ws_col.into()).filter(|columns| *columns > 0)
}
