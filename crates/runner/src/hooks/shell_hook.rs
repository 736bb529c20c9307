//! Hooks that are shell commands.

use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use super::hook::BoxError;
use super::hook_context::{DbtHookContext, HookEvent};
use super::registry::Hooks;
use crate::dbt::CONTROL_VARIABLES;
use crate::request::inherited::FLOW_RUN_ID;

/// Characters that no selection contains: a `=` after one of them is part of the command.
const NOT_IN_SELECTIONS: &[char] = &[
    '\'', '"', '`', '$', '|', '&', ';', '<', '>', '(', ')', '{', '}', '\\', '#', '!',
];

/// A hook of the command line: `[SELECT=]CMD`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShellHook {
    /// The selection; `None` for all nodes.
    pub select: Option<String>,
    /// The command.
    pub command: String,
}

impl ShellHook {
    /// Parses `[SELECT=]CMD`. The text before the first `=` is the selection, unless it contains white space, a quote or
    /// another special character of the shell; then the whole text is the command. `=CMD` is a command without a
    /// selection.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let is_selection = |text: &str| {
            !text
                .chars()
                .any(|char| char.is_whitespace() || NOT_IN_SELECTIONS.contains(&char))
        };
        match text.split_once('=') {
            Some((select, command)) if is_selection(select) => Self {
                select: (!select.is_empty()).then(|| select.to_owned()),
                command: command.to_owned(),
            },
            _ => Self {
                select: None,
                command: text.to_owned(),
            },
        }
    }

    /// Registers the hook. Its name in warnings is its flag and command.
    pub fn register(self, hooks: &Hooks, event: HookEvent) {
        let flag = match event {
            HookEvent::RunStart => "--on-run-start",
            HookEvent::PostModel => "--post-model",
            // The command line has no flag for it.
            HookEvent::PostNode => "post_node hook",
            HookEvent::RunEnd => "--on-run-end",
        };
        let mut builder = hooks
            .builder(event)
            .named(format!("{flag} `{}`", self.command));
        if let Some(select) = self.select {
            builder = builder.select(select);
        }
        builder.call(shell_hook(self.command));
    }
}

/// A hook that runs `command` with `sh -c` in our working directory. It gets the context as JSON on standard input (see
/// [`HOOK_CONTEXT_VERSION`](super::context_json::HOOK_CONTEXT_VERSION)), and its output goes to our standard error. Before
/// dbt starts, the command does not get the flow run's id: a `prefect-dbt` that it calls would take over the flow run.
pub fn shell_hook(
    command: impl Into<String>,
) -> impl Fn(&DbtHookContext) -> Result<(), BoxError> + Send + Sync + 'static {
    let command = command.into();
    move |context| {
        let json = serde_json::to_vec(context)?;
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(&command)
            .stdin(Stdio::piped())
            // So that everything that it starts can be killed with it.
            .process_group(0)
            .stdout(std::io::stderr().as_fd().try_clone_to_owned()?);
        for name in CONTROL_VARIABLES {
            shell.env_remove(name);
        }
        shell.envs(context.held_locks.clone());
        if context.event == HookEvent::RunStart {
            shell.env_remove(FLOW_RUN_ID);
        }
        let status = context.stop.run(&mut shell, &json)?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("the command failed with {status}").into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_before_the_command() {
        let read = |text| {
            let hook = ShellHook::parse(text);
            (hook.select, hook.command)
        };
        let selected = |select: &str, command: &str| (Some(select.to_owned()), command.to_owned());
        let plain = |command: &str| (None, command.to_owned());
        assert_eq!(
            read("tag:nightly=./notify"),
            selected("tag:nightly", "./notify")
        );
        assert_eq!(
            read("tag:a,+b=x=1 ./notify"),
            selected("tag:a,+b", "x=1 ./notify")
        );
        assert_eq!(read("=x=1 ./notify"), plain("x=1 ./notify"));
        assert_eq!(read("./notify --to=me"), plain("./notify --to=me"));
        assert_eq!(read("./notify"), plain("./notify"));
        assert_eq!(read("'a'=b"), plain("'a'=b"));
        assert_eq!(read("$X=b"), plain("$X=b"));
    }
}
