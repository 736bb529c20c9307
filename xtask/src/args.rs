//! The commands' arguments, which are few enough to parse by hand.

use anyhow::{Result, bail};

/// Fails if there is an argument.
pub(crate) fn none(args: &[String]) -> Result<()> {
    match args.first() {
        Some(unknown) => bail!("unknown argument `{unknown}`: this command takes none"),
        None => Ok(()),
    }
}

/// Whether the command's only option is given.
pub(crate) fn switch<S: AsRef<str>>(args: &[S], name: &str) -> Result<bool> {
    let args: Vec<&str> = args.iter().map(AsRef::as_ref).collect();
    match args[..] {
        [] => Ok(false),
        [given] if given == name => Ok(true),
        [unknown, ..] => bail!("unknown argument `{unknown}`: this command takes only `{name}`"),
    }
}
