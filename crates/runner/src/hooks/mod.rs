//! Hooks: user code that is called during a run.
//!
//! Hooks run one at a time on a thread of their own, which reads the journal like every other sink: a slow hook delays
//! later hooks and nothing else. An error in a hook is a warning and never fails a run.

mod context_json;
mod hook;
mod hook_caller;
mod hook_context;
mod hook_selections;
mod hook_stop;
mod hook_thread;
mod known_flow_run;
mod node_report;
mod observer;
mod options;
mod owner;
mod registry;
mod run;
mod run_result;
mod schedule;
mod shell_hook;
mod stuck_hooks;
mod test_context;

pub use context_json::HOOK_CONTEXT_VERSION;
pub use hook::{BoxError, HookOutput};
pub use hook_context::{DbtHookContext, HookEvent, HookResult, HookStatus};
pub use node_report::NodeReport;
pub use options::HookOptions;
pub(crate) use owner::HookOwner;
pub use registry::{HookBuilder, Hooks};
pub(crate) use run::run;
pub use shell_hook::{ShellHook, shell_hook};
