//! The job variables of a work pool.

use prefect_client::WorkPool;
use serde_json::Value;

/// Job variables of well-known pool types, for a pool without a template. The first worker of a pool writes its template.
const POOL_TYPES: [(&str, &[&str]); 3] = [
    (
        "process",
        &[
            "command",
            "env",
            "working_dir",
            "name",
            "labels",
            "stream_output",
        ],
    ),
    (
        "docker",
        &[
            "command",
            "env",
            "image",
            "name",
            "labels",
            "registry_credentials",
            "image_pull_policy",
            "networks",
            "network_mode",
            "auto_remove",
            "volumes",
            "stream_output",
            "container_wait_timeout",
            "mem_limit",
            "memswap_limit",
            "privileged",
        ],
    ),
    (
        "kubernetes",
        &[
            "command",
            "env",
            "image",
            "namespace",
            "name",
            "labels",
            "service_account_name",
            "image_pull_policy",
            "finished_job_ttl",
            "job_watch_timeout_seconds",
            "pod_watch_timeout_seconds",
            "stream_output",
            "cluster_config",
            "cpu_request",
            "cpu_limit",
            "memory_request",
            "memory_limit",
        ],
    ),
];

/// A work pool, and its job variables.
#[derive(Debug)]
pub(super) struct WorkPoolFacts<'a> {
    pool: &'a WorkPool,
    /// Names of its job variables, if they are known.
    variables: Option<Vec<&'a str>>,
}

impl<'a> WorkPoolFacts<'a> {
    /// Takes the job variables from the template of the pool, otherwise from its type.
    pub(super) fn of(pool: &'a WorkPool) -> Self {
        let template = pool.base_job_template.get("variables");
        let own = template.and_then(|variables| variables.get("properties")?.as_object());
        let of_kind = POOL_TYPES.iter().find(|(kind, _)| *kind == pool.kind);
        let variables = match (own, of_kind) {
            (Some(own), _) => Some(own.keys().map(String::as_str).collect()),
            (None, Some((_, variables))) => Some(variables.to_vec()),
            (None, None) => None,
        };
        Self { pool, variables }
    }

    /// Whether the pool has a job variable. A pool of an unknown type may have any.
    pub(super) fn has_variable(&self, variable: &str) -> bool {
        let variables = self.variables.as_ref();
        variables.is_none_or(|variables| variables.contains(&variable))
    }

    /// The message for a job variable that the pool does not have.
    pub(super) fn missing_variable(&self, variable: &str) -> String {
        let WorkPool { name, kind, .. } = self.pool;
        let advice = match (variable, kind.as_str()) {
            ("working_dir", "docker" | "kubernetes") => {
                " (set WORKDIR in the image, or give --project-dir to dbt)"
            }
            ("image", "process") => " (its runs are processes on the worker's machine)",
            ("command", _) => {
                " (add it to the base job template: it is how prefect-dbt is started)"
            }
            _ => "",
        };
        format!("work pool `{name}` (type {kind}) has no job variable `{variable}`{advice}")
    }

    /// What the user should know about runs on this pool, given whether they know their project and their image.
    pub(super) fn notes(&self, gives_project: bool, has_image: bool) -> Vec<String> {
        let WorkPool { name, kind, .. } = self.pool;
        let mut notes = Vec::new();
        if self.variables.is_none() {
            notes.push(format!(
                "the work pool has the unknown type `{kind}`: the deployment sets the job variables `command` and `env`"
            ));
        }
        if self.pool.is_paused {
            notes.push(format!(
                "work pool `{name}` is paused: its runs wait until it is resumed"
            ));
        } else if self.pool.status.as_deref() == Some("NOT_READY") {
            notes.push(format!(
                "work pool `{name}` has no running worker: start one with `prefect worker start --pool {name}`"
            ));
        }
        if kind == "process" && !gives_project && !self.has_default("working_dir") {
            notes.push(
                "runs start in an empty folder: give --working-dir, or the project with --project-dir or DBT_PROJECT_DIR"
                    .to_owned(),
            );
        }
        let may_have_image = self.variables.is_some() && self.has_variable("image");
        if may_have_image && !has_image && !self.has_default("image") {
            notes.push(
                "runs use the default image of the work pool: it must contain prefect-dbt and dbt, or give another one with --image"
                    .to_owned(),
            );
        }
        notes
    }

    fn has_default(&self, variable: &str) -> bool {
        let place = format!("/properties/{variable}/default");
        let template = self.pool.base_job_template.get("variables");
        let default = template.and_then(|variables| variables.pointer(&place));
        default.is_some_and(|default| *default != Value::Null)
    }
}
