//! Tests of the process with shell scripts in place of dbt.

use std::io::{BufRead, BufReader, Read};

use rustix::process::{Pid, test_kill_process};

use super::child_environment::EnvironmentChange;
use super::child_environment::tests::secret_variable;
use super::watchdog::{Aftercare, Watchdog};
use super::*;

fn start(script: &str) -> DbtProcess {
    let args = ["-c", script, "dbt", "build"];
    DbtProcess::start(DbtCommand {
        program: "/bin/sh".into(),
        args: args.map(str::to_owned).to_vec(),
        environment: vec![
            EnvironmentChange::Set("WORD".to_owned(), "from us".into()),
            EnvironmentChange::Remove("HOME".to_owned()),
            EnvironmentChange::SetSecret(secret_variable("hunter2")),
        ],
        output: Vec::new(),
        launch: None,
        interpreter: SharedInterpreter::default(),
        aftercare: Aftercare::default(),
    })
    .unwrap()
}

fn first_line(process: &mut DbtProcess) -> String {
    let mut line = String::new();
    BufReader::new(&mut process.stdout)
        .read_line(&mut line)
        .unwrap();
    line.trim().to_owned()
}

#[tokio::test]
async fn dbt_gets_arguments_environment_and_pipes_and_returns_an_exit_code() {
    let mut process = start(r#"echo "$1 $WORD ${HOME-none}"; echo oops >&2; exit 3"#);
    assert_eq!(first_line(&mut process), "build from us none");
    let mut stderr = String::new();
    process.stderr.read_to_string(&mut stderr).unwrap();
    assert_eq!(stderr, "oops\n");
    let ended = process.exit.await.unwrap();
    assert_eq!((ended.exit_code(), ended.signal()), (Some(3), None));
}

#[tokio::test]
async fn dbt_gets_the_secrets() {
    let mut process = start("echo $DBT_ENV_SECRET_PREFECT_BLOCKS_DATABASE_SHOP_PASSWORD");
    assert_eq!(first_line(&mut process), "hunter2");
}

#[tokio::test]
async fn an_interrupt_reaches_the_whole_group_and_survivors_are_killed() {
    // The interrupt ends the wrapper; the child ignores it.
    let script = "(trap '' INT; echo $$ >/dev/null; exec sleep 60) & echo $!\nwait";
    let mut process = start(script);
    let child: i32 = first_line(&mut process).parse().unwrap();
    let child = Pid::from_raw(child).unwrap();
    test_kill_process(child).unwrap();
    process.group.interrupt();
    let ended = process.exit.await.unwrap();
    assert!(ended.exit_code() != Some(0));
    // The child holds the pipe open: the pipe ends when the child ends.
    let mut rest = String::new();
    process.stdout.read_to_string(&mut rest).unwrap();
}

#[tokio::test]
async fn a_kill_ends_dbt_that_ignores_an_interrupt() {
    let mut process = start("trap '' INT TERM\necho ready\nwhile :; do sleep 1; done");
    assert_eq!(first_line(&mut process), "ready");
    process.group.interrupt();
    process.group.kill();
    assert_eq!(process.exit.await.unwrap().signal(), Some(9));
}

#[test]
fn the_error_of_a_failed_start_names_the_executable() {
    let error = DbtProcess::start(DbtCommand {
        program: "/nowhere/dbt".into(),
        args: Vec::new(),
        environment: Vec::new(),
        output: Vec::new(),
        launch: None,
        interpreter: SharedInterpreter::default(),
        aftercare: Aftercare::default(),
    })
    .err()
    .unwrap();
    assert!(error.to_string().contains("/nowhere/dbt"), "{error}");
}

/// A process that prints a line when it is interrupted, and the id of its group. It is started like dbt, because a shell
/// cannot trap a signal that was ignored when the shell started.
fn interruptible_group() -> (DbtProcess, u32) {
    let mut process =
        start("trap 'echo interrupted; exit' INT\necho $$\nwhile :; do sleep 0.1; done");
    let group = first_line(&mut process).parse().unwrap();
    (process, group)
}

/// A watchdog that knows the id of the group.
fn watchdog_over(group: u32, aftercare: Aftercare) -> Watchdog {
    let watchdog = Watchdog::start(aftercare);
    let line = format!("{group}\n");
    rustix::io::write(watchdog.pipe().unwrap(), line.as_bytes()).unwrap();
    watchdog
}

#[test]
fn a_watchdog_whose_pipe_ends_interrupts_the_group() {
    let (mut process, group) = interruptible_group();
    // The kernel closes the pipe of a process that dies in the same way.
    drop(watchdog_over(group, Aftercare::default()));
    let mut rest = String::new();
    process.stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "interrupted\n");
}

#[test]
fn a_dismissed_watchdog_signals_nothing() {
    let (mut process, group) = interruptible_group();
    watchdog_over(group, Aftercare::default()).dismiss();
    process.group.kill();
    let mut rest = String::new();
    process.stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}

#[test]
fn a_watchdog_whose_pipe_ends_holds_a_file_until_the_group_has_ended_and_removes_a_folder() {
    let (mut process, group) = interruptible_group();
    let folder = tempfile::tempdir().unwrap().keep();
    fs_err::write(folder.join("profiles.yml"), "shop: {}").unwrap();
    let (mut held, file) = std::io::pipe().unwrap();
    let aftercare = Aftercare {
        lock: Some(file.into()),
        folders: vec![folder.clone()],
    };
    drop(watchdog_over(group, aftercare));
    // It ends when the watchdog does.
    held.read_to_end(&mut Vec::new()).unwrap();
    assert!(!folder.exists());
    let mut rest = String::new();
    process.stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "interrupted\n");
}
