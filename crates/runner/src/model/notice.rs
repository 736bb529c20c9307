//! What people should know at once about the report to Prefect.

use uuid::Uuid;

/// Something that people should know at once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The flow run is there.
    Connected {
        /// Its id.
        flow_run_id: Uuid,
        /// Its name.
        name: String,
        /// Its page.
        url: Option<String>,
    },
    /// There is no API to report to, and nobody said that there should be none.
    Unconfigured,
    /// The API is away or refuses; said once in a run, which goes on.
    Away {
        /// What is wrong.
        problem: String,
    },
    /// The API is there again; nothing was lost.
    Back,
    /// The run failed, and is repeated.
    Retrying {
        /// Which attempt comes next, from 2.
        attempt: u32,
        /// How long it waits, in seconds.
        delay: u64,
    },
    /// Runs whose process was killed were closed, and are delivered.
    Recovered {
        /// How many.
        runs: usize,
    },
    /// Something was left out, since Prefect cannot take it or the budget of the run has no room for it; each is said
    /// once in a run.
    LeftOut {
        /// What, and why.
        problem: String,
    },
}
