//! The Python environments: virtual environments that hold exactly what a lock file lists.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{process, workspace};

/// The oldest Python that the pinned packages run on.
const OLDEST: (u32, u32) = (3, 10);

/// Where Python may hide, in the order of preference.
const CANDIDATES: [&str; 7] = [
    "python3",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.10",
    "python3.14",
    "python",
];

/// A virtual environment and the lock file that it is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Environment {
    /// dbt with duckdb.
    Dbt,
    /// The Prefect server.
    Prefect,
    /// Prefect's own runner of dbt, for comparisons.
    Reference,
}

impl Environment {
    fn name(self) -> &'static str {
        match self {
            Self::Dbt => "dbt",
            Self::Prefect => "prefect",
            Self::Reference => "reference",
        }
    }

    fn lock(self) -> PathBuf {
        let file = match self {
            Self::Dbt => "dbt.txt",
            Self::Prefect => "prefect-server.txt",
            Self::Reference => "reference.txt",
        };
        workspace::testdata().join("python").join(file)
    }

    fn dir(self) -> PathBuf {
        workspace::target().join("python").join(self.name())
    }

    /// A program of the environment.
    pub(crate) fn program(self, name: &str) -> PathBuf {
        self.dir().join("bin").join(name)
    }

    /// Makes the environment unless it is there already, as the lock file wants it.
    pub(crate) fn install(self) -> Result<()> {
        let lock = fs_err::read_to_string(self.lock())?;
        let stamp = self.dir().join("installed.txt");
        if fs_err::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
            println!("python/{}: ready", self.name());
            return Ok(());
        }
        let python = find()?;
        println!("python/{}: creating with {python}", self.name());
        if self.dir().exists() {
            fs_err::remove_dir_all(self.dir())?;
        }
        fs_err::create_dir_all(self.dir())?;
        process::output(isolated(&python).args(["-m", "venv"]).arg(self.dir())).context(
            "Python cannot make a virtual environment; on Debian and Ubuntu the package `python3-venv` is needed",
        )?;
        let count = lock.lines().filter(|line| line.contains("==")).count();
        println!("python/{}: installing {count} packages", self.name());
        self.pip_install(&self.lock())?;
        // The stamp comes last: an installation that was cut off is begun anew.
        fs_err::write(&stamp, lock)?;
        println!("python/{}: installed", self.name());
        Ok(())
    }

    fn pip_install(self, lock: &Path) -> Result<()> {
        let python = self.program("python").to_string_lossy().into_owned();
        process::output(
            isolated(&python)
                .args(["-m", "pip", "install", "--quiet", "--no-input"])
                .args(["--disable-pip-version-check", "--prefer-binary"])
                .arg("--requirement")
                .arg(lock),
        )
        .with_context(|| {
            format!(
                "cannot install the packages of {}; the first installation needs a network (or a package index that pip knows)",
                lock.display()
            )
        })?;
        Ok(())
    }
}

/// Python, shielded from what the user's shell says about other installations.
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

/// The first Python that is new enough.
fn find() -> Result<String> {
    let mut too_old = Vec::new();
    for candidate in CANDIDATES {
        match version(candidate) {
            Some(found) if found >= OLDEST => return Ok(candidate.to_owned()),
            Some((major, minor)) => too_old.push(format!("{candidate} is {major}.{minor}")),
            None => {}
        }
    }
    let (major, minor) = OLDEST;
    if too_old.is_empty() {
        bail!("no Python found on PATH; install Python {major}.{minor} or newer");
    }
    bail!(
        "Python is too old ({}); install Python {major}.{minor} or newer",
        too_old.join(", ")
    );
}

/// Major and minor version of a Python, `None` when it does not run.
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
}
