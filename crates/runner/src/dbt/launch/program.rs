//! The programs that dbt's interpreter runs. They are Python, from version 3.8 on.

use serde::Serialize;

/// A program. It finds what it has to do in the variable `CONFIG`, as JSON.
pub(super) struct Program(&'static str);

/// Starts dbt.
pub(super) const LAUNCHER: Program = Program(concat!(
    include_str!("events.py"),
    "\n\n",
    include_str!("cancel.py"),
    "\n\n",
    include_str!("launcher.py"),
    "\n\nlaunch(json.loads(CONFIG))\n",
));

/// Imports dbt, and starts it in forks.
pub(super) const WAITING: Program = Program(concat!(
    include_str!("events.py"),
    "\n\n",
    include_str!("cancel.py"),
    "\n\n",
    include_str!("launcher.py"),
    "\n\n",
    include_str!("waiting.py"),
    "\n\nwait(json.loads(CONFIG))\n",
));

impl Program {
    /// The text that Python runs.
    ///
    /// # Errors
    /// When a value cannot be written as JSON.
    pub(super) fn text(&self, config: &impl Serialize) -> serde_json::Result<String> {
        // A text in JSON is one in Python, too. The name of the source leads to no file, so that a traceback shows none.
        let program = serde_json::to_string(self.0)?;
        let config = serde_json::to_string(&serde_json::to_string(config)?)?;
        Ok(format!(
            "exec(compile({program}, '<prefect-dbt>', 'exec'), {{'__name__': 'prefect_dbt_launcher', 'CONFIG': {config}}})\n"
        ))
    }
}
