//! Contexts for tests of hooks.

use std::sync::Arc;

use dbt_manifest::Manifest;
use jiff::Timestamp;
use uuid::Uuid;

use super::hook_context::{DbtHookContext, HookEvent, HookResult, HookStatus};
use super::hook_stop::HookStop;
use super::node_report::NodeReport;
use crate::model::NodeStatus;
use crate::request::FlowContext;

/// For tests of hooks: a context that no run has made.
impl DbtHookContext {
    /// A context of this event, of a `dbt build` of which nothing else is known. The methods below add to it.
    ///
    /// ```
    /// use prefect_dbt::{DbtHookContext, HookEvent, HookStatus};
    ///
    /// /// What a hook reports of a model.
    /// fn alert(ctx: &DbtHookContext) -> Option<String> {
    ///     let failed = ctx.status == Some(HookStatus::Error);
    ///     failed.then(|| format!("{} failed", ctx.node_id.as_deref().unwrap_or_default()))
    /// }
    ///
    /// let ctx = DbtHookContext::for_test(HookEvent::PostModel).node_id("model.shop.orders");
    /// assert_eq!(alert(&ctx.clone().status(HookStatus::Success)), None);
    /// assert_eq!(alert(&ctx.status(HookStatus::Error)).as_deref(), Some("model.shop.orders failed"));
    /// ```
    #[must_use]
    pub fn for_test(event: HookEvent) -> Self {
        Self {
            event,
            command: "build".to_owned(),
            owner: None,
            args: vec!["build".to_owned()],
            node_id: None,
            status: None,
            result: None,
            run_results: None,
            error: None,
            node_ids: Vec::new(),
            flow: None,
            manifest: None,
            held_locks: None,
            stop: HookStop::default(),
        }
    }

    /// Sets dbt's arguments, the first of which is the command.
    #[must_use]
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args = args.into_iter().map(Into::into).collect();
        self.command = self.args.first().cloned().unwrap_or_default();
        self
    }

    /// Sets the node that ended.
    #[must_use]
    pub fn node_id(mut self, unique_id: impl Into<String>) -> Self {
        let unique_id = unique_id.into();
        self.node_ids = vec![unique_id.clone()];
        self.node_id = Some(unique_id);
        self
    }

    /// Sets the nodes that are going to run, or that took part.
    #[must_use]
    pub fn node_ids<S: Into<String>>(mut self, ids: impl IntoIterator<Item = S>) -> Self {
        self.node_ids = ids.into_iter().map(Into::into).collect();
        self
    }

    /// Sets how the node or the run ended. At the end of a run, the result follows.
    #[must_use]
    pub fn status(mut self, status: HookStatus) -> Self {
        self.status = Some(status);
        if self.event == HookEvent::RunEnd {
            let success = status == HookStatus::Success;
            self.result = Some(HookResult::Run { success });
        }
        self
    }

    /// Sets the error.
    #[must_use]
    pub fn error(mut self, error: impl Into<String>) -> Self {
        self.error = Some(error.into());
        self
    }

    /// Sets what dbt reported of the node, and with it the status and the error.
    #[must_use]
    pub fn report(mut self, report: NodeReport) -> Self {
        let status = HookStatus::of_node(&report.status);
        self.status = Some(status);
        self.error = report
            .message
            .clone()
            .filter(|_| status == HookStatus::Error);
        self.result = Some(HookResult::Node(Box::new(report)));
        self
    }

    /// Sets what dbt reported of each node that took part, by unique_id.
    #[must_use]
    pub fn run_results<S: Into<String>>(
        mut self,
        results: impl IntoIterator<Item = (S, NodeReport)>,
    ) -> Self {
        let results = results.into_iter().map(|(id, report)| (id.into(), report));
        let results = self.run_results.insert(results.collect());
        self.node_ids = results.keys().cloned().collect();
        self
    }

    /// Sets the flow run, in its first attempt and without parameters.
    #[must_use]
    pub fn flow_run(mut self, id: Uuid, name: impl Into<String>) -> Self {
        self.flow = Some(FlowContext::new(Some(id), Some(name.into())));
        self
    }

    /// Sets the manifest, from which [`node`](Self::node) comes.
    #[must_use]
    pub fn with_manifest(mut self, manifest: Arc<Manifest>) -> Self {
        self.manifest = Some(manifest);
        self
    }
}

impl NodeReport {
    /// For tests of hooks: the report of a node that ended with this status of dbt. All else is unset, and can be set by the
    /// fields.
    #[must_use]
    pub fn for_test(status: impl Into<NodeStatus>) -> Self {
        let status = status.into();
        let state = match HookStatus::of_node(&status) {
            HookStatus::Success => "Completed",
            HookStatus::Error => "Failed",
            HookStatus::Skipped => "Skipped",
        };
        Self {
            status,
            message: None,
            execution_time: None,
            failures: None,
            adapter_response: None,
            state: state.to_owned(),
            started_at: Timestamp::UNIX_EPOCH,
            finished_at: Timestamp::UNIX_EPOCH,
            skipped_because_of: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_together_is_set_together() {
        let mut report = NodeReport::for_test("fail");
        report.message = Some("Got 1 result".to_owned());
        let ctx = DbtHookContext::for_test(HookEvent::PostNode)
            .node_id("test.shop.unique")
            .report(report.clone());
        assert_eq!(ctx.node_ids, ["test.shop.unique"]);
        assert_eq!(ctx.status, Some(HookStatus::Error));
        assert_eq!(ctx.error.as_deref(), Some("Got 1 result"));

        let ctx = DbtHookContext::for_test(HookEvent::RunEnd)
            .args(["test", "--select", "x"])
            .run_results([("test.shop.unique", report)])
            .status(HookStatus::Error);
        assert_eq!(ctx.command, "test");
        assert_eq!(ctx.node_ids, ["test.shop.unique"]);
        assert_eq!(ctx.result, Some(HookResult::Run { success: false }));
    }
}
