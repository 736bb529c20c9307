//! Running other programs.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Ends a service when standard input closes: when its owner drops it, and also when its owner is killed.
const UNTIL_STDIN_CLOSES: &str = r#""$@" </dev/null & service=$!
read -r never
kill -TERM "$service" 2>/dev/null
wait "$service""#;

/// A service that ends when its standard input, a pipe, closes.
pub(crate) fn until_stdin_closes(program: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", UNTIL_STDIN_CLOSES, "service"])
        .arg(program);
    shell
}

/// Installs packages of Debian, as root.
pub(crate) fn install_packages(names: &[&str]) -> Result<()> {
    let mut apt = Command::new("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive")
        .args(["install", "-y", "-q", "--no-install-recommends"])
        .args(names);
    run(&mut apt)
}

/// The cargo that runs this program, in the workspace's root.
pub(crate) fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    remove_package_variables(&mut command);
    command.current_dir(crate::workspace::root());
    command
}

/// Removes the variables that cargo set for this package. Build scripts read some of them, so that crates such as `ring` would be
/// rebuilt each time after cargo was called directly.
pub(crate) fn remove_package_variables(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
}

/// Prints the command line on stderr and runs it with this program's streams. Fails if the command fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    eprintln!("$ {}", display(command));
    let status = command
        .status()
        .with_context(|| format!("cannot start `{}`", display(command)))?;
    if !status.success() {
        bail!("`{}` failed: {status}", display(command));
    }
    Ok(())
}

/// Runs the command and returns its standard output. If the command fails, the error contains all output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{}`", display(command)))?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!(
            "`{}` failed: {}\n{}{}",
            display(command),
            output.status,
            stdout,
            stderr
        );
    }
    Ok(stdout.into_owned())
}

fn display(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(|part| part.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}
