//! What a repetition runs.

use std::fmt;
use std::path::PathBuf;

use super::dropped_flags::dropped_flags;
use crate::dbt::DbtArgs;
use crate::request::{Attempt, Request, RetryStrategy};
use crate::store::SavedAttempt;

/// What a repetition runs, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Plan {
    /// What is left, by `dbt retry`.
    DbtRetry {
        /// The folder with the state that it is given.
        state: PathBuf,
        nodes: Vec<String>,
    },
    /// The original command.
    Full { reason: String },
}

/// Plans a repetition from what the attempt before it has left on record.
pub(crate) fn plan(strategy: RetryStrategy, kept: Option<&SavedAttempt>) -> Plan {
    let full = |reason: &str| Plan::Full {
        reason: reason.to_owned(),
    };
    if strategy == RetryStrategy::Full {
        return full("it was asked for");
    }
    let Some(kept) = kept else {
        return full("no record of the attempt before it is left here");
    };
    let record = &kept.record;
    match (&record.obstacle, kept.state()) {
        (Some(obstacle), _) if obstacle.is_absolute() || strategy == RetryStrategy::Auto => {
            full(&obstacle.to_string())
        }
        _ if record.success => full("the attempt before it did all its work"),
        (_, None) => full("the attempt before it left no results"),
        (_, Some(state)) => Plan::DbtRetry {
            state: state.to_path_buf(),
            nodes: record.nodes.clone(),
        },
    }
}

impl Plan {
    /// The request that does this: `original` is that of the first attempt.
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
        // None are known where it is not known what was scheduled.
        next.attempt.scheduled = (!nodes.is_empty()).then(|| nodes.clone());
        next.attempt.original = Some(line);
        next.with_args(retry_args(state))
    }
}

/// `dbt retry` of the state in a folder.
pub(crate) fn retry_args(state: &std::path::Path) -> Vec<String> {
    let state = state.to_string_lossy().into_owned();
    vec!["retry".to_owned(), "--state".to_owned(), state]
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DbtRetry { nodes, .. } if nodes.is_empty() => {
                f.write_str("dbt retry of what was not built")
            }
            Self::DbtRetry { nodes, .. } if nodes.len() == 1 => {
                f.write_str("dbt retry of the node that is left")
            }
            Self::DbtRetry { nodes, .. } => {
                write!(f, "dbt retry of the {} nodes that are left", nodes.len())
            }
            Self::Full { reason } => write!(f, "the whole command again, since {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::request::Invocation;
    use crate::store::{AttemptRecord, AttemptRecords, Obstacle};

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
        let kept = AttemptRecords::beside(dir.path()).save(record, results);
        plan(strategy, Some(&kept.unwrap())).to_string()
    }

    #[test]
    fn dbt_retry_is_for_what_is_known() {
        use RetryStrategy::{Auto, DbtRetry, Full};
        let retry = "dbt retry of the 2 nodes that are left";
        assert_eq!(planned(Auto, None, true), retry);
        assert!(planned(Full, None, true).starts_with("the whole command again"));
        assert!(planned(Auto, None, false).starts_with("the whole command again"));
        let unknown = || Some(Obstacle::UnknownSchedule);
        assert!(planned(Auto, unknown(), true).starts_with("the whole command again"));
        let what_is_known = "dbt retry of what was not built";
        assert_eq!(planned(DbtRetry, unknown(), true), what_is_known);
        let hooks = Some(Obstacle::OnlyHooks);
        assert!(planned(DbtRetry, hooks, true).starts_with("the whole command again"));
        assert!(
            plan(Auto, None)
                .to_string()
                .starts_with("the whole command again")
        );
    }

    #[test]
    fn a_retry_keeps_what_dbt_would_drop() {
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
        assert_eq!(next.asked().to_words(), original.args);
    }
}
