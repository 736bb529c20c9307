//! Hooks: user code that is called while a run goes on.
//!
//! Hooks run one after another on a thread of their invocation and read the journal like every other sink: a slow hook delays later
//! hooks and nothing else. An error in a hook is a warning and never fails a run.

mod context;
mod dispatcher;
mod hang_watch;
mod hook;
mod json;
mod node_report;
mod observer;
mod owner;
mod registry;
mod run;
mod schedule;
mod selection;
mod shell;

pub use context::{DbtHookContext, HookEvent, HookResult, HookStatus};
pub use hook::{BoxError, HookOutput};
pub use json::HOOK_CONTEXT_VERSION;
pub use node_report::NodeReport;
pub(crate) use owner::HookOwner;
pub use registry::{HookBuilder, Hooks};
pub use run::HookOptions;
pub(crate) use run::run;
pub use shell::{ShellHook, shell_hook};
