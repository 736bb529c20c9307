//! Runs the command: reads the inputs, makes the plan, and prints it.

use std::io::{IsTerminal as _, Write};
use std::panic::resume_unwind;
use std::path::Path;

use super::args::{Form, PlanArgs};
use super::files::project_files;
use super::text;
use crate::cli::ls::{Evaluated, LsArgs, LsError, Place, evaluate, exit_code};
use crate::dbt::{
    CommandLine, PROFILES_FILE, Project, find_profiles_dir, read_config_text, written_at,
};
use crate::history::{History, selection};
use crate::plan::{Durations, FoundFile, Inputs, RunPlan, stale_files};
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
    let selected = LsArgs::of_dbt(&line, args.state.clone(), args.manifest.clone())?;
    let place = Place::of(&selected)?;
    std::thread::scope(|scope| {
        // The manifest is read at the same time.
        let known = scope.spawn(|| Known::of(args, &line, &place));
        evaluate(&selected, &place, err, |found| {
            let known = known.join().unwrap_or_else(|panic| resume_unwind(panic));
            let plan = known.plan(&line, &place.project, &found);
            let text = match args.output {
                Form::Json => serde_json::to_string(&plan).map_err(std::io::Error::from)? + "\n",
                Form::Text => text::of(&plan, width()),
            };
            out.write_all(text.as_bytes())?;
            out.flush()?;
            Ok(())
        })
    })
}

/// What a plan is made from, beside the manifest and the selection.
struct Known {
    durations: Durations,
    /// The files of the project.
    files: Vec<FoundFile>,
    /// The text of profiles.yml.
    profiles: String,
}

impl Known {
    fn of(args: &PlanArgs, line: &CommandLine, place: &Place) -> Self {
        let Place { process, project } = place;
        let given = line.value("--profiles-dir").map(Path::new);
        let profiles = find_profiles_dir(given, &process.cwd, process.home.as_deref());
        let folder = args.journal_dir.clone();
        let folder = folder.unwrap_or_else(|| project.root.join(JOURNAL_DIR));
        let history = History::of(&folder, project, line, profiles.as_deref());
        let profiles = profiles.and_then(|dir| read_config_text(&dir.join(PROFILES_FILE)).ok());
        Self {
            durations: Durations::of(&history.runs_to_expect(selection(line))),
            files: match project.exists {
                true => project_files(project),
                false => Vec::new(),
            },
            profiles: profiles.unwrap_or_default(),
        }
    }

    fn plan(&self, line: &CommandLine, project: &Project, found: &Evaluated<'_, '_>) -> RunPlan {
        let manifest = found.graph.manifest();
        let stale = match project.exists {
            true => {
                let name = project.name.as_deref();
                stale_files(manifest, name, &self.files, written_at(manifest))
            }
            false => Vec::new(),
        };
        let inputs = Inputs {
            command: found.command,
            graph: found.graph,
            selection: found.selection,
            durations: &self.durations,
            threads: self.threads(line, project),
            freshness_hooks: project.flags.source_freshness_run_project_hooks,
        };
        RunPlan::new(inputs, stale)
    }

    /// The number of dbt's threads: that of the command line, else that of the output in profiles.yml.
    fn threads(&self, line: &CommandLine, project: &Project) -> usize {
        let given = line
            .value("--threads")
            .and_then(|threads| threads.parse().ok());
        let flags = SelectionFlags::from_env(line);
        let of_output = || {
            OutputChoice::of(project, &flags)
                .ok()?
                .threads(&self.profiles)
        };
        given.or_else(of_output).unwrap_or(DEFAULT_THREADS)
    }
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
