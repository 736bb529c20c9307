//! What a repetition runs.

use std::fmt;
use std::path::PathBuf;

use super::attempt::Attempt;
use super::lost::lost_flags;
use super::policy::RetryStrategy;
use super::record::Kept;
use crate::args::DbtArgs;
use crate::invocation::Invocation;

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
pub(crate) fn plan(strategy: RetryStrategy, kept: Option<&Kept>) -> Plan {
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
    match &record.obstacle {
        Some(obstacle) if obstacle.is_absolute() || strategy == RetryStrategy::Auto => {
            full(&obstacle.to_string())
        }
        _ if record.success => full("the attempt before it did all its work"),
        _ if !kept.has_results => full("the attempt before it left no results"),
        _ => Plan::DbtRetry {
            state: kept.dir.clone(),
            nodes: record.nodes.clone(),
        },
    }
}

impl Plan {
    /// The invocation that does this: `original` is that of the first attempt.
    pub(crate) fn invocation(&self, original: &Invocation, attempt: Attempt) -> Invocation {
        let mut next = original.clone();
        let note = format!("Attempt {}: {self}", attempt.number);
        next.attempt = Attempt {
            note: Some(note),
            ..attempt
        };
        let Self::DbtRetry { state, nodes } = self else {
            return next;
        };
        let args = DbtArgs::parse(&original.args);
        let settings = &mut next.settings;
        settings.log_level = Some(args.level(settings));
        settings.project_dir = args.project_dir.or(settings.project_dir.take());
        settings.profiles_dir = args.profiles_dir.or(settings.profiles_dir.take());
        settings.target_path = args.target_path.or(settings.target_path.take());
        next.attempt.environment = lost_flags(&original.args);
        next.attempt.scheduled = Some(nodes.clone());
        next.attempt.original = Some(original.args.clone());
        next.args = retry_args(state);
        next
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
