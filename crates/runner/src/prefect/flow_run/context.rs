//! The flow run and its related resources: flow, deployment, work queue, work pool, tags.

use prefect_client::{Client, Error, FlowRun, Resource};
use uuid::Uuid;

/// What every event of a run mentions. The default is for task runs without a flow run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RunContext {
    pub(crate) flow_run: Option<FlowRunFacts>,
    pub(crate) tags: Vec<String>,
    /// Deployment, work queue and work pool, if it has them.
    pub(crate) related: Vec<RelatedResource>,
}

/// A flow run and its flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FlowRunFacts {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) flow_id: Uuid,
    pub(crate) flow_name: String,
}

/// A deployment, work queue or work pool of a flow run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RelatedResource {
    /// `deployment`, `work-queue` or `work-pool`.
    pub(crate) kind: &'static str,
    pub(crate) id: Uuid,
    pub(crate) name: Option<String>,
}

impl RunContext {
    /// Reads the flow and the deployment of a flow run.
    pub(crate) async fn read(client: &Client, run: &FlowRun) -> Result<Self, Error> {
        let flow = client.read_flow(run.flow_id).await?;
        let mut context = Self::new(run, flow.name);
        if let Some(id) = run.deployment_id {
            // Only for its name: a deployment that cannot be read is not an error.
            let name = client
                .read_deployment(id)
                .await
                .ok()
                .map(|found| found.name);
            context.related.insert(
                0,
                RelatedResource {
                    kind: "deployment",
                    id,
                    name,
                },
            );
        }
        Ok(context)
    }

    /// The context of a flow run of this flow, without its deployment.
    pub(crate) fn new(run: &FlowRun, flow_name: String) -> Self {
        let resource = |kind, id: Option<Uuid>, name: &Option<String>| {
            id.map(|id| RelatedResource {
                kind,
                id,
                name: name.clone(),
            })
        };
        Self {
            flow_run: Some(FlowRunFacts {
                id: run.id,
                name: run.name.clone(),
                flow_id: run.flow_id,
                flow_name,
            }),
            tags: run.tags.clone(),
            related: [
                resource("work-queue", run.work_queue_id, &run.work_queue_name),
                resource("work-pool", run.work_pool_id, &run.work_pool_name),
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    }

    /// The id of the flow run.
    pub(crate) fn flow_run_id(&self) -> Option<Uuid> {
        self.flow_run.as_ref().map(|run| run.id)
    }

    /// The flow run as a resource.
    pub(crate) fn resource(&self) -> Option<Resource> {
        let run = self.flow_run.as_ref()?;
        Some(named(&format!("prefect.flow-run.{}", run.id), &run.name))
    }

    /// The related resources of an event of a task run.
    pub(crate) fn related_to_task_run(&self) -> Vec<Resource> {
        let flow_run = self.resource().map(|mut flow_run| {
            flow_run.insert("prefect.resource.role".to_owned(), "flow-run".to_owned());
            flow_run
        });
        flow_run
            .into_iter()
            .chain(self.related_to_flow_run())
            .collect()
    }

    /// The related resources of an event of the flow run. The server accepts 100 of them: surplus tags are omitted.
    pub(crate) fn related_to_flow_run(&self) -> Vec<Resource> {
        const MOST_TAGS: usize = 90;
        let flow = self.flow_run.as_ref().map(|run| {
            let id = format!("prefect.flow.{}", run.flow_id);
            related("flow", &id, Some(&run.flow_name))
        });
        let resources = self.related.iter().map(|found| {
            let id = format!("prefect.{}.{}", found.kind, found.id);
            related(found.kind, &id, found.name.as_deref())
        });
        let tags = self
            .tags
            .iter()
            .filter(|tag| !tag.is_empty())
            .take(MOST_TAGS)
            .map(|tag| related("tag", &format!("prefect.tag.{tag}"), None));
        flow.into_iter().chain(resources).chain(tags).collect()
    }
}

fn named(id: &str, name: &str) -> Resource {
    Resource::from([
        ("prefect.resource.id".to_owned(), id.to_owned()),
        ("prefect.resource.name".to_owned(), name.to_owned()),
    ])
}

fn related(role: &str, id: &str, name: Option<&str>) -> Resource {
    let mut resource = Resource::from([
        ("prefect.resource.id".to_owned(), id.to_owned()),
        ("prefect.resource.role".to_owned(), role.to_owned()),
    ]);
    if let Some(name) = name {
        resource.insert("prefect.resource.name".to_owned(), name.to_owned());
    }
    resource
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A flow run of a deployment, with tags.
    pub(crate) fn deployed_run() -> RunContext {
        let id = Uuid::from_u128;
        RunContext {
            flow_run: Some(FlowRunFacts {
                id: id(0xf1),
                name: "calm-otter".to_owned(),
                flow_id: id(0xf0),
                flow_name: "nightly".to_owned(),
            }),
            tags: vec!["prod".to_owned(), String::new()],
            related: vec![
                RelatedResource {
                    kind: "deployment",
                    id: id(0xd0),
                    name: Some("every night".to_owned()),
                },
                RelatedResource {
                    kind: "work-pool",
                    id: id(0xa0),
                    name: None,
                },
            ],
        }
    }
}
