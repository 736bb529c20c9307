//! A Docker daemon that shares nothing with another one of the machine, and needs no rights for its network.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Error, Result};

use crate::test::full::Skipped;
use crate::{process, workspace};

/// What Debian's packages have.
const DAEMON: &str = "/usr/sbin/dockerd";
pub(super) const CLIENT: &str = "/usr/bin/docker";
const DEBOOTSTRAP: &str = "/usr/sbin/debootstrap";
const PACKAGES: [&str; 2] = ["docker.io", "debootstrap"];

/// The containers use the network of the machine: the tests need no other, and not every machine lets a daemon make one.
pub(super) const NETWORK: [&str; 2] = ["--network", "host"];

const START_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);

/// A running daemon. It stops with this value or this process, and its containers with it. Its images stay.
pub(super) struct Daemon {
    child: Child,
    /// The folder of its socket, whose path must be short.
    dir: PathBuf,
}

impl Daemon {
    /// Installs the packages if they are missing, and starts a daemon. The part is skipped if none can run here.
    pub(super) fn start() -> Result<Self> {
        let programs = [DAEMON, CLIENT, DEBOOTSTRAP];
        if !programs.iter().all(|program| Path::new(program).is_file()) {
            process::install_packages(&PACKAGES)?;
        }
        let dir = std::env::temp_dir().join(format!("prefect-dbt-docker-{}", std::process::id()));
        fs_err::create_dir_all(&dir)?;
        let log = fs_err::File::create(dir.join("log"))?.into_parts().0;
        let mut command = process::until_stdin_closes(Path::new(DAEMON));
        command
            .arg("--data-root")
            .arg(workspace::target().join("docker/data"))
            .arg("--exec-root")
            .arg(dir.join("exec"))
            .arg("--pidfile")
            .arg(dir.join("pid"))
            .arg("--host")
            .arg(format!("unix://{}", dir.join("socket").display()))
            .args(["--bridge=none", "--iptables=false", "--ip6tables=false"])
            .args(["--ip-forward=false"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log);
        let child = command.spawn()?;
        let mut daemon = Self { child, dir };
        daemon.wait_until_ready()?;
        Ok(daemon)
    }

    /// The address of its socket, as the variable DOCKER_HOST has it.
    pub(super) fn host(&self) -> String {
        format!("unix://{}", self.dir.join("socket").display())
    }

    /// The folder with the settings of the client, of which there are none.
    pub(super) fn config(&self) -> String {
        self.dir.display().to_string()
    }

    /// The client, without the settings of the user.
    pub(super) fn docker(&self) -> Command {
        let mut command = Command::new(CLIENT);
        command
            .env("DOCKER_HOST", self.host())
            .env("DOCKER_CONFIG", &self.dir)
            .env("DOCKER_BUILDKIT", "1");
        command
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        while process::output(self.docker().args(["version"])).is_err() {
            if self.child.try_wait()?.is_some() || Instant::now() > deadline {
                let log = fs_err::read_to_string(self.dir.join("log"))?;
                let why = log.lines().last().unwrap_or("the daemon does not answer");
                return Err(Error::msg(Skipped(format!(
                    "no Docker daemon runs here: {why}"
                ))));
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let ended = self.child.wait();
        // The daemon leaves it mounted. An error means that it is not.
        let namespace = self.dir.join("exec/netns/default");
        let _ = process::output(Command::new("umount").arg(namespace));
        if let Err(error) = ended.and_then(|_| fs_err::remove_dir_all(&self.dir)) {
            eprintln!("{error}");
        }
    }
}
