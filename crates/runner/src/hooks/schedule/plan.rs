//! Finding out what dbt is going to run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dbt_manifest::{Manifest, RunResults};
use dbt_selector::Command;

use super::flags::SelectionFlags;
use super::fresh::is_fresh;
use super::nodes::{read_state, scheduled};
use crate::args::DbtArgs;
use crate::engine;
use crate::hooks::HookOptions;
use crate::invocation::{FlowChoice, Invocation};
use crate::observer::{Observer, Unobserved};
use crate::profiles::PROFILES_FILE;
use crate::project::Project;
use crate::stop::Stopper;
use crate::surroundings::Surroundings;

/// What dbt is going to run.
#[derive(Debug, Default)]
pub(in crate::hooks) struct Schedule {
    /// The nodes, in the order of their unique ids; none when the command selects none, or when it cannot be known.
    pub(in crate::hooks) node_ids: Vec<String>,
    /// The manifest that they are from.
    pub(in crate::hooks) manifest: Option<Arc<Manifest>>,
}

impl Schedule {
    /// Finds out what the invocation is going to run. What goes wrong is a warning, and leaves the schedule empty.
    pub(in crate::hooks) async fn of(
        invocation: &Invocation,
        options: &HookOptions,
        observer: &Arc<dyn Observer>,
        stopper: &Stopper,
    ) -> Self {
        match find_out(invocation, options, stopper).await {
            Ok(schedule) => schedule.unwrap_or_default(),
            Err(problem) => {
                observer.on_warning(&format!(
                    "hooks of the run's start do not learn what is scheduled: {problem}"
                ));
                Self::default()
            }
        }
    }
}

async fn find_out(
    invocation: &Invocation,
    options: &HookOptions,
    stopper: &Stopper,
) -> Result<Option<Schedule>, String> {
    // A repetition repeats what the first attempt was asked for.
    let attempt = &invocation.attempt;
    let asked = attempt.original.as_ref().unwrap_or(&invocation.args);
    let args = DbtArgs::parse(asked);
    let flags = SelectionFlags::from_env(asked);
    if command_of(&args, &flags).is_none() {
        return Ok(None);
    }
    let places = Places::of(invocation, &args).map_err(|error| error.to_string())?;
    let manifest = match &options.manifest {
        Some(manifest) => Arc::clone(manifest),
        None => Arc::new(
            places
                .manifest(invocation, options, &flags, stopper)
                .await?,
        ),
    };
    let node_ids = match &attempt.scheduled {
        Some(scheduled) => scheduled.clone(),
        None => selected(&manifest, asked, &places.project)?.unwrap_or_default(),
    };
    Ok(Some(Schedule {
        node_ids,
        manifest: Some(manifest),
    }))
}

/// The nodes that dbt runs when it is called with these arguments, in the order of their unique ids; `None` for commands
/// that select none.
pub(crate) fn selected(
    manifest: &Manifest,
    args: &[String],
    project: &Project,
) -> Result<Option<Vec<String>>, String> {
    let flags = SelectionFlags::from_env(args);
    let Some(command) = command_of(&DbtArgs::parse(args), &flags) else {
        return Ok(None);
    };
    let state = flags.state.as_ref().map(|dir| project.root.join(dir));
    let state = read_state(state.as_deref(), &project.target);
    scheduled(manifest, command, &flags, &state).map(Some)
}

/// Whether the arguments or the environment name a folder of state.
pub(crate) fn names_state(args: &[String]) -> bool {
    SelectionFlags::from_env(args).state.is_some()
}

/// The command, if it runs nodes of the manifest.
fn command_of(args: &DbtArgs, flags: &SelectionFlags) -> Option<Command> {
    Command::from_name(&args.command).filter(|command| *command != Command::List && !flags.beyond)
}

/// Where the project and its profiles.yml are.
struct Places {
    project: Project,
    profiles: Option<PathBuf>,
}

impl Places {
    fn of(invocation: &Invocation, args: &DbtArgs) -> Result<Self, crate::Error> {
        let around = Surroundings::from_env()?;
        let project = engine::project(invocation, args, &around.cwd);
        let profiles = engine::profiles_dir(invocation, args, &around);
        Ok(Self {
            project,
            profiles: profiles.map(|dir| dir.join(PROFILES_FILE)),
        })
    }

    /// The manifest in the target folder if it is up to date, else the one that `dbt parse` writes.
    async fn manifest(
        &self,
        invocation: &Invocation,
        options: &HookOptions,
        flags: &SelectionFlags,
        stopper: &Stopper,
    ) -> Result<Manifest, String> {
        let Project { root, target, .. } = &self.project;
        let results = fs_err::read(target.join("run_results.json"))
            .ok()
            .and_then(|bytes| RunResults::from_slice(&bytes).ok());
        let found = read_manifest(target);
        if let Ok(manifest) = found {
            let profiles = self.profiles.as_deref();
            if is_fresh(&manifest, results.as_ref(), flags, root, target, profiles) {
                return Ok(manifest);
            }
        }
        if !options.may_parse {
            return Err(
                "the manifest is not up to date, and `dbt parse` is not allowed".to_owned(),
            );
        }
        parse(invocation, stopper).await?;
        read_manifest(target)
    }
}

fn read_manifest(target: &Path) -> Result<Manifest, String> {
    let path = target.join("manifest.json");
    let bytes = fs_err::read(&path).map_err(|error| error.to_string())?;
    Manifest::from_vec(bytes).map_err(|error| format!("{}: {error}", path.display()))
}

/// Runs `dbt parse` with what decides how the project is read, unseen and unreported.
async fn parse(invocation: &Invocation, stopper: &Stopper) -> Result<(), String> {
    let journals = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut parse = invocation.clone();
    let attempt = std::mem::take(&mut parse.attempt);
    parse.args = parse_args(attempt.original.as_ref().unwrap_or(&invocation.args));
    parse.flow = FlowChoice {
        declined: true,
        ..FlowChoice::default()
    };
    parse.journal_dir = Some(journals.path().to_path_buf());
    let outcome = Box::pin(engine::run(parse, Arc::new(Unobserved), stopper.clone()))
        .await
        .map_err(|error| error.to_string())?;
    match outcome.success {
        true => Ok(()),
        false => Err(outcome
            .run
            .dbt_error
            .unwrap_or_else(|| "`dbt parse` failed".to_owned())),
    }
}

/// `parse`, with those flags of a command that decide how the project is read.
fn parse_args(args: &[String]) -> Vec<String> {
    const KEPT: [&str; 8] = [
        "--vars",
        "--target",
        "-t",
        "--profile",
        "--project-dir",
        "--profiles-dir",
        "--target-path",
        "--log-path",
    ];
    let mut kept = vec!["parse".to_owned()];
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        if KEPT.contains(&arg.as_str()) {
            kept.push(arg.clone());
            kept.extend(args.next().cloned());
        } else if KEPT.iter().any(|flag| {
            arg.strip_prefix(flag)
                .is_some_and(|rest| rest.starts_with('='))
        }) {
            kept.push(arg.clone());
        }
    }
    kept
}
