//! Starts the operating system's process from a [`DbtCommand`].

use std::io::Write;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::io::FdFlags;
use rustix::process::{Pid, getpid, getppid};

use super::child_environment::EnvironmentChange;
use super::dbt_command::DbtCommand;
use super::launch::{LaunchPipes, LaunchText};
use super::output_pipes::OutputPipes;
use super::watchdog::Watchdog;

/// Starts dbt as the leader of a process group of its own, with pipes for its output. Returns the text that its launcher
/// waits for, if it has one.
pub(super) fn spawn(
    dbt: &DbtCommand,
    pipes: &OutputPipes,
    watchdog: &Watchdog,
) -> std::io::Result<(Child, Option<LaunchText>)> {
    let launch = match &dbt.launch {
        Some(plan) => Some((plan, LaunchPipes::open(plan, &pipes.events, &dbt.output)?)),
        None => None,
    };
    let mut command = match &launch {
        Some((plan, pipes)) => pipes.command(plan, &dbt.args),
        None => plain_command(&dbt.program, &dbt.args, &dbt.output),
    };
    command
        .stdin(Stdio::null())
        .stdout(pipes.stdout.try_clone()?)
        .stderr(pipes.stderr.try_clone()?)
        .process_group(0);
    change_environment(&mut command, &dbt.environment);
    let inherited = launch.as_ref().map(|(_, pipes)| pipes.inherited());
    set_up_child(&mut command, watchdog, inherited.unwrap_or_default());
    let child = command.spawn()?;
    Ok((child, launch.map(|(_, pipes)| pipes.started())))
}

/// The command that starts dbt as it is.
fn plain_command(program: &Path, args: &[String], output: &[EnvironmentChange]) -> Command {
    let mut command = Command::new(program);
    command.args(args);
    change_environment(&mut command, output);
    command
}

fn change_environment(command: &mut Command, changes: &[EnvironmentChange]) {
    for change in changes {
        match change.parts() {
            (name, Some(value)) => command.env(name, value),
            (name, None) => command.env_remove(name),
        };
    }
}

/// Signals that end a process by default, and that this process ignores or may have inherited as ignored. SIGHUP stays
/// ignored if it was (`nohup`).
const DEFAULT_SIGNALS: [libc::c_int; 5] = [
    libc::SIGINT,
    libc::SIGTERM,
    libc::SIGQUIT,
    libc::SIGPIPE,
    libc::SIGXFSZ,
];

/// Gives the child default signal handlers, a watchdog, and the open files that it inherits.
#[expect(
    unsafe_code,
    reason = "the language calls code between fork and exec unsafe; see the comment on the block"
)]
fn set_up_child(command: &mut Command, watchdog: &Watchdog, inherited: Vec<RawFd>) {
    let parent = getpid();
    let pipe = watchdog.pipe().map(|pipe| pipe.as_raw_fd());
    // SAFETY: the closure runs between fork and exec. It only makes system calls that POSIX or Linux allow there
    // (sigaction, getpid, write, prctl, getppid, fcntl): it allocates nothing and takes no lock. The descriptors are open:
    // the watchdog and the pipes that own them outlive the call of `spawn`.
    unsafe {
        command.pre_exec(move || {
            // Without this, a write to a watchdog that has died would end the child.
            libc::signal(libc::SIGPIPE, libc::SIG_IGN);
            // The child itself sends its id: this process could die before it had sent it.
            let is_watched =
                pipe.is_some_and(|pipe| send_group_id(BorrowedFd::borrow_raw(pipe)).is_ok());
            if !is_watched {
                interrupt_on_death_of(parent)?;
            }
            for signal in DEFAULT_SIGNALS {
                if libc::signal(signal, libc::SIG_DFL) == libc::SIG_ERR {
                    return Err(std::io::Error::last_os_error());
                }
            }
            for &file in &inherited {
                rustix::io::fcntl_setfd(BorrowedFd::borrow_raw(file), FdFlags::empty())?;
            }
            Ok(())
        });
    }
}

/// Sends the id of this process, which is the id of its group, to a watchdog.
fn send_group_id(watchdog: BorrowedFd<'_>) -> std::io::Result<()> {
    let mut line = [0; 16];
    let mut rest = &mut line[..];
    writeln!(rest, "{}", getpid().as_raw_nonzero())?;
    let length = 16 - rest.len();
    rustix::io::write(watchdog, &line[..length])?;
    Ok(())
}

/// Makes the kernel interrupt this process when its parent dies. Used only where there is no watchdog.
fn interrupt_on_death_of(parent: Pid) -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::INT))?;
    // If the parent died before that call, the kernel never signals this process.
    if getppid() != Some(parent) {
        return Err(std::io::Error::from_raw_os_error(libc::ECANCELED));
    }
    Ok(())
}
