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
    /// The database lock was lost, and the run must not go on without it.
    LockLost,
    /// The program that runs it called [`Stopper::stop`].
    Program,
    /// The program dropped the future of the run.
    Dropped,
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
            Self::LockLost => "the database lock is lost",
            Self::Program => "stopped by the program",
            Self::Dropped => "the program dropped the run",
        }
    }

    /// The terminal state of a run that was stopped for this cause.
    #[must_use]
    pub fn state(self) -> State {
        let (kind, name) = match self {
            Self::Interrupt | Self::Cancel | Self::Program | Self::Dropped => {
                (StateKind::Cancelled, "Cancelled")
            }
            Self::Terminate => (StateKind::Crashed, "Crashed"),
            Self::Timeout => (StateKind::Failed, "TimedOut"),
            Self::LockLost => (StateKind::Failed, "Failed"),
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
            Self::Interrupt | Self::Cancel | Self::Program | Self::Dropped => {
                exit_codes::INTERRUPTED
            }
            Self::Terminate => exit_codes::TERMINATED,
            Self::Timeout | Self::LockLost => exit_codes::FAILURES,
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
            StopCause::Cancel
            | StopCause::Timeout
            | StopCause::LockLost
            | StopCause::Program
            | StopCause::Dropped => false,
        };
        self.urgency += u32::from(is_urgent);
        // The SIGTERM was part of a cancellation.
        let explains = self.cause == Some(StopCause::Terminate) && cause == StopCause::Cancel;
        if explains || self.cause.is_none() {
            self.cause = Some(cause);
        }
    }

    fn is_hurried(&self) -> bool {
        let by_cause = self.cause.is_some_and(|cause| cause != StopCause::Timeout);
        by_cause || self.terminated || self.urgency > 0
    }
}

/// Stops runs from anywhere in the program. Clones stop the same runs.
///
/// A stopper belongs to a runner ([`stopper`](crate::PrefectDbtRunnerBuilder::stopper)), a [`Flow`](crate::Flow::stopper) or
/// an [`Invocation`](crate::Invocation::stopper). It stays stopped: later runs with it end before dbt starts.
///
/// ```no_run
/// use prefect_dbt::{Flow, PrefectDbtRunner, Stopper};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let stopper = Stopper::new();
/// let deadline = stopper.clone();
/// std::thread::spawn(move || {
///     std::thread::sleep(std::time::Duration::from_secs(3600));
///     deadline.stop();
/// });
/// let runner = PrefectDbtRunner::builder().build()?;
/// Flow::new("nightly").stopper(stopper).run(&runner, |_flow| ["build"]).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Stopper(Arc<watch::Sender<StopRequests>>);

impl Default for Stopper {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(StopRequests::default())))
    }
}

impl Stopper {
    /// A stopper without a request.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the run: dbt cancels its queries, and the flow run ends Cancelled.
    pub fn stop(&self) {
        self.stop_for(StopCause::Program);
    }

    /// Stops the run for another cause, which decides how the flow run ends. dbt gets time to cancel its queries; an
    /// [`Interrupt`](StopCause::Interrupt) after any request, or a second [`Terminate`](StopCause::Terminate), ends that time.
    pub fn stop_for(&self, cause: StopCause) {
        self.0.send_modify(|asked| asked.ask(cause));
    }

    /// Passes on to `other` what was requested since `passed`.
    pub(crate) fn pass_on(&self, other: &Self, passed: &mut StopRequests) {
        let now = *self.0.borrow();
        if let Some(cause) = now.cause.filter(|_| now.cause != passed.cause) {
            other.stop_for(cause);
        }
        let repeated = now.urgency.saturating_sub(passed.urgency);
        if repeated > 0 {
            other.0.send_modify(|asked| asked.urgency += repeated);
        }
        *passed = now;
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

    /// Whether somebody waits for the process to end: after a signal or a cancellation, but not after a timeout alone.
    pub(crate) fn is_hurried(&self) -> bool {
        self.0.borrow().is_hurried()
    }

    /// Waits until somebody waits for the process to end. Returns at once if somebody already does.
    pub(crate) async fn hurried(&self) {
        if self
            .subscribe()
            .wait_for(StopRequests::is_hurried)
            .await
            .is_err()
        {
            // There is no sender any more.
            std::future::pending::<()>().await;
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
    use super::StopCause::{Cancel, Interrupt, Program, Terminate, Timeout};
    use super::*;

    #[test]
    fn what_one_stopper_is_asked_is_passed_on_once() {
        let (one, other) = (Stopper::new(), Stopper::new());
        let mut passed = StopRequests::default();
        let mut pass_on = || {
            one.pass_on(&other, &mut passed);
            let asked = *other.0.borrow();
            (asked.cause, asked.urgency)
        };
        assert_eq!(pass_on(), (None, 0));
        one.stop();
        assert_eq!(
            (pass_on(), pass_on()),
            ((Some(Program), 0), (Some(Program), 0))
        );
        one.stop_for(Interrupt);
        assert_eq!(
            (pass_on(), pass_on()),
            ((Some(Program), 1), (Some(Program), 1))
        );
    }

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
