//! A stand-in for dbt, a script, and a run of our program with it. Nothing here waits without a bound.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use crate::errors::project::Workplace;

/// The longest time that a step of a test may take.
const PATIENCE: Duration = Duration::from_secs(25);

/// Answers `dbt --version`, and goes on for any other command.
const VERSION: &str =
    r#"[ "$1" = --version ] && { echo Core:; echo "  - installed: 1.11.16"; exit 0; }"#;

/// A project whose dbt is a script.
pub(crate) struct StandIn {
    place: Workplace,
}

impl StandIn {
    /// A project whose dbt is this script. It runs in the project.
    pub(crate) fn new(script: &str) -> Self {
        let place = Workplace::with_project();
        let script = format!("#!/bin/sh\n{VERSION}\n{script}");
        place.make_executable(".venv/bin/dbt", &script);
        Self { place }
    }

    pub(crate) fn path(&self) -> &Path {
        self.place.path()
    }

    /// A pipe in the project, which a script can write to: `echo x > NAME`.
    pub(super) fn pipe(&self, name: &str) -> Pipe {
        let path = self.path().join(name);
        let made = Command::new("mkfifo").arg(&path).status();
        assert!(made.expect("mkfifo").success());
        Pipe(path)
    }

    /// `prefect-dbt invoke OPTIONS -- ARGS` without Prefect. Nothing is read of what it prints.
    pub(super) fn invocation(&self, options: &[&str], args: &[&str]) -> Command {
        self.reported(&[&["--no-prefect"], options].concat(), args)
    }

    /// The same, reported to the API that the caller sets.
    pub(super) fn reported(&self, options: &[&str], args: &[&str]) -> Command {
        let mut command = self.place.program();
        command
            .env("PATH", std::env::var_os("PATH").expect("a PATH"))
            .arg("invoke")
            .args(options)
            .arg("--")
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The same, started.
    pub(super) fn start(&self, options: &[&str], args: &[&str]) -> Run {
        Run::of(&mut self.invocation(options, args))
    }
}

/// A named pipe.
pub(super) struct Pipe(PathBuf);

impl Pipe {
    /// What is written to it until it is closed.
    pub(super) fn read(&self) -> String {
        let path = self.0.clone();
        within_patience("nobody writes to the pipe", move || {
            let mut text = String::new();
            File::open(path)?.read_to_string(&mut text)?;
            Ok(text.trim().to_owned())
        })
    }

    /// Writes to it, for a script that reads it.
    pub(super) fn write(&self, text: &'static str) {
        let path = self.0.clone();
        within_patience("nobody reads the pipe", move || std::fs::write(path, text));
    }

    /// The process id that is written to it.
    pub(super) fn read_pid(&self) -> Pid {
        let id = self.read().parse().expect("a process id");
        Pid::from_raw(id).expect("a process id")
    }
}

/// A run of the program. A test that fails leaves none.
pub(super) struct Run {
    child: Child,
}

impl Run {
    pub(super) fn of(command: &mut Command) -> Self {
        Self {
            child: command.spawn().expect("the program was built"),
        }
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it runs");
    }

    /// Everything that it prints to stdout.
    pub(super) fn stdout(&mut self) -> String {
        let mut stdout = self.child.stdout.take().expect("a pipe");
        within_patience("stdout stays open", move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text)?;
            Ok(text)
        })
    }

    /// Its exit code; `None` if a signal ended it. Its pipes stay open until then, whether they are read or not.
    pub(super) fn exit_code(self) -> Option<i32> {
        let id = self.pid();
        let wait = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        within_patience("it does not end", move || {
            waitid(WaitId::Pid(id), wait)?;
            Ok(())
        });
        let mut this = self;
        this.child.wait().expect("it ended").code()
    }

    pub(super) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The result of `act`, which may not take long.
fn within_patience<T: Send + 'static>(
    complaint: &str,
    act: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> T {
    let (done, when_done) = mpsc::channel();
    std::thread::spawn(move || done.send(act()));
    let result = when_done.recv_timeout(PATIENCE).expect(complaint);
    result.expect("it works")
}
