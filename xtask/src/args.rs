//! Arguments of the commands, which are few enough to be read by hand.

use anyhow::{Result, bail};

/// Fails when there is any argument.
pub(crate) fn none(args: &[String]) -> Result<()> {
    match args.first() {
        Some(unknown) => bail!("`{unknown}` is not understood; this command takes no arguments"),
        None => Ok(()),
    }
}

/// Whether the one switch that a command knows is given.
pub(crate) fn switch(args: &[String], name: &str) -> Result<bool> {
    match args {
        [] => Ok(false),
        [given] if given == name => Ok(true),
        [unknown, ..] => bail!("`{unknown}` is not understood; this command takes only `{name}`"),
    }
}
