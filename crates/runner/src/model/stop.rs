//! Requests to stop a run, and their causes.

use std::sync::Arc;

use tokio::sync::watch;

use super::exit_codes;
use super::state::{State, StateKind};

/// Why a run is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopCause {
    /// SIGINT, such as Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// The flow run was cancelled in Prefect.
    Cancel,
    /// The run exceeded its timeout.
    Timeout,
}

impl StopCause {
    /// The cause as text, for log lines and the message of the state.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Interrupt => "interrupted by SIGINT",
            Self::Terminate => "terminated by SIGTERM",
            Self::Cancel => "cancelled through Prefect",
            Self::Timeout => "the run exceeded its timeout",
        }
    }

    /// The terminal state of a run that was stopped for this cause.
    #[must_use]
    pub fn state(self) -> State {
        let (kind, name) = match self {
            Self::Interrupt | Self::Cancel => (StateKind::Cancelled, "Cancelled"),
            Self::Terminate => (StateKind::Crashed, "Crashed"),
            Self::Timeout => (StateKind::Failed, "TimedOut"),
        };
        State {
            kind,
            name: name.to_owned(),
            message: Some(self.reason().to_owned()),
        }
    }

    /// The exit code of the program after a run that was stopped for this cause.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt | Self::Cancel => exit_codes::INTERRUPTED,
            Self::Terminate => exit_codes::TERMINATED,
            Self::Timeout => exit_codes::FAILURES,
        }
    }
}

/// The requests to stop a run so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct StopRequests {
    pub(crate) cause: Option<StopCause>,
    /// How many repeated requests there were: each skips one waiting time.
    pub(crate) urgency: u32,
    terminated: bool,
}

impl StopRequests {
    /// Adds a request. A cancellation followed by SIGTERM is one request of a supervisor; a repeated Ctrl-C is urgent.
    fn ask(&mut self, cause: StopCause) {
        let is_urgent = match cause {
            StopCause::Interrupt => self.cause.is_some(),
            StopCause::Terminate => std::mem::replace(&mut self.terminated, true),
            StopCause::Cancel | StopCause::Timeout => false,
        };
        self.urgency += u32::from(is_urgent);
        // The SIGTERM was part of a cancellation.
        let explains = self.cause == Some(StopCause::Terminate) && cause == StopCause::Cancel;
        if explains || self.cause.is_none() {
            self.cause = Some(cause);
        }
    }
}

/// Stops a run. Clones stop the same run.
#[derive(Debug, Clone)]
pub struct Stopper(Arc<watch::Sender<StopRequests>>);

impl Default for Stopper {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(StopRequests::default())))
    }
}

impl Stopper {
    /// Requests the run to stop. dbt gets time to cancel its queries; a Ctrl-C after any request, or a second SIGTERM, ends
    /// that time.
    pub fn stop(&self, cause: StopCause) {
        self.0.send_modify(|asked| asked.ask(cause));
    }

    /// Why the run is stopped, if it is. A cancellation replaces a SIGTERM that came before it.
    #[must_use]
    pub fn cause(&self) -> Option<StopCause> {
        self.0.borrow().cause
    }

    /// Waits until the run is requested to stop. Returns at once if it already is.
    pub(crate) async fn stopped(&self) -> StopCause {
        let mut asked = self.subscribe();
        loop {
            if let Some(cause) = asked.borrow_and_update().cause {
                return cause;
            }
            if asked.changed().await.is_err() {
                // There is no sender any more.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits for the next request that is the first one or urgent.
    pub(crate) async fn stop_requested_again(&self) {
        let mut asked = self.subscribe();
        let before = *asked.borrow_and_update();
        let is_new = |now: &StopRequests| now.cause != before.cause || now.urgency > before.urgency;
        if asked.wait_for(is_new).await.is_err() {
            // There is no sender any more.
            std::future::pending::<()>().await;
        }
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<StopRequests> {
        self.0.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::StopCause::{Cancel, Interrupt, Terminate, Timeout};
    use super::*;

    fn asked(causes: &[StopCause]) -> (Option<StopCause>, u32) {
        let mut asked = StopRequests::default();
        causes.iter().for_each(|cause| asked.ask(*cause));
        (asked.cause, asked.urgency)
    }

    #[test]
    fn repeated_signals_are_urgent_and_cancellations_are_not() {
        let cases: [(&[StopCause], StopCause, u32); 8] = [
            (&[Interrupt], Interrupt, 0),
            (&[Interrupt, Interrupt], Interrupt, 1),
            (&[Cancel, Terminate], Cancel, 0),
            (&[Terminate, Cancel], Cancel, 0),
            (&[Terminate, Terminate], Terminate, 1),
            (&[Cancel, Terminate, Terminate], Cancel, 1),
            (&[Timeout, Interrupt], Timeout, 1),
            (&[Interrupt, Cancel], Interrupt, 0),
        ];
        for (causes, cause, urgency) in cases {
            assert_eq!(asked(causes), (Some(cause), urgency), "{causes:?}");
        }
    }
}
