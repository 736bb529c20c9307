//! What to run and how to report it: what a caller asks for, its options, and the resolved request that the engine works from.

mod attempt;
mod delivery_limits;
mod error;
mod flow_choice;
mod flow_context;
mod invocation;
mod options;
mod places;
mod process_env;
#[expect(
    clippy::module_inception,
    reason = "the folder is named after its one result"
)]
mod request;
mod retry_strategy;
mod settings;

pub(crate) use attempt::Attempt;
pub use error::RequestError;
pub use flow_choice::FlowChoice;
pub use flow_context::FlowContext;
pub use invocation::Invocation;
pub use options::RunOptions;
pub(crate) use process_env::{ProcessEnv, inherited};
pub(crate) use request::{Request, RetryOptions};
pub use retry_strategy::RetryStrategy;
pub use settings::PrefectDbtSettings;
