//! The lock on the target folder.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;

use rustix::process::Signal;

use super::signals::RUNS_ON;
use super::stand_in::StandIn;

/// A user that is not this one.
const NOBODY: u32 = 65534;

#[test]
fn the_timeout_covers_the_wait() {
    let project = StandIn::new(RUNS_ON);
    let started = project.pipe("started");
    let first = project.start(&[], &["build"]);
    started.read_pid();
    let mut second = project.start(&["--timeout", "1", "--output", "json"], &["build"]);
    let result: serde_json::Value = serde_json::from_str(&second.stdout()).expect("JSON");
    assert_eq!(result["state"]["name"], "TimedOut");
    assert_eq!(second.exit_code(), Some(1));
    first.signal(Signal::TERM);
    assert_eq!(first.exit_code(), Some(143));
}

#[test]
fn a_lock_of_another_user_is_an_error_that_says_what_to_do() {
    // Only root can be another user.
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let project = StandIn::new("exit 0\n");
    let open = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(project.path(), open).expect("the mode");
    assert_eq!(project.start(&[], &["build"]).exit_code(), Some(0));
    let lock_folder = project.path().join(".prefect-dbt");
    let mode = |path: &Path| std::fs::metadata(path).expect("it exists").mode() & 0o777;
    assert_eq!(mode(&lock_folder), 0o700);

    // The program, where everybody can start it.
    let program = project.path().join("prefect-dbt");
    std::fs::copy(env!("CARGO_BIN_EXE_prefect-dbt"), &program).expect("a copy");
    let as_nobody = |options: &[&str]| {
        let ours = project.invocation(options, &["build"]);
        let mut command = std::process::Command::new(&program);
        command.args(ours.get_args()).current_dir(project.path());
        command.env_clear().uid(NOBODY).gid(NOBODY);
        for (name, value) in ours.get_envs() {
            command.env(name, value.expect("a value"));
        }
        command.output().expect("it starts")
    };
    let refused = as_nobody(&[]);
    let text = String::from_utf8(refused.stderr).expect("UTF-8");
    assert_eq!(refused.status.code(), Some(2), "{text}");
    assert!(text.contains("belongs to another user"), "{text}");
    assert!(text.contains("--target-path"), "{text}");

    let elsewhere = tempfile::tempdir().expect("a folder");
    let open = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(elsewhere.path(), open).expect("the mode");
    let elsewhere = elsewhere.path().to_str().expect("UTF-8");
    let done = as_nobody(&["--target-path", elsewhere]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
}
