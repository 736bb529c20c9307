//! What the reporter has to say, in words.

use crate::model::{Level, Notice};

/// The level and the text of a notice; `None` when there is nothing to say.
pub(super) fn describe(notice: &Notice) -> Option<(Level, String)> {
    let said = match notice {
        Notice::Connected { url, .. } => (Level::Info, format!("View at {}", url.as_ref()?)),
        Notice::Unconfigured => (
            Level::Info,
            "This run is not reported: no Prefect API is configured; set PREFECT_API_URL"
                .to_owned(),
        ),
        Notice::Retrying { attempt, delay } => (
            Level::Warning,
            format!("The run failed; attempt {attempt} begins in {delay} s"),
        ),
        Notice::Recovered { runs } => (
            Level::Warning,
            format!("Earlier runs whose process was killed are closed in Prefect now: {runs}"),
        ),
        Notice::ApiUnreachable { problem } | Notice::Omitted { problem } => {
            (Level::Warning, problem.clone())
        }
        Notice::ApiReachable => (
            Level::Warning,
            "Prefect is there again; nothing was lost".to_owned(),
        ),
    };
    Some(said)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn notices_are_sentences() {
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
            Notice::ApiUnreachable {
                problem: problem.clone(),
            },
            Notice::Omitted { problem },
            Notice::ApiReachable,
        ];
        let told: Vec<_> = notices.iter().map(describe).collect();
        insta::assert_debug_snapshot!(told);
    }
}
