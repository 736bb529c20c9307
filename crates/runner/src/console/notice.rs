//! The texts of notices.

use crate::model::{Level, Notice};

/// The level and the text of a notice; `None` if it is not shown.
pub(crate) fn describe_notice(notice: &Notice) -> Option<(Level, String)> {
    let shown = match notice {
        Notice::Connected { url, .. } => (Level::Info, format!("View at {}", url.as_ref()?)),
        Notice::Unconfigured => (
            Level::Info,
            "this run is not reported: no Prefect API is configured (set PREFECT_API_URL)"
                .to_owned(),
        ),
        Notice::Retrying { attempt, delay } => (
            Level::Warning,
            format!("the run failed; attempt {attempt} starts in {delay} s"),
        ),
        Notice::Recovered { runs } => (
            Level::Warning,
            format!("earlier runs that Prefect did not have completely are now delivered: {runs}"),
        ),
        Notice::Swept { runs } => (
            Level::Warning,
            format!("earlier flow runs whose process is gone are now closed: {runs}"),
        ),
        Notice::ApiUnreachable { problem } | Notice::Omitted { problem } => {
            (Level::Warning, problem.clone())
        }
        Notice::ApiReachable => (
            Level::Warning,
            "the Prefect API is reachable again; sending buffered events".to_owned(),
        ),
    };
    Some(shown)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn each_notice_has_a_text() {
        let connected = |url: Option<&str>| Notice::Connected {
            flow_run_id: Uuid::nil(),
            name: "calm-hare".to_owned(),
            url: url.map(str::to_owned),
        };
        let problem = "no answer".to_owned();
        let notices = [
            connected(Some("http://prefect/runs/flow-run/1")),
            connected(None),
            Notice::Unconfigured,
            Notice::Retrying {
                attempt: 2,
                delay: 30,
            },
            Notice::Recovered { runs: 1 },
            Notice::Swept { runs: 1 },
            Notice::ApiUnreachable {
                problem: problem.clone(),
            },
            Notice::Omitted { problem },
            Notice::ApiReachable,
        ];
        let texts: Vec<_> = notices.iter().map(describe_notice).collect();
        insta::assert_debug_snapshot!(texts);
    }
}
