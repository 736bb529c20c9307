//! The image of `docs/Dockerfile`, built as it is: its base images are made here, because no registry is asked.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Error, Result, ensure};

use super::daemon::{Daemon, NETWORK};
use crate::test::full::Skipped;
use crate::{process, workspace};

/// The certificates of the machine: its package index may need one that Python does not bring.
const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";
/// The name of the built image. Prefect's worker would ask a registry for one that is tagged `latest`.
const IMAGE: &str = "prefect-dbt-test:built";

/// Takes the place of Python's image: its programs, of Debian.
const PYTHON: &str = "RUN python3 -m venv /opt/python\n\
    ENV PATH=/opt/python/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8\n";
/// Takes the place of Rust's image: a cargo that has built the program already.
const RUST: &str = "COPY prefect-dbt /opt/prefect-dbt\n\
    RUN printf '#!/bin/sh\\nmkdir -p target/release && cp /opt/prefect-dbt target/release/\\n' > /usr/local/bin/cargo \
    && chmod +x /usr/local/bin/cargo\n";

/// The names of the images that `docs/Dockerfile` starts from.
pub(super) struct Bases {
    rust: String,
    python: String,
}

impl Bases {
    pub(super) fn read() -> Result<Self> {
        let text = fs_err::read_to_string(dockerfile())?;
        let names = text.lines().filter_map(|line| line.strip_prefix("FROM "));
        let names: Vec<&str> = names.filter_map(|rest| rest.split(' ').next()).collect();
        let find = |kind: &str| {
            let found = names.iter().find(|name| name.starts_with(kind));
            found
                .map(|name| (*name).to_owned())
                .with_context(|| format!("no image {kind} in docs/Dockerfile"))
        };
        let (rust, python) = (find("rust:")?, find("python:")?);
        let bases = Self { rust, python };
        ensure!(
            names.len() == 2 && bases.rust.ends_with(bases.release()),
            "other images in docs/Dockerfile"
        );
        Ok(bases)
    }

    /// The release of Debian in the names.
    fn release(&self) -> &str {
        self.python.rsplit('-').next().unwrap_or_default()
    }

    /// Skips the part on another release of Debian: the program is built on this machine, for its C library.
    pub(super) fn check_machine(&self) -> Result<()> {
        let system = fs_err::read_to_string("/etc/os-release").unwrap_or_default();
        let mut lines = system.lines();
        let codename = lines.find_map(|line| line.strip_prefix("VERSION_CODENAME="));
        let release = self.release();
        match codename == Some(release) {
            true => Ok(()),
            false => Err(Error::msg(Skipped(format!(
                "it needs Debian {release}, on which the image is based"
            )))),
        }
    }
}

/// Builds the image, and says how large it is. Returns its name.
pub(super) fn build(daemon: &Daemon, bases: &Bases) -> Result<String> {
    let base = debian(daemon, bases.release())?;
    let context = workspace::fresh_dir("docker/context")?;
    stand_in(daemon, &context, &bases.python, &base, PYTHON)?;
    fs_err::copy(program(), context.join("prefect-dbt"))?;
    stand_in(daemon, &context, &bases.rust, &base, RUST)?;
    let mut build = daemon.docker();
    build
        .args(["build", "--progress", "plain"])
        .args(NETWORK)
        .args(["--tag", IMAGE, "--file"])
        .arg(dockerfile())
        // With the value of this variable, if it is set.
        .args(["--build-arg", "PIP_INDEX_URL"]);
    if Path::new(CERTIFICATES).is_file() {
        build.args(["--secret", &format!("id=ca,src={CERTIFICATES}")]);
    }
    process::output(build.arg(workspace::root()))?;
    // Those of earlier runs.
    process::output(daemon.docker().args(["image", "prune", "--force"]))?;
    print_size(daemon, bases)?;
    Ok(IMAGE.to_owned())
}

/// The program that the tests are built with.
fn program() -> PathBuf {
    workspace::target().join("debug/prefect-dbt")
}

fn dockerfile() -> PathBuf {
    workspace::root().join("docs/Dockerfile")
}

/// An image with a release of Debian; made once.
fn debian(daemon: &Daemon, release: &str) -> Result<String> {
    let name = format!("prefect-dbt-test-base:{release}");
    if process::output(daemon.docker().args(["image", "inspect", &name])).is_ok() {
        return Ok(name);
    }
    let root = workspace::fresh_dir("docker/root")?;
    let mut bootstrap = Command::new("debootstrap");
    bootstrap
        .args([
            "--variant=minbase",
            "--include=python3,python3-venv,ca-certificates",
        ])
        .arg(release)
        .arg(&root);
    process::output(&mut bootstrap)?;
    let mut tar = Command::new("tar");
    let mut tar = tar
        .arg("-C")
        .arg(&root)
        .args(["-c", "."])
        .stdout(Stdio::piped())
        .spawn()?;
    let files = tar.stdout.take().context("the output of tar is a pipe")?;
    let imported = daemon
        .docker()
        .args(["import", "-", &name])
        .stdin(files)
        .status()?;
    ensure!(
        tar.wait()?.success() && imported.success(),
        "the base image cannot be imported"
    );
    fs_err::remove_dir_all(root)?;
    Ok(name)
}

/// Builds an image that takes the place of a registry's.
fn stand_in(daemon: &Daemon, context: &Path, name: &str, base: &str, steps: &str) -> Result<()> {
    fs_err::write(context.join("Dockerfile"), format!("FROM {base}\n{steps}"))?;
    let mut build = daemon.docker();
    build
        .args(["build", "--tag", name])
        .args(NETWORK)
        .arg(context);
    process::output(&mut build)?;
    Ok(())
}

/// Says what dbt adds to the base image. The program of a release is smaller than that of the tests.
fn print_size(daemon: &Daemon, bases: &Bases) -> Result<()> {
    let size = |name: &str| -> Result<u64> {
        let mut inspect = daemon.docker();
        inspect.args(["image", "inspect", "--format", "{{.Size}}", name]);
        Ok(process::output(&mut inspect)?.trim().parse()?)
    };
    let program = fs_err::metadata(program())?.len();
    let base = size(&bases.python)?;
    let packages = size(IMAGE)?.saturating_sub(base + program);
    let [base, packages] = [base, packages].map(|bytes| bytes / 1_000_000);
    println!(
        "image of docs/Dockerfile: {packages} MB of packages on a base of {base} MB, and the program"
    );
    Ok(())
}
