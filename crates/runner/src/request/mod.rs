//! What to run and how to report it: the options of an invocation, the settings, and what the process environment adds.

mod attempt;
mod error;
mod flow_context;
mod invocation;
mod places;
mod process_env;
mod retry_strategy;
mod settings;

pub(crate) use attempt::Attempt;
pub use error::RequestError;
pub use flow_context::FlowContext;
pub use invocation::{FlowChoice, Invocation};
pub(crate) use process_env::{ProcessEnv, inherited};
pub use retry_strategy::RetryStrategy;
pub use settings::PrefectDbtSettings;
