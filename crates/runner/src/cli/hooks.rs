//! Shell commands as hooks.

use crate::hooks::{HookEvent, Hooks, ShellHook};
use clap::Args;

/// Hooks of the command line: shell commands that run in the working directory, one after another, with a JSON object
/// about the run or the node on stdin.
#[derive(Debug, Args)]
#[command(next_help_heading = "Hooks")]
pub(super) struct HookArgs {
    /// Shell command to run before dbt starts; can be repeated.
    ///
    /// Hooks run one after another, in the directory where prefect-dbt was started, and get a JSON object on stdin: this one,
    /// which nodes dbt is about to run. With --retries, hooks run in each attempt; `flow.run_count` in the object is its number.
    /// dbt waits for this hook, for at most 60 seconds, and for no other; the wait counts for --timeout. A hook that fails is a
    /// warning; it does not fail the run. Once dbt has ended, a hook that has run for 60 seconds is killed, and the hooks after it
    /// are not called; after a request to stop, all hooks have 5 seconds together. This is not the `on-run-start` of
    /// dbt_project.yml, which is SQL that dbt runs.
    ///
    /// The JSON object has the keys event, command, args, node_ids and flow; after a model also node, node_id, status, result and
    /// error; at the end status, run_results and error.
    #[arg(long, value_name = "CMD")]
    on_run_start: Vec<String>,
    /// Shell command to run after each model, or only after the models that SELECT selects; can be repeated.
    ///
    /// SELECT is a selection as in `dbt ls --select`: `--post-model 'tag:critical=./notify.sh'`. The text before the first
    /// `=` is the selection; begin with `=` if the command contains one: `--post-model '=LEVEL=high ./notify.sh'`. The JSON
    /// object on stdin has the node and its result. With --heal, the hook runs once for each model, after its last try.
    #[arg(long, value_name = "[SELECT=]CMD")]
    post_model: Vec<String>,
    /// Shell command to run after the run (each attempt of it), or only if a node that SELECT selects took part; can be repeated.
    ///
    /// SELECT and `=` are read as for --post-model. The JSON object on stdin has the results of all nodes. Each of these hooks may
    /// take 60 seconds; then it is killed, and the hooks after it are not called. After a request to stop, all hooks have 5 seconds
    /// together. This is not the `on-run-end` of dbt_project.yml.
    #[arg(long, value_name = "[SELECT=]CMD")]
    on_run_end: Vec<String>,
}

impl HookArgs {
    /// Registers each command as a hook. The same command with two selections is two hooks.
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
