//! Plans what a retry runs.

use std::fmt;
use std::path::PathBuf;

use super::dropped_flags::dropped_flags;
use crate::dbt::DbtArgs;
use crate::request::{Attempt, Request, RetryStrategy};
use crate::store::SavedAttempt;

/// What a retry runs, and why. `Display` is the text for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Plan {
    /// `dbt retry` of the nodes that did not succeed.
    DbtRetry {
        /// The folder with the saved state, for `--state`.
        state: PathBuf,
        /// The nodes. Empty if it is not known which nodes had not started.
        nodes: Vec<String>,
    },
    /// The whole command of the first attempt.
    Full {
        /// Why `dbt retry` is not used, as the end of a sentence.
        reason: String,
    },
}

/// Why the whole command runs when nothing is known of the previous attempt.
pub(crate) const NO_RECORD: &str = "there is no record of the previous attempt";

/// Plans a retry from the record of the previous attempt, or from the reason why there is none.
pub(crate) fn plan(strategy: RetryStrategy, stored: Result<&SavedAttempt, &str>) -> Plan {
    let full = |reason: &str| Plan::Full {
        reason: reason.to_owned(),
    };
    if strategy == RetryStrategy::Full {
        return full("the retry strategy is `full`");
    }
    let stored = match stored {
        Ok(stored) => stored,
        Err(reason) => return full(reason),
    };
    let record = &stored.record;
    match (&record.obstacle, stored.state()) {
        (Some(obstacle), _) if obstacle.is_absolute() || strategy == RetryStrategy::Auto => {
            full(&obstacle.to_string())
        }
        _ if record.success => full("dbt reported no failure in the previous attempt"),
        (_, None) => full("the results of the previous attempt are missing"),
        (_, Some(state)) => Plan::DbtRetry {
            state: state.to_path_buf(),
            nodes: record.nodes.clone(),
        },
    }
}

impl Plan {
    /// The request for this plan. `original` is the request of the first attempt.
    pub(crate) fn request(&self, original: &Request, attempt: Attempt) -> Request {
        let mut next = original.clone();
        let note = format!("Attempt {}: {self}", attempt.number);
        next.attempt = Attempt {
            note: Some(note),
            ..attempt
        };
        let Self::DbtRetry { state, nodes } = self else {
            return next;
        };
        let line = original.line.clone();
        let args = DbtArgs::of(&line);
        let settings = &mut next.settings;
        settings.log_level = Some(settings.level_of(&args));
        settings.project_dir = args.project_dir.or(settings.project_dir.take());
        settings.profiles_dir = args.profiles_dir.or(settings.profiles_dir.take());
        settings.target_path = args.target_path.or(settings.target_path.take());
        next.attempt.environment = dropped_flags(&line);
        next.attempt.scheduled = (!nodes.is_empty()).then(|| nodes.clone());
        next.attempt.original = Some(line);
        next.with_args(retry_args(state))
    }
}

/// The arguments for `dbt retry` with the state in a folder.
pub(crate) fn retry_args(state: &std::path::Path) -> Vec<String> {
    let state = state.to_string_lossy().into_owned();
    vec!["retry".to_owned(), "--state".to_owned(), state]
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DbtRetry { nodes, .. } if nodes.is_empty() => f.write_str(
                "dbt retry of the nodes that failed; nodes that had not started may be missing",
            ),
            Self::DbtRetry { nodes, .. } => {
                write!(f, "dbt retry of {}", did_not_succeed(nodes.len()))
            }
            Self::Full { reason } => write!(f, "the whole command, because {reason}"),
        }
    }
}

/// A number of nodes that did not succeed, in words.
pub(super) fn did_not_succeed(nodes: usize) -> String {
    let noun = if nodes == 1 { "node" } else { "nodes" };
    format!("{nodes} {noun} that did not succeed")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::model::Obstacle;
    use crate::request::Invocation;
    use crate::store::{AttemptRecord, AttemptRecords};

    fn planned(strategy: RetryStrategy, obstacle: Option<Obstacle>, has_results: bool) -> String {
        let dir = tempfile::tempdir().unwrap();
        let nodes: &[&str] = match obstacle {
            None => &["model.a.b", "model.a.c"],
            Some(_) => &[],
        };
        let record = AttemptRecord {
            obstacle,
            ..AttemptRecord::failed(nodes)
        };
        let results = has_results.then_some(&Value::Null);
        let stored = AttemptRecords::beside(dir.path()).save(record, results);
        plan(strategy, Ok(&stored.unwrap())).to_string()
    }

    #[test]
    fn dbt_retry_is_planned_only_if_the_remaining_nodes_are_known() {
        use RetryStrategy::{Auto, DbtRetry, Full};
        let retry = "dbt retry of 2 nodes that did not succeed";
        assert_eq!(planned(Auto, None, true), retry);
        assert!(planned(Full, None, true).starts_with("the whole command, because"));
        assert!(planned(Auto, None, false).starts_with("the whole command, because"));
        let unknown = || Some(Obstacle::UnknownSchedule);
        assert!(planned(Auto, unknown(), true).starts_with("the whole command, because"));
        let failed = planned(DbtRetry, unknown(), true);
        assert!(failed.starts_with("dbt retry of the nodes that failed"));
        let hooks = Some(Obstacle::OnlyHooks);
        assert!(planned(DbtRetry, hooks, true).starts_with("the whole command, because"));
        assert!(
            plan(Auto, Err(NO_RECORD))
                .to_string()
                .starts_with("the whole command, because")
        );
    }

    #[test]
    fn a_retry_keeps_the_flags_that_dbt_retry_drops() {
        let args =
            "--project-dir p build --profiles-dir q --target-path t --log-path l --select x -q";
        let original = Request::resolved(Invocation::new(args.split(' ')));
        let plan = Plan::DbtRetry {
            state: "state".into(),
            nodes: vec!["model.a.b".to_owned()],
        };
        let next = plan.request(&original, Attempt::default());
        assert_eq!(next.args, ["retry", "--state", "state"]);
        let settings = &next.settings;
        let folders = [
            &settings.project_dir,
            &settings.profiles_dir,
            &settings.target_path,
        ];
        let folders = folders.map(|dir| dir.as_ref().unwrap().to_string_lossy().into_owned());
        assert_eq!(folders, ["p", "q", "t"]);
        assert_eq!(settings.log_level, Some(crate::model::LogLevel::Error));
        let log_path = ("DBT_LOG_PATH".to_owned(), "l".to_owned());
        assert_eq!(next.attempt.environment, [log_path]);
        assert_eq!(next.original_line().to_words(), original.args);
    }
}
