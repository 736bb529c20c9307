//! The supervisor: the process of Prefect that started this one.

use std::sync::{Arc, OnceLock};

use prefect_client::Secret;

use super::channel::Channel;
use super::receipt::Receipt;

/// What is known of the supervisor. Clones share the one channel to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Supervisor(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Port of its channel, and the token that opens it once.
    address: Option<(u16, Secret)>,
    on_sigterm: OnSigterm,
    channel: OnceLock<Channel>,
}

/// What happens to the flow run at SIGTERM.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum OnSigterm {
    /// It is set to Crashed.
    #[default]
    Crash,
    /// It is rescheduled, and runs elsewhere.
    Reschedule,
    /// Its state stays: the process that started us starts us again.
    Relinquish,
}

impl Supervisor {
    /// The supervisor that the environment names (`PREFECT__CONTROL_PORT` and `PREFECT__CONTROL_TOKEN`), and what SIGTERM means
    /// (`PREFECT_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR`).
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where the environment is read"
    )]
    pub(crate) fn from_env() -> Self {
        let get = |name| std::env::var(name).ok();
        Self::new(
            get("PREFECT__CONTROL_PORT").as_deref(),
            get("PREFECT__CONTROL_TOKEN").map(Secret::new),
            get("PREFECT_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR").as_deref(),
        )
    }

    pub(super) fn new(port: Option<&str>, token: Option<Secret>, on_sigterm: Option<&str>) -> Self {
        let port = port.and_then(|port| port.trim().parse().ok());
        let token = token.filter(|token| !token.expose().is_empty());
        let on_sigterm = on_sigterm.map(str::to_ascii_lowercase);
        Self(Arc::new(Inner {
            address: port.zip(token),
            on_sigterm: match on_sigterm.as_deref() {
                Some("reschedule") => OnSigterm::Reschedule,
                Some("relinquish") => OnSigterm::Relinquish,
                _ => OnSigterm::Crash,
            },
            channel: OnceLock::new(),
        }))
    }

    /// The channel to it. The first call opens it.
    pub(super) fn channel(&self) -> Option<&Channel> {
        let (port, token) = self.0.address.as_ref()?;
        let open = || Channel::open(*port, token.clone());
        Some(self.0.channel.get_or_init(open))
    }

    /// Reports that the flow run ended without us.
    pub(crate) async fn report_aborted(&self) {
        if let Some(channel) = self.channel() {
            channel.report(&Receipt::OrchestrationAborted).await;
        }
    }

    pub(super) fn on_sigterm(&self) -> OnSigterm {
        self.0.on_sigterm
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incomplete_address_is_ignored_and_the_token_is_never_shown() {
        let token = || Some(Secret::new("s3cr3t-token"));
        for (port, token) in [
            (None, token()),
            (Some("4711"), None),
            (Some("4711"), Some(Secret::new(""))),
            (Some("port"), token()),
            (Some("65536"), token()),
        ] {
            assert!(Supervisor::new(port, token, None).channel().is_none());
        }
        let whole = Supervisor::new(Some("4711"), token(), Some("Reschedule"));
        assert!(whole.0.address.is_some());
        assert_eq!(whole.on_sigterm(), OnSigterm::Reschedule);
        assert!(!format!("{whole:?}").contains("s3cr3t"));
    }
}
