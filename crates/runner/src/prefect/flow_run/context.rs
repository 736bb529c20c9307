//! The flow run, and what surrounds it in Prefect.

use prefect_client::{Client, Error, FlowRun, Resource};
use uuid::Uuid;

/// What every event of a run has to mention. The default is that of task runs without a flow run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RunContext {
    pub(crate) flow_run: Option<FlowRunFacts>,
    pub(crate) tags: Vec<String>,
    /// Deployment, work queue and work pool, as far as there are any.
    pub(crate) surroundings: Vec<Surrounding>,
}

/// A flow run and its flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FlowRunFacts {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) flow_id: Uuid,
    pub(crate) flow_name: String,
}

/// Something that a flow run came through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Surrounding {
    /// `deployment`, `work-queue` or `work-pool`.
    pub(crate) kind: &'static str,
    pub(crate) id: Uuid,
    pub(crate) name: Option<String>,
}

impl RunContext {
    /// Reads what surrounds a flow run.
    pub(crate) async fn read(client: &Client, run: &FlowRun) -> Result<Self, Error> {
        let flow = client.read_flow(run.flow_id).await?;
        let mut context = Self::new(run, flow.name);
        if let Some(id) = run.deployment_id {
            // The name is an ornament: a deployment that may not be read is no reason to stop.
            let name = client
                .read_deployment(id)
                .await
                .ok()
                .map(|found| found.name);
            context.surroundings.insert(
                0,
                Surrounding {
                    kind: "deployment",
                    id,
                    name,
                },
            );
        }
        Ok(context)
    }

    /// A flow run of this flow; a deployment is not looked at.
    pub(crate) fn new(run: &FlowRun, flow_name: String) -> Self {
        let surrounding = |kind, id: Option<Uuid>, name: &Option<String>| {
            id.map(|id| Surrounding {
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
            surroundings: [
                surrounding("work-queue", run.work_queue_id, &run.work_queue_name),
                surrounding("work-pool", run.work_pool_id, &run.work_pool_name),
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    }

    /// The flow run's id.
    pub(crate) fn flow_run_id(&self) -> Option<Uuid> {
        self.flow_run.as_ref().map(|run| run.id)
    }

    /// The resource that the flow run itself is.
    pub(crate) fn resource(&self) -> Option<Resource> {
        let run = self.flow_run.as_ref()?;
        Some(named(&format!("prefect.flow-run.{}", run.id), &run.name))
    }

    /// What an event of a task run is related to.
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

    /// What an event of the flow run is related to. The server takes a hundred related resources; tags give way.
    pub(crate) fn related_to_flow_run(&self) -> Vec<Resource> {
        const MOST_TAGS: usize = 90;
        let flow = self.flow_run.as_ref().map(|run| {
            let id = format!("prefect.flow.{}", run.flow_id);
            related("flow", &id, Some(&run.flow_name))
        });
        let surroundings = self.surroundings.iter().map(|found| {
            let id = format!("prefect.{}.{}", found.kind, found.id);
            related(found.kind, &id, found.name.as_deref())
        });
        let tags = self
            .tags
            .iter()
            .filter(|tag| !tag.is_empty())
            .take(MOST_TAGS)
            .map(|tag| related("tag", &format!("prefect.tag.{tag}"), None));
        flow.into_iter().chain(surroundings).chain(tags).collect()
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

    /// A flow run that came through a deployment, with tags.
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
            surroundings: vec![
                Surrounding {
                    kind: "deployment",
                    id: id(0xd0),
                    name: Some("every night".to_owned()),
                },
                Surrounding {
                    kind: "work-pool",
                    id: id(0xa0),
                    name: None,
                },
            ],
        }
    }
}
