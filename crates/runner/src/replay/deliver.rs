//! Delivering one journal.

use std::time::Duration;

use prefect_client::Client;
use serde_json::Map;

use super::error::ReplayError;
use super::stored_feed::StoredFeed;
use super::survey::Survey;
use crate::dbt::CommandLine;
use crate::model::{Delivery, FinalState, FlowTarget, Notice};
use crate::prefect::delivery::{ReportOptions, Reporter};
use crate::prefect::flow_run::{Home, NewRun, PastRun, conclude, retry_rules};
use crate::store::{Feed as _, Header, JournalReader};

/// Delivers what the server lacks of a journal that nobody writes; where the run's end is missing, it is closed.
pub(super) async fn deliver(
    client: &Client,
    header: &Header,
    journal: JournalReader,
    is_superseded: bool,
    options: ReportOptions,
    on_notice: impl FnMut(Notice) + Send,
) -> Result<Delivery, ReplayError> {
    let survey = Survey::of(journal.rewound(), header);
    let past = PastRun {
        run_id: header.run_id,
        home: home(header),
        attempt: header.attempt,
        last: survey.last,
        is_unbegun: survey.is_unbegun,
        is_superseded,
    };
    let reporter = Reporter::catch_up(client, &past, options)
        .await
        .map_err(|error| ReplayError::of_connection(client, header, error))?;
    let mut delivery = reporter.run(StoredFeed::new(journal), on_notice).await;
    // A repetition that the server still waits for will not come.
    let is_ours = !matches!(
        past.home,
        Home::Existing {
            own_states: false,
            ..
        }
    );
    if is_ours
        && matches!(delivery.final_state, FinalState::AwaitingRetry { .. })
        && let (Some(id), Some(end)) = (delivery.flow_run_id, &survey.end)
        && let Some(problem) = conclude(client, id, end).await
    {
        delivery.verified = false;
        delivery.problem = Some(problem);
    }
    Ok(delivery)
}

/// The flow run that a journal belongs to. One that was reported nowhere gets one of its own, now.
fn home(header: &Header) -> Home {
    let (key, flow_name, flow_run_name, tags) = match &header.flow {
        FlowTarget::Existing {
            flow_run_id,
            own_states,
        } => {
            return Home::Existing {
                flow_run_id: *flow_run_id,
                own_states: *own_states,
            };
        }
        FlowTarget::Create {
            key,
            flow_name,
            flow_run_name,
            tags,
        } => (*key, flow_name.clone(), flow_run_name, tags.clone()),
        FlowTarget::Nowhere {
            key,
            flow_name,
            flow_run_name,
            tags,
        } => {
            let command = || CommandLine::parse(&header.args).command();
            let flow_name = flow_name
                .clone()
                .unwrap_or_else(|| format!("dbt {}", command()));
            (*key, flow_name, flow_run_name, tags.clone())
        }
    };
    let parameters = Map::from_iter([("args".to_owned(), header.args.clone().into())]);
    Home::Created(NewRun {
        flow_name,
        flow_run_name: flow_run_name.clone(),
        tags,
        parameters,
        key,
        policy: retry_rules(None, Duration::ZERO),
    })
}
