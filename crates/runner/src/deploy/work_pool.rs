//! What a work pool takes.

use prefect_client::WorkPool;
use serde_json::Value;

/// Job variables of the kinds of pools that are known well, for a pool whose template its first worker has still to fill.
const KINDS: [(&str, &[&str]); 3] = [
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

/// What a work pool takes.
#[derive(Debug)]
pub(super) struct WorkPoolFacts<'a> {
    pool: &'a WorkPool,
    /// Names of its job variables, where they can be known.
    variables: Option<Vec<&'a str>>,
}

impl<'a> WorkPoolFacts<'a> {
    /// Looks at a pool's template, or at its kind.
    pub(super) fn of(pool: &'a WorkPool) -> Self {
        let template = pool.base_job_template.get("variables");
        let own = template.and_then(|variables| variables.get("properties")?.as_object());
        let of_kind = KINDS.iter().find(|(kind, _)| *kind == pool.kind);
        let variables = match (own, of_kind) {
            (Some(own), _) => Some(own.keys().map(String::as_str).collect()),
            (None, Some((_, variables))) => Some(variables.to_vec()),
            (None, None) => None,
        };
        Self { pool, variables }
    }

    /// Whether a job variable has an effect; nobody knows for kinds that are not known well, so that they get it.
    pub(super) fn takes(&self, variable: &str) -> bool {
        let variables = self.variables.as_ref();
        variables.is_none_or(|variables| variables.contains(&variable))
    }

    /// What is to be said of a variable that has no effect.
    pub(super) fn refusal(&self, variable: &str) -> String {
        let WorkPool { name, kind, .. } = self.pool;
        let advice = match (variable, kind.as_str()) {
            ("working_dir", "docker" | "kubernetes") => {
                "; the image's WORKDIR counts, or `--project-dir` among dbt's arguments"
            }
            ("image", "process") => "; its runs are processes of the worker's machine",
            ("command", _) => {
                "; its template must have it, since that is how prefect-dbt is started"
            }
            _ => "",
        };
        format!("the work pool `{name}` (of type {kind}) has no job variable `{variable}`{advice}")
    }

    /// What the user should know about runs on this pool, depending on whether they find their project, and whether
    /// their image is given.
    pub(super) fn notes(&self, finds_project: bool, has_image: bool) -> Vec<String> {
        let WorkPool { name, kind, .. } = self.pool;
        let mut notes = Vec::new();
        if self.variables.is_none() {
            notes.push(format!(
                "the work pool is of the type `{kind}`, which is not known here: it gets the job variables `command` and `env`"
            ));
        }
        if self.pool.is_paused {
            notes.push(format!("the work pool `{name}` is paused: its runs wait"));
        } else if self.pool.status.as_deref() == Some("NOT_READY") {
            notes.push(format!(
                "no worker is at work for the work pool `{name}`: start one with `prefect worker start --pool {name}`"
            ));
        }
        if kind == "process" && !finds_project && !self.has_default("working_dir") {
            notes.push(
                "runs start in an empty folder, since there is no --working-dir: dbt finds its project by --project-dir or DBT_PROJECT_DIR"
                    .to_owned(),
            );
        }
        let may_have_image = self.variables.is_some() && self.takes("image");
        if may_have_image && !has_image && !self.has_default("image") {
            notes.push(
                "runs use the work pool's usual image, since there is no --image: it must hold prefect-dbt and dbt"
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
