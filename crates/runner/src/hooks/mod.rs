//! Hooks: code of the user's that is called as a run goes on.
//!
//! Hooks run one after another, on a thread that each invocation has for them, and read the journal as every other sink
//! does: a slow hook delays later hooks and nothing else. What goes wrong in a hook is a warning, never a failed run.

mod context;
mod dispatcher;
mod hook;
mod json;
mod observer;
mod patience;
mod registry;
mod report;
mod run;
mod schedule;
mod selection;
mod shell;

pub use context::{DbtHookContext, HookEvent, HookResult, HookStatus};
pub use hook::{BoxError, HookOutput};
pub use json::HOOK_CONTEXT_VERSION;
pub use registry::{HookBuilder, Hooks};
pub use report::NodeReport;
pub use run::{HookOptions, run};
pub(crate) use schedule::{names_state, selected};
pub use shell::{ShellHook, shell_hook};
