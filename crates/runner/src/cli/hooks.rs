//! Shell commands as hooks.

use crate::hooks::{HookEvent, Hooks, ShellHook};
use clap::Args;

/// Hooks of the command line: commands that the shell runs in the working directory, one after another, with what there
/// is to know as JSON on their standard input.
#[derive(Debug, Args)]
pub(super) struct HookArgs {
    /// A command to run before dbt starts; it learns which nodes are scheduled.
    #[arg(long, value_name = "CMD")]
    on_run_start: Vec<String>,
    /// A command to run after each model; only after those that SELECT selects.
    #[arg(long, value_name = "[SELECT=]CMD")]
    post_model: Vec<String>,
    /// A command to run after the run; only if a node took part that SELECT selects.
    #[arg(long, value_name = "[SELECT=]CMD")]
    on_run_end: Vec<String>,
}

impl HookArgs {
    /// The hooks. Commands that are given several times with different selections are hooks of their own.
    pub(super) fn hooks(self) -> Hooks {
        let hooks = Hooks::default();
        for command in self.on_run_start {
            let hook = ShellHook {
                select: None,
                command,
            };
            hook.register(&hooks, HookEvent::RunStart);
        }
        for text in self.post_model {
            ShellHook::parse(&text).register(&hooks, HookEvent::PostModel);
        }
        for text in self.on_run_end {
            ShellHook::parse(&text).register(&hooks, HookEvent::RunEnd);
        }
        hooks
    }
}
