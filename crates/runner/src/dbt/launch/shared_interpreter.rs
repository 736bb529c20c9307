//! The interpreter that several dbts of one run share.

use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex, PoisonError};

use super::pipes::LaunchText;
use super::plan::LaunchPlan;
use super::startup::Startup;
use super::waiting_interpreter::WaitingInterpreter;

/// The place of the interpreter that several dbts of one run share: dbt is imported once for all of them. Clones are the
/// same place. The interpreter ends with the last of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedInterpreter {
    place: Arc<Mutex<Place>>,
    /// Whether the next dbt starts an interpreter if there is none.
    may_start: bool,
}

#[derive(Debug, Default)]
enum Place {
    #[default]
    Empty,
    Taken(WaitingInterpreter),
    /// An interpreter with this startup cannot wait.
    Refused(Startup),
}

impl SharedInterpreter {
    /// The same place for a dbt that others follow: it starts an interpreter if there is none.
    pub(crate) fn for_several(&self) -> Self {
        Self {
            place: Arc::clone(&self.place),
            may_start: true,
        }
    }

    /// Whether a dbt may use it.
    pub(in crate::dbt) fn is_of_use(&self) -> bool {
        let place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        self.may_start || matches!(*place, Place::Taken(_))
    }

    /// Asks the interpreter for a dbt that uses these files, see [`WaitingInterpreter::request`]. Returns the text for an
    /// interpreter that has just been started. `None` if dbt has to have an interpreter of its own.
    pub(in crate::dbt) fn request(
        &self,
        plan: &LaunchPlan,
        files: [BorrowedFd<'_>; 6],
    ) -> Option<Option<LaunchText>> {
        // Elsewhere, a process that forks without a new program may lack parts of the system.
        let startup = Startup::from_env(&plan.script).filter(|_| cfg!(target_os = "linux"))?;
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = None;
        match &*place {
            Place::Taken(waiting) if waiting.serves(&startup) => {}
            Place::Refused(refused) if *refused == startup => return None,
            _ if !self.may_start => return None,
            _ => {
                let started = WaitingInterpreter::start(startup.clone());
                let started =
                    started.inspect_err(|error| tracing::debug!(%error, "cannot start it"));
                let (waiting, its_text) = started.ok()?;
                *place = Place::Taken(waiting);
                text = Some(its_text);
            }
        }
        let Place::Taken(waiting) = &*place else {
            return None;
        };
        match waiting.request(files) {
            Ok(()) => Some(text),
            Err(_) => {
                drop(place);
                self.refuse();
                None
            }
        }
    }

    /// Takes note that a dbt has started: the interpreter ends now if no other dbt is to follow.
    pub(in crate::dbt) fn release(&self) {
        if !self.may_start {
            let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
            *place = Place::Empty;
        }
    }

    /// Takes note that the interpreter could not start a dbt: the next one gets an interpreter of its own.
    pub(in crate::dbt) fn refuse(&self) {
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Place::Taken(waiting) = &*place {
            tracing::debug!(
                reason = waiting.last_line(),
                "dbt cannot share an interpreter"
            );
            *place = Place::Refused(waiting.startup().clone());
        }
    }
}
