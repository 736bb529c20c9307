//! The flow run as the hooks of a run see it. Its id and its name become known while the run goes on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::{FlowRunRef, Notice};
use crate::request::{FlowContext, Request};

/// What is known of the flow run by now; nothing for a run that is not reported to one. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownFlowRun(Arc<Mutex<Option<FlowContext>>>);

impl KnownFlowRun {
    /// What is known before the run starts.
    pub(super) fn of(request: &Request) -> Self {
        let mut known = request.context.clone().or_else(|| from_choice(request));
        if let Some(known) = &mut known {
            known.run_count = known.run_count.max(request.attempt.number);
        }
        Self(Arc::new(Mutex::new(known)))
    }

    /// What is known now.
    pub(super) fn now(&self) -> Option<FlowContext> {
        self.lock().clone()
    }

    /// Takes the name of a flow run that is going to be created.
    pub(super) fn name(&self, flow: &FlowRunRef) {
        if let (FlowRunRef::ToCreate(new), Some(known)) = (flow, &mut *self.lock()) {
            let name = || new.flow_run_name.clone();
            known.name.get_or_insert_with(name);
        }
    }

    /// Takes the id and the name from the notice that the flow run exists.
    pub(super) fn notice(&self, notice: &Notice) {
        let Notice::Connected {
            flow_run_id, name, ..
        } = notice
        else {
            return;
        };
        if let Some(known) = &mut *self.lock() {
            known.flow_run_id = Some(*flow_run_id);
            known.name = Some(name.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<FlowContext>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The flow run that a request names, or that its run is going to create.
fn from_choice(request: &Request) -> Option<FlowContext> {
    let choice = &request.flow;
    let flow_run_id = choice.flow_run_id.or(choice.inherited);
    let is_reported = request.client.is_some() && !choice.declined;
    let has_flow_run = flow_run_id.is_some() || !choice.tasks_alone;
    let name = || {
        choice
            .flow_run_name
            .clone()
            .filter(|_| flow_run_id.is_none())
    };
    (is_reported && has_flow_run).then(|| FlowContext::new(flow_run_id, name()))
}

#[cfg(test)]
mod tests {
    use prefect_client::{Client, Settings};
    use uuid::Uuid;

    use super::*;
    use crate::model::NewFlowRun;
    use crate::request::Invocation;

    /// A request that is reported, unless it is declined.
    fn request() -> Request {
        let settings = Settings::with_api_url("http://127.0.0.1:1/api");
        let mut invocation = Invocation::new(["build"]);
        invocation.options.client = Client::new(&settings).ok();
        Request::resolved(invocation)
    }

    #[test]
    fn a_flow_run_that_is_created_gets_its_name_and_then_its_id() {
        let known = KnownFlowRun::of(&request());
        let shown = || known.now().map(|flow| (flow.name, flow.flow_run_id));
        assert_eq!(shown(), Some((None, None)));
        known.name(&FlowRunRef::ToCreate(NewFlowRun {
            flow_name: None,
            flow_run_name: "calm-hare".to_owned(),
            tags: Vec::new(),
        }));
        assert_eq!(shown(), Some((Some("calm-hare".to_owned()), None)));
        let id = Uuid::from_u128(7);
        known.notice(&Notice::Connected {
            flow_run_id: id,
            name: "renamed".to_owned(),
            url: None,
        });
        assert_eq!(shown(), Some((Some("renamed".to_owned()), Some(id))));
    }

    #[test]
    fn a_flow_run_that_exists_is_known_by_its_id() {
        let mut request = request();
        request.flow.inherited = Some(Uuid::from_u128(1));
        request.flow.flow_run_name = Some("of-a-new-one".to_owned());
        let known = KnownFlowRun::of(&request).now().unwrap();
        assert_eq!(
            (known.flow_run_id, known.name, known.run_count),
            (Some(Uuid::from_u128(1)), None, 1)
        );
    }

    #[test]
    fn a_run_that_is_not_reported_has_no_flow_run() {
        let mut declined = request();
        declined.flow.declined = true;
        let mut alone = request();
        alone.flow.tasks_alone = true;
        let mut unconfigured = request();
        unconfigured.client = None;
        for request in [declined, alone, unconfigured] {
            assert_eq!(KnownFlowRun::of(&request).now(), None);
        }
    }
}
