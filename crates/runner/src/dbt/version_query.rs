//! Asks a dbt executable for its version, once per executable.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::dbt_version::DbtVersion;
use super::launch::LaunchPlan;
use super::version_answer::version_answer;

/// Time limit of `dbt --version`. It takes seconds on a small machine; the limit is for one that hangs.
const LIMIT: Duration = Duration::from_secs(60);
/// Name of the file with the answers, in the cache folder.
const FILE: &str = "dbt-versions.json";
/// How many answers are stored.
const STORED: usize = 50;

/// The version of this dbt: what pip recorded beside a console script, else the stored answer, else that of `dbt --version`,
/// which is then stored. dbt 1 needs seconds for an answer.
///
/// # Errors
/// Why the version is not known.
pub(crate) async fn dbt_version(dbt: &Path, cache: Option<&Path>) -> Result<DbtVersion, String> {
    if let Some(version) = installed_version(dbt) {
        return Ok(DbtVersion::new(version));
    }
    let answers = cache.map(Answers::in_folder);
    if let Some(known) = answers.as_ref().and_then(|answers| answers.of(dbt)) {
        return Ok(known);
    }
    let version = ask_version(dbt).await?;
    if let Some(answers) = answers {
        answers.store(dbt, &version);
    }
    Ok(version)
}

/// Drops the stored answer of an executable: it has run as another version.
pub(crate) fn forget_version(dbt: &Path, cache: &Path) {
    Answers::in_folder(cache).remove(dbt);
}

/// The version that `dbt --version` prints.
///
/// # Errors
/// Why there is none.
pub(crate) async fn ask_version(dbt: &Path) -> Result<DbtVersion, String> {
    Ok(ask_version_by(dbt, None).await?.0)
}

/// The same, by the launcher if there is a plan for it. Returns also why the launcher has given up, or nothing.
///
/// # Errors
/// As [`ask_version`].
pub(crate) async fn ask_version_by(
    dbt: &Path,
    launch: Option<LaunchPlan>,
) -> Result<(DbtVersion, String), String> {
    let answer = version_answer(dbt, launch, LIMIT).await?;
    let version = DbtVersion::parse(&answer.output);
    let version = version.ok_or_else(|| "it prints no version".to_owned())?;
    Ok((version, answer.note))
}

/// The version of dbt-core in the Python environment of a console script: `bin/dbt` with
/// `lib/python*/site-packages/dbt_core-VERSION.dist-info` beside it. `None` for any other executable, and if there is not
/// exactly one.
fn installed_version(dbt: &Path) -> Option<String> {
    let script = fs_err::canonicalize(dbt).ok()?;
    if !is_console_script(&script) {
        return None;
    }
    let libraries = script.parent()?.parent()?.join("lib");
    let mut found = Vec::new();
    for python in fs_err::read_dir(libraries).ok()?.flatten() {
        let packages = fs_err::read_dir(python.path().join("site-packages"));
        for package in packages.into_iter().flatten().flatten() {
            let name = package.file_name().to_string_lossy().into_owned();
            let version = name
                .strip_prefix("dbt_core-")
                .and_then(|rest| rest.strip_suffix(".dist-info"));
            found.extend(version.map(str::to_owned));
        }
    }
    match found.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    }
}

/// Whether a file is a console script of dbt Core, as pip writes it.
fn is_console_script(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = fs_err::File::open(path).and_then(|file| file.take(4096).read_to_end(&mut head));
    let text = String::from_utf8_lossy(&head);
    read.is_ok() && text.starts_with("#!") && text.contains("from dbt.cli.main import")
}

/// The stored answers, by path.
struct Answers {
    folder: PathBuf,
    entries: BTreeMap<PathBuf, Answer>,
}

/// The answer of an executable, which holds as long as the file is the same.
#[derive(Serialize, Deserialize)]
struct Answer {
    size: u64,
    /// Nanoseconds since 1970.
    modified: u128,
    #[serde(flatten)]
    version: DbtVersion,
}

impl Answers {
    fn in_folder(folder: &Path) -> Self {
        let text = fs_err::read(folder.join(FILE)).unwrap_or_default();
        Self {
            folder: folder.to_owned(),
            entries: serde_json::from_slice(&text).unwrap_or_default(),
        }
    }

    fn of(&self, dbt: &Path) -> Option<DbtVersion> {
        let answer = self.entries.get(dbt)?;
        let is_same = stamp(dbt)? == (answer.size, answer.modified);
        is_same.then(|| answer.version.clone())
    }

    fn store(mut self, dbt: &Path, version: &DbtVersion) {
        let Some((size, modified)) = stamp(dbt) else {
            return;
        };
        self.entries.retain(|path, _| path.exists());
        if self.entries.len() >= STORED {
            self.entries.clear();
        }
        let version = version.clone();
        let answer = Answer {
            size,
            modified,
            version,
        };
        self.entries.insert(dbt.to_owned(), answer);
        self.write();
    }

    fn remove(mut self, dbt: &Path) {
        if self.entries.remove(dbt).is_some() {
            self.write();
        }
    }

    /// Replaces the file in one step. Without it, the next run asks again.
    fn write(&self) {
        let write = || -> std::io::Result<()> {
            fs_err::create_dir_all(&self.folder)?;
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            serde_json::to_writer(&mut file, &self.entries)?;
            file.persist(self.folder.join(FILE))?;
            Ok(())
        };
        if let Err(error) = write() {
            tracing::debug!(%error, "cannot store the version of dbt");
        }
    }
}

/// Size and time of modification of a file.
fn stamp(path: &Path) -> Option<(u64, u128)> {
    let data = fs_err::metadata(path).ok()?;
    let modified = data.modified().ok()?;
    let since = modified.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some((data.len(), since.as_nanos()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// An executable that counts how often it is asked.
    fn counting(dir: &Path, version: &str) -> PathBuf {
        let path = dir.join("dbt");
        let count = dir.join("count");
        let script = format!(
            "#!/bin/sh\necho >> {}\necho dbt-fusion {version}\n",
            count.display()
        );
        fs_err::write(&path, script).unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn asked(dir: &Path) -> usize {
        fs_err::read_to_string(dir.join("count"))
            .unwrap_or_default()
            .lines()
            .count()
    }

    #[tokio::test]
    async fn an_executable_is_asked_once_until_it_changes() {
        let dir = tempfile::tempdir().unwrap();
        let dbt = counting(dir.path(), "2.0.0");
        let cache = dir.path().join("cache");
        for _ in 0..2 {
            let version = dbt_version(&dbt, Some(&cache)).await.unwrap();
            assert_eq!(version.version, "2.0.0");
        }
        assert_eq!(asked(dir.path()), 1);
        counting(dir.path(), "2.0.10");
        let version = dbt_version(&dbt, Some(&cache)).await.unwrap();
        assert_eq!((&*version.version, asked(dir.path())), ("2.0.10", 2));
        forget_version(&dbt, &cache);
        dbt_version(&dbt, Some(&cache)).await.unwrap();
        assert_eq!(asked(dir.path()), 3);
    }

    #[tokio::test]
    async fn a_cache_that_cannot_be_used_costs_an_answer() {
        let dir = tempfile::tempdir().unwrap();
        let dbt = counting(dir.path(), "2.0.0");
        let file = dir.path().join("file");
        fs_err::write(&file, "{").unwrap();
        for cache in [None, Some(file.as_path())] {
            assert!(dbt_version(&dbt, cache).await.is_ok());
        }
        assert_eq!(asked(dir.path()), 2);
    }

    #[tokio::test]
    async fn a_console_script_is_not_started() {
        let dir = tempfile::tempdir().unwrap();
        let packages = dir.path().join("lib/python3.12/site-packages");
        fs_err::create_dir_all(packages.join("dbt_core-1.9.11.dist-info")).unwrap();
        fs_err::create_dir_all(packages.join("dbt_duckdb-1.9.0.dist-info")).unwrap();
        fs_err::create_dir(dir.path().join("bin")).unwrap();
        let dbt = dir.path().join("bin/dbt");
        // No such interpreter: it cannot be started.
        fs_err::write(&dbt, "#!/nowhere/python\nfrom dbt.cli.main import cli\n").unwrap();
        let version = dbt_version(&dbt, None).await.unwrap();
        assert_eq!(version.version, "1.9.11");
        fs_err::create_dir(packages.join("dbt_core-1.8.0.dist-info")).unwrap();
        assert!(dbt_version(&dbt, None).await.is_err());
    }

    #[tokio::test]
    async fn an_executable_without_an_answer_is_an_error() {
        let missing = ask_version(Path::new("/nowhere/dbt")).await;
        assert!(missing.is_err());
        assert_eq!(
            ask_version(Path::new("/bin/true")).await,
            Err("it prints no version".to_owned())
        );
    }
}
