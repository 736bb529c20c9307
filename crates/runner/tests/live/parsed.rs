//! What dbt knows of a test project after it has read it. Without that, a first command in a copy spends half of its time on
//! reading dbt's own macros.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use super::environment::TestEnvironment;
use super::project::Finished;

/// dbt's `partial_parse.msgpack` of a project, made once per test process. dbt takes it if its version, profiles.yml,
/// `--vars`, `--profile` and `--target` are the same, and reads all files again if not.
pub(super) struct Parsed(OnceLock<Vec<u8>>);

impl Parsed {
    pub(super) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Puts it into an unchanged copy of the project.
    pub(super) fn put_into(&self, project: &Path, environment: &TestEnvironment) {
        let parsed = self.0.get_or_init(|| parse(project, environment));
        let target = project.join("target");
        fs::create_dir(&target).unwrap();
        fs::write(target.join("partial_parse.msgpack"), parsed).unwrap();
    }
}

/// Reads the project, and leaves nothing in it.
fn parse(project: &Path, environment: &TestEnvironment) -> Vec<u8> {
    let made = tempfile::tempdir().unwrap();
    let mut dbt = Command::new(&environment.dbt);
    dbt.current_dir(project)
        .env("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
        .arg("parse")
        .args(["--target-path".as_ref(), made.path().as_os_str()])
        .args(["--log-path".as_ref(), made.path().as_os_str()]);
    Finished::of(&mut dbt).exits_with(0);
    fs::read(made.path().join("partial_parse.msgpack")).unwrap()
}
