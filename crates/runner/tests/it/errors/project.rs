//! A folder to run the program in, with an environment of its own.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A temporary folder. Nothing of the user's settings is visible in it.
pub(crate) struct Workplace {
    dir: tempfile::TempDir,
}

impl Workplace {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(dir.path().join("home")).expect("a home");
        Self { dir }
    }

    /// A project with a profile, and a dbt that does nothing.
    pub(crate) fn with_project() -> Self {
        let place = Self::new();
        place.write("dbt_project.yml", "name: shop\nprofile: shop\n");
        place.write("profiles.yml", "shop: {}\n");
        place.make_executable(".venv/bin/dbt", "#!/bin/sh\n");
        place
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.dir.path().join(name);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("the folder");
        std::fs::write(&file, text).expect("the file");
        file
    }

    pub(crate) fn make_executable(&self, name: &str, text: &str) {
        let file = self.write(name, text);
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(file, mode).expect("the mode");
    }

    /// Runs the program, which exits with `code`, and compares what it prints to stderr with the snapshot `name`.
    #[track_caller]
    pub(super) fn fails(&self, name: &str, args: &[&str], env: &[(&str, &str)], code: i32) {
        let output = self.run(args, env);
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(code), "{name}: {stderr}");
        assert!(output.stdout.is_empty(), "{name}");
        self.compare(name, args, env, &stderr);
    }

    /// Runs the program, which exits with `code`, and compares the `error` of its JSON with the snapshot `name`.
    #[track_caller]
    pub(super) fn answers_json(&self, name: &str, args: &[&str], env: &[(&str, &str)], code: i32) {
        let output = self.run(args, env);
        assert_eq!(output.status.code(), Some(code), "{name}");
        let object: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(object["exit_code"], code);
        self.compare(name, args, env, object["error"].as_str().expect("an error"));
    }

    fn run(&self, args: &[&str], env: &[(&str, &str)]) -> Output {
        self.program()
            .args(args)
            // Without a dbt of this machine.
            .env("PATH", self.path().join("no-programs"))
            .envs(env.iter().copied())
            .output()
            .expect("the program was built")
    }

    /// The program, run in the folder.
    pub(crate) fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_prefect-dbt"));
        command
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.path().join("home"));
        command
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    fn compare(&self, name: &str, args: &[&str], env: &[(&str, &str)], text: &str) {
        let variables: Vec<String> = env
            .iter()
            .map(|(name, value)| format!("{name}={value} "))
            .collect();
        let line = format!(
            "$ {}prefect-dbt {}\n{text}",
            variables.concat(),
            args.join(" ")
        );
        insta::with_settings!({
            filters => vec![
                (r"127\.0\.0\.1:\d+", "127.0.0.1:4200"),
                (r"(?m)^\d\d:\d\d:\d\d\.\d{3}", "[time]"),
                (self.dir.path().to_str().expect("UTF-8"), "/place"),
            ],
            omit_expression => true,
            prepend_module_to_snapshot => false,
        }, {
            insta::assert_snapshot!(name, line);
        });
    }
}
