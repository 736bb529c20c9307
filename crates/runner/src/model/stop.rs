//! Stopping a run from outside.

use std::sync::Arc;

use tokio::sync::watch;

use super::exit;
use super::state::{State, StateKind};

/// Why a run is to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopCause {
    /// Somebody pressed Ctrl-C (SIGINT).
    Interrupt,
    /// Somebody asked the process to end (SIGTERM).
    Terminate,
    /// Somebody cancelled the flow run.
    Cancel,
    /// The run took longer than it may.
    Timeout,
}

impl StopCause {
    /// The cause as people read it, in log lines and in the message of the state.
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
            Self::Interrupt | Self::Cancel => exit::INTERRUPTED,
            Self::Terminate => exit::TERMINATED,
            Self::Timeout => exit::FAILURES,
        }
    }
}

/// Why a run was asked to stop, and how urgently.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) cause: Option<StopCause>,
    /// How often somebody lost patience.
    pub(crate) urgency: u32,
    terminated: bool,
}

impl Asked {
    /// Notes a request. A supervisor that cancels and then sends SIGTERM says one thing twice; a person who presses
    /// Ctrl-C again means it.
    fn ask(&mut self, cause: StopCause) {
        let is_impatient = match cause {
            StopCause::Interrupt => self.cause.is_some(),
            StopCause::Terminate => std::mem::replace(&mut self.terminated, true),
            StopCause::Cancel | StopCause::Timeout => false,
        };
        self.urgency += u32::from(is_impatient);
        // What looked like the end of the process was part of a cancellation.
        let explains = self.cause == Some(StopCause::Terminate) && cause == StopCause::Cancel;
        if explains || self.cause.is_none() {
            self.cause = Some(cause);
        }
    }
}

/// Asks a run to stop. Clones ask the same run.
#[derive(Debug, Clone)]
pub struct Stopper(Arc<watch::Sender<Asked>>);

impl Default for Stopper {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Asked::default())))
    }
}

impl Stopper {
    /// Asks the run to stop. dbt gets time to cancel its queries; a Ctrl-C after any request, or a second SIGTERM, takes
    /// that time away.
    pub fn stop(&self, cause: StopCause) {
        self.0.send_modify(|asked| asked.ask(cause));
    }

    /// Why the run was asked to stop, if it was. A cancellation explains a SIGTERM that came before it.
    #[must_use]
    pub fn cause(&self) -> Option<StopCause> {
        self.0.borrow().cause
    }

    /// Comes when the run is asked to stop, or was.
    pub(crate) async fn stopped(&self) -> StopCause {
        let mut asked = self.subscribe();
        loop {
            if let Some(cause) = asked.borrow_and_update().cause {
                return cause;
            }
            if asked.changed().await.is_err() {
                // Nobody is left who could ask.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Comes when somebody asks from now on, for the first time or out of patience.
    pub(crate) async fn asked_again(&self) {
        let mut asked = self.subscribe();
        let before = *asked.borrow_and_update();
        let is_new = |now: &Asked| now.cause != before.cause || now.urgency > before.urgency;
        if asked.wait_for(is_new).await.is_err() {
            // Nobody is left who could ask.
            std::future::pending::<()>().await;
        }
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Asked> {
        self.0.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::StopCause::{Cancel, Interrupt, Terminate, Timeout};
    use super::*;

    fn asked(causes: &[StopCause]) -> (Option<StopCause>, u32) {
        let mut asked = Asked::default();
        causes.iter().for_each(|cause| asked.ask(*cause));
        (asked.cause, asked.urgency)
    }

    #[test]
    fn a_person_who_asks_again_is_impatient_and_a_supervisor_is_not() {
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
