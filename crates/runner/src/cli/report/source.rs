//! Finds what is known of the run that the page is about.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;

use dbt_manifest::{Manifest, RunResults};
use uuid::Uuid;

use super::args::ReportArgs;
use super::error::PageError;
use crate::dbt::{
    CommandLine, Project, find_profiles_dir, read_artifact, read_manifest, read_sources,
};
use crate::history::{History, RunRecord};
use crate::page::{
    FactsOfJournal, RunFacts, facts_of_artifacts, facts_of_record, facts_of_sources,
};
use crate::request::{PrefectDbtSettings, ProcessEnv};
use crate::store::{Entry, JOURNAL_DIR, JournalFolder, JournalReader};

/// The word for the newest run.
const LATEST: &str = "latest";

/// What a page is made from.
pub(super) struct Source {
    pub(super) facts: RunFacts,
    pub(super) manifest: Option<Arc<Manifest>>,
    /// The runs of the target, the oldest first.
    pub(super) history: Vec<RunRecord>,
}

/// Where runs are looked for.
struct Places {
    project: Project,
    folder: PathBuf,
    profiles: Option<PathBuf>,
    target: Option<String>,
}

impl Source {
    /// Finds the run that the options name.
    pub(super) fn find(args: &ReportArgs) -> Result<Self, PageError> {
        let places = Places::of(args)?;
        if let Some(dir) = &args.artifacts {
            return places.of_artifacts(dir);
        }
        match args.run.as_deref().unwrap_or(LATEST) {
            LATEST => places.latest(),
            named => places.named(named),
        }
    }
}

impl Places {
    fn of(args: &ReportArgs) -> Result<Self, PageError> {
        let env = ProcessEnv::from_env()?;
        let settings = PrefectDbtSettings::from_env()?;
        let dir = args.project_dir.clone().or(settings.project_dir);
        let project = Project::find(dir.as_deref(), settings.target_path.as_deref(), &env.cwd);
        let given = settings.profiles_dir.as_deref();
        let folder = args.journal_dir.clone();
        Ok(Self {
            folder: folder.unwrap_or_else(|| project.root.join(JOURNAL_DIR)),
            profiles: find_profiles_dir(given, &env.cwd, env.home.as_deref()),
            target: args.target.clone(),
            project,
        })
    }

    /// The history of the target of this command line, unless the options name another one.
    fn history(&self, args: Option<&[String]>) -> Vec<RunRecord> {
        let line = match (&self.target, args) {
            (Some(target), _) => CommandLine::parse(&["build", "--target", target]),
            (None, Some(args)) => CommandLine::parse(args),
            (None, None) => CommandLine::default(),
        };
        let profiles = self.profiles.as_deref();
        let history = History::of(&self.folder, &self.project, &line, profiles);
        history.runs().collect()
    }

    fn latest(&self) -> Result<Source, PageError> {
        let journal = JournalFolder::at(&self.folder).journals();
        let journal = journal.ok().and_then(|mut found| found.pop());
        let history = self.history(None);
        let id_of = |path: &PathBuf| Uuid::from_str(path.file_stem()?.to_str()?).ok();
        let newest = history.last().map(|run| run.run_id);
        match (journal, history.last()) {
            // The ids of runs are ordered by time.
            (Some(journal), _) if id_of(&journal) >= newest => self.of_journal(&journal),
            (_, Some(record)) => Ok(self.of_record(record.clone(), history)),
            _ => self.of_target(),
        }
    }

    fn named(&self, named: &str) -> Result<Source, PageError> {
        if let Ok(id) = Uuid::from_str(named) {
            let journal = self.folder.join(format!("{id}.jsonl"));
            if journal.is_file() {
                return self.of_journal(&journal);
            }
            let history = self.history(None);
            if let Some(record) = history.iter().find(|run| run.run_id == id) {
                return Ok(self.of_record(record.clone(), history));
            }
        }
        let path = Path::new(named);
        match path.is_file() {
            true => self.of_journal(path),
            false => Err(PageError::NoSuchRun {
                run: named.to_owned(),
                folder: self.folder.clone(),
            }),
        }
    }

    fn of_journal(&self, path: &Path) -> Result<Source, PageError> {
        let unreadable = |source: Box<dyn std::error::Error + Send + Sync>| PageError::Read {
            path: path.to_path_buf(),
            source,
        };
        let mut reader = JournalReader::open(path).map_err(|error| unreadable(error.into()))?;
        let mut facts = FactsOfJournal::default();
        let Some(Entry::Header(header)) = reader.try_next() else {
            return Err(unreadable("it is not a journal".into()));
        };
        let history = self.history(Some(&header.args));
        facts.add(Entry::Header(header));
        while let Some(entry) = reader.try_next() {
            facts.add(entry);
        }
        let mut facts = facts.facts();
        let record = history.iter().find(|run| facts.run_id == Some(run.run_id));
        facts.url = record.and_then(|record| record.url.clone());
        Ok(Source {
            facts,
            manifest: read_manifest(&self.project.target, None).ok(),
            history,
        })
    }

    fn of_record(&self, record: RunRecord, history: Vec<RunRecord>) -> Source {
        let results = read_results(&self.project.target.join("run_results.json")).ok();
        let results = results.map(|results| facts_of_artifacts(&results));
        let is_same = |facts: &RunFacts| {
            facts.invocation_id.is_some() && facts.invocation_id == record.invocation_id
        };
        Source {
            facts: facts_of_record(&record, results.filter(is_same)),
            manifest: read_manifest(&self.project.target, None).ok(),
            history,
        }
    }

    /// The run of artifacts, which may be those of another project: then they are not in the history of this one.
    fn of_artifacts(&self, dir: &Path) -> Result<Source, PageError> {
        let facts = newest_facts(dir)?;
        let history = self.history(None);
        let is_own = |run: &RunRecord| {
            run.invocation_id.is_some() && run.invocation_id == facts.invocation_id
        };
        Ok(Source {
            manifest: read_manifest(dir, None).ok(),
            history: if history.iter().any(is_own) {
                history
            } else {
                Vec::new()
            },
            facts,
        })
    }

    /// The last run of dbt, which prefect-dbt did not start.
    fn of_target(&self) -> Result<Source, PageError> {
        let target = &self.project.target;
        let facts = match newest_facts(target) {
            Err(PageError::Read { source, .. }) if is_missing(&*source) => {
                return Err(PageError::NoRuns {
                    folder: self.folder.clone(),
                    target: target.clone(),
                });
            }
            facts => facts?,
        };
        Ok(Source {
            facts,
            manifest: read_manifest(target, None).ok(),
            history: Vec::new(),
        })
    }
}

/// What the newest artifact in a folder says: freshness checks write another one than all other commands.
fn newest_facts(dir: &Path) -> Result<RunFacts, PageError> {
    let results = read_results(&dir.join("run_results.json"));
    let Some(sources) = read_sources(dir) else {
        return results.map(|results| facts_of_artifacts(&results));
    };
    // The times have the same form, so that they are in the order of their texts.
    let is_newer =
        |results: &RunResults| results.metadata.generated_at >= sources.metadata.generated_at;
    match results {
        Ok(results) if is_newer(&results) => Ok(facts_of_artifacts(&results)),
        _ => Ok(facts_of_sources(&sources)),
    }
}

fn read_results(path: &Path) -> Result<RunResults, PageError> {
    let unreadable = |source| PageError::Read {
        path: path.to_path_buf(),
        source,
    };
    let bytes = read_artifact(path).map_err(|error| unreadable(error.into()))?;
    RunResults::from_slice(&bytes).map_err(|error| unreadable(error.into()))
}

fn is_missing(error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    let error: &(dyn std::error::Error + 'static) = error;
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == ErrorKind::NotFound)
}
