//! The wheel, installed in new Python environments.

use std::path::{Path, PathBuf};
use std::process::Command;

use prefect_client::StateType;
use tempfile::TempDir;

use super::project::Finished;
use super::workshop::{BASE, Workshop};

/// Without Prefect, and with dbt in another environment.
const ALONE: &str = r#"
import importlib.metadata, importlib.util, pathlib, prefect_dbt_rs
from prefect_dbt_rs import PrefectDbtRunner

assert importlib.util.find_spec("prefect") is None
found = importlib.metadata.distribution("prefect-dbt-rs")
assert found.version == prefect_dbt_rs.__version__
print(prefect_dbt_rs.__version__, found.requires, found.metadata["License-Expression"])
print((pathlib.Path(prefect_dbt_rs.__file__).parent / "py.typed").exists())
result = PrefectDbtRunner().invoke(["run"], select="base")
print(result.success, [node.status for node in result.result])
"#;

const FLOW: &str = r#"
import sys
from prefect import flow
from prefect_dbt_rs import PrefectDbtRunner

@flow(flow_run_name=sys.argv[1])
def nightly():
    PrefectDbtRunner().invoke(["run"], select="base")

nightly()
"#;

#[test]
fn the_wheel_works_without_prefect_with_it_and_without_installation() {
    let workshop = Workshop::new();
    let environment = Environment::new(&workshop);
    let version = env!("CARGO_PKG_VERSION");

    let mut program = environment.command("prefect-dbt");
    let finished = Finished::of(program.arg("--version"));
    assert_eq!(
        finished.exits_with(0).stdout,
        format!("prefect-dbt {version}\n")
    );

    let finished = Finished::of(environment.command("python").args(["-c", ALONE]));
    let facts = format!("{version} None Apache-2.0\nTrue\nTrue ['success']\n");
    assert_eq!(finished.exits_with(0).stdout, facts, "{}", finished.stderr);

    environment.add_prefect();
    let mut flow = environment.command("python");
    Finished::of(flow.args(["-c", FLOW, workshop.flow_run_name()])).exits_with(0);
    let recorded = workshop.recorded(1);
    assert_eq!(recorded.flow_state().kind, StateType::Completed);
    let state = recorded.of(BASE).state.as_ref().unwrap();
    assert_eq!(state.kind, StateType::Completed);

    let finished = Finished::of(&mut environment.uvx(&["prefect-dbt", "--version"]));
    assert_eq!(
        finished.exits_with(0).stdout,
        format!("prefect-dbt {version}\n")
    );
}

/// A virtual environment with the wheel alone.
struct Environment<'a> {
    workshop: &'a Workshop,
    dir: TempDir,
}

impl<'a> Environment<'a> {
    fn new(workshop: &'a Workshop) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut venv = Command::new(variable("PREFECT_DBT_TEST_PYTHON"));
        Finished::of(venv.args(["-m", "venv"]).arg(dir.path())).exits_with(0);
        let environment = Self { workshop, dir };
        let mut pip = environment.command("pip");
        pip.args([
            "install",
            "--quiet",
            "--no-index",
            "--disable-pip-version-check",
        ]);
        Finished::of(pip.arg(variable("PREFECT_DBT_TEST_WHEEL"))).exits_with(0);
        environment
    }

    /// A program of the environment, in the project, with dbt elsewhere.
    fn command(&self, program: &str) -> Command {
        self.in_project(&self.dir.path().join("bin").join(program))
    }

    fn in_project(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, value) in self.workshop.program().get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.current_dir(self.workshop.path());
        command
    }

    /// Adds the packages of the tests' own Prefect.
    fn add_prefect(&self) {
        let folder_of_packages = |python: &mut Command| {
            let code = "import sysconfig; print(sysconfig.get_path('purelib'))";
            let finished = Finished::of(python.args(["-c", code]));
            PathBuf::from(finished.exits_with(0).stdout.trim())
        };
        let prefect = variable("PREFECT_DBT_TEST_PREFECT").with_file_name("python");
        let packages = folder_of_packages(&mut Command::new(prefect));
        let own = folder_of_packages(&mut self.command("python"));
        fs_err::write(
            own.join("prefect.pth"),
            packages.as_os_str().as_encoded_bytes(),
        )
        .unwrap();
    }

    /// A program of the wheel, installed nowhere.
    fn uvx(&self, words: &[&str]) -> Command {
        let mut uv = self.in_project(&variable("PREFECT_DBT_TEST_UV"));
        uv.args(["tool", "run", "--offline", "--no-config", "--from"])
            .arg(variable("PREFECT_DBT_TEST_WHEEL"))
            .args(words)
            .env("UV_CACHE_DIR", self.dir.path().join("uv"))
            .env("UV_PYTHON", variable("PREFECT_DBT_TEST_PYTHON"));
        uv
    }
}

/// A path that `cargo xtask test` provides.
fn variable(name: &str) -> PathBuf {
    let value = std::env::var_os(name);
    value
        .unwrap_or_else(|| panic!("{name} is not set: run the tests by `cargo xtask test`"))
        .into()
}
