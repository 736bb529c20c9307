//! Delivers one journal.

use prefect_client::Client;

use super::error::ReplayError;
use super::journal_overview::JournalOverview;
use super::stored_feed::StoredFeed;
use crate::dbt::CommandLine;
use crate::model::{Delivery, FinalState, FlowRunRef, Notice};
use crate::prefect::delivery::{ReportOptions, Reporter};
use crate::prefect::flow_run::{PastRun, force_final_state};
use crate::store::{Feed as _, Header, JournalReader};

/// Delivers what the server does not have of a journal that is not being written. If the end of the run is missing, it is added.
pub(super) async fn deliver(
    client: &Client,
    header: &Header,
    journal: JournalReader,
    is_superseded: bool,
    options: ReportOptions,
    on_notice: impl FnMut(Notice) + Send,
) -> Result<Delivery, ReplayError> {
    let overview = JournalOverview::of(journal.rewound(), header);
    let past = PastRun {
        run_id: header.run_id,
        flow: with_flow_name(header),
        first_attempt: header.first_attempt(),
        args: header.args.clone(),
        attempt: header.attempt,
        last: overview.last,
        is_unstarted: overview.is_unstarted,
        is_superseded: is_superseded || header.is_part,
    };
    let reporter = Reporter::for_past_run(client, &past, options)
        .await
        .map_err(|error| ReplayError::of_connection(client, header, error))?;
    let mut delivery = reporter.run(StoredFeed::new(journal), on_notice).await;
    // The server waits for a retry that will not come.
    let is_owned = past.flow.existing().is_none_or(|run| run.is_owned());
    if is_owned
        && matches!(delivery.final_state, FinalState::AwaitingRetry { .. })
        && let (Some(id), Some(end)) = (delivery.flow_run_id, &overview.end)
        && let Some(problem) = force_final_state(client, id, end).await
    {
        delivery.verified = false;
        delivery.problem = Some(problem);
    }
    Ok(delivery)
}

/// The flow run of a journal. For a run that was not reported, old journals do not have the name of the flow.
fn with_flow_name(header: &Header) -> FlowRunRef {
    let mut flow = header.flow.clone();
    if let FlowRunRef::NotReported(new) = &mut flow {
        let name = || format!("dbt {}", CommandLine::parse(&header.args).command());
        new.flow_name.get_or_insert_with(name);
    }
    flow
}
