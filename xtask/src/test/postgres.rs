//! The tests with PostgreSQL: a server of their own, with the packages of Debian.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::full::RunTests;
use crate::python::Environment;
use crate::server::free_port;
use crate::{process, workspace};

/// Where Debian has the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";
/// The user of the server, which refuses to run as root. The package makes it.
const USER: &str = "postgres";

/// Installs what is missing, and runs the tests while a server runs.
pub(super) fn run(tests: &RunTests<'_>) -> Result<()> {
    let programs = match programs() {
        Some(programs) => programs,
        None => install()?,
    };
    Environment::DbtPostgres.install()?;
    let server = Server::start(programs)?;
    let dbt = Environment::DbtPostgres.program("dbt");
    let variables = [
        ("PREFECT_DBT_TEST_POSTGRES_PORT", server.port.to_string()),
        ("PREFECT_DBT_TEST_POSTGRES_DBT", dbt.display().to_string()),
    ];
    tests(&["--test", "full", "postgres"], &variables)
}

/// The folder of the programs of the newest version that is installed.
fn programs() -> Option<PathBuf> {
    let versions = fs_err::read_dir(VERSIONS).ok()?.flatten();
    let folders = versions.map(|version| version.path().join("bin"));
    folders.filter(|dir| dir.join("initdb").is_file()).max()
}

fn install() -> Result<PathBuf> {
    process::install_packages(&["postgresql"])?;
    programs().context("the package `postgresql` has no initdb")
}

/// A server with an empty database and a superuser `tester` without a password. It stops when the value is dropped.
struct Server {
    programs: PathBuf,
    data: PathBuf,
    port: u16,
}

impl Server {
    fn start(programs: PathBuf) -> Result<Self> {
        let port = free_port()?;
        let data = workspace::target().join("postgres").join(port.to_string());
        fs_err::create_dir_all(&data)?;
        process::output(Command::new("chown").arg(USER).arg(&data))?;
        let server = Self {
            programs,
            data,
            port,
        };
        let initdb = ["--auth=trust", "--username=tester", "-D"];
        process::output(server.program("initdb").args(initdb).arg(&server.data))?;
        let socket = server.data.display();
        let options = format!("-p {port} -k {socket} -c listen_addresses=127.0.0.1 -c fsync=off");
        let log = server.data.join("server.log");
        let start = ["-w", "-o", &options, "start", "-D"];
        let mut pg_ctl = server.program("pg_ctl");
        pg_ctl.arg("-l").arg(&log).args(start).arg(&server.data);
        process::run(&mut pg_ctl)?;
        Ok(server)
    }

    /// One of its programs, run by its user.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new("runuser");
        command
            .args(["-u", USER, "--"])
            .arg(self.programs.join(name))
            .current_dir(Path::new("/"));
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut stop = self.program("pg_ctl");
        stop.args(["-m", "immediate", "stop", "-D"]).arg(&self.data);
        let stopped =
            process::output(&mut stop).and_then(|_| Ok(fs_err::remove_dir_all(&self.data)?));
        if let Err(error) = stopped {
            eprintln!("{}: {error}", self.data.display());
        }
    }
}
