//! Finding out what dbt is going to run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dbt_manifest::{Manifest, RunResults};

use super::fresh::is_fresh;
use crate::dbt::{CommandLine, DbtArgs, PROFILES_FILE, Project};
use crate::engine;
use crate::hooks::run::HookOptions;
use crate::model::Stopper;
use crate::observe::{Observer, Unobserved};
use crate::request::{Attempt, FlowChoice, ProcessEnv, Request};
use crate::selection::{SelectionFlags, command_of, selected};

/// What dbt is going to run.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    /// The nodes, in the order of their unique ids; none when the command selects none, or when it cannot be known.
    pub(crate) node_ids: Vec<String>,
    /// The manifest that they are from.
    pub(crate) manifest: Option<Arc<Manifest>>,
}

impl Schedule {
    /// Finds out what the invocation is going to run. What goes wrong is a warning, and leaves the schedule empty.
    pub(crate) async fn of(
        request: &Request,
        options: &HookOptions,
        observer: &Arc<dyn Observer>,
        stopper: &Stopper,
    ) -> Self {
        match find_out(request, options, stopper).await {
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
    request: &Request,
    options: &HookOptions,
    stopper: &Stopper,
) -> Result<Option<Schedule>, String> {
    // A repetition repeats what the first attempt was asked for.
    let asked = request.asked();
    let flags = SelectionFlags::from_env(asked);
    if command_of(asked, &flags).is_none() {
        return Ok(None);
    }
    let places = Places::of(request, &DbtArgs::of(asked)).map_err(|error| error.to_string())?;
    let manifest = match &options.manifest {
        Some(manifest) => Arc::clone(manifest),
        None => Arc::new(places.manifest(request, options, &flags, stopper).await?),
    };
    let node_ids = match &request.attempt.scheduled {
        Some(scheduled) => scheduled.clone(),
        None => selected(&manifest, asked, &places.project)?.unwrap_or_default(),
    };
    Ok(Some(Schedule {
        node_ids,
        manifest: Some(manifest),
    }))
}

/// Where the project and its profiles.yml are.
struct Places {
    project: Project,
    profiles: Option<PathBuf>,
}

impl Places {
    fn of(request: &Request, args: &DbtArgs) -> Result<Self, crate::outcome::Error> {
        let around = ProcessEnv::from_env()?;
        let project = request.project(args, &around.cwd);
        let profiles = request.profiles_dir(args, &around);
        Ok(Self {
            project,
            profiles: profiles.map(|dir| dir.join(PROFILES_FILE)),
        })
    }

    /// The manifest in the target folder if it is up to date, else the one that `dbt parse` writes.
    async fn manifest(
        &self,
        request: &Request,
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
        parse(request, stopper).await?;
        read_manifest(target)
    }
}

fn read_manifest(target: &Path) -> Result<Manifest, String> {
    let path = target.join("manifest.json");
    let bytes = fs_err::read(&path).map_err(|error| error.to_string())?;
    Manifest::from_vec(bytes).map_err(|error| format!("{}: {error}", path.display()))
}

/// Runs `dbt parse` with what decides how the project is read, unseen and unreported.
async fn parse(request: &Request, stopper: &Stopper) -> Result<(), String> {
    let journals = tempfile::tempdir().map_err(|error| error.to_string())?;
    let line = parse_line(request.asked().clone());
    let mut parse = request.clone().with_args(line.to_words());
    parse.attempt = Attempt::default();
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

/// Flags that decide how dbt reads a project.
const PARSE_FLAGS: [&str; 7] = [
    "--vars",
    "--target",
    "--profile",
    "--project-dir",
    "--profiles-dir",
    "--target-path",
    "--log-path",
];

/// `dbt parse` of the project as a command line reads it.
fn parse_line(mut line: CommandLine) -> CommandLine {
    line.reduce("parse", &PARSE_FLAGS);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_is_parsed_for_the_same_target() {
        for (line, wanted) in [
            ("build -tprod", "parse -tprod"),
            ("build -xtprod -s a b --vars {}", "parse -tprod --vars {}"),
            (
                "--target=dev build --threads 4 --profile p",
                "parse --target=dev --profile p",
            ),
        ] {
            let words: Vec<&str> = line.split(' ').collect();
            let parsed = parse_line(CommandLine::parse(&words));
            assert_eq!(parsed.to_words().join(" "), wanted);
        }
    }
}
