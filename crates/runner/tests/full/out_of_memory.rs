//! The kernel kills dbt because the memory of its control group has run out.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where this user can make control groups, and the file with the limit: version 1, or version 2.
const HIERARCHIES: [(&str, &str); 2] = [
    ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
    ("/sys/fs/cgroup", "memory.max"),
];
const LIMIT: &str = "100000000";

/// A control group with little memory. It is removed at the end.
struct SmallGroup(PathBuf);

impl SmallGroup {
    fn new() -> Self {
        let name = format!("prefect-dbt-test-{}", std::process::id());
        let (root, limit) = HIERARCHIES
            .iter()
            .find(|(root, _)| Path::new(root).join("cgroup.procs").exists())
            .expect("control groups that limit memory");
        let group = Self(Path::new(root).join(name));
        std::fs::create_dir(&group.0).expect("root can make a control group");
        let limit = group.0.join(limit);
        std::fs::write(limit, LIMIT).expect("the group can limit memory");
        group
    }

    /// Runs a command in it. Returns the exit code and what it printed to stderr.
    fn run(&self, command: &str, dir: &Path) -> (Option<i32>, String) {
        let procs = self.0.join("cgroup.procs");
        let script = format!("echo $$ > {}; exec {command}", procs.display());
        let mut shell = Command::new("/bin/sh");
        let output = shell.args(["-c", &script]).current_dir(dir).output();
        let output = output.expect("a shell");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), stderr)
    }
}

impl Drop for SmallGroup {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[test]
fn a_dbt_that_is_killed_for_lack_of_memory_is_named() {
    let group = SmallGroup::new();
    let project = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(project.path().join(name), text).expect("it can be written");
    };
    write("dbt_project.yml", "name: shop\nprofile: shop\n");
    write(
        "profiles.yml",
        "shop: {outputs: {dev: {type: duckdb}}, target: dev}\n",
    );
    // A dbt that is a shell gets the exit code of what was killed; one that is replaced gets the signal itself.
    for script in ["tail /dev/zero", "exec tail /dev/zero"] {
        write("dbt", &format!("#!/bin/sh\n{script}\n"));
        let dbt_file = project.path().join("dbt");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(dbt_file, mode).expect("it can be changed");
        let program = env!("CARGO_BIN_EXE_prefect-dbt");
        let command = format!("{program} invoke --no-prefect --dbt ./dbt -- build");
        let (code, stderr) = group.run(&command, project.path());
        assert_eq!(code, Some(137), "{stderr}");
        assert!(stderr.contains("memory ran out"), "{stderr}");
    }
}
