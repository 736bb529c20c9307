//! What to run and how to report it: the invocation of a caller, its options, and the resolved request that the engine uses.

mod attempt;
mod delivery_limits;
mod error;
mod flow_choice;
mod flow_context;
mod invocation;
mod ledger_mode;
mod lock_options;
mod options;
mod places;
mod process_env;
mod resolved_request;
mod retry_strategy;
mod settings;
mod shared_run;

pub(crate) use attempt::Attempt;
pub(crate) use delivery_limits::DeliveryLimits;
pub use error::RequestError;
pub use flow_choice::FlowChoice;
pub use flow_context::FlowContext;
pub(crate) use flow_context::RunningCode;
pub use invocation::Invocation;
pub use ledger_mode::LedgerMode;
pub use lock_options::{LockLost, LockMode};
pub use options::RunOptions;
#[cfg(feature = "cli")]
pub(crate) use process_env::launcher_choice;
pub(crate) use process_env::{ProcessEnv, inherited, unset_job};
pub(crate) use resolved_request::{Request, RetryOptions};
pub use retry_strategy::RetryStrategy;
pub use settings::PrefectDbtSettings;
pub(crate) use shared_run::SharedRun;
