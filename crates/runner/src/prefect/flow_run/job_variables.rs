//! The variables by which dbt packages (elementary, dbt_artifacts) know what started dbt.

use super::context::RunContext;

/// Names and values for a flow run with this page: the job is its deployment, or its flow if it has none.
pub(crate) fn job_variables(
    context: &RunContext,
    page: Option<String>,
) -> Vec<(&'static str, String)> {
    let Some(run) = &context.flow_run else {
        return Vec::new();
    };
    let mut related = context.related.iter();
    let deployment = related.find(|resource| resource.kind == "deployment");
    let (name, id) = match deployment {
        Some(found) => (found.name.as_ref().unwrap_or(&run.flow_name), found.id),
        None => (&run.flow_name, run.flow_id),
    };
    let mut variables = vec![
        ("ORCHESTRATOR", "prefect".to_owned()),
        ("JOB_NAME", name.clone()),
        ("JOB_ID", id.to_string()),
        ("JOB_RUN_ID", run.id.to_string()),
    ];
    variables.extend(page.map(|page| ("JOB_URL", page)));
    variables
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prefect::flow_run::context::tests::deployed_run;

    #[test]
    fn the_job_is_the_deployment_or_the_flow() {
        let mut run = deployed_run();
        let of = |run: &RunContext, name| {
            let variables = job_variables(run, Some("http://page".to_owned()));
            let found = variables.into_iter().find(|(found, _)| *found == name);
            found.map(|(_, value)| value)
        };
        let facts = run.flow_run.clone().expect("a flow run");
        let deployment = run.related.iter().find(|found| found.kind == "deployment");
        let id = deployment.map(|found| found.id.to_string());
        assert!(id.is_some());
        assert_eq!(of(&run, "JOB_ID"), id);
        assert_eq!(of(&run, "JOB_RUN_ID"), Some(facts.id.to_string()));
        run.related.clear();
        assert_eq!(of(&run, "JOB_NAME"), Some(facts.flow_name));
        assert_eq!(of(&run, "JOB_ID"), Some(facts.flow_id.to_string()));
        assert_eq!(of(&run, "ORCHESTRATOR").as_deref(), Some("prefect"));
        assert!(job_variables(&RunContext::default(), None).is_empty());
    }
}
