//! A Prefect server with SQLite, in its own home and on a free port.

use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use prefect_client::{Client, Settings};

use crate::python::Environment;
use crate::{process, workspace};

/// Longest time until the server is healthy. The first start creates its database.
const START_LIMIT: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(100);

/// A running server, stopped on drop.
pub(crate) struct Server {
    child: Child,
    home: PathBuf,
    api: String,
    keep: bool,
}

impl Server {
    /// Starts a server that stops with this value or this process.
    pub(crate) fn start() -> Result<Self> {
        Self::launch(false)
    }

    /// Starts a server that runs on after this process.
    pub(crate) fn start_and_keep() -> Result<Self> {
        Self::launch(true)
    }

    fn launch(keep: bool) -> Result<Self> {
        let port = free_port()?;
        let home = workspace::target()
            .join("prefect-server")
            .join(port.to_string());
        if home.exists() {
            fs_err::remove_dir_all(&home)?;
        }
        fs_err::create_dir_all(&home)?;
        let log = fs_err::File::create(home.join("server.log"))?
            .into_parts()
            .0;
        let prefect = Environment::Prefect.program("prefect");
        let mut command = if keep {
            Command::new(&prefect)
        } else {
            process::until_stdin_closes(&prefect)
        };
        command
            .args([
                "server",
                "start",
                "--host",
                "127.0.0.1",
                "--port",
                &port.to_string(),
            ])
            .stdin(if keep { Stdio::null() } else { Stdio::piped() })
            .stdout(log.try_clone()?)
            .stderr(log)
            // Its own process group: Ctrl-C in the terminal reaches this process, which stops the server.
            .process_group(0);
        quiet_environment(&mut command);
        command.env("PREFECT_HOME", &home);
        let child = command.spawn().with_context(|| {
            format!(
                "cannot start {}; run `cargo xtask setup`",
                prefect.display()
            )
        })?;
        let api = format!("http://127.0.0.1:{port}/api");
        let mut server = Self {
            child,
            home,
            api,
            keep,
        };
        if let Err(error) = server.wait_until_healthy() {
            server.keep = false;
            return Err(error);
        }
        Ok(server)
    }

    /// The URL of its API.
    pub(crate) fn api(&self) -> &str {
        &self.api
    }

    /// The command that stops a server that runs on.
    pub(crate) fn stop_hint(&self) -> String {
        format!("kill {}", self.child.id())
    }

    fn wait_until_healthy(&mut self) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let client = Client::new(&Settings::with_api_url(&self.api))?;
        let deadline = Instant::now() + START_LIMIT;
        loop {
            if runtime
                .block_on(client.read_health())
                .is_ok_and(|healthy| healthy)
            {
                return Ok(());
            }
            let ended = self.child.try_wait()?;
            if ended.is_some() || Instant::now() > deadline {
                let log = fs_err::read_to_string(self.home.join("server.log"))?;
                let tail: Vec<&str> = log.lines().rev().take(20).collect();
                let tail: Vec<&str> = tail.into_iter().rev().collect();
                bail!(
                    "the Prefect server did not start; the end of its log:\n{}",
                    tail.join("\n")
                );
            }
            std::thread::sleep(POLL);
        }
    }

    fn stop(&mut self) {
        drop(self.child.stdin.take());
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                break;
            }
            std::thread::sleep(POLL);
        }
        let group = rustix::process::Pid::from_child(&self.child);
        // The remaining processes of the group. An error means that there are none.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        let _ = self.child.wait();
        let _ = fs_err::remove_dir_all(&self.home);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.keep {
            self.stop();
        }
    }
}

/// Removes the user's Prefect and dbt settings from a command's environment.
pub(crate) fn quiet_environment(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy().to_ascii_uppercase();
        if text.starts_with("PREFECT_") || text.starts_with("DBT_") {
            command.env_remove(&name);
        }
    }
    command
        .env("DO_NOT_TRACK", "1")
        .env("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
        .env("PREFECT_SERVER_ANALYTICS_ENABLED", "false");
}

pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
